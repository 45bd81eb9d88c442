"""X: in which order its API v2 is asked, and what its answers say beside items (docs.x.com, August 2026). Pure.

The API's own description spells posts ``post`` where its documentation and its answers say ``tweet``: both are read,
and ``tweet`` is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from archiver.contract import Access
from archiver.fetch.access import origin_of
from archiver.parsing.shapes import find_id, find_text, member, objects
from archiver.platforms.authorisation import OAuth2
from archiver.platforms.notifying import Named, Webhook, by_crc, json_in, signed_with, whose_in
from archiver.platforms.paging import by_cursor
from archiver.platforms.quotas import by_headers
from archiver.platforms.reading import Endpoint, Question, Reading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from archiver.contract import Standing
    from archiver.platforms.reading import Answer, Known, Led, Site
    from schemas.account import Account
    from schemas.record import Kind, Normalised

BESIDE = tuple(("includes", name) for name in ("tweets", "posts", "users", "media", "polls", "places"))
"""Where what posts refer to stands in an answer."""
ITEMS = (("data",), *BESIDE)
USER_ITEM = "user:"
ALL_REPLIES, NO_MESSAGES = "all-replies", "no-messages"
OPTIONS = {
    ALL_REPLIES: "replies of any age are searched for, which needs access to the full archive",
    NO_MESSAGES: "direct messages are left out, which only a token of the account itself may read",
}
STILL_ANSWERED_SECONDS = 30 * 86_400
"""How long after a post its recent replies are searched for; later ones come as mentions."""

POST_FIELDS = (
    "article,attachments,author_id,card_uri,community_id,conversation_id,created_at,display_text_range,edit_controls,"
    "edit_history_tweet_ids,entities,geo,id,in_reply_to_user_id,lang,media_metadata,note_tweet,paid_partnership,"
    "possibly_sensitive,public_metrics,referenced_tweets,reply_settings,scopes,source,text,withheld"
)
USER_FIELDS = (
    "created_at,description,entities,id,location,name,parody,pinned_tweet_id,profile_banner_url,profile_image_url,"
    "protected,public_metrics,url,username,verified,verified_type,withheld"
)
MEDIA_FIELDS = "alt_text,duration_ms,height,media_key,preview_image_url,public_metrics,type,url,variants,width"
POSTS = {
    "tweet.fields": POST_FIELDS,
    "user.fields": USER_FIELDS,
    "media.fields": MEDIA_FIELDS,
    "poll.fields": "duration_minutes,end_datetime,id,options,voting_status",
    "place.fields": "contained_within,country,country_code,full_name,geo,id,name,place_type",
    "expansions": (
        "attachments.media_keys,attachments.poll_ids,author_id,edit_history_tweet_ids,geo.place_id,"
        "referenced_tweets.id,referenced_tweets.id.author_id"
    ),
}
MESSAGES = {
    "dm_event.fields": (
        "attachments,created_at,dm_conversation_id,entities,event_type,id,participant_ids,referenced_tweets,sender_id,text"
    ),
    "user.fields": USER_FIELDS,
    "media.fields": MEDIA_FIELDS,
    "expansions": "attachments.media_keys,sender_id",
}

METRICS = ("public_metrics", "non_public_metrics", "organic_metrics", "promoted_metrics")
POST_COUNTS = ("retweet_count", "favorite_count", "reply_count", "quote_count")
USER_COUNTS = ("followers_count", "friends_count", "listed_count", "statuses_count", "favourites_count", "media_count")
OF_READER = ("connection_status", "receives_your_dm", "subscribes_to_you")  # API v2
OF_READER_1 = (
    "following",
    "follow_request_sent",
    "notifications",
    "muting",
    "blocking",
    "blocked_by",
    "live_following",
)
LATEST = ("status", "most_recent_tweet_id", "most_recent_post_id")
AUTHOR_OF_TODAY = (
    *("name", "location", "description", "url", "entities", "protected", "verified", "default_profile"),
    *("default_profile_image", "profile_image_url", "profile_image_url_https", "profile_banner_url"),
    *("profile_background_color", "profile_background_image_url", "profile_background_image_url_https"),
    *("profile_background_tile", "profile_link_color", "profile_sidebar_border_color", "profile_sidebar_fill_color"),
    *("profile_text_color", "profile_use_background_image", "has_extended_profile", "translator_type"),
)
OF_USER = (*METRICS, *USER_COUNTS, "verified_followers_count", *OF_READER, *OF_READER_1, *LATEST)
OF_POST = (
    *(*METRICS, *POST_COUNTS, "favorited", "retweeted"),
    # How an edited post goes on is said by the versions themselves.
    *("edit_history_tweet_ids", "edit_history_post_ids", "edit_controls"),
    *(f"user.{name}" for name in (*OF_USER, *AUTHOR_OF_TODAY)),
)
SHOWN = ("retweeted_status", "quoted_status", "retweeted_status.quoted_status")  # API v1.1
VOLATILE = (
    *OF_USER,
    *OF_POST,
    *(f"{shown}.{name}" for shown in SHOWN for name in OF_POST),
    "options.votes",
)
"""Counts, what the reader may or did, what a user said last, and in API v1.1 the author's profile of today."""


