"""Captured pictures are painted small, whatever they are; what is none, or made to harm, is left out."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFile

from demo.picture import png
from ediscovery.production.thumbnails import HIGHEST, WIDEST, thumbnail

MODES = (
    *(("PNG", mode) for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")),
    *(("JPEG", mode) for mode in ("L", "RGB", "CMYK")),
    *(("GIF", "P"), ("WEBP", "RGBA"), ("BMP", "RGB")),
)


def picture(form: str, mode: str, size: tuple[int, int] = (900, 300), **more) -> bytes:
    file = io.BytesIO()
    Image.new(mode, size, color=0).save(file, form, **more)
    return file.getvalue()


def opened(content: bytes | None) -> Image.Image:
    assert content is not None
    return Image.open(io.BytesIO(content), formats=["JPEG"])


@pytest.mark.parametrize(("form", "mode"), MODES)
def test_pictures_of_every_kind_are_painted_in_their_proportions(form: str, mode: str) -> None:
    small = opened(thumbnail(picture(form, mode)))
    assert (small.mode, small.size) == ("RGB", (WIDEST, WIDEST // 3))


def test_what_is_small_is_not_made_larger_and_what_is_high_is_as_high_as_it_may_be() -> None:
    assert opened(thumbnail(picture("PNG", "RGB", (30, 20)))).size == (30, 20)
    assert opened(thumbnail(picture("PNG", "RGB", (100, 3_000)))).size[1] == HIGHEST


def test_what_shows_through_is_paper_and_a_turned_picture_stands_upright() -> None:
    clear = io.BytesIO()
    Image.new("RGBA", (40, 40), (255, 0, 0, 0)).save(clear, "PNG")
    assert opened(thumbnail(clear.getvalue())).getpixel((20, 20)) == (255, 255, 255)
    exif = Image.Exif()
    exif[0x0112] = 6
    assert opened(thumbnail(picture("JPEG", "RGB", (80, 40), exif=exif))).size == (40, 80)


def test_nothing_but_points_comes_along_and_the_same_picture_is_the_same_bytes() -> None:
    exif = Image.Exif()
    exif[0x010E] = "quokka"
    content = picture("JPEG", "RGB", exif=exif, comment=b"numbat")
    assert b"quokka" in content
    small = thumbnail(content)
    assert small is not None
    assert b"quokka" not in small
    assert b"numbat" not in small
    assert small == thumbnail(content)


def bomb(width: int, height: int) -> bytes:
    """A PNG of hardly any bytes that says that it is so large."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(1_000_000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"GIF89a", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%PDF-1.7", b"%!PS-Adobe-3.0 EPSF-3.0"),
        *(bomb(100_000, 100_000), bomb(2**31 - 1, 2**31 - 1), bomb(60_000, 3_000)),
        picture("TIFF", "RGB"),
        picture("PNG", "RGB")[:200],
    ],
)
@pytest.mark.parametrize("elsewhere", [True, False])
def test_what_is_no_picture_of_the_web_or_too_large_or_cut_off_is_left_out(
    content: bytes, elsewhere: bool, monkeypatch
) -> None:
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", elsewhere)
    assert thumbnail(content) is None
    assert ImageFile.LOAD_TRUNCATED_IMAGES is elsewhere


@settings(max_examples=200)
@given(place=st.integers(0, 10_000), octet=st.integers(0, 255), form=st.sampled_from(["PNG", "JPEG", "GIF", "WEBP"]))
def test_a_broken_picture_is_painted_or_left_out(place: int, octet: int, form: str) -> None:
    content = bytearray(SOUND[form])
    content[place % len(content)] = octet
    small = thumbnail(bytes(content))
    assert small is None or opened(small).mode == "RGB"


def _sound(form: str) -> bytes:
    file = io.BytesIO()
    Image.open(io.BytesIO(png((90, 140, 200)))).convert("RGB").save(file, form)
    return file.getvalue()


SOUND = {form: _sound(form) for form in ("PNG", "JPEG", "GIF", "WEBP")}
