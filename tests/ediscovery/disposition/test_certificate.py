"""A certificate of disposition: sound as it was made, and every way of altering it is noticed and named."""

from __future__ import annotations

import io
import shutil
import subprocess

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from ediscovery.disposition.papers.checking import is_certificate
from ediscovery.disposition.papers.comparing import differences
from ediscovery.disposition.papers.judging import contradictions
from ediscovery.production.signed import SignedPdf
from manifests.chain import Signed
from manifests.decisions.decided import DAY, Decided
from manifests.notes import SignedNote
from manifests.proofs.vouching import chain_of
from manifests.signing import SigningKey
from manifests.timestamps import renewal
from manifests.timestamps.stamp import request, settle
from manifests.witness.cosignatures import Cosigner, cosign
from schemas.canonical import NotCanonicalError
from schemas.certificate import CERTIFICATE_NAME, AskedPlace, Certificate, Cleared, GoneObject
from schemas.digest import Digest
from schemas.instant import Instant
from schemas.ledger import HoldPlaced
from tests import tsa
from tests.ediscovery import productions
from tests.ediscovery.disposition.certificates import (
    Destruction,
    codes,
    judged,
    printed,
    signer_of,
    with_certificate,
)
from tests.manifests.archives import START
from tests.manifests.officers import approver_key

LATER = START.plus(seconds=86_400)
OTHER = Digest.of(b"another")
replace = msgspec.structs.replace


@pytest.fixture(scope="module")
def destruction() -> Destruction:
    """A plan that was carried out in two steps, and not certified yet."""
    return Destruction(months=4, batches=2)


@pytest.fixture(scope="module")
def certificate(destruction: Destruction) -> Certificate:
    return destruction.certificate()


@pytest.fixture(scope="module")
def signer():
    return signer_of()


@pytest.fixture(scope="module")
def pdf(certificate: Certificate, signer) -> bytes:
    return printed(certificate, signer[0])


@pytest.fixture(scope="module")
def unsigned(pdf: bytes) -> bytes:
    return pdf[: pdf.index(b"%%EOF") + len(b"%%EOF\n")]


@pytest.fixture(scope="module")
def resigned(unsigned, signer):
    """The pages with another certificate attached, signed anew as its forger would."""

    def resigned(changed: Certificate) -> bytes:
        return signer[0].sign(with_certificate(unsigned, changed.to_bytes()), reason="x", at=START)

    return resigned


def test_a_certificate_is_found_sound_from_the_file_alone(pdf, signer, certificate) -> None:
    report = judged(pdf, roots=[signer[1]])

    assert report.sound
    assert report.findings == ()
    assert [step.verdict for step in report.steps] == ["sound"] * 8 + ["not checked"]
    assert report.certified.approved_by == ("jane (records-officer)", "omar (legal-reviewer)")
    assert (report.certified.records, report.certified.objects) == (120, 4)
    assert certificate.digest.grouped in report.to_text()
    assert "tx-gr/GR1000-26b: 80 records of 2016-01 to 2016-04" in report.to_text()
    assert report.to_json()["sound"] is True


def test_it_has_one_spelling_and_is_attached_in_it(pdf, certificate) -> None:
    (content,) = [
        stream.data for name, stream in SignedPdf.read(pdf, at=LATER).attached().items() if name == CERTIFICATE_NAME
    ]

    assert content == certificate.to_bytes()
    assert Certificate.from_bytes(content) == certificate
    with pytest.raises(NotCanonicalError):
        Certificate.from_bytes(content.replace(b'{"', b'{ "', 1))


def test_the_ledger_of_the_archive_names_this_very_file() -> None:
    destruction, (signer, _) = Destruction(), signer_of()
    certificate = destruction.certificate()
    pdf = printed(certificate, signer)
    assert codes(judged(pdf, ledger=destruction.ledger)) == {"LEDGER_DIFFERS"}
    destruction.certify(certificate, pdf)

    report = judged(pdf, ledger=destruction.ledger)

    assert report.sound
    assert report.steps[8].verdict == "sound"
    twin = printed(certificate, signer_of()[0])
    assert codes(judged(twin)) == set()
    assert codes(judged(twin, ledger=destruction.ledger)) == {"LEDGER_DIFFERS"}
    assert codes(judged(pdf, ledger=Destruction().ledger)) == {"LEDGER_DIFFERS"}


