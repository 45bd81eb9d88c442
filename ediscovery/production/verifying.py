"""``holdfast verify FILE``: a production checked from the file alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ediscovery.production.checking import check
from manifests.proofs.file import check_proof_of_record
from manifests.proofs.vouching import Trust, vouch

if TYPE_CHECKING:
    from ediscovery.production.signed import SignedPdf
    from manifests.console import Console
    from manifests.proofs.hops import Proved


def verify_production(console: Console, handed: SignedPdf, trust: Trust) -> None:
    """Check a production and show the report.

    The program ends with the exit status of integrity errors when it is not sound.

    Raises:
        NotAProductionError: it is none.
    """

    def check_record(content: bytes, native: bytes | None) -> Proved:
        return check_proof_of_record(content, native, trust)

    with console.progress("Verifying") as tell:
        report = check(
            handed,
            check_record=check_record,
            check_checkpoint=lambda note, claims: vouch(note, claims, trust),
            progress=lambda done, total: tell("records", done, total),
        )
    console.show(report.to_json(), report.to_text().splitlines())
    if not report.sound:
        console.unsound("Do not rely on it. Keep the file as it is, and ask whoever produced it for another copy.")
