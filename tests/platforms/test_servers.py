"""The platforms' servers do what capturing from them relies on: what people do there is read back over plain HTTP."""

from __future__ import annotations

import subprocess

import requests

from demo.picture import png
from tests.platforms import bluesky as bluesky_people
from tests.platforms import mastodon as mastodon_people
from tests.platforms import mediawiki as mediawiki_people
from tests.platforms import wordpress as wordpress_people

PICTURE = png((30, 90, 160))


def read(url, status=200, **more):
    answer = requests.get(url, timeout=60, **more)
    assert answer.status_code == status, answer.text
    return answer


class TestMastodon:
    def test_a_post_its_reply_its_edit_and_its_end_are_read_by_everybody(self, mastodon):
        office, citizen = (mastodon_people.join(mastodon, name) for name in ("office", "citizen"))
        statuses = f"{mastodon.url}/api/v1/statuses"
        attachment = office.upload(PICTURE, "The school")
        post = office.post("Schools are closed.", media_ids=[attachment["id"]])

        reply = citizen.reply(post["id"], "Until when?")
        office.edit(post["id"], "Schools are closed on Monday.")

        seen = read(f"{statuses}/{post['id']}").json()
        below = read(f"{statuses}/{post['id']}/context").json()["descendants"]
        assert "on Monday" in seen["content"]
        assert seen["edited_at"]
        assert [one["id"] for one in below] == [reply["id"]]
        assert len(read(f"{statuses}/{post['id']}/history").json()) == 2
        assert read(seen["media_attachments"][0]["url"]).content == PICTURE
        citizen.delete(reply["id"])
        read(f"{statuses}/{reply['id']}", 404)

    def test_followers_are_listed_and_messages_are_for_the_two_alone(self, mastodon):
        office, citizen = (mastodon_people.join(mastodon, name) for name in ("office", "citizen"))

        citizen.follow(office)
        message = citizen.message(office, "May I ask you something?")

        followers = read(f"{mastodon.url}/api/v1/accounts/{office.account['id']}/followers", headers=bearer(office))
        talks = read(f"{mastodon.url}/api/v1/conversations", headers=bearer(office)).json()
        assert [one["id"] for one in followers.json()] == [citizen.account["id"]]
        assert [talk["last_status"]["id"] for talk in talks] == [message["id"]]
        assert read(f"{mastodon.url}/api/v1/accounts/{citizen.account['id']}/statuses").json() == []

    def test_an_account_that_is_there_from_the_start_has_the_token(self, mastodon):
        mine = read(
            f"{mastodon.url}/api/v1/accounts/verify_credentials", headers={"Authorization": "Bearer mock_token"}
        )

        assert mine.json()["id"]
        assert mastodon.token == "mock_token"


