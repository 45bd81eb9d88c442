"""Proofs and destruction: a survivor's stay what they were, and one of a record that is gone is history."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ediscovery.evidence import EvidenceDiffersError, prove, read_records
from manifests.archive import Archive, settings_text
from manifests.proofs import record
from manifests.proofs.file import read_proof
from manifests.proofs.vouching import Claims, Trust
from schemas.settings import DirectoryPlace, parse_settings
from storage.memory import MemoryStore
from tests.manifests.archives import ORIGIN, Writer
from tests.manifests.destroyed import Undertaker, ids_of

if TYPE_CHECKING:
    from pathlib import Path

    from schemas.digest import Digest


@pytest.fixture
def one(tmp_path: Path) -> Undertaker:
    """An archive with a capture of five records."""
    made = Undertaker(tmp_path, Writer(store=MemoryStore()))
    made.seal("a", records=5)
    return made


def proofs(one: Undertaker, ids: tuple[Digest, ...]) -> dict[Digest, bytes]:
    """A proof file of each record, with its native bytes, as the archive makes it now."""
    text = settings_text(origin=ORIGIN, organisation="X", timezone="UTC", bates_prefix="X", place=DirectoryPlace())
    archive = Archive(one.folder, parse_settings(text), one.store, one.ledger, one.writer.clock, "clerk")
    (place,) = one.ledger.history.places("blog")
    assert place.stored is not None
    found = read_records(archive, {place.stored.key: set(ids)})
    checkpoint = one.ledger.checkpoint(one.writer.checkpoint_key)
    claims = Claims(verifier=one.writer.checkpoint_key.verifier.to_text())
    return {each: prove(archive, found[each], checkpoint, claims, whole=True).to_bytes() for each in ids}


def check(one: Undertaker, content: bytes) -> record.Proved:
    proof = read_proof(content)
    trust = Trust(at=one.writer.clock(), verifier=one.writer.checkpoint_key.verifier)
    return record.check(proof, record.native_in(proof), trust)


def test_proofs_of_survivors_made_before_and_after_destruction_prove_the_same(one: Undertaker):
    (act,) = (act for _, act in one.ledger.history.sealed("blog"))
    ids = ids_of(one.rows(act))
    before = proofs(one, ids)
    one.carry_out("p", [(act, (ids[1],))])
    between = proofs(one, (ids[0], *ids[2:]))
    one.carry_out("q", [(act, (ids[0], ids[3]))])
    after = proofs(one, (ids[2], ids[4]))
    for row, each in enumerate(ids):
        proved = [check(one, some[each]) for some in (before, between, after) if each in some]
        assert {(proof.record, proof.entry_index) for proof in proved} == {(each, proved[0].entry_index)}
        assert {proof.normalised.item for proof in proved} == {str(row)}
        said = [read_proof(some[each]) for some in (before, between, after) if each in some]
        assert len({(proof.row, proof.row_path, proof.partition, proof.line_path) for proof in said}) == 1


def test_a_proof_of_a_destroyed_record_that_somebody_kept_still_verifies_and_none_can_be_made(one: Undertaker):
    (act,) = (act for _, act in one.ledger.history.sealed("blog"))
    ids = ids_of(one.rows(act))
    kept = proofs(one, ids)[ids[1]]
    one.carry_out("p", [(act, (ids[1],))])
    assert check(one, kept).record == ids[1]
    with pytest.raises(EvidenceDiffersError):
        proofs(one, (ids[1],))
