"""``premis.xml``: what was preserved, what was done to it, and by whom (PREMIS 3.0). The smallest set that is true.

Objects are the package, and the native bytes of each record with their fixity; the other parts of a record are its
metadata. Events are captures, the entries that took the records into the ledger, the check of the bytes when they were
packed, and the transfer.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ediscovery.bags.names import ALGORITHMS, PAYLOAD
from ediscovery.bags.reading import malformed
from ediscovery.transfer import markup, naming
from schemas.digest import Digest, DigestMalformedError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from ediscovery.bags.writing import Filed
    from ediscovery.transfer.markup import Element, Writing
    from schemas.capture import Poll
    from schemas.instant import Instant

RECORD_ID = "holdfast record"
FILE_NAME = "file"
PACKAGE_ID = "holdfast transfer"
EVENT_ID = AGENT_ID = "local"
FIXITY_EVENT, TRANSFER_EVENT = "fixity-check", "transfer"
CHECKED = "Each record's commitment was recomputed from its bytes and found to be the one that the ledger leads to."
PACKED = "Copies of the records were packed to be handed over. Whether they arrived, the archives' receipt says."


@dataclass(frozen=True, slots=True)
class Preserved:
    """An object as premis.xml gives it: a record's native bytes, their name in the package, size and SHA-256."""

    record: Digest
    name: str
    size: int
    sha256: str


@dataclass(slots=True)
class Premis:
    """A ``premis.xml`` that is being written: first the objects, then what was done to them."""

    to: Writing
    transfer: str
    captures: dict[str, Poll] = field(default_factory=dict)
    entries: dict[int, Instant] = field(default_factory=dict)

    def package(self) -> None:
        """Write the object that is the package itself."""
        with self.to.element("object", **{f"{{{markup.XSI}}}type": "representation"}):
            self._identifier("objectIdentifier", PACKAGE_ID, self.transfer)
            for event in (FIXITY_EVENT, TRANSFER_EVENT):
                self._identifier("linkingEventIdentifier", EVENT_ID, event)

    def native(self, record: Digest, filed: Filed, *, poll: Poll, entry: int, at: Instant) -> None:
        """Write the object of a record: captured by ``poll``, sealed in ``entry`` at an instant."""
        self.captures.setdefault(poll.capture, poll)
        self.entries.setdefault(entry, at)
        with self.to.element("object", **{f"{{{markup.XSI}}}type": "file"}):
            self._identifier("objectIdentifier", RECORD_ID, record.hex)
            self._identifier("objectIdentifier", FILE_NAME, naming.in_package(filed.name))
            with self.to.element("objectCharacteristics"):
                for algorithm in ALGORITHMS:
                    with self.to.element("fixity"):
                        self.to.leaf("messageDigestAlgorithm", f"SHA-{algorithm[3:]}")
                        self.to.leaf("messageDigest", filed.digest(algorithm))
                self.to.leaf("size", str(filed.size))
                with self.to.element("format"), self.to.element("formatDesignation"):
                    self.to.leaf("formatName", filed.media_type)
            with self.to.element("relationship"):
                self.to.leaf("relationshipType", "structural")
                self.to.leaf("relationshipSubType", "is part of")
                self._identifier("relatedObjectIdentifier", PACKAGE_ID, self.transfer)
            for event in (f"capture-{poll.capture}", f"ingestion-{entry}"):
                self._identifier("linkingEventIdentifier", EVENT_ID, event)

    def finish(self, *, organisation: str, software: str, at: Instant) -> None:
        """Write the events and the agents."""
        for poll in self.captures.values():
            detail = f"Capture {poll.capture} of the account {poll.account}, method {poll.method}."
            self._event(f"capture-{poll.capture}", "capture", poll.started, detail, agents=(poll.collector,))
        for entry, sealed in self.entries.items():
            detail = f"Sealed in entry {entry} of the ledger."
            self._event(f"ingestion-{entry}", "ingestion", sealed, detail, agents=(software, "organisation"))
        whole = (FIXITY_EVENT, "fixity check", CHECKED, "pass"), (TRANSFER_EVENT, "transfer", PACKED, None)
        for name, kind, detail, outcome in whole:
            self._event(name, kind, at, detail, agents=(software, "organisation"), outcome=outcome)
        collectors = {poll.collector for poll in self.captures.values()}
        for program in sorted({software, *collectors}):
            name, _, version = program.partition("/")
            self._agent(program, name, "software", version)
        self._agent("organisation", organisation, "organization")

    def _event(
        self, name: str, kind: str, at: Instant, detail: str, *, agents: tuple[str, ...], outcome: str | None = None
    ) -> None:
        with self.to.element("event"):
            self._identifier("eventIdentifier", EVENT_ID, name)
            self.to.leaf("eventType", kind)
            self.to.leaf("eventDateTime", str(at))
            with self.to.element("eventDetailInformation"):
                self.to.leaf("eventDetail", detail)
            if outcome:
                with self.to.element("eventOutcomeInformation"):
                    self.to.leaf("eventOutcome", outcome)
            for agent in agents:
                self._identifier("linkingAgentIdentifier", AGENT_ID, agent)

    def _agent(self, identifier: str, name: str, kind: str, version: str = "") -> None:
        with self.to.element("agent"):
            self._identifier("agentIdentifier", AGENT_ID, identifier)
            self.to.leaf("agentName", name)
            self.to.leaf("agentType", kind)
            if version:
                self.to.leaf("agentVersion", version)

    def _identifier(self, name: str, kind: str, value: str) -> None:
        with self.to.element(name):
            self.to.leaf(f"{name}Type", kind)
            self.to.leaf(f"{name}Value", value)


def premis(path: Path) -> AbstractContextManager[Writing]:
    """Begin a ``premis.xml``."""
    namespaces = {None: markup.PREMIS, "xsi": markup.XSI}
    return markup.writing(path, "premis", namespaces=namespaces, version="3.0")


def read_objects(path: Path) -> Iterator[Preserved]:
    """Yield the records' objects of a ``premis.xml`` in their order.

    Raises:
        PackageMalformedError: it is not as it must be.
    """
    for element in markup.reading(path, markup.PREMIS, ("object",)):
        if element.get(f"{{{markup.XSI}}}type") == "file":
            yield _preserved(element)


def _preserved(element: Element) -> Preserved:
    names = dict(zip(_texts(element, "objectIdentifierType"), _texts(element, "objectIdentifierValue"), strict=False))
    digests = dict(zip(_texts(element, "messageDigestAlgorithm"), _texts(element, "messageDigest"), strict=False))
    try:
        (size,) = _texts(element, "size")
        return Preserved(
            Digest.from_hex(names[RECORD_ID]), f"{PAYLOAD}{names[FILE_NAME]}", int(size), digests["SHA-256"]
        )
    except (KeyError, ValueError, DigestMalformedError) as error:
        raise malformed("premis.xml has an object that is no record's") from error


def _texts(element: Element, name: str) -> list[str]:
    return [one.text or "" for one in element.iter(f"{{{markup.PREMIS}}}{name}")]
