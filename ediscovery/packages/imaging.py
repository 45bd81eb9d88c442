"""The pages of a document as pictures, as review platforms take them: the only door to pypdfium2 and Pillow.

A page in black and white is a TIFF of 300 dots an inch in Group 4 (ITU-T T.6), one that has colours a JPEG of 200. What
is dark blue, as our headings are, is black.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pypdfium2
from PIL import Image, ImageChops

from schemas.errors import IntegrityError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ediscovery.packages.opticon import ImageKind

INCH = 72
BLACK_DOTS, COLOUR_DOTS = 300, 200
COLOURFUL = 80
"""By how much of 255 the channels of a point differ that has a colour: those of our headings differ by 52."""
LEAST_COLOUR = 1 / 4000
"""The part of a page's points from which on it is one with colours."""
BLACK = 160
"""What is darker is black."""
QUALITY = 85


class PagesUnreadableError(IntegrityError):
    """The pages of a document cannot be drawn."""

    code = "PAGES_UNREADABLE"


def images_of(pdf: bytes) -> Iterator[tuple[ImageKind, bytes]]:
    """Yield the picture of each page of a document, one in memory at a time.

    Raises:
        PagesUnreadableError: it cannot be drawn.
    """
    try:
        with pypdfium2.PdfDocument(pdf) as document:
            for page in document:
                try:
                    drawn = page.render(scale=BLACK_DOTS / INCH, may_draw_forms=False).to_pil().convert("RGB")
                finally:
                    page.close()
                yield _colour(drawn) if _has_colours(drawn) else _black(drawn)
    except (pypdfium2.PdfiumError, OSError, ValueError) as error:
        raise PagesUnreadableError(
            f"The pages of the document cannot be drawn: {error}.", do="Run 'holdfast verify' on the document."
        ) from error


def _has_colours(drawn: Image.Image) -> bool:
    red, green, blue = drawn.split()
    most = ImageChops.lighter(ImageChops.lighter(red, green), blue)
    least = ImageChops.darker(ImageChops.darker(red, green), blue)
    counts = ImageChops.subtract(most, least).histogram()
    return sum(counts[COLOURFUL:]) >= LEAST_COLOUR * drawn.width * drawn.height


def _black(drawn: Image.Image) -> tuple[ImageKind, bytes]:
    file = io.BytesIO()
    dots = drawn.convert("L").point(lambda light: 255 if light >= BLACK else 0).convert("1")
    dots.save(file, "TIFF", compression="group4", dpi=(BLACK_DOTS, BLACK_DOTS))
    return "tif", file.getvalue()


def _colour(drawn: Image.Image) -> tuple[ImageKind, bytes]:
    file = io.BytesIO()
    size = (drawn.width * COLOUR_DOTS // BLACK_DOTS, drawn.height * COLOUR_DOTS // BLACK_DOTS)
    drawn.resize(size, Image.Resampling.LANCZOS).save(file, "JPEG", quality=QUALITY, dpi=(COLOUR_DOTS, COLOUR_DOTS))
    return "jpg", file.getvalue()
