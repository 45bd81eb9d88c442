"""LinkedIn: in which order the API of its Community Management product is asked, for one organisation's page. Pure.

Source: learn.microsoft.com/linkedin/marketing/community-management. A post names its pictures, films and documents;
each is asked for by itself, and is a record of its own below the post.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import msgspec

from archiver.contract import Access
from archiver.fetch.access import origin_of
from archiver.observe import PRESENT
from archiver.parsing.shapes import find_text, member, objects
from archiver.platforms.authorisation import OAuth2
from archiver.platforms.linkedin_objects import DIALECT, files_of
from archiver.platforms.notifying import Named, Webhook, by_challenge_code, json_in, signed_with, whose_in
from archiver.platforms.paging import with_parameter
from archiver.platforms.platform import Platform
from archiver.platforms.reading import Endpoint, Question, Reading, by_status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from archiver.contract import Standing
    from archiver.platforms.reading import Answer, Known, Led, Site
    from schemas.account import Account
    from schemas.record import Kind, Normalised

ORGANISATION, COMMENT = "urn:li:organization:", "urn:li:comment:"
ENTITY = "organizationalEntity"
PATHS = {
    "urn:li:image:": "images",
    "urn:li:video:": "videos",
    "urn:li:document:": "documents",
    "urn:li:share:": "posts",
    "urn:li:ugcPost:": "posts",
}
SIZE = 100
LONGEST_NUMBER = 9


def _at(site: Site, *path: str, **parameters: str) -> str:
    """Return an address; what stands in its path is encoded, as Rest.li 2.0.0 wants it."""
    below = "/".join(quote(part, safe="") for part in path)
    return f"{site.api}/rest/{below}{'?' if parameters else ''}{urlencode(parameters)}"


def _name_in(url: str) -> str:
    return urlsplit(url).path.strip("/").rpartition("/")[2]


def _identity(account: Account, held: Known) -> str:
    """Return the organisation's URN, from the number in its address or of the one organisation that is held."""
    named = _name_in(account.url)
    found = [f"{ORGANISATION}{named}"] if named.isdigit() else [item for item in held if item.startswith(ORGANISATION)]
    return found[0] if len(found) == 1 else ""


def _start(site: Site) -> Iterable[Question]:
    named = _name_in(site.account.url)
    if named.isdigit():
        yield Question("organisation", _at(site, "organizations", named))
    else:
        yield Question("named", _at(site, "organizations", q="vanityName", vanityName=named))


def _of_organisation(led: Led) -> Iterable[Question]:
    site, urn = led.site, led.view.item
    yield Question("posts", _at(site, "posts", q="author", author=urn, count=str(SIZE), sortBy="CREATED"))
    sizes = _at(site, "networkSizes", urn, edgeType="COMPANY_FOLLOWED_BY_MEMBER")
    yield Question("followers", sizes, about=urn, seldom=True)


def _of_post(led: Led) -> Iterable[Question]:
    site, item = led.site, led.view.item
    yield Question("comments", _at(site, "socialActions", item, "comments", count=str(SIZE)), about=item)
    if "reactions" in site.options:
        yield Question("reactions", _at(site, "socialMetadata", item), about=item, seldom=True)
    for urn, _ in files_of(member(led.value, "content")):
        path = next((path for prefix, path in PATHS.items() if urn.startswith(prefix)), None)
        if path:
            yield Question("files", _at(site, path, urn), about=item, changed=True)


def _of_comment(led: Led) -> Iterable[Question]:
    item = led.view.item
    url = _at(led.site, "socialActions", item, "comments", count=str(SIZE))
    yield Question("replies", url, about=item, within=led.question.about, empty=not led.view.counts.get("replies"))


def _as_comment(view: Normalised, question: Question) -> Normalised:
    """Return a comment below the post that was asked about; itself it names an activity, which may be called else."""
    return msgspec.structs.replace(
        view,
        kind="reply" if question.within else "comment",
        thread=question.within or question.about,
        parent=question.about,
    )


def _as_file(view: Normalised, question: Question) -> Normalised:
    return msgspec.structs.replace(view, thread=question.about, parent=question.about)


def _as_followers(view: Normalised, question: Question) -> Normalised:
    return msgspec.structs.replace(view, item=f"followers:{question.about}", parent=question.about)


def _next(answer: Answer) -> str | None:
    """Return the next page's address: as the link ``next`` tells, or while pages are full.

    It shows this one's last item again, so that what vanishes meanwhile moves nothing out of sight.
    """
    shown = len(list(objects(answer.value, "elements")))
    start = _number(answer.question.url, "start")
    linked = next((one for one in objects(answer.value, "paging", "links") if one.get("rel") == "next"), None)
    told = _number(find_text(linked, "href") or "", "start") if linked else 0
    following = told or (start + shown if shown >= SIZE else 0)
    return with_parameter(answer.question.url, start=str(max(start + 1, following - 1))) if following > start else None


