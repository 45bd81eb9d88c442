"""The ways in which platforms lead to the next page of an answer. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from archiver.parsing.shapes import find_id, member
from archiver.parsing.text import find_address
from schemas.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from archiver.platforms.reading import Answer

LINK = re.compile(r"<([^<>]*)>\s*((?:;\s*[\w*-]+\s*=\s*(?:\"[^\"]*\"|[^\s\",;]+)\s*)*)")
LONGEST_NUMBER = 15
REL = re.compile(r";\s*rel\s*=\s*(?:\"([^\"]*)\"|([^\s\",;]+))", re.IGNORECASE)


class NextPageUnusableError(UnavailableError):
    """An answer leads to a next page where there can be none: what comes after it is not known."""

    code = "NEXT_PAGE_UNUSABLE"


def by_link(answer: Answer) -> str | None:
    """Return the address of the ``Link`` header with the relation ``next`` (RFC 8288).

    Raises:
        NextPageUnusableError: it is no address.
    """
    for target, parameters in LINK.findall(answer.headers.get("Link", "")):
        relations = REL.search(parameters)
        if relations and "next" in (relations[1] or relations[2]).lower().split():
            return _joined(answer, target)
    return None


def by_cursor(*path: str, parameter: str) -> Callable[[Answer], str | None]:
    """Return a reader of a cursor in the answer, which the next request repeats as ``parameter``."""

    def next_of(answer: Answer) -> str | None:
        cursor = find_id(member(answer.value, *path[:-1]) if path[:-1] else answer.value, path[-1])
        return with_parameter(answer.question.url, **{parameter: cursor}) if cursor else None

    return next_of


def by_address(*path: str) -> Callable[[Answer], str | None]:
    """Return a reader of the next page's address in the answer; one on another origin is unusable."""

    def next_of(answer: Answer) -> str | None:
        found = member(answer.value, *path)
        if not isinstance(found, str) or not found:
            return None
        url = _joined(answer, found)
        if urlsplit(url)[:2] != urlsplit(answer.question.url)[:2]:
            raise unusable("an address on another origin")
        return url

    return next_of


def by_page(*, size: int, items: tuple[str, ...] = (), parameter: str = "page") -> Callable[[Answer], str | None]:
    """Return a counter of pages: there is a next one while a page holds ``size`` items at the path ``items``."""

    def next_of(answer: Answer) -> str | None:
        found = member(answer.value, *items) if items else answer.value
        if not isinstance(found, list) or len(found) < size:
            return None
        return with_parameter(answer.question.url, **{parameter: str(_number(answer, parameter, first=1) + 1)})

    return next_of


def by_offset(*, size: int, items: tuple[str, ...] = (), parameter: str = "start") -> Callable[[Answer], str | None]:
    """Return a counter of items: there is a next page while one holds ``size`` items at the path ``items``."""

    def next_of(answer: Answer) -> str | None:
        found = member(answer.value, *items) if items else answer.value
        if not isinstance(found, list) or len(found) < size:
            return None
        return with_parameter(answer.question.url, **{parameter: str(_number(answer, parameter, first=0) + size)})

    return next_of


def by_total(header: str, *, parameter: str = "offset") -> Callable[[Answer], str | None]:
    """Return a counter of items: there is a next page until as many were shown as the ``header`` tells there are.

    The next page shows a tenth of this one again: so many items may vanish meanwhile without one being missed.
    """

    def next_of(answer: Answer) -> str | None:
        shown = len(answer.value) if isinstance(answer.value, list) else 0
        start, total = _number(answer, parameter, first=0), answer.headers.get(header, "")
        if not shown or not total.isdigit() or len(total) > LONGEST_NUMBER or start + shown >= int(total):
            return None
        again = max(1, shown // 10) if shown > 1 else 0
        return with_parameter(answer.question.url, **{parameter: str(start + shown - again)})

    return next_of


def with_parameter(url: str, **parameters: str | None) -> str:
    """Return an address whose query has these parameters, in the place of those that it has under their names."""
    parts = urlsplit(url)
    kept = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name not in parameters]
    added = [(name, value) for name, value in parameters.items() if value is not None]
    return urlunsplit(parts._replace(query=urlencode([*kept, *added])))


def _joined(answer: Answer, target: str) -> str:
    address = find_address(target, base=answer.question.url)
    if address is None:
        raise unusable("no address")
    return address


def unusable(what: str) -> NextPageUnusableError:
    """Return the error that an answer gives ``what`` in the place of its next page."""
    return NextPageUnusableError(
        f"An answer gives {what} as its next page.",
        do="Report this; the answer is kept, what follows it is not.",
    )


def _number(answer: Answer, parameter: str, *, first: int) -> int:
    text = dict(parse_qsl(urlsplit(answer.question.url).query)).get(parameter, "")
    return int(text) if text.isascii() and text.isdigit() else first
