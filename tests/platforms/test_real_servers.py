"""Real servers are captured into a real archive: what people do there is kept byte by byte as it is served."""

from __future__ import annotations

import json
from contextlib import closing
from itertools import islice
from typing import TYPE_CHECKING

import pytest
import requests

from archiver.fetch.failures import ConnectionCutError
from archiver.platforms.bluesky_events import REPOSITORIES, STREAM
from archiver.platforms.reading import Site
from archiver.receiving.streams import StreamReader
from demo.picture import png
from schemas.account import Account
from schemas.digest import Digest
from tests.platforms import bluesky as bluesky_people
from tests.platforms import mastodon as mastodon_people
from tests.platforms import mediawiki as mediawiki_people
from tests.platforms import wordpress as wordpress_people
from tests.platforms.bluesky import POST
from tests.platforms.offices import Office, by_item, only_loopback

if TYPE_CHECKING:
    from collections.abc import Iterator
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


class TestBluesky:
    def test_what_an_account_writes_is_kept_as_its_own_server_has_it(self, bluesky, tmp_path: Path):
        town, citizen = (bluesky_people.join(bluesky, name) for name in ("town", "citizen"))
        where = f'[platform.bluesky]\napi = "{bluesky.url}"\ndirectory = "{bluesky.directory}"\n'
        office = Office.open(tmp_path, settings=where)
        office.secrets += [town.password, town.token, citizen.password, citizen.token]
        for person, name in ((town, "town"), (citizen, "citizen")):
            office.register(name, "bluesky", f"https://bsky.app/profile/{person.handle}")
        post = town.show(PICTURE, "The school", "Schools are closed.")
        other = town.post("The library opens.")
        reply = citizen.reply(post, "Until when?")
        deeper = town.reply(reply, "Until Monday.", root=post)
        town.describe_oneself("The town", "News of the town")
        town.follow(citizen)

        # There is no view of the network behind this server: it says so for each post, whose replies it has not.
        first = by_item(office.capture("town", failing=True))
        told = [failure for failure in office.last.failures if not failure.startswith("the replies: REQUEST_REFUSED")]
        assert told == []

        assert first[post["uri"]].view.text == "Schools are closed."
        (shown,) = first[post["uri"]].view.attachments
        assert (shown.sha256, shown.alt, shown.failure) == (Digest.of(PICTURE), "The school", None)
        assert (first[deeper["uri"]].view.parent, first[deeper["uri"]].view.thread) == (reply["uri"], post["uri"])
        assert first[f"at://{town.did}/app.bsky.actor.profile/self"].view.text == "News of the town"
        (follow,) = first["list:records:app.bsky.graph.follow"].view.listed
        assert first[follow].view.mentions == (citizen.did,)
        for one in first.values():
            if one.view.kind != "list":
                assert one.native in served(one.provenance.source.uri), one.view.item
            signed = one.view.item.startswith("at://")
            assert (one.provenance.claim, len(one.provenance.vouched)) == ((4, 2) if signed else (1, 0)), one.view.item
        asked = by_item(office.capture("citizen", failing=True))
        assert (asked[reply["uri"]].view.kind, asked[reply["uri"]].view.thread) == ("reply", post["uri"])

        assert [one.view.item for one in office.capture("town", failing=True)] == []

        town.edit(post, "Schools are closed on Monday.")
        second = by_item(office.capture("town", failing=True))
        assert second[post["uri"]].view.text == "Schools are closed on Monday."
        assert second[post["uri"]].provenance.previous is not None
        assert second[post["uri"]].provenance.claim == 4

        before = office.archive.now()
        town.delete(other)
        after = office.archive.now()
        third = by_item(office.capture("town", failing=True))
        ended_between(office, third[other["uri"]], before, after)
        assert third[other["uri"]].view.absence.verdict == "deleted"
        office.judged()

    def test_its_stream_says_that_it_does_not_know_the_future_and_goes_on_from_a_mark(self, bluesky):
        town = bluesky_people.join(bluesky, "town")
        posts = [town.post(f"Number {number}") for number in range(3)]
        account = Account(name="town", platform="bluesky", url=f"https://bsky.app/profile/{town.did}", title="t")
        stream = f"{bluesky.url.replace('http', 'ws', 1)}{REPOSITORIES}"
        site = Site(account, "", stream=stream, identity=town.did)

        def told(mark: str) -> Iterator[bytes]:
            reader = StreamReader(STREAM, only_loopback, "holdfast", private_network=True)
            return reader.messages(STREAM.address(site, mark))

        def named(after: str, count: int) -> list[tuple[str, str]]:
            with closing(told(after)) as bodies:
                own = ((one.item, STREAM.mark(body)) for body in bodies for one in STREAM.named(body, site))
                return list(islice(((item, mark) for item, mark in own if POST in item), count))

        future = told("999999999")
        assert next(future) == b""
        error = next(future)
        assert (STREAM.mark(error), list(STREAM.named(error, site))) == ("", [])
        with pytest.raises(ConnectionCutError):
            next(future)
        heard = named("0", 3)
        assert [item for item, _ in heard] == [post["uri"] for post in posts]
        assert named(heard[0][1], 2) == heard[1:]


