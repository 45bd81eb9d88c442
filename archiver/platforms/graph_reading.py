"""What Facebook, Instagram and Threads declare alike of how they are read: lists, conversations, errors, access. Pure.

The token travels as the parameter ``access_token``, as in every request that their documents show.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from archiver.contract import Access
from archiver.fetch.access import origin_of
from archiver.platforms import graph
from archiver.platforms.dialect import Dialect
from archiver.platforms.graph_events import PATHS
from archiver.platforms.reading import Endpoint, Question, Reading, no_identity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from archiver.parsing.shapes import Object
    from archiver.platforms.dialect import Context
    from archiver.platforms.reading import Answer, Known, Led, Order, Site
    from schemas.account import Account
    from schemas.record import Normalised


def single(title: str, **more: Any) -> Endpoint:  # noqa: ANN401 - the members of an endpoint
    """Return an endpoint that answers with one node."""
    return Endpoint(title=title, items=((),), demands="id", **more)


def listed(title: str, order: Order, **more: Any) -> Endpoint:  # noqa: ANN401 - likewise
    """Return an endpoint that answers with a list of nodes, in pages by cursor."""
    return Endpoint(title=title, order=order, items=(("data",),), demands="data", next=graph.by_after, **more)


def conversations(message_fields: str, *, limit: int) -> Mapping[str, Endpoint]:
    """Return the endpoints of conversations and of their messages.

    Of a conversation the newest messages are told: what is missing is not gone.
    """

    def of_conversation(led: Led) -> Iterable[Question]:
        url = graph.node(led.site, led.view.item, "messages", fields=message_fields, limit=str(limit))
        yield Question("messages", url, led.view.item, changed=True)
        yield Question("messages", url, led.view.item, seldom=True)

    return {
        "conversations": listed("the conversations", "passing", leads=of_conversation),
        "messages": listed("the messages", "passing", seen_as=_as_message),
    }


def reading(
    collector: str,
    *,
    api: str,
    start: Callable[[Site], Iterable[Question]],
    endpoints: Mapping[str, Endpoint],
    fields: Mapping[str, str],
    stands_for: Callable[[Answer], int],
    identity: Callable[[Account, Known], str] = no_identity,
) -> Reading:
    """Return how one of them is read; ``fields`` are those that items are looked up with, by kind or prefix."""
    return Reading(
        collector=collector,
        endpoints=endpoints,
        start=start,
        access=lambda site: Access(way="parameter", origins=frozenset({origin_of(site.api)}), needed=True),
        api=api,
        versioned=True,
        served_version=graph.served_version,
        look_up=graph.look_up(fields),
        standing=graph.standing,
        stands_for=stands_for,
        quota=graph.quota,
        identity=identity,
    )


def dialect(
    view: Callable[[Object, Context], Normalised | None], volatile: tuple[str, ...], *paths: tuple[str, ...]
) -> Dialect:
    """Return how one of them writes: in lists, in calls, and at further ``paths``."""
    return Dialect(
        view=view,
        paths=(("data",), *paths, *PATHS),
        context=lambda _: {},
        list_view=lambda _: None,
        volatile=volatile,
    )


def _as_message(view: Normalised, question: Question) -> Normalised:
    return msgspec.structs.replace(view, kind="message", type="Note", thread=question.about)
