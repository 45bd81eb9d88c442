"""Every file of the tlog corpus: a log that others wrote, recomputed, and the examples in the specifications."""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING

import pytest

from manifests.notes import Checkpoint, NoteMalformedError, NoteUnsignedError, SignedNote
from manifests.proofs.inclusion import Inclusion, InclusionMalformedError
from manifests.signing import SigningKey, Verifier
from manifests.witness.cosignatures import STAMPED, Cosigner, message, verified
from manifests.witness.requests import Request, Watched, WitnessRequestError, agree
from schemas.digest import SIZE, Digest
from schemas.errors import ArchiveError
from schemas.merkle import (
    EMPTY_ROOT,
    ProofRefusedError,
    consistency_path,
    inclusion_path,
    leaf_hash,
    nodes_of,
    root_of,
    verify_consistency,
)
from tests.corpora import corpus
from tests.manifests.archives import START

if TYPE_CHECKING:
    from pathlib import Path

# The log's: tessera's repository gives it for its test data; the signatures prove that it is the one.
TESSERA = Verifier.from_text("example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx")
ENTRIES = 15


@pytest.fixture
def log() -> Path:
    return corpus("conformance", "tlog", "transparency-dev+tessera", "log")


def checkpoint_at(log: Path, size: int) -> SignedNote:
    return SignedNote.from_bytes((log / f"checkpoint.{size}").read_bytes())


def entries_in(bundle: bytes) -> list[bytes]:
    """The entries of a bundle: each after its length in two bytes (tlog-tiles)."""
    found = []
    while bundle:
        length = int.from_bytes(bundle[:2], "big")
        found.append(bundle[2 : 2 + length])
        bundle = bundle[2 + length :]
    return found


def leaves_at(log: Path, size: int) -> list[Digest]:
    """The leaf hashes of the log's first entries, from their bytes."""
    bundle = (log / "tile" / "entries" / "000.p" / str(size)).read_bytes() if size else b""
    return [leaf_hash(entry) for entry in entries_in(bundle)]


def test_the_log_is_there_with_all_of_its_files(log: Path) -> None:
    numbered = [f"{name}{number}" for name in ("tile/0/000.p/", "tile/entries/000.p/") for number in range(1, 16)]
    checkpoints = ["checkpoint", *(f"checkpoint.{number}" for number in range(16))]
    names = {path.relative_to(log).as_posix() for path in log.rglob("*") if path.is_file()}
    assert names == {*numbered, *checkpoints, ".state/treeState", ".state/version"}


@pytest.mark.parametrize("size", range(ENTRIES + 1))
def test_every_checkpoint_is_signed_and_its_root_is_that_of_the_entries(log: Path, size: int) -> None:
    note = checkpoint_at(log, size)
    assert note.verify([TESSERA]) == (TESSERA,)
    leaves = leaves_at(log, size)
    checkpoint = Checkpoint.from_text(note.text)
    assert checkpoint == Checkpoint(TESSERA.name, size, root_of(leaves) if size else EMPTY_ROOT)
    assert (checkpoint.to_text(), note.to_bytes()) == (note.text, (log / f"checkpoint.{size}").read_bytes())
    if size:
        tile = (log / "tile" / "0" / "000.p" / str(size)).read_bytes()
        assert tile == b"".join(leaf.raw for leaf in leaves)


def test_the_newest_checkpoint_is_that_of_all_entries(log: Path) -> None:
    assert (log / "checkpoint").read_bytes() == (log / f"checkpoint.{ENTRIES}").read_bytes()
    state = json.loads((log / ".state" / "treeState").read_text())
    assert (state["size"], base64.b64decode(state["root"])) == (ENTRIES, root_of(leaves_at(log, ENTRIES)).raw)


