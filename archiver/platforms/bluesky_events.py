"""What a stream tells of a Bluesky account: which of its records were made, changed or deleted, and what became of it.

Two kinds of streams are understood. ``com.atproto.sync.subscribeRepos`` of a personal data server or a relay sends what
accounts signed, of all that it has, in DAG-CBOR (atproto.com/specs/sync, atproto.com/specs/event-stream). Jetstream
makes JSON of that, of the accounts that are asked for alone (github.com/bluesky-social/jetstream). Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from archiver.parsing.ipld import IpldMalformedError, decode_each
from archiver.parsing.shapes import find_text, member, objects
from archiver.platforms.bluesky_parts import TYPES
from archiver.platforms.notifying import Named, Stream, json_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from archiver.platforms.reading import Site

JETSTREAM = "wss://jetstream2.us-east.bsky.network/subscribe"
REPOSITORIES = "/xrpc/com.atproto.sync.subscribeRepos"
LARGEST = 5_000_000
"""In bytes: of a frame, by the specification of event streams; Jetstream is asked for none that are larger."""
MARKS = range(1, 1 << 63)
FUTURE = "FutureCursor"


def _address(site: Site, mark: str) -> str | None:
    """Return where the account's stream is; a server sends what came after the mark that it is given."""
    if not site.identity:
        return None
    stream = site.stream or JETSTREAM
    filters = {} if _sends_frames(stream) else {"wantedDids": site.identity, "maxMessageSizeBytes": str(LARGEST)}
    query = urlencode(filters | ({"cursor": mark} if mark else {}))
    return f"{stream}?{query}" if query else stream


def _sends_frames(stream: str) -> bool:
    return urlsplit(stream).path.endswith(REPOSITORIES)


def _told_of(body: bytes, site: Site) -> Iterator[Named]:
    """Yield the account's own items that a message is about; of others it names nothing."""
    kind, value = _message_in(body)
    if not site.identity or site.identity not in (find_text(value, "repo"), find_text(value, "did")):
        return
    named = dict.fromkeys(_paths_in(value))
    for path in named:
        shape, _ = TYPES.get(path.partition("/")[0], ("event", ""))
        yield Named(f"at://{site.identity}/{path}", shape)
    if kind in ("#identity", "identity"):
        yield Named(f"document:{site.identity}", "profile")
    elif not named:
        yield Named(f"repository:{site.identity}", "profile")


def _message_in(body: bytes) -> tuple[str, Any]:
    """Return of which kind a message is, and its value: JSON, or a frame of a header and a payload."""
    if body.startswith(b"{"):
        value = json_in(body)
        return find_text(value, "kind") or "", value
    try:
        parts = decode_each(body)
    except IpldMalformedError:
        return "", None
    header, value = (*parts, None, None)[:2]
    return find_text(header, "t") or "", value


def _paths_in(value: Any) -> Iterable[str]:  # noqa: ANN401 - any value
    commit = member(value, "commit")
    collection, key = find_text(commit, "collection"), find_text(commit, "rkey")
    if collection and key:
        yield f"{collection}/{key}"
    for operation in objects(value, "ops"):
        path = find_text(operation, "path") or ""
        if path.count("/") == 1 and all(path.split("/")):
            yield path


def _mark(body: bytes) -> str | None:
    _, value = _message_in(body)
    if find_text(value, "error") == FUTURE:
        return ""
    found = next((number for name in ("seq", "time_us") if (number := member(value, name)) is not None), None)
    return str(found) if type(found) is int and found in MARKS else None


STREAM = Stream(kind="websocket", address=_address, named=_told_of, mark=_mark)
