"""MediaWiki: what its action API returns, and in which order it is asked (mediawiki.org/wiki/API:Query). Pure.

Pages keep their bare id, which moves do not change. A revision is ``page@revision``, a file ``file:Name``, an earlier
version of it ``file:Name#timestamp``, a log entry ``log:id``, a recent change ``change:id``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from archiver.contract import Access
from archiver.fetch.access import origin_of
from archiver.parsing.dates import find_instant
from archiver.parsing.shapes import Object, address, find_id, find_text, member, objects, role_of, texts
from archiver.parsing.text import counts_of, unique
from archiver.platforms.dialect import Context, Dialect
from archiver.platforms.platform import Platform
from archiver.platforms.reading import Answer, Endpoint, Question, Reading
from schemas.record import Attachment, Author, Normalised

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archiver.contract import Standing
    from archiver.platforms.reading import Led, Site
    from schemas.record import Kind

PATHS = (
    *(("query", name) for name in ("pages", "allpages", "logevents", "recentchanges", "allimages")),
    *(("query", "pages", name) for name in ("revisions", "imageinfo")),
)
PAGE = "page"
"""Under which name an answer about one page gives it to its revisions, which do not say whose they are."""
ACTIVITIES = {"delete": "Delete", "move": "Move", "upload": "Create", "create": "Create", "protect": "Update"}
HIDDEN = ("texthidden", "commenthidden", "userhidden", "filehidden", "actionhidden", "suppressed")
REFUSED = {
    **dict.fromkeys(("readapidenied", "permissiondenied", "mwoauth-invalid-authorization", "assertuserfailed"), 401),
    **dict.fromkeys(("ratelimited", "maxlag"), 429),
    **dict.fromkeys(("readonly", "internal_api_error_DBQueryError", "timeout"), 503),
}
"""What an error that came with status 200 means in HTTP's terms; every other one is our mistake (400)."""


def view_of(value: Object, context: Context) -> Normalised | None:
    """Return what an object of the API says, told by its members alone."""
    general = member(value, "general")
    if isinstance(general, dict) and "namespaces" in value:
        return _site(general)
    if "logid" in value and "rcid" not in value:
        return _log_entry(value)
    if "rcid" in value:
        return _change(value)
    if "revid" in value and "timestamp" in value:
        return _revision(value, context.get(PAGE, {}).get(""))
    if "timestamp" in value and "sha1" in value and "url" in value:
        return _file(value, context.get(PAGE, {}).get(""))
    if "pageid" in value and "ns" in value and "title" in value:
        return _page(value)
    return None


def context_of(envelope: Object) -> Context:
    """Return the page that an answer about one page is about."""
    pages = list(objects(envelope, "query", "pages"))
    return {PAGE: {"": pages[0]}} if len(pages) == 1 else {}


def _site(general: Object) -> Normalised:
    return Normalised(
        kind="profile",
        type="Organization",
        item="site",
        url=address(general, "base"),
        title=find_text(general, "sitename"),
        lang=find_text(general, "lang"),
        links=unique((address(general, "logo"),)),
    )


def _page(value: Object) -> Normalised:
    return Normalised(
        kind="comment" if _is_talk(value) else "page",
        type="Page",
        item=find_id(value, "pageid") or "",
        url=address(value, "fullurl") or address(value, "canonicalurl"),
        title=find_text(value, "title"),
        lang=find_text(value, "pagelanguage"),
        counts=counts_of([("octets", value.get("length"))]),
        flags=("redirect",) if value.get("redirect") is True else (),
    )


def _is_talk(page: Object) -> bool:
    """Return whether a page is one on which another is discussed: its namespace has an odd number."""
    namespace = page.get("ns")
    return isinstance(namespace, int) and namespace > 0 and namespace % 2 == 1


def _revision(value: Object, page: Object | None) -> Normalised:
    page = page or {}
    owner, number, made = find_id(page, "pageid"), find_id(value, "revid"), find_text(value, "timestamp")
    before = find_id(value, "parentid")
    content = find_text(value, "slots", "main", "content") or find_text(value, "content")
    return Normalised(
        kind="comment" if _is_talk(page) else "page",
        type="Page",
        item=f"{owner}@{number}" if owner else f"revision:{number}",
        title=find_text(page, "title"),
        text="\n".join(filter(None, (content, find_text(value, "comment")))) or None,
        author=_author(value),
        created=find_instant(made),
        created_text=made,
        thread=owner,
        parent=f"{owner}@{before}" if owner and before not in (None, "0") else None,
        tags=unique(texts(value, "tags")),
        counts=counts_of([("octets", value.get("size"))]),
        flags=_flags(value),
    )


