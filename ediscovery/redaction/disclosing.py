"""Parts of a redacted record that are shown after all. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from manifests.proofs.redacted import NATIVE_NAME, ProofPart, labelled
from schemas.digest import Digest
from schemas.errors import InputError, IntegrityError, PolicyError
from schemas.parts import NAME_END, commitments, nonce_of, parts_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from schemas.record import Record


WORDLESS = frozenset({"native", "source"})
"""Parts that say nothing by themselves: a digest without a salt, and a length."""
TELLING = WORDLESS | {"attachments"}
"""Parts by which a guess at others can be confirmed: files' digests, also of an item's own page, have no salt."""


class NotItsPartsError(IntegrityError):
    """A proof that is handed in does not show the parts of the record that it names."""

    code = "PROOF_PARTS_DIFFER"


class PartTellingError(PolicyError):
    """A part is to be shown by which what stays hidden could be guessed."""

    code = "PART_TELLING"


class PartUnknownError(InputError):
    """A record has no hidden part of that name."""

    code = "PART_UNKNOWN"


def disclosed(parts: Sequence[ProofPart], record: Record, named: Collection[str]) -> tuple[ProofPart, ...]:
    """Return the parts of a record with those shown, too, that are ``named`` (``labelled``).

    Raises:
        PartUnknownError: none is hidden that is called so.
        NotItsPartsError: these are not the parts of the record.
        PartTellingError: digests, or the place of native bytes, are to be shown while other parts are hidden.
    """
    values = parts_of(Digest.of(record.native).raw, record.normalised, record.provenance)
    # Whoever asks hands the file in: what it calls a part need not be what the part is.
    real = commitments(record.salt, values)
    told = [(part.name.encode(), part.committed()) for part in parts]
    if told != [(value.partition(NAME_END)[0], commitment) for value, commitment in zip(values, real, strict=True)]:
        raise NotItsPartsError(
            "The parts in the proof are not those of the record, or are called by other names.",
            do="Use the file from the package's folder PROOFS as it was handed over.",
        )
    hidden = {name for label, part in labelled(parts) if part.hidden for name in _names(label)}
    for name in named:
        if name not in hidden:
            raise PartUnknownError(
                f"Nothing that is called {name[:40]!r} is hidden in this record.",
                do=f"Use one of {', '.join(sorted(hidden)) or 'none: all is shown'}.",
            )
    left = {label for label, part in labelled(parts) if part.hidden and not {*_names(label)} & {*named}}
    if {*named} & TELLING and left - WORDLESS:
        raise PartTellingError(
            "The digest of native bytes or of files, or a length, would confirm a guess at what stays hidden.",
            do=f"Disclose all other parts with them, or leave out {', '.join(sorted(TELLING))}.",
        )
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
