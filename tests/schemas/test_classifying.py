"""Which rule a record falls under, and who speaks for an account."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.classifying import Subject, author_class, find_rule
from schemas.record import KINDS, Author
from schemas.retention import Classification, Match, Rule

COMMENT = Subject(account="district", platform="x", kind="comment", author_class="public")


def classification(*matches):
    """Rules whose series say which they are."""
    rules = tuple(Rule(match=match, series=(f"ours/{number}",)) for number, match in enumerate(matches))
    return Classification(title="Test", rules=rules)


def test_the_first_rule_that_matches_is_the_one():
    rules = classification(Match(kinds=("post",)), Match(classes=("public",)), Match())
    assert find_rule(rules, COMMENT) == (1, rules.rules[1])
    assert find_rule(rules, replace(COMMENT, kind="post")) == (0, rules.rules[0])
    assert find_rule(rules, replace(COMMENT, author_class="official")) == (2, rules.rules[2])


def test_what_no_rule_matches_is_unscheduled():
    assert find_rule(classification(Match(accounts=("library",))), COMMENT) is None
    assert find_rule(classification(), COMMENT) is None


@pytest.mark.parametrize(
    ("match", "other"),
    [
        (Match(accounts=("library", "district")), {"account": "mayor"}),
        (Match(platforms=("x", "mastodon")), {"platform": "feed"}),
        (Match(kinds=("comment",)), {"kind": "reply"}),
        (Match(classes=("public",)), {"author_class": "official"}),
        (Match(moderation=("visible",)), {"moderation": "removed"}),
    ],
)
def test_a_rule_asks_for_each_thing_that_it_names(match, other):
    assert find_rule(classification(match), COMMENT) is not None
    assert find_rule(classification(match), replace(COMMENT, **other)) is None


def test_a_rule_asks_for_all_that_it_names_at_once():
    match = Match(accounts=("district",), moderation=("removed", "hidden"))
    assert find_rule(classification(match), COMMENT) is None
    assert find_rule(classification(match), replace(COMMENT, moderation="hidden")) is not None


@given(st.lists(st.builds(Match, kinds=st.lists(st.sampled_from(KINDS)).map(tuple))), st.sampled_from(KINDS))
def test_no_rule_before_the_one_that_is_found_matches(matches, kind):
    found = find_rule(classification(*matches), replace(COMMENT, kind=kind))
    fitting = [number for number, match in enumerate(matches) if not match.kinds or kind in match.kinds]
    assert (found[0] if found else None) == (fitting[0] if fitting else None)


OFFICIALS = {"1234", "@district", "https://social.example/@district"}


@pytest.mark.parametrize("kind", ["comment", "reply", "message"])
@pytest.mark.parametrize(
    ("author", "expected"),
    [
        (Author(id="1234"), "official"),
        (Author(id="99", handle="@district"), "official"),
        (Author(url="https://social.example/@district"), "official"),
        (Author(id="99", handle="@parent", name="@district"), "public"),
        (Author(), "public"),
        (None, "public"),
    ],
)
def test_answers_are_public_unless_an_official_wrote_them(kind, author, expected):
    assert author_class(kind, author, OFFICIALS) == expected


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"comment", "reply", "message"}))
def test_everything_else_on_an_account_is_official(kind):
    assert author_class(kind, Author(id="99"), OFFICIALS) == "official"
    assert author_class(kind, None, ()) == "official"
