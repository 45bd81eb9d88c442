"""Values with exactly one spelling in bytes: canonical JSON (RFC 8785) of closed, immutable structures."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any, Self, TypeAlias

import msgspec
from msgspec import Meta

from schemas.digest import Digest
from schemas.errors import IntegrityError
from schemas.instant import Instant

Natural: TypeAlias = Annotated[int, Meta(ge=0, lt=2**53)]
"""A count, size or position that every JSON reader keeps exact."""
Name: TypeAlias = Annotated[str, Meta(pattern=r"\A[ -~]*\Z")]
"""A key of a map: printable ASCII, so that all orders of text agree on it."""


class NotCanonicalError(IntegrityError):
    """Bytes are not the canonical spelling of the structure they claim to be."""

    code = "NOT_CANONICAL"


def _plain(value: object) -> str:
    if isinstance(value, Digest | Instant):
        return str(value)
    raise NotImplementedError(type(value).__name__)


def _rich(kind: type, value: object) -> object:
    if kind is Digest and isinstance(value, str):
        return Digest.from_hex(value)
    if kind is Instant and isinstance(value, str):
        return Instant.from_text(value)
    # msgspec turns this into a validation error that names the place.
    raise TypeError(f"Expected `str` for {kind.__name__}, got `{type(value).__name__}`")


def spell(value: object) -> bytes:
    """Return plain JSON of any structure; for what is written and read by the same program only."""
    return msgspec.json.encode(value, enc_hook=_plain)


def unspell(content: bytes, kind: Any) -> Any:  # noqa: ANN401 - unions are no types
    """Return the structure of type ``kind`` in what ``spell`` returned.

    Raises:
        NotCanonicalError: it is none.
    """
    try:
        return msgspec.json.decode(content, type=kind, dec_hook=_rich)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise NotCanonicalError(f"This is not what it should be: {error}.", do="Keep it and report it.") from error


_ENCODER = msgspec.json.Encoder(enc_hook=_plain, order="sorted")


@cache
def _decoder(kind: type) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind, dec_hook=_rich)


class Canonical(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """An immutable structure that is read only from its canonical spelling.

    Fields that hold their default are left out of the spelling; unknown fields are refused.
    """

    def to_plain(self) -> dict[str, Any]:
        """Return the structure as plain JSON values."""
        plain: dict[str, Any] = msgspec.to_builtins(self, enc_hook=_plain)
        return plain

    def to_bytes(self) -> bytes:
        """Return the canonical spelling.

        msgspec's sorted encoding is that of RFC 8785 for what a structure can hold: no floats, integers below 2^53
        and keys in ASCII; the tests hold it to another implementation.
        """
        try:
            return _ENCODER.encode(self)
        except UnicodeError as error:
            raise NotCanonicalError(
                f"A {type(self).__name__} holds text that is no Unicode: {error}.", do="Replace lone surrogates."
            ) from error

    @classmethod
    def from_plain(cls, plain: object) -> Self:
        """Build the structure from plain JSON values.

        Raises:
            NotCanonicalError: when a field is missing, unknown or of the wrong type.
        """
        try:
            return msgspec.convert(plain, cls, dec_hook=_rich)
        except msgspec.ValidationError as error:
            raise NotCanonicalError(
                f"This is not a valid {cls.__name__}: {error}.", do="Do not use this data; keep it and report it."
            ) from error

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """Read the canonical spelling and no other (duplicate keys, spaces, other number forms are refused).

        Raises:
            NotCanonicalError: when ``content`` is not the canonical spelling of a ``cls``.
        """
        try:
            value: Self = _decoder(cls).decode(content)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            raise NotCanonicalError(
                f"This is not a valid {cls.__name__}: {error}.", do="Do not use this data; keep it and report it."
            ) from error
        if value.to_bytes() != content:
            raise NotCanonicalError(
                f"A {cls.__name__} is not in its canonical spelling.", do="Do not use this data; keep it and report it."
            )
        return value
