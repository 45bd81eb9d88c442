"""The frozen files of format version 1: the good are accepted with what they state, the bad refused by their codes."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from manifests.audit import audit, read_kept
from manifests.audit.signed import read_statement
from manifests.ledger import Ledger
from manifests.notes import Checkpoint, SignedNote
from manifests.proofs import continuity, record
from manifests.proofs.file import read_proof
from manifests.proofs.record import RecordProof, native_in
from manifests.proofs.vouching import Trust
from manifests.signing import SigningKey, Verifier
from manifests.timestamps import renewal, stamp
from manifests.timestamps.trust import load_roots
from manifests.witness.cosignatures import Cosigner, Policy, cosign, require
from manifests.witness.requests import Request, Watched, agree
from schemas.errors import ArchiveError
from schemas.instant import Instant
from storage import layout
from storage.directory import DirectoryStore
from storage.memory import MemoryStore
from storage.objects import Content
from tests.ediscovery.productions import judged

if TYPE_CHECKING:
    from collections.abc import Callable

    from schemas.findings import Report

V1 = Path(__file__).parent / "v1"
GOOD, BAD = V1 / "good", V1 / "bad"
CODES = (Path(__file__).parents[2] / "docs" / "CODES.md").read_text(encoding="utf-8")
FROZEN = "55c980832b26fb67d2588599558a9e496a538746b8abc845c343a91955c97257"
"""SHA-256 over the name and SHA-256 of every file: whoever changes one has to change this line, too, and should not."""

AT = Instant.from_text("2026-03-10T00:00:00.000000Z")
COSIGNED_AT = Instant.from_text("2026-03-02T00:00:00.000000Z")
STAMPED_AT = Instant.from_text("2026-03-02T00:01:00.000000Z")
EARLIER = Instant.from_text("2026-03-01T09:00:00.000000Z")
ORIGIN = "maple-grove/0a1b2c3d"
SIZE = 8


def published(name: str) -> str:
    return (GOOD / "published" / name).read_text(encoding="utf-8")


KEY, EARLIER_KEY, AUDITOR = (
    Verifier.from_text(published(f"{name}.vkey")) for name in ("checkpoint", "checkpoint-before", "auditor")
)
COUNTY = Cosigner.from_text(published("county.vkey"))
ROOTS = load_roots(published("city.pem").encode())
TRUST = Trust(at=AT, verifier=KEY, policy=Policy(1, (COUNTY,)), roots=ROOTS)
COSIGNED = SignedNote.from_bytes((GOOD / "cosigned.note").read_bytes())


# The doors: how somebody reads each kind of file


def proof(content: bytes, native: bytes | None = None):
    """As ``holdfast check`` does, with everything that owners publish."""
    read = read_proof(content)
    if isinstance(read, RecordProof):
        proved = record.check(read, native_in(read) if native is None else native, TRUST)
    else:
        proved = continuity.check(read, TRUST)
    require(proved.vouched.note, TRUST.policy)
    return proved


def note(content: bytes) -> Checkpoint:
    """As whoever is handed a checkpoint does."""
    handed = SignedNote.from_bytes(content)
    handed.verify([KEY])
    return Checkpoint.from_text(handed.text)


def stamped(content: bytes) -> stamp.Stamp:
    return stamp.verify(content, renewal.covered(COSIGNED.text), roots=ROOTS, at=AT)


def ledger_of(*entries: bytes) -> Ledger:
    store = MemoryStore()
    for index, entry in enumerate(entries):
        store.put_new(layout.entry(index), Content.of(entry))
    ledger = Ledger(store, origin=ORIGIN)
    ledger.refresh()
    return ledger


def entries() -> list[bytes]:
    return [(GOOD / "archive" / layout.entry(index)).read_bytes() for index in range(SIZE)]


def statement(content: bytes):
    """As ``holdfast keys adopt`` does."""
    return ledger_of(*entries()).history.keys.adopting(content.decode(), index=SIZE)


def request(content: bytes) -> SignedNote:
    """As the witness does, which has cosigned five entries."""
    witness = SigningKey(COUNTY.name, Ed25519PrivateKey.from_private_bytes(bytes(range(0x10, 0x30))))
    first = SignedNote.from_bytes((GOOD / "archive" / layout.checkpoint(5)).read_bytes())
    line = cosign(first.text, witness, at=EARLIER)
    watched = Watched((EARLIER_KEY, KEY), SignedNote(first.text, (*first.signatures, line)))
    return agree(watched, Request.from_bytes(content), witness, now=COSIGNED_AT)


DOORS: dict[str, Callable[[bytes], object]] = {
    ".cosigner": lambda content: Cosigner.from_text(content.decode()),
    ".entry": lambda content: ledger_of(*entries(), content),
    ".first": ledger_of,
    ".json": lambda content: read_statement(content, [AUDITOR]),
    ".note": note,
    ".proof": proof,
    ".request": request,
    ".statement": statement,
    ".tsr": stamped,
    ".vkey": lambda content: Verifier.from_text(content.decode()),
}


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def code_of(path: Path) -> str:
    return path.name.partition("--")[0]


REFUSED = sorted(path.name for path in BAD.iterdir() if path.is_file())
OVERLAID = sorted(path.name for path in BAD.iterdir() if path.is_dir())


def test_no_file_was_changed_since_it_was_made() -> None:
    lines = [f"{path.relative_to(V1).as_posix()} {hashlib.sha256(path.read_bytes()).hexdigest()}" for path in files(V1)]
    assert hashlib.sha256("\n".join(lines).encode()).hexdigest() == FROZEN
    assert (len(REFUSED), len(OVERLAID)) == (175, 38)


def test_every_bad_one_is_named_by_a_code_that_is_documented() -> None:
    for path in BAD.iterdir():
        assert f"| `{code_of(path)}` |" in CODES, path.name


# The good


def audited(folder: Path, trusted: Verifier | None = None) -> Report:
    return audit(DirectoryStore(folder), now=AT, trusted=trusted)


def test_the_archive_is_sound_and_says_what_it_said() -> None:
    report = audited(GOOD / "archive", KEY)
    assert (report.sound, report.findings) == (True, ())
    assert (report.origin, report.size, report.records, report.objects) == (ORIGIN, SIZE, 3, 2)
    assert report.keys == (KEY.to_text(),)
    unchecked = {step.number for step in report.steps if step.verdict == "not checked"}
    assert unchecked == {9, 10, 11, 14}  # a folder has no versions and no locks, and nothing was kept before


def test_the_archives_ledger_tells_its_history() -> None:
    ledger = Ledger(DirectoryStore(GOOD / "archive"), origin=ORIGIN)
    assert ledger.refresh() == SIZE
    assert ledger.head.tree.root == Checkpoint.from_text(COSIGNED.text).root
    history = ledger.history
    assert set(history.accounts) == {"blog", "board"}
    assert history.last_capture["blog"][0] == 7
    assert [one.name for one in history.attestors_at(SIZE).witnesses] == ["county"]
    assert history.verifiers("checkpoint", at=5) == (EARLIER_KEY,)
    assert history.verifiers("checkpoint") == (KEY,)
    (revoked,) = history.keys.revocations
    assert (revoked.since, revoked.reason) == (6, "Laptop lost on March 1")


def test_the_record_is_proved() -> None:
    proved = proof((GOOD / "record.proof").read_bytes())
    assert (proved.normalised.item, proved.normalised.title, proved.provenance.account) == ("42", "Snow day", "blog")
    assert (proved.origin, proved.entry_index) == (ORIGIN, 4)
    assert proved.vouched.not_after == STAMPED_AT
    assert [made.at for made in proved.vouched.witnessed.cosignatures] == [COSIGNED_AT]


def test_the_record_whose_native_bytes_lie_beside_it_is_proved() -> None:
    native = (GOOD / "record-apart.native").read_bytes()
    proved = proof((GOOD / "record-apart.proof").read_bytes(), native)
    assert (proved.normalised.item, proved.normalised.title) == ("44", "Schließung ☃")
    assert proved.vouched.not_after == STAMPED_AT


def test_the_ledger_is_proved_to_continue_under_another_key() -> None:
    continued = proof((GOOD / "continuity.proof").read_bytes())
    assert (continued.first.size, continued.vouched.checkpoint.size) == (5, SIZE)
    assert (continued.signer, continued.vouched.verifier) == (EARLIER_KEY, KEY)


def test_the_checkpoint_that_was_handed_over_is_signed_and_of_that_size() -> None:
    assert note((GOOD / "cosigned.note").read_bytes()).size == SIZE


def test_the_stamp_and_its_renewal_are_believed() -> None:
    first = (GOOD / "archive" / layout.timestamp(SIZE, "city")).read_bytes()
    assert stamped(first).at == STAMPED_AT
    stamps = [first, (GOOD / "renewed.1.tsr").read_bytes()]
    proved = renewal.verify(COSIGNED.text, stamps, roots=ROOTS, at=AT)
    assert [str(one.at) for one in proved] == ["2026-03-02T00:01:00.000000Z", "2026-03-09T00:00:00.000000Z"]


def test_the_witness_gives_the_cosignature_that_is_kept() -> None:
    assert request((GOOD / "add-checkpoint.request").read_bytes()) == COSIGNED


def test_the_next_entry_and_the_next_statement_are_accepted() -> None:
    assert ledger_of(*entries(), (GOOD / "next.entry").read_bytes()).head.size == SIZE + 1
    ring = statement((GOOD / "next.statement").read_bytes())
    assert ring.statement is not None
    assert ring.statement.statement.version == 3


def test_the_report_is_the_auditors_and_what_was_kept_is_of_the_same_ledger() -> None:
    said, signer = read_statement((GOOD / "audit.json").read_bytes(), [AUDITOR])
    assert (signer, said.auditor, said.sound, said.report.size) == (AUDITOR, "State Auditor", True, SIZE)
    kept = read_kept(GOOD / "audit.kept")
    assert (kept.origin, kept.size, kept.root, kept.at) == (ORIGIN, SIZE, said.report.root, AT)
    assert audit(DirectoryStore(GOOD / "archive"), now=AT, since=kept).sound


def test_the_production_of_an_earlier_version_is_sound_and_trusted() -> None:
    pdf, root = (GOOD / "production.pdf").read_bytes(), (GOOD / "production.pem").read_bytes()
    report = judged(pdf, roots=[root])
    assert (report.sound, report.findings) == (True, ())
    assert (report.production, report.organisation) == ("0b7e4c1d", "Maple Grove Unified School District")


# The bad


@pytest.mark.parametrize("name", REFUSED)
def test_a_bad_file_is_refused_by_its_code(name: str) -> None:
    path = BAD / name
    with pytest.raises(ArchiveError) as refused:
        DOORS[path.suffix](path.read_bytes())
    assert refused.value.code == code_of(path)


def laid_over(folder: Path, objects: dict[str, Path]) -> Path:
    """A copy of the good archive with these objects in place of its own, or beside them."""
    shutil.copytree(GOOD / "archive", folder)
    for key, path in objects.items():
        place = folder / key
        place.parent.mkdir(parents=True, exist_ok=True)
        place.unlink(missing_ok=True)
        shutil.copyfile(path, place)
    return folder


@pytest.mark.parametrize("name", [name for name in REFUSED if name.endswith(".entry")])
def test_a_bad_entry_at_the_end_of_the_archive_is_named_by_the_audit(name: str, tmp_path: Path) -> None:
    report = audited(laid_over(tmp_path / "archive", {layout.entry(SIZE): BAD / name}))
    assert not report.sound
    assert [(one.code, one.key) for one in report.findings] == [(code_of(BAD / name), layout.entry(SIZE))]


NAMED_INSTEAD = {
    "CHECKPOINT_MISSING--cosigned-and-gone": layout.checkpoint(7),
    "CHECKPOINT_SUSPECT--key-revoked-from-there-on": layout.checkpoint(SIZE),
    "ENTRY_SUSPECT--key-revoked-from-there-on": layout.entry(5),
    "OBJECT_MISSING--exchange-never-stored": layout.exchanges(account="blog", capture="bad"),
    "OBJECT_NAMED_TWICE--partition-of-an-earlier-capture": layout.partition(
        account="blog", series="unscheduled", period="2026-03", name="5f0c1d2e3b4a59687786950413223140"
    ),
    "STAMP_MISSING--renewal-of-a-stamp-that-is-gone": layout.timestamp(SIZE, "city", 1),
}
"""Where what is laid over the archive puts another object in the wrong, or none."""


@pytest.mark.parametrize("name", OVERLAID)
def test_a_bad_archive_is_named_by_its_code_and_by_the_object_at_fault(name: str, tmp_path: Path) -> None:
    over = {path.relative_to(BAD / name).as_posix(): path for path in files(BAD / name)}
    folder = laid_over(tmp_path / "archive", over)
    report = audited(folder)
    assert {one.code for one in report.findings} == {code_of(BAD / name)}
    (key,) = {one.key for one in report.findings}
    assert key == NAMED_INSTEAD[name] if name in NAMED_INSTEAD else key in over
    assert report.sound is all(one.severity == "notice" for one in report.findings)
