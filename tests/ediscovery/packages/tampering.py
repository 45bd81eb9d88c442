"""What somebody does to a package, and which steps of a check must notice it: one table for every checker."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import rfc8785

from manifests.notes import SignedNote
from manifests.signing import SigningKey, Verifier, key_id
from manifests.witness.cosignatures import Cosigner, cosign
from schemas.digest import Digest
from schemas.instant import Instant
from schemas.merkle import root_of
from tests.ediscovery.packages.sealed import bagged, encoded, flipped

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PDF, MANIFEST, SEAL = "data/production.pdf", "data/production.json", "data/sealed.json"
WEAK = (1).to_bytes(32, "little")
COSIGNED = Instant.from_text("2026-03-14T15:30:00.000000Z")


@dataclass(frozen=True)
class Case:
    """A package that is to be changed, one of another production of the archive, and the archive's key."""

    folder: Path
    other: Path
    key: str


@dataclass(frozen=True)
class Row:
    """A change; the steps that must find fault with it and no others; how many of the four records stay proved."""

    name: str
    change: Callable[[Case], None]
    faulty: str
    proved: int = 4
    with_key: bool = False
    shown_by_browsers: bool = True
    notices: tuple[str, ...] = field(default=())


def read(case: Case, name: str) -> Any:
    return json.loads((case.folder / name).read_bytes())


def write(case: Case, name: str, value: Any) -> None:
    content = value if isinstance(value, bytes) else rfc8785.dumps(value)
    (case.folder / name).write_bytes(content)


def native(case: Case, at: int = 0) -> str:
    return f"data/NATIVES/{read(case, MANIFEST)['records'][at]['native']}"


def proof(case: Case, at: int = 0) -> str:
    return f"data/PROOFS/{read(case, MANIFEST)['records'][at]['proof']}"


