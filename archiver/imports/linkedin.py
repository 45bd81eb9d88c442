"""LinkedIn's "Get a copy of your data": tables of a member's shares, comments, reactions, messages, connections. Pure.

LinkedIn exports no posts of a Page. Dates are in UTC.
"""

from __future__ import annotations

from archiver.imports.format import Format, ending, file
from archiver.imports.tables import Table

SHARES = Table(
    kind="post",
    type="Note",
    prefix="share:",
    item=("sharelink",),
    url=("sharelink",),
    text=("sharecommentary",),
    created=("date",),
    links=("sharedurl", "mediaurl"),
    clean=lambda text: text.strip().strip('"'),
)
REPOSTS = Table(kind="post", type="Announce", prefix="repost:", url=("link",), created=("date",), links=("link",))
COMMENTS = Table(
    kind="comment",
    type="Note",
    prefix="comment:",
    url=("link",),
    text=("message",),
    created=("date",),
    parent=("link",),
)
REACTIONS = Table(
    kind="event",
    type="Like",
    prefix="reaction:",
    url=("link",),
    title=("type",),
    created=("date",),
    parent=("link",),
)
MESSAGES = Table(
    kind="message",
    type="Note",
    prefix="message:",
    title=("subject", "conversation title"),
    text=("content",),
    created=("date",),
    author=("from",),
    author_url=("sender profile url",),
    thread=("conversation id",),
    links=("recipient profile urls",),
)
CONNECTIONS = Table(
    kind="event",
    type="Relationship",
    prefix="connection:",
    item=("url",),
    url=("url",),
    title=("company",),
    text=("first name", "last name", "position"),
    created=("connected on",),
    mine=False,
)
MEDIA = Table(
    kind="media",
    type="Document",
    prefix="media:",
    item=("media link",),
    url=("media link",),
    text=("media description",),
    created=("date/time",),
)
PROFILE = Table(
    kind="profile",
    type="Person",
    prefix="profile:",
    title=("headline",),
    text=("first name", "last name", "summary", "industry", "geo location"),
)
VOTES = Table(kind="event", type="Question", prefix="vote:", url=("link",), text=("optiontext",), created=("date",))

FORMAT = Format(
    collector="linkedin-export/1",
    title="a LinkedIn data export",
    platforms=("linkedin",),
    mark=ending(r"shares\.csv"),
    files=(
        file(r"shares(?:_\d+)?\.csv", "shares", SHARES.reader()),
        file(r"instantreposts\.csv", "reposts", REPOSTS.reader()),
        file(r"comments(?:_\d+)?\.csv", "comments", COMMENTS.reader()),
        file(r"reactions(?:_\d+)?\.csv", "reactions", REACTIONS.reader()),
        file(r"messages\.csv", "messages", MESSAGES.reader()),
        file(r"connections\.csv", "connections", CONNECTIONS.reader()),
        file(r"rich[ _]media\.csv", "media", MEDIA.reader()),
        file(r"profile\.csv", "the profile", PROFILE.reader()),
        file(r"votes\.csv", "votes", VOTES.reader()),
    ),
)
