"""Facebook Pages: what is asked of the Graph API, with the fields that are kept, and in which order. Pure.

Sources: developers.facebook.com, Graph API reference: Page, Page Post, Comment, Photo, Album, Video, Conversation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from archiver.parsing.shapes import find_id, find_text
from archiver.platforms.authorisation import Given
from archiver.platforms.facebook_objects import view_of
from archiver.platforms.graph import handle_in, handle_of, node, stands_for
from archiver.platforms.graph_events import WEBHOOK
from archiver.platforms.graph_reading import conversations, dialect, listed, reading, single
from archiver.platforms.platform import Platform
from archiver.platforms.reading import Question

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archiver.platforms.reading import Known, Led, Site
    from schemas.account import Account
    from schemas.record import Normalised

# Of edges within a node the count alone: what they hold is asked for by itself. Posts and comments alone have reactions
# ("Object Reactions"); one field that a node has not, and the edge refuses as a whole.
TOTALS = "comments.limit(0).summary(true),{}.limit(0).summary(true)"
OF_POSTS, OF_MEDIA_NODES = TOTALS.format("reactions"), TOTALS.format("likes")
ATTACHMENT = "media_type,type,title,description,url,unshimmed_url,media,target"
PAGE_FIELDS = (
    "id,name,username,about,bio,description,mission,company_overview,category,category_list,link,website,phone,emails,"
    "location,single_line_address,hours,cover,picture{cache_key,url,is_silhouette},fan_count,followers_count,"
    "overall_star_rating,rating_count,verification_status,is_published"
)
POST_FIELDS = (
    "id,created_time,updated_time,backdated_time,from,to,message,message_tags,story,story_tags,status_type,permalink_url,"
    "full_picture,parent_id,place,privacy,is_hidden,is_published,is_expired,event,properties,shares,"
    f"attachments{{{ATTACHMENT},subattachments.limit(100){{{ATTACHMENT}}}}},{OF_POSTS}"
)
COMMENT_FIELDS = (
    "id,created_time,from,message,message_tags,permalink_url,parent{id},is_hidden,is_private,"
    "attachment,can_hide,can_remove,comment_count,like_count,live_broadcast_timestamp"
)
PHOTO_FIELDS = (
    "id,created_time,updated_time,backdated_time,from,name,name_tags,alt_text,alt_text_custom,album{id,name},images,link,"
    f"page_story_id,place,{OF_MEDIA_NODES}"
)
ALBUM_FIELDS = "id,created_time,updated_time,from,name,description,link,type,count,cover_photo{id},location,place"
VIDEO_FIELDS = (
    "id,created_time,updated_time,backdated_time,from,title,description,permalink_url,post_id,length,source,status,"
    f"published,live_status,content_tags,place,captions{{locale,locale_name,uri}},{OF_MEDIA_NODES}"
)
LIVE_FIELDS = "id,creation_time,from,title,description,permalink_url,status,live_views,embed_html,video{id}"
STORY_FIELDS = "post_id,status,creation_time,media_type,media_id,url"
RATING_FIELDS = (
    "created_time,has_rating,has_review,rating,recommendation_type,review_text,reviewer{id,name},open_graph_story{id}"
)
CONVERSATION_FIELDS = "id,link,updated_time,message_count,unread_count,participants"
MESSAGE_FIELDS = (
    "id,created_time,from,to,message,tags,sticker,is_unsupported,shares{link,name,description},"
    "attachments{id,mime_type,name,size,image_data,video_data,file_url}"
)

FIELDS = {
    "profile": PAGE_FIELDS,
    "post": POST_FIELDS,
    "comment": COMMENT_FIELDS,
    "reply": COMMENT_FIELDS,
    "photo": PHOTO_FIELDS,
    "video": VIDEO_FIELDS,
    "live": LIVE_FIELDS,
    "album": ALBUM_FIELDS,
}

OF_MEDIA = ("media.image.src", "media.source", "url", "target.url")
SIGNED = (
    *(f"{shown}.{name}" for shown in ("attachments.data", "attachments.data.subattachments.data") for name in OF_MEDIA),
    *(f"attachment.{name}" for name in OF_MEDIA),
    *(f"attachments.data.{name}" for name in ("image_data.url", "image_data.preview_url", "file_url")),
    *(f"attachments.data.video_data.{name}" for name in ("url", "preview_url")),
    *("full_picture", "images.source", "source", "captions.data.uri", "cover.source", "picture.data.url", "embed_html"),
)
COUNTED = (
    *("comments", "likes", "reactions", "shares", "comment_count", "like_count", "live_views", "unread_count"),
    *("fan_count", "followers_count", "overall_star_rating", "rating_count"),
)
# What the reader may do, when a comment last came in, and who people are today.
OF_TODAY = (
    *("can_hide", "can_remove", "updated_time", "from.name", "from.email", "from.username", "to.data.name"),
    *("to.data.email", "to.data.username", "reviewer.name", "participants.data.name", "participants.data.email"),
)


def _identity(account: Account, held: Known) -> str:
    """Return the page's id: that of the one page that is held, or else the number in its address.

    A page of the new kind has another number in its address, that of its profile, so what is held goes first.
    """
    numbered = [item for item in held if item.isdigit()]
    pages = [item for item in numbered if held[item][0].kind == "profile"]
    named = handle_in(account.url)
    return pages[0] if len(pages) == 1 else named if named.isdigit() and not pages else ""


def _start(site: Site) -> Iterable[Question]:
    yield Question("profile", node(site, handle_of(site), fields=PAGE_FIELDS))


def _of_profile(led: Led) -> Iterable[Question]:
    site, page = led.site, led.view.item

    def edge(endpoint: str, name: str, fields: str, *, limit: int = 50, seldom: bool = False, **more: str) -> Question:
        return Question(endpoint, node(site, page, name, fields=fields, limit=str(limit), **more), seldom=seldom)

    yield edge("stories", "stories", STORY_FIELDS)
    yield edge("posts", "published_posts", POST_FIELDS)
    yield edge("visitor_posts", "visitor_posts", POST_FIELDS)
    yield edge("tagged", "tagged", POST_FIELDS)
    yield edge("feed", "feed", POST_FIELDS, seldom=True)
    yield edge("photos", "photos", PHOTO_FIELDS, type="uploaded")
    yield edge("videos", "videos", VIDEO_FIELDS)
    yield edge("reels", "video_reels", VIDEO_FIELDS)
    yield edge("live", "live_videos", LIVE_FIELDS)
    yield edge("albums", "albums", ALBUM_FIELDS, seldom=True)
    yield edge("ratings", "ratings", RATING_FIELDS)
    yield edge("conversations", "conversations", CONVERSATION_FIELDS, platform="messenger")


def _comments(led: Led, *, empty: bool = False) -> Question:
    item = led.view.item
    number = find_id(led.value, "id") or ""
    told = {"filter": "stream", "order": "reverse_chronological", "limit": "100"}
    return Question("comments", node(led.site, number, "comments", fields=COMMENT_FIELDS, **told), item, empty=empty)


def _of_post(led: Led) -> Iterable[Question]:
    yield _comments(led)


def _of_media(led: Led) -> Iterable[Question]:
    """A picture's comments are its own also where it is one of several in a post; most have none."""
    yield _comments(led, empty=not led.view.counts.get("comments"))


