"""The door to WeasyPrint: sections of HTML in, one PDF out, with no network, no files, no clock and no noise.

Sections are laid out one after the other and bound together at the end: each then knows the number of its first page
beforehand, nothing is laid out twice, and time grows with the number of pages and no faster.
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from schemas.errors import InputError, PolicyError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from schemas.instant import Instant

PACKAGES = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-noto-core fonts-noto-cjk fonts-noto-color-emoji"
PROBE = {
    "Noto Serif": "A",
    "Noto Sans": "A",
    "Noto Sans Mono CJK JP": "A",
    "Noto Serif CJK JP": "漢",
    "Noto Color Emoji": "😀",
}
# Before 1.5 there are no compressed objects and no compressed tables of them. A production is written in the plainest
# structure that there is, so that checking it can refuse every other, and with them the ways to hide and to explode.
PLAIN_STRUCTURE = "1.4"
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
class AttachedFile:
    """A file to be attached; ``name`` is ASCII."""

    name: str
    content: bytes
    description: str


@dataclass(frozen=True, slots=True)
class Section:
    """Pages that are laid out; opaque but for their number."""

    laid_out: Any

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
    """Lays out sections in one style and binds them to a PDF: about 15 pages a second and core.

    ``without_glyph`` are the characters that ``bind`` found in no font and drew as an empty box.

    Raises:
        TypesettingUnavailableError: Pango or HarfBuzz is not installed.
        FontMissingError: a font is not installed.
    """

    def __init__(self, css: str) -> None:
        self.without_glyph: set[str] = set()
        self._library = _weasyprint()
        self._fonts = self._library.text.fonts.FontConfiguration()
        self._counters = self._library.css.counters.CounterStyle()
        self._check_fonts()
        self._style = self._library.CSS(
            string=css, font_config=self._fonts, counter_style=self._counters, url_fetcher=_refuse
        )

    def lay_out(self, html: str) -> Section:
        """Lay out one section, a whole HTML page.

        Raises:
            OutsideContentError: it refers to a file or an address.
        """
        return Section(self._laid_out(html, [self._style]))

    def bind(
        self, sections: Sequence[Section], attached: Sequence[AttachedFile], *, identifier: bytes, at: Instant
    ) -> bytes:
        """Return the PDF of the sections with files attached, in the order of their names; title from the first one.

        The same input gives the same bytes. ``at`` dates the attachments, ``identifier`` is the file's identity
        (ISO 32000-1, 14.4).
        """
        moment = at.to_datetime()
        attachments = [
            self._library.Attachment(
                file_obj=io.BytesIO(file.content),
                name=file.name,
                description=file.description,
                created=moment,
                modified=moment,
                relationship="Source",
                url_fetcher=_refuse,
            )
            for file in sorted(attached, key=lambda file: file.name)
        ]
        pages = [page for section in sections for page in section.laid_out.pages]
        with _fonts_dated(at), _collected(self.without_glyph):
            pdf: bytes = (
                sections[0]
                .laid_out.copy(pages)
                .write_pdf(
                    attachments=attachments,
                    pdf_identifier=identifier,
                    pdf_tags=True,
                    pdf_version=PLAIN_STRUCTURE,
                    finisher=_declare_version,
                )
            )
        return pdf

    def _laid_out(self, html: str, style: list[Any]) -> Any:  # noqa: ANN401 - the library has no types
        try:
            return self._library.HTML(string=html, url_fetcher=_refuse).render(
                stylesheets=style, font_config=self._fonts, counter_style=self._counters
            )
        except self._library.urls.FatalURLFetchingError as error:
            raise OutsideContentError(
                f"A page refers to {str(error)[:200]!r}, which lies outside of the production.",
                do="Report this: captured content must never be rendered as markup.",
            ) from error

    def _check_fonts(self) -> None:
        """Lay out one letter for each font that is needed, and see which fonts drew them."""
        letters = "".join(f'<p style="font-family: {family}">{letter}</p>' for family, letter in PROBE.items())
        probe = self._laid_out(f"<html lang=en><title>fonts</title>{letters}", [])
        probe.write_pdf()
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


def _declare_version(_document: object, pdf: Any) -> None:  # noqa: ANN401 - the library has no types
    """State the version in the catalog, which outweighs the header (ISO 32000-1, 7.5.5)."""
    pdf.catalog["Version"] = "/1.7"


def _refuse(url: str, *_: object, **__: object) -> NoReturn:
    raise _weasyprint().urls.FatalURLFetchingError(url)


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
