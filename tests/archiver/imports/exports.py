"""Exports in each layout that is documented, written by us: what is in them, and what is to be found."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from hashlib import sha256

import libipld

from tests.archiver.repositories import Owner, repository

JPEG = b"\xff\xd8\xff\xe0 a picture"
FILM = b"\x00\x00\x00\x18ftyp a film"


@dataclass(frozen=True)
class Export:
    """An export: into an account of which platform, its files, how many items of each kind, texts that must be found.

    ``media`` is how many attachments have their bytes; ``claims`` what the export says of its files; ``unpacked`` what its
    files hold in another form.
    """

    name: str
    platform: str
    files: dict[str, bytes]
    kinds: dict[str, int]
    texts: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    media: int = 0
    claims: dict[str, int] = field(default_factory=dict)
    unpacked: tuple[bytes, ...] = ()


def spelled(value: object) -> bytes:
    """JSON, indented as exports are."""
    return json.dumps(value, indent=2).encode()


def scrambled(text: str) -> str:
    """Text as Meta spells it."""
    return text.encode().decode("latin-1")


def script(name: str, value: object) -> bytes:
    """A file of X's archive."""
    return f"window.YTD.{name}.part0 = ".encode() + spelled(value)


FACEBOOK_POST = {
    "timestamp": 1600000000,
    "title": scrambled("Maple Grove änderte seinen Status."),
    "data": [{"post": scrambled("Schulschluss für alle – heute früher ☃")}, {"update_timestamp": 1600000100}],
    "attachments": [
        {"data": [{"media": {"uri": "PLACE/media/snow.jpg", "creation_timestamp": 1600000000, "title": "Snow"}}]},
        {"data": [{"external_context": {"url": "https://district.example/snow"}}]},
    ],
    "tags": [{"name": "Ana Ruiz"}],
}
FACEBOOK_COMMENT = {
    "timestamp": 1600000200,
    "title": "Maple Grove commented on its own post.",
    "data": [{"comment": {"timestamp": 1600000200, "comment": "Buses run late.", "author": "Maple Grove"}}],
}
CONVERSATION = {
    "participants": [{"name": "Ana Ruiz"}, {"name": "Maple Grove"}],
    "messages": [
        {"sender_name": "Ana Ruiz", "timestamp_ms": 1600000300123, "content": scrambled("Fährt der Bus?")},
        {
            "sender_name": "Maple Grove",
            "timestamp_ms": 1600000400456,
            "photos": [{"uri": "PLACE/inbox/ana_1/photos/bus.jpg", "creation_timestamp": 1600000400}],
        },
    ],
    "title": "Ana Ruiz",
    "thread_path": "inbox/ana_1",
}


def placed(value: object, place: str) -> bytes:
    """JSON with the folder in which its media lie."""
    return spelled(value).replace(b"PLACE", place.encode())


def facebook(name: str, *, posts: str, comments: str, messages: str, wrapped: bool = False, profile: str) -> Export:
    """A Facebook export: one layout of folders."""
    folder = posts.rpartition("/")[0]
    post: object = {"status_updates": [FACEBOOK_POST]} if wrapped else [FACEBOOK_POST]
    return Export(
        name=name,
        platform="facebook",
        files={
            posts: placed(post, folder),
            f"{folder}/media/snow.jpg": JPEG,
            comments: spelled({"comments_v2": [FACEBOOK_COMMENT]}),
            f"{messages}/inbox/ana_1/message_1.json": placed(CONVERSATION, messages),
            f"{messages}/inbox/ana_1/photos/bus.jpg": JPEG + b"2",
            profile: spelled(
                {"profile_v2": {"name": {"full_name": "Maple Grove"}, "registration_timestamp": 1300000000}}
            ),
            "ads_information/interests.json": spelled({"topics_v2": ["snow"]}),
            "index.html": b"<html>start here</html>",
        },
        kinds={"post": 1, "comment": 1, "message": 2, "profile": 1},
        texts=("Schulschluss für alle – heute früher ☃", "Buses run late.", "Fährt der Bus?"),
        items=("profile",),
        media=2,
    )