class TestBluesky:
    def test_posts_replies_pictures_and_followers_are_in_their_authors_repositories(self, bluesky):
        office, citizen = (bluesky_people.join(bluesky, name) for name in ("office", "citizen"))
        post = office.show(PICTURE, "The school", "Schools are closed.")

        reply = citizen.reply(post, "Until when?")
        citizen.follow(office)

        (posted,) = records(bluesky, office.did, bluesky_people.POST)
        (replied,) = records(bluesky, citizen.did, bluesky_people.POST)
        (followed,) = records(bluesky, citizen.did, "app.bsky.graph.follow")
        blob = posted["value"]["embed"]["images"][0]["image"]["ref"]["$link"]
        assert posted["uri"] == post["uri"]
        assert replied["uri"] == reply["uri"]
        assert replied["value"]["reply"]["root"]["uri"] == post["uri"]
        assert followed["value"]["subject"] == office.did
        assert xrpc(bluesky, "sync.getBlob", did=office.did, cid=blob).content == PICTURE

    def test_another_text_has_another_cid_and_what_is_deleted_is_not_found(self, bluesky):
        office = bluesky_people.join(bluesky, "office")
        post = office.post("Schools are closed.")
        before = xrpc(bluesky, "sync.getLatestCommit", did=office.did).json()["rev"]

        edited = office.edit(post, "Schools are open.")

        (posted,) = records(bluesky, office.did, bluesky_people.POST)
        assert posted["value"]["text"] == "Schools are open."
        assert posted["cid"] == edited["cid"] != post["cid"]
        assert xrpc(bluesky, "sync.getLatestCommit", did=office.did).json()["rev"] > before
        office.delete(post)
        key = post["uri"].rpartition("/")[2]
        gone = xrpc(bluesky, "repo.getRecord", 400, repo=office.did, collection=bluesky_people.POST, rkey=key)
        assert gone.json()["error"] == "RecordNotFound"
        assert records(bluesky, office.did, bluesky_people.POST) == []

    def test_the_directory_says_that_an_account_is_at_the_server(self, bluesky):
        office = bluesky_people.join(bluesky, "office")

        document = read(f"{bluesky.directory}/{office.did}").json()

        assert document["alsoKnownAs"] == [f"at://{office.handle}"]
        assert document["service"][0]["serviceEndpoint"] == bluesky.url
        resolved = xrpc(bluesky, "identity.resolveHandle", handle=office.handle)
        assert resolved.json() == {"did": office.did}


class TestWordPress:
    def test_posts_pages_and_pictures_are_read_and_edits_and_ends_seen(self, wordpress):
        staff = wordpress_people.Staff(wordpress)
        picture = staff.upload(PICTURE, "The school")
        post = staff.post("Closed", "Schools are closed.", featured_media=picture["id"])
        page = staff.post("Calendar", "Term begins in August.", kind="pages")
        posts = f"{wordpress.url}/wp-json/wp/v2/posts/{post['id']}"

        staff.edit(post["id"], content="Schools are closed on Monday.")

        seen = read(posts).json()
        assert "on Monday" in seen["content"]["rendered"]
        assert "on Monday" in read(seen["link"]).text
        assert "August" in read(page["link"]).text
        assert read(picture["source_url"]).content == PICTURE
        assert f"<title>{post['title']['raw']}</title>" in read(f"{wordpress.url}/feed/").text
        staff.delete(post["id"])
        read(posts, 401)
        staff.delete(post["id"], force=True)
        read(posts, 404)

    def test_a_first_comment_is_held_until_it_is_approved_and_the_next_is_shown(self, wordpress):
        staff = wordpress_people.Staff(wordpress)
        post = staff.post("Budget", "The board hears the public.")["id"]
        comments = f"{wordpress.url}/wp-json/wp/v2/comments?post={post}&order=asc"

        first = wordpress_people.comment(wordpress, post, f"Ana Ruiz {post}", "When is the hearing?")
        unapproved = read(comments).json()
        staff.approve(first.number)
        answer = staff.comment(post, "On Tuesday.", parent=first.number)
        second = wordpress_people.comment(wordpress, post, f"Ana Ruiz {post}", "Thank you.", parent=answer["id"])

        assert (first.held, second.held) == (True, False)
        assert unapproved == []
        assert [one["id"] for one in read(comments).json()] == [first.number, answer["id"], second.number]
        staff.edit(first.number, kind="comments", content="When and where is the hearing?")
        assert (
            "and where" in read(f"{wordpress.url}/wp-json/wp/v2/comments/{first.number}").json()["content"]["rendered"]
        )
        staff.delete(first.number, kind="comments", force=True)
        assert [one["id"] for one in read(comments).json()] == [answer["id"], second.number]

    def test_the_comments_that_are_held_are_listed_for_staff(self, wordpress):
        staff = wordpress_people.Staff(wordpress)
        post = staff.post("Buses", "Two lines change.")["id"]

        comment = wordpress_people.comment(wordpress, post, f"Omar Haddad {post}", "Which?")

        assert [one["id"] for one in staff.held(post)] == [comment.number]


