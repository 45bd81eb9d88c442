"""The demonstration's blog as a real web server on loopback: feed, pages, pictures, threaded comment feeds."""

from __future__ import annotations

import hashlib
import html
from dataclasses import replace
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Self
from xml.sax.saxutils import escape

from demo.content import ABOUT, POSTS, Post
from demo.picture import png

if TYPE_CHECKING:
    from datetime import datetime

STYLE = b"body{font-family:sans-serif;max-width:40em;margin:auto}img{width:100%}.comment{border-left:3px solid #ccc}"


class BlogSite:
    """The blog, served from ``start`` to ``stop`` (or in a ``with`` block); what it says can be changed meanwhile."""

    def __init__(self, posts: tuple[Post, ...] = POSTS, *, port: int = 0) -> None:
        self.posts = {post.slug: post for post in posts}
        self.gone: set[str] = set()
        self.requests: list[tuple[str, int]] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                site.answer(self)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.thread = Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    @property
    def feed(self) -> str:
        return f"{self.url}/feed.xml"

    def start(self) -> Self:
        self.thread.start()
        return self

    def stop(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def edit(self, slug: str, *, title: str | None = None, paragraphs: tuple[str, ...] | None = None) -> None:
        """Change what a post says."""
        post = self.posts[slug]
        self.posts[slug] = replace(post, title=title or post.title, paragraphs=paragraphs or post.paragraphs)

    def delete(self, slug: str) -> None:
        """Take a post away, with its comments; its addresses answer 410 from now on."""
        del self.posts[slug]
        self.gone.add(slug)

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        status, kind, body = self._page(request.path.partition("?")[0])
        tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        if status == 200 and request.headers.get("If-None-Match") == tag:
            status, body = 304, b""
        self.requests.append((request.path, status))
        request.send_response(status)
        if status != 304:
            request.send_header("Content-Type", kind)
        request.send_header("Content-Length", str(len(body)))
        request.send_header("ETag", tag)
        request.end_headers()
        request.wfile.write(body)

    def _page(self, path: str) -> tuple[int, str, bytes]:
        page, feed = "text/html; charset=utf-8", "application/rss+xml; charset=utf-8"
        match path.strip("/").split("/"):
            case [""]:
                return 200, page, self._front().encode()
            case ["about"]:
                return 200, page, _frame("About", f"<p>{ABOUT}</p>").encode()
            case ["style.css"]:
                return 200, "text/css", STYLE
            case ["feed.xml"]:
                return 200, feed, self._feed().encode()
            case ["images", name] if name.removesuffix(".png") in self.posts:
                return 200, "image/png", png(self.posts[name.removesuffix(".png")].colour)
            case ["posts", slug] if slug in self.posts:
                return 200, page, self._post(self.posts[slug]).encode()
            case ["posts", slug, "comments.xml"] if slug in self.posts:
                return 200, "application/atom+xml", self._comments(self.posts[slug]).encode()
            case ["posts", slug, *_] if slug in self.gone:
                return 410, page, _frame("Gone", "<p>This post was removed.</p>").encode()
            case _:
                return 404, page, _frame("Not found", "<p>There is no such page.</p>").encode()

    def _front(self) -> str:
        links = "".join(
            f"<li><a href='/posts/{post.slug}'>{html.escape(post.title)}</a></li>" for post in self.posts.values()
        )
        return _frame("Maple Grove Unified", f"<ul>{links}</ul><p><a href='/about'>About</a></p>")

    def _post(self, post: Post) -> str:
        comments = "".join(
            f"<div class='comment' id='comment-{one.number}'><b>{html.escape(one.author)}</b>"
            f"<p dir='auto'>{html.escape(one.text)}</p></div>"
            for one in post.comments
        )
        return _frame(post.title, f"{_content(post, self.url)}<h2>Comments</h2>{comments}")

    def _feed(self) -> str:
        newest = sorted(self.posts.values(), key=lambda post: post.when, reverse=True)
        items = "".join(self._item(post) for post in newest)
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"'
            ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:wfw="http://wellformedweb.org/CommentAPI/"'
            ' xmlns:slash="http://purl.org/rss/1.0/modules/slash/">\n<channel>\n'
            f"<title>Maple Grove Unified: the district blog</title>\n<link>{self.url}/</link>\n"
            f"<description>{ABOUT}</description>\n<language>en-US</language>\n{items}</channel>\n</rss>\n"
        )

    def _item(self, post: Post) -> str:
        address = f"{self.url}/posts/{post.slug}"
        return (
            f"<item>\n<title>{escape(post.title)}</title>\n<link>{address}</link>\n"
            f'<guid isPermaLink="false">{_guid(post.slug)}</guid>\n<dc:creator>{escape(post.author)}</dc:creator>\n'
            f"<pubDate>{format_datetime(post.when)}</pubDate>\n"
            f"<wfw:commentRss>{address}/comments.xml</wfw:commentRss>\n"
            f"<slash:comments>{len(post.comments)}</slash:comments>\n"
            f"<content:encoded><![CDATA[{_content(post, self.url)}]]></content:encoded>\n</item>\n"
        )

    def _comments(self, post: Post) -> str:
        address = f"{self.url}/posts/{post.slug}"
        entries = "".join(
            f"<entry>\n<id>{_guid(post.slug, one.number)}</id>\n<title>Comment by {escape(one.author)}</title>\n"
            f'<link href="{address}#comment-{one.number}"/>\n<author><name>{escape(one.author)}</name></author>\n'
            f"<published>{_iso(one.when)}</published>\n<updated>{_iso(one.when)}</updated>\n"
            f'<thr:in-reply-to ref="{_guid(post.slug, one.answers)}"/>\n'
            f'<content type="text">{escape(one.text)}</content>\n</entry>\n'
            for one in post.comments
        )
        updated = _iso(max((one.when for one in post.comments), default=post.when))
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom"'
            ' xmlns:thr="http://purl.org/syndication/thread/1.0">\n'
            f"<id>{address}/comments.xml</id>\n<title>Comments on {escape(post.title)}</title>\n"
            f"<updated>{updated}</updated>\n{entries}</feed>\n"
        )


def _guid(slug: str, comment: int | None = None) -> str:
    base = f"tag:maple-grove.example,2026:{slug}"
    return base if comment is None else f"{base}:comment-{comment}"


def _content(post: Post, url: str) -> str:
    paragraphs = "".join(f"<p>{paragraph}</p>" for paragraph in post.paragraphs)
    picture = f"<img src='{url}/images/{post.slug}.png' alt='The school, drawn for: {html.escape(post.title)}'>"
    return f"{picture}{paragraphs}"


def _iso(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _frame(title: str, body: str) -> str:
    return (
        f"<!DOCTYPE html><html lang='en'><head><meta charset='utf-8'><title>{html.escape(title)}</title>"
        f"<link rel='stylesheet' href='/style.css'></head><body><h1>{html.escape(title)}</h1>{body}</body></html>"
    )
