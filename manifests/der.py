"""DER, written (ITU-T X.690): the few values that are compared byte for byte with what others wrote."""

from __future__ import annotations

LONG_FORM = 0x80


def value(tag: int, *parts: bytes) -> bytes:
    """Return one value (X.690, 8.1): tag, shortest length, content."""
    content = b"".join(parts)
    size = len(content)
    if size < LONG_FORM:
        return bytes((tag, size)) + content
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, LONG_FORM | len(octets))) + octets + content
