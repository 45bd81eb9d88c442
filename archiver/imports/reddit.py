"""Reddit's data request: tables of what an account posted, commented, sent and saved. Pure.

Ids are spelled as the API spells names of things, with the prefix of their kind (``t3_``); dates are in UTC.
"""

from __future__ import annotations

from archiver.imports.format import Format, ending, file
from archiver.imports.tables import Table

POSTS = Table(
    kind="post",
    type="Note",
    prefix="t3_",
    item=("id",),
    url=("permalink",),
    title=("title",),
    text=("body",),
    created=("date",),
    thread=("subreddit",),
    links=("url",),
)
COMMENTS = Table(
    kind="comment",
    type="Note",
    prefix="t1_",
    item=("id",),
    url=("permalink",),
    text=("body",),
    created=("date",),
    parent=("parent",),
    thread=("link",),
    links=("link", "media"),
)
MESSAGES = Table(
    kind="message",
    type="Note",
    prefix="t4_",
    item=("id",),
    url=("permalink",),
    title=("subject",),
    text=("body",),
    created=("date",),
    author=("from",),
    thread=("thread_id",),
)
CHATS = Table(
    kind="message",
    type="Note",
    prefix="chat:",
    item=("message_id",),
    title=("channel_name",),
    text=("message",),
    created=("created_at",),
    author=("username",),
    thread=("channel_url",),
    parent=("thread_parent_message_id",),
)
SAVED = Table(kind="event", type="Add", prefix="saved:", item=("id",), url=("permalink",))
VOTES = Table(kind="event", type="Like", prefix="vote:", item=("id",), url=("permalink",), title=("direction",))

FORMAT = Format(
    collector="reddit-export/1",
    title="a Reddit data request",
    platforms=("reddit",),
    mark=ending(r"(?:post|comment)_headers\.csv|subscribed_subreddits\.csv"),
    files=(
        file(r"posts(?:_\d+)?\.csv", "posts", POSTS.reader()),
        file(r"comments(?:_\d+)?\.csv", "comments", COMMENTS.reader()),
        file(r"messages(?:_archive)?\.csv", "messages", MESSAGES.reader()),
        file(r"chat_history\.csv", "chats", CHATS.reader()),
        file(r"saved_(?:posts|comments)\.csv", "what was saved", SAVED.reader()),
        file(r"(?:post|comment)_votes\.csv", "votes", VOTES.reader()),
    ),
)
