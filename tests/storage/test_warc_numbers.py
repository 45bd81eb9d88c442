"""Numbers in WARC files that are longer than any number: no record, and no other error."""

from __future__ import annotations

import io

import pytest

from schemas.errors import IntegrityError
from storage.warc import read_warc

RECORD = (
    "WARC/1.1\r\nWARC-Type: {kind}\r\nWARC-Record-ID: <urn:uuid:00000000-0000-0000-0000-000000000001>\r\n"
    "WARC-Date: 2026-01-01T00:00:00Z\r\nWARC-Target-URI: http://x.example/\r\n"
    "Content-Length: {length}\r\n\r\n{body}\r\n\r\n"
)


@pytest.mark.parametrize("digits", [19, 5_000])
def test_a_length_that_no_file_has_is_damage(digits: int):
    content = RECORD.format(kind="resource", length="9" * digits, body="").encode()
    with pytest.raises(IntegrityError):
        list(read_warc(io.BytesIO(content)))


def test_a_status_that_is_no_status_is_none():
    body = f"HTTP/1.1 {'2' * 5_000} OK\r\n\r\n"
    content = RECORD.format(kind="response", length=len(body), body=body).encode()
    (record,) = read_warc(io.BytesIO(content))
    assert record.status is None
