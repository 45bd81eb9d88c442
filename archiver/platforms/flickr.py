"""Flickr: in which order its API is asked, and how it refuses (flickr.com/services/api). Pure.

Photos come in lists, with the addresses of all their sizes. What was changed or commented on within two days is asked
for at each look, however old the photo is; so is what is young. Every answer has the status 200, or says ``fail``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode, urlsplit

import msgspec

from archiver.contract import Access
from archiver.fetch.access import origin_of
from archiver.parsing.shapes import find_id, find_text, member, objects
from archiver.platforms.authorisation import OAuth1
from archiver.platforms.flickr_objects import DIALECT, SITE, SIZES, album_of
from archiver.platforms.paging import with_parameter
from archiver.platforms.platform import Platform
from archiver.platforms.reading import UNAUTHORISED, Endpoint, Question, Reading, by_status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

    from archiver.contract import Standing
    from archiver.platforms.reading import Answer, Led, Site
    from schemas.record import Kind, Normalised

EXTRAS = ",".join(
    (
        *("description", "license", "date_upload", "date_taken", "owner_name", "original_format", "last_update"),
        *("geo", "tags", "machine_tags", "o_dims", "media", "path_alias"),
        *(f"url_{size}" for size in SIZES),
    )
)
CODES = {
    **dict.fromkeys(("1", "5"), 404),
    **dict.fromkeys(("2", "99"), 403),
    **dict.fromkeys(("95", "96", "97", "98", "100"), UNAUTHORISED),
    **dict.fromkeys(("0", "10", "105", "106"), 503),
}
"""The HTTP status for which an error code of Flickr's stands; 400 for the others."""
REFUSED: Mapping[str, Standing] = {"1": "gone", "2": "withheld"}
REFUSED_ALBUM: Mapping[str, Standing] = {"1": "gone"}
"""What an error code says of a photo, or an album; the others speak of who asks, of the owner, or of Flickr."""
RECENT = 2 * 86_400
"""How many seconds back it is asked what was changed."""


def status_of(answer: Answer) -> int:
    """Return the HTTP status that an answer means."""
    if find_text(answer.value, "stat") != "fail":
        return answer.status
    return CODES.get(find_id(answer.value, "code") or "", 400)


def _ask(site: Site, method: str, **parameters: str) -> str:
    query = {"method": f"flickr.{method}", "format": "json", "nojsoncallback": "1", **parameters}
    return f"{site.api}/services/rest/?{urlencode(query)}"


def _start(site: Site) -> Iterable[Question]:
    parts = [part for part in urlsplit(site.account.url).path.split("/") if part]
    named = parts[1] if len(parts) > 1 and parts[0] in ("photos", "people") else "".join(parts[:1])
    yield Question("lookup", _ask(site, "urls.lookupUser", url=f"{SITE}/photos/{named}/"))


def _of_lookup(led: Led) -> Iterable[Question]:
    yield Question("person", _ask(led.site, "people.getInfo", user_id=find_id(led.value, "id", "nsid") or ""))


