"""A PNG drawn without any library: a school building under a sky, in the post's colour."""

from __future__ import annotations

import struct
import zlib

WIDTH, HEIGHT = 240, 135
SKY, SNOW, DOOR = (232, 240, 248), (250, 250, 250), (70, 60, 55)


def png(colour: tuple[int, int, int]) -> bytes:
    """Return the picture's bytes, the same for the same colour (PNG, RFC 2083)."""
    rows = b"".join(
        b"\0" + bytes(channel for x in range(WIDTH) for channel in _pixel(x, y, colour)) for y in range(HEIGHT)
    )
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )


def _pixel(x: int, y: int, colour: tuple[int, int, int]) -> tuple[int, int, int]:
    if y > 112:
        return SNOW
    if 60 <= x < 180 and y >= 60:
        window = (x - 70) % 25 < 13 and (y - 68) % 22 < 12
        return DOOR if 112 <= x < 128 and y >= 90 else SKY if window else colour
    if 50 <= x < 190 and 60 - (70 - abs(x - 120)) // 2 <= y < 60:
        return tuple(value // 2 for value in colour)  # type: ignore[return-value]
    return SKY
