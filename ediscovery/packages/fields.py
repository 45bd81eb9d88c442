"""What a load file says of a record: one value, or a list, for each of its columns. Pure.

All of it is in ``production.json`` and in the record's proof. A column that these can never fill is not there: names
of custodians, handles of accounts and WARC files are in the ledger, and what is withheld is in a list of its own.

Dates are in UTC as ISO 8601 spells them, ``2026-03-09T12:05:00.000000Z``. Paths are relative to the folder ``data`` of
the package, with backslashes. ``BEGATTACH`` and ``ENDATTACH`` are the record's own numbers: in the field they span a
document and what is attached to it, one after another, and comments are no attachments of a post. What belongs
together says ``THREAD_ID``. When an item disappeared is never an instant, so there are two dates for it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from ediscovery.packages import naming
from ediscovery.packages.texts import media_of
from manifests.chain import Signed
from manifests.proofs.file import shown_in
from manifests.proofs.redacted import RedactedProof, reasons
from schemas.record import Author

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ediscovery.production.manifest import ManifestRecord
    from manifests.proofs.file import ProofOfRecord
    from schemas.instant import Instant
    from schemas.record import Absence, Normalised, Provenance

Cell: TypeAlias = str | tuple[str, ...]
Fields: TypeAlias = tuple[Cell, ...]
"""The cells of a record, in the order of ``COLUMNS``."""

NOBODY = Author()


@dataclass(frozen=True, slots=True)
class HandedOver:
    """A record of a production: what ``production.json`` says of it, and what its proof shows.

    ``entry`` is the index of the ledger entry that sealed it, ``sealed`` when that was; ``hidden`` names the parts that
    are redacted, each with its reasons.
    """

    listed: ManifestRecord
    view: Normalised
    provenance: Provenance
    entry: int
    sealed: Instant
    hidden: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, listed: ManifestRecord, proof: ProofOfRecord) -> HandedOver:
        """Return what a proof shows of a record; it is not judged here (``manifests.proofs.record.check``).

        Raises:
            IntegrityError: a part of the proof is not in its one spelling.
        """
        heading = Signed.from_bytes(proof.entry.encode()).heading
        view, provenance = shown_in(proof)
        hidden = reasons(proof.parts) if isinstance(proof, RedactedProof) else {}
        return cls(listed, view, provenance, heading.index, heading.at, hidden)

    @property
    def number(self) -> str:
        """Its first Bates number, by which its files are called."""
        return self.listed.bates.spell(self.listed.bates.first)

    @property
    def last_number(self) -> str:
        """The Bates number of its last page."""
        return self.listed.bates.spell(self.listed.bates.last)

    @property
    def author(self) -> Author:
        """Who wrote it, in the platform's words; nothing is said of nobody."""
        return self.view.author or NOBODY


def fields_of(record: HandedOver) -> Fields:
    """Return the cells of a record, in the order of ``COLUMNS``."""
    return tuple(rule(record) for rule in COLUMNS.values())


def _of_absence(record: HandedOver, say: Callable[[Absence], object]) -> str:
    return str(say(record.view.absence)) if record.view.absence else ""


def _counts(record: HandedOver) -> str:
    counts = record.view.counts
    return json.dumps(counts, sort_keys=True, separators=(",", ":")) if counts else ""


COLUMNS: Mapping[str, Callable[[HandedOver], Cell]] = {
    "BEGBATES": lambda one: one.number,
    "ENDBATES": lambda one: one.last_number,
    "BEGATTACH": lambda one: one.number,
    "ENDATTACH": lambda one: one.last_number,
    "PAGECOUNT": lambda one: str(one.listed.bates.pages),
    "PLATFORM": lambda one: one.provenance.platform,
    "ACCOUNT_ID": lambda one: one.listed.account,
    "RECTYPE": lambda one: one.listed.kind,
    "NATIVE_ID": lambda one: one.listed.item,
    "PARENT_ID": lambda one: one.view.parent or "",
    "THREAD_ID": lambda one: one.view.thread or "",
    "AUTHOR_ID": lambda one: one.author.id or "",
    "AUTHOR_HANDLE": lambda one: one.author.handle or "",
    "AUTHOR_NAME": lambda one: one.author.name or "",
    "TITLE": lambda one: one.view.title or "",
    "DATE_CREATED": lambda one: str(one.view.created or ""),
    "DATE_CREATED_TEXT": lambda one: one.view.created_text or "",
    "DATE_EDITED": lambda one: str(one.view.edited or ""),
    "DATE_CAPTURED": lambda one: str(one.provenance.captured),
    "DATE_SEALED": lambda one: str(one.sealed),
    "ABSENCE": lambda one: _of_absence(one, lambda absence: absence.verdict),
    "DATE_LAST_SEEN": lambda one: _of_absence(one, lambda absence: absence.last_seen),
    "DATE_FIRST_MISSING": lambda one: _of_absence(one, lambda absence: absence.first_missing),
    "URL": lambda one: one.view.url or "",
    "HASHTAGS": lambda one: one.view.tags,
    # Of a message also to whom it went, which platforms do not tell apart.
    "MENTIONS": lambda one: one.view.mentions,
    "LINKS": lambda one: one.view.links,
    "MEDIA": lambda one: tuple(medium.url for medium in media_of(one.view)),
    "COUNTS_JSON": _counts,
    "FLAGS": lambda one: one.view.flags,
    "METHOD": lambda one: one.provenance.method,
    "PREVIOUS": lambda one: str(one.provenance.previous or ""),
    "SHA256": lambda one: str(one.listed.native_sha256 or ""),
    "NATIVE_SIZE": lambda one: "" if one.listed.native_size is None else str(one.listed.native_size),
    "NATIVE_TYPE": lambda one: one.listed.native_media_type or "",
    "WARC_RECORD_ID": lambda one: one.provenance.source.exchange if one.listed.native else "",
    "LOG_INDEX": lambda one: str(one.entry),
    "LEAF_HASH": lambda one: str(one.listed.record),
    "REDACTED": lambda one: "" if one.listed.native else "Yes",
    "NATIVEPATH": lambda one: naming.in_load_file(naming.native(one.listed.native)) if one.listed.native else "",
    "TEXTPATH": lambda one: naming.in_load_file(naming.text(one.listed)),
    "PROOFPATH": lambda one: naming.in_load_file(naming.proof(one.listed)),
}
"""Every column, and how it is filled."""
