"""What the archive holds of an account, read from its partitions: what a new look is compared with.

What was read once is noted in the home folder, so that a look costs what is new and not what is old. The note is no
evidence: it belongs to the user who runs Holdfast, and without it, or with one that does not fit, all is read again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from archiver.collectors.media import may_pass
from archiver.notes import Covered, Notes
from archiver.observe import Failing, Held, Version, contents
from archiver.substance import has_volatile, substance
from schemas.record import Attachment, Normalised, is_late
from storage import parquet

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from manifests.archive import Archive
    from manifests.history import History
    from schemas.account import Platform
    from schemas.digest import Digest
    from storage.parquet import Summary


def held_of(archive: Archive, account: str) -> Held:
    """Return every version held of the account's items, oldest first, as of the ledger's last refresh.

    Raises:
        IntegrityError: a partition is not what was sealed.
        NotesUnusableError: what is noted on this machine cannot be read or written.
    """
    history = archive.ledger.history
    acts = history.sealing.get(account, 0)
    if not acts:
        return Held(last_read=history.last_read.get(account))
    notes = Notes.opened(archive.home / "state" / "held" / f"{account}.sqlite")
    covered = notes.covered()
    if not _fits(covered, account, history) or (not covered.acts and not notes.are_empty()):
        notes, covered = notes.anew(), Covered()
    if covered.acts < acts:
        with notes.extending():
            _extend(archive, notes, account, covered)
    return Held(
        versions=notes.versions(acts=acts),
        lists=notes.lists(acts=acts),
        last_read=history.last_read.get(account),
        failing=notes.failing(acts=acts),
    )


def _extend(archive: Archive, notes: Notes, account: str, covered: Covered) -> None:
    history = archive.ledger.history
    platform = history.accounts[account].platform
    last = covered.last
    for number, (entry, act) in enumerate(history.sealed(account, start=covered.acts), start=covered.acts):
        for place in history.places_of(entry, act):
            if place.stored is not None:
                path = archive.cache.path_of(archive.store, place.stored)
                notes.add(_versions(notes, _rows(path, platform), number, imported=act.poll.method == "import"))
        last = act.poll.capture
    acts = history.sealing.get(account, 0)
    notes.cover(Covered(acts=acts, last=last, condemned=history.condemned.get(account)))


def _versions(
    notes: Notes, rows: Iterator[tuple[Summary, Digest]], act: int, *, imported: bool
) -> Iterator[tuple[str, int, Version]]:
    """Yield what is noted of a partition's rows; what a list holds is noted on the way."""
    failing = set(notes.failing(acts=act + 1))
    for row, counts in rows:
        view = Normalised.from_bytes(row.normalised) if row.kind in ("list", "absence") else None
        if view is not None and view.kind == "list":
            notes.put_list(row.item, act, contents(notes.lists(acts=act + 1).get(row.item, ()), view))
        # Views have one spelling (FORMAT 1): few tell of a failure, and only these are read.
        if row.item in failing or b'"failure":' in row.normalised or is_late(row.kind, row.item):
            failing.add(_note_media(notes, row, act))
        yield (
            row.item,
            act,
            Version(
                record=row.record,
                native=row.native_sha256,
                derived=row.normalised_sha256,
                substance=counts,
                kind=row.kind,
                captured=row.captured,
                created=row.created,
                imported=imported,
                url=row.url,
                thread=row.thread,
                verdict=view.absence.verdict if view is not None and view.absence is not None else None,
            ),
        )


def _note_media(notes: Notes, row: Summary, act: int) -> str:
    """Note which media a record could not show, and which it shows at last; return of which item they are."""
    view = Normalised.from_bytes(row.normalised)
    item = view.late_of or view.item
    failing = {one.attachment.url for one in notes.failing(acts=act + 1).get(item, ())}
    for one in view.attachments:
        if one.failure is not None and may_pass(one.failure):
            wanted = Attachment(url=one.url, role=one.role, media_type=one.media_type, alt=one.alt)
            thread = view.thread or item
            notes.put_medium(item, one.url, act, Failing(item, wanted, row.captured, view.created, thread))
        elif one.url in failing and (one.failure or one.exchange):
            notes.put_medium(item, one.url, act, None)
    return item


def _fits(covered: Covered, account: str, history: History) -> bool:
    """Return whether notes are of this ledger, and of what is held still."""
    if covered == Covered():
        return True
    if covered.condemned != history.condemned.get(account):
        return False
    if covered.acts > history.sealing.get(account, 0):
        return False
    _, last = next(history.sealed(account, start=covered.acts - 1))
    return last.poll.capture == covered.last


def _rows(path: Path, platform: Platform) -> Iterator[tuple[Summary, Digest]]:
    """Yield a partition's rows, each with the digest of what counts of it; natives are read where it takes them."""
    if not has_volatile(platform):
        yield from ((row, row.native_sha256) for row in parquet.read_summaries(path))
        return
    counts = (substance(platform, row.record.native) for row in parquet.read_rows(path))
    yield from zip(parquet.read_summaries(path), counts, strict=True)
