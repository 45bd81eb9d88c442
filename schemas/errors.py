"""The six families of errors, by what the caller must do; concrete errors stand beside the code that raises them."""

from __future__ import annotations

from typing import ClassVar, TypeAlias

Fact: TypeAlias = str | int | None


class ArchiveError(Exception):
    """Something Holdfast refuses or cannot do: what happened, what to do about it, and the facts.

    Subclasses carry a ``code`` for life (``docs/CODES.md``) and inherit the family's exit status.
    """

    code: ClassVar[str] = "ARCHIVE_ERROR"
    family: ClassVar[str] = "archive"
    exit_status: ClassVar[int] = 1

    def __init__(self, what: str, *, do: str, **facts: Fact) -> None:
        super().__init__(what)
        self.what = what
        self.do = do
        self.facts = facts

    def __str__(self) -> str:
        return f"{self.what} {self.do}"

    def to_json(self) -> dict[str, object]:
        """Return the error as the ``--json`` output and the ledger's readers see it."""
        return {"code": self.code, "family": self.family, "what": self.what, "do": self.do, "facts": self.facts}


class InputError(ArchiveError):
    """What was given is wrong: correct it and call again."""

    code = "INPUT"
    family = "input"
    exit_status = 2


class PolicyError(ArchiveError):
    """A rule forbids it: ask whoever may change the rule."""

    code = "POLICY"
    family = "policy"
    exit_status = 3


class ConflictError(ArchiveError):
    """Somebody else was first: read again and redo."""

    code = "CONFLICT"
    family = "conflict"
    exit_status = 4


class UnavailableError(ArchiveError):
    """It did not happen and may work later: the only family that is retried."""

    code = "UNAVAILABLE"
    family = "unavailable"
    exit_status = 5


class OutcomeUnknownError(ArchiveError):
    """It may or may not have happened: look before doing anything."""

    code = "OUTCOME_UNKNOWN"
    family = "outcome-unknown"
    exit_status = 6


class IntegrityError(ArchiveError):
    """What was read is not what was written: stop and keep everything."""

    code = "INTEGRITY"
    family = "integrity"
    exit_status = 7
