"""A package of a real production, for all tests of checkers."""

from __future__ import annotations

import json

import pytest

from schemas.query import Query
from tests.ediscovery.packages import sealed
from tests.ediscovery.packages.tampering import SEAL, Case


@pytest.fixture(scope="session")
def packages(tmp_path_factory):
    """Two packages of productions of one archive, whose ledger went on, and one of another archive.

    Of the first, the last record is redacted.
    """
    folder = tmp_path_factory.mktemp("packages")
    archive = sealed.archive_of(folder / "home")
    one = sealed.produced(archive, Query(accounts=frozenset({"blog", "wiki"})), sealed.RULES)
    two = sealed.produced(archive, Query(accounts=frozenset({"blog"})))
    sealed.grown(archive, "later", "latest")
    made = [sealed.packed(archive, act, folder / name) for act, name in ((one, "one"), (two, "two"))]
    stranger = sealed.archive_of(folder / "stranger-home")
    act = sealed.produced(stranger, Query(accounts=frozenset({"blog", "wiki"})))
    return (*made, sealed.packed(stranger, act, folder / "stranger"))


@pytest.fixture
def case(packages, tmp_path) -> Case:
    """A copy of the first package, to be changed."""
    one, two, _ = packages
    key = json.loads((one / SEAL).read_bytes())["claims"]["verifier"]
    return Case(sealed.copied(one, tmp_path / "package"), two, key)
