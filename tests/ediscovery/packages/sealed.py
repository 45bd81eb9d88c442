"""A package of a real production: made by an archive, sealed in its ledger, and laid out as a bag."""

from __future__ import annotations

import base64
import hashlib
import io
import secrets
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pikepdf
import rfc8785

from ediscovery.commands import searchable
from ediscovery.production import making
from ediscovery.production.certificate import signer_of
from ediscovery.production.manifest import ProductionManifest
from manifests.checkpoints.commands import system_nonce
from manifests.checkpoints.making import make
from manifests.notes import Checkpoint
from manifests.proofs.making import prove_acts
from schemas.ledger import AccountRegistered
from storage.objects import read_stored
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
    Version("5", text="on a wiki", account="wiki", created=4),
)


def archive_of(home: Path, versions: tuple[Version, ...] = ITEMS) -> Archive:
    """An archive of two accounts."""
    return sealed(home, versions, accounts=[account("blog"), account("wiki")], rows=3)


def produced(archive: Archive, query: Query) -> Produced:
    """Hand over what a query finds."""
    order = making.Order(
        name=secrets.token_hex(6),
        matter="Request 14",
        requester="Dana Whitfield",
        query_typed="",
        query_words="everything",
        bates_prefix="MGUSD",
    )
    with searchable(archive) as opened:
        hits = tuple(opened.hits(query))
        checkpoint = make(archive, nonce=system_nonce, name=False)
        return making.produce(archive, opened, hits, order, signer_of(archive), checkpoint).act


def grown(archive: Archive, *names: str) -> None:
    """Let the ledger go on: a registration an entry."""
    for name in names:
        archive.append(lambda _history, name=name: (AccountRegistered(account=account(name)),))


def packed(archive: Archive, act: Produced, folder: Path) -> Path:
    """The package of a production, by the ledger as it is now."""
    pdf = read_stored(archive.store, act.document)
    with pikepdf.open(io.BytesIO(pdf)) as document:
        found = {name: file.get_file().read_bytes() for name, file in document.attachments.items()}
    manifest = ProductionManifest.from_bytes(found["production.json"])
    files = {"production.pdf": pdf, "production.json": found["production.json"], "sealed.json": seal(archive, act)}
    for record in manifest.records:
        number = record.bates.spell(record.bates.first)
        files[f"NATIVES/{record.native}"] = found[record.native]
        files[f"PROOFS/{record.proof}"] = found[record.proof]
        files[f"TEXT/{number}.txt"] = f"The words of {record.item}\n".encode()
    files[f"DATA/{act.production}.dat"] = b"\xfeBEGBATES\xfe\r\n"
    files["CERTIFICATION.txt"] = files["README.txt"] = b"To be signed.\n"
    files |= {path.name: path.read_bytes() for path in HANDED.iterdir() if path.is_file()}
    for name, content in files.items():
        path = folder / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (folder / "bagit.txt").write_bytes(b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n")
    bagged(folder)
    return folder


def seal(archive: Archive, act: Produced) -> bytes:
    """``sealed.json``: the act, and what leads from it to the newest checkpoint."""
    made, ledger = make(archive, nonce=system_nonce, name=False), archive.ledger
    size = Checkpoint.from_text(made.note.text).size
    (proved,) = prove_acts(ledger, type(act), act.production, entries=range(act.ledger_size, size), size=size)
    return rfc8785.dumps(
        {
            "format": "holdfast-sealed/v1",
            "checkpoint": made.note.to_bytes().decode(),
            "claims": made.claims.to_plain(),
            "path": [one.hex for one in ledger.consistency(act.ledger_size, size=size)],
            "produced": proved.to_plain(),
        }
    )


def bagged(folder: Path) -> None:
    """Write the manifests anew, of what lies there: what somebody does who covers up a change."""
    payload = sorted(path for path in folder.glob("data/**/*") if path.is_file())
    sizes = sum(path.stat().st_size for path in payload)
    (folder / "bag-info.txt").write_text(f"Payload-Oxum: {sizes}.{len(payload)}\n")
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
