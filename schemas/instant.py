"""An instant in UTC with microseconds, and its one spelling (RFC 3339)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import total_ordering
from typing import Final, Self

from schemas.errors import IntegrityError

LENGTH = len("2026-01-31T09:30:00.000000Z")
MARKS = ("-", "T", ".", "Z")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NAIVE_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - spelled without its zone, twice as fast
MICROSECOND = timedelta(microseconds=1)
FIRST = (datetime.min.replace(tzinfo=UTC) - EPOCH) // MICROSECOND
LAST = (datetime.max.replace(tzinfo=UTC) - EPOCH) // MICROSECOND


class InstantMalformedError(IntegrityError):
    """An instant is not spelled ``2026-01-31T09:30:00.000000Z``."""

    code = "INSTANT_MALFORMED"


@total_ordering
class Instant:
    """Microseconds since 1970-01-01T00:00:00Z, years 1 to 9999.

    Not a dataclass, for the reason that a ``Digest`` is none.
    """

    __slots__ = ("_text", "micros")
    micros: Final[int]
    _text: str | None  # how it was spelled, kept where it was read: archives spell the same instants again and again

    def __init__(self, micros: int) -> None:
        if not FIRST <= micros <= LAST:
            raise InstantMalformedError(
                f"{micros} microseconds lie outside the years 1 to 9999.", do="Do not use this date."
            )
        self.micros = micros
        self._text = None

    @classmethod
    def from_datetime(cls, moment: datetime) -> Self:
        """Return the instant of an aware ``moment``, whatever its zone."""
        if moment.tzinfo is None:
            raise InstantMalformedError(f"{moment} has no time zone.", do="Give the moment with its zone.")
        return cls((moment - EPOCH) // MICROSECOND)

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read the one accepted spelling.

        Raises:
            InstantMalformedError: on any other spelling or an impossible date.
        """
        # Of what 'fromisoformat' reads besides, nothing has these marks in these places; midnight is no hour 24.
        if len(text) == LENGTH and (text[7], text[10], text[19], text[26]) == MARKS and text[11:13] != "24":
            try:
                since = datetime.fromisoformat(text) - EPOCH
            except ValueError:
                pass
            else:
                made = cls((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds)
                made._text = text
                return made
        raise InstantMalformedError(
            f"{text[:80]!r} is not an instant such as 2026-01-31T09:30:00.000000Z.",
            do="Do not use this data; keep it and report it.",
        )

    def to_datetime(self) -> datetime:
        """Return the instant as an aware ``datetime`` in UTC."""
        return EPOCH + timedelta(microseconds=self.micros)

    def plus(self, *, seconds: float) -> Instant:
        """Return the instant ``seconds`` later."""
        return Instant(self.micros + round(seconds * 1_000_000))

    def __str__(self) -> str:
        if self._text is None:
            return (NAIVE_EPOCH + timedelta(microseconds=self.micros)).isoformat(timespec="microseconds") + "Z"
        return self._text

    def __repr__(self) -> str:
        return f"Instant({self})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Instant) and self.micros == other.micros

    def __lt__(self, other: Instant) -> bool:
        return self.micros < other.micros

    def __hash__(self) -> int:
        return hash(self.micros)
