"""A witness: it cosigns what grows and nothing else, whatever is asked, raced, killed, forgotten or torn."""

from __future__ import annotations

import itertools
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from manifests.console import system_clock
from manifests.notes import Checkpoint, SignedNote
from manifests.signing import KeyMalformedError, SigningKey
from manifests.witness.cosignatures import verified
from manifests.witness.requests import (
    LogForkedError,
    LogUnknownError,
    Request,
    WitnessClockError,
    WitnessConflictError,
    WitnessRequestError,
)
from manifests.witness.witness import (
    MOST_FORKS,
    WitnessDamagedError,
    WitnessExistsError,
    WitnessMissingError,
    WitnessUnwritableError,
    create_witness,
    open_witness,
    origin_hash,
)
from schemas.errors import ArchiveError
from schemas.merkle import EMPTY_ROOT, ProofRefusedError
from tests.killing import deaths
from tests.manifests.archives import ORIGIN, Clock
from tests.manifests.witnessing import NAME, Log, serving, watching

ROOT = Path(__file__).parents[2]


HASH = origin_hash(ORIGIN)


def seen(witness) -> Checkpoint | None:
    """What the witness in this folder remembers, read by another who opens it."""
    return open_witness(witness.folder, now=system_clock).logs()[ORIGIN].checkpoint


def test_an_empty_log_is_cosigned_and_may_grow(tmp_path) -> None:
    log = Log()
    witness = watching(tmp_path / "w", log)
    witness.add(Request(0, (), log.note(0)))
    with pytest.raises(ProofRefusedError):
        witness.add(Request(0, (EMPTY_ROOT,), log.note(5)))
    witness.add(log.request(0, 5))
    assert seen(witness).size == 5


def test_any_flipped_bit_of_a_request_is_refused(tmp_path) -> None:
    log = Log()
    witness = watching(tmp_path / "w", log)
    witness.add(log.request(0, 10))
    good = log.request(10, 20).to_bytes()
    for position, bit in itertools.product(range(len(good)), (0, 5)):
        bad = bytearray(good)
        bad[position] ^= 1 << bit
        with pytest.raises(ArchiveError):
            witness.add(Request.from_bytes(bytes(bad)))
        assert witness.find(HASH).text == log.note(10).text, position
    assert witness.add(Request.from_bytes(good)).text == log.note(20).text


@pytest.mark.parametrize("cut", [0, 1, 4, 6, 7, 40, -1])
def test_a_request_that_breaks_off_is_refused(cut) -> None:
    with pytest.raises(WitnessRequestError):
        Request.from_bytes(Log().request(10, 20).to_bytes()[:cut])


def test_a_fork_leaves_both_notes_as_evidence(tmp_path) -> None:
    log = Log()
    witness = watching(tmp_path / "w", log)
    witness.add(log.request(0, 10))
    # whatever size it claims to start from
    for old, branch in ((10, "one"), (3, "two")):
        with pytest.raises((LogForkedError, WitnessConflictError)):
            witness.add(log.forked(2, branch).request(old, 10))
    notes = [SignedNote.from_bytes(path.read_bytes()) for path in witness.forks()]
    assert {note.text for note in notes} == {
        log.note(10).text,
        log.forked(2, "one").note(10).text,
        log.forked(2, "two").note(10).text,
    }
    assert all(note.verify([log.key.verifier]) for note in notes)


def test_a_log_that_forks_for_ever_does_not_fill_the_disk(tmp_path) -> None:
    log = Log()
    witness = watching(tmp_path / "w", log)
    witness.add(log.request(0, 2))
    for number in range(MOST_FORKS + 5):
        with pytest.raises(LogForkedError):
            witness.add(log.forked(1, f"branch {number}").request(2, 2))
    assert len(witness.forks()) == MOST_FORKS


