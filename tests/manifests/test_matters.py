"""Matters in the ledger: what may follow on what, holds that stay while one is open, and the audit of their texts."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest

from manifests import chain
from manifests.acts import ActRefusedError
from manifests.audit import audit
from manifests.ceremony.proposals import Changes
from manifests.decisions.decided import DAY, Decided
from manifests.history import History
from manifests.matters import Matter, MatterRefusedError, MatterUnknownError
from schemas.canonical import NotCanonicalError
from schemas.decisions import Decision, HoldRelease
from schemas.instant import Instant
from schemas.ledger import (
    AttemptRefused,
    HoldPlaced,
    HoldReleased,
    MatterClosed,
    MatterOpened,
    MatterStepped,
    acts_from_lines,
    lines_of,
)
from schemas.matters import NOTES_LIMIT, TEXT_LIMIT, TITLE_LIMIT, MatterText
from storage import layout
from storage.objects import Content
from tests.manifests.archives import ORIGIN, START, registered
from tests.manifests.officers import Office, added, approver_key

NAME = "request-2026-14"
DAY_ONE = date(2026, 2, 27)
HOLD = HoldPlaced(hold=NAME, reason="The matter", matter=NAME)
TEXT = MatterText(matter=NAME, salt="00" * 32, title="Bus routes", requester="Ana Ruiz")


def opened(office: Office, *, text: bytes | MatterText = TEXT, **changes) -> MatterOpened:
    """An act whose text is stored."""
    name = changes.get("matter", NAME)
    content = text if isinstance(text, bytes) else text.to_bytes()
    stored = office.writer.store.put_new(layout.matter(name), Content.of(content))
    act = MatterOpened(matter=name, kind="request", received=DAY_ONE, text=stored, jurisdiction="tx-pia", hold=NAME)
    return msgspec.structs.replace(act, **changes)


def forge(office: Office, act: HoldReleased) -> str:
    """Write an entry with the archive's own key whatever the rules say, and return where."""
    head = office.ledger.head
    at = head.at.plus(seconds=1)
    entry = chain.entry_after(head, acts=(act,), at=at, clock=at, actor="mallory", software="x")
    key = layout.entry(entry.index)
    office.writer.store.put_new(key, Content.of(chain.sign(ORIGIN, entry, office.writer.key)))
    return key


@pytest.fixture
def office() -> Office:
    """An archive with an account, and a hold for the matter that is to be opened."""
    made = Office()
    for act in (registered(), HOLD):
        made.append(act)
    return made


def found(office: Office) -> set[tuple[str, str]]:
    report = audit(office.writer.store, now=office.writer.clock())
    return {(finding.code, finding.key) for finding in report.findings}


def test_a_matter_is_opened_stepped_and_closed_once(office: Office):
    act = opened(office)
    office.append(act)
    steps = (
        MatterStepped(matter=NAME, step="answer", on=DAY_ONE),
        MatterStepped(matter=NAME, step="answer", on=DAY_ONE, until=date(2026, 4, 1)),
    )
    for step in steps:
        office.append(step)
    end = MatterClosed(matter=NAME, outcome="granted", on=date(2026, 3, 1))
    office.append(end)
    assert office.ledger.history.matters == {NAME: Matter(opened=act, steps=steps, closed=end)}
    for late in (act, steps[0], end):
        with pytest.raises(MatterRefusedError):
            office.append(late)
    assert found(office) == set()


def test_acts_are_read_back_from_their_lines_and_by_a_history_that_was_kept(office: Office):
    acts = (opened(office), MatterStepped(matter=NAME, step="answer", on=DAY_ONE),
            MatterClosed(matter=NAME, outcome="other", on=DAY_ONE))  # fmt: skip
    assert acts_from_lines(lines_of(acts)) == acts
    for act in acts:
        office.append(act)
    kept = History.restored(office.ledger.history.standing(), office.ledger.history.registers)
    assert kept.matters == office.ledger.history.matters
    assert [named.stored for named in kept.objects()] == [acts[0].text]


@pytest.mark.parametrize(
    "changes",
    [
        {"received": date(2026, 3, 3)},  # the ledger's clock says 1 March
        {"received": date.max},
        {"hold": "no-such-hold"},
        {"hold": "other"},
        {"text": TEXT},
    ],
)
def test_a_matter_that_does_not_fit_is_not_opened(office: Office, changes):
    office.append(HoldPlaced(hold="other", reason="Another matter's", matter="request-2026-15"))
    if "text" in changes:
        elsewhere = office.writer.store.put_new(layout.matter("other"), Content.of(TEXT.to_bytes()))
        changes = {"text": elsewhere}
    act = msgspec.structs.replace(opened(office), **changes)
    with pytest.raises(MatterRefusedError):
        office.append(act)


def test_a_day_may_be_written_as_soon_as_it_has_begun_somewhere_on_earth(office: Office):
    tomorrow = msgspec.structs.replace(opened(office), received=date(2026, 3, 2))
    office.writer.clock.at = Instant.from_text("2026-03-01T09:59:58.000000Z")
    with pytest.raises(MatterRefusedError, match="to come"):
        office.append(tomorrow)  # a second later, and as many before 2 March begins at UTC+14
    office.append(tomorrow)


def test_what_may_be_written_of_a_matter_fits_into_its_object(office: Office):
    longest = MatterText(
        matter=NAME,
        salt="ff" * 32,
        title="😀" * TITLE_LIMIT,
        requester="\x01" * TITLE_LIMIT,
        notes="\x01" * NOTES_LIMIT,
        without_hold="\x01" * TITLE_LIMIT,
    )
    office.append(opened(office, text=longest))
    assert found(office) == set()
    assert len(longest.to_bytes()) < TEXT_LIMIT


