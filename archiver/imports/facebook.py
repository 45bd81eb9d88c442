"""Facebook's "Download your information", of a person or a Page, in JSON: three layouts of folders, one of items. Pure.

Only what Facebook gives in JSON is read; an export in HTML is kept as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from archiver.imports.format import Format, ending, file
from archiver.imports.meta_parts import (
    attachment_of,
    attachments_of,
    first_texts,
    instant_at,
    key_of,
    listed,
    read_conversation,
    single,
    text_at,
)
from archiver.parsing.json_streams import Broken, pieces
from archiver.parsing.shapes import find_text, member, objects
from archiver.parsing.text import find_address, unique
from schemas.record import Author, Normalised

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from archiver.imports.format import Asked
    from archiver.parsing.json_slices import Buffer
    from archiver.parsing.shapes import Object

POSTS = (
    r"posts/(?:your_posts.*|profile_posts.*|.*wall_posts.*|.*posts_on_other.*|other_people.*|posts_from_.*)"
    r"|stories/.*stor(?:y|ies)[^/]*|groups/your_posts_in_groups|groups/group_posts.*"
    r"|posts/content_sharing_links.*|posts/archive|posts/trash"
)
MEDIA = r"(?:posts|photos_and_videos)/(?:your_videos|your_photos|your_uncategorized_photos|other_photos.*)"
COMMENTS = r"(?:comments|comments_and_reactions|groups)/(?:comments|your_comments.*)"
REACTIONS = r"(?:likes_and_reactions|comments_and_reactions)/(?:posts_and_comments|likes_and_reactions.*|pages)"
MESSAGES = r"messages/[^/]+/[^/]+/message_\d+"
PROFILE = r"(?:profile_information|personal_information/profile_information)/profile_information"
ALBUMS = r"(?:posts|photos_and_videos)/album/\d+"


def _entries(value: Object) -> Iterator[Object]:
    for one in objects(value, "attachments"):
        yield from objects(one, "data")


def _post(value: Object, asked: Asked) -> Normalised | None:
    created, created_text = instant_at(value, "timestamp")
    if created is None and "data" not in value and "attachments" not in value:
        return None
    said = list(objects(value, "data"))
    entries = list(_entries(value))
    attachments = attachments_of(member(entry, "media") for entry in entries)
    shared = [member(entry, "external_context") for entry in entries]
    text = first_texts(
        *(text_at(one, "post") for one in said),
        *(text_at(entry, "text") for entry in entries),
        *(text_at(entry, "media", "description") for entry in entries),
        *(text_at(entry, "place", "name") for entry in entries),
    )
    edited = next((found for one in said if (found := instant_at(one, "update_timestamp")[0])), None)
    return Normalised(
        kind="post",
        type="Note",
        item=key_of("post", created_text, (text,), attachments),
        title=text_at(value, "title"),
        text=text,
        author=asked.owner,
        created=created,
        created_text=created_text,
        edited=edited,
        attachments=attachments,
        tags=unique(text_at(tag, "name") for tag in objects(value, "tags")),
        links=unique(find_address(text_at(one, "url"), base="") for one in shared),
    )


def _comment(value: Object, asked: Asked) -> Normalised | None:
    said = next((one for entry in objects(value, "data") if isinstance(one := entry.get("comment"), dict)), None)
    if said is None:
        return None
    created, created_text = instant_at(said, "timestamp")
    if created is None:
        created, created_text = instant_at(value, "timestamp")
    entries = list(_entries(value))
    attachments = attachments_of(member(entry, "media") for entry in entries)
    author = text_at(said, "author")
    text = text_at(said, "comment")
    return Normalised(
        kind="comment",
        type="Note",
        item=key_of("comment", created_text, (author, text), attachments),
        title=text_at(value, "title"),
        text=text,
        author=Author(name=author) if author else asked.owner,
        created=created,
        created_text=created_text,
        thread=text_at(said, "group"),
        attachments=attachments,
        links=unique(find_address(text_at(entry, "external_context", "url"), base="") for entry in entries),
    )


def _reaction(value: Object, asked: Asked) -> Normalised | None:
    created, created_text = instant_at(value, "timestamp")
    said = next((one for entry in objects(value, "data") if isinstance(one := entry.get("reaction"), dict)), None)
    title = text_at(value, "title") or text_at(value, "name")
    if created is None and said is None:
        return None
    actor, named = text_at(said, "actor"), find_text(said, "reaction")
    return Normalised(
        kind="event",
        type="Like",
        item=key_of("reaction", created_text, (actor, named, title), ()),
        title=title,
        text=named,
        author=Author(name=actor) if actor else asked.owner,
        created=created,
        created_text=created_text,
    )


def _medium(value: Object, asked: Asked) -> Normalised | None:
    attachment = attachment_of(value)
    if attachment is None:
        return None
    created, created_text = instant_at(value, "creation_timestamp")
    return Normalised(
        kind="media",
        type={"video": "Video", "image": "Image", "audio": "Audio"}.get(attachment.role, "Document"),
        item=key_of("media", created_text, (), (attachment,)),
        title=text_at(value, "title"),
        text=text_at(value, "description"),
        author=asked.owner,
        created=created,
        created_text=created_text,
        attachments=(attachment,),
    )


def _album(value: Object, asked: Asked) -> Normalised | None:
    photos = attachments_of(objects(value, "photos"))
    if "photos" not in value:
        return None
    edited, edited_text = instant_at(value, "last_modified_timestamp")
    name = text_at(value, "name")
    return Normalised(
        kind="post",
        type="Document",
        item=key_of("album", None, (name,), photos[:1]),
        title=name,
        text=first_texts(
            text_at(value, "description"), *(text_at(one, "description") for one in objects(value, "photos"))
        ),
        author=asked.owner,
        created_text=edited_text,
        edited=edited,
        attachments=photos,
    )


def _profile(value: Object, asked: Asked) -> Normalised | None:
    said = next((one for name in ("profile_v2", "profile", "page") if isinstance(one := value.get(name), dict)), None)
    if said is None:
        return None
    created, created_text = instant_at(said, "registration_timestamp")
    name = text_at(said, "name", "full_name") or text_at(said, "name")
    url = find_address(text_at(said, "profile_uri"), base="")
    return Normalised(
        kind="profile",
        type="Person",
        item="profile",
        url=url,
        title=name,
        text=first_texts(text_at(said, "about_me"), text_at(said, "intro_bio", "name")),
        author=asked.owner,
        created=created,
        created_text=created_text,
        links=unique(find_address(text_at(one, "address"), base="") for one in objects(said, "websites")),
    )


def _gathered(content: Buffer) -> Mapping[str, str]:
    for piece in pieces(content):
        if not isinstance(piece, Broken) and isinstance(piece.value, dict):
            for name in ("profile_v2", "profile"):
                said = piece.value.get(name)
                found = text_at(said, "name", "full_name") or text_at(said, "name")
                if found:
                    return {"name": found}
    return {}


def _owner(about: Mapping[str, str]) -> Author | None:
    return Author(name=about["name"]) if about.get("name") else None


FORMAT = Format(
    collector="facebook-export/1",
    title="a Facebook export",
    platforms=("facebook",),
    mark=ending(rf"(?:{POSTS}|{COMMENTS}|{REACTIONS})\.json|.*facebook[^/]*/(?:messages|posts|.*information)/.*\.json"),
    files=(
        file(rf"(?:{ALBUMS})\.json", "an album", single(_album)),
        file(rf"(?:{MEDIA})\.json", "media", listed(_medium)),
        file(rf"(?:{POSTS})\.json", "posts", listed(_post)),
        file(rf"(?:{COMMENTS})\.json", "comments", listed(_comment)),
        file(rf"(?:{REACTIONS})\.json", "reactions", listed(_reaction)),
        file(rf"{MESSAGES}\.json", "messages", read_conversation),
        file(rf"(?:{PROFILE})\.json", "the profile", single(_profile)),
    ),
    gather=((ending(rf"(?:{PROFILE})\.json"), _gathered),),
    owner=_owner,
)
