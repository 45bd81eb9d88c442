"""The index in the archive's store: a machine that has none answers from it, and takes nothing else for it."""

from __future__ import annotations

import random
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from demo.site import BlogSite
from ediscovery.commands import searchable
from ediscovery.index import keeping, putting
from ediscovery.index.files import IndexDamagedError
from ediscovery.index.segments import write_docs, write_names, write_postings
from ediscovery.index.stated import STATEMENT, sign, stated
from manifests.audit import audit
from manifests.ledger import Ledger
from manifests.signing import SigningKey
from schemas.query import Query, Word
from storage import layout
from storage.directory import DirectoryStore
from storage.objects import Content, StoreUnavailableError
from tests.ediscovery.disposition.offices import comments, stored_in, traces
from tests.ediscovery.indexes import answers, fresh, in_store, office_with_index, overwrite
from tests.ediscovery.partitions import Version
from tests.ediscovery.transfer.packages import office as archive_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from schemas.stored import StoredObject
    from tests.ediscovery.disposition.offices import Office


@pytest.fixture
def site() -> Iterator[BlogSite]:
    """A blog's site."""
    with BlogSite() as running:
        yield running


@pytest.fixture
def office(tmp_path: Path, site: BlogSite) -> Office:
    """An office with its index in the store."""
    return office_with_index(tmp_path / "home", site)


def test_a_machine_that_has_nothing_answers_from_the_index_in_the_store(office: Office, tmp_path: Path):
    there = answers(office.archive)
    archive, watched = fresh(office.archive, tmp_path / "fresh")
    with searchable(archive) as opened:
        (hit,) = opened.hits(Query(term=Word("postponed")))
        assert watched.under(layout.PARTITIONS) == {hit.key}
    assert watched.under(layout.INDEX)
    assert not list((tmp_path / "fresh" / "state" / "index").glob("[0-9a-f]*/postings.parquet"))
    assert answers(archive) == there
    read = dict(watched.read)
    assert answers(archive) == there
    assert watched.read == read  # what was read stays


def test_of_ten_thousand_records_little_is_read_to_show_a_page(tmp_path: Path):
    chance = random.Random(7)
    words = [f"w{number:x}" for number in range(30_000)]
    versions = [
        Version(f"item-{number}", " ".join(chance.choices(words, k=40)), created=number, captured=number)
        for number in range(10_000)
    ]
    made = archive_of(tmp_path / "home", [*versions, Version("one", "needle", created=5_000.5)], rows=1_000)
    putting.put(made)
    archive, watched = fresh(made, tmp_path / "fresh")
    with searchable(archive) as opened:
        total, (hit,) = opened.page(Query(term=Word("needle")), limit=10)
    assert (total, hit.text) == (1, "needle")
    sizes = {key: (made.home / "archive" / key).stat().st_size for key in made.store.keys("")}
    parts = {prefix: sum(sizes[key] for key in sizes if key.startswith(prefix)) for prefix in (layout.INDEX, "parti")}
    read = sum(watched.read[key] for key in watched.under(layout.INDEX))
    assert watched.under(layout.PARTITIONS) == {hit.key}
    assert sizes[hit.key] < parts["parti"] / 5
    assert read < parts[layout.INDEX] * 2 / 3
    assert max(watched.asked.values()) <= 8  # requests for one object


def test_what_counts_and_groups_copies_the_files_that_it_reads(office: Office, tmp_path: Path):
    archive, _ = fresh(office.archive, tmp_path / "fresh")
    with searchable(archive) as opened, searchable(office.archive) as here:
        for search in (opened, here):
            search.index.count(Query(term=Word("budget")))
        statement = "SELECT account, kind, count(*) FROM docs GROUP BY ALL ORDER BY ALL"
        assert list(opened.index.tables.rows(statement)) == list(here.index.tables.rows(statement))
    names = {path.name for path in (tmp_path / "fresh" / "state" / "index").glob("[0-9a-f]*/*.parquet")}
    assert names == {"docs.parquet"}


def test_putting_it_again_puts_nothing_and_the_next_machine_puts_the_same(office: Office, tmp_path: Path):
    before = {key: path.read_bytes() for key, path in in_store(office).items()}
    assert any(key.endswith(STATEMENT) for key in before)
    again = putting.put(office.archive)
    assert (again.new, again.gone) == (0, 0)
    for path in in_store(office).values():
        path.unlink()
    archive, _ = fresh(office.archive, tmp_path / "fresh")
    assert putting.put(archive).new == again.parts
    assert {key: path.read_bytes() for key, path in in_store(office).items()} == before


def test_all_of_it_can_be_made_anew_from_the_records(office: Office, tmp_path: Path):
    before, there = putting.put(office.archive), in_store(office)
    made = {key: path.read_bytes() for key, path in there.items()}
    for path in there.values():
        overwrite(path, b"something else")
    anew = putting.put(office.archive, anew=True)
    assert (anew.parts, anew.new) == (before.parts, before.parts)
    assert {key: path.read_bytes() for key, path in in_store(office).items()} == made


