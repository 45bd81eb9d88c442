"""WARC files that nobody here wrote are read as their reference says, or refused by name."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from storage.warc import (
    WarcDamagedError,
    WarcUnsupportedError,
    payload_of,
    read_warc,
)
from tests.corpora import ROOT, corpus

if TYPE_CHECKING:
    from collections.abc import Mapping


EXPECTED = json.loads((ROOT / "EXPECTED.json").read_text())["warc_files"] if ROOT.exists() else {}
# Files that are read here although warcio counts otherwise, and why.
READ_BETTER = {
    "valid-warcfile-fields-continuation.warc": "a value on a continuation line",
    "valid-warcfile-fields-metainfo.warc": "a value on a continuation line",
    "valid-warcfile-fields-warcinfo.warc": "a value on a continuation line",
    "valid-warcfile-utf8.warc": "a value on a continuation line",
    "valid-warcfile-upper-lower-case.warc": "names in capitals",
    "example-collection-with-lists.warc": "warcio lacks a decoder for its bodies",
}
REFUSED = {
    "test.warc": "no WARC-Record-ID",
    "example-bad-length.warc": "false Content-Length",
    "example-trunc.warc": "false Content-Length",
}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_file_of_the_corpora_is_read_as_its_reference_says_or_refused_by_name(name: str) -> None:
    path, expected = corpus(*name.split("/")), EXPECTED[name]
    counts, statuses = Counter[str](), Counter[str]()
    verdict = "read"
    try:
        with path.open("rb") as stream:
            for record in read_warc(stream, mismatch="report"):
                counts[record.type] += 1
                hashlib.sha256(record.payload(limit=1 << 26))
                if record.type == "response" and record.status:
                    statuses[str(record.status)] += 1
    except WarcUnsupportedError:
        verdict = "unsupported"
    except WarcDamagedError:
        verdict = "damaged"

    if ".arc" in path.name:
        assert verdict == "unsupported"
    elif expected["warcio_error"] or "/invalid/" in name or path.name in REFUSED:
        assert verdict == "damaged" or "/invalid/" in name
    elif path.name in READ_BETTER:
        known = {kind.strip().lower() for kind in expected["records"]} - {"body_error"}
        assert (verdict, set(counts)) == ("read", known)
    else:
        assert (verdict, counts, statuses) == ("read", expected["records"], expected["http_status"])


# Digests that warcio miscounts: hexadecimal MD5, a segment's, and those of chunked payloads without their framing.
PROVED = {"valid-warcrecorddigests-1.warc", "valid-warcfile-fields-continuation.warc", "lil-projects.warc.gz"}
FALSE = [name for name, facts in EXPECTED.items() if "digest_mismatch" in facts["digests"]]


@pytest.mark.parametrize("name", [name for name in FALSE if Path(name).name not in PROVED])
def test_a_file_of_the_corpora_with_a_false_digest_is_refused(name: str) -> None:
    with corpus(*name.split("/")).open("rb") as stream, pytest.raises(WarcDamagedError):
        list(read_warc(stream))


def test_revisits_of_the_corpora_resolve() -> None:
    path = corpus("warc", "webrecorder", "webrecorder+warcio", "example.warc.gz")
    with path.open("rb") as stream:
        kinds: Mapping[str, str] = {record.id: record.type for record in read_warc(stream)}
        (revisit,) = (name for name, kind in kinds.items() if kind == "revisit")
        stream.seek(0)
        assert payload_of(stream, revisit, limit=1 << 20).startswith(b"<!doctype html>")
