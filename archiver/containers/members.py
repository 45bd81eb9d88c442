"""The files of a container by name, and which names are taken. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Protocol

from archiver.imports.refusals import ImportNameTwiceError, ImportNameUnsafeError
from archiver.parsing.text import clean

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from schemas.errors import InputError

LONGEST_NAME = 1_024
MOST_MEMBERS = 250_000
"""How many files one container may hold: their names lie in memory."""

LARGEST_MEMBER = 64 << 30
BOMB_FROM = 64 << 20
BOMB_RATIO = 200
"""A file that is larger than ``BOMB_FROM`` unpacked, and so many times as large as packed, is a bomb.

Text packs to a tenth or a twentieth, seldom to a hundredth; the most that deflate can do is a thousandth.
"""

ALL_FROM, ALL_RATIO = 4 << 30, 50
"""All that a container holds is at most the larger of ``ALL_FROM`` bytes and ``ALL_RATIO`` times its own size."""


@dataclass(frozen=True, slots=True)
class Member:
    """One file: its ``path`` in its container, with slashes, and how many bytes it says it has."""

    path: str
    size: int


@dataclass(frozen=True, slots=True)
class RefusedMember:
    """A file of a container, or the container itself (an empty ``path``), that is not taken, and why."""

    path: str
    error: InputError


class Container(Protocol):
    """What was handed over, opened. ``name`` is its file's, ``kind`` one of ``file``, ``folder``, ``zip``, ``tar``."""

    @property
    def name(self) -> str: ...

    @property
    def kind(self) -> str: ...

    @property
    def members(self) -> Sequence[Member]: ...

    @property
    def refused(self) -> Sequence[RefusedMember]: ...

    def copy(self, member: Member, to: BinaryIO) -> None:
        """Write a member's bytes to ``to``, a block at a time.

        Raises:
            InputError: it is not taken; what was written of it is to be thrown away.
        """
        ...


class Names:
    """Takes the names of a container one after the other, each once."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def path_of(self, name: str) -> str:
        """Return the path that ``name`` spells: in the container, with slashes.

        Raises:
            ImportNameUnsafeError: it leads out of the container, or is none.
            ImportNameTwiceError: there was one of that name before.
        """
        path = name.replace("\\", "/").removeprefix("./")
        if why := find_fault(path):
            raise ImportNameUnsafeError(
                f"The name {name[:120]!r} {why}.",
                do="Ask for the export again; nothing is ever written to such a name.",
            )
        if path in self._taken:
            raise ImportNameTwiceError(
                f"There are two files {path[:120]!r}; the first one was taken.",
                do="Ask for the export again: programs differ about which of the two it holds.",
            )
        self._taken.add(path)
        return path


def called(path: Path) -> str:
    """Return what a file or folder on this machine is called; what is no text in its name becomes U+FFFD."""
    return clean(path.name)


def find_fault(path: str) -> str | None:
    """Return in words why a path is none that stays within its container, or ``None`` when it is one."""
    if not path or len(path) > LONGEST_NAME:
        return "is empty or too long"
    if path.startswith("/") or path[1:2] == ":":
        return "is absolute"
    if ".." in path.split("/"):
        return "leads out of the container"
    return None if path.isprintable() else "has characters that are none"
