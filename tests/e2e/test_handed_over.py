"""A package that a city hall hands over, and whoever receives it: with Python, and nothing of Holdfast."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from tests.e2e.holdfast import Holdfast
from tests.ediscovery.packages.sealed import HANDED

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.halls import Hall


def checked(package: Path, *arguments: str) -> dict[str, Any]:
    """What verify.py says of a package."""
    command = [sys.executable, "-I", str(HANDED / "verify.py"), str(package), "--json", *arguments]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.stderr == ""
    said: dict[str, Any] = json.loads(run.stdout)
    assert run.returncode == (not said["sound"])
    return said


def test_a_package_is_checked_by_the_key_that_the_archive_publishes_when_it_is_made(hall: Hall, tmp_path: Path):
    office = hall.office
    made = office.json("produce", "budget OR volcano", "--matter", "M", "--out", str(tmp_path / "out.pdf"))
    office.json("package", made["production"], "--to", str(tmp_path / "early"))
    (old,) = hall.keys("checkpoint")
    new = hall.json("make", "--checkpoint")["verifier"]
    hall.change("keys-2.json", "--add", "checkpoint", new, "--retire", old)
    (office.home / "keys" / "checkpoint.pem").unlink()
    office.json("package", made["production"], "--to", str(tmp_path / "late.zip"))

    early = checked(tmp_path / "early", "--key", old)
    assert (early["sound"], early["bates"], early["notices"]) == (True, made["bates"], [])
    late = checked(tmp_path / "late.zip", "--key", new)
    assert (late["sound"], len(late["records"])) == (True, made["records"])
    assert all(record["proved"] for record in late["records"])
    assert late["keys"] == {"production.json": old, "sealed.json": new}
    (notice,) = late["notices"]
    assert notice.endswith("the archive changed its key in between.")

    # Holdfast says the same.
    stranger = Holdfast(tmp_path / "nowhere")
    for package, key in ((tmp_path / "early", old), (tmp_path / "late.zip", new)):
        assert stranger.json("verify", str(package), "--key", key)["sound"]

    for package, key in ((tmp_path / "early", new), (tmp_path / "late.zip", old)):
        other = checked(package, "--key", key)
        assert {finding["step"] for finding in other["findings"]} == {"seal"}
        assert not any(record["proved"] for record in other["records"])
        refused = stranger.run("verify", str(package), "--key", key, "--json")
        assert (refused.status, refused.json["sound"]) == (7, False)
