"""What a machine keeps besides the store, without what was condemned: copies, index, notes of captures, work folders.

Each machine forgets for itself, with the first command that reads of it in the ledger.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from manifests import workspaces
from storage import disk

if TYPE_CHECKING:
    from manifests.archive import Archive


def forget(archive: Archive) -> bool:
    """Remove what may hold something that the ledger condemned or destroyed since the last time; return whether it did.

    Copies, index and notes are made again from what is left.

    Raises:
        StoreUnavailableError: the disk refuses.
    """
    history = archive.ledger.history
    state = archive.home / "state"
    known, now = state / "forgotten", f"{history.replacing} {history.deleting}\n"
    with disk.refusals(state):
        if not history.replacing or (known.exists() and known.read_text(encoding="ascii") == now):
            return False
        archive.cache.clear(but=(named.stored for named in history.objects()))
        for part in (state / "index").glob("*"):
            disk.discard(part)
        for folder in ("held", "cursors"):
            for note in (state / folder).glob("*"):
                note.unlink(missing_ok=True)
        workspaces.sweep(archive.home)
        # Whoever reads half of it forgets once more.
        known.write_text(now, encoding="ascii")
    return True
