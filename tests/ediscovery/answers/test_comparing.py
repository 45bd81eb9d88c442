"""What explains that an answer is another: destruction, in the account that it happened in, and nothing else."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ediscovery.answers.comparing import compare
from ediscovery.answers.digest import DOMAIN, digested
from ediscovery.answers.receipt import (
    FORMAT,
    AccountAnswer,
    SearchReceipt,
    SearchReceiptUnreadableError,
    read_receipts,
)
from ediscovery.answers.wording import comparison_lines
from schemas.digest import Digest
from schemas.instant import Instant

NOW = Instant.from_text("2026-03-02T09:00:00.000000Z")
IDS = st.binary(min_size=64, max_size=64)
HITS = st.lists(st.tuples(st.sampled_from(["blog", "page"]), IDS), unique_by=lambda hit: hit[1])


def receipt(hits: list[tuple[str, bytes]], **withheld: int) -> SearchReceipt:
    found = digested(sorted(hits, key=lambda hit: hit[1]))
    accounts = [
        AccountAnswer(account=name, hits=one.hits, digest=one.digest, withheld=withheld.pop(name, 0))
        for name, one in found.accounts.items()
    ]
    gone = [AccountAnswer(account=name, hits=0, digest=Digest.of(DOMAIN), withheld=n) for name, n in withheld.items()]
    return SearchReceipt(
        format=FORMAT,
        origin="x/0",
        asked_at=NOW,
        actor="clerk",
        typed="budget",
        query="budget",
        zone="UTC",
        ledger_size=5,
        ledger_root=Digest.of(b"root"),
        partitions=1,
        segments=1,
        records=9,
        hits=found.all.hits,
        digest=found.all.digest,
        software="holdfast/1",
        unicode="15.0.0",
        accounts=(*accounts, *gone),
    )


@given(HITS)
def test_the_digest_is_that_of_sorted_lines_by_account_and_of_all(hits: list[tuple[str, bytes]]):
    found = digested(sorted(hits, key=lambda hit: hit[1]))

    def digest(own: list[bytes]) -> str:
        lines = "".join(sorted(f"{ids[:32].hex()} {ids[32:].hex()}\n" for ids in own))
        return hashlib.sha256(b"holdfast-hits/v1\n" + lines.encode()).hexdigest()

    assert (found.all.hits, found.all.digest.hex) == (len(hits), digest([ids for _, ids in hits]))
    assert {name: one.digest.hex for name, one in found.accounts.items()} == {
        name: digest([ids for account, ids in hits if account == name]) for name in {account for account, _ in hits}
    }


@given(HITS, HITS, st.integers(0, 3), st.integers(0, 3))
def test_only_accounts_with_destroyed_records_are_explained(before, after, blog: int, page: int):
    found = compare(receipt(before), receipt(after, blog=blog, page=page))
    own = {
        name: [{ids for account, ids in hits if account == name} for hits in (before, after)]
        for name in ("blog", "page")
    }
    differing = {name for name, (then, now) in own.items() if then != now}
    assert {one.account for one in found.differences} == differing
    assert found.same == (not differing)
    assert found.explained == all({"blog": blog, "page": page}[name] for name in differing)


def test_a_receipt_that_contradicts_itself_compares_to_nothing():
    hits = [("blog", bytes(64))]
    forged = replace(receipt(hits), hits=2)
    with pytest.raises(SearchReceiptUnreadableError, match="contradicts itself"):
        compare(forged, receipt(hits))


def test_another_version_of_what_parts_words_is_told():
    before, now = receipt([]), replace(receipt([]), unicode="16.0.0")
    assert compare(before, now).circumstances == ("unicode was 15.0.0 then, and is 16.0.0",)


def test_what_a_stranger_wrote_into_a_receipt_steers_no_terminal():
    hostile = replace(receipt([("\x1b[2J", bytes(64))]), query="thread:\x1b[2J\nfine", software="\x1b]0;x\x07")
    lines = list(comparison_lines(hostile, receipt([]), compare(hostile, receipt([]))))
    assert len(lines) > 4
    assert all(line.isprintable() for line in lines)


@given(st.binary() | st.sampled_from([b"{}", b"[" * 100_000, b'"x"', b"null", b"\xff"]))
def test_what_is_no_receipt_is_refused(content: bytes):
    for lines in (True, False):
        with pytest.raises(SearchReceiptUnreadableError):
            read_receipts(content, lines=lines)


def test_several_receipts_are_of_one_size():
    one = receipt([])
    both = one.to_bytes() + b"\n" + replace(one, typed="levy").to_bytes() + b"\n"
    assert [each.typed for each in read_receipts(both, lines=True)] == ["budget", "levy"]
    with pytest.raises(SearchReceiptUnreadableError, match="several sizes"):
        read_receipts(one.to_bytes() + b"\n" + replace(one, ledger_size=6).to_bytes(), lines=True)
