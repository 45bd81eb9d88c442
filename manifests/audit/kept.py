"""What an auditor keeps of a sound audit in a small file, so that the next audit goes on from there (FORMAT 8.3)."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from schemas.errors import ArchiveError, InputError, PolicyError, UnavailableError
from schemas.findings import Kept

if TYPE_CHECKING:
    from pathlib import Path

    from schemas.findings import Report
    from schemas.instant import Instant

KEPT_FORMAT = "holdfast-kept/v1"
KEPT_LIMIT = 1 << 20


class KeptUnreadableError(InputError):
    """The file that an audit is to go on from cannot be read."""

    code = "KEPT_UNREADABLE"


class KeptUnwritableError(UnavailableError):
    """The file for the next audit cannot be written."""

    code = "KEPT_UNWRITABLE"


class NotKeptError(PolicyError):
    """An audit is not one that a later audit may go on from."""

    code = "AUDIT_NOT_KEPT"


def keep(path: Path, report: Report, *, begun: Instant) -> Kept:
    """Write what the next audit needs into a file, whole or not at all, over what an earlier audit left there.

    Raises:
        NotKeptError: the audit found faults, or did not read everything.
        KeptUnwritableError: the file cannot be written.
    """
    if not report.sound or report.mode == "sampled":
        why = "read a sample only" if report.sound else "found faults"
        raise NotKeptError(f"This audit {why}: a later one cannot rely on it.", do="Keep a sound, full audit.")
    kept = Kept(
        format=KEPT_FORMAT, origin=report.origin, size=report.size, root=report.root, keys=report.keys, at=begun
    )
    try:
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        with draft.open("wb") as stream:
            stream.write(kept.to_bytes())
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(path)
    except OSError as error:
        raise KeptUnwritableError(
            f"{path} cannot be written: {error.strerror}.", do="Name a file in a folder that can be written."
        ) from error
    return kept


def read_kept(path: Path) -> Kept:
    """Return what an earlier audit left.

    Raises:
        KeptUnreadableError: it is not there, or no such file.
    """
    try:
        with path.open("rb") as stream:
            kept = Kept.from_bytes(stream.read(KEPT_LIMIT))
    except OSError as error:
        raise KeptUnreadableError(f"{path} cannot be read: {error.strerror}.", do="Check the path.") from error
    except ArchiveError as error:
        raise KeptUnreadableError(
            f"{path} is not what 'holdfast verify --keep' writes.", do="Run a full audit with --keep, and use its file."
        ) from error
    if kept.format != KEPT_FORMAT or kept.size < 1:
        raise KeptUnreadableError(f"{path} is of another version.", do="Update Holdfast, or run a full audit.")
    return kept
