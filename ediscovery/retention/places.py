"""Where in a TOML file each value stands, so that a refusal can name the line; ``tomllib`` says it of syntax only.

The scan knows TOML's strings, keys, tables and brackets, and no more: it takes everything that is TOML and much that is
not. Where it can go no further it stops; that is for ``tomllib`` to refuse. It is linear in the text, and it refuses
what is nested deeper than any schedule, so that a hostile file meets neither recursion nor quadratic work there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from schemas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Path: TypeAlias = tuple[str | int, ...]
"""The way to a value: keys, and positions in arrays from 0: ``("series", 2, "period", "years")``."""

DEEPEST = 16
"""How many keys and brackets may stand within each other; a schedule needs five."""

TOKEN = re.compile(
    r"""
      (?P<blank>[ \t\r]+|\#[^\n]*)
    | (?P<line>\n)
    | (?P<text>"{3}[^"\\]*(?:(?:\\.|"{1,2}(?!"))[^"\\]*)*"{3,5} | '{3}[^']*(?:'{1,2}(?!')[^']*)*'{3,5})
    | (?P<open>"{3}|'{3})
    | (?P<quoted>"[^"\\\n]*(?:\\[^\n][^"\\\n]*)*"|'[^'\n]*')
    | (?P<sign>[\[\]{}=,.])
    | (?P<bare>[^\s\[\]{}=,."'\#]+)
    """,
    re.VERBOSE | re.DOTALL,
)
BASIC_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", re.DOTALL)
ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r"}


class ScheduleError(InputError):
    """A schedule or classification is not what it should be; the facts are its file and the line."""

    code = "SCHEDULE"


@dataclass(frozen=True, slots=True)
class Page:
    """A file by its name, and the line on which each of its values stands."""

    name: str
    lines: Mapping[Path, int]

    def line(self, path: Path) -> int:
        """Return the line (from 1) of a value, or of the nearest table that it would belong to."""
        for end in range(len(path), 0, -1):
            if path[:end] in self.lines:
                return self.lines[path[:end]]
        return 1

    def error(self, path: Path, what: str, *, do: str) -> ScheduleError:
        """Return the error that names this file and the line of ``path``."""
        return error_at(self.name, self.line(path), what, do=do)


def error_at(name: str, line: int, what: str, *, do: str) -> ScheduleError:
    """Return the error that names a file and a line."""
    return ScheduleError(f"{name}, line {line}: {what}", do=do, file=name, line=line)


def places(text: str, *, name: str) -> Page:
    """Return the line of every table, key and element of an array in a TOML text.

    Raises:
        ScheduleError: keys or brackets stand more than ``DEEPEST`` within each other.
    """
    scan = _Scan(name, _tokens(text))
    scan.run()
    return Page(name, scan.lines)


class _Token(NamedTuple):
    kind: str
    text: str
    line: int


def _tokens(text: str) -> Iterator[_Token]:
    """Yield what the text consists of, blanks and comments left out, and "end" where it ends or is no TOML."""
    line, at = 1, 0
    while (match := TOKEN.match(text, at)) is not None and match.lastgroup != "open":
        if match.lastgroup != "blank":
            yield _Token(match.lastgroup or "", match[0], line)
        line += match[0].count("\n")
        at = match.end()
    yield _Token("end", "", line)


class _StopError(Exception):
    """The text is no TOML from here on."""


@dataclass(slots=True)
class _Open:
    """A bracket that is open: the way to its table or array, and in an array the position of the next element."""

    path: Path
    next: int | None


@dataclass(slots=True)
class _Scan:
    name: str
    tokens: Iterator[_Token]
    lines: dict[Path, int] = field(default_factory=dict)
    counts: dict[Path, int] = field(default_factory=dict)
    now: _Token = field(init=False)

    def run(self) -> None:
        table: Path = ()
        self.step()
        try:
            while self.now.kind != "end":
                if self.now.kind == "line":
                    self.step()
                elif self.now.text == "[" and self.now.kind == "sign":
                    table = self.header()
                else:
                    self.value(self.key(table))
        except _StopError:
            return

    def step(self) -> _Token:
        passed = getattr(self, "now", None)
        self.now = next(self.tokens, _Token("end", "", 0))
        return passed or self.now

    def take(self, sign: str) -> bool:
        found = self.now.kind == "sign" and self.now.text == sign
        if found:
            self.step()
        return found

    def need(self, sign: str) -> None:
        if not self.take(sign):
            raise _StopError

    def header(self) -> Path:
        line = self.now.line
        self.step()
        array = self.take("[")
        named = self.parts()
        self.need("]")
        if array:
            self.need("]")
        path = self.within(named[:-1], line) + named[-1:]
        if array:
            self.lines.setdefault(path, line)
            self.counts[path] = self.counts.get(path, -1) + 1
            path += (self.counts[path],)
        self.lines[path] = line
        return path

    def within(self, named: tuple[str, ...], line: int) -> Path:
        """The way to a table by its name in a header: through an array of tables it leads into the last one."""
        path: Path = ()
        for part in named:
            path += (part,)
            self.lines.setdefault(path, line)
            if path in self.counts:
                path += (self.counts[path],)
        return path

    def key(self, table: Path) -> Path:
        line = self.now.line
        path = table
        for part in self.parts():
            path += (part,)
            self.lines.setdefault(path, line)
        self.need("=")
        return path

    def parts(self) -> tuple[str, ...]:
        """A key: parts with dots between them."""
        found: list[str] = []
        while True:
            if self.now.kind not in ("bare", "quoted"):
                raise _StopError
            found.append(_unquoted(self.now.text))
            self.demand_shallow(len(found))
            self.step()
            if not self.take("."):
                return tuple(found)

    def value(self, path: Path) -> None:
        """A value with all that is in it; no recursion, for that is what hostile nesting is after."""
        opened: list[_Open] = []
        while True:
            if self.take("["):
                opened.append(_Open(path, 0))
            elif self.take("{"):
                opened.append(_Open(path, None))
            else:
                self.plain()
                self.close(opened)
            self.demand_shallow(len(opened))
            if not opened:
                return
            following = self.element(opened)
            if following is None:
                return
            path = following

    def plain(self) -> None:
        """A value that is no bracket: a string, or numbers and dates, which may hold dots and a space."""
        if self.now.kind not in ("text", "quoted", "bare"):
            raise _StopError
        self.step()
        while self.now.kind == "bare" or (self.now.kind == "sign" and self.now.text == "."):
            self.step()

    def element(self, opened: list[_Open]) -> Path | None:
        """The way to the next value within the innermost bracket, or none when all brackets are closed."""
        while opened:
            inner = opened[-1]
            self.lines_passed()
            if self.take("]" if inner.next is not None else "}"):
                opened.pop()
                self.close(opened)
            elif inner.next is None:
                return self.key(inner.path)
            else:
                path = (*inner.path, inner.next)
                self.lines[path] = self.now.line
                return path
        return None

    def close(self, opened: list[_Open]) -> None:
        """After a value within a bracket stands a comma or the bracket's end."""
        if not opened:
            return
        self.lines_passed()
        inner = opened[-1]
        if self.take(","):
            inner.next = None if inner.next is None else inner.next + 1
        elif self.now.kind != "sign" or self.now.text not in "]}":
            raise _StopError

    def lines_passed(self) -> None:
        while self.now.kind == "line":
            self.step()

    def demand_shallow(self, depth: int) -> None:
        if depth > DEEPEST:
            raise error_at(
                self.name,
                self.now.line,
                f"something is nested more than {DEEPEST} deep.",
                do="A schedule has tables and series, and nothing within each other without end; remove this.",
            )


def _unquoted(part: str) -> str:
    if part.startswith('"'):
        return BASIC_ESCAPE.sub(_escaped, part[1:-1])
    return part[1:-1] if part.startswith("'") else part


def _escaped(match: re.Match[str]) -> str:
    digits = match[1] or match[2]
    if digits is None:
        return ESCAPES.get(match[3], match[3])
    number = int(digits, 16)
    return chr(number) if number <= 0x10FFFF else match[0]  # noqa: PLR2004 - the last character there is
