"""Lists of terms: counted as plain Python counts, and read whole or refused by line and column."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from ediscovery.answers.terms import LARGEST, MOST, TermsUnreadableError, read_terms
from ediscovery.commands import searchable_whole
from ediscovery.index.tallying import Tally, tally
from tests.ediscovery.answers.archives import founded, seal
from tests.ediscovery.partitions import Version

if TYPE_CHECKING:
    from pathlib import Path

    from manifests.archive import Archive

TEXTS = ("budget", "budget levy", "levy", "hearing", "budget hearing", "nothing", "levy", "budget")
ITEMS = (
    *(Version(f"p{number}", text=text, created=number) for number, text in enumerate(TEXTS)),
    *(Version(f"c{number}", text="I agree", kind="comment", thread="p1", created=20 + number) for number in range(3)),
    Version("c9", text="budget?", kind="comment", thread="p3", created=30),
    Version("l", text="budget", kind="list"),
)
OTHERS = (
    Version("p1", text="budget", account="page", created=1),
    Version("c0", text="yes", account="page", thread="p1", kind="comment"),
)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """Two accounts whose identifiers are the same, with threads, an edit and an absence."""
    made = founded(tmp_path_factory.mktemp("terms") / "home", "blog", "page")
    seal(made, *ITEMS)
    seal(made, *OTHERS)
    seal(made, Version("p0", text="no more", captured=1), Version("p2", kind="absence", verdict="deleted", captured=1))
    return made


def test_each_term_is_counted_by_itself_among_the_others_and_with_its_threads(archive: Archive):
    terms = read_terms(archive, b"query\nbudget\nlevy\nbudget levy\nabsent\nhearing OR levy\n")
    told: list[int] = []
    with searchable_whole(archive) as opened:
        found, together = tally(opened.index, [term.question.query for term in terms], tell=told.append)
    items: dict[
        tuple[str, str], tuple[str, set[str]]
    ] = {}  # by account and item: its thread, and the words of all versions
    for one in (*ITEMS, *OTHERS, Version("p0", text="no more")):
        if one.kind != "list":
            _, words = items.setdefault((one.account, one.item), (one.thread or one.item, set()))
            words |= set((one.text or "").strip("?").split())
    hits = [
        {item for item, (_, words) in items.items() if matches(words)}
        for matches in (
            lambda words: "budget" in words,
            lambda words: "levy" in words,
            lambda words: {"budget", "levy"} <= words,
            lambda words: "absent" in words,
            lambda words: bool({"hearing", "levy"} & words),
        )
    ]

    def with_threads(own: set[tuple[str, str]]) -> int:
        threads = {(account, items[account, item][0]) for account, item in own}
        return sum((account, thread) in threads for (account, _), (thread, _) in items.items())

    for number, own in enumerate(hits):
        others = set[tuple[str, str]]().union(*(other for at, other in enumerate(hits) if at != number))
        assert found[number] == Tally(len(own), len(own - others), with_threads(own)), terms[number].name
    union = set[tuple[str, str]]().union(*hits)
    assert (together.hits, together.with_threads) == (len(union), with_threads(union))
    assert told == [1, 2, 3, 4, 5]


def test_a_list_is_read_as_spreadsheets_write_it(archive: Archive):
    listed = (
        "\ufeffName;Query;Type;From;Account;Author\r\n"
        'one;"""town hall"" w/5 levy";post, comment;2026-01-01;blog page;\r\n'
        ";;;;;\r\n"
        ';"a\r\nb";;;;\r\n'
        "three;;;;;Okafor\r\n"
    )
    terms = read_terms(archive, listed.encode())
    assert [(term.line, term.name, term.understood) for term in terms] == [
        (
            2,
            "one",
            '("town hall" w/5 levy) AND account:(blog OR page) AND type:(comment OR post) AND date:>=2026-01-01',
        ),
        (4, "a\r\nb", "a AND b"),
        (6, "three", "author:okafor"),
    ]
    assert terms[0].question.options == {"from": "2026-01-01", "type": "post, comment", "account": "blog page"}
    assert all(before.line < after.line for before, after in pairwise(terms))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "There is no term"),
        (b"budget\nlevy\n", "'budget' is no column"),
        (b"query,query\na,b\n", "does not name the columns"),
        (b"query\n", "There is no term"),
        (b"query\nbudget, levy\n", "Line 2 has more cells"),
        (b'query\na\n"b\n', "Line 3 is no CSV"),
        (b"query\na\xff\n", "Line 2 is no UTF-8"),
        (b"query\n" + b"a\n" * (MOST + 1), "more than 5000"),
        (b"query\n" + b"a" * LARGEST, "larger"),
        (b"query\n" + b"a" * 200_000, "is no CSV"),
        (b"query\nfine\nbudget w/0 levy\n", "Of 2 terms 1 cannot be read:\nLine 3 (budget w/0 levy): Column 8"),
        (b"query,type\na,posts\n", "'posts' is no type"),
        (b"query,from\na,01/31/2026\n", "Line 2 (a): '01/31/2026' is not a date"),
        (b"query,account\na,School*\n", "An account's name cannot be"),
        (b"name,query\na,\n", "asks for nothing"),
        (b"query,author\na,!!\n", "nothing to search for"),
    ],
)
def test_a_list_that_cannot_be_read_is_refused(archive: Archive, content: bytes, said: str):
    with pytest.raises(TermsUnreadableError) as refused:
        read_terms(archive, content)
    assert said in refused.value.what


def test_what_is_no_text_is_counted_with_every_answer(tmp_path: Path):
    archive = founded(tmp_path / "home", "blog")
    size = seal(archive, Version("a", alt=("", "a bus")), Version("b", alt=("  ",)), Version("c", alt=("a bus",)))
    seal(archive, Version("d", alt=("",)), Version("e", text="a " * 1_046_577))
    with searchable_whole(archive) as opened:
        assert opened.index.unread == {"image": 3, "words": 1}
    with searchable_whole(archive, size=size) as opened:
        assert opened.index.unread == {"image": 2}
