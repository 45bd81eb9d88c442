"""The only file that spells names of files in a package (FORMAT 6.8): nothing that was captured is in any of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ediscovery.bags.names import PAYLOAD

if TYPE_CHECKING:
    from ediscovery.packages.opticon import ImageKind
    from ediscovery.production.manifest import ManifestRecord

DOCUMENT = f"{PAYLOAD}production.pdf"
MANIFEST = f"{PAYLOAD}production.json"
SEALED = f"{PAYLOAD}sealed.json"
CERTIFICATION = f"{PAYLOAD}CERTIFICATION.txt"
RECEIPT = f"{PAYLOAD}receipt.json"
WITHHELD = f"{PAYLOAD}DATA/withheld.csv"
REDACTIONS = f"{PAYLOAD}DATA/redactions.csv"
IMAGES = f"{PAYLOAD}IMAGES/"
EXCHANGES = f"{PAYLOAD}WACZ/exchanges.wacz"
README = f"{PAYLOAD}README.txt"
HANDED = ("VERIFY.html", "verify.py")
"""What checks a package without Holdfast, and is put into every one as it is."""


def handed(name: str) -> str:
    """Return the name of one of ``HANDED``."""
    return f"{PAYLOAD}{name}"


def image(number: str, kind: ImageKind) -> str:
    """Return the name of the picture of the page with a Bates number."""
    return f"{IMAGES}{number}.{kind}"


def image_of(name: str) -> tuple[str, str] | None:
    """Return the Bates number and the kind of a picture, or ``None`` where a file is none."""
    number, _, kind = name.removeprefix(IMAGES).partition(".")
    return (number, kind) if name.startswith(IMAGES) and kind in ("tif", "jpg") else None


def native(attached: str) -> str:
    """Return the name of native bytes, by the name that they are attached under."""
    return f"{PAYLOAD}NATIVES/{attached}"


def proof(record: ManifestRecord) -> str:
    """Return the name of a record's proof."""
    return f"{PAYLOAD}PROOFS/{record.proof}"


def text(record: ManifestRecord) -> str:
    """Return the name of the file with a record's words."""
    return f"{PAYLOAD}TEXT/{record.bates.spell(record.bates.first)}.txt"


def load_file(production: str, extension: str) -> str:
    """Return the name of a load file of a production."""
    return f"{PAYLOAD}DATA/{production}.{extension}"


def conversation(name: str) -> str:
    """Return the name of a conversation's file, which is ``name`` for itself."""
    return f"{PAYLOAD}DATA/RSMF/{name}"


def may_be_derived(name: str) -> bool:
    """Return whether a file may be one that some version of Holdfast derives."""
    return name in (CERTIFICATION, README, RECEIPT) or name.startswith((f"{PAYLOAD}TEXT/", f"{PAYLOAD}DATA/"))


def in_load_file(name: str) -> str:
    """Return a file's name as load files give it: beginning in the folder ``data``, with backslashes."""
    return name.removeprefix(PAYLOAD).replace("/", "\\")