def test_poppler_and_pyhanko_find_one_valid_signature_over_the_whole_file(pdf, signer, tmp_path) -> None:
    root = x509.load_pem_x509_certificate(signer[1])
    (signature,) = PdfFileReader(io.BytesIO(pdf)).embedded_signatures
    trusted = [type(signature.signer_cert).load(root.public_bytes(Encoding.DER))]
    context = ValidationContext(trust_roots=trusted, allow_fetching=False, moment=LATER.to_datetime())

    status = validate_pdf_signature(signature, context)

    assert (status.intact, status.valid, status.trusted) == (True, True, True)
    assert status.coverage is SignatureCoverageLevel.ENTIRE_FILE
    if shutil.which("pdfsig") is None:
        pytest.skip("pdfsig (poppler-utils) is not installed")
    path = tmp_path / "certificate.pdf"
    path.write_bytes(pdf)
    said = subprocess.run(["pdfsig", path], capture_output=True, text=True, check=False).stdout
    assert said.count("Signature #") == 1
    assert "Signature is Valid" in said
    assert "Total document signed" in said


@settings(max_examples=60)
@given(st.data())
def test_one_changed_byte_anywhere_is_noticed(pdf, signer, data) -> None:
    altered = bytearray(pdf)
    altered[data.draw(st.integers(9, len(pdf) - 1))] ^= data.draw(st.integers(1, 255))

    assert not judged(bytes(altered), roots=[signer[1]]).sound


@pytest.fixture(scope="module")
def forger():
    """Somebody with a certificate of the same name."""
    return signer_of()[0]


@pytest.mark.parametrize("field", Certificate.__struct_fields__)
def test_no_field_is_exchanged_by_anybody_but_the_signer(field, certificate, unsigned, signer, forger) -> None:
    changed = replace(certificate, **{field: _other(getattr(certificate, field))})
    assert changed != certificate

    report = judged(
        forger.sign(with_certificate(unsigned, changed.to_bytes()), reason="x", at=START), roots=[signer[1]]
    )

    assert "SIGNER_UNTRUSTED" in codes(report)
    assert report.signature.certificate == forger.fingerprint


def _other(value):
    """Another value of the same kind."""
    match value:
        case str():
            return f"{value}x"
        case Digest():
            return OTHER
        case Instant():
            return value.plus(seconds=1)
        case tuple():
            return value[1:] if value else ("strays that could not be judged",)
        case msgspec.Struct():
            name = value.__struct_fields__[0] if not hasattr(value, "index") else "index"
            return replace(value, **{name: _other(getattr(value, name))})
        case int():
            return value + 1
    raise AssertionError(type(value))


