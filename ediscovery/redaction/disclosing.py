"""Parts of a redacted record that are shown after all. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from manifests.proofs.redacted import NATIVE_NAME, ProofPart, labelled
from schemas.digest import Digest
from schemas.errors import InputError
from schemas.parts import NAME_END, nonce_of, parts_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from schemas.record import Record


class PartUnknownError(InputError):
    """A record has no hidden part of that name."""

    code = "PART_UNKNOWN"


def disclosed(parts: Sequence[ProofPart], record: Record, named: Collection[str]) -> tuple[ProofPart, ...]:
    """Return the parts of a record with those shown, too, that are ``named`` (``labelled``).

    Raises:
        PartUnknownError: none is hidden that is called so.
    """
    hidden = {name for label, part in labelled(parts) if part.hidden for name in _names(label)}
    for name in named:
        if name not in hidden:
            raise PartUnknownError(
                f"Nothing that is called {name[:40]!r} is hidden in this record.",
                do=f"Use one of {', '.join(sorted(hidden)) or 'none: all is shown'}.",
            )
    values = parts_of(Digest.of(record.native).raw, record.normalised, record.provenance)
    return tuple(
        _shown(part, record.salt, number, value) if part.hidden and {*_names(label)} & {*named} else part
        for number, ((label, part), value) in enumerate(zip(labelled(parts), values, strict=True))
    )


def _names(label: str) -> Iterator[str]:
    """Yield what a part may be called: pieces of a text have a number, and the name of all of it."""
    yield label
    if "." in label:
        yield label.partition(".")[0]


def _shown(part: ProofPart, salt: bytes, number: int, content: bytes) -> ProofPart:
    _, _, value = content.partition(NAME_END)
    said = value.hex() if part.name == NATIVE_NAME else value.decode()
    return ProofPart(name=part.name, nonce=nonce_of(salt, number).hex(), value=said)