def _file(value: Object, page: Object | None) -> Normalised:
    of_page, made = find_text(page, "title"), find_text(value, "timestamp")
    name = find_text(value, "name") or (of_page or "").partition(":")[2].replace(" ", "_")
    current = find_text(value, "name") is not None
    media_type = find_text(value, "mime")
    role = role_of(media_type)
    url = address(value, "url")
    return Normalised(
        kind="media",
        type=role.capitalize(),
        item=f"file:{name}" if current else f"file:{name}#{made}",
        url=address(value, "descriptionurl"),
        title=find_text(value, "title") or of_page,
        text=find_text(value, "comment"),
        author=_author(value),
        created=find_instant(made),
        created_text=made,
        thread=None if current else f"file:{name}",
        attachments=(Attachment(url=url, role=role, media_type=media_type),) if url else (),
        flags=_flags(value),
    )


def _log_entry(value: Object) -> Normalised:
    made, kind = find_text(value, "timestamp"), find_text(value, "type") or ""
    page = find_id(value, "pageid") or find_id(value, "logpage")
    return Normalised(
        kind="event",
        type=ACTIVITIES.get(kind, "Activity"),
        item=f"log:{find_id(value, 'logid')}",
        title=" ".join(filter(None, (kind, find_text(value, "action"), find_text(value, "title")))) or None,
        text="\n".join(filter(None, (find_text(value, "params", "target_title"), find_text(value, "comment")))) or None,
        author=_author(value),
        created=find_instant(made),
        created_text=made,
        parent=None if page in (None, "0") else page,
        tags=unique(texts(value, "tags")),
        flags=_flags(value),
    )


def _change(value: Object) -> Normalised:
    made, page = find_text(value, "timestamp"), find_id(value, "pageid")
    return Normalised(
        kind="event",
        type="Create" if value.get("type") == "new" else "Update",
        item=f"change:{find_id(value, 'rcid')}",
        title=" ".join(filter(None, (find_text(value, "type"), find_text(value, "title")))) or None,
        text=find_text(value, "comment"),
        author=_author(value),
        created=find_instant(made),
        created_text=made,
        parent=None if page in (None, "0") else page,
        flags=_flags(value),
    )


def _author(value: Object) -> Author | None:
    user, number = find_text(value, "user"), find_id(value, "userid")
    return Author(id=None if number == "0" else number, name=user) if user else None


def _flags(value: Object) -> tuple[str, ...]:
    return tuple(name for name in HIDDEN if value.get(name) is True)


# The server's clock; and when anything changed that a page shows, a template, say.
VOLATILE = ("general.time", "touched")

REVISION = "ids|timestamp|flags|comment|user|userid|size|sha1|tags|contentmodel|content"
FILE = "timestamp|user|userid|comment|url|size|sha1|mime|mediatype"


def _ask(site: Site, **parameters: str) -> str:
    path = urlsplit(site.account.url).path.rstrip("/").removesuffix("/api.php")
    always = {"action": "query", "format": "json", "formatversion": "2"}
    return f"{site.api}{path}/api.php?{urlencode({**always, **parameters})}"


def _start(site: Site) -> Iterable[Question]:
    yield Question("site", _ask(site, meta="siteinfo", siprop="general|namespaces"))
    events = {"leprop": "ids|title|type|user|userid|timestamp|comment|details|tags", "lelimit": "500"}
    yield Question("log", _ask(site, list="logevents", **events))
    changes = {"rcprop": "ids|title|timestamp|user|userid|comment|flags|sizes|sha1", "rclimit": "500"}
    yield Question("changes", _ask(site, list="recentchanges", rctype="edit|new", **changes))
    files = {"aiprop": FILE, "aisort": "timestamp", "aidir": "descending", "ailimit": "500"}
    yield Question("files", _ask(site, list="allimages", **files))