CONTRADICTS = "DISPOSITION_CONTRADICTS"
FORGERIES = {
    "another plan": (lambda c: replace(c, plan="2027"), CONTRADICTS),
    "another digest": (lambda c: replace(c, digest=OTHER), CONTRADICTS),
    "another archive": (lambda c: replace(c, origin="elsewhere/1"), CONTRADICTS),
    "made too early": (lambda c: replace(c, made_at=c.begun.at), CONTRADICTS),
    "more records": (lambda c: replace(c, planned=_act(c.planned, records=7)), "PROOF_REFUSED"),
    "another day": (
        lambda c: replace(c, planned=_act(c.planned, as_of=c.planned.act.as_of.replace(day=2))),
        "PROOF_REFUSED",
    ),
    "another planner": (lambda c: replace(c, planned=replace(c.planned, actor="x")), "ACT_NOT_PROVED"),
    "another instant": (lambda c: replace(c, begun=replace(c.begun, at=LATER)), "ACT_NOT_PROVED"),
    "another entry": (lambda c: replace(c, begun=replace(c.begun, index=6)), "ACT_NOT_PROVED"),
    "another permission": (lambda c: replace(c, begun=_act(c.begun, permission="x")), "PROOF_REFUSED"),
    "no line": (lambda c: replace(c, begun=replace(c.begun, line=1)), "PROOF_REFUSED"),
    "another path": (lambda c: replace(c, begun=replace(c.begun, path=c.begun.path[1:])), "PROOF_REFUSED"),
    "another heading": (lambda c: replace(c, begun=replace(c.begun, entry=c.planned.entry)), "ACT_NOT_PROVED"),
    "no condemning act": (lambda c: replace(c, condemned=c.condemned[1:]), CONTRADICTS),
    "no destroying act": (lambda c: replace(c, destroyed=c.destroyed[1:]), CONTRADICTS),
    "acts turned round": (lambda c: replace(c, destroyed=c.destroyed[::-1]), CONTRADICTS),
    "nothing destroyed": (lambda c: replace(c, destroyed=(), condemned=(), objects=()), CONTRADICTS),
    "condemned twice": (lambda c: replace(c, condemned=(*c.condemned, *c.condemned)), CONTRADICTS),
    "other places": (lambda c: replace(c, places=c.places[:1]), CONTRADICTS),
    "a place twice": (lambda c: replace(c, places=(*c.places, c.places[0])), CONTRADICTS),
    "asked too early": (
        lambda c: replace(c, places=tuple(AskedPlace(place=one.place, at=START) for one in c.places)),
        CONTRADICTS,
    ),
    "cleared too early": (lambda c: replace(c, cleared=(Cleared(what="x", at=START),)), CONTRADICTS),
    "fewer objects": (lambda c: replace(c, objects=c.objects[1:]), CONTRADICTS),
    "an object more": (
        lambda c: replace(c, objects=(*c.objects, GoneObject(key="x", entry=9))),
        CONTRADICTS,
    ),
    "an object elsewhere": (
        lambda c: replace(c, objects=(replace(c.objects[0], entry=c.objects[0].entry + 1), *c.objects[1:])),
        CONTRADICTS,
    ),
    "another schedule": (
        lambda c: replace(c, schedules=(replace(c.schedules[0], entry=1),)),
        CONTRADICTS,
    ),
    "no schedule": (lambda c: replace(c, schedules=()), CONTRADICTS),
    "holds of another size": (lambda c: replace(c, holds=replace(c.holds, size=1)), CONTRADICTS),
    "holds not to the end": (lambda c: replace(c, holds=replace(c.holds, until=8)), CONTRADICTS),
    "holds beyond the ledger": (lambda c: replace(c, holds=replace(c.holds, until=99)), CONTRADICTS),
    "holds at another time": (lambda c: replace(c, holds=replace(c.holds, checked=START)), CONTRADICTS),
    "one approver": (lambda c: replace(c, approvers=c.approvers[:1]), "DECISION_REFUSED"),
    "another approver": (
        lambda c: replace(c, approvers=(c.approvers[0], _stranger(c.approvers[1]))),
        "DECISION_REFUSED",
    ),
    "other roles": (
        lambda c: replace(c, approvers=tuple(replace(one, purpose="records-officer") for one in c.approvers)),
        "DECISION_REFUSED",
    ),
    "no key": (
        lambda c: replace(c, approvers=(replace(c.approvers[0], verifier="x"), c.approvers[1])),
        "KEY_MALFORMED_OR_LOCKED",
    ),
    "no decision": (lambda c: replace(c, begun=_act(c.begun, decision="x")), "PROOF_REFUSED"),
    "no checkpoint": (lambda c: replace(c, checkpoint="x"), "NOTE_MALFORMED"),
    "another key": (lambda c: replace(c, claims=replace(c.claims, verifier=c.approvers[0].verifier)), "NOTE_UNSIGNED"),
    "another format": (lambda c: replace(c, format="holdfast-disposition/v2"), "DISPOSITION_UNREADABLE"),
}


def _act(proved, **changes):
    return replace(proved, act=replace(proved.act, **changes))


def _stranger(key):
    return replace(key, verifier=approver_key("legal-reviewer", "omar").verifier.to_text())