def _number(url: str, name: str) -> int:
    try:
        text = dict(parse_qsl(urlsplit(url).query)).get(name, "")
    except ValueError:
        return 0
    return int(text) if text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER else 0


def _look_up(site: Site, item: str, _: Kind) -> str | None:
    if item.startswith(COMMENT):
        about, comma, number = item.removeprefix(COMMENT).strip("()").rpartition(",")
        return _at(site, "socialActions", about, "comments", number) if comma and number else None
    if item.startswith(ORGANISATION):
        return _at(site, "organizations", item.removeprefix(ORGANISATION))
    path = next((path for prefix, path in PATHS.items() if item.startswith(prefix)), None)
    return _at(site, path, item) if path else None


def _standing(answer: Answer) -> Standing:
    """Return what an answer says of an item: of one that is gone or withheld, an error that states its status itself.

    A page in the place of such an error says nothing.
    """
    is_told = answer.status in PRESENT or member(answer.value, "status") == answer.status
    return by_status(answer) if is_told else "unknown"


def _told_of(body: bytes) -> Iterator[Named]:
    """Yield the posts, comments and shares that a call is about; who liked something is counted only."""
    for told in objects(json_in(body), "notifications"):
        if told.get("action") == "LIKE":
            continue
        activity, post = find_text(told, "generatedActivity"), find_text(told, "sourcePost")
        if activity:
            below = post if activity.startswith("urn:li:comment:") else None
            yield Named(activity, "comment" if below else "post", below or "", whose_in(told, ENTITY))
        if post:
            yield Named(post, whose=whose_in(told, ENTITY))


def _told_about(body: bytes) -> Iterator[str]:
    """Yield the URN of the organisation that each notification is about (its ``organizationalEntity``)."""
    yield from (whose_in(told, ENTITY) for told in objects(json_in(body), "notifications"))


def _listed(title: str, **more: Any) -> Endpoint:  # noqa: ANN401 - the members of an endpoint
    return Endpoint(title=title, items=(("elements",),), demands="elements", next=_next, **more)


READING = Reading(
    collector="linkedin/1",
    api="https://api.linkedin.com",
    versioned=True,
    options={"reactions": "count the reactions to each post, whenever everything is read: one question more for each"},
    endpoints={
        "organisation": Endpoint(title="the organisation", demands="id", leads=_of_organisation),
        "named": Endpoint(title="the organisation", items=(("elements",),), demands="elements", leads=_of_organisation),
        "posts": _listed("the posts", order="newest", leads=_of_post),
        "comments": _listed("the comments", order="whole", seen_as=_as_comment, leads=_of_comment),
        "replies": _listed("the replies", order="whole", seen_as=_as_comment),
        "reactions": Endpoint(title="the reactions, counted", demands="entity"),
        "files": Endpoint(title="a picture, film or document", demands="id", seen_as=_as_file),
        "followers": Endpoint(title="the followers, counted", demands="firstDegreeSize", seen_as=_as_followers),
    },
    start=_start,
    access=lambda site: Access(origins=frozenset({origin_of(site.api)}), needed=True),
    headers=lambda site: {"LinkedIn-Version": site.version, "X-Restli-Protocol-Version": "2.0.0"},
    look_up=_look_up,
    standing=_standing,
    identity=_identity,
)
PLATFORM = Platform(
    name="linkedin",
    title="LinkedIn",
    dialect=DIALECT,
    reading=READING,
    webhook=Webhook(
        greeted=by_challenge_code,
        signed=signed_with("x-li-signature", before="", content=b"hmacsha256="),
        named=_told_of,
        about=_told_about,
    ),
    authorisation=OAuth2(
        steps=(
            "Sign in to LinkedIn as an administrator of the page (its role must be super admin or content admin).",
            "At linkedin.com/developers/apps, create an app; name the page as its company, and let the page verify it.",
            "Under Products, request the Community Management API. LinkedIn reviews the request; that may take weeks.",
            "Under Auth, enter {redirect} as an authorised redirect URL, and copy the client ID and client secret.",
            "In the browser that opens next, sign in as the same administrator.",
        ),
        authorise="https://www.linkedin.com/oauth/v2/authorization",
        token="https://www.linkedin.com/oauth/v2/accessToken",  # noqa: S106 - an address
        scopes=("r_organization_social", "r_organization_social_feed", "r_organization_admin"),
    ),
)
