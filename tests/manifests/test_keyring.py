"""Which key may sign which entry: adopted, retired, lost, revoked; each is judged by the keys of its own time."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from manifests import chain
from manifests.ceremony.proposals import Changes, ProposalError, propose, signed
from manifests.chain import EntryRefusedError, Head
from manifests.history import History
from manifests.keyring import KeyNotInForceError
from manifests.ledger import Ledger
from manifests.statements import StatementRefusedError
from schemas.ledger import KeysChanged
from storage import layout
from storage.memory import MemoryStore
from storage.objects import Content, read
from tests.manifests.archives import ORIGIN, registered
from tests.manifests.officers import Office, added, entry_key, revoked


@pytest.fixture
def office() -> Office:
    """An archive after its ceremony: two of three officers decide, in entry 1."""
    return Office().hold_ceremony()


def test_a_statement_is_in_force_after_the_entry_that_adopts_it(office: Office) -> None:
    new = entry_key("capture-2")
    office.adopt(Changes(added=added(new), retired=(office.writer.key.verifier,)), by=new)

    history = office.ledger.history
    assert history.verifiers("entry", at=2) == (office.writer.key.verifier,)
    assert history.verifiers("entry", at=3) == history.verifiers("entry") == (new.verifier,)
    assert office.append(registered(), by=new).signer == new.verifier


def test_a_second_reader_folds_the_same_ring(office: Office) -> None:
    office.adopt(Changes(added=added(entry_key("capture-2"))))
    other = office.writer.ledger()
    other.refresh()
    assert other.history.keys == office.ledger.history.keys


def test_what_a_retired_key_signed_stays_good_and_it_signs_no_more(office: Office) -> None:
    old, new = office.writer.key, entry_key("capture-2")
    office.append(registered("blog"))
    office.adopt(Changes(added=added(new), retired=(old.verifier,)), by=new)

    with pytest.raises(KeyNotInForceError, match="retired"):
        office.append(registered("wiki"), by=old)

    office.append(registered("wiki"), by=new)
    assert office.writer.ledger().refresh() == 5


def test_an_entry_by_a_retired_key_that_somebody_puts_there_is_refused(office: Office) -> None:
    old, new = office.writer.key, entry_key("capture-2")
    office.adopt(Changes(added=added(new), retired=(old.verifier,)), by=new)
    forged = chain.compose(
        office.ledger.history,
        office.ledger.head,
        acts=(registered(),),
        clock=office.writer.clock(),
        actor="x",
        software="",
    )
    office.writer.store.put_new(layout.entry(3), Content.of(chain.sign(ORIGIN, forged, old)))
    with pytest.raises(EntryRefusedError, match="no signature by a key that may sign"):
        office.writer.ledger().refresh()


def test_a_key_that_was_never_adopted_is_refused_with_the_command_that_adopts_it(office: Office) -> None:
    stranger = entry_key("capture-2")
    with pytest.raises(KeyNotInForceError) as caught:
        office.append(registered(), by=stranger)
    assert "holdfast keys propose --add" in caught.value.do
    assert caught.value.facts["key"] == stranger.verifier.to_text()
    assert not office.writer.store.exists(layout.entry(2))


def test_the_first_statement_is_adopted_by_a_key_of_the_first_entry_alone() -> None:
    office, thief = Office(), entry_key("thief")
    takeover = Changes(roots=office.officers, needed=2, added=added(thief))
    with pytest.raises(KeyNotInForceError):
        office.adopt(takeover, by=thief)
    office.adopt(takeover)
    assert thief.verifier in office.ledger.history.verifiers("entry")


def test_an_archive_whose_only_entry_key_is_lost_goes_on_with_a_key_that_root_keys_vouch_for(office: Office) -> None:
    new = entry_key("rebuilt")
    office.adopt(Changes(added=added(new), retired=(office.writer.key.verifier,)), office.bob, office.carol, by=new)
    office.append(registered(), by=new)
    assert office.ledger.head.size == 4


def test_a_statement_is_not_adopted_by_a_key_that_it_does_not_list(office: Office) -> None:
    new = entry_key("capture-2")
    with pytest.raises(KeyNotInForceError):
        office.adopt(Changes(added=added(new), retired=(office.writer.key.verifier,)), by=office.writer.key)


def test_a_revoked_key_signs_nothing_more_and_is_never_listed_again(office: Office) -> None:
    stolen, new = entry_key("stolen"), entry_key("new")
    office.adopt(Changes(added=added(stolen, new)))
    office.adopt(Changes(revoked=(revoked(stolen, 2),)))

    with pytest.raises(KeyNotInForceError, match="revoked: Laptop stolen"):
        office.append(registered(), by=stolen)
    with pytest.raises(StatementRefusedError, match="revoked"):
        office.adopt(Changes(added=added(stolen)))
    with pytest.raises(StatementRefusedError, match="revoked"):
        office.adopt(Changes(added=added(stolen.under(f"{ORIGIN}/entry/another-name"))))
    with pytest.raises(StatementRefusedError, match="revoked"):
        office.adopt(Changes(roots=(stolen.verifier,)), office.alice, office.bob)


def test_an_entry_is_judged_by_the_keys_of_its_place_also_when_much_has_changed_since(office: Office) -> None:
    new = entry_key("capture-2")
    office.adopt(Changes(added=added(new)))
    office.adopt(Changes(retired=(office.writer.key.verifier,)), by=new)
    office.append(registered(), by=new)
    signers = []
    for index in range(5):
        origin, entry, note = chain.parse_entry(read(office.writer.store, layout.entry(index)))
        signers.append(chain.check_signature(office.ledger.history, origin, entry, note))
    old = office.writer.key.verifier
    assert signers == [old, old, old, new.verifier, new.verifier]


def test_a_machine_that_starts_again_knows_the_keys_of_every_time(office: Office, tmp_path) -> None:
    new = entry_key("capture-2")
    office.adopt(Changes(added=added(new), retired=(office.writer.key.verifier,)), by=new)
    office.append(registered(), by=new)
    for _ in range(2):
        started = Ledger(office.writer.store, registers=tmp_path / "ledger.db")
        started.refresh()
        assert started.history.keys == office.ledger.history.keys


def test_a_history_in_which_a_stranger_puts_his_own_key_in_force_is_refused(office: Office) -> None:
    thief = entry_key("thief")
    forged, history = [read(office.writer.store, layout.entry(0))], History()
    first = chain.accept(history, Head(), forged[0])
    history.record(first.entry)
    head = Head.after(first.entry, first.leaf)
    takeover = Changes(roots=office.officers[:1], needed=1, added=added(thief))
    note = signed(propose(history.keys, takeover, size=1), office.alice).new.note.to_bytes().decode()
    for act in (KeysChanged(statement=note), registered()):
        made = chain.compose(history, head, acts=(act,), clock=office.writer.clock(), actor="x", software="")
        forged.append(chain.sign(ORIGIN, made, thief))
        history.record(made)
        head = Head.after(made, chain.leaf_of(forged[-1]))
    store = MemoryStore()
    for index, content in enumerate(forged):
        store.put_new(layout.entry(index), Content.of(content))
    with pytest.raises(EntryRefusedError, match="no signature by a key that may sign"):
        Ledger(store).refresh()


keys = st.integers(min_value=0, max_value=5)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["add", "retire", "revoke"]), keys), max_size=12))
def test_whatever_officers_do_each_entry_is_judged_by_the_keys_of_its_own_time(steps: list[tuple[str, int]]) -> None:
    office = Office().hold_ceremony()
    jobs = [entry_key(f"job-{number}") for number in range(6)]
    listed: set[int] = set()
    ever: set[int] = set()
    gone: set[int] = set()
    expected = dict.fromkeys((0, 1), (office.writer.key.verifier,))
    for step, number in steps:
        key = jobs[number]
        changes, allowed = {
            "add": (Changes(added=added(key)), number not in listed | gone),
            "retire": (Changes(retired=(key.verifier,)), number in listed),
            "revoke": (Changes(revoked=(revoked(key, 1),)), number in ever - gone),
        }[step]
        if not allowed:
            with pytest.raises((StatementRefusedError, ProposalError)):
                office.adopt(changes)
            continue
        office.adopt(changes)
        if step == "add":
            listed.add(number)
            ever.add(number)
        else:
            listed.discard(number)
        if step == "revoke":
            gone.add(number)
        expected[office.ledger.head.size] = tuple(office.ledger.history.verifiers("entry"))
        assert set(expected[office.ledger.head.size]) == {
            office.writer.key.verifier,
            *(jobs[one].verifier for one in listed),
        }
    other = office.writer.ledger()
    other.refresh()
    for index, verifiers in expected.items():
        assert other.history.verifiers("entry", at=index) == verifiers
