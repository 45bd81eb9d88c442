"""verify.py from within: its signatures, trees and parsers, against others."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from itertools import pairwise
from pathlib import Path

import pytest
import rfc8785
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.merkle import consistency_path, inclusion_path, leaf_hash, nodes_of, root_of
from tests.ediscovery.packages.sealed import HANDED, flipped
from tests.ediscovery.packages.signatures import cases, library_takes
from tests.ediscovery.packages.tampering import MANIFEST, PDF, SEAL

specification = importlib.util.spec_from_file_location("handed_verify", HANDED / "verify.py")
assert specification is not None
assert specification.loader is not None
verify = importlib.util.module_from_spec(specification)
sys.dont_write_bytecode, written = True, sys.dont_write_bytecode  # nothing comes to lie beside what is handed over
specification.loader.exec_module(verify)
sys.dont_write_bytecode = written
FORMAT = Path(__file__).parents[3] / "docs/FORMAT.md"
MOST = 17
LEAVES = [leaf_hash(bytes([number])) for number in range(MOST)]


@pytest.mark.parametrize("one", cases(), ids=lambda one: one.name)
def test_a_signature_is_taken_that_is_true_and_strictly_spelled(one) -> None:
    assert verify.signed(one.key, one.message, one.signature) == one.good
    if not one.name.startswith("a weak key"):  # the library leaves these to whoever reads keys
        assert library_takes(one) == one.good


def refused(check, *given) -> bool:
    try:
        check(*given)
    except verify.Refused:
        return True
    return False


def test_a_path_leads_from_its_leaf_to_its_root_and_no_other() -> None:
    for size in range(1, MOST + 1):
        leaves, root = LEAVES[:size], root_of(LEAVES[:size])
        assert verify.root_of([one.raw for one in leaves]) == root.raw
        for index in range(size):
            path = [one.raw for one in inclusion_path(nodes_of(leaves), index, size=size)]
            verify.included(leaves[index].raw, index, size, path, root.raw)
            assert refused(verify.included, leaves[index].raw, size, size, path, root.raw)
            assert refused(verify.included, leaves[index].raw, index, size, [*path, root.raw], root.raw)
            assert refused(verify.included, leaves[index - 1].raw, index, size, path, root.raw) or size == 1
            assert refused(verify.included, leaves[index].raw, index, size, path[:-1], root.raw) or size == 1


def test_a_tree_goes_on_from_an_earlier_one_and_from_no_other() -> None:
    for second in range(1, MOST + 1):
        new = root_of(LEAVES[:second]).raw
        for first in range(1, second + 1):
            old = root_of(LEAVES[:first]).raw
            path = [one.raw for one in consistency_path(nodes_of(LEAVES[:second]), first, second=second)]
            verify.continued(first, old, second, new, path)
            assert refused(verify.continued, first, leaf_hash(b"x").raw, second, new, path)
            assert refused(verify.continued, first, old, second, leaf_hash(b"x").raw, path)
            assert refused(verify.continued, first, old, second, new, [*path, new])
            assert refused(verify.continued, second + 1, old, second, new, path)
            for without, _ in pairwise(range(len(path) + 1)):
                assert refused(verify.continued, first, old, second, new, path[:without] + path[without + 1 :])


TEXTS = st.text(st.characters(codec="utf-8"))


@given(st.dictionaries(st.text(st.characters(max_codepoint=126)), TEXTS | st.integers(0, 2**53 - 1) | st.lists(TEXTS)))
def test_the_one_spelling_is_that_of_another_implementation(value) -> None:
    assert verify.spelled(value) == rfc8785.dumps(value)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(data=st.data())
def test_whatever_becomes_of_a_structure_it_is_refused_in_words(packages, data) -> None:
    folder = packages[0]
    name, kind = data.draw(st.sampled_from([(MANIFEST, "production"), (SEAL, "seal")]))
    content = (folder / name).read_bytes()
    place = data.draw(st.integers(0, len(content) - 1))
    more = data.draw(st.binary(max_size=4))
    less = data.draw(st.integers(0, 40))
    changed = content[:place] + more + content[place + less :]
    if changed != content:
        try:
            verify.structure(changed, kind)
        except verify.Refused:
            return
        # It is a structure all the same: then in its one spelling.
        assert rfc8785.dumps(json.loads(changed)) == changed


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(data=st.data())
def test_whatever_becomes_of_a_pdf_it_is_refused_in_words(packages, data, tmp_path_factory) -> None:
    content = (packages[0] / PDF).read_bytes()
    listed = (packages[0] / MANIFEST).read_bytes()
    marks = [
        b"xref",
        b"trailer",
        b"/Names",
        b"/EmbeddedFiles",
        b"/Kids",
        b"/EF",
        b"/Length",
        b"stream",
        b"obj",
        b"(prod",
    ]
    mark = data.draw(st.sampled_from([one for one in marks if one in content]))
    near = content.rfind(mark) + data.draw(st.integers(-8, 40))
    with memoryview(flipped(content, near % len(content))) as changed:
        try:
            found = verify.Pdf(bytes(changed)).attached(b"production.json", len(listed))
        except verify.Refused:
            return
        # A bit of its number leads to another attachment, which the check then tells from the list beside.
        others = [
            path.read_bytes() for path in packages[0].glob("data/*/*") if path.parent.name in ("NATIVES", "PROOFS")
        ]
        assert found in (listed, *others)


def example(name: str) -> str:
    """An example of FORMAT.md, by the name of its block."""
    (found,) = re.findall(rf"^```{name}\n(.*?)^```", FORMAT.read_text(), re.MULTILINE | re.DOTALL)
    return str(found)


def test_the_examples_of_the_format_are_read_as_it_says() -> None:
    verifier = "maple-grove/0a1b2c3d+049d2d40+ASmsuuFBvMrwsi4alNNNC8c2HlJtC/4SyJeUvJMilm3X"
    text, signatures = verify.note_of(example("checkpoint-2"))
    _, cosignatures = verify.note_of(example("cosignature-2"))
    claims = {"verifier": verifier, "needed": 1, "witnesses": [example("cosigner").strip()]}
    checkpoint, seen, lacking = verify.vouched((text, signatures + cosignatures), claims, None)
    assert (checkpoint[:2], seen, lacking) == (("maple-grove/0a1b2c3d", 2), ["records.springfield.example"], [])
    assert verify.vouched((text, signatures), claims, None)[2] != []

    notes = [example(f"entry-{number}").rpartition("\n\n")[0] + "\n" for number in (0, 1)]
    (origin, first, leaf), (_, heading, last) = map(verify.entry_of, notes)
    assert (origin, leaf.hex()) == (checkpoint[0], example("leaf-0").strip())
    assert heading["previous"] == leaf.hex()
    verify.included(last, heading["index"], 2, [leaf], checkpoint[2])
    act = example("entry-0").rpartition("\n\n")[2].strip().encode()
    verify.included(verify.leaf_of(act), 0, first["lines"], [], bytes.fromhex(first["lines_root"]))
