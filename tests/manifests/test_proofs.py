"""Proofs in files: what they prove, to whom, and that nothing in them can be changed without being noticed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from manifests.notes import Checkpoint, SignedNote
from manifests.proofs import continuity, record
from manifests.proofs.file import read_proof
from manifests.proofs.inclusion import HEADER, Inclusion, InclusionMalformedError
from manifests.proofs.making import PartitionUnnamedError, hops_of, prove_continuity, prove_record
from manifests.proofs.vouching import CheckpointOfAnotherError, Trust, chain_of, fingerprints, without_stamps
from manifests.signing import SignatureRefusedError, SigningKey
from manifests.timestamps.renewal import covered
from manifests.timestamps.stamp import request, settle
from manifests.witness.cosignatures import Cosigner, cosign
from schemas.claims import Claims
from schemas.digest import Digest
from schemas.errors import ArchiveError
from schemas.merkle import inclusion_path, leaf_hash, nodes_of, root_of
from schemas.partition import Partition
from schemas.record import Normalised, Provenance, Record, Slice
from schemas.stored import StoredObject
from tests.manifests.archives import ORIGIN, START, Writer, captured, registered
from tests.tsa import make_authority, stamp

if TYPE_CHECKING:
    from manifests.ledger import Ledger
    from manifests.proofs.record import RecordProof

LATER = START.plus(seconds=86_400)
NATIVE = '{"id":"42","text":"Snow day: schools open at 10. ☃"}'.encode()


@dataclass(frozen=True)
class Sealed:
    """A ledger in which records are sealed, among captures of other accounts in the same entry."""

    writer: Writer
    ledger: Ledger
    records: list[Record]
    partition: Partition
    entry: int

    @property
    def claims(self) -> Claims:
        return Claims(verifier=self.writer.checkpoint_key.verifier.to_text())

    def prove(self, row: int, **changes) -> RecordProof:
        checkpoint = changes.pop("checkpoint", None) or self.ledger.checkpoint(self.writer.checkpoint_key)
        partition, entry = changes.pop("partition", self.partition), changes.pop("entry", self.entry)
        settled = {
            "row": row,
            "nodes": nodes_of([one.id for one in self.records]),
            "hops": hops_of(self.ledger, partition, entry=entry, checkpoint=checkpoint),
            "claims": self.claims,
            "whole": True,
        }
        return prove_record(self.records[row], **(settled | changes))


def sealed(*, rows: int = 5, neighbours: int = 6, after: int = 4) -> Sealed:
    records = [record_of(number) for number in range(rows)]
    partition = Partition(
        account="blog",
        series="any",
        period="2026-03",
        rows=rows,
        root=root_of([one.id for one in records]),
        stored=StoredObject(key="partitions/blog/any/2026-03/a.parquet", sha256=Digest.of(b""), size=0),
    )
    writer = Writer()
    ledger = writer.create()
    names = [f"account-{number}" for number in range(neighbours)]
    for name in ("blog", *names):
        writer.append(ledger, registered(name))
    ours = msgspec.structs.replace(captured("c"), partitions=(partition,))
    others = [captured(f"c-{name}", account=name) for name in names]
    entry = ledger.head.size
    writer.append(ledger, *others[:2], ours, *others[2:])
    for number in range(after):
        writer.append(ledger, registered(f"later-{number}"))
    return Sealed(writer, ledger, records, partition, entry)


def record_of(number: int) -> Record:
    source = Slice(
        exchange="urn:uuid:6b5e6b0e-6c86-4b8c-9a53-1d0a9f2f7f10", uri="https://x.example/", offset=number, length=9
    )
    provenance = Provenance(
        account="blog",
        platform="feed",
        capture="c",
        captured=START,
        method="feed",
        collector="feed/1",
        claim=1,
        source=source,
    )
    view = Normalised(type="Note", kind="post", item=str(number), text="Snow day: schools open at 10.")
    return Record(
        salt=number.to_bytes(32, "big"),
        native=NATIVE,
        normalised=view.to_bytes(),
        provenance=provenance.to_bytes(),
    )


def test_every_record_of_a_partition_is_proved_by_its_file_alone() -> None:
    case = sealed()
    for row, one in enumerate(case.records):
        proof = read_proof(case.prove(row).to_bytes())
        proved = record.check(proof, record.native_in(proof), Trust(at=LATER))
        assert (proved.record, proved.origin, proved.entry_index) == (one.id, ORIGIN, case.entry)
        assert proved.normalised.item == str(row)


def test_a_proof_shows_nothing_of_the_other_captures_of_its_entry() -> None:
    case = sealed()
    content = case.prove(2).to_bytes().decode()
    assert "account-" not in content
    assert sum(one.id.hex in content for one in case.records) <= 3  # itself, and hashes on its path


def test_no_byte_of_a_proof_can_be_changed() -> None:
    case = sealed(rows=3, neighbours=2, after=1)
    proof = case.prove(1)
    content = proof.to_bytes()
    genuine = record.check(proof, NATIVE, Trust(at=LATER, verifier=case.writer.checkpoint_key.verifier))
    unsigned = content.index(b'"claims"'), content.index(b"}", content.index(b'"claims"'))
    for position in range(len(content)):
        altered = bytearray(content)
        altered[position] ^= 1
        try:
            other = read_proof(bytes(altered))
            proved = record.check(other, record.native_in(other), Trust(at=LATER, verifier=genuine.verifier))
        except ArchiveError:
            continue
        # What the archive claims of itself is not part of what is proved, and here the reader brought his own key.
        assert unsigned[0] < position < unsigned[1], position
        assert proved == genuine


def test_a_file_that_is_cut_off_is_no_proof() -> None:
    content = sealed(rows=1, neighbours=1, after=0).prove(0).to_bytes()
    for end in range(0, len(content), 97):
        with pytest.raises(ArchiveError):
            read_proof(content[:end])


@pytest.mark.parametrize(
    "field", ["record", "row", "partition", "entry", "inclusion", "normalised", "provenance", "salt"]
)
def test_parts_of_two_genuine_proofs_make_no_third(field) -> None:
    one, other = sealed(), sealed(rows=4, neighbours=5)
    mixed = msgspec.structs.replace(one.prove(1), **{field: getattr(other.prove(2), field)})
    with pytest.raises(ArchiveError):
        record.check(mixed, NATIVE, Trust(at=LATER))


def test_a_checkpoint_signed_by_somebody_else_proves_nothing() -> None:
    case = sealed()
    proof, stranger = case.prove(0), SigningKey.generate(ORIGIN)
    with pytest.raises(ArchiveError):
        record.check(proof, NATIVE, Trust(at=LATER, verifier=stranger.verifier))
    text = Inclusion.from_text(proof.inclusion).note.text
    forged = SignedNote.sign(text, SigningKey.generate("elsewhere/1"))
    inclusion = Inclusion.from_text(proof.inclusion)
    with pytest.raises(ArchiveError):
        record.check(
            msgspec.structs.replace(proof, inclusion=Inclusion(inclusion.index, inclusion.path, forged).to_text()),
            NATIVE,
            Trust(at=LATER),
        )


def test_a_checkpoint_under_another_archives_name_proves_nothing() -> None:
    case, other = sealed(), SigningKey.generate("elsewhere/1")
    note = SignedNote.sign(case.ledger.checkpoint(case.writer.checkpoint_key).text, other)
    proof = case.prove(0, checkpoint=note, claims=Claims(verifier=other.verifier.to_text()))
    with pytest.raises(CheckpointOfAnotherError):
        record.check(proof, NATIVE, Trust(at=LATER))


def test_witnesses_and_time_stamps_travel_with_the_proof_and_are_judged() -> None:
    case = sealed()
    note = case.ledger.checkpoint(case.writer.checkpoint_key)
    keys = [SigningKey.generate(name) for name in ("county.example", "library.example")]
    authority = make_authority(since=START.plus(seconds=-86_400))
    cosigned = SignedNote(note.text, (*note.signatures, cosign(note.text, keys[0], at=LATER)))
    stamped = settle(stamp(request(covered(note.text), nonce=7), authority, at=LATER))
    claims = Claims(
        verifier=case.claims.verifier,
        needed=1,
        witnesses=tuple(Cosigner.of(key).to_text() for key in keys),
        stamps=(chain_of("city", [stamped], roots_of(authority)),),
    )
    proved = record.check(case.prove(1, checkpoint=cosigned, claims=claims), NATIVE, Trust(at=LATER))
    assert proved.vouched.not_after == LATER
    assert "Cosigned by 1 of 2 witnesses (1 needed)" in proved.vouched.witnessed.statement()
    assert len(fingerprints(claims)) == 1
    assert without_stamps(claims) == Claims(verifier=claims.verifier, needed=1, witnesses=claims.witnesses)
    forged = SignedNote(note.text, (*note.signatures, cosign(note.text + "x", keys[0], at=LATER)))
    with pytest.raises(SignatureRefusedError):
        record.check(case.prove(1, checkpoint=forged, claims=claims), NATIVE, Trust(at=LATER))
    other = make_authority("Other", since=START.plus(seconds=-86_400))
    with pytest.raises(ArchiveError):
        record.check(case.prove(1, checkpoint=cosigned, claims=claims), NATIVE, Trust(at=LATER, roots=other.roots))


def test_a_partition_that_the_entry_does_not_name_is_not_proved() -> None:
    case = sealed()
    other = msgspec.structs.replace(case.partition, rows=case.partition.rows + 1)
    with pytest.raises(PartitionUnnamedError):
        case.prove(0, partition=other)


def test_a_ledger_that_was_only_added_to_is_proved_to_continue() -> None:
    case = sealed()
    key = case.writer.checkpoint_key
    first = case.ledger.checkpoint(key)
    for number in range(9):
        case.writer.append(case.ledger, registered(f"new-{number}"))
        proof = prove_continuity(case.ledger, first, case.ledger.checkpoint(key), case.claims)
        continued = continuity.check(read_proof(proof.to_bytes()), Trust(at=LATER))
        assert continued.first == Checkpoint.from_text(first.text)
        assert "unchanged" in continued.statements()[0]


def test_no_bit_of_a_proof_of_continuity_can_be_changed_not_even_one_that_base64_leaves_unused() -> None:
    case = sealed(rows=1, neighbours=1, after=1)
    first = case.ledger.checkpoint(case.writer.checkpoint_key)
    case.writer.append(case.ledger, registered("new"))
    second = case.ledger.checkpoint(case.writer.checkpoint_key)
    content = prove_continuity(case.ledger, first, second, case.claims).to_bytes()
    unsigned = content.index(b'"claims"'), content.index(b"}", content.index(b'"claims"'))
    trust = Trust(at=LATER, verifier=case.writer.checkpoint_key.verifier)
    for position in (*range(unsigned[0]), *range(unsigned[1] + 1, len(content))):
        for bit in range(8):
            altered = bytearray(content)
            altered[position] ^= 1 << bit
            with pytest.raises(ArchiveError):
                continuity.check(read_proof(bytes(altered)), trust)


def test_a_ledger_with_another_past_is_not_proved_to_continue() -> None:
    case = sealed(after=1)
    other = Writer(key=case.writer.key, checkpoint_key=case.writer.checkpoint_key)
    ledger = other.create()
    for number in range(12):
        other.append(ledger, registered(f"forged-{number}"))
    key = case.writer.checkpoint_key
    first, second = case.ledger.checkpoint(key), ledger.checkpoint(key)
    with pytest.raises(ArchiveError):
        continuity.check(prove_continuity(ledger, first, second, case.claims), Trust(at=LATER))


hashes = st.lists(st.binary(max_size=4), min_size=1, max_size=40).map(lambda parts: [leaf_hash(part) for part in parts])


@given(hashes, st.data())
def test_an_inclusion_is_read_as_it_is_written_and_proves_its_leaf(leaves, data) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    note = SignedNote.sign(Checkpoint(ORIGIN, len(leaves), root_of(leaves)).to_text(), SigningKey.generate(ORIGIN))
    inclusion = Inclusion(index, inclusion_path(nodes_of(leaves), index, size=len(leaves)), note)
    assert Inclusion.from_text(inclusion.to_text()) == inclusion
    assert inclusion.verify(leaves[index]).size == len(leaves)
    with pytest.raises(ArchiveError):
        inclusion.verify(leaf_hash(b"another, longer"))


@pytest.mark.parametrize(
    "altered",
    [
        lambda text: text.replace(HEADER, "c2sp.org/tlog-proof@v2"),
        lambda text: text.replace("index ", "extra AAAA\nindex "),
        lambda text: text.replace("index ", "index 0"),
        lambda text: text.replace("index ", "index -"),
        lambda text: text.replace("=\n", "\n", 1),
        lambda text: text.replace("\n\n", "\n", 1),
        lambda text: text + "\n",
        lambda text: HEADER + "\n",
        lambda text: "",
    ],
)
def test_what_is_no_inclusion_in_its_one_spelling_is_refused(altered) -> None:
    text = sealed().prove(0).inclusion
    with pytest.raises((InclusionMalformedError, ArchiveError)):
        Inclusion.from_text(altered(text))


def test_a_proof_of_a_small_post_stays_small_among_many_captures_and_entries() -> None:
    case = sealed(rows=300, neighbours=40, after=300)
    content = case.prove(150).to_bytes()
    assert len(content) < 8192
    assert json.loads(content)["proves"] == "record"


def roots_of(authority) -> list[bytes]:
    return [one.public_bytes(Encoding.DER) for one in authority.roots]