def test_every_entry_is_proved_under_every_checkpoint_that_covers_it(log: Path) -> None:
    for size in range(1, ENTRIES + 1):
        leaves = leaves_at(log, size)
        for index, leaf in enumerate(leaves):
            path = inclusion_path(nodes_of(leaves), index, size=size)
            inclusion = Inclusion.from_text(Inclusion(index, path, checkpoint_at(log, size)).to_text())
            assert inclusion.verify(leaf).size == size
            with pytest.raises(ProofRefusedError):
                inclusion.verify(leaf_hash(b"another"))


def test_every_checkpoint_continues_every_earlier_one_and_a_witness_cosigns_it(log: Path) -> None:
    key = SigningKey.generate("w.example")
    for second in range(1, ENTRIES + 1):
        nodes, latest = nodes_of(leaves_at(log, second)), checkpoint_at(log, second)
        for first in range(1, second + 1):
            path, known = consistency_path(nodes, first, second=second), checkpoint_at(log, first)
            roots = (Checkpoint.from_text(note.text).root for note in (known, latest))
            verify_consistency(first=first, second=second, path=path, first_root=next(roots), second_root=next(roots))
            known = agree(Watched((TESSERA,)), Request(0, (), known), key, now=START)
            cosigned = agree(Watched((TESSERA,), known), Request(first, path, latest), key, now=START)
            assert [made.at for made in verified(cosigned, [Cosigner.of(key)])] == [START]


# The specifications


@pytest.fixture
def specifications() -> Path:
    return corpus("conformance", "tlog", "C2SP+C2SP")


