"""LinkedIn: how the objects of its versioned API read. Pure.

Source: learn.microsoft.com/linkedin/marketing: Posts, Comments, Images, Videos, Documents, Organization Lookup,
Social Metadata and Organization Social Action Notifications. Everything goes by its URN.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archiver.parsing.dates import instant_of_millis
from archiver.parsing.shapes import Object, address, find_id, find_text, member, objects
from archiver.parsing.text import counts_of, unique
from archiver.platforms.dialect import Context, Dialect
from schemas.record import Attachment, Author, Normalised

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemas.record import Role

SITE = "https://www.linkedin.com"
ACTIVITIES = {
    "LIKE": "Like",
    "COMMENT": "Create",
    "ADMIN_COMMENT": "Create",
    "COMMENT_EDIT": "Update",
    "COMMENT_DELETE": "Delete",
    "SHARE": "Announce",
    "SHARE_MENTION": "Create",
}
FILES: dict[str, Role] = {"urn:li:image:": "image", "urn:li:video:": "video", "urn:li:document:": "document"}
VOLATILE = (
    *("likesSummary", "commentsSummary"),
    *("content.poll.uniqueVotersCount", "content.poll.options.voteCount", "content.poll.options.isVotedByViewer"),
    *("downloadUrl", "downloadUrlExpiresAt", "thumbnail?", "content.url"),
)


def view_of(value: Object, _: Context) -> Normalised | None:
    """Return what an object says, told by its members alone."""
    if "notificationId" in value and "action" in value:
        return _notification(value)
    identifier = find_id(value, "id")
    if "actor" in value and "message" in value and "object" in value:
        return _comment(value)
    if identifier and "author" in value and "lifecycleState" in value:
        return _post(value, identifier)
    if identifier and "owner" in value and "status" in value:
        return _file(value, identifier)
    if identifier and "localizedName" in value:
        return _organisation(value, identifier)
    if "commentsState" in value and "entity" in value:
        return _metadata(value)
    return _followers(value) if "firstDegreeSize" in value else None


def list_view(value: Object) -> Normalised | None:
    """Return what a page of a list says of itself."""
    if not isinstance(value.get("elements", value.get("notifications")), list):
        return None
    return Normalised(kind="list", type="Collection", item="")


def files_of(content: Any) -> Iterator[tuple[str, str | None]]:  # noqa: ANN401 - any JSON
    """Yield the URNs of the files that the content of a post shows, each with its alternative text."""
    single = member(content, "media")
    for shown in (single, *objects(content, "multiImage", "images")):
        named = find_text(shown, "id")
        if named:
            yield named, find_text(shown, "altText")
    thumbnail = find_text(content, "article", "thumbnail")
    if thumbnail:
        yield thumbnail, None


def _post(value: Object, identifier: str) -> Normalised:
    content = member(value, "content")
    options = [text for option in objects(content, "poll", "options") if (text := find_text(option, "text"))]
    shared = find_text(value, "reshareContext", "parent")
    described = (
        find_text(value, "commentary"),
        find_text(content, "article", "title"),
        find_text(content, "article", "description"),
        find_text(content, "poll", "question"),
        *options,
        *(alt for _, alt in files_of(content)),
    )
    created = value.get("publishedAt") or value.get("createdAt")
    edited = member(value, "lifecycleStateInfo", "isEditedByAuthor") is True
    return Normalised(
        kind="post",
        type="Announce" if shared else "Question" if options else "Note",
        item=identifier,
        url=f"{SITE}/feed/update/{identifier}",
        title=find_text(content, "media", "title"),
        text="\n".join(filter(None, described)) or None,
        author=_author(value.get("author")),
        created=instant_of_millis(created),
        created_text=find_id({"at": created}, "at"),
        edited=instant_of_millis(value.get("lastModifiedAt")) if edited else None,
        links=unique(
            (
                address(content, "article", "source"),
                *(f"{SITE}/feed/update/{urn}" for urn in (shared,) if urn),
            )
        ),
        counts=counts_of([("voters", member(content, "poll", "uniqueVotersCount"))]),
        flags=() if value.get("lifecycleState") == "PUBLISHED" else ("not-published",),
    )


def _comment(value: Object) -> Normalised:
    about, number = find_text(value, "object"), find_id(value, "id")
    composed = f"urn:li:comment:({about},{number})" if about and number else ""
    item = find_text(value, "commentUrn") or find_text(value, "$URN") or composed
    parent = find_text(value, "parentComment")
    created, changed = member(value, "created", "time"), member(value, "lastModified", "time")
    pictures = unique(address(shown, "url") for shown in objects(value, "content"))
    return Normalised(
        kind="reply" if parent else "comment",
        type="Note",
        item=item,
        url=f"{SITE}/feed/update/{about}?commentUrn={item}" if about else None,
        text=find_text(value, "message", "text"),
        author=_author(value.get("actor")),
        created=instant_of_millis(created),
        created_text=find_id({"at": created}, "at"),
        edited=instant_of_millis(changed) if changed != created else None,
        thread=about,
        parent=parent or about,
        attachments=tuple(Attachment(url=url, role="image") for url in pictures),
        counts=counts_of(
            [
                ("likes", member(value, "likesSummary", "totalLikes")),
                ("replies", member(value, "commentsSummary", "aggregatedTotalComments")),
            ]
        ),
    )


def _file(value: Object, identifier: str) -> Normalised:
    role: Role = next((role for prefix, role in FILES.items() if identifier.startswith(prefix)), "document")
    url = address(value, "downloadUrl")
    return Normalised(
        kind="media",
        type=role.capitalize(),
        item=identifier,
        author=_author(value.get("owner")),
        attachments=(Attachment(url=url, role=role),) if url else (),
        flags=() if value.get("status") == "AVAILABLE" else ("not-available",),
    )


def _organisation(value: Object, number: str) -> Normalised:
    vanity = find_text(value, "vanityName")
    page = f"{SITE}/company/{vanity or number}"
    name = find_text(value, "localizedName")
    return Normalised(
        kind="profile",
        type="Organization",
        item=f"urn:li:organization:{number}",
        url=page,
        title=name,
        text=find_text(value, "localizedDescription"),
        author=Author(id=f"urn:li:organization:{number}", name=name, handle=vanity, url=page),
        links=unique((address(value, "localizedWebsite"),)),
    )


def _metadata(value: Object) -> Normalised:
    about = find_text(value, "entity")
    summaries = member(value, "reactionSummaries")
    reactions = summaries.items() if isinstance(summaries, dict) else ()
    return Normalised(
        kind="event",
        type="Collection",
        item=f"reactions:{about}",
        title="reactions and comments, counted",
        thread=about,
        parent=about,
        counts=counts_of(
            [
                *((name.lower(), member(summary, "count")) for name, summary in reactions),
                ("comments", member(value, "commentSummary", "count")),
            ]
        ),
        flags=() if value.get("commentsState") == "OPEN" else ("comments-closed",),
    )


def _followers(value: Object) -> Normalised:
    return Normalised(
        kind="event",
        type="Collection",
        item="followers",
        title="followers, counted",
        counts=counts_of([("followers", value.get("firstDegreeSize"))]),
    )


def _notification(value: Object) -> Normalised:
    about = find_text(value, "generatedActivity")
    made = value.get("lastModifiedAt")
    decorated = member(value, "decoratedGeneratedActivity")
    shown = member(decorated, "comment") or member(decorated, "share") or decorated
    return Normalised(
        kind="event",
        type=ACTIVITIES.get(str(value.get("action")), "Activity"),
        item=f"notification:{find_id(value, 'notificationId')}",
        title=find_text(value, "action"),
        text=find_text(shown, "text") or find_text(shown, "message", "text") or find_text(shown, "commentary"),
        author=_author(find_text(shown, "owner") or find_text(shown, "actor") or find_text(shown, "author")),
        created=instant_of_millis(made),
        created_text=find_id(value, "lastModifiedAt"),
        thread=find_text(value, "sourcePost"),
        parent=about or find_text(value, "sourcePost"),
    )


def _author(urn: Any) -> Author | None:  # noqa: ANN401 - any JSON
    if not isinstance(urn, str) or not urn:
        return None
    number = urn.rpartition(":")[2]
    return Author(id=urn, url=f"{SITE}/company/{number}" if urn.startswith("urn:li:organization:") else None)


DIALECT = Dialect(
    view=view_of,
    paths=(("elements",), ("notifications",)),
    context=lambda _: {},
    list_view=list_view,
    volatile=VOLATILE,
)
