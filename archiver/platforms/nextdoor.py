"""Nextdoor: how the posts of its APIs read, and what its Publish API is asked for: an account's own posts. Pure.

Source: developer.nextdoor.com, the Publish API ("Get your posts", "Me") and "Displaying content: data types", as far
as docs/PLATFORMS.md says that they were read. The list shows the newest posts, with the comments in each; no further
page is documented, and no address of one post. So nothing here ever says that a post was deleted: one that is missed
between others stays undetermined.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from archiver.contract import Access
from archiver.fetch.access import origin_of
from archiver.parsing.dates import find_instant, instant_of_millis
from archiver.parsing.shapes import Object, address, find_id, find_text, member, objects
from archiver.parsing.text import counts_of, unique
from archiver.platforms.authorisation import OAuth2
from archiver.platforms.dialect import Context, Dialect
from archiver.platforms.platform import Platform
from archiver.platforms.reading import Endpoint, Question, Reading
from schemas.record import Attachment, Author, Normalised

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from archiver.parsing.json_objects import Path
    from archiver.platforms.reading import Answer, Led, Site
    from schemas.instant import Instant

MADE = ("creation_date_epoch_seconds", "creation_date")
COUNTED = ("comment", "like", "downvote", "reply", "report", "view", "smartlink_click")
COMMENT = frozenset({"parent_comment_id", "author_name"})
PROFILE = frozenset({"profile_picture", "account_creation_date", "is_agency_profile"})
COMMENTS = "comments"
LEVELS = 20
"""How deep comments are read that answer others. The documentation names no end."""
WITHIN: tuple[Path, ...] = tuple((COMMENTS,) * level for level in range(1, LEVELS + 1))
PATHS: tuple[Path, ...] = (("posts",), *(("posts", *path) for path in WITHIN))
MOST_COMMENTS = 10_000
LATEST = 2**40
FORBIDDEN = 403
VOLATILE = (
    *(f"{name}_count" for name in COUNTED),
    *(COMMENTS, "reaction_types", "reactions", "score", "in_popular_posts_curation"),
)


class Place(NamedTuple):
    """Where a comment stands: in the post of which id, if it stands in one, and below the comment of which number."""

    comment: Object
    thread: str | None
    above: str | None


def view_of(value: Object, context: Context) -> Normalised | None:
    """Return what an object of the APIs says: told by its members, a comment also by where it stands."""
    identifier = find_id(value, "id")
    if identifier is None:
        return None
    if value.keys() & PROFILE:
        return _profile(value, identifier)
    place = _find_place(value, identifier, context)
    if value.keys() & COMMENT or ("title" not in value and place):
        return _comment(value, identifier, place or Place(value, None, None))
    return _post(value, identifier) if value.keys() & set(MADE) and value.keys() & {"body", "title"} else None


def list_view(value: Object) -> Normalised | None:
    """Return what a list of posts says of itself."""
    return Normalised(kind="list", type="Collection", item="") if isinstance(value.get("posts"), list) else None


def context_of(envelope: Object) -> Context:
    """Return, by the number of each comment in an envelope or in a post, the places at which it stands.

    A comment itself names at most the comment that it answers.
    """
    found: dict[str, list[Place]] = defaultdict(list)
    for holder in objects(envelope, "posts") if "posts" in envelope else (envelope,):
        number = find_id(holder, "id")
        thread, above = (None, number) if holder.keys() & COMMENT else (number, None)
        waiting, left = [(one, above) for one in objects(holder, COMMENTS)], MOST_COMMENTS
        while waiting and left:
            (one, above), left = waiting.pop(), left - 1
            number = find_id(one, "id")
            if number:
                found[number].append(Place(one, thread, above))
            waiting.extend((inner, number) for inner in objects(one, COMMENTS))
    return {COMMENTS: found}


def _find_place(value: Object, number: str, context: Context) -> Place | None:
    return next((one for one in context.get(COMMENTS, {}).get(number, ()) if one.comment is value), None)


def _item(number: str, thread: str | None) -> str:
    """Return the id of a comment: with that of its post, since nothing says that another has no comment so numbered."""
    return f"comment:{thread}:{number}" if thread else f"comment:{number}"


def _post(value: Object, identifier: str) -> Normalised:
    written = member(value, "author")
    return Normalised(
        kind="post",
        type="Note",
        item=identifier,
        url=address(value, "url") or address(value, "public_post_url") or address(value, "embed_url"),
        title=find_text(value, "title"),
        text=find_text(value, "body"),
        author=_author(find_text(written, "name"), find_id(value, "author_id") or find_id(written, "id")),
        created=_instant(value),
        created_text=find_id(value, *MADE),
        attachments=tuple(_attachments(value)),
        tags=unique((find_text(value, "category"), find_text(written, "neighborhood_name"))),
        counts=_counts(value),
        flags=_flags(value),
    )


def _comment(value: Object, number: str, place: Place) -> Normalised:
    thread = place.thread
    above = place.above or find_id(value, "parent_comment_id")
    answered = _item(above, thread) if above else None
    return Normalised(
        kind="reply" if answered else "comment",
        type="Note",
        item=_item(number, thread),
        text=find_text(value, "body"),
        author=_author(find_text(value, "author_name"), find_id(value, "author_id")),
        created=_instant(value),
        created_text=find_id(value, *MADE),
        thread=thread,
        parent=answered or thread,
        attachments=tuple(_attachments(value)),
        counts=_counts(value),
        flags=_flags(value),
    )


def _profile(value: Object, identifier: str) -> Normalised:
    body = find_text(value, "agency_name") or find_text(value, "business_name")
    first, last = find_text(value, "first_name"), find_text(value, "last_name")
    name = body or " ".join(filter(None, (first, last))) or None
    pictures = unique(address(value, name) for name in ("agency_photo", "profile_picture"))
    url = address(value, "agency_url_at_nextdoor")
    return Normalised(
        kind="profile",
        type="Organization" if body else "Person",
        item=f"profile:{identifier}",
        url=url,
        title=name,
        author=Author(id=identifier, name=name, url=url),
        attachments=tuple(Attachment(url=one, role="image") for one in pictures),
        tags=unique(find_text(value, one) for one in ("neighborhood_name", "city_name", "agency_city", "agency_state")),
        links=unique((address(value, "agency_external_url"),)),
    )


def _author(name: str | None, number: str | None) -> Author | None:
    return Author(id=number, name=name) if name or number else None


def _counts(value: Object) -> dict[str, int]:
    reactions = value.get("reactions")
    told = [(name, value.get(f"{name}_count")) for name in COUNTED]
    return counts_of([*told, ("reactions", len(reactions) if isinstance(reactions, list) else None)])


def _flags(value: Object) -> tuple[str, ...]:
    """Tell that the native bytes hold comments, which are records of their own as well."""
    return ("comments-within",) if any(objects(value, COMMENTS)) else ()


def _attachments(value: Object) -> Iterator[Attachment]:
    media = value.get("media")
    for one in media if isinstance(media, list) else ():
        url = address({"url": one}, "url") if isinstance(one, str) else address(one, "url")
        if url:
            yield Attachment(url=url, role="video" if member(one, "is_video") is True else "image")


def _instant(value: Object) -> Instant | None:
    made = next((value[name] for name in MADE if name in value), None)
    if isinstance(made, int | float) and not isinstance(made, bool):
        return instant_of_millis(int(made * 1000)) if 0 <= made < LATEST else None
    return find_instant(made)


def _page(url: str) -> str:
    return urlsplit(url).path.strip("/").lower()


def _start(site: Site) -> Iterable[Question]:
    yield Question("profile", _at(site, "me"), about=_page(site.account.url))


def _of_profile(led: Led) -> Iterable[Question]:
    yield Question("posts", _at(led.site, "post"))


def _at(site: Site, path: str) -> str:
    return f"{site.api}/external/api/partner/{site.version}/{path}/"


def _stands_for(answer: Answer) -> int:
    """Return the HTTP status that an answer stands for; another agency's profile is no access to this one."""
    page = address(answer.value, "agency_url_at_nextdoor") if answer.question.endpoint == "profile" else None
    return FORBIDDEN if page and _page(page) != answer.question.about else answer.status


