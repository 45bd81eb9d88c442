"""Conversations as files that review platforms show as such: Relativity's Short Message Format (RSMF) 2.0.0. Pure.

A file is an Internet message with headers ``X-RSMF-…``, the words of the conversation as its text, and one attachment,
``rsmf.zip``, in which ``rsmf_manifest.json`` says who took part, in what, and each event. Of the format only that is
used which these say:

- Relativity's help: *Creating an RSMF file* names the extension ``.rsmf``, ``X-RSMF-Version`` in the first line, and
  exactly one attachment, called ``rsmf.zip``, in base64; *RSMF short message fields* the other headers, all optional;
  *Processing an RSMF file* at most 10,000 events, for speed.
- The JSON schema of the manifest, version 2.0.0, in ``relativitydev/rsmf-validator-samples`` on GitHub: its members.

RFC 5322 wants ``From`` and ``Date``: they are a group without members, which says whose production it is, and when that
was prepared. Who took part stands in a header of its own, for few have addresses.

Each record is an event, also where several are versions of one item; its id is its first Bates number. What is optional
and not known is left out: whether people came and went, and so the type of a conversation. Media are named in the words
of an event and not attached: their bytes are not in a production. Records that say that something is gone, media,
profiles, pages, lists and events of calendars are no part of a conversation; the load files list them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.utils import format_datetime
from typing import TYPE_CHECKING

import msgspec

from ediscovery.packages.messages import group_of_nobody, message, unstructured, zipped
from ediscovery.packages.texts import legible, one_line, text_of
from schemas.canonical import Canonical
from schemas.instant import Instant

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ediscovery.packages.fields import HandedOver
    from ediscovery.production.manifest import ProductionManifest

VERSION = "2.0.0"
SPOKEN = frozenset({"post", "comment", "reply", "message"})
MOST_EVENTS = 10_000
MAIL = "email"
"""The platform on which a handle is an address of e-mail."""
ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")


class Custom(Canonical, frozen=True):
    """Something else that is known of a participant, a conversation or an event."""

    name: str
    value: str


class Participant(Canonical, frozen=True):
    """Somebody who wrote an event."""

    id: str
    display: str | None = None
    email: str | None = None
    account_id: str | None = None
    custom: tuple[Custom, ...] = ()


class Conversation(Canonical, frozen=True):
    """The conversation; its participants are those who wrote in it."""

    id: str
    platform: str
    participants: tuple[str, ...]
    display: str | None = None
    custom: tuple[Custom, ...] = ()


class Event(Canonical, frozen=True):
    """A record; ``parent`` is an event of the same file, ``timestamp`` when it was written, where that is known."""

    id: str
    type: str
    conversation: str
    participant: str | None = None
    parent: str | None = None
    timestamp: Instant | None = None
    body: str | None = None
    custom: tuple[Custom, ...] = ()


class RsmfManifest(Canonical, frozen=True):
    """``rsmf_manifest.json``."""

    version: str
    participants: tuple[Participant, ...]
    conversations: tuple[Conversation, ...]
    events: tuple[Event, ...]
    eventcollectionid: str


@dataclass(frozen=True, slots=True)
class RsmfFile:
    """A file to be written under a name, which is a Bates number and ``.rsmf``."""

    name: str
    content: bytes


def conversations(production: ProductionManifest, records: Sequence[HandedOver]) -> Iterator[RsmfFile]:
    """Yield the conversations among the records of a production, in the order of their first records there.

    Those are messages, and whatever else is in one thread of an account, if it is more than one item. One of more than
    10,000 records is in several files.
    """
    threads: dict[tuple[str, str], list[HandedOver]] = {}
    for one in records:
        if one.view.kind in SPOKEN:
            threads.setdefault((one.listed.account, one.view.thread or one.view.item), []).append(one)
    for (_, thread), turns in threads.items():
        if any(one.view.kind == "message" for one in turns) or len({one.view.item for one in turns}) > 1:
            turns.sort(key=lambda one: (one.view.created or one.provenance.captured, one.listed.bates.first))
            for start in range(0, len(turns), MOST_EVENTS):
                yield _file(production, _Part(thread, turns[0], turns[start : start + MOST_EVENTS]))


@dataclass(frozen=True, slots=True)
class _Part:
    """The records of a conversation that are in one file, oldest first; ``first`` is the first of all."""

    thread: str
    first: HandedOver
    turns: Sequence[HandedOver]

    @property
    def title(self) -> str | None:
        """What the conversation is called."""
        return self.first.view.title

    def people(self) -> dict[str, str]:
        """Return who wrote, by what tells them from others, with what they are called in this file."""
        people: dict[str, str] = {}
        for one in self.turns:
            if who := _who(one):
                people.setdefault(who, f"P{len(people) + 1}")
        return people


def _who(one: HandedOver) -> str | None:
    return one.author.id or one.author.handle or one.author.name or one.author.url


def _called(one: HandedOver) -> str:
    return one_line(one.author.name or _who(one) or "")


def _manifest(production: ProductionManifest, part: _Part) -> RsmfManifest:
    people = part.people()
    shown = {who: one for one in reversed(part.turns) if (who := _who(one))}
    numbers = {one.view.item: one.number for one in reversed(part.turns)}
    conversation = Conversation(
        id="C1",
        platform=part.first.provenance.platform,
        participants=tuple(people.values()),
        display=one_line(part.title or "") or None,
        custom=_custom(("Account", part.first.listed.account), ("Thread", part.thread)),
    )
    return RsmfManifest(
        version=VERSION,
        participants=tuple(_participant(identity, shown[who]) for who, identity in people.items()),
        conversations=(conversation,),
        events=tuple(_event(one, part, people, numbers) for one in part.turns),
        eventcollectionid=f"{production.production}-{part.first.number}",
    )


def _participant(identity: str, one: HandedOver) -> Participant:
    author, is_mail = one.author, one.provenance.platform == MAIL
    return Participant(
        id=identity,
        display=_called(one) or None,
        email=author.handle if is_mail and ADDRESS.fullmatch(author.handle or "") else None,
        account_id=author.id or author.handle,
        custom=_custom(("Handle", author.handle), ("Address", author.url)),
    )


def _event(one: HandedOver, part: _Part, people: Mapping[str, str], numbers: Mapping[str, str]) -> Event:
    view, who = one.view, _who(one)
    parent = view.parent if view.parent != view.item else None
    return Event(
        id=one.number,
        type="message",
        conversation="C1",
        participant=people[who] if who else None,
        parent=numbers.get(parent) if parent else None,
        timestamp=view.created,
        body=_words(one, part) or None,
        custom=_custom(
            ("Bates", str(one.listed.bates)),
            ("Kind", view.kind),
            ("Item", view.item),
            ("Answers", parent),
            ("Address", view.url),
            ("Date as written", view.created_text),
            ("Edited", view.edited),
            ("Captured", one.provenance.captured),
            ("Record", one.listed.record),
        ),
    )


def _words(one: HandedOver, part: _Part) -> str:
    """Return what a record says; the title of the conversation is not said again by everyone in it."""
    view = one.view
    said = msgspec.structs.replace(view, title=None) if view.title == part.title else view
    return text_of(said).removesuffix("\n")


def _custom(*known: tuple[str, object]) -> tuple[Custom, ...]:
    return tuple(Custom(name=name, value=legible(str(value))) for name, value in known if value)


def _file(production: ProductionManifest, part: _Part) -> RsmfFile:
    manifest = _manifest(production, part)
    dates = [event.timestamp for event in manifest.events if event.timestamp]
    names = [(one.display or "").replace(",", " ") for one in manifest.participants]
    told = (
        ("X-RSMF-Version", VERSION),
        ("X-RSMF-Generator", production.software),
        ("X-RSMF-BeginDate", str(min(dates, default=""))),
        ("X-RSMF-EndDate", str(max(dates, default=""))),
        ("X-RSMF-EventCount", str(len(manifest.events))),
        ("X-RSMF-Application", part.first.provenance.platform),
        ("X-RSMF-Participants", ", ".join(name for name in names if name)),
        ("X-RSMF-EventCollectionID", manifest.eventcollectionid),
        ("Subject", part.title or ""),
    )
    headers = [
        *((name, unstructured(value, after=name)) for name, value in told if value),
        ("Date", format_datetime(production.prepared_at.to_datetime())),
        ("From", group_of_nobody(production.organisation, after="From")),
    ]
    content = message(
        headers,
        text=_transcript(part),
        name="rsmf.zip",
        attached=zipped("rsmf_manifest.json", manifest.to_bytes()),
    )
    return RsmfFile(f"{part.turns[0].number}.rsmf", content)


def _transcript(part: _Part) -> str:
    """Return the words of a conversation, which platforms search: its title, and of each event who, when and what."""
    turns = (
        "\n".join(line for line in (_called(one), str(one.view.created or ""), _words(one, part)) if line)
        for one in part.turns
    )
    return "".join(f"{text}\n\n" for text in (legible(part.title or ""), *turns) if text)
