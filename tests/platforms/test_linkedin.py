"""What LinkedIn alone has: files that posts only name, counts that stand elsewhere, calls that tell of deletions."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any

import pytest

from archiver.imports.json_lines import read
from archiver.platforms import linkedin
from archiver.platforms.linkedin_objects import view_of
from archiver.platforms.objects import Item
from archiver.platforms.reading import Answer, Question, Site
from schemas.account import Account
from schemas.digest import Digest
from tests.platforms.simulator import PIXELS
from tests.platforms.story import begun

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.platforms.story import Story

WEBHOOK = linkedin.PLATFORM.webhook
COMMENT = "urn:li:comment:(urn:li:activity:1001,1002)"


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    """A page on LinkedIn."""
    with begun(tmp_path, "linkedin") as made:
        yield made
        made.check()


def told(**more: Any) -> dict[str, Any]:
    """A notification as LinkedIn calls with it."""
    return {
        "notificationId": 41,
        "organizationalEntity": "urn:li:organization:123456",
        "action": "COMMENT_DELETE",
        "sourcePost": "urn:li:share:1001",
        "lastModifiedAt": 1_790_000_000_000,
        "generatedActivity": COMMENT,
        **more,
    }


def called(*notifications: dict[str, Any]) -> bytes:
    """The body of a call."""
    told = {"type": "ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS", "notifications": list(notifications)}
    return json.dumps(told).encode()


def test_a_picture_is_a_record_below_its_post_and_asked_for_again_only_when_the_post_changes(story: Story):
    number = story.simulator.post("Snow day", image=PIXELS)
    story.complete()
    (kept,) = story.versions(f"urn:li:image:{number}")
    assert (kept.view.kind, kept.view.thread) == ("media", f"urn:li:share:{number}")
    assert [(one.role, one.sha256) for one in kept.view.attachments] == [("image", Digest.of(PIXELS))]
    (post,) = story.versions(f"urn:li:share:{number}")
    assert "Schoolhouse" in (post.view.text or "")
    story.complete()
    assert [request.path.startswith("/rest/images/") for request in story.simulator.requests].count(True) == 1
    story.simulator.edit(number, "Snow day, again")
    story.complete()
    assert len(story.versions(f"urn:li:image:{number}")) == 1
    assert [request.path.startswith("/media/") for request in story.simulator.requests].count(True) == 1


def test_reactions_are_counted_where_that_is_chosen_and_nobody_is_named(story: Story):
    number = story.simulator.post("Snow day")
    item = f"reactions:urn:li:share:{number}"
    story.complete()
    assert story.versions(item) == []
    story.chosen = {"options": ("reactions",)}
    story.complete()
    story.simulator.like(number)
    story.complete()
    assert [one.view.counts["like"] for one in story.versions(item)] == [0, 1]


def test_followers_are_counted_and_their_number_is_a_version(story: Story):
    story.simulator.post("Snow day")
    story.complete()
    story.simulator.followers = 8  # type: ignore[attr-defined]
    story.complete()
    counted = [one.view.counts["followers"] for one in story.versions("followers:urn:li:organization:123456")]
    assert counted == [7, 8]


def test_a_page_that_goes_by_its_number_is_asked_for_by_it():
    account = Account(name="maple", platform="linkedin", url="https://www.linkedin.com/company/123456/", title="Maple")
    (question,) = linkedin.READING.start(Site(account, "https://api.linkedin.com", "202608"))
    assert question == Question("organisation", "https://api.linkedin.com/rest/organizations/123456")


def test_a_call_names_the_comment_and_its_post_and_likes_name_nothing():
    assert WEBHOOK is not None
    body = called(told(), told(action="LIKE"), told(action="COMMENT_EDIT", sourcePost=None))
    assert [one.item for one in WEBHOOK.named(body)] == [COMMENT, "urn:li:share:1001", COMMENT]
    for hostile in (b"", b"[]", b"{", b'{"notifications": [null, 1, {"action": []}]}'):
        assert list(WEBHOOK.named(hostile)) == []


def test_only_a_call_that_is_signed_with_the_client_secret_is_taken():
    assert WEBHOOK is not None
    body = called(told())
    signature = hmac.new(b"client secret", b"hmacsha256=" + body, hashlib.sha256).hexdigest()
    assert WEBHOOK.signed({"x-li-signature": signature}, body, "client secret")
    assert not WEBHOOK.signed({"x-li-signature": signature}, body + b" ", "client secret")
    assert not WEBHOOK.signed({}, body, "client secret")


def test_what_a_call_told_is_read_as_an_event_about_the_comment():
    _, item = read(called(told(decoratedGeneratedActivity={"comment": {"text": "No", "owner": "urn:li:person:1"}})),
                   "linkedin")  # fmt: skip
    assert isinstance(item, Item)
    view = item.normalised
    assert (view.kind, view.type, view.item, view.parent) == ("event", "Delete", "notification:41", COMMENT)
    assert (view.text, view.thread) == ("No", "urn:li:share:1001")


@pytest.mark.parametrize("content", [None, [], 7, {"multiImage": 7}, {"media": []}, {"poll": {"options": [{}, None]}}])
def test_a_post_of_any_content_is_read(content: Any):
    view = view_of({"id": "urn:li:share:1", "author": 7, "lifecycleState": "DRAFT", "content": content}, {})
    assert view is not None
    assert (view.item, view.flags) == ("urn:li:share:1", ("not-published",))


@pytest.mark.parametrize("href", [7, None, "", "?start=x", "?start=-4", "?start=99999999999999", "http://[", "/?a=b"])
def test_a_link_to_a_next_page_that_leads_nowhere_ends_the_list(href: object):
    following = linkedin.READING.endpoints["posts"].next
    value = {"elements": [{}], "paging": {"links": [{"rel": "next", "href": href}, None]}}
    assert following(Answer(Question("posts", "https://api.linkedin.com/rest/posts?start=5"), value, 200, {})) is None


@pytest.mark.parametrize(
    ("status", "value", "standing"),
    [
        (404, {"status": 404, "code": "NOT_FOUND", "message": "No"}, "gone"),
        (403, {"status": 403, "serviceErrorCode": 100, "message": "No"}, "withheld"),
        (401, {"status": 401, "message": "No"}, "unknown"),
        (404, None, "unknown"),
        (403, {"message": "blocked"}, "unknown"),
        (200, {"id": "urn:li:share:1"}, "present"),
    ],
)
def test_only_an_error_of_linkedins_own_says_that_an_item_is_gone(status: int, value: Any, standing: str):
    assert (
        linkedin.READING.standing(Answer(Question("", "https://api.linkedin.com/rest/posts/1"), value, status, {}))
        == standing
    )
