"""Refusals in the ledger: who tried to change what is kept, and was refused, with the reason's code."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from manifests.acts import known
from schemas.errors import ArchiveError
from schemas.ledger import AttemptRefused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from manifests.archive import Archive
    from manifests.history import History
    from schemas.ledger import Attempt

FAILURES = ("unavailable", "outcome-unknown")
"""The families of errors that say nothing about what was tried: it may be tried again."""


@contextmanager
def recorded_if_refused(archive: Archive, attempted: Attempt, *, about: str | None = None) -> Iterator[None]:
    """Let something be tried in the block; if it is refused there, say so in the ledger, and raise the refusal.

    ``about`` is the plan or hold that was meant; it is recorded if there is one of that name. Of what was typed or
    handed in nothing else is: it may be anything.

    Raises:
        ArchiveError: what the block raises; or the refusal could not be recorded.
    """
    try:
        yield
    except ArchiveError as error:
        if error.family not in FAILURES:
            code = error.code
            archive.append(lambda history: (_refusal(history, attempted, code, about),))
        raise


def _refusal(history: History, attempted: Attempt, code: str, about: str | None) -> AttemptRefused:
    return AttemptRefused(attempted=attempted, code=code, about=about if about and known(history, about) else None)
