"""Google Takeout of YouTube, Google+ and Blogger, and Blogger's own backup, written by us."""

from __future__ import annotations

from tests.archiver.imports.exports.export import FILM, JPEG, Export, spelled

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
<entry><id>tag:blogger.com,1999:blog-1.page-4</id><blogger:type>PAGE</blogger:type><title>About</title></entry>
</feed>""".encode()
    },
    kinds={"post": 1, "comment": 1, "page": 1},
    texts=("Schnee für alle", "Thank you"),
    items=("1/2", "comment:1/2/3", "page:1/4"),
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
