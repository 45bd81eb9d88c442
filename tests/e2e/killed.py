"""What the killed child does: open the archive, recover, capture, change keys; as commands do, in one process."""

from __future__ import annotations

from pathlib import Path

from archiver import rounds
from manifests import keys
from manifests.archive import Archive, create_archive, open_archive
from manifests.ceremony.adoption import adopt
from manifests.ceremony.files import load_proposal, save_proposal
from manifests.ceremony.proposals import signed
from manifests.console import system_clock
from manifests.ledger import ArchiveMissingError


def opened(home: str) -> Archive:
    """The archive in ``home``, made where there is none."""
    try:
        return open_archive(Path(home), now=system_clock, actor="child")
    except ArchiveMissingError:
        return create(home)


def create(home: str) -> Archive:
    """Make an archive."""
    return create_archive(
        Path(home), organisation="X", timezone="UTC", bates_prefix="X", tag="0", now=system_clock, actor="child"
    )


def change_keys(home: str, proposal: str, root_key: str) -> None:
    """Sign a proposal with the last root key that it waits for, and adopt it, as two commands do."""
    key = keys.load(Path(root_key), name="root", passphrase=b"x")
    save_proposal(Path(proposal), signed(load_proposal(Path(proposal)), key), new=False)
    adopt(open_archive(Path(home), now=system_clock, actor="child"), load_proposal(Path(proposal)))


def capture(home: str) -> None:
    """Recover what was left and capture every account."""
    archive, chance = open_archive(Path(home), now=system_clock, actor="child"), rounds.system_chance()
    rounds.recover(archive, chance)
    for account in archive.ledger.history.accounts.values():
        (result,) = rounds.capture_all(archive, [account], chance, environment={})
        if result.error is not None:
            raise result.error
