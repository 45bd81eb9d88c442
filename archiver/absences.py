"""Looking up single items of an account: those that their list no longer shows, and those that its platform named."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import msgspec

from archiver import observe
from archiver.asking import asked_at
from archiver.contract import Seen
from archiver.observe import LookUp
from schemas.digest import Digest
from schemas.errors import ArchiveError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from archiver.contract import Collected, LookingUp, Response, Standing, Transport
    from archiver.observe import Held, Version, Why
    from archiver.platforms.notifying import Named
    from schemas.instant import Instant
    from schemas.record import AbsenceClass, Kind

MOST_LOOK_UPS = 500
"""How many addresses one look looks up, besides those of what its platform told of."""
LOOK_UPS = 2
PUT_OFF = LookUp((), (), (), put_off=True)
AWAY = frozenset({"deleted", "hidden"})


@dataclass(frozen=True, slots=True)
class ItemLooker:
    """Looks up items of one account over its transport, each address once in a look."""

    transport: Transport
    held: Held
    looking: LookingUp
    known: Callable[[str, bytes], bool]
    now: Callable[[], Instant]
    _answers: dict[str, tuple[LookUp, Response | None]] = field(default_factory=dict)
    _recorded: dict[str, list[Response]] = field(default_factory=dict)
    _sighted: set[tuple[str, str]] = field(default_factory=set)

    def look(self, collected: Collected, *, named: Iterable[Named] = ()) -> tuple[Seen, ...]:
        """Return what became of what left its list, twice looked up each, and of the comments of what is gone.

        What the platform ``named`` is looked up, too, and read where it is there: it may have changed, or be new. What
        is too much for one look is undetermined, and looked up by the next ones.
        """
        list_exchange = next(
            (one.observation.source.exchange for one in collected.items if one.observation.normalised.kind == "list"),
            "",
        )
        shown = {one.observation.normalised.item for one in collected.items}
        told = {one.item: one for one in named if one.item not in shown}
        why: dict[str, Why] = dict.fromkeys(told, "told")
        why.update(dict.fromkeys(self._missing(collected), "left"))
        queue, found = list(why), list[Seen]()
        while queue:
            gone: set[str] = set()
            for item in queue:
                if item not in self.held.versions:
                    found.extend(self._read(item, told[item].kind, None, within=told[item].within))
                    continue
                version = _shown(self.held.versions[item])
                address = self.looking.address(item, version.kind, version.url)
                # What was told is not told again; what is missing is missed again.
                full = address not in self._answers and len(self._answers) >= MOST_LOOK_UPS + len(told)
                look_up = PUT_OFF if address and full else self._look_up(item, address)[0]
                if look_up.is_there:
                    found.extend(self._read(item, version.kind, version.url, within=version.thread))
                seen = observe.absent(
                    self.held,
                    item,
                    look_up,
                    window=collected.window,
                    list_exchange=list_exchange,
                    at=self.now(),
                    reached=collected.reached,
                    why=why[item],
                )
                away = seen is not None and _verdict(seen) in AWAY
                # That a platform told of an item is no reason to miss it.
                if seen is not None and (away or why[item] != "told"):
                    found.append(seen)
                if away:
                    gone.add(item)
            # All of them together: what is held is gone through once for each level of answers, and not for each item.
            queue = [other for other in observe.below(self.held, gone) if other not in why] if gone else []
            why.update(dict.fromkeys(queue, "below"))
        return tuple(found)

    def _missing(self, collected: Collected) -> list[str]:
        """Return what is missing: what left its list now before what is undecided, in an order that each look draws."""
        at = str(self.now())

        def turn(item: str) -> tuple[bool, bytes]:
            return self.held.versions[item][-1].verdict is not None, Digest.of(f"{at} {item}".encode()).raw

        return sorted(observe.missing(self.held, collected.items), key=turn)

    def _read(self, item: str, kind: Kind, url: str | None, *, within: str | None) -> tuple[Seen, ...]:
        """Return an item as its own address shows it now; nothing where there is none, or that cannot be read."""
        look_up, response = self._look_up(item, self.looking.address(item, kind, url))
        if self.looking.read is None or response is None or not look_up.is_there:
            return ()
        seen = self.looking.read(self.transport, response, self.known)
        return tuple(_within(one, within) for one in seen)

    def _look_up(self, item: str, address: str | None) -> tuple[LookUp, Response | None]:
        if address is None:
            return LookUp((), (), ()), None
        answered = self._answered(address)
        if (item, address) not in self._sighted:
            self._sighted.add((item, address))
            for response in self._recorded[address]:
                # Whether or not a record comes of it, and in whatever form: it is about the item.
                self.transport.sighted(response, [(0, response.size, item)])
        return answered

    def _answered(self, address: str) -> tuple[LookUp, Response | None]:
        if address not in self._answers:
            responses: list[Response | None] = []
            standings: list[Standing] = []
            # What is there at its own address need not be asked for twice; some platforms charge for each answer.
            while len(responses) < LOOK_UPS and not (self.looking.direct and "present" in standings):
                response = self._try(address)
                responses.append(response)
                standings.append(self.looking.standing(response) if response else "unknown")
            last = next((response for response in reversed(responses) if response), None)
            look_up = LookUp(
                standings=tuple(standings),
                statuses=tuple(response.status if response else None for response in responses),
                exchanges=tuple(response.exchange for response in responses if response),
                payload=last.payload if last else b"",
                uri=last.uri if last else "",
                direct=self.looking.direct,
            )
            self._answers[address] = look_up, last
            self._recorded[address] = [replace(one, payload=b"") for one in responses if one and one.size]
        return self._answers[address]

    def _try(self, url: str) -> Response | None:
        try:
            headers = {"Cache-Control": "no-cache", **self.looking.headers}
            return asked_at(url, self.transport, headers, posts=self.looking.posts)
        except ArchiveError:
            # The failure is in the WARC; here it only means that this look-up decides nothing.
            return None


def _shown(versions: tuple[Version, ...]) -> Version:
    """Return the latest version of an item as it was shown: that it was missed meanwhile is no kind of item."""
    return next((version for version in reversed(versions) if version.kind != "absence"), versions[-1])


def _verdict(seen: Seen) -> AbsenceClass | None:
    absence = seen.observation.normalised.absence
    return absence.verdict if absence else None


def _within(seen: Seen, thread: str | None) -> Seen:
    """Return an item in the thread that it is known to belong to: alone, not every item says so."""
    view = seen.observation.normalised
    if view.thread is not None or not thread:
        return seen
    observation = msgspec.structs.replace(seen.observation, normalised=msgspec.structs.replace(view, thread=thread))
    return Seen(seen.native, observation)
