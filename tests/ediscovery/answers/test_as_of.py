"""A search over the ledger's first entries answers as it did when there were no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ediscovery.answers.comparing import compare
from ediscovery.as_of import AsOfUnknownError, size_as_of
from ediscovery.commands import searchable_whole
from ediscovery.language.parsing import parse
from schemas.instant import Instant
from schemas.query import Query
from tests.ediscovery.answers.archives import ask, founded, register, seal
from tests.ediscovery.partitions import Version
from tests.manifests.archives import Clock, archive_in

if TYPE_CHECKING:
    from pathlib import Path

QUESTIONS = (
    "",
    "budget NOT levy",
    '"the budget" w/5 levy',
    "is:edited",
    "is:deleted OR moderation:hidden",
    "class:public OR type:list",
)
CAPTURES = (
    (Version("one", text="The budget"), Version("two", text="The levy", created=-5), Version("l", kind="list")),
    (
        Version("one", text="The new levy", captured=1),
        Version("two", kind="absence", verdict="deleted", captured=1),
        Version("c", text="A budget?", kind="comment", thread="one", captured=1),
    ),
    (Version("two", text="The levy and the budget", created=-5, captured=2),),
    (
        Version("one", kind="absence", verdict="hidden", captured=3),
        Version("c", text="Levy", captured=3, kind="comment"),
    ),
)


def test_every_question_has_the_answer_that_it_had(tmp_path: Path):
    archive = founded(tmp_path / "home", "blog")
    then = {seal(archive, *versions): ask(archive, *QUESTIONS) for versions in CAPTURES}
    assert len({one.digest for receipts in then.values() for one in receipts}) > 10
    for size, before in then.items():
        now = ask(archive, *QUESTIONS, size=size)
        assert [one.hits for one in now] == [one.hits for one in before], size
        assert all(compare(*both).same for both in zip(before, now, strict=True))
        for name in ("query", "records", "partitions", "ledger_size", "ledger_root"):
            assert [getattr(one, name) for one in now] == [getattr(one, name) for one in before]


def test_what_is_shown_of_an_item_is_what_was_its_latest_then(tmp_path: Path):
    archive = founded(tmp_path / "home", "blog")
    seal(archive, Version("one", text="The budget"))
    size = seal(archive, Version("one", text="The levy", captured=1))
    seal(archive, Version("one", kind="absence", verdict="deleted", captured=2))
    seal(archive, Version("one", text="Nothing", captured=3))
    query = Query(term=parse("budget", archive.settings.zone))
    with searchable_whole(archive, size=size) as opened:
        total, (hit,) = opened.page(query, limit=5)
        assert (total, hit.text, hit.versions, hit.absence) == (1, "The levy", 2, None)
        assert opened.count(query) == 1
    with searchable_whole(archive, size=size + 1) as opened:
        (hit,) = opened.hits(query)
        assert (hit.text, hit.absence) == ("The levy", "deleted")
    with searchable_whole(archive) as opened:
        (hit,) = opened.hits(query)
        assert (hit.text, hit.versions, hit.absence) == ("Nothing", 3, None)


def test_a_state_is_named_by_its_size_or_by_a_day(tmp_path: Path):
    clock = Clock(Instant.from_text("2026-03-01T23:59:57.000000Z"))
    archive = archive_in(tmp_path / "home", now=clock)
    for name in ("a", "b", "c"):
        register(archive, name)
    assert [archive.ledger.entry(number).at.to_datetime().day for number in range(4)] == [1, 1, 2, 2]
    assert size_as_of(archive, None) == 4
    assert size_as_of(archive, "3") == 3
    assert size_as_of(archive, "2026-03-01") == 2
    assert size_as_of(archive, "2027-01-01") == 4
    for wrong in ("0", "5", "9" * 30, "2026-02-28", "2026-02-30", "yesterday", "-1", "9999-12-31T", "٣"):
        with pytest.raises(AsOfUnknownError):
            size_as_of(archive, wrong)