class TestMastodon:
    def test_what_the_body_and_citizens_write_is_kept_as_it_is_served(self, mastodon, tmp_path: Path):
        town, citizen = (mastodon_people.join(mastodon, name) for name in ("town", "citizen"))
        office = Office.open(tmp_path, tokens={"town": town.token})
        office.register("town", "mastodon", f"{mastodon.url}/@{town.account['username']}")
        attachment = town.upload(PICTURE, "The school")
        post = town.post("Schools are closed.", media_ids=[attachment["id"]])
        other = town.post("The library opens.")
        reply = citizen.reply(post["id"], "Until when?")
        deeper = town.reply(reply["id"], "Until Monday.")
        message = citizen.message(town, "May I ask you something?")
        citizen.follow(town)

        first = by_item(office.capture("town"))

        assert first[post["id"]].view.text == "Schools are closed."
        (shown,) = first[post["id"]].view.attachments
        assert (shown.sha256, shown.alt, shown.failure) == (Digest.of(PICTURE), "The school", None)
        assert (first[reply["id"]].view.kind, first[reply["id"]].view.thread) == ("reply", post["id"])
        assert first[deeper["id"]].view.parent == reply["id"]
        assert first[message["id"]].view.kind == "message"
        assert first["list:followers"].view.listed == (f"account:{citizen.account['id']}",)
        login = {"Authorization": f"Bearer {town.token}"}
        for one in first.values():
            if one.view.kind != "list":
                assert one.native in served(one.provenance.source.uri, headers=login), one.view.item

        assert [one.view.item for one in office.capture("town")] == []

        town.edit(post["id"], "Schools are closed on Monday.")
        second = by_item(office.capture("town"))
        assert second[post["id"]].view.text == "Schools are closed on Monday."
        earlier = [one.view for item, one in second.items() if item.startswith(f"{post['id']}@")]
        assert "Schools are closed." in [one.text for one in earlier]

        before = office.archive.now()
        town.delete(other["id"])
        citizen.delete(reply["id"])
        after = office.archive.now()
        third = by_item(office.capture("town"))
        for item in (other["id"], reply["id"]):
            ended_between(office, third[item], before, after)
            assert third[item].view.absence.verdict == "deleted"
        office.judged()


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

    def test_what_is_not_public_is_not_taken_for_deleted_without_a_login(self, wordpress, tmp_path: Path):
        staff = wordpress_people.Staff(wordpress)
        office = Office.open(tmp_path)
        office.register("site", "wordpress", wordpress.url)
        post = staff.post("Draft", "Not yet.")
        held = wordpress_people.comment(wordpress, post["id"], f"Omar Haddad {post['id']}", "When?")
        first = by_item(office.capture("site"))
        assert f"comment:{held.number}" not in first

        before = office.archive.now()
        staff.edit(post["id"], status="draft")
        after = office.archive.now()
        second = by_item(office.capture("site"))

        ended_between(office, second[str(post["id"])], before, after)
        assert second[str(post["id"])].view.absence.verdict == "hidden"
        office.secrets.append(wordpress.password)
        office.judged()


