"""Renewal: a stamp outlives its certificates if it was stamped again in time."""

from __future__ import annotations

import pytest

from manifests.timestamps import renewal
from manifests.timestamps.stamp import TimestampImprintError, request, settle, verify
from manifests.timestamps.trust import TimestampExpiredError
from schemas.digest import Digest
from schemas.instant import Instant
from tests.tsa import make_authority, stamp

AT = Instant.from_text("2026-06-01T12:00:00.000000Z")
DAY = 86_400
TEXT = "example.org/archive\n7\nbGVkZ2Vy\n"
DIGEST = Digest.of(TEXT.encode())
NONCE = 0xC0FFEE0123456789
HONEST = make_authority(since=AT.plus(seconds=-DAY))


def settled(authority=HONEST, at=AT) -> bytes:
    return settle(stamp(request(DIGEST, nonce=NONCE), authority, at=at))


def renewed(authority, stamps, *, at) -> bytes:
    query = request(renewal.covered(TEXT, stamps), nonce=NONCE)
    return settle(stamp(query, authority, at=at))


def test_a_stamp_that_was_renewed_in_time_proves_its_time_after_its_certificate_ended() -> None:
    old = make_authority("Old", since=AT.plus(seconds=-DAY), days=30)
    new = make_authority("New", since=AT, days=300)
    roots = (*old.roots, *new.roots)
    first = settled(old)
    second = renewed(new, [first], at=AT.plus(seconds=20 * DAY))
    later = AT.plus(seconds=200 * DAY)
    proved = renewal.verify(TEXT, [first, second], roots=roots, at=later, nonce=NONCE)
    assert [(one.authority, one.at) for one in proved] == [("Old", AT), ("New", AT.plus(seconds=20 * DAY))]
    with pytest.raises(TimestampExpiredError):
        renewal.verify(TEXT, [first], roots=roots, at=later)


def test_a_stamp_that_was_renewed_too_late_proves_nothing_more() -> None:
    old = make_authority("Old", since=AT.plus(seconds=-DAY), days=30)
    new = make_authority("New", since=AT, days=300)
    first = settled(old)
    second = renewed(new, [first], at=AT.plus(seconds=40 * DAY))
    with pytest.raises(TimestampExpiredError):
        renewal.verify(TEXT, [first, second], roots=(*old.roots, *new.roots), at=AT.plus(seconds=41 * DAY))


def test_a_renewal_is_over_its_own_stamp_and_text_alone() -> None:
    first, other = settled(), settled(at=AT.plus(seconds=60))
    second = renewed(HONEST, [first], at=AT.plus(seconds=DAY))
    at = AT.plus(seconds=DAY)
    assert len(renewal.verify(TEXT, [first, second], roots=HONEST.roots, at=at)) == 2
    for text, stamps in ((TEXT, [other, second]), (TEXT, [second]), (TEXT, [second, first]), ("x\n", [first, second])):
        with pytest.raises(TimestampImprintError):
            renewal.verify(text, stamps, roots=HONEST.roots, at=at)


def test_stamps_are_renewed_while_they_can_still_be_verified() -> None:
    days = {"short": 20, "shorter": 10, "long": 300, "over": 2}
    authorities = {name: make_authority(since=AT.plus(seconds=-DAY), days=lasts) for name, lasts in days.items()}
    newest = {name: verify(settled(one), DIGEST, roots=one.roots, at=AT) for name, one in authorities.items()}
    later = AT.plus(seconds=2 * DAY)
    assert renewal.ending(newest, at=later, days=30) == ("shorter", "short")
    assert renewal.ended(newest, at=later) == ("over",)
    assert renewal.ending(newest, at=AT, days=2) == ("over",)
