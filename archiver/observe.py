"""What is new, edited, unchanged or gone, by comparing what was seen with what is held. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

from archiver.contract import Seen
from schemas.canonical import Canonical
from schemas.capture import Observation
from schemas.digest import Digest
from schemas.instant import Instant
from schemas.record import Absence, AbsenceClass, Attachment, Kind, Normalised, Provenance, Slice, is_late

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from archiver.contract import Reached, Standing
    from schemas.record import Method

IMPORTED, CAPTURED, SIGNED = 0, 1, 4
GONE = frozenset({404, 410})
WITHHELD = frozenset({401, 403, 451})
PRESENT = range(200, 300)
NEWEST = "newest-part"
"""The flag of a list of which only the newest part was read."""
OLDER = "older-part"
"""The flag of a list whose newest part another look had read: this one went on after its ``parent``."""
SPREAD = "spread"
"""The flag of a list that several looks read together, which is told as it was shown from the first to the last."""
WINDOW = "window"
"""The flag of a list that shows only what is young."""
EMPTIED_FROM = 5
"""How many items a list showed before, at least, for showing none at all to be doubted."""


Why: TypeAlias = Literal["left", "told", "below"]
"""Why an item is looked up: it left its list, its platform told of it, or what it belongs to has gone."""
BECAUSE: Mapping[Why, str] = {
    "left": "its list no longer shows it",
    "told": "its platform told of it",
    "below": "what it belongs to has gone",
}


class Version(Canonical, frozen=True):
    """One archived version of an item.

    ``derived`` is the SHA-256 of its normalised view; ``substance`` that of what counts of its native bytes, where that
    is not all of them (``archiver.substance``). What was ``imported`` was captured when somebody handed it
    in: no look at the account saw it.
    """

    record: Digest
    native: Digest
    derived: Digest
    substance: Digest
    kind: Kind
    captured: Instant
    created: Instant | None = None
    imported: bool = False
    url: str | None = None
    thread: str | None = None
    verdict: AbsenceClass | None = None

    def is_of(self, native: bytes, substance: Callable[[bytes], Digest]) -> bool:
        """Return whether these native bytes make no other version than this one."""
        # Most often nothing has changed at all, and what counts need not be reckoned.
        return Digest.of(native) == self.native or substance(native) == self.substance


class Failing(Canonical, frozen=True):
    """A medium of an item that could not be had ``since`` and may be had yet, with what its record says of the item."""

    item: str
    attachment: Attachment
    since: Instant
    created: Instant | None = None
    thread: str | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """What the archive holds of one account: every item's versions, oldest first, and each list's latest contents.

    The contents are in the list's order. ``last_read`` is when the last successful look began. ``failing`` are, by
    item, the media that are not held and may be had yet.
    """

    versions: Mapping[str, tuple[Version, ...]] = field(default_factory=dict)
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    last_read: Instant | None = None
    failing: Mapping[str, tuple[Failing, ...]] = field(default_factory=dict)

    def knows(self, item: str, native: bytes, *, substance: Callable[[bytes], Digest] = Digest.of) -> bool:
        """Return whether the last look that saw the item saw that very version, and it was not absent after it.

        Without any bytes: whether the item is a list that showed something when it was read last.
        """
        if not native:
            return bool(self.lists.get(item))
        last = last_look(self.versions.get(item, ()))
        return last is not None and last.verdict is None and last.is_of(native, substance)


def last_look(versions: tuple[Version, ...]) -> Version | None:
    """Return what the last look that says anything of an item says of it: what a file says is no look."""
    return next((version for version in reversed(versions) if not version.imported), None)


@dataclass(frozen=True, slots=True)
class Fresh:
    """An observation that becomes a record; ``previous`` is the version before, if any, of a look the last look's."""

    seen: Seen
    previous: Digest | None

    @property
    def edited(self) -> bool:
        """Whether an item that was held already has changed."""
        view = self.seen.observation.normalised
        return self.previous is not None and view.kind not in ("list", "absence") and view.late_of is None


def fresh(
    held: Held, seen: Iterable[Seen], *, method: Method, substance: Callable[[bytes], Digest] = Digest.of
) -> tuple[Fresh, ...]:
    """Return what of ``seen`` is to be archived, each version once.

    A live look makes a version when the ``substance`` of an item's native bytes differs from that of the latest version
    that a look saw, or when it was absent in between: so what only a file showed is captured, and is no edit. A list
    makes one when its derived view differs, or, where only a part of it was read, when that says anything new of its
    contents: its native bytes change with every reading. An import makes one for every version that is not held at all,
    because a file is no series of observations.
    """
    made: list[Fresh] = []
    taken: set[tuple[str, Digest]] = set()
    for one in seen:
        view = one.observation.normalised
        versions = held.versions.get(view.item, ())
        before = next(iter(versions[-1:]), None) if method == "import" else last_look(versions)
        if method == "import":
            archived = find_unheld(held, one) is None
        elif before is None or before.verdict is not None or view.kind == "absence" or view.late_of is not None:
            archived = False
        elif view.kind == "list":
            archived = _lists_the_same(held, view, before)
        else:
            archived = before.is_of(one.native, substance)
        if archived:
            continue
        if view.kind == "list":
            counts = Digest.of(view.to_bytes())  # of two parts of one list, the beginnings are the same
        else:
            counts = Digest.of(one.native) if method == "import" else substance(one.native)
        if (view.item, counts) in taken and view.kind != "absence":
            continue
        taken.add((view.item, counts))
        made.append(Fresh(one, before.record if before else None))
    return tuple(made)


