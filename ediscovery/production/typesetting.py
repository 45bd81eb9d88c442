"""The door to WeasyPrint: sections of HTML in, gatherings of printed pages out; no network, files, clock or noise.

Sections are laid out one after the other and numbered when they are printed: whoever lays one out need not know yet
how many pages come before it.
"""

from __future__ import annotations

import base64
import contextlib
import io
import logging
import os
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ediscovery.production.gathering import FIRST
from ediscovery.production.printing import Sheet, gathering
from schemas.errors import InputError, PolicyError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ediscovery.production.gathering import Gathering
    from schemas.instant import Instant

PACKAGES = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-noto-core fonts-noto-cjk fonts-noto-color-emoji"
PROBE = {
    "Noto Serif": "A",
    "Noto Sans": "A",
    "Noto Sans Mono CJK JP": "A",
    "Noto Serif CJK JP": "漢",
    "Noto Color Emoji": "😀",
}
# From this version on fonts come without a list of their characters, which would have to be complete (ISO 14289-1,
# 7.21.4.2).
VERSION = "1.7"
DIGITS = 7
PLAIN = map(chr, range(128))
TAG_OR_TEXT = re.compile("<[^>]*>|[^<]+")
NUMBERED = "numbered"
"""The class of elements that end in the Bates number of their section's first page."""
JPEG = "data:image/jpeg;base64,"
"""How the addresses of pictures begin, which hold them."""
FONT_DATE = "SOURCE_DATE_EPOCH"

for _name in ("weasyprint", "fontTools"):
    logging.getLogger(_name).addHandler(logging.NullHandler())


class TypesettingUnavailableError(InputError):
    """The system libraries that lay out text are not installed."""

    code = "PDF_LIBRARIES_MISSING"


class FontMissingError(InputError):
    """A font that productions need is not installed."""

    code = "FONT_MISSING"


class OutsideContentError(PolicyError):
    """A page asked for a file or an address; a production is complete in itself."""

    code = "OUTSIDE_CONTENT"


@dataclass(frozen=True, slots=True)
class Section:
    """Pages that are laid out; opaque but for their number.

    ``without_glyph`` are characters that no font has: the pages name them, in a frame.
    """

    laid_out: Any
    without_glyph: frozenset[str] = frozenset()

    @property
    def pages(self) -> int:
        """How many pages it has."""
        return len(self.laid_out.pages)

    @property
    def places(self) -> dict[str, int]:
        """On which page, counted from 0, each element with an id starts."""
        found: dict[str, int] = {}
        for number, page in enumerate(self.laid_out.pages):
            for anchor in page.anchors:
                found.setdefault(anchor, number)
        return found


class Press:
    """Lays out sections in one style and prints them.

    Raises:
        TypesettingUnavailableError: Pango or HarfBuzz is not installed.
        FontMissingError: a font is not installed.
    """

    def __init__(self, css: str) -> None:
        self._known: set[str] = set(PLAIN)
        self._lacking: set[str] = set()
        self._library = _weasyprint()
        self._fonts = self._library.text.fonts.FontConfiguration()
        self._counters = self._library.css.counters.CounterStyle()
        self._check_fonts()
        self._style = self._library.CSS(
            string=css, font_config=self._fonts, counter_style=self._counters, url_fetcher=_fetch
        )

    def lay_out(self, html: str) -> Section:
        """Lay out one section, a whole HTML page.

        Raises:
            OutsideContentError: it refers to a file or an address.
        """
        characters = set(html)
        self._look_at(characters - self._known)
        lacking = self._lacking & characters
        return Section(self._laid_out(_named(html, lacking) if lacking else html, [self._style]), frozenset(lacking))

    def print(
        self,
        sections: Sequence[Section],
        *,
        at: Instant,
        later: Sequence[int] | None = None,
        field: tuple[str, str] | None = None,
    ) -> Gathering:
        """Print laid-out sections, which are used up by it, as one gathering; links may lead to pages of others.

        ``later`` is for each section by how much its Bates numbers are to be greater than they were laid out.
        ``field`` names and describes an empty field for a signature, to be added to the first page. ``at`` dates the
        fonts. The same input gives the same gathering.
        """
        for section, by in zip(sections, later or (), strict=False):
            _renumber(section, by)
        pages = [page for section in sections for page in section.laid_out.pages]
        wanted = {target for page in pages for kind, target, *_ in page.links if kind == "internal"}
        elsewhere = wanted.difference(*(page.anchors for page in pages))
        sheets = [Sheet(page, elsewhere if place == 0 else set()) for place, page in enumerate(pages)]
        found: list[Gathering] = []
        without_glyph: set[str] = set()

        def take(document: Any, pdf: Any) -> None:  # noqa: ANN401 - the library has no types
            found.append(gathering(pdf, document.metadata, sheets, field=field))
            # The library writes what is left of its own file, and that is thrown away.
            del pdf.objects[FIRST:]

        with _fonts_dated(at), _collected(without_glyph):
            sections[0].laid_out.copy(sheets).write_pdf(io.BytesIO(), pdf_tags=True, pdf_version=VERSION, finisher=take)
        lacking = frozenset(without_glyph).union(*(section.without_glyph for section in sections))
        return replace(found[0], without_glyph=lacking)

    def _laid_out(self, html: str, style: list[Any]) -> Any:  # noqa: ANN401 - the library has no types
        try:
            return self._library.HTML(string=html, url_fetcher=_fetch).render(
                stylesheets=style, font_config=self._fonts, counter_style=self._counters
            )
        except self._library.urls.FatalURLFetchingError as error:
            raise OutsideContentError(
                f"A page refers to {str(error)[:200]!r}, which lies outside of the production.",
                do="Report this: captured content must never be rendered as markup.",
            ) from error

    def _look_at(self, characters: set[str]) -> None:
        """Find out which of these characters no font has, by painting each; the drawing is thrown away."""
        self._known |= characters
        seen = sorted(character for character in characters if character.isprintable())
        if not seen:
            return
        spelled = " ".join(f"&#{ord(character)};" for character in seen)
        probe = self._laid_out(f"<html lang=en><title>characters</title><p>{spelled}", [])
        resources = self._library.pdf.pydyf.Dictionary({"ExtGState": {}, "XObject": {}, "Pattern": {}, "Shading": {}})
        with _collected(self._lacking):
            for page in probe.pages:
                size = (0, 0, page.width, page.height)
                page.paint(self._library.pdf.stream.Stream({}, size, resources, {}, None, {}, None))

    def _check_fonts(self) -> None:
        """Lay out one letter for each font that is needed, and see which fonts drew them."""
        letters = "".join(f'<p style="font-family: {family}">{letter}</p>' for family, letter in PROBE.items())
        probe = self._laid_out(f"<html lang=en><title>fonts</title>{letters}", [])
        probe.write_pdf(io.BytesIO())
        used = {font.family for font in probe.fonts.values()}
        missing = [family for family in PROBE if not any(name.startswith(family) for name in used)]
        if missing:
            raise FontMissingError(
                f"These fonts are not installed: {', '.join(missing)}. The pages would show empty boxes.",
                do=f"Install them, on Debian or Ubuntu with: apt-get install {PACKAGES}",
            )