class TestMediaWiki:
    def test_a_page_its_talk_and_its_file_are_read_with_every_version(self, mediawiki):
        citizen, stranger = mediawiki_people.join(mediawiki), mediawiki_people.Person(mediawiki)
        title = f"Budget of {citizen.user}"
        citizen.write(title, "Roofs cost 4 million.")
        citizen.write(title, "Roofs cost 4.2 million.", "As adopted")

        stranger.discuss(title, "Buses", "And the buses?")
        citizen.answer(title, "Next year.")
        citizen.upload(f"{citizen.user}.png", PICTURE)

        (page,) = pages(mediawiki, title, prop="revisions", rvprop="ids|content|user", rvslots="main", rvlimit="max")
        (talk,) = pages(mediawiki, f"Talk:{title}", prop="revisions", rvprop="user|content", rvslots="main")
        (file,) = pages(mediawiki, f"File:{citizen.user}.png", prop="imageinfo", iiprop="url")
        texts = [revision["slots"]["main"]["content"] for revision in page["revisions"]]
        spoken = talk["revisions"][0]["slots"]["main"]["content"]
        assert texts == ["Roofs cost 4.2 million.", "Roofs cost 4 million."]
        assert "== Buses ==" in spoken
        assert "\n:Next year. " in spoken
        assert read(file["imageinfo"][0]["url"]).content == PICTURE
        assert "4.2 million" in read(f"{mediawiki.url}/index.php", params={"title": title}).text
        assert read(f"{mediawiki.url}/rest.php/v1/page/{title}").json()["source"] == texts[0]

    def test_moves_and_deletions_are_events_with_a_reason(self, mediawiki):
        citizen, staff = mediawiki_people.join(mediawiki), mediawiki_people.staff(mediawiki)
        title = f"Draft of {citizen.user}"
        citizen.write(title, "To be written.")

        staff.move(title, f"{title} (old)", "Superseded")
        staff.delete(f"{title} (old)", "A draft")

        events = [
            *query(mediawiki, list="logevents", letitle=title)["logevents"],
            *query(mediawiki, list="logevents", letitle=f"{title} (old)")["logevents"],
        ]
        assert [(event["type"], event["comment"]) for event in events if event["type"] != "create"] == [
            ("move", "Superseded"),
            ("delete", "A draft"),
        ]
        read(f"{mediawiki.url}/index.php", 404, params={"title": f"{title} (old)"})

    def test_a_new_page_is_among_the_recent_changes(self, mediawiki):
        citizen = mediawiki_people.join(mediawiki)
        title = f"News of {citizen.user}"

        citizen.write(title, "The library opens.")

        changes = query(mediawiki, list="recentchanges", rcuser=citizen.user, rcprop="title")["recentchanges"]
        assert title in [change["title"] for change in changes]


def test_chromium_shows_what_a_script_wrote(chromium, tmp_path):
    page = tmp_path / "page.html"
    page.write_text("<script>document.write('<p>' + ['written', 'by', 'script'].join(' '))</script>")

    shown = subprocess.run(
        [
            chromium,
            "--headless",
            "--no-sandbox",
            f"--user-data-dir={tmp_path / 'profile'}",
            "--dump-dom",
            page.as_uri(),
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    ).stdout

    assert "<p>written by script</p>" in shown


def bearer(person):
    return {"Authorization": f"Bearer {person.token}"}


def xrpc(server, method, status=200, **members):
    return read(f"{server.url}/xrpc/com.atproto.{method}", status, params=members)


def records(server, did, collection):
    return xrpc(server, "repo.listRecords", repo=did, collection=collection).json()["records"]


def query(wiki, **members):
    asked = {"action": "query", "format": "json", "formatversion": "2", **members}
    return read(f"{wiki.url}/api.php", params=asked).json()["query"]


def pages(wiki, title, **members):
    return query(wiki, titles=title, **members)["pages"]
