"""SoftHSM: a token in software, spoken to over PKCS #11 as any other (Debian's ``softhsm2``)."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping

MODULES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so", "/usr/lib/pkcs11/libsofthsm2.so")
PIN = "correct-horse"


def module() -> str:
    """The path of SoftHSM's library; the test is skipped where it is not installed."""
    found = next((path for path in MODULES if Path(path).exists()), None)
    if found is None or shutil.which("softhsm2-util") is None:
        pytest.skip("SoftHSM is not installed here: ./run lane softhsm")
    return found


def make_tokens(folder: Path, *labels: str) -> Mapping[str, str]:
    """Make tokens of these names, and return the environment in which they are found."""
    module()
    (folder / "tokens").mkdir(parents=True)
    (folder / "softhsm2.conf").write_text(
        f"directories.tokendir = {folder / 'tokens'}\nobjectstore.backend = file\nlog.level = ERROR\n"
    )
    environment = {"SOFTHSM2_CONF": str(folder / "softhsm2.conf")}
    for label in labels:
        subprocess.run(
            ["softhsm2-util", "--init-token", "--free", "--label", label, "--so-pin", "12345678", "--pin", PIN],
            env={**os.environ, **environment},
            check=True,
            capture_output=True,
        )
    return environment