def test_of_racing_requests_with_different_roots_exactly_one_is_cosigned(tmp_path) -> None:
    log = Log()
    witness = watching(tmp_path / "w", log)
    witness.add(log.request(0, 10))
    bodies = [log.forked(10, f"branch {number}").request(10, 20).to_bytes() for number in range(12)]
    # two servers, as two processes would be, on one folder
    with serving(witness) as first, serving(open_witness(witness.folder, now=system_clock)) as second:
        start, answers = threading.Barrier(len(bodies)), [0] * len(bodies)

        def race(number: int) -> None:
            start.wait()
            answers[number] = (first, second)[number % 2].post(bodies[number])[0]

        threads = [threading.Thread(target=race, args=(number,)) for number in range(len(bodies))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(answers) == [200] + [409] * (len(bodies) - 1)
    assert seen(witness).root == Request.from_bytes(bodies[answers.index(200)]).checkpoint.root


def test_of_racing_processes_exactly_one_cosigns(tmp_path) -> None:
    log = Log()
    witness = watching(tmp_path / "w", log)
    witness.add(log.request(0, 10))
    program = (
        "import sys; from tests.manifests.witnessing import add_and_tell as add\n"
        "sys.stdin.readline(); add(*sys.argv[1:])"
    )
    racers = []
    for number in range(4):
        request, answer = tmp_path / f"{number}.request", tmp_path / f"{number}.answer"
        request.write_bytes(log.forked(10, f"branch {number}").request(10, 20).to_bytes())
        command = [sys.executable, "-c", program, str(witness.folder), str(request), str(answer)]
        racers.append(
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT)
        )
    for racer in racers:
        racer.stdin.write(b"go\n")
        racer.stdin.flush()
    errors = [racer.communicate(timeout=60)[1].decode() for racer in racers]
    (answer,) = tmp_path.glob("*.answer")
    assert SignedNote.from_bytes(answer.read_bytes()).text.startswith(seen(witness).to_text())
    assert sum("WitnessConflictError" in error for error in errors) == 3


def test_a_witness_that_is_killed_at_any_step_never_signs_two_roots_of_one_size(tmp_path) -> None:
    log = Log()
    folders = (tmp_path / f"{number}" for number in itertools.count())
    current = None

    def arguments(_):
        nonlocal current
        current = next(folders)
        current.mkdir()
        watching(current / "w", log, now=system_clock).add(log.request(0, 10))
        (current / "request").write_bytes(log.request(10, 20).to_bytes())
        return {"folder": str(current / "w"), "request": str(current / "request"), "answer": str(current / "answer")}

    answered = silent = 0
    for death in deaths("tests.manifests.witnessing:add_and_tell", arguments):
        witness = open_witness(current / "w", now=system_clock)
        answer = current / "answer"
        told = answer.exists() and answer.stat().st_size > 0
        answered, silent = answered + told, silent + (not told)
        remembered = seen(witness)
        assert remembered.size in (10, 20), death
        if told:
            assert remembered.to_text() == log.note(20).text, death
        # Another root of the same size is cosigned only by a witness that never decided, let alone answered.
        forked = log.forked(10).request(remembered.size, 20)
        if remembered.size == 20:
            with pytest.raises(LogForkedError):
                witness.add(forked)
        else:
            assert not told, death
            witness.add(forked)
        # Who asked goes on as after any lost answer.
        if remembered.size == 20:
            assert witness.sign(log.request(10, 20)).text == log.note(20).text, death
            assert witness.add(log.request(20, 30)).text == log.note(30).text, death
    assert answered
    assert silent


def test_a_request_in_a_file_gets_its_note_again_until_something_later_was_signed(tmp_path) -> None:
    log = Log()
    witness = watching(tmp_path / "w", log)
    first = witness.sign(log.request(0, 20))
    assert witness.sign(log.request(0, 20)) == first
    with pytest.raises(WitnessConflictError):
        witness.sign(log.forked(5).request(0, 20))
    witness.sign(log.request(20, 30))
    with pytest.raises(WitnessConflictError) as caught:
        witness.sign(log.request(0, 20))
    assert caught.value.latest == 30


def test_a_second_key_of_a_log_is_trusted_beside_the_first_and_nothing_is_forgotten(tmp_path) -> None:
    log = Log()
    witness = watching(tmp_path / "w", log)
    witness.add(log.request(0, 10))
    renewed = Log(SigningKey.generate(ORIGIN))
    watched = witness.trust(renewed.key.verifier)
    assert watched.checkpoint.size == 10
    assert witness.trust(renewed.key.verifier) == watched
    with pytest.raises(WitnessConflictError):
        witness.add(renewed.request(0, 5))
    witness.add(renewed.request(10, 20))
    assert seen(witness).size == 20


