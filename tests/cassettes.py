"""Cassettes: recorded answers, of which no more is read than the bodies; VCR's are YAML, Betamax's JSON."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def bodies(file: Path) -> Iterator[bytes]:
    """The JSON bodies of the responses in a VCR cassette: YAML's quoted scalars over several lines, and no more."""
    text = file.read_text()
    for single, double in re.findall(
        r"^      string: (?:'((?:[^']|'')*)'|\"((?:[^\"\\]|\\.)*)\")$", text, re.MULTILINE | re.DOTALL
    ):
        if single:
            yield re.sub(r"\n +", " ", single.replace("''", "'")).encode()
        elif double:
            unfolded = re.sub(r"\\\n +\\?|\n +", lambda fold: "" if fold[0][0] == "\\" else " ", double)
            yield json.loads(f'"{unfolded}"').encode()


def recorded(file: Path) -> Iterator[bytes]:
    """The JSON bodies of the responses in a Betamax cassette: objects and arrays, and nothing else."""
    for interaction in json.loads(file.read_text())["interactions"]:
        text = interaction["response"]["body"].get("string", "")
        if text[:1] in ("{", "["):
            yield text.encode()
