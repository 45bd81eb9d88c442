"""Packages of real productions, and copies of them that somebody changes."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ediscovery.answers.asking import Question, basis_of, receipt_of
from ediscovery.commands import searchable
from ediscovery.packages.making import pack
from ediscovery.production import making
from ediscovery.production.certificate import signer_of
from ediscovery.production.withholding import Review
from ediscovery.redaction.rules import Rule
from manifests.checkpoints.commands import system_nonce
from manifests.checkpoints.making import make
from schemas.ledger import AccountRegistered
from tests.ediscovery.partitions import Version
from tests.ediscovery.retention.sealed import account, sealed

if TYPE_CHECKING:
    from manifests.archive import Archive
    from schemas.ledger import Produced
    from schemas.query import Query

HANDED = Path(__file__).parents[3] / "ediscovery/packages/handed"
ITEMS = (
    Version("1", title="Bus", text='The bus leaves at 7:15. ☃ \u202e\x07 "quoted" \\', created=0),
    Version("2", text="<script>alert(1)</script>", created=1, author="Dana", handle="@dana"),
    Version("3", kind="comment", text="Thank you!", created=2, alt=("a bus",), tags=("bus",)),
    Version("4", kind="absence", created=3, captured=9, verdict="deleted"),
    Version(
        "5", "About the bus.\nCall Anna Bell: 555-0100. Or walk!", "On a wiki", "Anna Bell", account="wiki", created=4
    ),
)


def archive_of(home: Path, versions: tuple[Version, ...] = ITEMS) -> Archive:
    """An archive of two accounts."""
    return sealed(home, versions, accounts=[account("blog"), account("wiki")], rows=3)


RULES = (
    Rule(1, "person", "Anna Bell", "FERPA"),
    Rule(2, "words", "555-0100", "private"),
    Rule(3, "field", "title", "draft", "the last"),
)
"""What is redacted: in the last record a name, the author, a number and the title; in the others nothing."""


def produced(archive: Archive, query: Query, rules: tuple[Rule, ...] = ()) -> Produced:
    """Hand over what a query finds, with the receipt of the search, redacted by rules.

    A rule with a record that is no id is about the last record.
    """
    with searchable(archive) as opened:
        hits = tuple(opened.hits(query))
        named = [rule if rule.record is None else replace(rule, record=hits[-1].record.hex) for rule in rules]
        basis = basis_of(archive, opened, size=archive.ledger.head.size)
        order = making.Order(
            name=secrets.token_hex(6),
            matter="Request 14",
            requester="Dana Whitfield",
            query_typed="",
            query_words="everything",
            bates_prefix="MGUSD",
            receipt=receipt_of(archive, opened, Question(query, "", {"account": "blog"}), basis),
            review=Review.of(hits, (), versions=False, rules=named),
        )
        checkpoint = make(archive, nonce=system_nonce, name=False)
        return making.produce(archive, opened, hits, order, signer_of(archive), checkpoint).act


def grown(archive: Archive, *names: str) -> None:
    """Let the ledger go on: a registration an entry."""
    for name in names:
        archive.append(lambda _history, name=name: (AccountRegistered(account=account(name)),))


def packed(archive: Archive, act: Produced, folder: Path) -> Path:
    """The package of a production, by the ledger as it is now."""
    pack(archive, act, make(archive, nonce=system_nonce, name=False), folder, tell=lambda *_: None)
    return folder


def bagged(folder: Path) -> None:
    """Write the manifests anew, of what lies there: what somebody does who covers up a change."""
    payload = sorted(path for path in folder.glob("data/**/*") if path.is_file())
    sizes = sum(path.stat().st_size for path in payload)
    info = folder / "bag-info.txt"
    if info.exists():
        info.write_text(re.sub("Payload-Oxum: .*", f"Payload-Oxum: {sizes}.{len(payload)}", info.read_text()))
    for algorithm in ("sha256", "sha512"):
        _manifest(folder, f"manifest-{algorithm}.txt", algorithm, payload)
    tags = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("tagmanifest-"))
    for algorithm in ("sha256", "sha512"):
        _manifest(folder, f"tagmanifest-{algorithm}.txt", algorithm, tags)


def _manifest(folder: Path, name: str, algorithm: str, files: list[Path]) -> None:
    digests = ((hashlib.new(algorithm, one.read_bytes()).hexdigest(), one.relative_to(folder)) for one in files)
    lines = (f"{digest}  {one.as_posix()}\n" for digest, one in digests)
    (folder / name).write_bytes("".join(lines).encode("utf-8", "surrogateescape"))


def copied(package: Path, folder: Path) -> Path:
    """A copy of a package, to be changed."""
    return Path(shutil.copytree(package, folder, symlinks=True))


def flipped(content: bytes, place: int) -> bytes:
    """Bytes with one bit changed."""
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


def encoded(content: bytes) -> str:
    """Base64."""
    return base64.b64encode(content).decode()