def instagram(name: str, *, content: str, comments: str, messages: str) -> Export:
    """An Instagram export: one layout of folders."""
    post = {
        "media": [
            {"uri": "media/posts/202009/one.jpg", "creation_timestamp": 1600000000, "title": ""},
            {"uri": "media/posts/202009/two.mp4", "creation_timestamp": 1600000001, "title": ""},
        ],
        "title": scrambled("Erster Schultag 🎒"),
        "creation_timestamp": 1600000002,
    }
    story = {"uri": "media/stories/202009/three.jpg", "creation_timestamp": 1600000003, "title": "Today only"}
    comment = {
        "media_list_data": [{"uri": ""}],
        "string_map_data": {
            "Comment": {"value": "See you there"},
            "Media Owner": {"value": "city"},
            "Time": {"timestamp": 1600000004},
        },
    }
    person = {
        "media_map_data": {},
        "string_map_data": {"Username": {"value": "district"}, "Name": {"value": "District"}},
    }
    return Export(
        name=name,
        platform="instagram",
        files={
            f"{content}/posts_1.json": spelled([post]),
            f"{content}/stories.json": spelled({"ig_stories": [story]}),
            "media/posts/202009/one.jpg": JPEG,
            "media/posts/202009/two.mp4": FILM,
            "media/stories/202009/three.jpg": JPEG + b"3",
            f"{comments}/post_comments_1.json": spelled([comment]),
            f"{messages}/inbox/ana_1/message_1.json": placed(CONVERSATION, messages),
            f"{messages}/inbox/ana_1/photos/bus.jpg": JPEG + b"2",
            "personal_information/personal_information.json": spelled({"profile_user": [person]}),
        },
        kinds={"post": 2, "comment": 1, "message": 2, "profile": 1},
        texts=("Erster Schultag 🎒", "Today only", "See you there", "Fährt der Bus?"),
        media=4,
    )