def flip(name: str | Callable[[Case], str], *, covered: bool = False, first: bool = False) -> Callable[[Case], None]:
    """One bit in the middle of a file, or the ``first``, is another; ``covered`` rewrites the manifests."""

    def change(case: Case) -> None:
        path = case.folder / (name if isinstance(name, str) else name(case))
        content = path.read_bytes()
        path.write_bytes(flipped(content, 0 if first else len(content) // 2))
        if covered:
            bagged(case.folder)

    return change


def cut(name: str, *, covered: bool = True) -> Callable[[Case], None]:
    def change(case: Case) -> None:
        path = case.folder / name
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        if covered:
            bagged(case.folder)

    return change


def removed(name: str | Callable[[Case], str], *, covered: bool = False) -> Callable[[Case], None]:
    def change(case: Case) -> None:
        (case.folder / (name if isinstance(name, str) else name(case))).unlink()
        if covered:
            bagged(case.folder)

    return change


def added(name: str, *, covered: bool = False) -> Callable[[Case], None]:
    def change(case: Case) -> None:
        path = case.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"more\n")
        if covered:
            bagged(case.folder)

    return change


def spelled(name: str, respell: Callable[[bytes], bytes]) -> Callable[[Case], None]:
    """A file's bytes become others, and the manifests say those."""

    def change(case: Case) -> None:
        write(case, name, respell((case.folder / name).read_bytes()))
        bagged(case.folder)

    return change


def edited(name: str, edit: Callable[[Any], Any]) -> Callable[[Case], None]:
    """A structure says something else, in its one spelling, and the manifests say so."""

    def change(case: Case) -> None:
        value = read(case, name)
        edit(value)
        write(case, name, value)
        bagged(case.folder)

    return change


def reproved(edit: Callable[[Any], Any] | None = None, respell: Callable[[bytes], bytes] = bytes, *, at: int = 0):
    """A proof says something else, and production.json and the manifests agree with it."""

    def change(case: Case) -> None:
        value = read(case, proof(case, at))
        if edit is not None:
            edit(value)
        write(case, proof(case, at), respell(rfc8785.dumps(value)))
        relisted(case)

    return change


def relisted(case: Case, edit: Callable[[Any], Any] | None = None) -> None:
    """production.json says the sizes and digests of the files as they are, and the manifests do."""
    manifest = read(case, MANIFEST)
    if edit is not None:
        edit(manifest)
    for record in manifest["records"]:
        for kind, folder in (("native", "NATIVES"), ("proof", "PROOFS")):
            if kind not in record:
                continue
            content = (case.folder / "data" / folder / record[kind]).read_bytes()
            record[f"{kind}_size"], record[f"{kind}_sha256"] = len(content), hashlib.sha256(content).hexdigest()
    write(case, MANIFEST, manifest)
    bagged(case.folder)


def record_dropped(case: Case) -> None:
    """From everything but the seal, as if it had never been there."""
    for name in (native(case, 1), proof(case, 1)):
        (case.folder / name).unlink()
    number = read(case, MANIFEST)["records"][1]["native"].partition("-")[0]
    (case.folder / f"data/TEXT/{number}.txt").unlink()

    def edit(manifest: Any) -> None:
        manifest["records"].pop(1)
        lines = "".join(sorted(f"{one['record']} {one['record']}\n" for one in manifest["records"]))
        digest = hashlib.sha256(f"holdfast-hits/v1\n{lines}".encode()).hexdigest()
        manifest["receipt"] |= {"hits": len(manifest["records"]), "digest": digest}
        write(case, "data/receipt.json", manifest["receipt"])

    relisted(case, edit)


def record_dropped_from_the_act_too(case: Case) -> None:
    record_dropped(case)
    ids = [Digest.from_hex(one["record"]) for one in read(case, MANIFEST)["records"]]

    def edit(seal: Any) -> None:
        seal["produced"]["act"] |= {"records": len(ids), "records_root": root_of(ids).hex}

    edited(SEAL, edit)(case)


def records_swapped(case: Case) -> None:
    """Two records change their numbers, with all that is said of them."""
    names = [(native(case, at), proof(case, at)) for at in (0, 1)]
    for one, two in zip(*names, strict=True):
        first, second = ((case.folder / name).read_bytes() for name in (one, two))
        write(case, one, second)
        write(case, two, first)

    def edit(manifest: Any) -> None:
        first, second = manifest["records"][:2]
        for name in ("record", "account", "kind", "item"):
            first[name], second[name] = second[name], first[name]

    relisted(case, edit)


def native_renamed(case: Case) -> None:
    path = case.folder / native(case)
    path.rename(path.with_name("MGUSD0000099-native.xml"))
    bagged(case.folder)


def another_actor(receipt: Any) -> None:
    receipt["actor"] = "somebody@else"


def named_otherwise(case: Case) -> None:
    path = case.folder / "bag-info.txt"
    path.write_bytes(re.sub(rb"External-Identifier: .*", b"External-Identifier: x", path.read_bytes()))
    bagged(case.folder)


def native_replaced_everywhere(case: Case) -> None:
    """In production.json and in its proof, too; only the record's id stays."""
    write(case, native(case), b"<item>other</item>")
    digest = hashlib.sha256(b"<item>other</item>").hexdigest()
    reproved(lambda value: value.update(native_sha256=digest))(case)


def seal_of_another(case: Case) -> None:
    write(case, SEAL, (case.other / SEAL).read_bytes())
    bagged(case.folder)


def act_of_another(case: Case) -> None:
    """An act that is in the ledger, and is proved."""
    other = json.loads((case.other / SEAL).read_bytes())
    edited(SEAL, lambda seal: seal.update(produced=other["produced"]))(case)


def proof_of_another(case: Case) -> None:
    write(case, proof(case), (case.folder / proof(case, 1)).read_bytes())
    relisted(case)


def signed_anew(seal: Any) -> None:
    """By somebody else's key of the same name, which the claims then name."""
    text = SignedNote.from_bytes(seal["checkpoint"].encode()).text
    key = SigningKey.generate(text.partition("\n")[0])
    seal["checkpoint"] = SignedNote.sign(text, key).to_bytes().decode()
    seal["claims"]["verifier"] = key.verifier.to_text()


def signed_by_nobody(seal: Any) -> None:
    """Under a key of small order, for which everybody knows a signature of everything."""
    text = SignedNote.from_bytes(seal["checkpoint"].encode()).text
    name = text.partition("\n")[0]
    line = f"— {name} {encoded(key_id(name, WEAK) + WEAK + bytes(32))}\n"
    seal["checkpoint"] = f"{text}\n{line}"
    seal["claims"]["verifier"] = Verifier(name, WEAK).to_text()


def cosigned(*, truly: bool, needed: int = 1) -> Callable[[Any], None]:
    def edit(seal: Any) -> None:
        note, key = SignedNote.from_bytes(seal["checkpoint"].encode()), SigningKey.generate("county.example")
        line = cosign(note.text if truly else f"{note.text}x\n", key, at=COSIGNED)
        seal["checkpoint"] = SignedNote(note.text, (*note.signatures, line)).to_bytes().decode()
        seal["claims"] |= {"witnesses": [Cosigner.of(key).to_text()], "needed": needed}

    return edit


def said_in_manifest(line: str) -> Callable[[Case], None]:
    """A line more in a manifest of the payload, and the tag manifests agree."""

    def change(case: Case) -> None:
        path = case.folder / "manifest-sha256.txt"
        path.write_bytes(path.read_bytes() + line.encode())
        retagged(case.folder)

    return change


def retagged(folder: Path) -> None:
    """Write the tag manifests anew."""
    for algorithm in ("sha256", "sha512"):
        names = sorted(one.name for one in folder.iterdir() if one.is_file() and not one.name.startswith("tagm"))
        lines = (f"{hashlib.new(algorithm, (folder / one).read_bytes()).hexdigest()}  {one}\n" for one in names)
        (folder / f"tagmanifest-{algorithm}.txt").write_text("".join(lines))


def linked(case: Case) -> None:
    """A native is a link to the very same bytes, elsewhere."""
    path = case.folder / native(case)
    elsewhere = case.folder.parent / f"{case.folder.name}-elsewhere"
    path.rename(elsewhere)
    path.symlink_to(elsewhere)


def linked_folder(case: Case) -> None:
    path = case.folder / "data/TEXT"
    elsewhere = case.folder.parent / f"{case.folder.name}-texts"
    path.rename(elsewhere)
    path.symlink_to(elsewhere)


def spelled_in_capitals(case: Case) -> None:
    """Where capitals do not matter, one of the two files is not there."""
    path = next((case.folder / "data/TEXT").iterdir())
    path.with_name(path.name.lower()).write_bytes(b"other\n")
    bagged(case.folder)


def pages_moved(manifest: Any) -> None:
    """A record is said to stand on a page more than it does."""
    manifest["records"][-1]["bates"]["last"] += 1


def in_two_volumes(record: str, volume: int) -> Callable[[Any], None]:
    """It is said to be the first of two volumes, with a record in one of them."""
    said = {"number": 1, "of": 2, "elsewhere": [{"record": record, "volume": volume}]}
    return lambda manifest: manifest.update(volume=said)


def numbered_backwards(manifest: Any) -> None:
    first, second = manifest["records"][:2]
    second["bates"]["first"] = first["bates"]["first"]


def put(value: Any, *names: str | int, to: Any) -> None:
    """Change one field, deep in a structure."""
    for name in names[:-1]:
        value = value[name]
    value[names[-1]] = to


def seal_says(*names: str, to: Any) -> Callable[[Case], None]:
    return edited(SEAL, lambda value: put(value, *names, to=to))


def manifest_says(*names: str | int, to: Any) -> Callable[[Case], None]:
    return edited(MANIFEST, lambda value: put(value, *names, to=to))


def proof_says(*names: str | int, to: Any) -> Callable[[Case], None]:
    return reproved(lambda value: put(value, *names, to=to))


REDACTED = 3
"""The record that is redacted."""


def parts_say(edit: Callable[[dict[str, Any]], Any]) -> Callable[[Case], None]:
    """The proof of the redacted record has other parts; it is given them by name, those of one name as a list."""

    def change(value: Any) -> None:
        parts: dict[str, Any] = {}
        for part in value["parts"]:
            parts.setdefault(part["name"], []).append(part)
        edit(parts)
        value["parts"] = [part for several in parts.values() for part in several]

    return reproved(change, at=REDACTED)


def part_says(name: str, *, to: dict[str, Any], piece: int = 0) -> Callable[[Case], None]:
    """A part of the redacted record says something else; what it says of ``None`` is left out."""

    def edit(parts: dict[str, Any]) -> None:
        said = parts[name][piece] | to
        parts[name][piece] = {field: one for field, one in said.items() if one is not None}

    return parts_say(edit)


def redacted_by_another(case: Case) -> None:
    """The proof of a whole record stands in place of the redacted one's."""
    write(case, proof(case, REDACTED), (case.folder / proof(case, 0)).read_bytes())
    relisted(case)


def native_made_up(case: Case) -> None:
    """A native for the redacted record."""
    name = proof(case, REDACTED).rpartition("/")[2].replace("proof.json", "native.json")
    (case.folder / "data/NATIVES" / name).write_bytes(b"{}")
    relisted(case, lambda value: value["records"][REDACTED].update(native=name, native_media_type="application/json"))


def instead(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    """Replace once what must be there."""

    def respell(content: bytes) -> bytes:
        assert old in content
        return content.replace(old, new, 1)

    return respell


def in_a_circle(content: bytes) -> bytes:
    """A PDF whose newest table of objects says that it comes before itself."""
    (start,) = re.findall(rb"startxref\n(\d+)\n%%EOF\n$", content)
    return re.sub(rb"/Prev \d+", b"/Prev " + start, content, count=1)


def indented(content: bytes) -> bytes:
    return json.dumps(json.loads(content), indent=1, ensure_ascii=False).encode()