def _weasyprint() -> Any:  # noqa: ANN401 - the library has no types
    """Import WeasyPrint when it is needed: it loads system libraries, which may be absent where nothing is printed."""
    try:
        # It prints advice of its own when a library is missing.
        with contextlib.redirect_stdout(io.StringIO()):
            import weasyprint.urls  # noqa: PLC0415
    except OSError as error:
        raise TypesettingUnavailableError(
            f"The libraries that lay out text cannot be loaded: {error}.",
            do=f"Install them, on Debian or Ubuntu with: apt-get install {PACKAGES}",
        ) from error
    return weasyprint


def _named(html: str, lacking: set[str]) -> str:
    """Name characters in place of showing them: PDF/A has no empty boxes (ISO 19005-3, 6.2.11.8)."""
    plain = {ord(character): f"[U+{ord(character):04X}]" for character in lacking}
    framed = {number: f'<span class="mark">{name}</span>' for number, name in plain.items()}
    head, body, rest = html.partition("<body")
    parts = TAG_OR_TEXT.sub(lambda part: part[0].translate(plain if part[0].startswith("<") else framed), body + rest)
    return head.translate(plain) + parts


class _GlyphCollector(logging.Handler):
    """Hears which characters had no glyph: the library tells nobody but its log."""

    def __init__(self, found: set[str]) -> None:
        super().__init__(logging.WARNING)
        self._found = found

    def emit(self, record: logging.LogRecord) -> None:
        if "notdef" in str(record.msg):
            self._found.update(chr(int(code, 16)) for code in re.findall(r"U\+([0-9A-F]+)", record.getMessage()))


@contextlib.contextmanager
def _collected(found: set[str]) -> Iterator[None]:
    logger, collector = logging.getLogger("weasyprint"), _GlyphCollector(found)
    logger.addHandler(collector)
    try:
        yield
    finally:
        logger.removeHandler(collector)


def _renumber(section: Section, by: int) -> None:
    """Make the Bates numbers of a section's pages greater. All digits are equally wide: nothing moves.

    The library shapes text once more when it paints it; until then it is text.
    """
    for page in section.laid_out.pages if by else ():
        for box in page._page_box.descendants():  # noqa: SLF001 - no other way leads from a page to its boxes
            if getattr(box, "at_keyword", None) == "@bottom-right" or _is_numbered(box):
                for text in box.descendants():
                    if hasattr(text, "pango_layout"):
                        spelled = text.pango_layout.text
                        number = int(spelled[-DIGITS:]) + by
                        text.text = text.pango_layout.text = f"{spelled[:-DIGITS]}{number:0{DIGITS}}"


def _is_numbered(box: Any) -> bool:  # noqa: ANN401
    # Boxes of one element stand in each other; the text is changed by the one that it stands in.
    return (
        box.element is not None
        and box.element.get("class") == NUMBERED
        and any(hasattr(kid, "pango_layout") for kid in box.children)
    )


def _fetch(url: str, *_: object, **__: object) -> Any:  # noqa: ANN401 - the library has no types
    """Return a picture that is spelled in its address; nothing else is fetched."""
    urls = _weasyprint().urls
    if not url.startswith(JPEG):
        raise urls.FatalURLFetchingError(url)
    return urls.URLFetcherResponse(url, base64.b64decode(url.removeprefix(JPEG)), {"Content-Type": "image/jpeg"})


@contextlib.contextmanager
def _fonts_dated(at: Instant) -> Iterator[None]:
    """Have fontTools date the fonts that it cuts down: without this variable it takes the clock."""
    before = os.environ.get(FONT_DATE)
    os.environ[FONT_DATE] = str(int(at.to_datetime().timestamp()))
    try:
        yield
    finally:
        if before is None:
            del os.environ[FONT_DATE]
        else:
            os.environ[FONT_DATE] = before
