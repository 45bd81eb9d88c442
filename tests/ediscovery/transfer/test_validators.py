"""What other programs say of a package: the schemas of METS and PREMIS, and the E-ARK validator."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from ediscovery.bags import names
from ediscovery.transfer import naming
from tests.ediscovery.bags import rewrite
from tests.ediscovery.transfer.packages import office, packed

ROOT = Path(__file__).parents[3]
PYTHON = ROOT / ".lanes" / "eark" / "bin" / "python"
UNMET = {
    "CSIP6": "no profile is claimed",
    "CSIP113": "no XML schemas are carried",
    "CSIP99": "no XML schemas are carried",
    "SIP2": "no profile is claimed",
    "SIP14": "programs have no identification code",
}
"""All requirements of CSIP and SIP 2.1.0 that are errors where they are not met, and why they are not."""

pytestmark = [
    pytest.mark.server,
    pytest.mark.skipif(not PYTHON.exists(), reason="the lane eark is not installed: ./run lane eark"),
]


def judged(package):
    """What the lane's program says of a package."""
    command = [PYTHON, ROOT / "tests" / "lanes" / "eark.py", package / names.PAYLOAD]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_mets_and_premis_are_valid_and_what_is_lacking_of_a_package_is_known(tmp_path):
    packed(office(tmp_path / "home"), tmp_path / "package")
    said = judged(tmp_path / "package")
    assert said["schemas"] == {"METS.xml": [], "metadata/preservation/premis.xml": []}
    assert said["mets"] == []
    assert {rule for rule, severity in said["unmet"] if severity == "ERROR"} == set(UNMET)


def test_the_schemas_would_show_a_fault(tmp_path):
    packed(office(tmp_path / "home"), tmp_path / "package")
    rewrite(tmp_path / "package" / naming.PREMIS, lambda content: content.replace(b"eventType>", b"kind>"))
    rewrite(tmp_path / "package" / naming.METS, lambda content: content.replace(b"fileSec", b"files"))
    said = judged(tmp_path / "package")
    assert all(said["schemas"].values())
