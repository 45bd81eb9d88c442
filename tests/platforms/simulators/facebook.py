"""The Graph API for one Facebook page, v26.0, as its reference has it (developers.facebook.com, 2026)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from tests.platforms.graph import FIELDS, Graph, spelled, words
from tests.platforms.simulator import Asked, Post, Route

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.servers import Answer

PAGE = words(
    "about bio category category_list company_overview cover description emails fan_count followers_count hours id "
    "link location mission name overall_star_rating phone picture rating_count single_line_address username "
    "verification_status website is_published"
)
POST = words(
    "actions attachments backdated_time comments created_time event from full_picture icon id is_expired is_hidden "
    "is_published message message_tags parent_id permalink_url place privacy properties reactions shares status_type "
    "story story_tags targeting to updated_time"
)
COMMENT = words(
    "attachment can_comment can_hide can_like can_remove comment_count created_time from id is_hidden is_private "
    "like_count live_broadcast_timestamp message message_tags object parent permalink_url user_likes"
)
PHOTO = words(
    "album alt_text alt_text_custom backdated_time comments created_time from height id images likes link name "
    "name_tags page_story_id place updated_time width"
)
VIDEO = words(
    "backdated_time captions comments content_tags created_time description from id length likes live_status "
    "permalink_url place post_id published source status title updated_time"
)
LIVE = words("creation_time description embed_html from id live_views permalink_url status title video")
ALBUM = words("count cover_photo created_time description from id link location name place type updated_time")
RATING = words("created_time has_rating has_review open_graph_story rating recommendation_type review_text reviewer")
STORY = words("creation_time media_id media_type post_id status url")
CONVERSATION = words("id link message_count participants senders snippet unread_count updated_time")
MESSAGE = words("attachments created_time from id is_unsupported message reactions shares sticker story tags to")


class Facebook(Graph):
    """A page that everybody may comment on; replies to comments have comments above them."""

    name = "facebook"
    version = "v26.0"
    kind = "pages"
    nested: ClassVar[frozenset[str]] = words(
        "album attachments cache_key description file_url id image_data is_silhouette link locale locale_name media "
        "media_type mime_type name size subattachments target title type unshimmed_url uri url "
        "video_data"
    )

    def routes(self) -> Sequence[Route]:
        base = f"/{self.version}"
        posts = {**self.paged, "since": r"\d+", "until": r"\d+"}
        told = {**self.paged, "filter": "stream|toplevel", "order": "chronological|reverse_chronological"}
        return (
            Route("profile", f"{base}/maple", self._page, {"fields": FIELDS}, needs=("fields",)),
            Route("posts", f"{base}/100/published_posts", self._posts, posts, needs=("fields",)),
            *(self.edge(f"100/{name}", "other", POST) for name in ("visitor_posts", "tagged", "feed")),
            self.edge("100/photos", "other", PHOTO, type="uploaded|tagged|profile"),
            *(self.edge(f"100/{name}", "other", VIDEO) for name in ("videos", "video_reels")),
            self.edge("100/live_videos", "other", LIVE),
            self.edge("100/albums", "other", ALBUM),
            self.edge("100/ratings", "other", RATING),
            self.edge("100/stories", "other", STORY),
            self.edge("100/conversations", "other", CONVERSATION, platform="messenger|instagram"),
            self.edge("{id}/messages", "other", MESSAGE),
            Route("replies", f"{base}/{{id}}/comments", self._comments, told, needs=("fields",)),
            Route(
                "item",
                f"{base}/{{id}}",
                self.looked_up({"post": POST, "comment": COMMENT}),
                {"fields": FIELDS},
                needs=("fields",),
            ),
        )

    def numbered(self, number: int) -> str:
        return f"100_{number}"

    def kind_of(self, post: Post) -> str:
        return "post" if post.parent is None else "comment"

    def rendered(self, post: Post) -> dict[str, Any]:
        node = self._as_post(post) if post.parent is None else self._as_comment(post)
        return self.chosen(node, self.kind_of(post))

    def _as_post(self, post: Post) -> dict[str, Any]:
        media = {"image": {"height": 720, "width": 720, "src": f"{post.image}?oh=s{post.likes}"}}
        shown = {"media_type": "photo", "type": "photo", "description": post.text, "media": media}
        return {
            "id": post.id,
            "created_time": spelled(post.made),
            "updated_time": spelled(self.clock.at if post.likes else post.edited or post.made),
            "from": {"name": "Écoles Maple Grove", "id": "100"},
            "message": post.text,
            "permalink_url": f"https://www.facebook.com/100/posts/{post.number}",
            "is_hidden": False,
            "is_published": True,
            "attachments": {"data": [shown]} if post.image else None,
            "comments": {"data": [], "summary": {"total_count": len(self.below(post.id, deep=True))}},
            "reactions": {"data": [], "summary": {"total_count": post.likes, "viewer_reaction": "NONE"}},
        }

    def _as_comment(self, post: Post) -> dict[str, Any]:
        above = self.posts.get(post.parent or "")
        return {
            "id": post.id,
            "created_time": spelled(post.made),
            "from": {"name": "A Citizen", "id": "555"},
            "message": post.text,
            "parent": {"id": post.parent} if above and above.parent else None,
            "is_hidden": post.id in self.moderated,
            "is_private": False,
            "can_hide": True,
            "can_remove": True,
            "comment_count": len(self.below(post.id)),
            "like_count": post.likes,
        }

    def _page(self, asked: Asked) -> Answer:
        self.fields(asked, "page", PAGE)
        node = {"id": "100", "name": "Écoles Maple Grove", "username": "maple", "fan_count": 7 + len(self.posts)}
        return self.answered(self.chosen(node, "page"))

    def _posts(self, asked: Asked) -> Answer:
        self.fields(asked, "post", POST)
        return self.pages(self.own(), asked, self.rendered)

    def _comments(self, asked: Asked) -> Answer:
        self.fields(asked, "comment", COMMENT)
        number = asked.part["id"]
        stream = asked.query.get("filter") == "stream"
        shown = {one.get("id") for held in self.edges.values() for one in held} | self.nodes.keys()
        found = self.below(number if number in shown else self.found(number).id, deep=stream)
        found = sorted(found, key=lambda post: -post.number)
        return self.pages(found, asked, self.rendered)


SIMULATOR = Facebook
