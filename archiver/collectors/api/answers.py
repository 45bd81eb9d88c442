"""Asking one question: the answer as JSON in its bytes, or why it is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archiver.asking import asked_at
from archiver.collectors.media import media_type_of
from archiver.fetch.failures import LATER, demand_ok
from archiver.parsing.json_objects import Located
from archiver.parsing.json_slices import JsonMalformedError, decode
from archiver.platforms.reading import Answer, as_http
from schemas.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from archiver.contract import Response, Transport
    from archiver.platforms.reading import Question


class AnswerUnreadableError(UnavailableError):
    """A platform's API answered with something that is no JSON, or not what it always is: a login page, say."""

    code = "ANSWER_UNREADABLE"


def ask(
    question: Question,
    transport: Transport,
    headers: Mapping[str, str],
    *,
    demands: str | None,
    lists: bool = False,
    refusal: Callable[[Answer], str | None],
    stands_for: Callable[[Answer], int] = as_http,
    posts: frozenset[str] = frozenset(),
) -> tuple[Response, Answer, Located]:
    """Return the answer to a question: as it was recorded, as JSON, and where that lies in the recorded payload.

    What a platform says of its ``refusal`` is told where the answer lacks what it ``demands``, or has no list there
    where it ``lists``.

    Raises:
        UnavailableError, InputError, PolicyError: there is no answer, or the platform refuses one.
        AnswerUnreadableError: it is no JSON, or lacks the member that it ``demands``, as it is to be.
    """
    response = asked_at(question.url, transport, {"Accept": "application/json", **headers}, posts=posts)
    located = _located(response)
    answer = _answer(question, response, located)
    demand_ok(response, stands_for=stands_for(answer))
    if isinstance(located, JsonMalformedError):
        said = media_type_of(response) or "something of no stated type"
        raise AnswerUnreadableError(
            f"{response.uri} was answered with {said} instead of JSON ({located.facts['reason']}).",
            do=f"A login or consent page may stand in the way: check the account's access. {LATER}",
        ) from located
    if demands is not None and not _has(located, demands, lists=lists):
        told = refusal(answer)
        raise AnswerUnreadableError(
            f"{response.uri} was answered without {demands!r}{' as a list' * lists}, which every answer of its kind has"
            f"{': ' if told else ''}{told or ''}.",
            do="Check the account's access and the version of the platform's API. The answer is kept.",
        )
    return response, answer, located


def answer_of(question: Question, response: Response) -> Answer:
    """Return an answer of any status, without demands: its value is ``None`` where it is no JSON."""
    return _answer(question, response, _located(response))


def _has(located: Located, demanded: str, *, lists: bool) -> bool:
    if lists:
        return located.find_elements(demanded) is not None
    return isinstance(located.value, dict) and demanded in located.value


def _answer(question: Question, response: Response, located: Located | JsonMalformedError) -> Answer:
    value = located.value if isinstance(located, Located) else None
    return Answer(question, value, response.status, response.headers)


def _located(response: Response) -> Located | JsonMalformedError:
    try:
        return Located.whole(decode(response.payload))
    except JsonMalformedError as error:
        return error