def test_a_clock_that_went_back_is_never_signed(tmp_path) -> None:
    log, clock = Log(), Clock()
    witness = watching(tmp_path / "w", log, now=clock)

    def cosigned_at(note):
        (made,) = verified(note, [witness.cosigner])
        return made.at

    first = cosigned_at(witness.add(log.request(0, 10)))
    clock.at = first.plus(seconds=-200)
    assert cosigned_at(witness.add(log.request(10, 11))) == first
    clock.at = first.plus(seconds=-400)
    with pytest.raises(WitnessClockError):
        witness.add(log.request(11, 12))
    with serving(witness) as served:
        assert served.post(log.request(11, 12).to_bytes())[0] == 503
    clock.at = first.plus(seconds=10)
    assert cosigned_at(witness.add(log.request(11, 12))) > first


def test_any_damage_to_what_a_witness_remembers_stops_it(tmp_path) -> None:
    log = Log()
    witness = watching(tmp_path / "w", log)
    witness.add(log.request(0, 10))
    path = witness.folder / "logs" / f"{HASH}.log"
    good = path.read_bytes()
    for position in range(len(good)):
        bad = bytearray(good)
        bad[position] ^= 1
        path.write_bytes(bad)
        with pytest.raises(WitnessDamagedError):
            witness.add(log.request(10, 20))
    for cut in (0, 10, len(good) // 2, good.index(b"\n\n") + 1, len(good) - 1):
        path.write_bytes(good[:cut])
        with pytest.raises(WitnessDamagedError):
            witness.add(log.request(10, 20))
    with serving(witness) as served:
        assert served.post(log.request(10, 20).to_bytes())[0] == 500
    path.write_bytes(good)
    witness.add(log.request(10, 20))


def test_a_witness_that_lost_its_memory_knows_nobody(tmp_path) -> None:
    log = Log()
    witness = watching(tmp_path / "w", log)
    witness.add(log.request(0, 10))
    (witness.folder / "logs" / f"{HASH}.log").unlink()
    with pytest.raises(LogUnknownError):
        witness.add(log.forked(3).request(0, 10))


def test_the_file_of_another_log_is_not_taken_for_this_ones(tmp_path) -> None:
    log, other = Log(), Log(SigningKey.generate("else/1"))
    witness = watching(tmp_path / "w", log)
    witness.trust(other.key.verifier)
    witness.add(log.request(0, 10))
    logs = witness.folder / "logs"
    (logs / f"{HASH}.log").replace(logs / f"{origin_hash('else/1')}.log")
    with pytest.raises(WitnessDamagedError):
        witness.add(other.request(0, 5))


def test_what_cannot_be_written_down_is_not_cosigned(tmp_path) -> None:
    log = Log()
    witness = watching(tmp_path / "w", log)
    witness.add(log.request(0, 10))
    (witness.folder / "logs" / f"{HASH}.new").mkdir()  # no draft can be written there
    with pytest.raises(WitnessUnwritableError):
        witness.add(log.request(10, 20))
    with serving(witness) as served:
        assert served.post(log.request(10, 20).to_bytes())[0] == 503
    assert seen(witness).size == 10


def test_a_witness_is_made_once_and_opened_with_its_own_key(tmp_path) -> None:
    made = create_witness(tmp_path / "w", name=NAME, now=Clock())
    assert made.cosigner == open_witness(tmp_path / "w", now=Clock()).cosigner
    with pytest.raises(WitnessExistsError):
        create_witness(tmp_path / "w", name=NAME, now=Clock())
    with pytest.raises(WitnessMissingError):
        open_witness(tmp_path / "nowhere", now=Clock())
    for name in ("", "a b", "a+b", "a\tb", "a\udcff", "x" * 201):
        with pytest.raises(KeyMalformedError):
            create_witness(tmp_path / "other", name=name, now=Clock())
    assert not (tmp_path / "other").exists()
    (tmp_path / "w" / "witness.pem").write_bytes(SigningKey.generate(NAME).to_pem())
    with pytest.raises(WitnessDamagedError):
        open_witness(tmp_path / "w", now=Clock())


def test_a_witness_whose_making_was_cut_short_is_made_again_with_the_same_key(tmp_path) -> None:
    made = create_witness(tmp_path / "w", name=NAME, now=Clock())
    (tmp_path / "w" / "witness.key").unlink()
    assert create_witness(tmp_path / "w", name=NAME, now=Clock()).cosigner == made.cosigner
