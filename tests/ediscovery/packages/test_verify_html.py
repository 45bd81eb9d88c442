"""VERIFY.html in a real browser: the same table as for verify.py, and what people see."""

from __future__ import annotations

import hashlib
import json
import random

import pytest

from schemas.merkle import consistency_path, inclusion_path, leaf_hash, nodes_of, root_of
from tests.ediscovery.packages import pages
from tests.ediscovery.packages.sealed import encoded
from tests.ediscovery.packages.signatures import cases
from tests.ediscovery.packages.tampered import ROWS
from tests.ediscovery.packages.tampering import MANIFEST, PDF, SEAL, edited, flip, put

pytestmark = pages.MARKS


@pytest.fixture(scope="module")
def browser():
    """One browser for all."""
    with pages.browser() as started:
        yield started


@pytest.fixture
def page(browser):
    """The page, opened anew."""
    with pages.opened(browser) as opened:
        yield opened


@pytest.mark.parametrize("row", [row for row in ROWS if row.shown_by_browsers], ids=lambda row: row.name)
def test_what_somebody_does_to_a_package_is_noticed(row, case, page) -> None:
    row.change(case)
    if row.with_key:
        page.page.fill("#key", case.key)
    told = page.check(case.folder)
    assert (told["faulty"], told["proved"]) == (set(row.faulty.split()), row.proved)
    for word in row.notices:
        assert word in told["notices"]


def test_a_key_that_is_pasted_decides(packages, page) -> None:
    folder, _, stranger = packages
    keys = [json.loads((one / SEAL).read_bytes())["claims"]["verifier"] for one in (folder, stranger)]
    told = page.check(folder)
    assert told["word"] == "? Sound, if the key is the archive's"
    assert f"{keys[0]} (sealed.json)" in told["keys"]
    told = page.compare(f" {keys[0]}\n")
    assert (told["word"], told["keys"]) == ("✓ Sound", f"{keys[0]} (given by you)")
    told = page.compare(keys[1])
    assert (told["word"], told["faulty"], told["proved"]) == ("✗ Not sound", {"seal"}, 0)
    page.page.fill("#key", "x+y")
    page.page.press("#key", "Enter")
    page.page.get_by_text("What you pasted is not a checkpoint key").wait_for()
    assert page.page.locator("#result").is_hidden()


