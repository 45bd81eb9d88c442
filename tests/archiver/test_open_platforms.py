"""What WordPress, MediaWiki and Bluesky say beyond the usual: what waits, is hidden, refused, or looks like an end."""

from __future__ import annotations

import json
from typing import Any

import pytest

from archiver.platforms import bluesky, mediawiki, wordpress
from archiver.platforms.reading import Answer, Question, Site
from archiver.substance import substance
from schemas.account import Account, Platform
from schemas.instant import Instant
from tests.archiver.json_lines import read_all, view_of
from tests.corpora import corpus

POST: dict[str, Any] = {
    "id": 12, "date_gmt": "2026-11-20T08:00:00", "modified_gmt": "2026-11-20T09:00:00", "status": "publish",
    "type": "post", "link": "https://town.example/buses/", "title": {"rendered": "Buses &amp; trams"},
    "content": {"rendered": '<p>See <a href="/plan">the plan</a></p><img src="map.png" alt="A map">'}, "author": 3,
}  # fmt: skip


def answer(value: Any, *, status: int = 200, url: str = "https://town.example/", endpoint: str = "") -> Answer:
    return Answer(Question(endpoint, url, about="did:plc:maple"), value, status, {})


def site(platform: Platform, url: str) -> Site:
    return Site(Account(name="town", platform=platform, url=url, title="Town"), "https://town.example")


def same_version(platform: Platform, before: Any, after: Any) -> bool:
    return substance(platform, json.dumps(before).encode()) == substance(platform, json.dumps(after).encode())


class TestWordPress:
    def test_a_post_is_read_with_its_dates_in_utc_and_what_it_shows(self):
        view = view_of(POST, "wordpress")
        assert (view.item, view.title, view.text) == ("12", "Buses & trams", "See the plan")
        assert view.created == Instant.from_text("2026-11-20T08:00:00.000000Z")
        assert view.edited == Instant.from_text("2026-11-20T09:00:00.000000Z")
        assert [(one.url, one.alt) for one in view.attachments] == [("https://town.example/buses/map.png", "A map")]
        assert view.links == ("https://town.example/plan",)

    def test_of_a_large_picture_the_file_that_was_uploaded_is_taken(self):
        media = {"id": 7, "media_type": "image", "mime_type": "image/jpeg", "alt_text": "The school",
                 "source_url": "https://town.example/up/2026/school-scaled.jpg",
                 "media_details": {"original_image": "school (1).jpg"}}  # fmt: skip
        (shown,) = view_of(media, "wordpress").attachments
        assert (shown.url, shown.alt) == ("https://town.example/up/2026/school%20%281%29.jpg", "The school")
        elsewhere = {**media, "media_details": {"original_image": "../../secret.jpg"}}
        assert view_of(elsewhere, "wordpress").attachments[0].url == media["source_url"]

    def test_a_comment_that_waits_says_so_and_answers_what_it_answers(self):
        comment = {"id": 5, "post": 12, "parent": 4, "author": 0, "author_name": "Ana &amp; Ben", "status": "hold",
                   "content": {"rendered": "<p>When?</p>"}, "link": "https://town.example/#comment-5"}  # fmt: skip
        view = view_of(comment, "wordpress")
        assert (view.kind, view.item, view.thread, view.parent) == ("reply", "comment:5", "12", "comment:4")
        assert (view.flags, view.author.name, view.author.id) == (("status-hold",), "Ana & Ben", None)

    def test_how_many_revisions_there_are_makes_no_version_and_a_status_does(self):
        counted = {
            **POST,
            "_links": {"self": [], "version-history": [{"count": 3}], "predecessor-version": [{"id": 9}]},
        }
        assert same_version("wordpress", {**POST, "_links": {"self": []}}, counted)
        assert not same_version("wordpress", POST, {**POST, "status": "private"})

    @pytest.mark.parametrize(
        ("status", "value", "standing"),
        [
            (200, {"id": 12, "status": "publish"}, "present"),
            (200, {"id": 12, "status": "trash"}, "gone"),
            (200, {"id": 12, "status": "private"}, "withheld"),
            (200, {"id": 3, "name": "Ana"}, "present"),
            (401, {"code": "rest_forbidden"}, "withheld"),
            (403, {"code": "rest_forbidden"}, "withheld"),
            (401, {"code": "incorrect_password"}, "unknown"),
            (403, None, "unknown"),
            (404, {"code": "rest_post_invalid_id"}, "gone"),
            (503, None, "unknown"),
        ],
    )
    def test_what_an_item_s_own_address_says(self, status: int, value: Any, standing: str):
        assert wordpress.READING.standing(answer(value, status=status)) == standing

    def test_a_site_below_a_path_is_asked_there(self):
        asked = [question.url for question in wordpress.READING.start(site("wordpress", "https://town.example/news/"))]
        assert all(url.startswith("https://town.example/news/wp-json/") for url in asked)
        assert not [url for url in asked if "status=" in url]  # what takes a login