def _of_site(led: Led) -> Iterable[Question]:
    namespaces = member(led.value, "namespaces")
    for number in namespaces if isinstance(namespaces, dict) else ():
        if number.isascii() and number.isdigit():  # those below zero hold no pages
            pages = {
                "generator": "allpages",
                "gapnamespace": number,
                "gaplimit": "500",
                "prop": "info",
                "inprop": "url",
            }
            yield Question("pages", _ask(led.site, **pages), about=f"namespace:{number}")


def _of_page(led: Led) -> Iterable[Question]:
    history = {"prop": "revisions", "rvprop": REVISION, "rvslots": "main", "rvlimit": "50"}
    yield Question("history", _ask(led.site, pageids=led.view.item, **history), about=led.view.item, changed=True)


def _of_file(led: Led) -> Iterable[Question]:
    title = find_text(led.value, "title")
    if title:
        versions = {"prop": "imageinfo", "iiprop": f"{FILE}|archivename", "iilimit": "50"}
        yield Question("file-versions", _ask(led.site, titles=title, **versions), about=led.view.item, changed=True)


def _next(answer: Answer) -> str | None:
    """Return the same question with what the answer says that continues it (mediawiki.org/wiki/API:Continue)."""
    proceed = member(answer.value, "continue")
    if not isinstance(proceed, dict):
        return None
    said = {name: found for name in proceed if (found := find_id(proceed, name)) is not None}
    parts = urlsplit(answer.question.url)
    asked = ((name, value) for name, value in parse_qsl(parts.query) if not name.endswith(("continue", "iistart")))
    return urlunsplit(parts._replace(query=urlencode({**dict(asked), **said}))) if said else None


def _stands_for(answer: Answer) -> int:
    """Return the HTTP status that an answer means: errors come with 200, their code in the body."""
    error = member(answer.value, "error")
    return REFUSED.get(find_text(error, "code") or "", 400) if isinstance(error, dict) else answer.status


def _look_up(site: Site, item: str, _: Kind) -> str | None:
    """Return where a page is asked for, also one of its revisions: they go with it; what hides one is in the log."""
    prefix, colon, name = item.partition(":")
    if not colon:
        return _ask(site, prop="info", pageids=item.partition("@")[0])
    if prefix == "file":
        return _ask(site, prop="imageinfo", iiprop="sha1", titles=f"File:{name.partition('#')[0]}")
    return None


def _standing(answer: Answer) -> Standing:
    page = next(objects(answer.value, "query", "pages"), None)
    if answer.status not in range(200, 300) or page is None:
        return "unknown"
    about_file = "imageinfo" in dict(parse_qsl(urlsplit(answer.question.url).query)).get("prop", "")
    gone = "imageinfo" not in page if about_file else page.get("missing") is True
    return "gone" if gone else "present"


READING = Reading(
    collector="mediawiki/1",
    endpoints={
        "site": Endpoint(title="the site", items=(("query",),), demands="query", leads=_of_site),
        "pages": Endpoint(title="the pages", items=(("query", "pages"),), order="whole", next=_next, leads=_of_page),
        "history": Endpoint(
            title="the history", items=(("query", "pages", "revisions"),), demands="query", order="newest", next=_next
        ),
        "log": Endpoint(title="the log", items=(("query", "logevents"),), demands="query", order="newest", next=_next),
        "changes": Endpoint(
            title="the recent changes",
            items=(("query", "recentchanges"),),
            demands="query",
            order="passing",
            next=_next,
        ),
        "files": Endpoint(
            title="the files",
            items=(("query", "allimages"),),
            demands="query",
            order="newest",
            next=_next,
            leads=_of_file,
        ),
        "file-versions": Endpoint(
            title="the earlier files", items=(("query", "pages", "imageinfo"),), demands="query", next=_next
        ),
    },
    start=_start,
    access=lambda site: Access(origins=frozenset({origin_of(site.api)})),
    look_up=_look_up,
    # A page by itself is spelled without the addresses that its list tells.
    looked_up=("nowhere",),
    standing=_standing,
    stands_for=_stands_for,
)
PLATFORM = Platform(
    name="mediawiki",
    title="MediaWiki",
    dialect=Dialect(view=view_of, paths=PATHS, context=context_of, list_view=lambda _: None, volatile=VOLATILE),
    reading=READING,
)
