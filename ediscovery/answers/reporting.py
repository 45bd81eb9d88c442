"""The report of a list of terms: a row a term, and one for all of them together. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ediscovery.printable import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ediscovery.answers.terms import NamedTerm
    from ediscovery.index.tallying import Tally

REPORT_COLUMNS = ("name", "query", "understood", "hits", "unique_hits", "hits_with_threads")
TOGETHER = "All terms"
WIDEST = 30  # characters of a name
SHOWN = 60  # characters of a query


@dataclass(frozen=True, slots=True)
class TermReport:
    """What each term found, in the order of the list, and what all of them found together."""

    terms: Sequence[NamedTerm]
    tallies: Sequence[Tally]
    together: Tally

    @property
    def rows(self) -> Iterator[tuple[str | int | None, ...]]:
        """The rows of the sheet (``REPORT_COLUMNS``)."""
        for term, tally in zip(self.terms, self.tallies, strict=True):
            counts = (tally.hits, tally.unique, tally.with_threads)
            yield (term.name, term.question.typed, term.understood, *counts)
        yield (TOGETHER, None, None, self.together.hits, None, self.together.with_threads)

    @property
    def lines(self) -> Iterator[str]:
        """The report for people."""
        names = [_cut(term.name, WIDEST) for term in self.terms]
        width = max(map(len, (*names, TOGETHER)))
        yield f"{'Term':<{width}}  {'Hits':>9}  {'Unique':>9}  {'With threads':>12}  Understood as"
        for name, term, tally in zip(names, self.terms, self.tallies, strict=True):
            counts = f"{tally.hits:>9,}  {tally.unique:>9,}  {tally.with_threads:>12,}"
            yield f"{name:<{width}}  {counts}  {_cut(term.understood, SHOWN)}"
        yield f"{TOGETHER:<{width}}  {self.together.hits:>9,}  {'':>9}  {self.together.with_threads:>12,}"

    def to_plain(self) -> dict[str, Any]:
        """Return the report as plain JSON values."""
        return {
            "terms": [
                {
                    "line": term.line,
                    "name": term.name,
                    "typed": term.question.typed,
                    "options": dict(term.question.options),
                    "query": term.understood,
                    "hits": tally.hits,
                    "unique": tally.unique,
                    "with_threads": tally.with_threads,
                }
                for term, tally in zip(self.terms, self.tallies, strict=True)
            ],
            "all": {"hits": self.together.hits, "with_threads": self.together.with_threads},
        }


def _cut(text: str, most: int) -> str:
    line = one_line(text)
    return line if len(line) <= most else f"{line[: most - 1]}…"