def _address(site: Site, path: str, parameters: dict[str, str]) -> str:
    return f"{site.api}/{site.version}/{path}?{urlencode(parameters, safe=',:')}"


def _handle_in(url: str) -> str:
    return urlsplit(url).path.strip("/").split("/")[0].removeprefix("@")


def _identity(account: Account, held: Known) -> str:
    """Return the account's id: that of the one user who is held with its handle."""
    handle = _handle_in(account.url).lower()
    users = [item for item in held if item.startswith(USER_ITEM)]
    found = [item for item in users if any(_handle_in(one.url or "").lower() == handle for one in held[item])]
    return found[0].removeprefix(USER_ITEM) if len(found) == 1 else ""


def _start(site: Site) -> Iterable[Question]:
    handle = _handle_in(site.account.url)
    yield Question("profile", _address(site, f"users/by/username/{quote(handle)}", {"user.fields": USER_FIELDS}))
    if NO_MESSAGES not in site.options:
        yield Question("messages", _address(site, "dm_events", {"max_results": "100", **MESSAGES}))


def _of_profile(led: Led) -> Iterable[Question]:
    below, page = f"users/{quote(find_id(led.value, 'id') or '')}", {"max_results": "100", **POSTS}
    yield Question("posts", _address(led.site, f"{below}/tweets", page))
    yield Question("mentions", _address(led.site, f"{below}/mentions", page))
    users = {"max_results": "1000", "user.fields": USER_FIELDS}
    yield Question("followers", _address(led.site, f"{below}/followers", users), seldom=True)


def _of_post(led: Led) -> Iterable[Question]:
    """Lead from a post of the account that begins a conversation to its replies."""
    conversation, created = find_id(led.value, "conversation_id"), led.view.created
    is_own = f"/users/{find_id(led.value, 'author_id')}/tweets" in led.question.url
    if not (is_own and conversation and led.view.kind == "post" and led.view.counts.get("reply")):
        return
    everything = ALL_REPLIES in led.site.options
    is_old = created is None or led.at.micros - created.micros > STILL_ANSWERED_SECONDS * 1_000_000
    if everything or not is_old:
        sought = {"query": f"conversation_id:{conversation}", "max_results": "100", **POSTS}
        path = f"tweets/search/{'all' if everything else 'recent'}"
        yield Question(
            "all-replies" if everything else "replies", _address(led.site, path, sought), about=led.view.item
        )


def _as_reply(view: Normalised, question: Question) -> Normalised:
    return msgspec.structs.replace(view, thread=question.about) if view.kind in ("post", "reply") else view


def _costing(unit: int) -> Callable[[Answer], int]:
    """Return what an answer costs, in thousandths of a dollar: each resource that it holds, every time."""

    def cost(answer: Answer) -> int:
        data, beside = member(answer.value, "data"), member(answer.value, "includes")
        items = len(data) if isinstance(data, list) else int(isinstance(data, dict))
        posts = sum(1 for name in ("tweets", "posts") for _ in objects(beside, name))
        return items * unit + posts * POST + sum(USER for _ in objects(beside, "users"))

    return cost


OWNED, POST, USER = 1, 5, 10


def _look_up(site: Site, item: str, _: Kind) -> str | None:
    """Return where an item is looked up, with all that its list is asked for: what is there may be new."""
    prefix, identifier = item.rpartition(":")[::2]
    match prefix:
        case "" if "@" not in item:
            return _address(site, "tweets", {"ids": identifier, **POSTS})
        case "user":
            return _address(site, "users", {"ids": identifier, "user.fields": USER_FIELDS})
        case "message":
            return _address(site, f"dm_events/{quote(identifier)}", MESSAGES)
        case _:
            return None


def _problems(value: Any) -> list[tuple[str, str]]:  # noqa: ANN401 - any JSON
    """Return the type and the title of each problem that an answer tells of; the type without its address."""
    found = [*objects(value, "errors"), *([value] if isinstance(value, dict) and "type" in value else [])]
    return [((find_text(one, "type") or "").rpartition("/")[2], find_text(one, "title") or "") for one in found]


