"""The commands about schedules, as a records officer runs them: without an archive, in any folder."""

from __future__ import annotations

import json

import pytest

from ediscovery.retention import packs
from ediscovery.retention.reading import read_schedule
from tests.e2e.holdfast import Holdfast
from tests.ediscovery.retention.schedule_files import TEXT
from tests.ediscovery.retention.test_importing import row


@pytest.fixture
def office(tmp_path):
    return Holdfast(tmp_path)


def test_a_sound_schedule_and_the_packs_are_called_sound(office, tmp_path):
    ours = tmp_path / "ours.toml"
    ours.write_text(TEXT, encoding="utf-8")
    rules = tmp_path / "rules.toml"
    rules.write_text(office.run("retention", "packs", "classification-example").out, encoding="utf-8")
    assert rules.read_text(encoding="utf-8") == packs.text("classification-example")
    said = office.run("retention", "check", str(ours), str(rules))
    assert said.status == 0, said.err
    assert "the schedule our-office with 3 series, sound" in said.out
    assert "a classification with 4 rules, sound" in said.out
    assert [one.get("series") for one in office.json("retention", "check", str(ours), str(rules))["files"]] == [3, None]


def test_a_broken_schedule_is_refused_with_its_line(office, tmp_path):
    ours = tmp_path / "ours.toml"
    ours.write_text(TEXT.replace("years = 2", "yaers = 2"), encoding="utf-8")
    said = office.run("retention", "check", str(ours), "--json")
    assert said.status == 2
    assert said.json["error"]["code"] == "SCHEDULE"
    assert said.json["error"]["facts"] == {"file": str(ours), "line": 18}
    missing = office.run("retention", "check", str(tmp_path / "none.toml"))
    assert (missing.status, "cannot be read" in missing.err) == (2, True)


def test_the_packs_are_listed_and_an_unknown_one_is_refused(office):
    listed = office.json("retention", "packs")["packs"]
    assert [one["name"] for one in listed] == list(packs.names())
    assert office.json("retention", "packs", "tx-gr")["text"] == packs.text("tx-gr")
    assert "PACK_UNKNOWN" in office.run("retention", "packs", "texas").err


def test_what_a_state_publishes_becomes_a_schedule_with_what_was_not_understood(office, tmp_path):
    other = row(
        series_metadata={"series_id": "2", "series_title": "Drafts"}, retention_rules={"trigger_event": "event"}
    )
    published = tmp_path / "100-001.json"
    published.write_text(json.dumps([row(), other]), encoding="utf-8")
    out = tmp_path / "schedule.toml"
    found = office.json("retention", "import", str(published), "--out", str(out))
    assert found["claimed"] == 2
    assert found["states"] == {"destroy": 1, "review": 0, "for ever": 0, "refused": 1}
    assert found["refused"] == [{"item": "2", "title": "Drafts", "why": "no duration"}]
    schedule = read_schedule(out.read_text(encoding="utf-8"), name="x")
    assert (schedule.name, schedule.example) == ("va-100-001", True)
    assert office.run("retention", "check", str(out)).status == 0
    again = office.run("retention", "import", str(published), "--out", str(out))
    assert (again.status, "OUTPUT_EXISTS" in again.err) == (2, True)
    nowhere = office.run("retention", "import", str(published), "--out", str(tmp_path / "none" / "x.toml"))
    assert (nowhere.status, "SCHEDULE_UNWRITABLE" in nowhere.err) == (5, True)


def test_a_file_name_cannot_add_a_line_to_a_schedule(office, tmp_path):
    published = tmp_path / "a\n[x].json"
    published.write_text(json.dumps([row()]), encoding="utf-8")
    out = tmp_path / "schedule.toml"
    assert office.run("retention", "import", str(published), "--out", str(out)).status == 0
    assert read_schedule(out.read_text(encoding="utf-8"), name="x").name == "va-a-x"
