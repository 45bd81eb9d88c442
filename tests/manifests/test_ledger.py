"""The ledger: what may follow what, who may write, races, a cold start from one entry, and every kind of tampering."""

from __future__ import annotations

import threading

import msgspec
import pytest

from manifests import chain
from manifests.acts import ActRefusedError, FormatUnknownError
from manifests.chain import ClockBehindError, EntryRefusedError, Head
from manifests.ledger import ArchiveMissingError, LedgerChangedError
from manifests.notes import Checkpoint
from manifests.signing import SigningKey
from schemas.canonical import NotCanonicalError
from schemas.digest import Digest
from schemas.errors import ArchiveError, IntegrityError
from schemas.ledger import BatesAssigned, Produced, acts_from_lines, lines_of
from schemas.merkle import root_of, verify_consistency, verify_inclusion
from schemas.partition import Partition
from schemas.production import BatesRange
from schemas.stored import StoredObject
from storage import layout
from storage.memory import MemoryStore
from storage.objects import Content, read
from tests.manifests.archives import ORIGIN, START, Clock, Writer, captured, created, leaves_of, registered


def grown(size: int) -> tuple[Writer, chain.Head]:
    writer = Writer()
    ledger = writer.create()
    writer.append(ledger, registered())
    for number in range(2, size):
        writer.append(ledger, captured(f"c{number}", base=number - 1 if number > 2 else None))
    return writer, ledger


def contents(store, size: int) -> list[bytes]:
    return [read(store, layout.entry(index)) for index in range(size)]


def copied(entries: list[bytes]) -> MemoryStore:
    store = MemoryStore()
    for index, content in enumerate(entries):
        store.put_new(layout.entry(index), Content.of(content))
    return store


def test_a_second_reader_sees_the_same_ledger() -> None:
    writer, ledger = grown(20)
    other = writer.ledger()
    other.refresh()
    assert other.head == ledger.head
    assert other.history.accounts.keys() == {"blog"}
    assert other.head.tree.root == root_of(leaves_of(other))


@pytest.mark.parametrize("size", range(3, 20))
def test_a_cold_start_needs_the_last_entry_alone(size) -> None:
    writer, ledger = grown(size)
    last = read(writer.store, layout.entry(size - 1))
    assert Head.after(chain.parse_entry(last)[1], chain.leaf_of(last)) == ledger.head


def test_an_entry_has_one_spelling_and_survives_it() -> None:
    writer, _ = grown(5)
    for content in contents(writer.store, 5):
        origin, entry, _ = chain.parse_entry(content)
        assert origin == ORIGIN
        assert chain.sign(origin, entry, writer.key) == content


def test_any_flipped_bit_of_any_entry_is_refused() -> None:
    writer, _ = grown(5)
    entries = contents(writer.store, 5)
    for index, content in enumerate(entries):
        for position in range(len(content)):
            flipped = bytearray(content)
            flipped[position] ^= 1 << position % 8
            ledger_store = copied([*entries[:index], bytes(flipped), *entries[index + 1 :]])
            with pytest.raises(ArchiveError) as caught:
                Writer(store=ledger_store).ledger().refresh()
            assert caught.value.family in ("integrity", "input"), (index, position)


def test_entries_in_another_order_are_refused() -> None:
    writer, _ = grown(6)
    entries = contents(writer.store, 6)
    entries[3], entries[4] = entries[4], entries[3]
    with pytest.raises(EntryRefusedError):
        Writer(store=copied(entries)).ledger().refresh()


def test_an_entry_left_out_is_refused() -> None:
    writer, _ = grown(6)
    entries = contents(writer.store, 6)
    with pytest.raises(EntryRefusedError):
        Writer(store=copied(entries[:3] + entries[4:])).ledger().refresh()


def test_an_entry_signed_by_a_stranger_is_refused() -> None:
    writer, ledger = grown(4)
    stranger = SigningKey.generate(f"{ORIGIN}/entry")
    entry = chain.compose(
        ledger.history, ledger.head, acts=(registered("other"),), clock=writer.clock(), actor="x", software="x"
    )
    writer.store.put_new(layout.entry(4), Content.of(chain.sign(ORIGIN, entry, stranger)))
    with pytest.raises(EntryRefusedError):
        writer.ledger().refresh()


def test_a_checkpoint_key_may_not_sign_entries() -> None:
    writer, ledger = grown(4)
    entry = chain.compose(
        ledger.history, ledger.head, acts=(registered("other"),), clock=writer.clock(), actor="x", software="x"
    )
    with pytest.raises(EntryRefusedError):
        chain.accept(ledger.history, ledger.head, chain.sign(ORIGIN, entry, writer.checkpoint_key))


