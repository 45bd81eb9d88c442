"""Whatever is overwritten, in groups or at once: beside a slow oracle, and in bounded memory."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from weakref import ref

from hypothesis import given, settings
from hypothesis import strategies as st

from storage.warc import (
    SHORTEST,
    overwrite,
    payload_holders,
    read_warc,
)
from tests.storage.overwritten import (
    GONE,
    LIST,
    STAYS,
    done,
    encoded,
    payload,
    read,
    writer,
)
from tests.storage.warc_files import exchange

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def oracle(body: bytes, natives: Iterable[bytes]) -> set[int]:
    """The bytes of every occurrence, at every place, of natives that are looked for."""
    return {
        place
        for native in natives
        if len(native) >= SHORTEST
        for at in range(len(body))
        if body.startswith(native, at)
        for place in range(at, at + len(native))
    }


def places_of(slices: Mapping[str, list[tuple[int, int]]], held: Mapping[str, str]) -> dict[str, set[int]]:
    """The bytes in slices of a payload, by the ids of the records that hold it."""
    return {
        holder: {
            place
            for name, spans in slices.items()
            if held[name] == holder
            for offset, length in spans
            for place in range(offset, offset + length)
        }
        for holder in held.values()
    }


few = (st.text("ab*", min_size=1, max_size=5).map(str.encode) | st.binary(min_size=1, max_size=4)).map(
    lambda short: bytes(byte for byte in short for _ in range(6))
)
bodies = st.lists(few, max_size=30).map(b"".join)
slices = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 100)), max_size=2)


@settings(deadline=None, max_examples=150)
@given(data=st.data())
def test_every_native_is_overwritten_at_its_length_and_all_else_stays(data: st.DataObject) -> None:
    with TemporaryDirectory() as folder:
        _check_whatever(data, Path(folder) / "capture.warc.gz")


def written_by(data: st.DataObject, path: Path) -> dict[str, bytes]:
    """Payloads of a file that is written, by their ids."""
    written: dict[str, bytes] = {}
    with writer(path) as warc:
        for body in data.draw(st.lists(bodies, min_size=1, max_size=4)):
            coding = data.draw(st.sampled_from(["", "gzip", "deflate", "deflate, gzip"]))
            one = encoded(body, coding) if coding else exchange(body, headers=())
            written[warc.exchange(one)] = body  # type: ignore[arg-type]
    return written


def _check_whatever(data: st.DataObject, path: Path) -> None:
    written = written_by(data, path)
    natives = data.draw(st.lists(few, max_size=5))
    long = [native for native in natives if len(native) >= SHORTEST]
    gone, kept = (data.draw(st.dictionaries(st.sampled_from(sorted(written)), slices)) for _ in range(2))

    target, told = done(path, natives=[natives], gone=gone, kept=kept)

    with path.open("rb") as file:
        held = {name: one.id for name, one in payload_holders(file, written)}
    stays, goes = (places_of(slices, held) for slices in (kept, gone))
    for name, body in written.items():
        after = payload(target, name)
        must = (oracle(body, natives) | goes[held[name]] & set(range(len(body)))) - stays[held[name]]
        changed = {place for place in range(len(body)) if after[place] != body[place]}
        assert len(after) == len(body)
        assert not changed & stays[held[name]]
        if not any(b"*" in native for native in long):
            assert changed == {place for place in must if body[place] != ord("*")}
            assert {after[place] for place in must} <= {ord("*")}
        if not stays[held[name]]:
            assert not any(native in after for native in long)
    assert told.short == len(natives) - len(long)
    assert [*read(target)] == [*read(path)]
    with target.open("rb") as file:
        assert {one.digests for one in read_warc(file)} == {"passed"}
    again = io.BytesIO()
    with target.open("rb") as file:
        assert overwrite(file, again, natives=[natives], turn="again", gone=gone, kept=kept).changed == ()
    assert again.getvalue() == target.read_bytes()


@settings(deadline=None, max_examples=150)
@given(data=st.data())
def test_natives_in_groups_are_overwritten_as_those_in_one(data: st.DataObject) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "capture.warc.gz"
        written = written_by(data, path)
        natives = data.draw(st.lists(few, max_size=6))
        what = {name: data.draw(st.dictionaries(st.sampled_from(sorted(written)), slices)) for name in ("gone", "kept")}
        together, told = done(path, natives=[natives], **what)
        expected = together.read_bytes()
        cut = data.draw(st.integers(0, len(natives)))

        parted, told_of_parts = done(path, natives=[natives[:cut], natives[cut:]], **what)

        assert told_of_parts == told
        assert parted.read_bytes() == expected


def test_one_group_of_natives_is_in_memory_at_a_time(tmp_path: Path) -> None:
    class Group(list[bytes]):
        pass

    class Read(Sequence[Group]):
        """Groups that are read when they are asked for, as from a disk."""

        def __init__(self) -> None:
            self.read: list[ref[Group]] = []

        def __len__(self) -> int:
            return 3

        def __getitem__(self, number: int) -> Group:  # type: ignore[override]
            assert all(group() is None for group in self.read)
            group = Group([GONE, STAYS] if number == 1 else [b"nothing that is in it"])
            self.read.append(ref(group))
            return group

    path = tmp_path / "capture.warc.gz"
    with writer(path) as warc:
        warc.exchange(exchange(LIST))
    groups = Read()
    _, told = done(path, natives=groups)
    assert told.octets == len(GONE) + len(STAYS)
    assert len(groups.read) == 3