class TestMediaWiki:
    def test_a_hidden_revision_says_what_of_it_is_hidden(self):
        page = {"pageid": 8, "ns": 1, "title": "Talk:Budget", "revisions": [
            {"revid": 21, "parentid": 20, "timestamp": "2026-11-20T08:00:00Z", "userhidden": True, "texthidden": True}
        ]}  # fmt: skip
        content = json.dumps({"batchcomplete": True, "query": {"pages": [page]}}).encode()
        items, _ = read_all(content, "mediawiki")
        revision = next(one.normalised for one in items if one.normalised.item == "8@21")
        assert (revision.kind, revision.parent, revision.title) == ("comment", "8@20", "Talk:Budget")
        assert revision.flags == ("texthidden", "userhidden")

    @pytest.mark.parametrize(
        ("code", "status"), [("ratelimited", 429), ("readonly", 503), ("readapidenied", 401), ("badvalue", 400)]
    )
    def test_an_error_that_comes_with_200_is_one(self, code: str, status: int):
        assert mediawiki.READING.stands_for(answer({"error": {"code": code}})) == status
        assert mediawiki.READING.stands_for(answer({"batchcomplete": True})) == 200

    def test_what_continues_replaces_what_continued_before(self):
        url = "https://town.example/api.php?action=query&rvlimit=50&rvcontinue=1%7C2&continue=%7C%7C"
        proceed = mediawiki.READING.endpoints["history"].next
        following = proceed(answer({"continue": {"gapcontinue": "B&C", "continue": "-||"}}, url=url))
        assert following == "https://town.example/api.php?action=query&rvlimit=50&gapcontinue=B%26C&continue=-%7C%7C"
        assert proceed(answer({"batchcomplete": True}, url=url)) is None
        assert proceed(answer({"continue": "x"}, url=url)) is None

    @pytest.mark.parametrize(
        ("value", "standing"),
        [
            ({"query": {"pages": [{"pageid": 8, "missing": True}]}}, "gone"),
            ({"query": {"pages": [{"pageid": 8, "title": "Budget"}]}}, "present"),
            ({"error": {"code": "readonly"}}, "unknown"),
            (None, "unknown"),
        ],
    )
    def test_a_page_is_gone_where_the_wiki_says_that_it_is_missing(self, value: Any, standing: str):
        url = mediawiki.READING.look_up(site("mediawiki", "https://town.example/w/api.php"), "8@21", "page")
        assert url == "https://town.example/w/api.php?action=query&format=json&formatversion=2&prop=info&pageids=8"
        assert mediawiki.READING.standing(answer(value, url=url)) == standing

    def test_the_server_s_clock_makes_no_version_of_the_site(self):
        told = {"general": {"sitename": "Town", "time": "2026-11-20T08:00:00Z"}, "namespaces": {}}
        later = {**told, "general": {**told["general"], "time": "2026-11-20T09:00:00Z"}}
        assert same_version("mediawiki", told, later)


