"""A server that speaks a little of Mastodon's API, and one look at an account there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec

from archiver.collectors.api.collector import ApiCollector
from archiver.collectors.known import collector_of
from archiver.platforms.known import find_platform
from schemas.account import Account
from schemas.settings import (
    AccessSettings,
    CaptureSettings,
    RecheckSettings,
    parse_settings,
)
from tests.archiver.transports import AT, recorded_native, transport_to
from tests.servers import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from archiver.contract import Collected
    from archiver.platforms.reading import Reading
    from tests.servers import Server

JSON = {"Content-Type": "application/json"}
EVERYTHING = (RecheckSettings(0, 0),)
SETTINGS = parse_settings('[archive]\norigin = "maple/1"\norganisation = "Maple Grove"')


def answer(value: Any, *, status: int = 200, **headers: str) -> Answer:
    return Answer(status, {**JSON, **{name.replace("_", "-"): text for name, text in headers.items()}},
                  json.dumps(value).encode())  # fmt: skip


def status(number: int, *, day: int = 20, **more: Any) -> dict[str, Any]:
    return {
        "id": str(number),
        "content": f"<p>Post {number}</p>",
        "created_at": f"2026-11-{day:02}T08:00:00.000Z",
        "account": {"id": "1", "acct": "maple"},
        "replies_count": 0,
        **more,
    }


PROFILE = {"id": "1", "acct": "maple", "username": "maple", "note": "<p>The district</p>"}
LOOK_UP, STATUSES, FOLLOWERS, CONVERSATIONS = (
    "/api/v1/accounts/lookup",
    "/api/v1/accounts/1/statuses",
    "/api/v1/accounts/1/followers",
    "/api/v1/conversations",
)


def site(*statuses: dict[str, Any], **more: Answer) -> dict[str, Answer]:
    lists = {STATUSES: answer(statuses), FOLLOWERS: answer([]), CONVERSATIONS: answer([])}
    return {LOOK_UP: answer(PROFILE), **lists, **more}


def looked(
    server: Server,
    folder: Path,
    *,
    cursor: Mapping[str, str] | None = None,
    known: Callable[[str, bytes], bool] = lambda _item, _native: False,
    authorised: bool = False,
    access: AccessSettings | None = None,
    **capture: Any,
) -> Collected:
    """Look at the account once; every native is what the WARC file says it is."""
    account = Account(name="m", platform="mastodon", url=server.url("/@maple"), title="Maple", private_network=True)
    access = access or (AccessSettings(token_variable="M") if authorised else None)
    bounds = CaptureSettings(**{"recheck": EVERYTHING, **capture})
    chosen = msgspec.structs.replace(SETTINGS, capture=bounds, access={"m": access} if access else {})
    path = folder / f"{len(server.requests)}.warc.gz"
    with transport_to(path) as transport:
        collected = collector_of(account, chosen, now=lambda: AT).collect(
            account, transport, cursor=cursor or {}, known=known
        )
    for one in collected.items:
        assert recorded_native(path, one) == one.native
    return collected


def views(collected: Collected) -> dict[str, Any]:
    return {one.observation.normalised.item: one.observation.normalised for one in collected.items}


def account_at(server: Server) -> Account:
    return Account(name="m", platform="mastodon", url=server.url("/@maple"), title="Maple", private_network=True)


def collector_with(reading: Reading, server: Server) -> ApiCollector:
    platform = find_platform("mastodon")
    assert platform is not None
    return ApiCollector.of(platform, reading, account_at(server), SETTINGS, now=lambda: AT)
