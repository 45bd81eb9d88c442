"""Instagram's API with Instagram Login for one account, v26.0, by its reference (developers.facebook.com, 2026)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from tests.platforms.graph import FIELDS, Graph, spelled, words
from tests.platforms.simulator import Asked, Post, RefusedError, Route

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.servers import Answer

PROFILE = words(
    "account_type biography followers_count follows_count id media_count name profile_picture_url user_id username "
    "website"
)
MEDIA = words(
    "alt_text caption children comments_count id is_comment_enabled is_shared_to_feed like_count media_product_type "
    "media_type media_url owner permalink shortcode thumbnail_url timestamp username"
)
OF_OTHERS = words("caption children comments_count id like_count media_type media_url permalink thumbnail_url") | words(
    "timestamp username"
)
COMMENT = words("from hidden id like_count media parent_id replies text timestamp user username")
CONVERSATION = words("id participants updated_time")
MESSAGE = words("attachments created_time from id is_unsupported message reactions shares story to")


class Instagram(Graph):
    """An account on whose posts others comment; a reply is to a comment, never to another reply."""

    name = "instagram"
    version = "v26.0"
    kind = "instagram"
    cannot: ClassVar[Mapping[str, str]] = {
        "reply-to-reply": "what is answered to a reply stands below its comment, too",
        "edit-reply": "a comment cannot be edited",
    }
    nested: ClassVar[frozenset[str]] = words("alt_text id media_type media_url thumbnail_url")
    username = "maple"
    grant = "ig_refresh_token"

    def routes(self) -> Sequence[Route]:
        base, told = f"/{self.version}", {"fields": FIELDS}
        return (
            self.renewal(),
            Route("profile", f"{base}/me", self._me, told, needs=("fields",)),
            Route("posts", f"{base}/178/media", self._posts, self.paged, needs=("fields",)),
            self.edge("178/stories", "other", MEDIA),
            self.edge("178/tags", "other", OF_OTHERS),
            self.edge("178/conversations", "other", CONVERSATION, platform="instagram"),
            self.edge("{id}/messages", "other", MESSAGE),
            Route("replies", f"{base}/{{id}}/comments", self._comments, self.paged, needs=("fields",)),
            Route("replies", f"{base}/{{id}}/replies", self._replies, self.paged, needs=("fields",)),
            Route(
                "item",
                f"{base}/{{id}}",
                self.looked_up({"media": MEDIA, "comment": COMMENT, "reply": COMMENT}),
                told,
                needs=("fields",),
            ),
        )

    def kind_of(self, post: Post) -> str:
        above = self.posts.get(post.parent or "")
        return "media" if post.parent is None else "reply" if above and above.parent else "comment"

    def rendered(self, post: Post) -> dict[str, Any]:
        node = self._as_media(post) if post.parent is None else self._as_comment(post)
        return self.chosen(node, self.kind_of(post))

    def _as_media(self, post: Post) -> dict[str, Any]:
        return {
            "id": post.id,
            "caption": post.text,
            "media_type": "IMAGE",
            "media_product_type": "FEED",
            # Where the media may not be handed out, for its music say, the address is left out.
            "media_url": f"{post.image}?oh=s{post.likes}" if post.image else None,
            "permalink": f"https://www.instagram.com/p/C{post.number}/",
            "shortcode": f"C{post.number}",
            "timestamp": spelled(post.made),
            "username": self.username,
            "owner": {"id": "178"},
            "is_comment_enabled": True,
            "comments_count": len(self.below(post.id, deep=True)),
            "like_count": post.likes,
        }

    def _as_comment(self, post: Post) -> dict[str, Any]:
        above = self.posts.get(post.parent or "")
        is_reply = above is not None and above.parent is not None
        replies = [{"id": below.id} for below in self.below(post.id)][:1]
        return {
            "id": post.id,
            "text": post.text,
            "timestamp": spelled(post.made),
            "username": "citizen",
            "from": {"id": "555", "username": "citizen"},
            "hidden": post.id in self.moderated,
            "like_count": post.likes,
            "parent_id": post.parent if is_reply else None,
            "media": {"id": above.parent if above and is_reply else post.parent},
            "replies": {"data": replies} if replies else None,
        }

    def _me(self, asked: Asked) -> Answer:
        self.fields(asked, "profile", PROFILE)
        node = {
            "id": "900",
            "user_id": "178",
            "username": self.username,
            "name": "Écoles",
            "media_count": len(self.own()),
        }
        return self.answered(self.chosen(node, "profile"))

    def _posts(self, asked: Asked) -> Answer:
        self.fields(asked, "media", MEDIA)
        return self.pages(self.own(), asked, self.rendered)

    def _comments(self, asked: Asked) -> Answer:
        self.fields(asked, "comment", COMMENT)
        return self._below(asked)

    def _replies(self, asked: Asked) -> Answer:
        self.fields(asked, "reply", COMMENT)
        if self.found(asked.part["id"]).parent is None:
            raise RefusedError("bad-request", "a post has comments, no replies")
        return self._below(asked)

    def _below(self, asked: Asked) -> Answer:
        found = sorted(self.below(self.found(asked.part["id"]).id), key=lambda post: -post.number)
        return self.pages(found, asked, self.rendered)


SIMULATOR = Instagram