@pytest.mark.parametrize("name", FORGERIES)
def test_what_contradicts_the_ledger_is_refused_though_it_is_signed(name, certificate, resigned, signer) -> None:
    forge, code = FORGERIES[name]

    report = judged(resigned(forge(certificate)), roots=[signer[1]])

    assert report.signature.intact
    assert code in codes(report)
    assert not report.sound


def test_nothing_may_be_condemned_before_its_day_has_come_everywhere(certificate) -> None:
    late = "Objects were condemned before the day for which they were due had begun everywhere."
    day, heading = certificate.planned.act.as_of, Signed.from_bytes(certificate.begun.entry.encode()).heading
    begins = Instant.from_text(f"{day}T12:00:00.000000Z")  # at the line where a day begins last
    for at, told in ((begins, False), (begins.plus(seconds=-1), True)):
        condemned = tuple(replace(one, at=at) for one in certificate.condemned)
        found = contradictions(replace(certificate, condemned=condemned), heading)
        assert (late in [finding.what for finding in found]) is told


def test_what_only_the_archive_knows_is_compared_where_it_is(resigned) -> None:
    destruction, (signer, _) = Destruction(months=4, batches=2), signer_of()
    certificate = destruction.certificate()
    destruction.certify(certificate, printed(certificate, signer))
    changes = (
        {"organisation": "Another Office"},
        {"objects": (replace(certificate.objects[0], sha256=OTHER), *certificate.objects[1:])},
        {"objects": (replace(certificate.objects[0], size=1), *certificate.objects[1:])},
        {"schedules": (replace(certificate.schedules[0], authority="Nobody"),)},
        {"schedules": (replace(certificate.schedules[0], digest=OTHER),)},
    )
    usual = len(judged(resigned(certificate), ledger=destruction.ledger).findings)
    assert usual == 1, "another file than the one that the ledger names"
    for change in changes:
        forged = resigned(replace(certificate, **change))
        assert codes(judged(forged)) == set()
        found = judged(forged, ledger=destruction.ledger).findings
        assert len(found) == usual + 1, change
        assert {finding.code for finding in found} == {"LEDGER_DIFFERS"}


def test_a_hold_after_the_plan_is_no_fault_unless_the_certificate_says_there_was_none() -> None:
    destruction, (signer, _) = Destruction(), signer_of()
    certificate = destruction.certificate()
    pdf = printed(certificate, signer)
    destruction.certify(certificate, pdf)
    destruction.office.append(HoldPlaced(hold="late", reason="r"))

    assert judged(pdf, ledger=destruction.ledger).sound
    late = destruction.ledger.head.size - 1
    forged = replace(certificate, holds=replace(certificate.holds, until=late + 1))
    assert f"A hold was placed or widened in ledger entry {late}." in told(destruction, forged, pdf)
    assert not told(destruction, certificate, pdf)


def told(destruction: Destruction, certificate: Certificate, pdf: bytes) -> set[str]:
    """What the ledger says otherwise than a certificate."""
    found = differences(destruction.ledger, certificate, sha256=Digest.of(pdf), octets=len(pdf))
    return {finding.what for finding in found}


def test_people_whose_keys_were_never_in_force_and_objects_left_out_are_told_by_the_ledger() -> None:
    destruction, (signer, _) = Destruction(), signer_of()
    certificate = destruction.certificate()
    pdf = printed(certificate, signer)
    destruction.certify(certificate, pdf)
    stranger = _stranger(certificate.approvers[1])
    forged = replace(certificate, approvers=(certificate.approvers[0], stranger))
    assert told(destruction, forged, pdf) == {f"The key {stranger.verifier} was not in force for approving."}
    fewer = replace(certificate, objects=certificate.objects[1:])
    assert told(destruction, fewer, pdf) == {f"The plan destroyed {len(certificate.objects)} objects."}


