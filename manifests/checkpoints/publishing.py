"""Publishing a checkpoint where others can find it: in folders, and at addresses that take PUT; once, never changed.

What is published is the note as the archive alone signed it: it has one spelling for ever, whoever vouches later.
"""

from __future__ import annotations

import os
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING

from manifests import keys
from manifests.checkpoints.asking import Lack, gathered
from manifests.network import send, split
from manifests.notes import NOTE_LIMIT
from schemas.digest import Digest
from schemas.errors import InputError, IntegrityError, UnavailableError
from storage import layout

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from manifests.archive import Archive

ADDRESSES = ("http://", "https://")
DONE = (HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.ACCEPTED, HTTPStatus.NO_CONTENT)
TAKEN = (HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED)


class PublicationDiffersError(IntegrityError):
    """Another checkpoint of the same size is published already."""

    code = "PUBLICATION_DIFFERS"


class PublicationFailedError(UnavailableError):
    """A checkpoint cannot be published at a place."""

    code = "PUBLICATION_FAILED"


class PublishingTokenError(InputError):
    """The environment variable with the token for publishing is not set, or holds no token."""

    code = "PUBLISHING_TOKEN"


def publish(archive: Archive, size: int, content: bytes) -> tuple[tuple[str, ...], tuple[Lack, ...]]:
    """Publish the checkpoint over ``size`` entries at every place; return where it is now, and where it is not.

    Raises:
        PublicationDiffersError: another one is published somewhere; the others have ours.
    """
    settings, name = archive.settings.checkpoint, layout.published(size)
    jobs = {
        place: partial(_put, place, name, content, settings.token_variable, settings.timeout_seconds)
        if _is_address(place)
        else partial(_write, archive.home / place, name, content)
        for place in settings.publish
    }
    published, lacking = list[str](), list[Lack]()
    differing: PublicationDiffersError | None = None
    for place, outcome in gathered(jobs):
        shown = "an address with a user's name" if "@" in place and _is_address(place) else place.partition("?")[0]
        match outcome:
            case None:
                published.append(shown)
            case PublicationDiffersError():
                differing = outcome
            case error:
                lacking.append(Lack("place", shown, error))
    if differing:
        raise differing
    return tuple(sorted(published)), tuple(sorted(lacking, key=lambda lack: lack.name))


def _is_address(place: str) -> bool:
    return place.startswith(ADDRESSES)


def _authorised(variable: str | None, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the header with the token; the token is never part of words."""
    if variable is None:
        return {}
    token = environment.get(variable, "")
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise PublishingTokenError(
            f"The environment variable {variable} holds no token for publishing.", do="Set it, then run again."
        )
    return {"Authorization": f"Bearer {token}"}


def _write(folder: Path, name: str, content: bytes) -> None:
    path = folder / name
    try:
        if not folder.is_dir():
            raise _failed(str(folder), "there is no such folder")
        keys.write_once(path, content, mode=0o644)
        with path.open("rb") as stream:
            found = stream.read(NOTE_LIMIT + 1)
    except OSError as error:
        raise _failed(str(folder), error.strerror or "it cannot be read") from error
    if found != content:
        raise _differs(str(path), found, content)


def _put(place: str, name: str, content: bytes, variable: str | None, seconds: float) -> None:
    address, headers = split(place), _authorised(variable, os.environ)
    if address.query:
        raise _failed(address.hostname or "", "the address has a query, which has no meaning there")
    url = f"{place.rstrip('/')}/{name}"

    def found() -> bytes | None:
        answer = send("GET", url, None, headers=headers, limit=NOTE_LIMIT, seconds=seconds)
        return answer.content if answer.status == HTTPStatus.OK else None

    # Looked at first: a server may ignore conditions, and write over what is there.
    held = found()
    if held is None:
        conditional = {**headers, "Content-Type": "text/plain; charset=utf-8", "If-None-Match": "*"}
        answer = send("PUT", url, content, headers=conditional, limit=NOTE_LIMIT, seconds=seconds)
        if answer.status in TAKEN:
            held = found()
        elif answer.status in DONE:
            return
        if held is None:
            raise _failed(address.hostname or "", f"it answers with status {answer.status}")
    if held != content:
        raise _differs(f"{address.hostname}, {name}", held, content)


def _failed(place: str, why: str) -> PublicationFailedError:
    return PublicationFailedError(
        f"The checkpoint cannot be published at {place}: {why}.", do="Mend the place; it is published the next time."
    )


def _differs(place: str, found: bytes, ours: bytes) -> PublicationDiffersError:
    words = [" / ".join(one.decode(errors="replace").split("\n")[:3])[:200] for one in (found, ours)]
    return PublicationDiffersError(
        f"At {place} another checkpoint is published ({words[0]!r}, SHA-256 {Digest.of(found)}) than this one "
        f"({words[1]!r}, SHA-256 {Digest.of(ours)}).",
        do="Stop and keep both: if the archive signed both, its history was rewritten. Run 'holdfast verify'.",
    )
