"""Where the corpora of real data lie: beside the project, read in place, and skipped visibly where absent."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(os.environ.get("HOLDFAST_CORPORA", Path(__file__).parents[2] / "shared" / "corpora"))


def corpus(*parts: str) -> Path:
    """Return a folder or file of the corpora; the calling test is skipped where it is absent."""
    path = ROOT.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"the corpus {'/'.join(parts)} is not here", allow_module_level=True)
    return path