class TestMediaWiki:
    def test_pages_talks_files_and_their_histories_are_kept_as_they_are_served(self, mediawiki, tmp_path: Path):
        citizen, staff = mediawiki_people.join(mediawiki), mediawiki_people.staff(mediawiki)
        office = Office.open(tmp_path)
        office.secrets.append(mediawiki.password)
        office.register("wiki", "mediawiki", mediawiki.url)
        title = f"Budget of {citizen.user}"
        citizen.write(title, "Roofs cost 4 million.", "First reading")
        page = citizen.write(title, "Roofs cost 4.2 million.", "As adopted")
        talk = citizen.discuss(title, "Buses", "And the buses?")
        name = f"{citizen.user}.png".replace(" ", "_")
        citizen.upload(name, PICTURE)
        moved = citizen.write(f"Draft of {citizen.user}", "To be written.")

        first = by_item(office.capture("wiki"))

        number = str(page["pageid"])
        assert (first[number].view.kind, first[number].view.title) == ("page", title)
        versions = first[f"list:history:{number}"].view.listed
        assert [first[one].view.text for one in versions] == [
            "Roofs cost 4.2 million.\nAs adopted",
            "Roofs cost 4 million.\nFirst reading",
        ]
        said = first[f"{talk['pageid']}@{talk['newrevid']}"].view
        assert (said.kind, said.title, said.thread) == ("comment", f"Talk:{title}", str(talk["pageid"]))
        assert "And the buses?" in said.text
        (shown,) = first[f"file:{name}"].view.attachments
        assert (shown.sha256, shown.failure) == (Digest.of(PICTURE), None)
        for one in first.values():
            if one.view.kind != "list" and one.view.item != "site":  # which tells the time
                assert one.native in served(one.provenance.source.uri), one.view.item

        assert [one.view.item for one in office.capture("wiki")] == []

        citizen.write(title, "Roofs cost 5 million.")
        staff.move(f"Draft of {citizen.user}", f"Plan of {citizen.user}", "Superseded")
        citizen.upload(name, png((90, 30, 30)))
        second = by_item(office.capture("wiki"))
        assert second[second[f"list:history:{number}"].view.listed[0]].view.text.startswith("Roofs cost 5 million.")
        assert second[str(moved["pageid"])].view.title == f"Plan of {citizen.user}"
        (shown,) = second[f"file:{name}"].view.attachments
        assert shown.sha256 == Digest.of(png((90, 30, 30)))
        events = [one.view.title for one in second.values() if one.view.item.startswith("log:")]
        assert f"move move Draft of {citizen.user}" in events

        before = office.archive.now()
        staff.delete(title, "By mistake")
        after = office.archive.now()
        third = by_item(office.capture("wiki"))
        for item in (number, *versions):
            ended_between(office, third[item], before, after)
            assert third[item].view.absence.verdict == "deleted"
        (event,) = [one.view for one in third.values() if (one.view.title or "").startswith("delete delete")]
        assert (event.text, event.author.name) == ("By mistake", "Admin")
        office.judged()

    def test_a_history_of_more_revisions_than_an_answer_holds_is_kept_whole(self, mediawiki, tmp_path: Path):
        citizen = mediawiki_people.join(mediawiki)
        office = Office.open(tmp_path)
        office.register("wiki", "mediawiki", mediawiki.url)
        texts = [f"Minutes, version {number}" for number in range(53)]
        for text in texts:
            page = citizen.write(f"Minutes of {citizen.user}", text, "Continued")

        kept = by_item(office.capture("wiki"))

        listed = kept[f"list:history:{page['pageid']}"].view.listed
        assert [kept[one].view.text for one in listed] == [f"{text}\nContinued" for text in reversed(texts)]