class TestBluesky:
    URI = "at://did:plc:maple/app.bsky.feed.post/3k2yinh52ne2x"

    def test_a_post_is_read_with_its_facets_quotes_and_files(self):
        blob = {"$type": "blob", "ref": {"$link": "bafkreia"}, "mimeType": "image/png", "size": 70}
        record = {
            "$type": "app.bsky.feed.post",
            "text": "Snow",
            "langs": ["fr"],
            "createdAt": "2026-11-20T08:00:00.000Z",
            "facets": [{"features": [{"uri": "https://town.example/"}, {"tag": "snow"}, {"did": "did:plc:ana"}]}],
            "embed": {
                "$type": "app.bsky.embed.recordWithMedia",
                "media": {"images": [{"alt": "A hill", "image": blob}]},
                "record": {"record": {"uri": "at://did:plc:ben/app.bsky.feed.post/3k1", "cid": "bafyreia"}},
            },
        }
        view = view_of({"uri": self.URI, "cid": "bafyreib", "value": record}, "bluesky")
        assert (view.kind, view.item, view.lang, view.tags, view.mentions) == (
            "post",
            self.URI,
            "fr",
            ("snow",),
            ("did:plc:ana",),
        )
        assert view.links == ("https://town.example/", "https://bsky.app/profile/did:plc:ben/post/3k1")
        (shown,) = view.attachments
        assert shown.url.endswith("/xrpc/com.atproto.sync.getBlob?did=did%3Aplc%3Amaple&cid=bafkreia")
        assert (shown.alt, shown.media_type, shown.role) == ("A hill", "image/png", "image")

    def test_who_likes_an_answer_and_how_its_author_looks_today_make_no_version(self):
        shown = {"uri": self.URI, "author": {"did": "did:plc:ana", "handle": "ana.example"}, "record": {"text": "Hi"}}
        later = {**shown, "likeCount": 4, "embed": {}, "author": {**shown["author"], "displayName": "Ana"}}
        assert same_version("bluesky", shown, later)
        assert not same_version("bluesky", shown, {**shown, "labels": [{"val": "spam"}]})

    @pytest.mark.parametrize(
        ("status", "value", "standing"),
        [
            (200, {"uri": URI}, "present"),
            (400, {"error": "RecordNotFound"}, "gone"),
            (400, {"error": "InvalidRequest", "message": f"Could not locate record: {URI}"}, "gone"),
            (400, {"error": "InvalidRequest", "message": "Could not find repo: did:plc:maple"}, "unknown"),
            (400, {"error": "RepoTakendown"}, "withheld"),
            (404, None, "unknown"),
            (500, {"error": "InternalServerError"}, "unknown"),
        ],
    )
    def test_what_a_record_s_own_address_says(self, status: int, value: Any, standing: str):
        assert bluesky.READING.standing(answer(value, status=status)) == standing

    def test_a_document_that_leads_nowhere_is_told(self):
        refusal = bluesky.READING.refusal
        assert refusal(answer({"id": "did:plc:maple"}, endpoint="document"))
        assert refusal(answer({"id": "did:plc:other"}, endpoint="document"))

    @pytest.mark.parametrize(
        ("name", "url"),
        [
            ("did:plc:maple", "https://plc.directory/did:plc:maple"),
            ("did:web:town.example", "https://town.example/.well-known/did.json"),
            (
                "@maple.example",
                "https://town.example/xrpc/com.atproto.identity.resolveHandle?handle=maple.example",
            ),
        ],
    )
    def test_a_name_is_looked_up_where_its_kind_is(self, name: str, url: str):
        (first,) = bluesky.READING.start(site("bluesky", f"https://bsky.app/profile/{name}"))
        assert first.url == url

    def test_every_record_of_the_corpus_is_known_and_vectors_are_not(self):
        for file in sorted(corpus("social", "bluesky").rglob("*.json")):
            items, _ = read_all(file.read_bytes(), "bluesky")
            unknown = [one for one in items if "unrecognised" in one.normalised.flags]
            of_an_account = file.parent.name == "test_data" or file.name == "capture_atprotocom.json"
            assert (unknown == []) is of_an_account, file.name
