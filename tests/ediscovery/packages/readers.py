"""A reader of load files that knows nothing of ours: character by character, as their makers describe the forms."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Delimiters:
    """The characters of a DAT file, which whoever sends it names."""

    separator: str = "\x14"
    qualifier: str = "\u00fe"
    newline: str = "\u00ae"


def read_dat(content: bytes, form: Delimiters | None = None) -> list[list[str]]:
    """The rows of a DAT file; a cell stands between two qualifiers, or has none."""
    form = form or Delimiters()
    text = content.decode("utf-8-sig")
    rows: list[list[str]] = [[]]
    place = 0
    while place < len(text):
        cell, place = _cell(text, place, form)
        rows[-1].append(cell)
        if text.startswith(form.separator, place):
            place += 1
            if place == len(text):
                rows[-1].append("")
        elif text.startswith("\r\n", place):
            place += 2
            rows.append([])
        elif place < len(text):
            raise ValueError(f"neither the next cell nor the end of a row at {place}: {text[place : place + 20]!r}")
    return [row for row in rows if row]


def _cell(text: str, place: int, form: Delimiters) -> tuple[str, int]:
    if text.startswith(form.qualifier, place):
        end = text.find(form.qualifier, place + 1)
        if end < 0:
            raise ValueError(f"a cell without an end at {place}")
        cell, after = text[place + 1 : end], end + 1
        if "\r" in cell or "\n" in cell:
            raise ValueError(f"a row ends within the cell at {place}")
    else:
        ends = [at for at in (text.find(form.separator, place), text.find("\r\n", place)) if at >= 0]
        after = min(ends, default=len(text))
        cell = text[place:after]
        if form.qualifier in cell:
            raise ValueError(f"a qualifier within the cell at {place}")
    return cell.replace(form.newline, "\n"), after


@dataclass(frozen=True)
class Image:
    """A line of an OPT file. ``pages`` is said of the first page of a document alone."""

    key: str
    volume: str
    path: str
    first: bool
    pages: int | None


def read_opt(content: bytes) -> list[list[Image]]:
    """The documents of an OPT file, each with its pages; what it says of their number must be so."""
    documents: list[list[Image]] = []
    for line in content.decode("ascii").removesuffix("\r\n").split("\r\n"):
        key, volume, path, first, folder, box, pages = line.split(",")
        if (folder, box) != ("", "") or first not in ("Y", ""):
            raise ValueError(f"an unknown mark in {line!r}")
        image = Image(key, volume, path, first == "Y", int(pages) if pages else None)
        if image.first:
            documents.append([])
        documents[-1].append(image)
    for document in documents:
        if document[0].pages != len(document) or any(page.pages is not None for page in document[1:]):
            raise ValueError(f"another number of pages than is said of {document[0].key}")
    return documents
