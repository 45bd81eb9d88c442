"""Which rule of a classification a record falls under: the first that matches. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from schemas.record import Author, Kind
    from schemas.retention import AuthorClass, Classification, Match, Moderation, Rule, SeriesName

ANSWERS: tuple[Kind, ...] = ("comment", "reply", "message")


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What rules ask about a record: the account that it was captured from, and what it is there."""

    account: str
    platform: str
    kind: Kind
    author_class: AuthorClass
    moderation: Moderation = "visible"


def author_class(kind: Kind, author: Author | None, officials: Collection[str]) -> AuthorClass:
    """Return ``public`` for a comment, a reply or a message of somebody who is none of ``officials``.

    These are the ids, handles and addresses, spelled as the platform spells them, of those who speak for the account.
    Names do not count: anybody can take one. Whatever else an account shows is ``official``.
    """
    if kind not in ANSWERS:
        return "official"
    known = {author.id, author.handle, author.url} if author else set()
    return "official" if known & set(officials) else "public"


def find_rule(classification: Classification, subject: Subject) -> tuple[int, Rule] | None:
    """Return the first rule that matches, and its place (from 0); ``None``: the record is unscheduled, and kept."""
    for index, rule in enumerate(classification.rules):
        if _matches(rule.match, subject):
            return index, rule
    return None


def _matches(match: Match, subject: Subject) -> bool:
    asked: tuple[tuple[Collection[str], str], ...] = (
        (match.accounts, subject.account),
        (match.platforms, subject.platform),
        (match.kinds, subject.kind),
        (match.classes, subject.author_class),
        (match.moderation, subject.moderation),
    )
    return all(not wanted or actual in wanted for wanted, actual in asked)


def series_of(classification: Classification | None, subject: Subject) -> tuple[SeriesName, ...]:
    """Return the series of the rule that a record falls under; none: it is unscheduled."""
    found = find_rule(classification, subject) if classification else None
    return found[1].series if found else ()