def _of_person(led: Led) -> Iterable[Question]:
    site, user = led.site, led.view.item.removeprefix("user:")
    yield Question("photos", _ask(site, "people.getPhotos", user_id=user, extras=EXTRAS, per_page="500"))
    if site.authorised:
        # By the day, so that the address is the same for a while, and what waits is not asked for twice.
        since = str((led.at.micros // 1_000_000 - RECENT) // 86_400 * 86_400)
        url = _ask(site, "photos.recentlyUpdated", min_date=since, extras=EXTRAS, per_page="500")
        yield Question("updated", url)
        yield Question("contacts", _ask(site, "contacts.getList", per_page="1000"), seldom=True)
    else:
        url = _ask(site, "contacts.getPublicList", user_id=user, per_page="1000")
        yield Question("contacts", url, seldom=True)
    yield Question("albums", _ask(site, "photosets.getList", user_id=user, per_page="500"))


def _of_photo(led: Led) -> Iterable[Question]:
    photo = led.view.item
    yield Question("comments", _ask(led.site, "photos.comments.getList", photo_id=photo), about=photo)
    if led.view.type == "Video":
        yield Question("sizes", _ask(led.site, "photos.getSizes", photo_id=photo), about=photo, changed=True)


def _of_album(led: Led) -> Iterable[Question]:
    owner, _, album = led.view.item.removeprefix("album:").partition("/")
    url = _ask(led.site, "photosets.getPhotos", photoset_id=album, user_id=owner, extras=EXTRAS, per_page="500")
    yield Question("album", url, about=led.view.item, seldom=True)


def _pages(name: str) -> Callable[[Answer], str | None]:
    """Return a counter of pages: an answer says which one it is, and how many there are."""

    def next_of(answer: Answer) -> str | None:
        page, pages = (find_id(member(answer.value, name), one) or "" for one in ("page", "pages"))
        if not (page.isdigit() and pages.isdigit() and len(page + pages) < 20) or int(page) >= int(pages):  # noqa: PLR2004
            return None
        return with_parameter(answer.question.url, page=str(int(page) + 1))

    return next_of


def _below(view: Normalised, question: Question) -> Normalised:
    return msgspec.structs.replace(view, thread=question.about, parent=question.about)


def _as_album(view: Normalised, question: Question) -> Normalised:
    """Return an album by its owner and its number: Flickr finds it by both, and has not always told the owner."""
    owner = parse_qs(urlsplit(question.url).query).get("user_id", [""])[0]
    return msgspec.structs.replace(view, item=album_of(owner, view.item.removeprefix("album:").rpartition("/")[2]))


def _as_sizes(view: Normalised, question: Question) -> Normalised:
    return msgspec.structs.replace(_below(view, question), item=f"sizes:{question.about}")


def _look_up(site: Site, item: str, _kind: Kind) -> str | None:
    prefix, _, identifier = item.rpartition(":")
    match prefix, identifier.split("-"), identifier.split("/"):
        case "", _, _:
            return _ask(site, "photos.getInfo", photo_id=item)
        case "comment", [_, photo, _], _:
            # There is no address for one comment; its id goes along, so that the answer can be read for it.
            return _ask(site, "photos.comments.getList", photo_id=photo, comment_id=identifier)
        case "album", _, [owner, album]:
            return _ask(site, "photosets.getInfo", photoset_id=album, user_id=owner)
        case _:
            return None


def _standing(answer: Answer) -> Standing:
    """Return what an answer says of a photo, or of the one comment that is asked about among those of its photo."""
    if answer.status not in range(200, 300):
        return by_status(answer)
    asked = parse_qs(urlsplit(answer.question.url).query)
    if find_text(answer.value, "stat") != "ok":
        refused = REFUSED_ALBUM if "photoset_id" in asked else REFUSED
        return refused.get(find_id(answer.value, "code") or "", "unknown")
    named = asked.get("comment_id")
    if named is None:
        return "present"
    if not isinstance(member(answer.value, "comments"), dict):
        return "unknown"
    found = [one for one in objects(answer.value, "comments", "comment") if find_id(one, "id") in named]
    return "present" if found else "gone"


def _access(site: Site) -> Access:
    origins = frozenset({origin_of(site.api)})
    if site.keyed:
        return Access(way="parameter", origins=origins, parameter="api_key", needed=True)
    return Access(way="oauth1", origins=origins, needed=True)


def _listed(title: str, name: str, items: str, **more: Any) -> Endpoint:  # noqa: ANN401 - what an endpoint has
    return Endpoint(title=title, items=((name, items),), demands=name, next=_pages(name), **more)


READING = Reading(
    collector="flickr/1",
    api="https://api.flickr.com",
    endpoints={
        "lookup": Endpoint(
            title="the account", items=(("user",),), demands="user", leads=_of_lookup, elsewhere=lambda _: True
        ),
        "person": Endpoint(title="the profile", items=(("person",),), demands="person", leads=_of_person),
        "photos": _listed("the photos", "photos", "photo", order="newest", leads=_of_photo, ages=True),
        "updated": _listed("what was changed", "photos", "photo", leads=_of_photo),
        "comments": _listed("the comments", "comments", "comment", order="whole", seen_as=_below),
        "sizes": Endpoint(title="a video's files", items=(("sizes",),), demands="sizes", seen_as=_as_sizes),
        "albums": _listed("the albums", "photosets", "photoset", order="whole", leads=_of_album, seen_as=_as_album),
        "album": _listed("an album's photos", "photoset", "photo", order="whole", elsewhere=lambda _: True),
        "contacts": _listed("the contacts", "contacts", "contact", order="whole"),
    },
    start=_start,
    access=_access,
    look_up=_look_up,
    # A photo by itself is spelled in another form than in the lists that it is read from.
    looked_up=("nowhere",),
    standing=_standing,
    stands_for=status_of,
)
PLATFORM = Platform(
    name="flickr",
    title="Flickr",
    dialect=DIALECT,
    reading=READING,
    authorisation=OAuth1(
        steps=(
            "Sign in to flickr.com as the account that is to be read, and open flickr.com/services/apps/create/apply.",
            "Apply for a non-commercial key; call the app Holdfast, and say that it archives the account's own photos.",
            "Copy the key and the secret. Under Edit the authentication flow choose Web Application.",
            "Enter {redirect} there as the callback address.",
            "The browser opens next: allow Holdfast to read. It asks for no more.",
        ),
        request="https://www.flickr.com/services/oauth/request_token",
        authorise="https://www.flickr.com/services/oauth/authorize?perms=read",
        access="https://www.flickr.com/services/oauth/access_token",
    ),
)
