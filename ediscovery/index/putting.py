"""The index of an archive put into its store, for machines that have none, and taken away again.

It is never evidence. What lies under ``index/`` and no reader of the ledger wants goes, with every version: after a
putting, and before a plan of destruction is certified.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

from ediscovery.evidence import sealed_places
from ediscovery.index.files import remove_damaged
from ediscovery.index.keeping import files_of, home_of, segments, wanted_lately
from ediscovery.index.stated import sign, stated
from ediscovery.index.stored import SUFFIX, Shelf
from ediscovery.partitions import silent
from schemas.errors import IntegrityError
from schemas.segments import PIECE
from storage import disk, keys, layout
from storage.objects import Content, KeyTakenError, ObjectLockedError, Shredder, StoreUnsuitableError, Versions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from manifests.archive import Archive
    from manifests.signing import Signer
    from storage.objects import ObjectStore


@dataclass(frozen=True, slots=True)
class Put:
    """What a putting did: how many parts there are, how many of them are new, and how many objects went."""

    parts: int
    new: int
    gone: int


@dataclass(frozen=True, slots=True)
class Cleared:
    """What clearing did: how many objects went, and the keys of those that the store keeps yet."""

    gone: int
    kept: tuple[str, ...]


class IndexStillThereError(IntegrityError):
    """A part of the index that was taken away is there again."""

    code = "INDEX_STILL_THERE"


def put(archive: Archive, *, anew: bool = False, tell: Callable[[str, int, int], None] = silent) -> Put:
    """Bring the index in the archive's store up to date, from one that this machine made from evidence.

    If it is made ``anew``, what is in the store and on this machine is deleted first.

    It may be killed at any moment and run again. Whoever does it at the same time puts the same bytes, but for what is
    signed: what stands there under another key that is in force, and says the same, stays.

    Raises:
        PolicyError: the store refuses.
        IntegrityError, UnavailableError, SearchTooLargeError: the index cannot be made (``keeping.segments``).
    """
    key = archive.entry_key()
    home = home_of(archive)
    if anew:
        with disk.refusals(home):
            disk.discard(home)
        for one in sorted(_keys(archive.store)):
            _shredder(archive.store).destroy(one)
    shelf = Shelf(archive, home)
    for folder in home.glob(f"*{SUFFIX}"):
        part = folder.name.removesuffix(SUFFIX)
        first = (layout.index(part, file, 0) for file in files_of(part))
        if not {*first, layout.index_statement(part)} <= shelf.keys.keys():
            disk.discard(folder)  # the store has it no more: it is put again
    try:
        with (
            segments(archive, sealed_places(archive), size=archive.ledger.head.size, own=True, tell=tell) as files,
            disk.refusals(home),
        ):
            parts = {folder.name: [folder / file for file in files_of(folder.name)] for folder in files.segments}
            parts |= {files.items.stem: [files.items]} if files.items else {}
            new = [name for name in parts if shelf.find(name, files_of(name)) is None]
            # Others would take for whole what is signed.
            remove_damaged(files, within=new)
            for number, name in enumerate(new, 1):
                _put_part(archive, name, parts[name], key)
                tell("parts put", number, len(new))
    finally:
        # At this point a plan may have condemned what we put, and have looked for it before it was there: what the
        # ledger says now is what stays. If we crash here, the next putting takes away what is too much.
        archive.ledger.refresh()
        gone = clear(archive, archive.store).gone
    return Put(len(parts), len(new), gone)


def _put_part(archive: Archive, part: str, files: Sequence[Path], key: Signer) -> None:
    """Put a part into the store: its statement last, so that what is not whole is not taken for a part."""
    what = stated(part, files)
    for path in files:
        with path.open("rb") as stream:
            for piece, content in enumerate(iter(lambda: stream.read(PIECE), b"")):
                _put(archive.store, layout.index(part, path.name, piece), Content.of(content))
    note = Content.of(sign(what, origin=archive.ledger.origin, key=key))

    def is_said() -> bool:
        """Whether somebody says the same whose key is in force, perhaps since we began."""
        archive.ledger.refresh()
        return Shelf(archive, home_of(archive)).said(part, files_of(part)) == what

    _put(archive.store, layout.index_statement(part), note, stays=is_said)


def _put(store: ObjectStore, key: str, content: Content, *, stays: Callable[[], bool] = lambda: False) -> None:
    """Put an object, unless there is another one that ``stays``."""
    try:
        store.put_new(key, content)
    except (KeyTakenError, IntegrityError):
        if stays():
            return
        # Other bytes: of another version of Holdfast, signed with a key that is out of force, or put by somebody else.
        _shredder(store).destroy(key)
        store.put_new(key, content)


def clear(archive: Archive, store: ObjectStore) -> Cleared:
    """Destroy all that a store holds under ``index/`` and no reader wants of what is left, with every version.

    Raises:
        IndexStillThereError: it came back meanwhile.
        PolicyError: the store cannot destroy.
        StoreUnavailableError: not all is gone; it may be tried again.
    """
    wanted, shelf = wanted_lately(archive), Shelf(replace(archive, store=store), home_of(archive))

    @cache
    def pieces(part: str) -> Mapping[str, int] | None:
        said = shelf.said(part, files_of(part))
        return {file.name: file.pieces for file in said.files} if said else None

    def unwanted() -> set[str]:
        return {key for key in _keys(store) if not _is_of(wanted, key, pieces)}

    gone, kept = 0, []
    for key in sorted(unwanted()):
        try:
            gone += bool(_shredder(store).destroy(key))
        except ObjectLockedError:
            kept.append(key)
    back = unwanted() - set(kept)
    if back:
        key = min(back)
        raise IndexStillThereError(
            f"The object {key} is in the store after it was deleted: a part of the index that nobody wants.",
            do="Find out who puts it back, then try again.",
            key=key,
        )
    return Cleared(gone, tuple(kept))


def _is_of(parts: set[str], key: str, pieces: Callable[[str], Mapping[str, int] | None]) -> bool:
    """Return whether a key is one of these parts of the index, whose files have so many pieces, if that was signed."""
    found = layout.index_of(key)
    if found is None:
        return layout.index_stated(key) in parts
    part, file, piece = found
    if part not in parts or file not in files_of(part):
        return False
    # Most files have one piece. What is being put has no statement yet.
    known = pieces(part) if piece else None
    return known is None or piece < known[file]


def _keys(store: ObjectStore) -> set[str]:
    """Return the keys under ``index/`` at which there is anything: a version or a marker."""
    if isinstance(store, Versions):
        return {version.key for version in store.versions(layout.INDEX) if keys.is_key(version.key)}
    return set(store.keys(layout.INDEX))


def _shredder(store: ObjectStore) -> Shredder:
    if not isinstance(store, Shredder):
        raise StoreUnsuitableError("The store cannot destroy anything.", do="Use one that can.")
    return store
