"""The ready schedules can be read, say that they are examples, and are whole among themselves."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from ediscovery.retention import packs
from ediscovery.retention.reading import read, read_schedule
from schemas.retention import Classification, Schedule

ROOT = Path(__file__).parents[3]
SCHEDULES = ("ma-municipal", "nara-grs-6-4", "ny-lgs-1", "tx-gr", "tx-sd")
VERIFIED = re.compile(r"GR1000-(26a|26b|34a|34b)|6\.4-0[12]0")


def test_the_packs_are_these():
    assert packs.names() == ("classification-example", *SCHEDULES)


@pytest.mark.parametrize("name", packs.names())
def test_a_pack_says_in_its_first_line_that_it_is_an_example(name):
    first = packs.text(name).splitlines()[0]
    assert first.startswith("# Example")
    assert "to be checked by a records officer" in packs.text(name).replace("\n# ", " ")


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_pack_is_an_example_under_its_own_name_that_nobody_adopted(name):
    schedule = read_schedule(packs.text(name), name=name)
    assert (schedule.name, schedule.example, schedule.adopted_by, schedule.adopted_on) == (name, True, "", None)


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_number_that_was_not_verified_is_to_be_entered(name):
    for series in read_schedule(packs.text(name), name=name).series:
        assert VERIFIED.fullmatch(series.item) or re.fullmatch(r"ENTER-\d", series.item)


def test_every_series_that_a_pack_names_is_in_a_pack():
    found = [read(packs.text(name), name=name) for name in packs.names()]
    known = {f"{one.name}/{series.item}" for one in found if isinstance(one, Schedule) for series in one.series}
    rules = [rule for one in found if isinstance(one, Classification) for rule in one.rules]
    named = {name for rule in rules for name in rule.series} | {
        series.same_as for one in found if isinstance(one, Schedule) for series in one.series if series.same_as
    }
    assert rules
    assert named <= known


def test_the_packs_are_installed_with_the_program():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert settings["tool"]["setuptools"]["package-data"]["ediscovery.retention.packs"] == ["*.toml"]
    assert (ROOT / "ediscovery" / "retention" / "packs" / "__init__.py").exists()


def test_a_pack_that_is_not_there_is_refused_with_those_that_are():
    with pytest.raises(packs.PackUnknownError, match="tx-gr"):
        packs.text("../tx-gr")