def test_an_entry_of_another_archive_is_refused() -> None:
    writer, ledger = grown(4)
    entry = chain.compose(
        ledger.history, ledger.head, acts=(registered("other"),), clock=writer.clock(), actor="x", software="x"
    )
    with pytest.raises(EntryRefusedError):
        chain.accept(ledger.history, ledger.head, chain.sign("elsewhere/1", entry, writer.key))


def test_a_replayed_capture_is_refused() -> None:
    writer, ledger = grown(4)
    with pytest.raises(ActRefusedError):
        writer.append(ledger, captured("c3", base=3))


def test_a_capture_that_was_compared_with_an_older_state_is_a_conflict() -> None:
    writer, ledger = grown(4)
    with pytest.raises(ActRefusedError):
        writer.append(ledger, captured("new", base=2))


@pytest.mark.parametrize(
    "act",
    [
        registered("blog"),
        captured("x", account="nobody"),
        captured("x", base=None),
        BatesAssigned(production="p", bates=BatesRange(prefix="CISD", first=2, last=3)),
        Produced(
            production="p",
            bates=BatesRange(prefix="CISD", first=1, last=3),
            records=1,
            records_root=Digest.of(b""),
            ledger_size=1,
            document=StoredObject(key="productions/p.pdf", sha256=Digest.of(b""), size=0),
        ),
        created(Writer()),
    ],
)
def test_an_act_that_does_not_fit_is_never_written(act) -> None:
    writer, ledger = grown(4)
    with pytest.raises(ActRefusedError):
        writer.append(ledger, act)
    assert not writer.store.exists(layout.entry(4))


@pytest.mark.parametrize(
    "acts",
    [
        (captured("x", base=3), captured("y", base=3)),
        (captured("x", base=3), captured("x", account="wiki")),
        (registered("wiki"), registered("wiki")),
        (registered("wiki"), captured("x", account="wiki")),
        (
            BatesAssigned(production="p1", bates=BatesRange(prefix="CISD", first=1, last=3)),
            BatesAssigned(production="p2", bates=BatesRange(prefix="CISD", first=1, last=3)),
        ),
    ],
)
def test_acts_that_contradict_each_other_share_no_entry(acts) -> None:
    writer, ledger = grown(4)
    with pytest.raises(ActRefusedError):
        writer.append(ledger, *acts)
    assert not writer.store.exists(layout.entry(4))


def test_captures_of_several_accounts_share_an_entry() -> None:
    writer, ledger = grown(4)
    writer.append(ledger, registered("wiki"))
    writer.append(ledger, captured("x", base=3), captured("y", account="wiki"))
    other = writer.ledger()
    assert other.refresh() == 6
    assert other.entry(5).acts == (captured("x", base=3), captured("y", account="wiki"))


def test_bates_numbers_are_given_once_even_to_productions_that_are_never_finished() -> None:
    writer, ledger = grown(3)
    writer.append(ledger, BatesAssigned(production="p1", bates=BatesRange(prefix="CISD", first=1, last=10)))
    with pytest.raises(ActRefusedError):
        writer.append(ledger, BatesAssigned(production="p2", bates=BatesRange(prefix="CISD", first=10, last=12)))
    writer.append(ledger, BatesAssigned(production="p2", bates=BatesRange(prefix="CISD", first=11, last=12)))
    assert ledger.history.bates_next == {"CISD": 13}


