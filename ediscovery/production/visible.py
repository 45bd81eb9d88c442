"""Captured text made fit to print: what is invisible or would reorder the page is shown as a marker.

Pure rules from text to safe markup. A marker names the code point, ``[U+202E]``, in a frame that text cannot draw.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Literal

from markupsafe import Markup, escape

if TYPE_CHECKING:
    from collections.abc import Iterator

SHOWN_CHARACTERS = 1 << 20
SHOWN_LINES = 20_000
PARAGRAPH = 4_000
MOST_FRAMED = 2_000
"""Above this number of markers in a text they are shown without frames: a frame costs a millisecond."""
LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}", re.ASCII)

# What has no shape of its own, or reorders what has: C0 but tab and newline, DEL, C1, soft hyphen, zero-width space,
# separators, embeddings, overrides, isolates, invisible operators, surrogates, private use, tags, noncharacters.
# Joiners (U+200C, U+200D) and direction marks (U+200E, U+200F) belong to the scripts that need them.
NONCHARACTERS = "".join(f"{chr((plane << 16) + 0xFFFE)}-{chr((plane << 16) + 0xFFFF)}" for plane in range(15))
SHAPELESS = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u180e\u200b\u2028-\u202e\u2060-\u206f\ud800-\udfff\ue000-\uf8ff\ufdd0-\ufdef\ufeff"
    "\ufff9-\ufffb\U000e0000-\U000e007f\U000f0000-\U0010ffff" + NONCHARACTERS
)
# The flags of England, Scotland and Wales are a black flag with tags: there, and only there, tags are seen.
FLAG = "\U0001f3f4[\U000e0020-\U000e007e]+\U000e007f"
# More marks on one letter than any script needs climb over the lines around them.
STACK = "[\u0300-\u036f\u0483-\u0489\u0e31-\u0e3a\u0e47-\u0e4e\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
HIGHEST_STACK = 6
MARKED = re.compile(rf"{FLAG}|(?P<mark>[{SHAPELESS}])(?P=mark)*|(?<={STACK}{{{HIGHEST_STACK}}})(?P<stack>{STACK}+)")
# A word of this many letters without a place to break is given places: the line breaker is quadratic in it.
LONG_WORD = re.compile(r"[^\s\u200b]{120,}")
STRIDE = 40
BREAK = "\u200b"
"""A place to break a line. It cannot be the text's own: that one is shown as a marker."""
CUT = Markup('<p class="note">[cut here: the whole text is in the attached native file]</p>')
MARKER = Markup('<span class="mark">{}</span>')


def direction(text: str) -> Literal["ltr", "rtl"]:
    """Return the direction of the first strong letter, as HTML's ``dir="auto"`` finds it; ``ltr`` without one."""
    for character in text:
        kind = unicodedata.bidirectional(character)
        if kind == "L":
            return "ltr"
        if kind in ("R", "AL"):
            return "rtl"
    return "ltr"


def language(tag: str | None) -> str | None:
    """Return a language tag that may stand in markup (BCP 47 in its common forms), else ``None``."""
    return tag if tag and LANGUAGE.fullmatch(tag) else None


def inline(text: str) -> Markup:
    """Return text as markup for one run: escaped, markers framed, long words breakable. Newlines stay newlines."""
    pieces: list[Markup] = []
    end = 0
    for run in MARKED.finditer(text):
        if run["mark"] is None and run["stack"] is None:
            continue
        pieces.append(escape(_breakable(text[end : run.start()])))
        pieces.append(MARKER.format(_name(run)) + BREAK)
        end = run.end()
    pieces.append(escape(_breakable(text[end:])))
    return Markup("").join(pieces)


def block(text: str, *, lang: str | None = None) -> Markup:
    """Return a whole text as paragraphs, each in its own direction, cut with a visible note where it is too long."""
    shown, whole = _shortened(text.replace("\r\n", "\n"))
    tag = language(lang)
    attribute = Markup(' lang="{}"').format(tag) if tag else Markup("")
    pieces = [Markup('<p dir="{}"{}>{}</p>').format(way, attribute, inline(part)) for way, part in _paragraphs(shown)]
    return Markup("").join(pieces if whole else [*pieces, CUT])


def plain(text: str) -> str:
    """Return text for places that hold no markup, such as attributes: markers without frames."""
    return MARKED.sub(_name, text)


def _name(run: re.Match[str]) -> str:
    if run["stack"] is not None:
        return f"[{len(run['stack'])} more marks]"
    if run["mark"] is None:
        return run.group()
    times = len(run.group())
    name = f"[U+{ord(run['mark']):04X}]"
    return name if times == 1 else f"{name[:-1]} × {times}]"


def _breakable(text: str) -> str:
    return LONG_WORD.sub(
        lambda word: BREAK.join(word.group()[i : i + STRIDE] for i in range(0, len(word.group()), STRIDE)), text
    )


def _shortened(text: str) -> tuple[str, bool]:
    """Return what is shown of a text, and whether that is all of it."""
    shown = text[:SHOWN_CHARACTERS]
    if len(MARKED.findall(shown)) > MOST_FRAMED:
        shown = plain(shown)[:SHOWN_CHARACTERS]
        text = plain(text[: SHOWN_CHARACTERS + 1])
    lines = shown.split("\n", SHOWN_LINES)
    shown = "\n".join(lines[:SHOWN_LINES])
    return shown, len(shown) == len(text)


def _paragraphs(text: str) -> Iterator[tuple[str, str]]:
    """Join lines of one direction, and part lines that are too long for one paragraph.

    A box for each of many short lines would not fit into memory, and breaking lines is quadratic in a paragraph.
    """
    way, lines, size = "ltr", list[str](), 0
    for line in text.split("\n"):
        turn = direction(line) if line.strip() else way
        for start in range(0, max(len(line), 1), PARAGRAPH):
            part = line[start : start + PARAGRAPH]
            if lines and (turn != way or size + len(part) > PARAGRAPH):
                yield way, "\n".join(lines)
                lines, size = [], 0
            way = turn
            lines.append(part)
            size += len(part) + 1
    yield way, "\n".join(lines)