def test_an_audit_passes_over_the_index_in_the_store(office: Office):
    overwrite(next(iter(in_store(office).values())), b"anything")
    assert audit(office.archive.store, now=office.archive.now()).findings == ()


@pytest.mark.parametrize("damage", ["another byte", "cut", "gone", "longer"])
@pytest.mark.parametrize("file", ["docs", "postings", "names"])
def test_a_part_that_is_not_what_was_signed_is_refused_and_made_here(
    office: Office, tmp_path: Path, file: str, damage: str
):
    there = answers(office.archive)
    for key, path in in_store(office).items():
        if key.endswith(f"{file}.parquet.0"):
            content = path.read_bytes()
            match damage:
                case "another byte":
                    overwrite(path, content[:9] + bytes([content[9] ^ 1]) + content[10:])
                case "cut":
                    overwrite(path, content[:-1])
                case "gone":
                    path.unlink()
                case _:
                    overwrite(path, content + b"more")
    archive, _ = fresh(office.archive, tmp_path / "fresh")
    # What lies behind the end is never read; where a file lacks, the part is none.
    for _ in range(len(in_store(office)) if damage in ("another byte", "cut") else 0):
        with suppress(IndexDamagedError):
            answers(archive)
    assert answers(archive) == there


@pytest.mark.parametrize("forgery", ["another key", "another archive", "another part", "another byte", "no note"])
def test_a_statement_that_the_archive_did_not_sign_about_this_part_is_worth_nothing(
    office: Office, tmp_path: Path, forgery: str
):
    there = answers(office.archive)
    origin, key = office.archive.ledger.origin, office.archive.entry_key()
    for name, path in in_store(office).items():
        if not name.endswith(STATEMENT):
            continue
        part = name.split("/")[1]
        lies = [tmp_path / file for file in keeping.files_of(part)]
        for lie in lies:
            lie.write_bytes(b"not what it says")
            overwrite(path.with_name(f"{lie.name}.0"), lie.read_bytes())
        what, signer = stated(part, lies), key
        match forgery:
            case "another key":
                signer = SigningKey.generate(key.name)
            case "another archive":
                origin = "another/0"
            case "another part":
                what = stated("0-1-0", lies)
            case _:
                pass
        note = sign(what, origin=origin, key=signer)
        if forgery == "another byte":
            note = note.replace(b'"size":1', b'"size":2')
        overwrite(path, b"none" if forgery == "no note" else note)
    archive, watched = fresh(office.archive, tmp_path / "fresh")
    assert answers(archive) == there
    assert not {key for key in watched.under(layout.INDEX) if not key.endswith(STATEMENT)}
    # Whoever may write puts it right.
    assert putting.put(archive).new
    other, again = fresh(office.archive, tmp_path / "other")
    assert answers(other) == there
    assert not (again.under(layout.PARTITIONS) - watched.under(layout.PARTITIONS))


@pytest.mark.parametrize("last", range(8))
def test_a_putting_that_is_killed_leaves_nothing_that_is_taken_for_whole(office: Office, tmp_path: Path, last: int):
    there = answers(office.archive)
    for path in in_store(office).values():
        path.unlink()

    class Killed(Exception):  # noqa: N818 - no error of anybody's
        pass

    class Killing(DirectoryStore):
        left = last

        def put_new(self, key: str, content: Content) -> StoredObject:
            if not self.left:
                raise Killed
            self.left -= 1
            return super().put_new(key, content)

    with pytest.raises(Killed):
        putting.put(replace(office.archive, store=Killing(office.archive.home / "archive")))
    archive, watched = fresh(office.archive, tmp_path / "fresh")
    assert answers(archive) == there
    whole = {key.split("/")[1] for key in in_store(office) if key.endswith(STATEMENT)}
    assert {key.split("/")[1] for key in watched.under(layout.INDEX)} <= whole
    assert putting.put(office.archive).new == putting.put(office.archive).parts - len(whole)


def test_what_readers_want_no_more_goes_and_what_they_wanted_lately_stays(
    office: Office, site: BlogSite, monkeypatch: pytest.MonkeyPatch
):
    before = set(in_store(office))
    for word in ("first", "second"):
        site.edit("graduation", paragraphs=(f"The {word}.",))
        office.capture()
    assert putting.put(office.archive).gone == 0
    assert before < set(in_store(office))
    monkeypatch.setattr(keeping, "RECENT", 1)
    assert putting.put(office.archive).gone
    with keeping.segments(
        office.archive, keeping.sealed_places(office.archive), size=office.archive.ledger.head.size
    ) as files:
        assert {key.split("/")[1] for key in in_store(office)} == {
            *(one.name for one in files.segments),
            files.items.stem,
        }


def test_what_lies_among_the_objects_of_a_part_and_is_none_of_them_goes(office: Office):
    there = set(in_store(office))
    part = next(key.split("/")[1] for key in there if not key.split("/")[1].startswith(keeping.ITEMS))
    odd = {
        *(layout.index(part, "docs.parquet", piece) for piece in (1, 0xFF, 0xFFFFFFF)),
        *(f"{layout.INDEX}{part}/docs.parquet.{piece}" for piece in ("00", "01", "fffffffff")),
        layout.index(part, "more.parquet", 0),
        f"{layout.index_statement(part)}.1",
        f"{layout.INDEX}{part}/other.note",
    }
    for key in odd:
        office.archive.store.put_new(key, Content.of(b"words of a record that was destroyed"))
    assert putting.clear(office.archive, office.archive.store).gone == len(odd)
    assert set(in_store(office)) == there


