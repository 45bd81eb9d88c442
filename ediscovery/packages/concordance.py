"""The load files that list the records: Concordance DAT for review platforms, CSV for spreadsheets. Pure.

A DAT file has U+0014 between cells, each between two ``þ``, ``®`` for an end of a line in a cell, ``;`` between the
values of a list, a row of column names, and CR LF after each row; it is UTF-8 with a mark at its beginning. The form
knows no escapes, so what it is made of is replaced in cells, and counted:

=================== ===================================================
in a cell           becomes
=================== ===================================================
``þ`` (U+00FE)      ``Þ`` (U+00DE), which is found in the same searches
``®`` (U+00AE)      ``(R)``
``;`` in a list     U+FF1B, which is as wide as an ideograph
control characters  their names, ``[U+0014]`` (``ediscovery.packages.texts``)
=================== ===================================================

The last two are replaced in CSV, too. Whatever is replaced stands as it was in the record's proof.
"""

from __future__ import annotations

import io
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ediscovery.packages.fields import COLUMNS
from ediscovery.packages.texts import CONTROLS, LINE_ENDS, legible
from ediscovery.sheets import sheet

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ediscovery.packages.fields import Cell, Fields

MARK = "\ufeff"
SEPARATOR = "\x14"
QUALIFIER = "þ"
NEWLINE = "®"
ROW_END = "\r\n"
BETWEEN = ";"
IN_LISTS = "\uff1b"
IN_CELLS = {QUALIFIER: "Þ", NEWLINE: "(R)"}


@dataclass(frozen=True, slots=True)
class Written:
    """A load file, and how often each character was replaced in its cells; ``;`` counts in lists alone."""

    content: bytes
    replaced: Mapping[str, int]


def dat(rows: Iterable[Fields]) -> Written:
    """Return the records as Concordance DAT."""
    replaced: Counter[str] = Counter()
    lines = [_line(tuple(COLUMNS))]
    for row in rows:
        cells = [_spelled(cell, replaced) for cell in row]
        for character in IN_CELLS:
            replaced[character] += sum(cell.count(character) for cell in cells)
        lines.append(_line(cells))
    return Written((MARK + "".join(lines)).encode(), _counted(replaced))


def csv(rows: Iterable[Fields]) -> Written:
    """Return the records as CSV (RFC 4180, UTF-8 with a mark); no cell is a formula (``ediscovery.sheets``)."""
    replaced: Counter[str] = Counter()
    file = io.BytesIO()
    with sheet(file, tuple(COLUMNS)) as write:
        for row in rows:
            write(_spelled(cell, replaced) for cell in row)
    return Written(file.getvalue(), _counted(replaced))


def _line(cells: Iterable[str]) -> str:
    return SEPARATOR.join(f"{QUALIFIER}{_in_dat(cell)}{QUALIFIER}" for cell in cells) + ROW_END


def _in_dat(cell: str) -> str:
    for character, instead in IN_CELLS.items():
        cell = cell.replace(character, instead)
    return cell.replace("\n", NEWLINE)


def _spelled(cell: Cell, replaced: Counter[str]) -> str:
    """Return a cell as one legible text; what is replaced for that is counted in ``replaced``."""
    if isinstance(cell, tuple):
        replaced[BETWEEN] += sum(value.count(BETWEEN) for value in cell)
        cell = BETWEEN.join(value.replace(BETWEEN, IN_LISTS) for value in cell)
    replaced.update(CONTROLS.findall(LINE_ENDS.sub("\n", cell)))
    return legible(cell)


def _counted(replaced: Counter[str]) -> Mapping[str, int]:
    return {character: count for character, count in sorted(replaced.items()) if count}