TWEET = {
    "id_str": "1300000000000000001",
    "id": "1300000000000000001",
    "full_text": "Snow day &amp; no buses #snow",
    "created_at": "Wed Sep 09 12:00:00 +0000 2020",
    "lang": "en",
    "entities": {"hashtags": [{"text": "snow"}]},
    "extended_entities": {"media": [{"media_url_https": "https://pbs.twimg.com/media/Abc.jpg", "id_str": "7"}]},
}
DELETED = {"id_str": "1300000000000000002", "full_text": "A mistake", "created_at": "Wed Sep 09 13:00:00 +0000 2020"}
X_ARCHIVE = Export(
    name="x-archive",
    platform="x",
    files={
        "Your archive.html": b"<html></html>",
        "data/manifest.js": b"window.__THAR_CONFIG = "
        + spelled(
            {
                "userInfo": {"accountId": "42", "userName": "district", "displayName": "The District"},
                "dataTypes": {
                    "tweets": {
                        "mediaDirectory": "data/tweets_media",
                        "files": [
                            {"fileName": "data/tweets.js", "globalName": "YTD.tweets.part0", "count": "1"},
                            {"fileName": "data/tweets-part1.js", "globalName": "YTD.tweets.part1", "count": "2"},
                        ],
                    },
                    "deletedTweets": {"files": [{"fileName": "data/deleted-tweets.js", "count": "1"}]},
                },
            }
        ),
        "data/account.js": script(
            "account", [{"account": {"accountId": "42", "username": "district", "accountDisplayName": "The District"}}]
        ),
        "data/tweets.js": script("tweets", [{"tweet": TWEET}]),
        "data/tweets-part1.js": script("tweets", [{"tweet": {**TWEET, "id_str": "1300000000000000003"}}]),
        "data/deleted-tweets.js": script("deleted_tweets", [{"tweet": DELETED}]),
        "data/note-tweet.js": script(
            "note_tweet",
            [
                {
                    "noteTweet": {
                        "noteTweetId": "9",
                        "createdAt": "2023-01-02T03:04:05.000Z",
                        "core": {"text": "Long words"},
                    }
                }
            ],
        ),
        "data/direct-messages.js": script(
            "direct_messages",
            [
                {
                    "dmConversation": {
                        "conversationId": "42-43",
                        "messages": [
                            {
                                "messageCreate": {
                                    "id": "5",
                                    "senderId": "43",
                                    "recipientId": "42",
                                    "text": "Is school closed?",
                                    "createdAt": "2020-09-09T14:00:00.000Z",
                                    "mediaUrls": [],
                                }
                            }
                        ],
                    }
                }
            ],
        ),
        "data/follower.js": script("follower", [{"follower": {"accountId": "43", "userLink": "https://x.com/i/43"}}]),
        "data/profile.js": script("profile", [{"profile": {"description": {"bio": "Schools of Maple Grove"}}}]),
        "data/tweets_media/1300000000000000001-Abc.jpg": JPEG,
        "data/ad-impressions.js": script("ad_impressions", []),
    },
    kinds={"post": 4, "message": 1, "event": 1, "profile": 2},
    texts=("Snow day & no buses #snow", "A mistake", "Long words", "Is school closed?", "Schools of Maple Grove"),
    items=("1300000000000000001", "1300000000000000002", "message:5", "follower:43"),
    media=1,
    claims={"data/tweets.js": 1, "data/tweets-part1.js": 2, "data/deleted-tweets.js": 1},
)
OLD_TWEET = {
    "id_str": "3",
    "id": 3,
    "text": "An old one",
    "created_at": "2013-04-01 12:00:00 +0000",
    "user": {"screen_name": "district", "id_str": "42", "name": "The District"},
}
X_OLD = Export(
    name="x-archive-of-2013",
    platform="x",
    files={
        "data/js/tweets/2013_04.js": b"Grailbird.data.tweets_2013_04 = \n " + spelled([OLD_TWEET]),
        "data/js/tweet_index.js": b"var tweet_index = "
        + spelled([{"file_name": "data/js/tweets/2013_04.js", "year": 2013, "month": 4, "tweet_count": 1}]),
        "data/js/user_details.js": b"var user_details = "
        + spelled({"screen_name": "district", "full_name": "The District", "id": "42", "bio": "Schools"}),
        "tweets.csv": b'"tweet_id","text"\n"3","An old one"\n',
    },
    kinds={"post": 1, "profile": 1},
    texts=("An old one", "Schools"),
    items=("3",),
    claims={"data/js/tweets/2013_04.js": 1},
)
ACTOR = "https://social.example/users/district"
NOTE = {
    "id": f"{ACTOR}/statuses/110",
    "type": "Note",
    "published": "2023-03-01T08:00:00Z",
    "attributedTo": ACTOR,
    "content": "<p>No school &amp; no buses</p>",
    "inReplyTo": f"{ACTOR}/statuses/109",
    "attachment": [
        {"type": "Document", "mediaType": "image/jpeg", "url": "/media_attachments/files/1/snow.jpg", "name": "Snow"}
    ],
}
PUBLIC = ["https://www.w3.org/ns/activitystreams#Public"]
MASTODON = Export(
    name="mastodon-archive",
    platform="mastodon",
    files={
        "actor.json": spelled(
            {
                "@context": "https://www.w3.org/ns/activitystreams",
                "id": ACTOR,
                "type": "Person",
                "preferredUsername": "district",
                "name": "The District",
                "summary": "<p>Schools</p>",
                "icon": {"type": "Image", "mediaType": "image/png", "url": "avatar.png"},
            }
        ),
        "outbox.json": spelled(
            {
                "@context": "https://www.w3.org/ns/activitystreams",
                "id": "outbox.json",
                "type": "OrderedCollection",
                "totalItems": 3,
                "orderedItems": [
                    {
                        "id": f"{ACTOR}/statuses/110/activity",
                        "type": "Create",
                        "actor": ACTOR,
                        "to": PUBLIC,
                        "object": NOTE,
                    },
                    {
                        "id": f"{ACTOR}/statuses/111/activity",
                        "type": "Announce",
                        "actor": ACTOR,
                        "published": "2023-03-02T08:00:00Z",
                        "to": PUBLIC,
                        "object": "https://city.example/users/city/statuses/7",
                    },
                    {
                        "id": f"{ACTOR}/statuses/112/activity",
                        "type": "Create",
                        "actor": ACTOR,
                        "to": ["https://city.example/users/ana"],
                        "object": {"id": f"{ACTOR}/statuses/112", "type": "Note", "content": "<p>Just for you</p>"},
                    },
                ],
            }
        ),
        "likes.json": spelled({"type": "OrderedCollection", "orderedItems": ["https://city.example/@city/7"]}),
        "avatar.png": b"\x89PNG a face",
        "media_attachments/files/1/snow.jpg": JPEG,
    },
    kinds={"reply": 1, "post": 1, "message": 1, "profile": 1, "event": 1},
    texts=("No school & no buses", "Just for you", "Schools"),
    items=("110", "111", "112"),
    media=2,
    claims={"outbox.json": 3},
)
TAKEOUT = "Takeout/YouTube and YouTube Music"
YOUTUBE = Export(
    name="youtube-takeout",
    platform="youtube",
    files={
        f"{TAKEOUT}/comments/comments.csv": (
            b"Comment ID,Channel ID,Comment Create Timestamp,Price,Parent Comment ID,Post ID,Video ID,Comment Text\r\n"
            b'Ugx1,UC1,2023-05-06T07:08:09.123456+00:00,0,,,vid1,"{""text"":""Well done, band!""}"\r\n'
            b'Ugx2,UC1,2023-05-07T07:08:09+00:00,0,Ugx1,,vid1,"{""text"":""Two\\nlines""}"\r\n'
        ),
        f"{TAKEOUT}/live chats/live chats.csv": (
            b"Live Chat ID,Channel ID,Live Chat Create Timestamp,Price,Video ID,Live Chat Text\n"
            b'Lc1,UC1,2023-05-06T07:08:09+00:00,0,vid1,"{""text"":""Hello""}"\n'
        ),
        f"{TAKEOUT}/reacties/reacties.csv": b"Reactie-ID,Kanaal-ID\nx1,UC1\n",
        f"{TAKEOUT}/subscriptions/subscriptions.csv": (
            b"Channel Id,Channel Url,Channel Title\nUC2,http://www.youtube.com/channel/UC2,City\n"
        ),
        f"{TAKEOUT}/video metadata/videos.csv": (
            b"Video ID,Video Title (Original),Privacy,Video Create Timestamp\nvid1,Spring concert,Public,2023-05-01T00:00:00+00:00\n"
        ),
        f"{TAKEOUT}/history/watch-history.json": spelled(
            [
                {
                    "header": "YouTube",
                    "title": "Watched A film",
                    "titleUrl": "https://www.youtube.com/watch?v=a",
                    "subtitles": [{"name": "City", "url": "https://www.youtube.com/channel/UC2"}],
                    "time": "2023-05-06T07:08:09.123Z",
                }
            ]
        ),
        f"{TAKEOUT}/videos/Spring concert.mp4": FILM,
        "Takeout/archive_browser.html": b"<html></html>",
    },
    kinds={"comment": 2, "reply": 1, "event": 4, "post": 1},
    texts=("Well done, band!", "Two\nlines", "Hello"),
    items=("comment:Ugx1", "comment:Ugx2", "vid1", "subscription:UC2"),
)
STREAM = "Takeout/Google+ Stream/Posts"
GOOGLE_PLUS = Export(
    name="google-plus-takeout",
    platform="google-plus",
    files={
        f"{STREAM}/20181203 - Snow.json": spelled(
            {
                "url": "https://plus.google.com/1/posts/a",
                "creationTime": "2018-12-03 12:00:00-0800",
                "author": {"displayName": "The District", "resourceName": "users/1"},
                "content": "Snow <b>day</b>",
                "media": {"localFilePath": "./snow.jpg", "contentType": "image/*"},
                "comments": [
                    {
                        "creationTime": "2018-12-03 13:00:00-0800",
                        "author": {"displayName": "Ana"},
                        "content": "Thanks!",
                        "resourceName": "users/1/posts/a/comments/b",
                    }
                ],
                "resourceName": "users/1/posts/a",
            }
        ),
        f"{STREAM}/20170101 - Older.html": b"<html><body><p>A page of a post</p></body></html>",
        f"{STREAM}/snow.jpg": JPEG,
    },
    kinds={"post": 2, "comment": 1},
    texts=("Snow day", "Thanks!", "A page of a post"),
    items=("users/1/posts/a", "users/1/posts/a/comments/b"),
    media=1,
)
BLOGGER = Export(
    name="blogger-takeout",
    platform="blogger",
    files={
        "Takeout/Blogger/Blogs/District/feed.atom": """<?xml version='1.0' encoding='utf-8'?>
<feed xmlns='http://www.w3.org/2005/Atom' xmlns:blogger='http://schemas.google.com/blogger/2018'>
<id>tag:blogger.com,1999:blog-1</id><title>District</title>
<entry><id>tag:blogger.com,1999:blog-1.post-2</id><blogger:type>POST</blogger:type>
<blogger:status>LIVE</blogger:status><author><name>Ana</name></author><title>Snow</title>
<content type='html'>&lt;p&gt;Schnee für alle&lt;/p&gt;</content><published>2012-01-02T03:04:05Z</published></entry>
<entry><id>tag:blogger.com,1999:blog-1.post-3</id><blogger:parent>tag:blogger.com,1999:blog-1.post-2</blogger:parent>
<blogger:type>COMMENT</blogger:type><content type='html'>Thank you</content>
<published>2012-01-02T04:04:05Z</published></entry>
</feed>""".encode()
    },
    kinds={"post": 1, "comment": 1},
    texts=("Schnee für alle", "Thank you"),
    items=("tag:blogger.com,1999:blog-1.post-2",),
)
BLOGGER_OLD = Export(
    name="blogger-backup",
    platform="blogger",
    files={
        "blog-01-02-2012.xml": b"""<?xml version='1.0'?><feed xmlns='http://www.w3.org/2005/Atom' xmlns:thr='http://purl.org/syndication/thread/1.0'>
<entry><id>p1</id><category scheme='http://schemas.google.com/g/2005#kind' term='http://schemas.google.com/blogger/2008/kind#post'/>
<category scheme='http://www.blogger.com/atom/ns#' term='snow'/><title>Old</title><content type='html'>Old text</content>
<published>2010-01-02T03:04:05.678-08:00</published></entry>
<entry><id>c1</id><category scheme='http://schemas.google.com/g/2005#kind' term='http://schemas.google.com/blogger/2008/kind#comment'/>
<content type='html'>Old comment</content><published>2010-01-03T03:04:05Z</published><thr:in-reply-to ref='p1'/></entry></feed>"""
    },
    kinds={"post": 1, "comment": 1},
    texts=("Old text", "Old comment"),
    items=("p1", "c1"),
)
LINKEDIN = Export(
    name="linkedin",
    platform="linkedin",
    files={
        "Shares.csv": (
            b"Date,ShareLink,ShareCommentary,SharedUrl,MediaUrl,Visibility\n"
            b'2024-01-05 17:21:33,https://www.linkedin.com/feed/update/urn%3Ali%3Ashare%3A1,"We hire ""teachers"",\nnow",,,MEMBER_NETWORK\n'
        ),
        "Comments.csv": b"Date,Link,Message\n2024-01-06 10:00:00,https://www.linkedin.com/feed/update/urn:li:activity:1,Welcome!\n",
        "Reactions.csv": b"Date,Type,Link\n2024-01-06 10:00:00,LIKE,https://www.linkedin.com/feed/update/urn:li:activity:1\n",
        "messages.csv": (
            b"CONVERSATION ID,CONVERSATION TITLE,FROM,SENDER PROFILE URL,TO,RECIPIENT PROFILE URLS,DATE,SUBJECT,CONTENT,FOLDER\n"
            b"c1,,Ana,https://www.linkedin.com/in/ana,District,https://www.linkedin.com/in/d,2024-01-07 11:00:00 UTC,,Any jobs?,INBOX\n"
        ),
        "Connections.csv": (
            b'Notes:\n"When exporting your connection data, you may notice that some addresses are missing."\n\n'
            b"First Name,Last Name,URL,Email Address,Company,Position,Connected On\n"
            b"Ana,Ruiz,https://www.linkedin.com/in/ana,,City,Clerk,01 Jan 2024\n"
        ),
        "Profile.csv": b"First Name,Last Name,Headline,Summary\nMaple,Grove,District,Schools\n",
    },
    kinds={"post": 1, "comment": 1, "event": 2, "message": 1, "profile": 1},
    texts=('We hire "teachers",\nnow', "Welcome!", "Any jobs?"),
)
REDDIT = Export(
    name="reddit-request",
    platform="reddit",
    files={
        "posts.csv": (
            b"id,permalink,date,ip,subreddit,gildings,title,url,body\n"
            b"abc1,https://www.reddit.com/r/town/comments/abc1/,2020-01-01 12:00:00 UTC,,town,0,Snow,,All closed\n"
        ),
        "comments.csv": (
            b"id,permalink,date,ip,subreddit,gildings,link,parent,body,media\n"
            b"def2,https://www.reddit.com/r/town/comments/abc1/_/def2/,2020-01-02 12:00:00 UTC,,town,0,"
            b'https://www.reddit.com/r/town/comments/abc1/,,"Line one\nline two",\n'
        ),
        "messages.csv": b"id,permalink,thread_id,date,ip,from,to,subject,body\nm1,,t1,2020-01-03 12:00:00 UTC,,ana,district,Hi,When?\n",
        "post_headers.csv": b"id,permalink,date,ip,subreddit,gildings,url\nabc1,,,,,,\n",
        "statistics.csv": b"statistic,value\naccount name,district\n",
    },
    kinds={"post": 1, "comment": 1, "message": 1},
    texts=("All closed", "Line one\nline two", "When?"),
    items=("t3_abc1", "t1_def2", "t4_m1"),
)
WORDPRESS = Export(
    name="wordpress",
    platform="wordpress",
    files={
        "district.wordpress.2024-01-05.000.xml": """<?xml version="1.0" encoding="UTF-8" ?>
<!-- made by WordPress -->
<rss version="2.0" xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/"
 xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:wp="http://wordpress.org/export/1.2/"><channel><title>District</title>
<item><title>Snow</title><link>https://district.example/snow/</link><dc:creator><![CDATA[ana]]></dc:creator>
<content:encoded><![CDATA[<p>Über Nacht ]]]]><![CDATA[> Schnee</p>]]></content:encoded>
<wp:post_id>5</wp:post_id><wp:post_date_gmt>2024-01-05 08:00:00</wp:post_date_gmt><wp:status>publish</wp:status>
<wp:post_type>post</wp:post_type><category domain="post_tag" nicename="snow"><![CDATA[snow]]></category>
<wp:comment><wp:comment_id>7</wp:comment_id><wp:comment_author>Omar</wp:comment_author>
<wp:comment_date_gmt>2024-01-05 09:00:00</wp:comment_date_gmt><wp:comment_content>Thanks</wp:comment_content>
<wp:comment_approved>1</wp:comment_approved><wp:comment_parent>0</wp:comment_parent></wp:comment>
<wp:comment><wp:comment_id>8</wp:comment_id><wp:comment_content>Held for review</wp:comment_content>
<wp:comment_approved>0</wp:comment_approved><wp:comment_parent>7</wp:comment_parent></wp:comment></item>
<item><title>About</title><wp:post_id>6</wp:post_id><wp:post_type>page</wp:post_type><wp:status>draft</wp:status></item>
</channel></rss>""".encode()
    },
    kinds={"post": 1, "page": 1, "comment": 1, "reply": 1},
    texts=("Über Nacht ]]> Schnee", "Thanks", "Held for review"),
    items=("5", "6", "comment:7", "comment:8"),
)
MEDIAWIKI = Export(
    name="mediawiki",
    platform="mediawiki",
    files={
        "wiki-20240105-pages-meta-history.xml": b"""<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" version="0.11">
<siteinfo><sitename>District</sitename></siteinfo>
<page><title>Bus routes</title><ns>0</ns><id>3</id>
<revision><id>10</id><timestamp>2020-01-01T00:00:00Z</timestamp><contributor><username>Ana</username><id>2</id></contributor>
<comment>first</comment><text bytes="5" xml:space="preserve">Route 1</text></revision>
<revision><id>11</id><parentid>10</parentid><timestamp>2021-01-01T00:00:00Z</timestamp><contributor><ip>192.0.2.1</ip></contributor>
<text bytes="7" xml:space="preserve">Routes 1 &amp; 2</text></revision></page>
<page><title>Empty</title><id>4</id><revision><id>12</id><timestamp>2022-01-01T00:00:00Z</timestamp><text deleted="deleted"/></revision></page>
</mediawiki>"""
    },
    kinds={"page": 3},
    texts=("Route 1\nfirst", "Routes 1 & 2"),
    items=("3@10", "3@11", "4@12"),
)
DELICIOUS = Export(
    name="delicious",
    platform="delicious",
    files={
        "delicious.html": (
            b"<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<TITLE>Bookmarks</TITLE>\n<DL><p>"
            b'<DT><A HREF="https://district.example/?a=1&amp;b=2" ADD_DATE="1300000000" PRIVATE="0" TAGS="school,snow">District &amp; you</A>\n'
            b"<DD>About <b>us</b>\n"
            b'<DT><A HREF="https://city.example/" ADD_DATE="1300000001" PRIVATE="1" TAGS="">City</A>\n</DL><p>'
        )
    },
    kinds={"post": 2},
    texts=("About us",),
    items=("bookmark:https://district.example/?a=1&b=2",),
)
PICTURE = bytes((1, 0x55, 0x12, 0x20)) + sha256(JPEG).digest()
SHOWN = {
    "$type": "app.bsky.feed.post",
    "text": "Snow, seen from school",
    "createdAt": "2026-11-20T08:00:00Z",
    "embed": {
        "$type": "app.bsky.embed.images",
        "images": [{"alt": "snow", "image": {"$type": "blob", "ref": PICTURE, "mimeType": "image/jpeg", "size": 15}}],
    },
}
FOLLOW = {"$type": "app.bsky.graph.follow", "subject": "did:plc:city", "createdAt": "2026-11-20T08:00:00Z"}
BLUESKY = Export(
    name="bluesky-repository",
    platform="bluesky",
    files={
        "repo.car": repository(
            Owner(), {"app.bsky.feed.post/3lmxjz0000001": SHOWN, "app.bsky.graph.follow/3lmxjz0000002": FOLLOW}
        ).car(),
        f"blobs/{libipld.encode_cid(PICTURE)}": JPEG,
    },
    kinds={"post": 1, "event": 2},
    texts=("Snow, seen from school",),
    items=("at://did:plc:maplegrove/app.bsky.feed.post/3lmxjz0000001",),
    media=1,
)
FIRST_MAIL = b"""From: =?utf-8?q?Ana_Ru=C3=ADz?= <ana@town.example>
To: "Clerk, District" <clerk@district.example>, board@district.example
Subject: =?utf-8?b?U2NobmVlIOKYgw==?=
Date: Wed, 09 Sep 2020 12:00:00 +0000
Message-ID: <one@town.example>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=cut

--cut
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

F=E4hrt der Bus?
>From here on it is quoted.
--cut
Content-Type: image/jpeg; name="../../snow.jpg"
Content-Disposition: attachment; filename="../../snow.jpg"
Content-Transfer-Encoding: base64

/9j/4CBhIHBpY3R1cmU=
--cut--
"""
SECOND_MAIL = b"""From: clerk@district.example
To: ana@town.example
Subject: Re: snow
Date: Wed, 09 Sep 2020 13:00:00 +0000
Message-ID: <two@district.example>
In-Reply-To: <one@town.example>
References: <zero@town.example> <one@town.example>
Content-Type: text/html; charset=utf-8

<p>No &amp; no bus</p>
"""
MAIL = Export(
    name="mail",
    platform="email",
    files={
        "clerk.mbox": b"From ana@town.example Wed Sep  9 12:00:00 2020\n"
        + FIRST_MAIL
        + b"\nFrom clerk@district.example Wed Sep  9 13:00:00 2020\n"
        + SECOND_MAIL
        + b"\n",
        "drafts/plain.eml": b"Subject: Only a subject\r\n\r\nA draft\r\n",
    },
    kinds={"message": 3},
    texts=("Fährt der Bus?\n>From here on it is quoted.", "No & no bus", "A draft"),
    items=("one@town.example", "two@district.example"),
    media=1,
    unpacked=(JPEG,),
)
KEPT_ELSEWHERE = {
    "id": "1300",
    "platform": "x",
    "account": "district",
    "kind": "post",
    "author": {"handle": "district", "name": "The District"},
    "created": "2020-09-09T12:00:00Z",
    "text": "Snow day, kept elsewhere",
    "attachments": [{"file": "media/snow.jpg", "type": "image/jpeg", "alt": "Snow"}, {"url": "https://x.example/a"}],
    "native": {"id_str": "1300"},
}
VENDOR = Export(
    name="vendor",
    platform="x",
    files={
        "items-manifest.json": spelled(
            {
                "format": "holdfast-items/1",
                "files": [
                    {"path": "items.jsonl", "count": 3},
                    {"path": "media/snow.jpg", "sha256": sha256(JPEG).hexdigest(), "bytes": len(JPEG)},
                ],
            }
        ),
        "items.jsonl": json.dumps(KEPT_ELSEWHERE).encode()
        + b'\n\n {"id": 1301, "kind": "comment", "text": "Thanks!", "parent": "1300", "author": "ana"}\r\n'
        + b'{"id":"1302","kind":"odd"}',
        "media/snow.jpg": JPEG,
    },
    kinds={"post": 1, "comment": 1, "event": 1},
    texts=("Snow day, kept elsewhere", "Thanks!"),
    items=("1300", "1301", "1302"),
    media=1,
    claims={"items.jsonl": 3},
)
NATIVE = Export(
    name="native-json",
    platform="x",
    files={"a/tweets.jsonl": b'{"id":"1","text":"one"}\n{"id":"2","text":"two"}\n', "b/notes.txt": b"kept"},
    kinds={"post": 2},
    texts=("one", "two"),
    items=("1", "2"),
)
EXPORTS = (
    facebook(
        "facebook-old",
        posts="posts/your_posts_1.json",
        comments="comments/comments.json",
        messages="messages",
        wrapped=True,
        profile="profile_information/profile_information.json",
    ),
    facebook(
        "facebook-person",
        posts="your_activity_across_facebook/posts/your_posts__check_ins__photos_and_videos_1.json",
        comments="your_activity_across_facebook/comments_and_reactions/comments.json",
        messages="your_activity_across_facebook/messages",
        profile="personal_information/profile_information/profile_information.json",
    ),
    facebook(
        "facebook-page",
        posts="this_profile's_activity_across_facebook/posts/profile_posts_1.json",
        comments="this_profile's_activity_across_facebook/comments_and_reactions/comments.json",
        messages="this_profile's_activity_across_facebook/messages",
        profile="personal_information/profile_information/profile_information.json",
    ),
    instagram("instagram-2021", content="content", comments="comments", messages="messages"),
    instagram(
        "instagram-2023",
        content="your_instagram_activity/content",
        comments="your_instagram_activity/comments",
        messages="your_instagram_activity/messages",
    ),
    instagram(
        "instagram-2025",
        content="your_instagram_activity/media",
        comments="your_instagram_activity/comments",
        messages="your_instagram_activity/messages",
    ),
    X_ARCHIVE,
    X_OLD,
    MASTODON,
    YOUTUBE,
    GOOGLE_PLUS,
    BLOGGER,
    BLOGGER_OLD,
    LINKEDIN,
    REDDIT,
    WORDPRESS,
    MEDIAWIKI,
    DELICIOUS,
    BLUESKY,
    MAIL,
    VENDOR,
    NATIVE,
)
