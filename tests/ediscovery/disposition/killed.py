"""What the killed child does: carry a plan out, in one process."""

from __future__ import annotations

from pathlib import Path

from ediscovery.disposition import carrying_out, certifying
from manifests.archive import open_archive
from manifests.checkpoints.commands import system_nonce
from manifests.console import system_clock
from tests.ediscovery.disposition.offices import silent

LOADED = certifying
"""What the child would load itself: it is slow."""


def execute(home: str, plan: str) -> None:
    """Carry a begun plan out as far as it goes."""
    archive = open_archive(Path(home), now=system_clock, actor="clerk@office")
    carrying_out.go_on(archive, plan, {}, nonce=system_nonce, tell=silent)
