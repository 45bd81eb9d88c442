"""Merkle trees: RFC 6962 vectors, the published accepted and refused proofs, and agreement with a slow definition."""

from __future__ import annotations

import base64
import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.digest import Digest
from schemas.errors import ArchiveError
from schemas.merkle import (
    CompactRange,
    ProofRefusedError,
    consistency_path,
    inclusion_path,
    leaf_hash,
    nodes_of,
    root_at,
    root_of,
    verify_consistency,
    verify_inclusion,
)
from tests.corpora import corpus

CT_LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
CT_ROOTS = {
    1: "6e340b9c",
    2: "fac54203",
    3: "aeb6bcfe",
    4: "d37ee418",
    5: "4e3bbb1f",
    6: "76e67dad",
    7: "ddb89be4",
    8: "5dc9da79",
}

leaves = st.lists(st.binary(max_size=8), min_size=1, max_size=70).map(lambda items: [leaf_hash(item) for item in items])


def defined_root(hashes: list[Digest]) -> Digest:
    """RFC 6962 section 2.1, word for word."""
    if len(hashes) == 1:
        return hashes[0]
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    left, right = defined_root(hashes[:split]), defined_root(hashes[split:])
    return Digest.of(b"\x01" + left.raw + right.raw)


@pytest.mark.parametrize("size", CT_ROOTS)
def test_the_certificate_transparency_vectors_have_their_published_roots(size) -> None:
    hashes = [leaf_hash(bytes.fromhex(leaf)) for leaf in CT_LEAVES[:size]]
    assert root_of(hashes).hex.startswith(CT_ROOTS[size])


@given(leaves)
def test_the_root_and_the_compact_range_agree_with_the_definition(hashes) -> None:
    tree = CompactRange()
    for leaf in hashes:
        tree = tree.append(leaf)
    assert root_of(hashes) == tree.root == defined_root(hashes) == root_at(nodes_of(hashes), len(hashes))


@given(leaves)
def test_what_each_leaf_completes_are_the_perfect_subtrees(hashes) -> None:
    tree, kept, nodes = CompactRange(), {}, nodes_of(hashes)
    for leaf in hashes:
        kept |= {(level, number): node for level, number, node in tree.completed(leaf)}
        tree = tree.append(leaf)
    wanted = {(level, number) for level in range(8) for number in range(len(hashes) >> level)}
    assert kept == {place: nodes(*place) for place in wanted}


@given(leaves, st.data())
def test_every_inclusion_path_is_accepted_and_no_altered_one_is(hashes, data) -> None:
    index = data.draw(st.integers(0, len(hashes) - 1))
    path, root, size = inclusion_path(nodes_of(hashes), index, size=len(hashes)), root_of(hashes), len(hashes)
    verify_inclusion(leaf=hashes[index], index=index, size=size, path=path, root=root)
    other = leaf_hash(b"another leaf, longer than any drawn")
    with pytest.raises(ProofRefusedError):
        verify_inclusion(leaf=other, index=index, size=size, path=path, root=root)
    with pytest.raises(ProofRefusedError):
        verify_inclusion(leaf=hashes[index], index=index, size=size, path=(*path, other), root=root)


@given(leaves, st.data())
def test_every_consistency_path_is_accepted_and_no_altered_one_is(hashes, data) -> None:
    first = data.draw(st.integers(1, len(hashes)))
    path, second = consistency_path(nodes_of(hashes), first, second=len(hashes)), len(hashes)
    old, new = root_of(hashes[:first]), root_of(hashes)
    verify_consistency(first=first, second=second, path=path, first_root=old, second_root=new)
    with pytest.raises(ProofRefusedError):
        verify_consistency(first=first, second=second, path=path, first_root=leaf_hash(b"other, long"), second_root=new)


def published(kind: str):
    return sorted(corpus("conformance", "merkle").rglob(f"{kind}/**/*.json"))


def hashes_of(values: list[str] | None) -> list[Digest]:
    return [Digest(base64.b64decode(value)) for value in values or []]


def test_the_published_proofs_are_all_that_lies_there() -> None:
    everything = [path for path in corpus("conformance", "merkle").rglob("*") if path.is_file()]
    assert sorted(everything) == sorted([*published("inclusion"), *published("consistency")])
    assert len(everything) == 80


@pytest.mark.parametrize(("kind", "number"), [("inclusion", 39), ("consistency", 41)])
def test_the_published_proofs_are_accepted_or_refused_as_they_say(kind, number) -> None:
    files = published(kind)
    assert len(files) == number
    for path in files:
        case = json.loads(path.read_text())
        accepted = True
        try:
            if kind == "inclusion":
                verify_inclusion(
                    leaf=Digest(base64.b64decode(case["leafHash"])),
                    index=case["leafIdx"],
                    size=case["treeSize"],
                    path=hashes_of(case["proof"]),
                    root=Digest(base64.b64decode(case["root"])),
                )
            elif case["size1"] == 0:
                # About an empty tree a proof can say nothing: callers handle it, and the proof must be empty.
                accepted = not case["proof"] and Digest(base64.b64decode(case["root1"])) == Digest.of(b"")
            else:
                verify_consistency(
                    first=case["size1"],
                    second=case["size2"],
                    path=hashes_of(case["proof"]),
                    first_root=Digest(base64.b64decode(case["root1"])),
                    second_root=Digest(base64.b64decode(case["root2"])),
                )
        except ArchiveError:
            accepted = False
        assert accepted is not case["wantErr"], (path.name, case["desc"])


def test_a_compact_range_with_the_wrong_number_of_hashes_is_refused() -> None:
    with pytest.raises(ProofRefusedError):
        CompactRange(3, (leaf_hash(b""),))


def test_appending_to_a_range_leaves_the_old_one_as_it_was() -> None:
    ranges = [CompactRange()]
    for number in range(20):
        ranges.append(ranges[-1].append(leaf_hash(bytes([number]))))
    assert [one.size for one in ranges] == list(range(21))
    assert all(before.root != after.root for before, after in pairwise(ranges))
