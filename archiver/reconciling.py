"""What an import came to: what the export claimed, what was found, what is new, and what was refused and why. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from schemas.digest import Digest
    from schemas.errors import InputError

Fate: TypeAlias = Literal["imported", "kept", "refused"]
MOST_REFUSALS = 100
"""How many refusals of one file are told one by one; all are counted."""


@dataclass(frozen=True, slots=True)
class RefusedPart:
    """A part of a file that was refused: where, and why; the whole file has no place."""

    code: str
    what: str
    line: int | None = None
    offset: int | None = None
    length: int | None = None

    @classmethod
    def of(cls, error: InputError, *, offset: int | None = None, length: int | None = None) -> RefusedPart:
        """Return what an error says of a part; where it names the place itself, that is it."""
        line, place = error.facts.get("line"), error.facts.get("offset")
        if offset is None and isinstance(place, int):
            offset = place
        return cls(error.code, error.what, line if isinstance(line, int) else None, offset, length)


@dataclass(frozen=True, slots=True)
class FileReport:
    """One file of what was handed over: ``part`` is the container, ``title`` what the format calls it.

    ``claimed`` is how many items the export says it holds, ``found`` and ``new`` how many there were of each kind;
    ``refusals`` counts codes, and ``parts`` tells the first of them. ``counted`` is how much there is that is no item,
    ``said`` what else must be known.
    """

    part: str
    path: str
    fate: Fate
    title: str = ""
    claimed: int | None = None
    found: Mapping[str, int] = field(default_factory=dict)
    new: Mapping[str, int] = field(default_factory=dict)
    refusals: Mapping[str, int] = field(default_factory=dict)
    parts: tuple[RefusedPart, ...] = ()
    counted: Mapping[str, int] = field(default_factory=dict)
    said: tuple[str, ...] = ()

    @property
    def differs(self) -> bool:
        """Whether the export claims another number of items than were found or refused."""
        return self.claimed is not None and self.claimed != sum(self.found.values())


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that was handed over. ``sha256`` is of a file; a folder has none."""

    name: str
    kind: str
    size: int
    sha256: Digest | None = None


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """An import, reconciled. ``capture`` names it in the ledger."""

    account: str
    capture: str
    format: str
    parts: tuple[Part, ...]
    files: tuple[FileReport, ...]

    @property
    def found(self) -> Counter[str]:
        """How many items of each kind were found."""
        return _sum(one.found for one in self.files)

    @property
    def new(self) -> Counter[str]:
        """How many items of each kind were added to the archive."""
        return _sum(one.new for one in self.files)

    @property
    def refusals(self) -> Counter[str]:
        """How many files and parts of files were refused, by code."""
        return _sum(one.refusals for one in self.files)

    @property
    def claimed(self) -> int | None:
        """How many items the export says it holds, where it says so of any file."""
        said = [one.claimed for one in self.files if one.claimed is not None]
        return sum(said) if said else None

    def counts(self) -> dict[str, int]:
        """Return what the ledger keeps of it: numbers and codes, nothing of what the files are called or hold."""
        fates = Counter(one.fate for one in self.files)
        counts = {
            "files": len(self.files),
            "kept": fates["kept"],
            "found": self.found.total(),
            "refused": self.refusals.total(),
            **self.refusals,
        }
        if self.claimed is not None:
            counts["claimed"] = self.claimed
        return {name: number for name, number in counts.items() if number or name == "claimed"}

    def to_plain(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "account": self.account,
            "capture": self.capture,
            "format": self.format,
            "parts": [
                {"name": one.name, "kind": one.kind, "size": one.size, "sha256": one.sha256 and one.sha256.hex}
                for one in self.parts
            ],
            "totals": {
                "claimed": self.claimed,
                "found": dict(self.found),
                "new": dict(self.new),
                "held": dict(self.found - self.new),
                "refused": dict(self.refusals),
            },
            "files": [_plain(one) for one in self.files],
        }


COLUMNS = ("part", "path", "fate", "what", "kind", "claimed", "found", "new", "held", "code", "line", "offset", "why")


def rows_of(report: Reconciliation) -> Iterable[tuple[object, ...]]:
    """Yield the report as a table: a row for each kind of item in each file, and one for each refusal."""
    for one in report.files:
        for kind in sorted(one.found) or [""]:
            found, new = one.found.get(kind, 0), one.new.get(kind, 0)
            yield (
                *(one.part, one.path, one.fate, one.title, kind),
                *(one.claimed, found, new, found - new, "", "", "", ""),
            )
        for refused in one.parts:
            place = (refused.code, refused.line, refused.offset, refused.what)
            yield (one.part, one.path, "refused", one.title, "", "", "", "", "", *place)
        for what in sorted(one.counted):
            yield (one.part, one.path, one.fate, one.title, what, "", one.counted[what], "", "", "", "", "", "")
        for sentence in one.said:
            yield (one.part, one.path, one.fate, one.title, "", "", "", "", "", "", "", "", sentence)
        untold = sum(one.refusals.values()) - len(one.parts)
        if untold:
            yield (one.part, one.path, "refused", one.title, "", "", "", "", "", "", "", "", f"and {untold} more")


def _plain(one: FileReport) -> dict[str, Any]:
    return {
        "part": one.part,
        "path": one.path,
        "fate": one.fate,
        "what": one.title,
        "claimed": one.claimed,
        "found": dict(one.found),
        "new": dict(one.new),
        "counted": dict(one.counted),
        "said": list(one.said),
        "refusals": dict(one.refusals),
        "refused": [
            {"code": part.code, "what": part.what, "line": part.line, "offset": part.offset, "length": part.length}
            for part in one.parts
        ],
    }


def _sum(counts: Iterable[Mapping[str, int]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for one in counts:
        total.update(one)
    return total
