"""Lists that people take away: files that appear whole or not at all, and cells that a spreadsheet does not reckon."""

from __future__ import annotations

import csv
import errno
import io
import os
import secrets
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from schemas.errors import InputError, UnavailableError
from storage import disk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path
    from typing import BinaryIO

# What a spreadsheet takes for the beginning of a formula, some of them also in full width.
FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
MARK = "'"
WITHOUT_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS)


class OutputExistsError(InputError):
    """The file to be written is there already."""

    code = "OUTPUT_EXISTS"


class ListFormatError(InputError):
    """A list is to be written in a format that there is none of."""

    code = "LIST_FORMAT"


class ListUnwritableError(UnavailableError):
    """A list cannot be written where it is to be."""

    code = "LIST_UNWRITABLE"


@contextmanager
def new_file(out: Path, *, option: str = "--out") -> Iterator[BinaryIO]:
    """Make a file to be written in the block; it has its name when the block ends well, and is durable then.

    Whoever is killed meanwhile leaves a hidden draft beside it, never a part of it under its name. ``option`` is the
    one that named it.

    Raises:
        OutputExistsError: there is such a file; it stays as it is.
        ListUnwritableError: it cannot be written.
    """
    refuse_taken(out, option=option)
    draft = out.with_name(f".{secrets.token_hex(8)}.draft")
    try:
        with ExitStack() as undo:
            file = undo.enter_context(draft.open("xb"))
            undo.callback(draft.unlink, missing_ok=True)
            yield file
            file.flush()
            os.fsync(file.fileno())
            # At this point all of it is durable under the draft's name. If we crash here, there is no file of its own.
            _name(draft, out)
        disk.synchronise(out.parent)
    except FileExistsError as error:
        raise _taken(out, option) from error
    except OSError as error:
        raise unwritable(str(out), error, option=option) from error


def refuse_taken(out: Path, *, option: str) -> None:
    """Refuse to write where something is, before there is anything to write.

    Raises:
        OutputExistsError: something is.
    """
    if os.path.lexists(out):
        raise _taken(out, option)


def _taken(out: Path, option: str) -> OutputExistsError:
    return OutputExistsError(f"{out} exists already.", do=f"Choose another name with {option}.")


def unwritable(out: str, error: OSError, *, option: str) -> ListUnwritableError:
    """Return the error that a list cannot be written."""
    return ListUnwritableError(
        f"{out} cannot be written: {error.strerror}.", do=f"Give a file that can be written to with {option}."
    )


def _name(draft: Path, out: Path) -> None:
    """Give a file its name, unless something has it; a link never takes the place of what is there."""
    try:
        os.link(draft, out)
    except OSError as error:
        if error.errno not in WITHOUT_LINKS:
            raise
        if os.path.lexists(out):
            raise FileExistsError from error
        draft.rename(out)


@contextmanager
def sheet(file: BinaryIO, columns: Sequence[str]) -> Iterator[Callable[[Iterable[object]], None]]:
    """Write CSV with these columns; the block is given what writes a row, in which ``None`` is an empty cell."""
    # A spreadsheet knows by the mark at the beginning that this is UTF-8.
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    try:
        rows = csv.writer(text)
        rows.writerow(columns)
        yield lambda cells: rows.writerow(["" if cell is None else defused(str(cell)) for cell in cells])
        text.flush()
    finally:
        text.detach()


def defused(cell: str) -> str:
    """Return a cell that a spreadsheet shows and does not reckon.

    Nothing is lost: an apostrophe at the beginning is not of the text, for one that is has another before it.
    """
    return f"{MARK}{cell}" if cell.startswith((*FORMULAS, MARK)) else cell