def test_each_contradiction_within_a_certificate_has_words_of_its_own(certificate) -> None:
    heading = Signed.from_bytes(certificate.begun.entry.encode()).heading
    series = certificate.planned.act.series
    more = (replace(series[0], records=series[0].records + 1), *series[1:])
    unfinished = tuple(replace(one, act=replace(one.act, complete=False)) for one in certificate.condemned)
    early = tuple(replace(one, index=certificate.begun.index) for one in certificate.destroyed)
    for forged, words in (
        (replace(certificate, planned=_act(certificate.planned, series=more)), "do not add up"),
        (replace(certificate, condemned=unfinished), "do not end with the one that is complete"),
        (replace(certificate, destroyed=early), "destroyed before it was condemned"),
    ):
        assert any(words in finding.what for finding in contradictions(forged, heading)), words


def test_who_vouches_for_its_checkpoint_is_said_and_a_stamp_that_ended_is_a_notice() -> None:
    destruction, (signer, _) = Destruction(), signer_of()
    county = SigningKey.generate("county.example")
    authority = tsa.make_authority("Alpha", since=START.plus(seconds=-DAY), days=30)
    text = destruction.checkpoint.text
    stamp = settle(tsa.stamp(request(renewal.covered(text), nonce=1), authority, at=LATER))
    cosigned = SignedNote(text, (*destruction.checkpoint.signatures, cosign(text, county, at=LATER)))
    plain = destruction.certificate()
    certificate = replace(
        plain,
        checkpoint=cosigned.to_bytes().decode(),
        claims=replace(
            plain.claims,
            needed=1,
            witnesses=(Cosigner.of(county).to_text(),),
            stamps=(chain_of("alpha", [stamp], [authority.root.public_bytes(Encoding.DER)]),),
        ),
    )
    pdf = printed(certificate, signer)
    destruction.certify(certificate, pdf)

    now, later = (judged(pdf, ledger=destruction.ledger, at=LATER.plus(seconds=DAY * days)) for days in (1, 60))

    assert (now.sound, later.sound) == (True, True)
    assert "Cosigned by 1 of 1 witnesses" in now.to_text()
    assert f"It was there at {LATER}, as Alpha stamped." in now.to_text()
    assert (now.findings, [one.code for one in later.findings]) == ((), ["TIMESTAMP_ENDED"])
    assert later.steps[8].verdict == "sound"


def test_a_decision_about_another_plan_approves_nothing(certificate) -> None:
    text = certificate.begun.act.decision
    decided = Decided.from_text(text)
    heading = Signed.from_bytes(certificate.begun.entry.encode()).heading
    assert not list(contradictions(certificate, heading))
    for change in ({"digest": OTHER}, {"plan": "2027"}, {"records": 1}):
        other = replace(decided.decision, what=replace(decided.decision.what, **change))
        forged = text.replace(decided.decision.to_bytes().decode(), other.to_bytes().decode())
        (found,) = contradictions(replace(certificate, begun=_act(certificate.begun, decision=forged)), heading)
        assert found.code == "DECISION_REFUSED"


def test_the_pages_without_their_signature_or_with_another_file_are_refused(unsigned, signer, pdf) -> None:
    assert "SIGNATURE_MISSING" in codes(judged(unsigned))
    more = signer[0].sign(productions.with_attachment(unsigned, "letter.txt", b"hello"), reason="x", at=START)
    assert codes(judged(more)) == {"ATTACHMENT_UNNAMED"}
    broken = signer[0].sign(with_certificate(unsigned, b"{}"), reason="x", at=START)
    assert codes(judged(broken)) == {"DISPOSITION_UNREADABLE"}
    assert is_certificate(SignedPdf.read(pdf, at=LATER))


def test_a_certificate_is_no_production_and_a_production_no_certificate(pdf) -> None:
    *_, production = productions.case_of_two()

    assert not is_certificate(SignedPdf.read(production, at=LATER))
    assert "MANIFEST_MISSING" in productions.codes(productions.judged(pdf))


def test_a_certificate_that_explodes_is_not_unpacked(unsigned, signer) -> None:
    bomb = b"0" * (64 << 20)

    report = judged(signer[0].sign(with_certificate(unsigned, bomb), reason="x", at=START))

    assert codes(report) == {"DISPOSITION_UNREADABLE"}
    assert "claims 67108864 bytes" in report.findings[0].what
