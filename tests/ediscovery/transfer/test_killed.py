"""SIGKILL at every durable step of making a package: what is left is a draft or whole, and a second run starts anew."""

from __future__ import annotations

import shutil

import pytest

from ediscovery.bags import names
from ediscovery.bags.reading import NotAPackageError
from ediscovery.sheets import OutputExistsError
from tests.ediscovery.partitions import Version
from tests.ediscovery.transfer.packages import inspected, office, packed
from tests.killing import deaths


def test_a_package_that_is_killed_at_any_step_is_a_draft_or_whole(tmp_path):
    archive = office(tmp_path / "home", [Version("one", created=0)])
    kinds = []
    for death in deaths(
        "tests.ediscovery.transfer.packages:pack_here",
        lambda death: {"home": str(archive.home), "folder": str(tmp_path / f"package-{death.step}")},
        moments=("before",),
    ):
        folder = tmp_path / f"package-{death.step}"
        if (folder / names.LAST).exists():
            assert inspected(folder).sound, death
            kinds.append("whole")
            continue
        with pytest.raises(NotAPackageError):
            inspected(folder)
        if folder.exists():
            with pytest.raises(OutputExistsError, match="draft"):
                packed(archive, folder)
            shutil.rmtree(folder)
            kinds.append("draft")
        packed(archive, folder)
        assert inspected(folder).sound, death
    assert kinds.count("draft") > 15
    assert kinds[-1] == "whole"