def find_unheld(held: Held, one: Seen) -> Fresh | None:
    """Return an imported observation as what is to be archived, or ``None`` when that very version is held."""
    versions = held.versions.get(one.observation.normalised.item, ())
    native = Digest.of(one.native)
    if any(version.native == native for version in versions):
        return None
    return Fresh(one, versions[-1].record if versions else None)


def _lists_the_same(held: Held, view: Normalised, before: Version) -> bool:
    if not {NEWEST, OLDER, SPREAD} & set(view.flags):
        return before.derived == Digest.of(view.to_bytes())
    known = held.lists.get(view.item, ())
    return contents(known, view) == known


def contents(before: tuple[str, ...], view: Normalised) -> tuple[str, ...]:
    """Return what a list is known to hold, in its order, after it was read as ``view``.

    Where only a part was read, what was known of the rest stays.
    """
    first, last = _judged(before, view)
    return tuple(dict.fromkeys((*before[:first], *view.listed, *before[last:])))


def _judged(before: tuple[str, ...], view: Normalised) -> tuple[int, int]:
    """Return which of the items that a list held before are judged by its being read as ``view``: from, and up to.

    That is all of them; of a part that was read, only what lies between items that the part shows again, from its
    beginning where it began there, and to its end where it was read so far.
    """
    places = {item: place for place, item in enumerate(before)}
    again = [places[item] for item in view.listed if item in places]
    first = 0
    if OLDER in view.flags:
        first = places[view.parent] + 1 if view.parent in places else again[0] if again else len(before)
    last = len(before) if NEWEST not in view.flags else again[-1] + 1 if again else first
    return first, max(first, last)


def emptied(held: Held, seen: Iterable[Seen]) -> tuple[str, ...]:
    """Return the lists that showed several items before and now show none: more likely a fault than an end.

    That is no wonder of a list that shows only what is young.
    """
    views = (one.observation.normalised for one in seen)
    return tuple(
        view.item
        for view in views
        if view.kind == "list"
        and not view.listed
        and WINDOW not in view.flags
        and len(held.lists.get(view.item, ())) >= EMPTIED_FROM
    )


def missing(held: Held, seen: Iterable[Seen]) -> tuple[str, ...]:
    """Return the items to be looked up: those that a list which was read now no longer shows, and the undecided ones.

    A list that was not read says nothing about its items, nor does the newest part of one about older items.
    """
    views = [one.observation.normalised for one in seen]
    shown = {view.item for view in views}.union(*(view.listed for view in views))
    left: set[str] = set()
    for view in views:
        if view.kind == "list":
            before = held.lists.get(view.item, ())
            left |= set(before[slice(*_judged(before, view))]) - shown
    gone = {item for item in left if item in held.versions and _standing(held.versions[item]).verdict is None}
    undecided = {
        item
        for item, versions in held.versions.items()
        if _standing(versions).verdict == "undetermined" and item not in shown
    }
    return tuple(sorted(gone | undecided))


def _standing(versions: tuple[Version, ...]) -> Version:
    """Return what is held of an item last, of looks if any of them made a record."""
    return last_look(versions) or versions[-1]


def below(held: Held, items: Collection[str]) -> tuple[str, ...]:
    """Return the comments and replies of ``items`` that are not known to be away: when these go, so may they.

    They belong to their threads, or their own lists showed them: a comment's replies are in the thread of the post.
    """
    shown: set[str] = set()
    for name, listed in held.lists.items():
        match name.split(":", 2):
            case ["list", _, about] if about in items:
                shown.update(listed)
    return tuple(
        sorted(
            other
            for other, versions in held.versions.items()
            if (last := last_look(versions)) is not None
            and (last.thread in items or other in shown)
            and other not in items
            and last.kind != "list"
            and not is_late(last.kind, other)
            and last.verdict is None
        )
    )


@dataclass(frozen=True, slots=True)
class LookUp:
    """What the direct look-ups of a missing item gave: what each said, its HTTP status, and the last answer.

    ``direct`` is as ``archiver.contract.LookingUp`` has it; ``put_off`` tells that another look makes them.
    """

    standings: tuple[Standing, ...]
    statuses: tuple[int | None, ...]
    exchanges: tuple[str, ...]
    payload: bytes = b""
    uri: str = ""
    direct: bool = False
    put_off: bool = False

    @property
    def is_there(self) -> bool:
        """Whether the item answers at an address of its own."""
        return self.direct and set(self.standings) == {"present"}