def examples(path: Path) -> list[str]:
    """The blocks of a page, between fences or indented by four spaces, each with its last newline."""
    text = path.read_text(encoding="utf-8")
    fenced = re.findall(r"^```\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    indented = re.findall(r"(?:^    .*\n|^\n(?=    ))+", text, re.MULTILINE)
    return [*fenced, *(re.sub(r"^    ", "", block, flags=re.MULTILINE).strip("\n") + "\n" for block in indented)]


def example(path: Path, start: str) -> str:
    """The one block that starts so."""
    (found,) = [block for block in examples(path) if block.startswith(start)]
    return found


SOFA = "example.com/behind-the-sofa\n"


def test_every_specification_is_read_and_those_with_notes_or_signatures_are_these(specifications: Path) -> None:
    pages = sorted(specifications.iterdir())
    assert len(pages) == 9
    telling = {page.stem for page in pages if any("— " in block for block in examples(page))}
    assert telling == {
        "signed-note",
        "tlog-checkpoint",
        "tlog-cosignature",
        "tlog-mirror",
        "tlog-proof",
        "tlog-witness",
    }


def test_the_example_of_a_verifier_key_verifies_the_example_of_a_note(specifications: Path) -> None:
    page = specifications / "signed-note.md"
    key = Verifier.from_text(example(page, "example.com/foo+").rstrip("\n"))
    note = SignedNote.from_bytes(example(page, "This is an example").encode())
    assert note.verify([key]) == (key,)
    assert note.to_bytes().decode() == example(page, "This is an example")


def test_the_text_of_a_note_may_hold_empty_lines(specifications: Path) -> None:
    poem = SignedNote.from_bytes(example(specifications / "signed-note.md", "Ognuno").encode())
    assert poem.text.count("\n") == 4
    assert poem.text.endswith("\ned è subito sera.\n")
    assert [line.name for line in poem.signatures] == ["quasimodo.example/salvatore"]
    with pytest.raises(NoteUnsignedError):
        poem.verify([TESSERA])


def test_the_example_of_a_checkpoint_is_read(specifications: Path) -> None:
    content = example(specifications / "tlog-checkpoint.md", SOFA)
    note = SignedNote.from_bytes(content.encode())
    checkpoint = Checkpoint.from_text(note.text)
    assert (checkpoint.origin, checkpoint.size) == (SOFA.rstrip("\n"), 20_852_163)
    assert (checkpoint.to_text(), note.to_bytes().decode()) == (note.text, content)


def test_the_example_of_a_cosignature_is_of_the_message_in_its_page(specifications: Path) -> None:
    page = specifications / "tlog-cosignature.md"
    note = SignedNote.from_bytes(example(page, SOFA).encode())
    log, line = note.signatures
    assert (log.name, line.name) == (SOFA.rstrip("\n"), "witness.example.com/w1")
    seconds, _ = STAMPED.unpack(line.signature)
    assert message(note.text, seconds=seconds).decode() == example(page, "cosignature/v1")


def test_the_example_of_a_request_to_a_witness_is_read_in_its_one_spelling(specifications: Path) -> None:
    content = example(specifications / "tlog-witness.md", "old ")
    request = Request.from_bytes(content.encode())
    assert (request.old_size, len(request.proof), len(request.note.signatures)) == (20_852_014, 4, 2)
    assert request.to_bytes().decode() == content
    with pytest.raises(NoteUnsignedError):  # its keys are published nowhere
        agree(Watched((TESSERA,)), request, SigningKey.generate("w.example"), now=START)


@pytest.mark.parametrize(("page", "who"), [("tlog-witness.md", "witness"), ("tlog-mirror.md", "mirror")])
def test_the_examples_of_answers_are_lines_of_the_checkpoint(specifications: Path, page: str, who: str) -> None:
    lines = next(block for block in examples(specifications / page) if block.count(f"— {who}.example/") == 3)
    checkpoint = example(specifications / "tlog-checkpoint.md", SOFA)
    cosigned = SignedNote.from_bytes((checkpoint + lines).encode())
    names = [line.name.removeprefix(f"{who}.example/") for line in cosigned.signatures[1:]]
    assert len({(line.name, line.key_id) for line in cosigned.signatures}) == 4
    assert [name[1] for name in names] == ["1", "1", "2"]
    assert {len(line.signature) for line in cosigned.signatures[1:]} == {STAMPED.size}


def test_a_request_for_a_subtree_is_refused_for_that_call_is_optional_and_not_offered(specifications: Path) -> None:
    content = example(specifications / "tlog-witness.md", "subtree 8 13\n")
    with pytest.raises(WitnessRequestError, match="old size"):
        Request.from_bytes(content.encode())


def test_the_example_of_a_proof_is_refused_for_its_extra_data_and_read_without_it(specifications: Path) -> None:
    content = example(specifications / "tlog-proof.md", "c2sp.org/tlog-proof@v1\n")
    with pytest.raises(InclusionMalformedError, match="first lines"):  # extra data means nothing here (FORMAT 6.1)
        Inclusion.from_text(content)
    plain = re.sub(r"^extra .*\n", "", content, flags=re.MULTILINE)
    with pytest.raises(NoteMalformedError):  # its signatures are abridged: [...]
        Inclusion.from_text(plain)
    whole = plain.partition("\n\n")[0] + "\n\n" + example(specifications / "tlog-checkpoint.md", SOFA)
    inclusion = Inclusion.from_text(whole)
    assert (inclusion.index, len(inclusion.path), inclusion.checkpoint.size) == (73_894, 5, 20_852_163)
    assert (inclusion.to_text(), {len(one.raw) for one in inclusion.path}) == (whole, {SIZE})
    with pytest.raises(ProofRefusedError, match="too short"):
        inclusion.verify(leaf_hash(b""))


def test_what_a_specification_shows_of_other_things_is_nothing_that_is_read_here(specifications: Path) -> None:
    blocks = [block for page in ("static-ct-api", "tlog-policy") for block in examples(specifications / f"{page}.md")]
    assert len(blocks) > 8
    assert examples(specifications / "tlog-tiles.md")
    for block in (*blocks, *examples(specifications / "tlog-tiles.md")):
        for read in (SignedNote.from_bytes, Request.from_bytes):
            with pytest.raises(ArchiveError):
                read(block.encode())