def _of_story(led: Led) -> Iterable[Question]:
    media = find_id(led.value, "media_id")
    if media is not None:
        fields = VIDEO_FIELDS if find_text(led.value, "media_type") == "video" else PHOTO_FIELDS
        yield Question("story", node(led.site, media, fields=fields), led.view.item, changed=True)


def _as_comment(view: Normalised, question: Question) -> Normalised:
    kind = "reply" if view.parent else "comment"
    return msgspec.structs.replace(view, kind=kind, thread=question.about, parent=view.parent or question.about)


def _below(view: Normalised, question: Question) -> Normalised:
    return msgspec.structs.replace(view, thread=question.about)


READING = reading(
    "facebook/1",
    api="https://graph.facebook.com",
    start=_start,
    endpoints={
        "profile": single("the page", leads=_of_profile),
        "posts": listed("the posts", "newest", leads=_of_post),
        "visitor_posts": listed("the visitors' posts", "newest", leads=_of_post),
        "tagged": listed("the posts that tag the page", "newest", leads=_of_post),
        "feed": listed("the feed", "newest", leads=_of_post),
        "photos": listed("the photos", "newest", leads=_of_media),
        "videos": listed("the videos", "newest", leads=_of_media),
        "reels": listed("the reels", "newest", leads=_of_media),
        "live": listed("the live videos", "newest"),
        "albums": listed("the albums", "whole"),
        "ratings": listed("the ratings", "newest"),
        # A story ends by itself.
        "stories": listed("the stories", "passing", leads=_of_story),
        "story": single("what a story shows", seen_as=_below),
        **conversations(MESSAGE_FIELDS, limit=100),
        "comments": listed("the comments", "newest", seen_as=_as_comment),
    },
    fields=FIELDS,
    stands_for=stands_for,
    identity=_identity,
)
PLATFORM = Platform(
    name="facebook",
    title="Facebook",
    dialect=dialect(view_of, (*SIGNED, *COUNTED, *OF_TODAY)),
    reading=READING,
    webhook=WEBHOOK,
    authorisation=Given(
        steps=(
            "At developers.facebook.com, create an app of the type 'Business' in the body's own business portfolio.",
            "In the Business Settings add a system user, and assign the page to it with full access to its content.",
            "Generate a token that never expires: pages_show_list, pages_read_engagement, pages_read_user_content.",
            "For messages it needs pages_messaging and pages_manage_metadata, too; no other permission is needed.",
            "In the Graph API Explorer ask with that token for PAGE?fields=access_token: copy the page's own token.",
        )
    ),
)