def test_a_piece_of_a_part_that_is_being_put_stays(office: Office):
    there = in_store(office)
    part = next(key.split("/")[1] for key in there)
    there[layout.index_statement(part)].unlink()
    file = keeping.files_of(part)[0]
    office.archive.store.put_new(layout.index(part, file, 1), Content.of(b"the second piece"))
    assert putting.clear(office.archive, office.archive.store).gone == 0
    assert putting.put(office.archive).gone == 1  # it has but one


def test_a_machine_that_is_behind_fetches_what_it_merges_and_reads_no_partition_of_it(
    office: Office, site: BlogSite, tmp_path: Path
):
    sealed = set()
    for word in ("first", "second", "third", "fourth", "fifth"):
        site.edit("graduation", paragraphs=(f"The {word}.",))
        sealed |= {one.stored.key for one in office.capture().partitions}
    archive, watched = fresh(office.archive, tmp_path / "fresh")
    with searchable(archive) as opened:
        assert opened.count(Query(term=Word("fifth"))) == 1
    assert watched.under(layout.PARTITIONS) <= sealed
    assert answers(archive) == answers(office.archive)


def test_what_is_destroyed_leaves_the_index_in_the_store_and_in_copies(office: Office, tmp_path: Path):
    vault = DirectoryStore(tmp_path / "vault")
    office.copies["vault"] = Ledger(vault, origin=office.archive.ledger.origin)
    for key, content in stored_in(office.archive.store):
        vault.put_new(key, Content.of(content))
    gone = {str(record): record.raw for record in comments(office)}
    old = {key: path.read_bytes() for key, path in in_store(office).items()}
    found = traces(old.items(), gone)
    assert {name for _, name in found} == set(gone)
    parts = {key.split("/")[1] for key, _ in found}
    office.destroy()
    assert office.archive.ledger.history.plans["p1"].state == "certified"
    for store in (office.archive.store, vault):
        assert not {key for key in store.keys(layout.INDEX) if key.split("/")[1] in parts}
    putting.put(office.archive)
    assert in_store(office)
    assert not traces(((key, path.read_bytes()) for key, path in in_store(office).items()), gone)
    archive, _ = fresh(office.archive, tmp_path / "fresh")
    assert answers(archive) == answers(office.archive)


@pytest.mark.parametrize("machine", ["the same", "another"])
def test_a_putting_that_was_begun_before_records_were_condemned_leaves_nothing_of_them(
    office: Office, tmp_path: Path, machine: str
):
    gone = {str(record): record.raw for record in comments(office)}
    for path in in_store(office).values():
        path.unlink()
    late = office.again().archive if machine == "the same" else fresh(office.archive, tmp_path / "other")[0]

    class Late(DirectoryStore):
        late = False

        def put_new(self, key: str, content: Content) -> StoredObject:
            if key.endswith(STATEMENT) and not self.late:
                self.late = True
                office.destroy()
            return super().put_new(key, content)

    with suppress(StoreUnavailableError):  # on the same machine, what is to be put goes
        putting.put(replace(late, store=Late(office.archive.home / "archive")))
    assert office.archive.ledger.history.plans["p1"].state == "certified"
    assert not traces(((key, path.read_bytes()) for key, path in in_store(office).items()), gone)


def test_whoever_destroys_relies_on_no_index_that_others_made(office: Office, site: BlogSite, tmp_path: Path):
    query = Query(term=Word("budget"))
    with searchable(office.archive) as opened:
        there = opened.count(query)
    lies = [tmp_path / name for name in keeping.SEGMENT]
    for lie, write in zip(lies, (write_docs, write_postings, write_names), strict=True):
        write(lie, [])
    for name, path in in_store(office).items():
        part = name.split("/")[1]
        if name.endswith(STATEMENT) and not part.startswith(keeping.ITEMS):
            for lie in lies:
                overwrite(path.with_name(f"{lie.name}.0"), lie.read_bytes())
            key = office.archive.entry_key()
            overwrite(path, sign(stated(part, lies), origin=office.archive.ledger.origin, key=key))
    archive, _ = fresh(office.archive, tmp_path / "fresh")

    def found(*, own: bool) -> int:
        with searchable(archive, own=own) as opened:
            return opened.count(query)

    assert found(own=False) == 0  # whoever has the archive's key and puts an index is believed, where nothing goes
    assert found(own=True) == there
    site.edit("welcome", paragraphs=("Nothing.",))
    office.capture()
    archive.ledger.refresh()
    assert found(own=False) == found(own=True) == there  # what was made here comes first

    other, _ = fresh(office.archive, tmp_path / "other")
    with searchable(other) as opened:
        assert opened.count(query) == 0
    with searchable(other, own=True) as opened:
        assert opened.count(query) == there