@pytest.mark.parametrize("name", ["Request", "../away", "-a", "a-", "", "a" * 65, "a b", "ä"])
def test_a_name_that_is_none_is_not_read(office: Office, name: str):
    act = msgspec.structs.replace(opened(office), matter=name)
    with pytest.raises(NotCanonicalError):
        acts_from_lines(lines_of((act,)))


@pytest.mark.parametrize(
    ("act", "error"),
    [
        (MatterStepped(matter="unknown", step="answer", on=DAY_ONE), MatterUnknownError),
        (MatterClosed(matter="unknown", outcome="granted", on=DAY_ONE), MatterUnknownError),
        (MatterStepped(matter=NAME, step="answer", on=date(2026, 2, 26)), MatterRefusedError),
        (MatterStepped(matter=NAME, step="answer", on=date(2026, 3, 9)), MatterRefusedError),
        (MatterStepped(matter=NAME, step="answer", on=DAY_ONE, until=date(2026, 2, 26)), MatterRefusedError),
        (MatterClosed(matter=NAME, outcome="granted", on=date(2026, 2, 26)), MatterRefusedError),
        (MatterClosed(matter=NAME, outcome="granted", on=date(9999, 12, 31)), MatterRefusedError),
    ],
)
def test_what_does_not_follow_on_what_was_said_is_refused(office: Office, act, error):
    office.append(opened(office))
    with pytest.raises(error):
        office.append(act)


def test_two_people_release_its_hold_when_it_is_closed_and_not_before():
    jane, omar = approver_key("records-officer", "jane"), approver_key("legal-reviewer", "omar")
    office = Office().hold_ceremony()
    office.adopt(Changes(added=added(jane, omar)))
    for act in (registered(), HOLD, HoldPlaced(hold="older", reason="A case")):
        office.append(act)

    def release(hold: str) -> HoldReleased:
        what = HoldRelease(hold=hold, reason="Over")
        decision = Decision(what=what, proposer="clerk", proposed=START, expires=START.plus(seconds=DAY))
        decided = Decided.proposed(ORIGIN, decision).signed(jane).signed(omar)
        return HoldReleased(hold=hold, decision=decided.note.to_bytes().decode())

    office.append(opened(office))
    more = HoldPlaced(hold="more", reason="The same matter", matter=NAME)
    office.append(more)
    office.append(release("older"))
    for hold in (NAME, "more"):
        with pytest.raises(MatterRefusedError, match="which is open"):
            office.append(release(hold))
    forged = forge(office, release(NAME))
    assert found(office) == {("ENTRY_REFUSED", forged)}
    del office.writer.store._objects[forged]
    office.append(MatterClosed(matter=NAME, outcome="granted", on=DAY_ONE))
    for hold in (NAME, "more"):
        office.append(release(hold))
    assert office.ledger.history.holds == {}


def test_a_hold_that_named_a_case_in_words_before_there_were_matters_is_released_as_ever():
    office = Office()
    office.append(registered())
    office.append(HoldPlaced(hold="old", reason="x", matter="Doe v. District"))
    with pytest.raises(Exception, match="signed note") as refused:  # its decision is judged, and nothing else
        office.append(HoldReleased(hold="old", decision="none"))
    assert not isinstance(refused.value, MatterRefusedError)


def test_an_attempt_may_be_about_a_matter(office: Office):
    with pytest.raises(ActRefusedError):
        office.append(AttemptRefused(attempted="close-matter", code="MATTER_REFUSED", about="unknown"))
    office.append(msgspec.structs.replace(opened(office), hold=None))
    office.append(AttemptRefused(attempted="close-matter", code="MATTER_REFUSED", about=NAME))


def test_the_audit_reads_a_text_with_everything_else(office: Office):
    office.append(opened(office))
    end = MatterText(matter=NAME, salt="11" * 32, notes="Sent")
    stored = office.writer.store.put_new(layout.matter_closed(NAME), Content.of(end.to_bytes()))
    office.append(MatterClosed(matter=NAME, outcome="granted", on=DAY_ONE, text=stored))
    report = audit(office.writer.store, now=office.writer.clock())
    assert (report.sound, report.objects) == (True, 2)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (msgspec.structs.replace(TEXT, matter="another"), "MATTER_DIFFERS"),
        (b"", "NOT_CANONICAL"),
        (TEXT.to_bytes() + b"\n", "NOT_CANONICAL"),
        (msgspec.structs.replace(TEXT, salt="short"), "NOT_CANONICAL"),
        (msgspec.structs.replace(TEXT, notes="x" * (1 << 20)), "NOT_CANONICAL"),
    ],
)
def test_the_audit_names_what_is_no_text_about_the_matter(office: Office, text, code: str):
    office.append(opened(office, text=text))
    assert found(office) == {(code, layout.matter(NAME))}


def test_the_audit_names_a_text_that_was_exchanged_or_is_gone(office: Office):
    office.append(opened(office))
    objects, key = office.writer.store._objects, layout.matter(NAME)
    objects[key] = msgspec.structs.replace(TEXT, requester="Somebody else").to_bytes()
    assert found(office) == {("OBJECT_ALTERED", key)}
    del objects[key]
    assert found(office) == {("OBJECT_MISSING", key)}
