"""Real servers are captured into a real archive: what people do there is kept as the platform serves it, byte by byte."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import requests

from demo.picture import png
from schemas.digest import Digest
from tests.platforms import wordpress as wordpress_people
from tests.platforms.offices import Office, by_item

if TYPE_CHECKING:
    from pathlib import Path

PICTURE = png((30, 90, 160))


def served(url: str, **more: object) -> bytes:
    """What a server answers, asked without any of our code."""
    answer = requests.get(url, timeout=60, **more)
    assert answer.status_code == 200, answer.text
    return answer.content


def ended_between(office: Office, record, before, after) -> None:
    """The interval in which the item ended contains the true instant, which lies between the two that are given."""
    absence = record.view.absence
    assert absence.verdict in ("deleted", "hidden")
    assert absence.last_seen <= before
    assert after <= absence.first_missing


class TestWordPress:
    def test_what_staff_and_citizens_do_is_kept_as_it_is_served(self, wordpress, tmp_path: Path):
        staff = wordpress_people.Staff(wordpress)
        login = (wordpress.user, wordpress.password)
        office = Office.open(tmp_path, tokens={"site": f"{wordpress.user}:{wordpress.password}"})
        office.register("site", "wordpress", wordpress.url)
        picture = staff.upload(PICTURE, "The school")
        post = staff.post("Closed", "Schools are closed.", featured_media=picture["id"])
        page = staff.post("Calendar", "Term begins in August.", kind="pages")
        held = wordpress_people.comment(wordpress, post["id"], f"Ana Ruiz {post['id']}", "Until when?")
        assert held.held
        answer = staff.comment(post["id"], "Until Monday.")
        below = staff.comment(post["id"], "At eight.", parent=answer["id"])

        first = by_item(office.capture("site"))

        for item, kind in ((str(post["id"]), "post"), (str(page["id"]), "page"), (str(picture["id"]), "media")):
            assert first[item].view.kind == kind
        (media,) = first[str(picture["id"])].view.attachments
        assert (media.sha256, media.failure) == (Digest.of(PICTURE), None)
        waiting = first[f"comment:{held.number}"]
        assert (waiting.view.text, waiting.view.flags) == ("Until when?", ("status-hold",))
        assert (waiting.view.thread, waiting.view.kind) == (str(post["id"]), "comment")
        reply = first[f"comment:{below['id']}"].view
        assert (reply.kind, reply.parent, reply.thread) == ("reply", f"comment:{answer['id']}", str(post["id"]))
        for name in ("posts", "pages", "media", "comments", "comments?status=hold"):
            path, _, more = name.partition("?")
            url = f"{wordpress.url}/wp-json/wp/v2/{path}?per_page=100&orderby=id&order=desc&{more}"
            body = served(url, auth=login)
            listed = first[f"list:{'held' if more else path}"].view.listed
            assert [str(one["id"]) for one in json.loads(body)] == [item.rpartition(":")[2] for item in listed]
            assert all(first[item].native in body for item in listed)

        assert [one.view.item for one in office.capture("site")] == []

        staff.edit(post["id"], content="Schools are closed on Monday.")
        staff.approve(held.number)
        second = by_item(office.capture("site"))
        assert second[str(post["id"])].view.text == "Schools are closed on Monday."
        assert second[str(post["id"])].provenance.previous is not None
        assert second[f"comment:{held.number}"].view.flags == ()
        (version,) = [one for item, one in second.items() if item.startswith(f"{post['id']}@")]
        assert (version.view.thread, version.view.flags) == (str(post["id"]), ("earlier-version",))

        before = office.archive.now()
        staff.delete(post["id"])
        staff.delete(page["id"], kind="pages", force=True)
        staff.delete(below["id"], kind="comments", force=True)
        after = office.archive.now()
        third = by_item(office.capture("site"))
        for item in (str(post["id"]), str(page["id"]), f"comment:{below['id']}"):
            ended_between(office, third[item], before, after)
        assert third[f"{post['id']}@trash"].view.text == "Schools are closed on Monday."
        office.judged()
