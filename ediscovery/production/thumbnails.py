"""Small pictures of captured media, for pages: the only door to Pillow in this room.

What is captured may be made to harm whoever opens it: only formats that browsers show are opened, of bounded size, and
what is printed is painted anew, with nothing of the file in it but its points.
"""

from __future__ import annotations

import io
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

from PIL import Image, ImageFile, ImageOps

if TYPE_CHECKING:
    from collections.abc import Iterator

FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP")
WIDEST, HIGHEST = 480, 360
"""Points; a picture is printed no wider than 80 mm and no higher than 45, at 150 dots an inch or more."""
MOST_POINTS = 100_000_000
QUALITY = 80

# What Python code raises over input that it did not expect. The decoders are not ours: all of these mean no picture.
FAULTS = (
    OSError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    SyntaxError,
    EOFError,
    MemoryError,
    NotImplementedError,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)


def thumbnail(content: bytes) -> bytes | None:
    """Return a picture as a small JPEG, the same bytes for the same picture; ``None`` where it cannot be painted."""
    try:
        with warnings.catch_warnings(), _whole():
            warnings.simplefilter("error")
            with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
                if picture.width * picture.height > MOST_POINTS:
                    return None
                picture.draft("RGB", (WIDEST, HIGHEST))
                return _painted(picture)
    except FAULTS:
        return None


@contextmanager
def _whole() -> Iterator[None]:
    """Have pictures that are cut off refused; what lays out pages has all of Pillow paint them as far as they go."""
    before = ImageFile.LOAD_TRUNCATED_IMAGES
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        yield
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = before


def _painted(picture: Image.Image) -> bytes:
    upright = ImageOps.exif_transpose(picture).convert("RGBA")
    upright.thumbnail((WIDEST, HIGHEST), Image.Resampling.LANCZOS)
    paper = Image.new("RGB", upright.size, "white")
    paper.paste(upright, mask=upright.getchannel("A"))
    file = io.BytesIO()
    paper.save(file, "JPEG", quality=QUALITY)
    return file.getvalue()
