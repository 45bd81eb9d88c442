"""Posts that came by an API and a feed: what each record reaches, as it is shown and handed over."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from archiver.importing import import_file
from archiver.rounds import system_chance
from cli import holdfast
from ediscovery.commands import searchable
from ediscovery.production import making
from ediscovery.production.certificate import signer_of
from manifests.checkpoints.commands import system_nonce
from manifests.checkpoints.making import make
from schemas.query import Query
from tests.ediscovery.disposition.offices import Office
from tests.ediscovery.disposition.towns import town
from tests.servers import Answer

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from tests.ediscovery.disposition.towns import Town

FEED = "<rss version='2.0'><channel><title>The town</title>{}</channel></rss>"
ITEM = "<item><guid>{0}</guid><link>{0}</link><description>&lt;p&gt;{1}&lt;/p&gt;</description></item>"


def feed(*posts: tuple[str, str]) -> Answer:
    """A feed of posts, by address and text."""
    items = "".join(ITEM.format(*post) for post in posts)
    return Answer(headers={"Content-Type": "application/rss+xml"}, body=FEED.format(items).encode())


def shown(office: Office, record: str) -> Any:
    result = CliRunner().invoke(holdfast, ["--home", str(office.archive.home), "show", record, "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.output)["corroboration"]


def produced(office: Office) -> dict[tuple[str, str], str]:
    """What a production of everything says of each record's corroboration, by account and text."""
    archive = office.archive
    order = making.Order(
        name="a1b2c3d4e5f6", matter="Request 14", requester="", query_typed="", query_words="", bates_prefix="X"
    )
    with searchable(archive) as opened:
        hits = tuple(opened.hits(Query(kinds=frozenset({"post"}), versions=True)))
        checkpoint = make(archive, nonce=system_nonce, name=False)
        made = making.produce(archive, opened, hits, order, signer_of(archive), checkpoint)
    return {(one.provenance.account, one.normalised.text or ""): one.claim for one in made.document.items}


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office.founded(tmp_path / "home")


def test_an_api_and_a_feed_that_say_the_same_corroborate_each_other_until_one_says_something_else(office: Office):
    with town() as place:
        place.publish(1, "Snow day", created="2026-11-20")
        place.publish(2, "Road works", created="2026-11-21")
        same, other = place.listed["1"]["url"], place.listed["2"]["url"]
        place.beside["/feed.xml"] = feed((same, "Snow day"), (other, "Road works on Elm Street"))
        office.register("town", place.url, platform="mastodon")
        office.register("feed", place.server.url("/feed.xml"))
        capture(office, place)
        place.publish(1, "Snow day is off", created="2026-11-20")
        capture(office, place)
    claims = produced(office)
    by = {key: claim.partition(";")[0] for key, claim in claims.items()}
    assert by == {
        ("town", "Snow day"): "2: independent ways agree (an API, a feed)",
        ("feed", "Snow day"): "2: independent ways agree (an API, a feed)",
        ("town", "Snow day is off"): "1: captured over the network in one way (an API)",
        ("town", "Road works"): "1: captured over the network in one way (an API)",
        ("feed", "Road works on Elm Street"): "1: captured over the network in one way (a feed)",
    }
    records = {
        (json.loads(one.provenance)["account"], json.loads(one.normalised).get("text")): name
        for name, one in office.records().items()
    }
    told = shown(office, records["town", "Snow day"].hex)
    assert (told["level"], told["ways"]) == (2, ["api", "feed"])
    assert told["by"] == [records["feed", "Snow day"].hex]
    assert records["feed", "Snow day"].hex[:12] in claims["town", "Snow day"]


def capture(office: Office, place: Town) -> None:
    place.turn()
    office.capture("town")
    office.capture("feed")


def test_a_file_imported_before_the_first_look_counts_and_one_imported_later_is_told_and_does_not(
    office: Office, tmp_path: Path
):
    with town() as place:
        place.publish(1, "Snow day", created="2026-11-20")
        place.publish(2, "Road works", created="2026-11-21")
        office.register("town", place.url, platform="mastodon")
        taken(office, tmp_path / "first.json", place.listed["1"])
        place.turn()
        office.capture("town")
        taken(office, tmp_path / "second.json", {**place.listed["2"], "favourites_count": 70})
    records = {
        (json.loads(one.provenance)["method"], json.loads(one.normalised).get("text")): name
        for name, one in office.records().items()
    }
    # A look captures what was known from a file alone; the file cannot have been made from that.
    told = shown(office, records["api", "Snow day"].hex)
    assert (told["level"], told["ways"], told["by"]) == (2, ["api", "import"], [records["import", "Snow day"].hex])
    assert shown(office, records["import", "Snow day"].hex)["level"] == 2
    told = shown(office, records["api", "Road works"].hex)
    assert (told["level"], told["by"]) == (1, [])
    assert told["uncounted"] == [records["import", "Road works"].hex]
    assert shown(office, records["import", "Road works"].hex)["level"] == 1


def taken(office: Office, path: Path, post: dict[str, Any]) -> None:
    path.write_text(json.dumps(post))
    done = import_file(office.archive, office.archive.ledger.history.accounts["town"], path, system_chance())
    assert done.new == 1