def test_writers_that_race_lose_no_entry_and_make_no_fork() -> None:
    writer = Writer()
    writer.create()

    def register(worker: int) -> None:
        ledger = writer.ledger()
        own = Writer(store=writer.store, key=writer.key, clock=Clock())
        for number in range(5):
            own.append(ledger, registered(f"account-{worker}-{number}"))

    threads = [threading.Thread(target=register, args=(worker,)) for worker in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ledger = writer.ledger()
    ledger.refresh()
    assert ledger.head.size == 41
    assert len(ledger.history.accounts) == 40


def test_a_build_that_finds_nothing_left_commits_nothing() -> None:
    writer, ledger = grown(3)
    accepted = ledger.append(lambda history: (), key=writer.key, now=writer.clock, actor="x", software="x")
    assert accepted is None
    assert ledger.head.size == 3


def test_a_clock_that_went_back_a_little_is_recorded_and_the_entry_takes_the_later_instant() -> None:
    writer, ledger = grown(3)
    before = ledger.head.at
    writer.clock = Clock(before.plus(seconds=-100))
    accepted = writer.append(ledger, registered("other"))
    assert accepted.entry.at == before
    assert accepted.entry.clock < before


def test_a_clock_that_went_back_far_stops_the_writer_before_it_writes() -> None:
    writer, ledger = grown(3)
    writer.clock = Clock(START.plus(seconds=-86_400))
    with pytest.raises(ClockBehindError):
        writer.append(ledger, registered("other"))
    assert not writer.store.exists(layout.entry(3))


def test_an_archive_of_a_later_format_is_refused_with_the_advice_to_update() -> None:
    writer = Writer()
    with pytest.raises(FormatUnknownError):
        writer.append(writer.ledger(), created(writer, form="holdfast/v2"))
    first, start = (created(writer, form="holdfast/v2"),), writer.clock()
    later = chain.entry_after(Head(), acts=first, at=start, clock=start, actor="x", software="x/2")
    with pytest.raises(FormatUnknownError, match="Update"):
        Writer(store=copied([chain.sign(ORIGIN, later, writer.key)])).ledger().refresh()
    entry = read(Writer().create().store, layout.entry(0))
    later = entry.replace(b"holdfast-entry/v1", b"holdfast-entry/v2")
    with pytest.raises(FormatUnknownError):
        Writer(store=copied([later])).ledger().refresh()


def test_an_empty_store_is_no_archive() -> None:
    with pytest.raises(ArchiveMissingError):
        Writer().ledger().refresh()


def test_another_archive_than_the_expected_one_is_refused() -> None:
    writer, _ = grown(3)
    ledger = writer.ledger()
    ledger.expected_origin = "somebody-else/1"
    with pytest.raises(ArchiveMissingError):
        ledger.refresh()


def test_an_entry_that_changed_after_it_was_accepted_stops_the_reader() -> None:
    writer, ledger = grown(4)
    entries = contents(writer.store, 4)
    ledger.store = copied([*entries[:2], entries[3], entries[3]])
    with pytest.raises(LedgerChangedError):
        ledger.entry_bytes(2)


def test_a_checkpoint_and_its_paths_verify() -> None:
    writer, ledger = grown(17)
    note = ledger.checkpoint(writer.checkpoint_key)
    note.verify([writer.checkpoint_key.verifier])
    checkpoint = Checkpoint.from_text(note.text)
    assert (checkpoint.origin, checkpoint.size) == (ORIGIN, 17)
    for index, leaf in enumerate(leaves_of(ledger)):
        verify_inclusion(leaf=leaf, index=index, size=17, path=ledger.inclusion(index, size=17), root=checkpoint.root)
    verify_consistency(
        first=5,
        second=17,
        path=ledger.consistency(5, size=17),
        first_root=root_of(leaves_of(ledger)[:5]),
        second_root=checkpoint.root,
    )


def test_a_refusal_leaves_the_view_where_it_was() -> None:
    writer, ledger = grown(4)
    writer.store.put_new(layout.entry(4), Content.of(b"not an entry"))
    with pytest.raises(IntegrityError):
        ledger.refresh()
    assert ledger.head.size == 4


def partition_of(period: str) -> Partition:
    stored = StoredObject(key=f"partitions/blog/any/{period}/a.parquet", sha256=Digest.of(b""), size=0)
    return Partition(account="blog", series="any", period=period, rows=1, root=Digest.of(b"r"), stored=stored)


def test_acts_are_read_from_their_lines_with_their_partitions() -> None:
    parts = tuple(partition_of(f"2026-{month:02d}") for month in range(1, 13))
    acts = (msgspec.structs.replace(captured("a"), partitions=parts), registered(), captured("b", account="wiki"))
    lines = lines_of(acts)
    assert len(lines) == 3 + len(parts)
    assert acts_from_lines(lines) == acts


@pytest.mark.parametrize(
    "lines",
    [
        (partition_of("2026-01").to_bytes(),),
        (registered().to_bytes(), partition_of("2026-01").to_bytes()),
        (msgspec.structs.replace(captured("a"), partitions=(partition_of("2026-01"),)).to_bytes(),),
        (captured("a").to_bytes() + b" ",),
        (b"",),
    ],
)
def test_lines_that_are_no_acts_in_their_one_spelling_are_refused(lines) -> None:
    with pytest.raises(NotCanonicalError):
        acts_from_lines(lines)
