"""FORMAT.md's byte examples are read by the code that they specify."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from ediscovery.production.manifest import ManifestRecord, ProductionManifest
from manifests import chain
from manifests.checkpoints.judging import line_in
from manifests.history import History
from manifests.notes import Checkpoint, SignedNote
from manifests.witness.cosignatures import Cosigner
from schemas.digest import Digest
from schemas.findings import AuditStatement, Beyond, Finding, Guarded, Kept, Report, Resumed, Sample, Step
from schemas.keys import KeyStatement, Revocation
from schemas.ledger import KeysChanged
from schemas.record import Normalised, Provenance, Record
from storage.warc.salting import turned
from storage.warc.sightings import sightings_in, spell_sighting

TEXT = (Path(__file__).parents[2] / "docs" / "FORMAT.md").read_text(encoding="utf-8")


def example(name: str) -> str:
    """Return the block of that name, without its last newline."""
    match = re.search(rf"^```{name}\n(.*?)\n```$", TEXT, re.MULTILINE | re.DOTALL)
    assert match, f"FORMAT.md has no example {name}"
    return match[1]


def test_the_example_record_has_the_id_that_is_printed() -> None:
    native, normalised, provenance = (example(name).encode() for name in ("native", "normalised", "provenance"))
    record = Record(salt=bytes(range(32)), native=native, normalised=normalised, provenance=provenance)
    assert record.id == Digest.from_hex(example("id"))
    assert replace(record, version=1).id == Digest.from_hex(example("id-1"))
    assert Normalised.from_bytes(normalised).item == "42"
    assert Provenance.from_bytes(provenance).source.length == len(native)


def test_the_example_salt_is_turned_into_the_one_that_is_printed() -> None:
    assert turned(bytes(range(32)), "9f0c2a").hex() == example("turned-salt")


def test_the_example_sightings_are_read_and_spelled_as_they_are_printed() -> None:
    lines = example("sighted").split("\n")
    content = "".join(f"{line}\r\n" for line in lines).encode()
    read = list(sightings_in("urn:uuid:note", "urn:uuid:exchange", content))
    assert [(one.offset, one.length, one.item) for one in read] == [
        (1, 2904, "115630211049270731"),
        (2906, 1877, "a\r\nü"),
    ]
    assert [f"sighted: {spell_sighting(one.offset, one.length, one.item)}" for one in read] == lines
    assert content[read[0].named[0] :].startswith(read[0].item.encode())


def test_the_example_entries_are_accepted_and_the_checkpoint_is_theirs() -> None:
    history, head = History(), chain.Head()
    for name in ("entry-0", "entry-1"):
        accepted = chain.accept(history, head, example(name).encode() + b"\n")
        history.record(accepted.entry)
        head = chain.Head.after(accepted.entry, accepted.leaf)
    assert chain.leaf_of(example("entry-0").encode() + b"\n") == Digest.from_hex(example("leaf-0"))
    note = SignedNote.from_bytes(example("checkpoint-2").encode() + b"\n")
    note.verify(history.verifiers("checkpoint"))
    assert Checkpoint.from_text(note.text) == Checkpoint("maple-grove/0a1b2c3d", 2, head.tree.root)


def test_the_example_statement_is_adopted_by_the_entry_that_is_printed() -> None:
    history, head = History(), chain.Head()
    for name in ("entry-0", "entry-1", "entry-2"):
        accepted = chain.accept(history, head, example(name).encode() + b"\n")
        history.record(accepted.entry)
        head = chain.Head.after(accepted.entry, accepted.leaf)
    (act,) = accepted.entry.acts
    assert act == KeysChanged(statement=example("statement-1") + "\n")
    assert [key.name for key in history.verifiers("entry", at=2)] == ["maple-grove/0a1b2c3d/entry"]
    assert [key.name for key in history.verifiers("entry", at=3)] == [
        "maple-grove/0a1b2c3d/entry",
        "maple-grove/0a1b2c3d/entry/capture-2",
    ]


def test_the_example_cosignature_is_by_the_example_witness_of_the_example_checkpoint() -> None:
    witness = Cosigner.from_text(example("cosigner"))
    checkpoint = SignedNote.from_bytes(example("checkpoint-2").encode() + b"\n")
    line = line_in(example("cosignature-2").encode() + b"\n", text=checkpoint.text, by=[witness])
    assert str(witness.verify(checkpoint.text, line.signature)) == "2026-03-01T08:02:00.000000Z"


def test_every_column_of_a_partition_is_specified() -> None:
    from schemas.tables import PARTITION  # noqa: PLC0415 - pyarrow is slow to import

    table = TEXT[TEXT.index("| column |") : TEXT.index("A verifier MUST recompute")]
    for name in PARTITION.names:
        assert f"`{name}`" in table, name


def test_every_field_of_every_structure_is_specified() -> None:
    from ediscovery.transfer.manifest import Transfer  # noqa: PLC0415
    from manifests.proofs.continuity import ContinuityProof  # noqa: PLC0415
    from manifests.proofs.record import RecordProof  # noqa: PLC0415
    from schemas.attestors import Authority, Witness  # noqa: PLC0415
    from schemas.capture import Poll  # noqa: PLC0415
    from schemas.certificate import (  # noqa: PLC0415
        AskedPlace,
        Certificate,
        CitedSchedule,
        Cleared,
        GoneObject,
        HoldCheck,
        ProvedAct,
        Remaining,
    )
    from schemas.claims import Claims, StampChain  # noqa: PLC0415
    from schemas.ledger import (  # noqa: PLC0415
        AccountRegistered,
        ArchiveCreated,
        AttestorsNamed,
        BatesAssigned,
        Captured,
        Heading,
        MatterClosed,
        MatterOpened,
        MatterStepped,
        Produced,
        RecordsTransferred,
    )
    from schemas.matters import MatterText  # noqa: PLC0415
    from schemas.transfers import Line  # noqa: PLC0415

    structures = (
        AuditStatement,
        Report,
        Step,
        Finding,
        Beyond,
        Kept,
        Sample,
        Resumed,
        Guarded,
        Normalised,
        Provenance,
        Poll,
        Heading,
        ArchiveCreated,
        AccountRegistered,
        Captured,
        BatesAssigned,
        Produced,
        KeysChanged,
        KeyStatement,
        Revocation,
        AttestorsNamed,
        Witness,
        Authority,
        RecordProof,
        ContinuityProof,
        Claims,
        StampChain,
        ProductionManifest,
        ManifestRecord,
        RecordsTransferred,
        MatterOpened,
        MatterStepped,
        MatterClosed,
        MatterText,
        Line,
        Transfer,
        Certificate,
        ProvedAct,
        CitedSchedule,
        HoldCheck,
        GoneObject,
        AskedPlace,
        Cleared,
        Remaining,
    )
    for structure in structures:
        for name in structure.__struct_fields__:
            assert f"`{name}`" in TEXT, (structure.__name__, name)
