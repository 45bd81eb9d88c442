"""Where saved searches are kept: a folder in the archive's home for each, with what was asked for and what was told.

What was told is a list of ids of records, and nothing of what they say: ids are salted, and those of what was
destroyed stay in the archive, too (ADR 0003). Files are replaced whole, so that a crash leaves the old or the new one.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ediscovery.searches.saved import NAME, SavedSearch, demand_name
from schemas.digest import SIZE, Digest
from schemas.errors import ConflictError, InputError, IntegrityError
from storage import disk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

FOLDER = "searches"
ASKED, TOLD, TELLING = "search.json", "told", "telling-"


class SearchUnknownError(InputError):
    """No search is saved under that name."""

    code = "SEARCH_UNKNOWN"


class SearchExistsError(InputError):
    """A search is saved under that name already."""

    code = "SEARCH_EXISTS"


class SearchUnreadableError(InputError):
    """What is kept of a saved search cannot be read."""

    code = "SEARCH_UNREADABLE"


class SearchesBusyError(ConflictError):
    """Somebody else is at the saved searches."""

    code = "SEARCHES_BUSY"


class Shelf:
    """The saved searches of an archive on this machine, to which nobody else comes meanwhile."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def names(self) -> list[str]:
        """Return the names of all saved searches, in their order."""
        with disk.refusals(self._folder):
            return sorted(path.name for path in self._folder.iterdir() if NAME.fullmatch(path.name) and path.is_dir())

    def search(self, name: str) -> SavedSearch:
        """Return a saved search.

        Raises:
            SearchNameError, SearchUnknownError: there is none of that name.
            SearchUnreadableError: it cannot be read.
        """
        demand_name(name)
        with disk.refusals(self._folder):
            try:
                return SavedSearch.from_bytes((self._folder / name / ASKED).read_bytes())
            except FileNotFoundError:
                if (self._folder / name).is_dir():
                    raise _unreadable(name) from None
                raise SearchUnknownError(f"No search is saved as {name}.", do="See 'holdfast searches list'.") from None
            except IntegrityError as error:
                raise _unreadable(name) from error

    def add(self, search: SavedSearch, told: Iterable[Digest]) -> None:
        """Save a search, of which some records count as told.

        Raises:
            SearchExistsError: there is one of that name.
        """
        target = self._folder / search.name
        if target.exists():
            raise SearchExistsError(
                f"There is a search {search.name} already.", do="Take another name, or remove that one first."
            )
        draft = self._folder / f".{search.name}"
        with disk.refusals(self._folder):
            shutil.rmtree(draft, ignore_errors=True)
            draft.mkdir(mode=0o700)
            _replace(draft / ASKED, search.to_bytes())
            _replace(draft / TOLD, _spelled(told))
            draft.rename(target)
            disk.synchronise(self._folder)

    def remove(self, name: str) -> None:
        """Remove a search and what was told of it.

        Raises:
            SearchNameError, SearchUnknownError: there is none of that name.
        """
        demand_name(name)
        going = self._folder / f".{name}"
        with disk.refusals(self._folder):
            if not (self._folder / name).is_dir():
                raise SearchUnknownError(f"No search is saved as {name}.", do="See 'holdfast searches list'.")
            shutil.rmtree(going, ignore_errors=True)
            (self._folder / name).rename(going)
            disk.synchronise(self._folder)
            shutil.rmtree(going)

    def told(self, name: str) -> frozenset[Digest]:
        """Return the records that were told of a search."""
        return self._records(name, TOLD)

    def telling(self, name: str) -> dict[str, frozenset[Digest]]:
        """Return what was about to be told when the program ended, or could not be told, by the numbers of alerts."""
        told = self.told(name)
        with disk.refusals(self._folder):
            files = sorted(path.name for path in (self._folder / name).iterdir())
        begun = {file.removeprefix(TELLING): self._records(name, file) for file in files if file.startswith(TELLING)}
        return {number: records for number, records in begun.items() if not records <= told}

    def begin(self, name: str, number: str, records: Iterable[Digest]) -> None:
        """Note what is about to be told."""
        with disk.refusals(self._folder):
            _replace(self._folder / name / f"{TELLING}{number}", _spelled(records))

    def end(self, name: str, number: str, records: frozenset[Digest]) -> None:
        """Note that it was told."""
        folder = self._folder / name
        told = self.told(name) | records
        with disk.refusals(self._folder):
            _replace(folder / TOLD, _spelled(told))
            # If we crash here, all of what was begun is among what was told: nobody is told again.
            (folder / f"{TELLING}{number}").unlink(missing_ok=True)
            disk.synchronise(folder)

    def _records(self, name: str, file: str) -> frozenset[Digest]:
        with disk.refusals(self._folder):
            try:
                content = (self._folder / name / file).read_bytes()
            except FileNotFoundError:
                return frozenset()
        if len(content) % SIZE:
            raise _unreadable(name)
        return frozenset(Digest(content[at : at + SIZE]) for at in range(0, len(content), SIZE))


@contextmanager
def shelf(home: Path) -> Iterator[Shelf]:
    """Open the saved searches of an archive for ourselves alone.

    Raises:
        SearchesBusyError: somebody else has them open.
    """
    folder = home / FOLDER
    with disk.refusals(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        claim = os.open(folder, disk.FOLDER)
    try:
        with disk.refusals(folder):
            try:
                fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise SearchesBusyError(
                    "Somebody else is telling of new hits, or saving a search, at this moment.",
                    do="Try again; what is new is told once.",
                ) from None
        yield Shelf(folder)
    finally:
        os.close(claim)


def _replace(path: Path, content: bytes) -> None:
    """Write a file, durably; whoever comes between, or after a crash, reads the old one or the new one."""
    draft = path.with_name(f".{path.name}")
    draft.write_bytes(content)
    disk.synchronise(draft)
    draft.rename(path)
    disk.synchronise(path.parent)


def _spelled(records: Iterable[Digest]) -> bytes:
    return b"".join(sorted(record.raw for record in records))


def _unreadable(name: str) -> SearchUnreadableError:
    return SearchUnreadableError(
        f"The saved search {name} cannot be read.",
        do=f"Remove it with 'holdfast searches remove {name}', and save it anew.",
    )
