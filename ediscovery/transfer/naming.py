"""The only file that spells names of files in a package (FORMAT 9.1): nothing that was captured is in any of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ediscovery.bags.names import PAYLOAD

if TYPE_CHECKING:
    from ediscovery.evidence import Extension

TRANSFER = "transfer.json"
METS = f"{PAYLOAD}METS.xml"
README = f"{PAYLOAD}documentation/README.txt"
INDEX = f"{PAYLOAD}documentation/index.csv"
PREMIS = f"{PAYLOAD}metadata/preservation/premis.xml"
RECORDS = f"{PAYLOAD}representations/records/data/"

TOGETHER = 1_000
"""How many records lie in one folder."""

NORMALISED, PROOF, PROVENANCE = "normalised.json", "proof.json", "provenance.json"
PART = re.compile(rf"{RECORDS}([0-9]{{6}})/([0-9]{{9}})-(native\.[a-z]+|normalised\.json|proof\.json|provenance\.json)")


def native(extension: Extension) -> str:
    """Return the part of a record that holds its native bytes."""
    return f"native.{extension}"


def part(number: int, name: str) -> str:
    """Return the name of a part of record ``number``, counted from 0."""
    return f"{RECORDS}{number // TOGETHER:06d}/{number:09d}-{name}"


def part_of(name: str) -> tuple[int, str] | None:
    """Return the number of the record whose part a file is, and which part, or ``None``."""
    match = PART.fullmatch(name)
    if match is None or name != part(int(match[2]), match[3]):
        return None
    return int(match[2]), match[3]


def in_package(name: str) -> str:
    """Return a payload file's name as METS and PREMIS give it: beginning where METS.xml lies."""
    return name.removeprefix(PAYLOAD)
