"""The salt of a WARC file: turned with what is overwritten, so that nothing left confirms a guess."""

from __future__ import annotations

import gzip
import io
from typing import TYPE_CHECKING

from storage.warc import field, overwrite, read_warc
from storage.warc.salting import turned
from tests.judges import judged
from tests.storage.overwritten import GONE, LIST, SALT, STAYS, done, everything, read, writer
from tests.storage.warc_files import exchange

if TYPE_CHECKING:
    from pathlib import Path


def salt_of(path: Path) -> bytes:
    with path.open("rb") as file:
        (lines,) = (one.payload(limit=9999).splitlines() for one in read_warc(file) if one.type == "warcinfo")
    (salt,) = (line.removeprefix(b"salt: ") for line in lines if line.startswith(b"salt: "))
    return bytes.fromhex(salt.decode())


def written(path: Path, *, salt: bytes = SALT) -> Path:
    with writer(path, salt=salt) as warc:
        warc.exchange(exchange(LIST))
    return path


def test_the_salt_is_turned_with_what_is_overwritten_and_nowhere_left(tmp_path: Path) -> None:
    path = written(tmp_path / "capture.warc.gz")
    assert salt_of(path) == SALT
    target, told = done(path, turn="plan 1")
    assert salt_of(target) == turned(SALT, "plan 1") != SALT
    assert not told.unsalted
    assert SALT.hex().encode() not in everything(target)
    before, after = (next(iter(read(one).values())) for one in (path, target))
    assert (after.type, field(after.headers, "WARC-X-Overwritten")) == ("warcinfo", None)
    assert {name for name, _ in {*before.headers} ^ {*after.headers}} == {"WARC-Block-Digest"}
    judged(target)


def test_a_run_that_is_repeated_writes_the_same_and_another_plan_something_else(tmp_path: Path) -> None:
    path = written(tmp_path / "capture.warc.gz")
    first, again, other = (done(path, turn=turn)[0].read_bytes() for turn in ("plan 1", "plan 1", "plan 2"))
    assert first == again != other


def test_who_guesses_all_that_is_gone_cannot_make_the_file_again_that_there_was(tmp_path: Path) -> None:
    # Given a file that is gone, and the one that took its place,
    (tmp_path / "guesses").mkdir()
    path = written(tmp_path / "capture.warc.gz")
    target, _ = done(path)
    # when somebody knows or guesses all of it, down to the ids, then only its own salt makes it again.
    guessed = tmp_path / "guesses" / path.name
    assert written(guessed, salt=SALT).read_bytes() == path.read_bytes()
    guessed.unlink()
    assert written(guessed, salt=salt_of(target)).read_bytes() != path.read_bytes()


def test_where_nothing_is_overwritten_the_salt_stays(tmp_path: Path) -> None:
    path = written(tmp_path / "capture.warc.gz")
    target, told = done(path, natives=[[b"nothing that is in it"]])
    assert (told.changed, told.unsalted) == ((), False)
    assert target.read_bytes() == path.read_bytes()


def test_each_time_that_something_is_overwritten_the_salt_is_turned_again(tmp_path: Path) -> None:
    path = written(tmp_path / "capture.warc.gz")
    first, _ = done(path)
    path.write_bytes(first.read_bytes())
    target, _ = done(path, natives=[[STAYS]])
    assert salt_of(target) == turned(turned(SALT, "plan 1"), "plan 1")
    judged(target)


def test_a_file_without_a_salt_is_overwritten_and_said_to_have_none(tmp_path: Path) -> None:
    records = [gzip.decompress(one.member) for one in read(written(tmp_path / "capture.warc.gz")).values()]
    target = io.BytesIO()
    told = overwrite(io.BytesIO(b"".join(records[1:])), target, natives=[[GONE]], turn="plan 1")
    assert (len(told.changed), told.unsalted) == (1, True)
    assert GONE not in target.getvalue()
