"""The Threads API for one account, v1.0, as its reference has it (developers.facebook.com, 2026)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from tests.platforms.graph import FIELDS, Graph, spelled, words
from tests.platforms.simulator import Asked, Post, Route

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.servers import Answer

PROFILE = words("id is_verified name threads_biography threads_profile_picture_url username")
BOTH = words(
    "children gif_url has_replies id is_quote_post media_product_type media_type media_url permalink quoted_post "
    "reply_audience reposted_post shortcode text thumbnail_url timestamp topic_tag username is_reply "
    "alt_text link_attachment_url location_id poll_attachment"
)
POST = BOTH | words("is_spoiler_media location owner text_attachment text_entities")
REPLY = BOTH | words("hide_status is_reply_owned_by_me is_verified profile_picture_url replied_to root_post")


class Threads(Graph):
    """An account that others answer, to any depth; what was answered stays when the post goes."""

    name = "threads"
    version = "v1.0"
    kind = "threads"
    tells_version = False
    replies_go_too = False
    cannot: ClassVar[Mapping[str, str]] = {"like": "counts are told by insights alone"}
    nested: ClassVar[frozenset[str]] = words("alt_text gif_url id media_type media_url thumbnail_url")
    path_of_account = "/@maple"
    username = "maple"
    grant = "th_refresh_token"

    def routes(self) -> Sequence[Route]:
        base, told = f"/{self.version}", {"fields": FIELDS}
        ordered = {**self.paged, "reverse": "true|false"}
        return (
            self.renewal(),
            Route("profile", f"{base}/me", self._me, told, needs=("fields",)),
            Route("posts", f"{base}/900/threads", self._posts, self.paged, needs=("fields",)),
            self.edge("900/replies", "other", REPLY),
            Route("replies", f"{base}/{{id}}/conversation", self._conversation, ordered, needs=("fields",)),
            Route("replies", f"{base}/{{id}}/replies", self._replies, ordered, needs=("fields",)),
            Route("item", f"{base}/{{id}}", self.looked_up({"post": POST, "reply": REPLY}), told, needs=("fields",)),
        )

    def kind_of(self, post: Post) -> str:
        return "post" if post.parent is None else "reply"

    def rendered(self, post: Post) -> dict[str, Any]:
        return self.chosen(self._as_media(post), self.kind_of(post))

    def _as_media(self, post: Post) -> dict[str, Any]:
        return {
            "id": post.id,
            "media_product_type": "THREADS",
            "media_type": "IMAGE" if post.image else "TEXT_POST",
            "media_url": f"{post.image}?oh=s1" if post.image else None,
            "permalink": f"https://www.threads.com/@maple/post/D{post.number}",
            "username": self.username if post.parent is None else "citizen",
            "text": post.text,
            "timestamp": spelled(post.made),
            "shortcode": f"D{post.number}",
            "is_quote_post": False,
            "has_replies": bool(self.below(post.id)),
            "is_reply": post.parent is not None,
            "root_post": {"id": self._root(post)} if post.parent else None,
            "replied_to": {"id": post.parent} if post.parent else None,
            "hide_status": ("HIDDEN" if post.id in self.moderated else "NOT_HUSHED") if post.parent else None,
        }

    def _root(self, post: Post) -> str:
        above = self.posts.get(post.parent or "")
        return self._root(above) if above else post.parent or post.id

    def _me(self, asked: Asked) -> Answer:
        self.fields(asked, "profile", PROFILE)
        node = {"id": "900", "username": self.username, "name": "Maple Grove", "threads_biography": "Écoles"}
        return self.answered(self.chosen(node, "profile"))

    def _posts(self, asked: Asked) -> Answer:
        self.fields(asked, "post", POST)
        return self.pages(self.own(), asked, self.rendered)

    def _conversation(self, asked: Asked) -> Answer:
        return self._below(asked, deep=True)

    def _replies(self, asked: Asked) -> Answer:
        return self._below(asked, deep=False)

    def _below(self, asked: Asked, *, deep: bool) -> Answer:
        self.fields(asked, "reply", REPLY)
        rising = asked.query.get("reverse") == "false"
        found = self.below(self.found(asked.part["id"]).id, deep=deep)
        return self.pages(sorted(found, key=lambda post: post.number * (1 if rising else -1)), asked, self.rendered)


SIMULATOR = Threads
