"""``holdfast verify FILE``: a certificate of disposition, from the file alone and beside the archive at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ediscovery.disposition.papers.checking import check
from manifests.archive import SETTINGS_FILE, read_settings
from manifests.proofs.vouching import Trust, vouch

if TYPE_CHECKING:
    from ediscovery.production.signed import SignedPdf
    from manifests.console import Console
    from manifests.ledger import Ledger


def verify_certificate(console: Console, handed: SignedPdf, trust: Trust) -> None:
    """Check a certificate and show the report.

    The program ends with the exit status of integrity errors when it is not sound.

    Raises:
        IntegrityError: the archive is at hand, and its ledger breaks a rule.
    """

    def find_ledger(origin: str) -> Ledger | None:
        if not (console.home / SETTINGS_FILE).exists() or read_settings(console.home).archive.origin != origin:
            return None
        return console.open().ledger

    report = check(handed, check_checkpoint=lambda note, claims: vouch(note, claims, trust), find_ledger=find_ledger)
    console.show(report.to_json(), report.to_text().splitlines())
    if not report.sound:
        console.unsound("Do not rely on it. Keep the file as it is, and ask whoever certified it for another copy.")
