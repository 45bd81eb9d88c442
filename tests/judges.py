"""Readers of WARC files that are not ours: what they say of a file that we wrote."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from typing import TYPE_CHECKING

from fastwarc.warc import ArchiveIterator

if TYPE_CHECKING:
    from pathlib import Path


def judged(path: Path) -> Counter[str]:
    """Return FastWARC's count of records by type, after FastWARC and warcio found every digest true."""
    check = subprocess.run(
        [sys.executable, "-m", "warcio.cli", "check", path], capture_output=True, text=True, check=False
    )
    assert (check.returncode, check.stdout, check.stderr) == (0, "", "")
    counts: Counter[str] = Counter()
    with path.open("rb") as stream:
        for record in ArchiveIterator(stream, parse_http=False):
            assert record.verify_block_digest(), record.record_id
            counts[record.headers["WARC-Type"]] += 1
    with path.open("rb") as stream:
        for record in ArchiveIterator(stream, parse_http=True):
            if record.headers["WARC-Type"] in {"response", "request"}:
                assert record.verify_payload_digest(), record.record_id
    return counts
