"""What people must approve: who counts as a person, when, for what; what is not approved so changes nothing."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manifests import chain
from manifests.acts import ActRefusedError
from manifests.audit import audit
from manifests.ceremony.proposals import Changes
from manifests.decisions.decided import DAY, Decided, DecisionMalformedError, DecisionRefusedError
from manifests.notes import SignedNote
from manifests.signing import SignatureRefusedError, SigningKey
from schemas.decisions import Decision, HoldRelease
from schemas.errors import ArchiveError
from schemas.holds import Scope
from schemas.ledger import HoldAmended, HoldPlaced, HoldReleased
from storage import layout
from storage.objects import Content
from tests.manifests.archives import ORIGIN, START, registered
from tests.manifests.officers import Office, added, approver_key, entry_key, revoked

SOON = START.plus(seconds=DAY)


@dataclass
class Court:
    """An office after its ceremony, with people who approve, and a hold."""

    office: Office = field(default_factory=lambda: Office().hold_ceremony())
    jane: SigningKey = field(default_factory=lambda: approver_key("records-officer", "jane"))
    omar: SigningKey = field(default_factory=lambda: approver_key("legal-reviewer", "omar"))
    jane_too: SigningKey = field(default_factory=lambda: approver_key("legal-reviewer", "jane"))

    def __post_init__(self) -> None:
        self.office.adopt(Changes(added=added(self.jane, self.omar, self.jane_too)))
        self.office.append(registered("blog"))
        self.office.append(HoldPlaced(hold="case", reason="Doe v. District", scope=Scope(accounts=("blog",))))

    def decided(self, *signers: SigningKey, **changes) -> Decided:
        """The release of the hold, approved so."""
        said = {"hold": "case", "proposer": "clerk", "proposed": START, "expires": SOON, "origin": ORIGIN} | changes
        what = HoldRelease(hold=said["hold"], reason="Dismissed")
        decision = Decision(what=what, proposer=said["proposer"], proposed=said["proposed"], expires=said["expires"])
        decided = Decided.proposed(said["origin"], decision)
        for key in signers:
            decided = decided.signed(key)
        return decided

    def release(self, decided: Decided) -> None:
        """Commit the release."""
        self.office.append(HoldReleased(hold="case", decision=decided.note.to_bytes().decode()))

    @property
    def held(self) -> bool:
        """Whether the hold is in force, also for whoever reads the ledger anew."""
        ledger = self.office.writer.ledger()
        ledger.refresh()
        return "case" in ledger.history.holds


@pytest.fixture
def court() -> Court:
    """A court."""
    return Court()


def test_two_people_release_a_hold(court: Court) -> None:
    court.release(court.decided(court.jane, court.omar))
    assert not court.held


def test_a_hold_is_not_released_by_one_person_however_often(court: Court) -> None:
    for signers in ((court.jane,), (court.jane, court.jane_too), (court.jane, court.jane)):
        with pytest.raises(DecisionRefusedError, match="1 of 2 people"):
            court.release(court.decided(*signers))
    assert court.held


def test_whoever_proposed_it_does_not_approve_it(court: Court) -> None:
    with pytest.raises(DecisionRefusedError, match="jane proposed it and approved it"):
        court.release(court.decided(court.jane, court.omar, proposer="jane"))
    assert court.held


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"expires": START.plus(seconds=1)}, "it counts from"),
        ({"proposed": SOON, "expires": SOON.plus(seconds=DAY)}, "it counts from"),
        ({"expires": START.plus(seconds=14 * DAY + 1)}, "more than 14 days"),
        ({"hold": "another"}, "not about the hold 'case'"),
        ({"origin": "elsewhere/1"}, "another archive"),
    ],
)
def test_an_approval_counts_for_what_it_says_and_in_its_time(court: Court, changes, why) -> None:
    with pytest.raises(DecisionRefusedError, match=why):
        court.release(court.decided(court.jane, court.omar, **changes))
    assert court.held


def test_nobody_else_approves(court: Court) -> None:
    stranger = approver_key("records-officer", "mallory")
    machine = court.office.writer.key
    for other in (stranger, machine, court.office.alice):
        with pytest.raises(DecisionRefusedError, match="not in force for approving"):
            court.release(court.decided(court.jane, court.omar, other))
    assert court.held


def test_whoever_left_or_lost_the_key_approves_no_more(court: Court) -> None:
    decided = court.decided(court.jane, court.omar)
    court.office.adopt(Changes(retired=(court.omar.verifier,)))
    with pytest.raises(DecisionRefusedError, match="not in force for approving"):
        court.release(decided)
    court.office.adopt(Changes(revoked=(revoked(court.jane, 1),)))
    with pytest.raises(DecisionRefusedError, match="not in force for approving"):
        court.release(court.decided(court.jane, court.jane_too))
    assert court.held


def test_what_was_decided_stays_decided_when_people_leave(court: Court) -> None:
    court.release(court.decided(court.jane, court.omar))
    court.office.adopt(Changes(retired=(court.omar.verifier, court.jane.verifier)))
    assert not court.held


def test_an_approval_of_one_text_is_none_of_another(court: Court) -> None:
    one, other = court.decided(court.jane, court.omar), court.decided(expires=START.plus(seconds=2 * DAY))
    with pytest.raises(SignatureRefusedError):
        court.release(replace(other, note=SignedNote(other.note.text, one.note.signatures)))
    assert court.held


def test_a_signature_twice_is_refused(court: Court) -> None:
    decided = court.decided(court.jane, court.omar)
    twice = SignedNote(decided.note.text, (*decided.note.signatures, decided.note.signatures[0]))
    with pytest.raises(DecisionRefusedError, match="twice"):
        court.release(replace(decided, note=twice))


def test_a_release_counts_once_and_the_name_is_never_used_again(court: Court) -> None:
    decided = court.decided(court.jane, court.omar)
    court.release(decided)
    for act in (
        HoldPlaced(hold="case", reason="Again"),
        HoldAmended(hold="case", reason="More", scope=Scope()),
        HoldReleased(hold="case", decision=decided.note.to_bytes().decode()),
    ):
        with pytest.raises(ActRefusedError):
            court.office.append(act)


@pytest.mark.parametrize(
    "scope",
    [
        Scope(accounts=("unknown",)),
        Scope(custodians=("Nobody",)),
        Scope(since=SOON, until=START),
        Scope(since=START, until=START),
    ],
)
def test_a_hold_on_nothing_is_refused(court: Court, scope: Scope) -> None:
    for act in (
        HoldPlaced(hold="empty", reason="x", scope=scope),
        HoldAmended(hold="case", reason="x", scope=scope),
    ):
        with pytest.raises(ActRefusedError):
            court.office.append(act)


def test_keys_of_people_come_by_statements_that_root_keys_sign_and_have_their_names() -> None:
    office = Office().hold_ceremony()
    for key in (SigningKey.generate(f"{ORIGIN}/records-officer"), SigningKey.generate(f"{ORIGIN}/records-officer/Ana")):
        with pytest.raises(ArchiveError):
            office.adopt(Changes(added=added(key)))
    jane = approver_key("records-officer", "jane")
    with pytest.raises(ArchiveError, match="is named"):
        office.adopt(Changes(added=added(jane.under(f"{ORIGIN}/entry/jane/x"))))
    office.adopt(Changes(added=added(jane, entry_key("jane"))))
    with pytest.raises(ArchiveError, match="would be for"):
        office.adopt(Changes(retired=(jane.verifier,), added=added(jane.under(f"{ORIGIN}/legal-reviewer/jane"))))


def test_a_person_signs_no_entry(court: Court) -> None:
    with pytest.raises(ArchiveError, match="never put in force"):
        court.office.append(registered("other"), by=court.jane)


@pytest.mark.parametrize("signers", [(), ("jane",), ("jane", "machine")])
def test_whoever_owns_the_machine_writes_a_release_that_nobody_accepts(court: Court, signers: tuple[str, ...]) -> None:
    keys = {"jane": court.jane, "machine": court.office.writer.key}
    note = court.decided(*(keys[name] for name in signers)).note.to_bytes().decode()
    ledger, writer = court.office.ledger, court.office.writer
    acts = (HoldReleased(hold="case", decision=note),)
    at = ledger.head.at.plus(seconds=1)
    entry = chain.entry_after(ledger.head, acts=acts, at=at, clock=at, actor="mallory", software="x")
    key = layout.entry(entry.index)
    writer.store.put_new(key, Content.of(chain.sign(ORIGIN, entry, writer.key)))
    with pytest.raises(ArchiveError):
        writer.ledger().refresh()
    report = audit(writer.store, now=at)
    assert {(finding.code, finding.key) for finding in report.findings} == {("ENTRY_REFUSED", key)}


decisions = st.builds(
    Decision,
    what=st.builds(HoldRelease, hold=st.text(max_size=20), reason=st.text(max_size=40)),
    proposer=st.text(max_size=20),
    proposed=st.just(START),
    expires=st.just(SOON),
)


@given(decisions, st.integers(0, 3))
def test_a_decision_survives_its_file(decision: Decision, signers: int) -> None:
    decided = Decided.proposed(ORIGIN, decision)
    for number in range(signers):
        decided = decided.signed(approver_key("records-officer", f"p{number}"))
    assert Decided.from_file(decided.to_file()) == decided


@pytest.mark.parametrize("content", [b"", b"{}", b'{"text":""}', b"\xff"])
def test_what_is_no_decision_is_refused(content: bytes) -> None:
    with pytest.raises((DecisionMalformedError, ArchiveError)):
        Decided.from_file(content)