def _standing(answer: Answer) -> Standing:
    """Read what an answer says of one item. A suspended author's is *Forbidden*, whatever its type."""
    if member(answer.value, "data"):
        return "present"
    problems = _problems(answer.value)
    if any(type_ in WITHHELD or title == "Forbidden" for type_, title in problems):
        return "withheld"
    return "gone" if {type_ for type_, _ in problems} == {"resource-not-found"} else "unknown"


WITHHELD = ("not-authorized-for-resource", "resource-unavailable")
OF_ONE = ("resource-not-found", *WITHHELD)


def _refusal(answer: Answer) -> str | None:
    """Return what an answer left out: not a single thing that posts refer to, which may be gone and often is."""
    whole = member(answer.value, "data") is None and member(answer.value, "meta") is None
    told = [title[:100] or type_[:100] for type_, title in _problems(answer.value) if whole or type_ not in OF_ONE]
    return f"the platform left out something: {', '.join(dict.fromkeys(told))}" if told else None


NEXT = by_cursor("meta", "next_token", parameter="pagination_token")
NEXT_FOUND = by_cursor("meta", "next_token", parameter="next_token")


def _listed(title: str, unit: int, **more: Any) -> Endpoint:  # noqa: ANN401 - the members of an endpoint
    """Return an endpoint that answers with a list, from the newest on unless it says otherwise; each costs ``unit``."""
    usual = {"items": ITEMS, "order": "newest", "next": NEXT}
    return Endpoint(title=title, demands="meta", cost=_costing(unit), **{**usual, **more})


READING = Reading(
    collector="x/1",
    api="https://api.x.com",
    versioned=True,
    options=OPTIONS,
    endpoints={
        "profile": Endpoint(
            title="the profile", items=(("data",),), demands="data", leads=_of_profile, cost=_costing(USER)
        ),
        "posts": _listed("the posts", OWNED, leads=_of_post),
        "mentions": _listed("the mentions", OWNED),
        "replies": _listed("the replies of seven days", POST, next=NEXT_FOUND, order="recent", seen_as=_as_reply),
        "all-replies": _listed("the replies", POST, next=NEXT_FOUND, seen_as=_as_reply),
        "followers": _listed("the followers", OWNED, order="whole", items=(("data",),)),
        # What is older than thirty days leaves this list, and nothing says whether it answers at its own address.
        "messages": _listed("the messages of thirty days", USER, order="passing"),
    },
    start=_start,
    access=lambda site: Access(origins=frozenset({origin_of(site.api)}), needed=True),
    look_up=_look_up,
    looked_up=("data",),
    standing=_standing,
    quota=by_headers("x-rate-limit-limit", "x-rate-limit-remaining", "x-rate-limit-reset", reset_is="epoch"),
    refusal=_refusal,
    identity=_identity,
)

AUTHORISATION = OAuth2(
    steps=(
        "Sign in to console.x.com as the account that is to be read: what it reads of its own costs least so.",
        "Make an app there. Under user authentication settings choose Read, and Direct messages where these are kept.",
        "Choose the type Web App, and enter {redirect} as its callback address.",
        "Copy the client ID and the client secret that are shown then.",
    ),
    authorise="https://x.com/i/oauth2/authorize",
    token="https://api.x.com/2/oauth2/token",  # noqa: S106 - an address
    scopes=("tweet.read", "users.read", "follows.read", "dm.read", "offline.access"),
    proof="basic",
)
"""What gives a token of two hours, renewed by itself (docs.x.com, OAuth 2.0 authorization code flow with PKCE)."""


def _told_of(body: bytes) -> Iterator[Named]:
    """Yield the posts that an event of the X Activity API is about (docs.x.com, "X Activity API event payloads")."""
    event = member(json_in(body), "data")
    if (find_text(event, "event_type") or "").startswith("post."):
        payload = member(event, "payload")
        found = find_id(payload, "id", "post_id", "tweet_id") or find_id(member(payload, "data"), "id")
        if found:
            yield Named(found, whose=_whose(event))


def _whose(event: Any) -> str:  # noqa: ANN401 - any JSON
    return whose_in(member(event, "filter"), "user_id")


def _told_about(body: bytes) -> Iterator[str]:
    """Yield the id of the user whose activity a call tells: of the X Activity API, or of the Account Activity API."""
    value = json_in(body)
    yield _whose(member(value, "data")) or whose_in(value, "for_user_id")


WEBHOOK = Webhook(
    greeted=by_crc,
    signed=signed_with("x-twitter-webhooks-signature", spelled="base64", begins=b"{"),
    named=_told_of,
    about=_told_about,
)
"""How X calls: signed with the app's consumer secret."""