READING = Reading(
    collector="nextdoor/1",
    api="https://nextdoor.com",
    versioned=True,
    endpoints={
        "profile": Endpoint(title="the profile", demands="id", leads=_of_profile),
        "posts": Endpoint(title="the posts", items=PATHS, demands="posts", order="part", holds=COMMENTS),
        COMMENTS: Endpoint(title="the comments", order="whole"),
    },
    start=_start,
    access=lambda site: Access(origins=frozenset({origin_of(site.api)}), needed=True),
    stands_for=_stands_for,
)
PLATFORM = Platform(
    name="nextdoor",
    title="Nextdoor",
    dialect=Dialect(
        view=view_of, paths=PATHS, within=WITHIN, context=context_of, list_view=list_view, volatile=VOLATILE
    ),
    reading=READING,
    authorisation=OAuth2(
        steps=(
            "At developer.nextdoor.com, apply for the Publish API, for keeping the body's own posts as records.",
            "In the request, enter {redirect} as the redirect URI. Nextdoor reviews it.",
            "Nextdoor answers with a client ID and a client secret; have both at hand.",
            "In the browser that opens next, sign in as the account that publishes for the body.",
        ),
        authorise="https://www.nextdoor.com/v3/authorize/",
        token="https://auth.nextdoor.com/v2/token",  # noqa: S106 - an address
        scopes=("openid", "post:read", "profile:read"),
        proof="basic",
        renews_scopes=True,
    ),
)
