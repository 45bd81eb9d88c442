"""Checkpoints with neighbours: asked, kept, and what they say when the ledger is not what it was."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from manifests.acts import ActRefusedError
from manifests.checkpoints import letters
from manifests.checkpoints.asking import asked, cosignature_asked
from manifests.checkpoints.letters import WitnessUnnamedError
from manifests.checkpoints.making import make, stop_at_disputes
from manifests.checkpoints.stored import attested, claims_of
from manifests.ledger import Ledger
from manifests.notes import Checkpoint, SignedNote
from manifests.proofs.vouching import Trust, vouch
from manifests.replication import copy_archive
from manifests.signing import SigningKey
from manifests.witness.client import WitnessDisputesError
from manifests.witness.cosignatures import Cosigner, cosign
from manifests.witness.requests import Request
from schemas.attestors import Authority, Witness
from schemas.digest import Digest
from schemas.errors import ArchiveError
from schemas.ledger import AttestorsNamed
from storage.directory import DirectoryStore
from tests import tsa
from tests.manifests.archives import Writer, registered
from tests.manifests.checkpointing import START, Office, nonce
from tests.manifests.witnessing import serving as serving_witness
from tests.servers import Answer
from tests.servers import serving as answering


@pytest.fixture
def office(tmp_path):
    made = Office(tmp_path / "home")
    made.grow()
    return made


def codes(made) -> dict[str, str]:
    return {lack.name: lack.error.code for lack in made.lacking}


def test_a_checkpoint_is_named_signed_cosigned_stamped_and_published_in_one_go(office, tmp_path) -> None:
    site = tmp_path / "site"
    site.mkdir()
    office.checkpoint(publish=[str(site)])
    with office.neighbours():
        made = office.make()
    assert made.named
    assert made.size == 3  # the archive, an account, and who is to vouch from here on
    assert codes(made) == {"school": "ATTESTOR_UNASKED"}
    assert [one.witness.name for one in made.vouched.witnessed.cosignatures] == ["county.example"]
    assert {name: stamp.at for name, stamp in made.vouched.stamps.items()} == {"alpha": START, "beta": START}
    assert made.published == (str(site),)
    ((name, published),) = ((path.name, path.read_bytes()) for path in site.iterdir())
    assert name == f"{3:020d}.note"
    assert SignedNote.from_bytes(published).text == made.note.text
    assert office.keys("cosignatures", "timestamps") == [
        f"cosignatures/{3:020d}/county.note",
        f"timestamps/{3:020d}/alpha.tsr",
        f"timestamps/{3:020d}/beta.tsr",
        *sorted(key for key in office.keys("timestamps/roots")),
    ]
    report = office.audit()
    assert report.sound
    assert [finding.code for finding in report.findings] == ["WITNESSES_MISSING"]
    assert [step.checked for step in report.steps if step.number in (12, 13)] == [1, 2]


def test_a_second_run_asks_only_those_that_are_lacking(office) -> None:
    with office.witnessed("county") as county, office.stamping("alpha") as alpha:
        office.trusted("beta", tsa.make_authority(since=START), "http://127.0.0.1:1/")
        first = office.make()
        assert codes(first) == {"beta": "SERVICE_UNREACHABLE"}
        told, asked, before = list(county.told), len(alpha.queries), office.objects()
        with office.stamping("beta") as beta:
            second = office.make(name=False)  # the ledger knows another root
            assert codes(second) == {"beta": "TIMESTAMP_UNTRUSTED", "holdfast.toml": "ATTESTORS_UNNAMED"}
            assert len(beta.queries) == 1
        assert (county.told, len(alpha.queries), office.objects()) == (told, asked, before)
        with office.stamping("beta"):
            third = office.make()
        assert (third.named, third.lacking, third.size) == (True, (), first.size + 1)
        assert office.make().size == third.size
    assert office.audit().sound


def test_neither_silence_nor_lies_nor_patience_keep_the_others_from_vouching(office, tmp_path) -> None:
    office.checkpoint(timeout_seconds=2)  # in which those that answer do so on a busy machine, too
    stranger = SigningKey.generate("county.example")
    with (
        office.witnessed("county"),
        office.stamping("alpha"),
        tsa.serving(lambda _: tsa.Answer(b"", pace="never")) as hung,
    ):
        office.trusted("hung", tsa.make_authority(since=START), hung.url)
        with office.stamping("forger", conduct="forged"), office.stamping("elsewhere", conduct="wrong imprint"):
            office.watched("down", url="http://127.0.0.1:1")
            office.watched("asleep", url=hung.url.partition("/tsr")[0])
            office.watched("liar")
            office.open()
            with answering({"/add-checkpoint": Answer(200, {}, lying(office, stranger))}) as liar:
                office.sections["witness.liar"]["url"] = liar.url("")
                made = office.make()
    assert codes(made) == {
        "asleep": "SERVICE_UNREACHABLE",
        "down": "SERVICE_UNREACHABLE",
        "elsewhere": "TIMESTAMP_IMPRINT",
        "forger": "TIMESTAMP_SIGNATURE",
        "hung": "SERVICE_UNREACHABLE",
        "liar": "WITNESS_UNAVAILABLE",
    }
    assert [one.witness.name for one in made.vouched.witnessed.cosignatures] == ["county.example"]
    assert list(made.vouched.stamps) == ["alpha"]
    assert office.audit().sound


def lying(office, key) -> bytes:
    """A line by a key that nobody named."""
    return f"{cosign('something else', key, at=START).to_line()}\n".encode()


def test_a_forged_line_under_a_named_key_is_no_cosignature(office) -> None:
    witness = office.watched("county")
    line = cosign("x\n1\nAAAA\n", witness.key, at=START)
    with answering({"/add-checkpoint": Answer(200, {}, f"{line.to_line()}\n".encode())}) as liar:
        office.sections["witness.county"]["url"] = liar.url("")
        assert codes(office.make()) == {"county": "SIGNATURE_REFUSED"}
    assert office.keys("cosignatures") == []


def test_a_ledger_that_was_cut_back_is_disputed_by_a_witness_that_saw_more(office, tmp_path) -> None:
    with office.witnessed("county"):
        office.make()
        shutil.copytree(office.home, tmp_path / "old")
        office.grow("later")
        office.grow("latest")
        office.make()
        cut = Office(tmp_path / "old", office.now, office.sections)
        cut.grow("other")
        with pytest.raises(WitnessDisputesError) as caught:
            cut.make()
    assert caught.value.exit_status == 7
    (kept,) = (cut.home / "state" / "disputes").iterdir()
    assert str(kept) == caught.value.facts["kept"]
    assert "last cosigned the ledger at 5 entries" in kept.read_text()
    assert SignedNote.from_bytes(kept.read_bytes().partition(b"\n\n")[2]).text.startswith(cut.open().ledger.origin)


def test_what_a_witness_says_is_told_where_it_cannot_be_written_down(office) -> None:
    office.watched("county")
    with answering({"/add-checkpoint": Answer(422, {}, b"another history\n")}) as server:
        office.sections["witness.county"]["url"] = server.url("")
        (office.home / "state" / "disputes").write_text("in the way")
        with pytest.raises(WitnessDisputesError, match="another history") as caught:
            office.make()
    assert "write down what it said" in caught.value.do


def test_a_forked_ledger_is_disputed_and_nothing_of_it_is_published(office, tmp_path) -> None:
    (tmp_path / "site").mkdir()
    with office.witnessed("county"), office.stamping("alpha"):
        office.make()
        shutil.copytree(office.home, tmp_path / "fork")
        office.grow("later")
        office.make()
        fork = Office(tmp_path / "fork", office.now, office.sections)
        fork.checkpoint(publish=[str(tmp_path / "site")])
        fork.grow("other")
        fork.grow("another")
        with pytest.raises(WitnessDisputesError):
            fork.make()
    assert not list((tmp_path / "site").iterdir())
    assert f"timestamps/{5:020d}/alpha.tsr" in fork.keys("timestamps")  # what was said is kept


def test_a_checkpoint_that_became_stale_while_it_was_asked_for_is_no_dispute(office) -> None:
    with office.witnessed("county"):
        office.make()
        stale = office.open()
        office.grow("later")
        office.make()
        note = attested(stale.ledger, 3)
        line = SignedNote(note.text, note.signatures[:1])
        for path in office.objects(f"cosignatures/{3:020d}"):
            path.unlink()
        (witness,) = stale.ledger.history.attestors_at(3).witnesses
        lacking = asked(stale, [cosignature_asked(stale, line, witness)])
        stop_at_disputes(stale, line, lacking)
    assert [lack.error.code for lack in lacking] == ["WITNESS_CONFLICT"]


def test_a_witness_without_address_is_asked_by_file(office) -> None:
    school = office.watched("school")
    office.make()
    archive = office.open()
    request = letters.request(archive.ledger, "school")
    answer = school.sign(Request.from_bytes(request.to_bytes())).to_bytes()
    assert letters.accept(archive.ledger, answer) == (3, ("school",))
    assert letters.accept(archive.ledger, answer) == (3, ("school",))
    assert office.make().lacking == ()
    office.grow("later")
    office.make()
    assert letters.request(office.open().ledger, "school").old_size == 3
    assert letters.request(office.open().ledger, "school", old=0).proof == ()
    assert office.audit().sound


def test_what_comes_back_by_file_is_judged_before_it_is_kept(office) -> None:
    school = office.watched("school")
    office.make()
    archive = office.open()
    ledger = archive.ledger
    request = letters.request(ledger, "school")
    note = school.sign(request)
    forged = replace(note.signatures[1], signature=bytes(8) + note.signatures[1].signature[8:])
    other = SigningKey.generate("stranger.example")
    forked = Checkpoint(ledger.origin, 3, Digest.of(b"another root")).to_text()
    cases = {
        "SIGNATURE_REFUSED": SignedNote(note.text, (note.signatures[0], forged)),
        "WITNESS_UNNAMED": SignedNote(note.text, (note.signatures[0], cosign(note.text, other, at=START))),
        "LOG_FORKED": SignedNote.sign(forked, archive.checkpoint_key()),
        "NOTE_UNSIGNED": SignedNote(note.text, note.signatures[1:]),
        "CHECKPOINT_OF_ANOTHER": SignedNote.sign(note.text.replace("maple", "oak"), SigningKey.generate("oak")),
        "CHECKPOINT_UNKNOWN": SignedNote.sign(
            Checkpoint(ledger.origin, 2, ledger.root_at(2)).to_text(), archive.checkpoint_key()
        ),
    }
    for code, sent in cases.items():
        with pytest.raises(ArchiveError) as caught:
            letters.accept(ledger, sent.to_bytes())
        assert caught.value.code == code
    assert office.keys("cosignatures") == []
    with pytest.raises(WitnessUnnamedError):
        letters.request(ledger, "nobody")


def test_whom_the_ledger_names_cannot_be_weakened_unseen(office) -> None:
    with office.neighbours():
        office.make()
        office.checkpoint(needed=0)
        del office.sections["witness.school"], office.sections["authority.beta"]
        weaker = office.make(name=False)
        assert codes(weaker)["holdfast.toml"] == "ATTESTORS_UNNAMED"
        assert weaker.claims.needed == 2
        office.grow("later")
        made = office.make()
    history = office.open().ledger.history
    assert made.named
    assert [(index, act.needed, len(act.witnesses)) for index, act in history.attestors] == [(2, 2, 2), (4, 0, 1)]
    # The checkpoint before the change is judged by what was in force then.
    assert [history.attestors_at(size).needed for size in range(1, 6)] == [0, 0, 2, 2, 0]
    office.forget()
    assert office.open().ledger.history.attestors == history.attestors


def key_of(name: str) -> str:
    return Cosigner.of(SigningKey.generate(name)).to_text()


SAME, ROOT = key_of("same.example"), Digest.of(b"a certificate")
IMPOSSIBLE = {
    "too many are needed": (
        AttestorsNamed(needed=2, witnesses=(Witness(name="a", key=key_of("a.example")),)),
        "2 of 1 witnesses",
    ),
    "one key twice": (
        AttestorsNamed(witnesses=(Witness(name="a", key=SAME), Witness(name="b", key=SAME))),
        "the same name or the same key",
    ),
    "one name twice": (
        AttestorsNamed(
            witnesses=(Witness(name="a", key=key_of("a.example")), Witness(name="a", key=key_of("b.example")))
        ),
        "named once each",
    ),
    "no key": (
        AttestorsNamed(witnesses=(Witness(name="a", key="a.example+00000000+AAAA"),)),
        "is not the key of a witness",
    ),
    "disorder": (
        AttestorsNamed(
            witnesses=(Witness(name="b", key=key_of("b.example")), Witness(name="a", key=key_of("a.example")))
        ),
        "in the order of their names",
    ),
    "no root": (AttestorsNamed(authorities=(Authority(name="a", roots=()),)), "has no roots, or one twice"),
    "one root twice": (
        AttestorsNamed(authorities=(Authority(name="a", roots=(ROOT, ROOT)),)),
        "has no roots, or one twice",
    ),
    "nothing new": (AttestorsNamed(), "already"),
}


@pytest.mark.parametrize(("act", "why"), IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_an_impossible_policy_is_refused(act, why) -> None:
    writer = Writer()
    ledger = writer.create()
    with pytest.raises(ActRefusedError, match=why):
        writer.append(ledger, act)
    writer.append(ledger, registered())
    assert ledger.history.attestors == []


def test_the_same_naming_twice_is_refused_as_others_may_have_been_first() -> None:
    writer = Writer()
    ledger = writer.create()
    act = AttestorsNamed(needed=1, witnesses=(Witness(name="a", key=key_of("a.example")),))
    writer.append(ledger, act)
    with pytest.raises(ActRefusedError):
        writer.append(ledger, act)


def test_a_copy_alone_tells_who_vouches(office, tmp_path) -> None:
    with office.neighbours():
        office.make()
    archive = office.open()
    copy = Ledger(DirectoryStore(tmp_path / "copy"))
    copy_archive(archive.ledger, copy, tell=lambda *_: None)
    copy.refresh()
    vouched = vouch(attested(copy, 3), claims_of(copy, 3), Trust(at=office.now()))
    assert [one.witness.name for one in vouched.witnessed.cosignatures] == ["county.example"]
    assert list(vouched.stamps) == ["alpha", "beta"]
    theirs = {
        path.relative_to(tmp_path / "copy").as_posix() for path in (tmp_path / "copy").rglob("*") if path.is_file()
    }
    assert theirs >= set(office.keys("checkpoints", "cosignatures", "timestamps"))


def test_two_machines_that_make_one_at_the_same_moment_make_one(office) -> None:
    with office.neighbours():
        archives = [office.open() for _ in range(4)]
        with ThreadPoolExecutor(4) as pool:
            made = list(pool.map(lambda archive: make(archive, nonce=nonce, name=True), archives))
        again = office.make()
    assert {one.size for one in made} == {3}
    assert len(office.open().ledger.history.attestors) == 1
    assert {one.note.text for one in made} == {again.note.text}
    assert codes(again) == {"school": "ATTESTOR_UNASKED"}
    assert len(office.keys("cosignatures", "timestamps")) == 1 + 2 + 2
    assert office.audit().sound


def test_an_archive_that_was_made_anew_under_an_old_name_is_disputed(office, tmp_path) -> None:
    anew = Office(tmp_path / "anew" / "home")
    witness = office.watched("county")
    witness.trust(anew.open().ledger.history.verifiers("checkpoint")[0])
    with serving_witness(witness) as served:
        for one in (office, anew):
            one.sections["witness.county"] = {"key": witness.cosigner.to_text(), "url": served.url}
        assert office.make().lacking == ()
        anew.grow("another")
        with pytest.raises(WitnessDisputesError):
            anew.make()