def standing_of(status: int | None) -> Standing:
    """Return what an HTTP status says of the item at its address (RFC 9110 section 15); ``None``: no answer."""
    if status in GONE:
        return "gone"
    if status in WITHHELD:
        return "withheld"
    return "present" if status in PRESENT else "unknown"


def judge(look_up: LookUp, *, window: bool, fragment: bool, why: Why = "left") -> tuple[AbsenceClass, str]:
    """Return the class of an absence and the reason in words. One failed read decides nothing.

    ``why`` it was looked up. ``window``: the list shows only the newest items. ``fragment``: the address is a part of a
    page, so that the page's answer says nothing about the item.
    """
    said, answered, because = set(look_up.standings), _words(look_up.statuses), BECAUSE[why]
    if said == {"gone"}:
        return "deleted", f"{because} and its address answered {answered}"
    if said == {"withheld"}:
        return "hidden", f"{because} and its address answered {answered}"
    if said == {"present"}:
        if window and not fragment:
            return "present", "it left the list, which shows only the newest items; its address still answers"
        return "undetermined", f"{because}, but its address still answers"
    if look_up.put_off:
        return "undetermined", f"{because}, and too much was to be looked up at once"
    if not said:
        return "undetermined", f"{because}, and it has no address to be looked up"
    return "undetermined", f"{because}; its address answered {answered}"


def _words(statuses: tuple[int | None, ...]) -> str:
    return ", then ".join("nothing" if status is None else f"HTTP {status}" for status in statuses)


def absent(
    held: Held,
    item: str,
    look_up: LookUp,
    *,
    window: bool,
    list_exchange: str,
    at: Instant,
    reached: Mapping[str, tuple[Reached, ...]] | None = None,
    why: Why = "left",
) -> Seen | None:
    """Return the observation that ``item`` is away from its list, or ``None`` when it is not, or is known to be.

    The interval is (when the list last showed it, ``at``]; it is never an instant. ``reached`` is how far earlier looks
    read the account's lists, where not every look reads all of them.
    """
    version = _standing(held.versions[item])
    verdict, reason = judge(look_up, window=window, fragment="#" in (version.url or ""), why=why)
    if version.verdict == verdict or look_up.is_there:
        return None
    last_seen = max(_shown(held, item, reached), default=version.created or version.captured)
    view = Normalised(
        kind="absence",
        type="Tombstone" if verdict in ("deleted", "hidden") else "View",
        item=item,
        url=version.url,
        absence=Absence(
            verdict=verdict,
            last_seen=last_seen,
            first_missing=at,
            reads=tuple(filter(None, (list_exchange if why == "left" else "", *look_up.exchanges))),
            reason=reason,
        ),
    )
    exchange = look_up.exchanges[-1] if look_up.exchanges else list_exchange
    source = Slice(exchange=exchange, uri=look_up.uri, offset=0, length=len(look_up.payload))
    return Seen(look_up.payload, Observation(normalised=view, source=source, observed=at))


def _shown(held: Held, item: str, reached: Mapping[str, tuple[Reached, ...]] | None) -> Iterator[Instant]:
    """Yield when an item was shown: as its records were captured, and by looks at its lists that found it unchanged.

    An import shows nothing of its own day. What a look at a list had not shown would be listed no more.
    """
    versions = held.versions[item]
    yield from (one.captured for one in versions if one.verdict in (None, "present") and not one.imported)
    version = versions[-1]
    if version.thread not in (None, item):
        return
    for name in (name for name, listed in held.lists.items() if item in listed):
        if reached is None and held.last_read is not None:
            yield held.last_read
        for one in (reached or {}).get(name, ()):
            if one.down_to is None or (version.created is not None and version.created > one.down_to):
                yield one.began


def provenance_of(
    one: Fresh, *, account: str, platform: str, capture: str, method: Method, collector: str
) -> Provenance:
    """Return the provenance of a record to be sealed."""
    vouched = one.seen.observation.vouched
    return Provenance(
        account=account,
        platform=platform,
        capture=capture,
        captured=one.seen.observation.observed,
        method=method,
        collector=collector,
        claim=IMPORTED if method == "import" else SIGNED if vouched else CAPTURED,
        source=one.seen.observation.source,
        previous=one.previous,
        vouched=vouched,
    )


def count(made: Iterable[Fresh]) -> tuple[int, int, int]:
    """Return how many of the fresh records are new items, edited items and absences; lists and late media do not."""
    new = edited = away = 0
    for one in made:
        view = one.seen.observation.normalised
        if view.kind == "absence":
            away += view.absence is not None and view.absence.verdict != "present"
        elif view.kind != "list" and view.late_of is None:
            new += not one.edited
            edited += one.edited
    return new, edited, away