def test_a_folder_is_dropped(packages, page) -> None:
    place = page.page.locator("#drop").bounding_box()
    session = page.page.context.new_cdp_session(page.page)
    dragged = {"items": [], "files": [str(packages[0])], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send(
            "Input.dispatchDragEvent", {"type": kind, "x": place["x"] + 9, "y": place["y"] + 9, "data": dragged}
        )
    told = page.told()
    assert (told["sound"], told["proved"]) == (True, 4)


def test_without_the_browsers_own_hashes_it_comes_to_the_same(browser, case) -> None:
    with pages.opened(browser, before="Object.defineProperty(globalThis, 'crypto', {value: undefined})") as page:
        assert page.check(case.folder)["sound"]
        flip(PDF)(case)
        assert page.check(case.folder)["faulty"] == {"bag", "seal"}


def test_its_hashes_are_those_of_the_standard(page) -> None:
    source = random.Random(8)
    for size in (0, 1, 3, 55, 56, 63, 64, 65, 111, 112, 119, 127, 128, 129, 1000, 70_001):
        content = source.randbytes(size)
        made = page.page.evaluate(
            "text => [sha256, sha512].map(hash => hexOf(hash(fromBase64(text))))", encoded(content)
        )
        assert made == [hashlib.sha256(content).hexdigest(), hashlib.sha512(content).hexdigest()]


def test_signatures_are_taken_that_are_true_and_strictly_spelled(page) -> None:
    all_of_them = cases()
    given = [[encoded(part) for part in (one.key, one.message, one.signature)] for one in all_of_them]
    taken = page.page.evaluate("given => given.map(parts => verifySignature(...parts.map(fromBase64)))", given)
    assert [one.name for one, good in zip(all_of_them, taken, strict=True) if good] == [
        one.name for one in all_of_them if one.good
    ]


TREES = """given => given.map(([kind, ...parts]) => {
  const raw = (part) => Array.isArray(part) ? part.map(fromBase64) : typeof part === "string" ? fromBase64(part) : part;
  try { ({included: demandIncluded, continued: demandContinued})[kind](...parts.map(raw)); return true; }
  catch (why) { if (why instanceof Refused) return false; throw why; }
})"""


def test_paths_lead_where_they_should_and_nowhere_else(page) -> None:
    leaves = [leaf_hash(bytes([number])) for number in range(13)]
    good, bad, other = [], [], encoded(leaf_hash(b"x").raw)
    for size in range(1, len(leaves) + 1):
        nodes, root = nodes_of(leaves[:size]), encoded(root_of(leaves[:size]).raw)
        for at in range(size):
            path = [encoded(one.raw) for one in inclusion_path(nodes, at, size=size)]
            leaf = encoded(leaves[at].raw)
            good.append(["included", leaf, at, size, path, root])
            bad += [["included", other, at, size, path, root], ["included", leaf, at, size, [*path, root], root]]
            bad += [["included", leaf, size, size, path, root]]
            bad += [["included", leaf, at, size, path[:-1], root]] if path else []
            old = encoded(root_of(leaves[: at + 1]).raw)
            path = [encoded(one.raw) for one in consistency_path(nodes, at + 1, second=size)]
            good.append(["continued", at + 1, old, size, root, path])
            bad += [["continued", at + 1, other, size, root, path], ["continued", at + 1, old, size, other, path]]
            bad += [["continued", at + 1, old, size, root, [*path, root]], ["continued", 0, old, size, root, path]]
            bad += [["continued", size + 1, old, size, root, path]]
            bad += [["continued", at + 1, old, size, root, path[:n] + path[n + 1 :]] for n in range(len(path))]
    assert page.page.evaluate(TREES, good) == [True] * len(good)
    assert page.page.evaluate(TREES, bad) == [False] * len(bad)


def test_hostile_words_are_shown_and_do_nothing(case, page) -> None:
    hostile = "<img src=x onerror=alert(1)>\u202e<script>alert(1)</script>"
    for name in ("organisation", "matter", "requester"):
        edited(MANIFEST, lambda value, name=name: put(value, name, to=hostile))(case)
    (case.folder / "data/TEXT/<b>.txt").write_bytes(b"x")
    told = page.check(case.folder)
    assert told["faulty"] == {"attached", "bag", "seal"}
    assert page.page.locator("#result img, #result script, #result b").count() == 0
    shown = page.page.inner_text("#about")
    assert shown.count("<img src=x onerror=alert(1)>\\u202e<script>") == 3
    assert any("data/TEXT/<b>.txt" in text for _, text in told["findings"])


def test_a_folder_without_a_package_is_said_to_have_none(tmp_path, page) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/a.txt").write_bytes(b"x")
    page.page.set_input_files("#folder", str(tmp_path / "folder"))
    page.page.get_by_text("There is no package in this folder").wait_for()
    assert page.page.locator("#result").is_hidden()


def test_it_can_be_used_by_keys_and_by_ear_and_is_printed_without_what_is_for_the_screen(packages, page) -> None:
    reached = []
    for _ in range(3):
        page.page.keyboard.press("Tab")
        reached.append(page.page.evaluate("document.activeElement.id || document.activeElement.textContent"))
    assert reached == ["folder", "key", "Compare"]
    for name in ("folder", "key"):
        assert page.page.evaluate("name => document.getElementById(name).labels.length", name) == 1
    page.check(packages[0])
    assert page.page.evaluate("document.activeElement.id") == "verdict-word"
    assert page.page.get_by_role("status").inner_text() == "Checked: Sound, if the key is the archive's."
    page.page.emulate_media(media="print")
    for name in ("folder", "key", "status"):
        assert page.page.locator(f"#{name}").is_hidden()
    assert page.page.locator("#records tr").count() == 4
    assert page.page.locator("#records").is_visible()
