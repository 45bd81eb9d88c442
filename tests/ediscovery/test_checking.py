"""Checking: what is sound is found sound, every way of tampering has its own code."""

from __future__ import annotations

import io
import resource
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import PdfSignatureMetadata, PdfSigner
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter

from ediscovery.production.field import NAME
from ediscovery.production.render import render
from ediscovery.production.seal import TrustRootUnusableError
from manifests.proofs.file import read_record_proof
from manifests.proofs.record import check as check_proof
from manifests.proofs.vouching import Trust
from schemas.errors import ArchiveError
from tests.ediscovery.productions import (
    NOW,
    POSTED,
    Item,
    case_of_two,
    check_record,
    codes,
    document_of,
    judged,
    signer_of,
    with_attachment,
)

SECONDS = 10


@pytest.fixture(scope="module")
def case():
    """A production of two records."""
    return case_of_two()


def verdicts(report) -> list[str]:
    return [step.verdict for step in report.steps]


def test_a_production_is_found_sound_and_says_what_each_record_proved(case) -> None:
    rendered, signer, root, pdf = case

    report = judged(pdf, roots=[root])

    assert report.sound
    assert verdicts(report) == ["sound"] * 8
    assert report.findings == ()
    facts = report.signature
    assert (facts.intact, facts.valid, facts.trusted, facts.test) == (True, True, True, True)
    assert facts.certificate == signer.fingerprint
    assert facts.claimed == NOW
    assert [verdict.record for verdict in report.records] == [record.record for record in rendered.manifest.records]
    assert all(str(verdict.record) in verdict.proved[0] for verdict in report.records)


def test_without_a_root_trust_is_left_open_and_everything_else_is_checked(case) -> None:
    *_, pdf = case

    report = judged(pdf)

    assert report.sound
    assert report.signature.trusted is None
    assert report.steps[3].verdict == "not checked"
    assert "no root was given" in report.steps[3].note


def test_the_report_is_told_in_words_and_in_json(case) -> None:
    *_, root, pdf = case

    report = judged(pdf, roots=[root])

    text = report.to_text()
    assert "sound" in text.splitlines()[0]
    assert "intact: yes · valid: yes · trusted: yes" in text
    assert "2 of 2 records proved themselves" in text
    assert report.to_json()["sound"] is True
    assert report.to_json()["bates"] == "MGUSD0000001–MGUSD0000007"


def altered(pdf: bytes, place: int) -> bytes:
    return pdf[:place] + bytes([pdf[place] ^ 1]) + pdf[place + 1 :]


def changed_after_signing(pdf: bytes) -> bytes:
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    writer.root["/Evil"] = generic.TextStringObject("changed")
    writer.update_root()
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def signed_by_pyhanko(pdf: bytes, signer, *, field: str = "Other", **settings) -> bytes:
    """Signed without our rules: another kind, another permission, over a certified document."""

    class Careless(PdfSigner):
        def _enforce_certification_constraints(self, reader) -> None:
            pass

    metadata = PdfSignatureMetadata(field_name=field, md_algorithm="sha256", **settings)
    out = Careless(metadata, signer._pyhanko()).sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf)))
    return out.getvalue()


def test_a_flipped_byte_breaks_the_signature(case) -> None:
    rendered, _, root, pdf = case
    place = rendered.pdf.index(b"stream\n") + 40

    report = judged(altered(pdf, place), roots=[root])

    assert codes(report) == {"SIGNATURE_BROKEN"}
    assert (report.signature.intact, report.sound) == (False, False)


def test_an_incremental_update_is_named_as_such(case) -> None:
    *_, root, pdf = case

    report = judged(changed_after_signing(pdf), roots=[root])

    assert codes(report) == {"MODIFIED_AFTER_SIGNING"}
    assert report.signature.intact


@pytest.mark.parametrize("more", [b"\n", b"x", b"\0" * 5000, b"%%EOF\n"])
def test_bytes_after_the_signed_part_are_named_as_such(case, more) -> None:
    *_, root, pdf = case

    assert codes(judged(pdf + more, roots=[root])) == {"TRAILING_BYTES"}


def test_a_stripped_signature_is_missed(case) -> None:
    rendered, _, root, pdf = case
    assert pdf.startswith(rendered.pdf)

    report = judged(rendered.pdf, roots=[root])

    assert codes(report) == {"SIGNATURE_MISSING"}
    assert verdicts(report)[:4] == ["faulty", "not checked", "not checked", "not checked"]
    assert all(verdict.code is None for verdict in report.records)


def test_a_second_signature_is_one_too_many(case) -> None:
    _, signer, root, pdf = case

    assert codes(judged(signed_by_pyhanko(pdf, signer), roots=[root])) >= {"SIGNATURES_SEVERAL"}


def test_a_file_that_was_cut_off_is_named_as_such(case) -> None:
    *_, root, pdf = case

    assert "TRUNCATED" in codes(judged(pdf[:-20], roots=[root]))


def test_bytes_hidden_in_the_place_of_the_signature_are_found(case) -> None:
    *_, root, pdf = case
    padding = pdf.index(b"0" * 4000) + 3000

    hidden = pdf[:padding] + b"DEADBEEF" + pdf[padding + 8 :]
    lower = pdf.index(b"A", pdf.index(b"<3082"))

    assert codes(judged(hidden, roots=[root])) == {"SIGNATURE_GAP"}
    assert codes(judged(pdf[:lower] + b"a" + pdf[lower + 1 :], roots=[root])) == {"SIGNATURE_GAP"}


def test_a_swapped_native_is_found_even_under_a_new_signature(case) -> None:
    rendered, signer, root, _ = case
    name = rendered.manifest.records[0].native
    swapped = with_attachment(
        rendered.pdf, name, rendered.manifest.to_bytes()[: rendered.manifest.records[0].native_size]
    )

    report = judged(signer.sign(swapped, reason="x", at=NOW), roots=[root])

    assert codes(report) == {"NATIVE_ALTERED"}
    assert [verdict.code for verdict in report.records] == ["NATIVE_ALTERED", None]
    assert report.signature.intact


def test_a_swapped_native_of_another_length_is_found_too(case) -> None:
    rendered, signer, root, _ = case
    swapped = with_attachment(rendered.pdf, rendered.manifest.records[1].native, b"{}")

    assert codes(judged(signer.sign(swapped, reason="x", at=NOW), roots=[root])) == {"NATIVE_ALTERED"}


def test_an_attachment_too_many_or_too_few_is_named(case) -> None:
    rendered, signer, root, _ = case
    more = signer.sign(with_attachment(rendered.pdf, "letter.txt", b"hello"), reason="x", at=NOW)
    fewer = signer.sign(with_attachment(rendered.pdf, rendered.manifest.records[0].proof, None), reason="x", at=NOW)
    none = signer.sign(with_attachment(rendered.pdf, "production.json", None), reason="x", at=NOW)

    assert codes(judged(more, roots=[root])) == {"ATTACHMENT_UNNAMED"}
    assert codes(judged(fewer, roots=[root])) == {"ATTACHMENT_MISSING", "PDF_UNREADABLE"}
    assert codes(judged(none, roots=[root])) == {"MANIFEST_MISSING"}


def test_a_manifest_that_says_something_else_is_found(case) -> None:
    rendered, signer, root, _ = case
    first, second = rendered.manifest.records
    stories = {
        "PAGES_MISCOUNTED": {"bates": {**rendered.manifest.to_plain()["bates"], "last": 9}},
        "NUMBERS_DISORDERLY": {"records": [second.to_plain(), first.to_plain()]},
        "MANIFEST_UNREADABLE": {"format": "holdfast-production/v9"},
        "PROOF_OF_ANOTHER_RECORD": {"records": [first.to_plain() | {"record": str(second.record)}, second.to_plain()]},
        "PROOF_OF_ANOTHER_ARCHIVE": {"claims": {"verifier": "somebody+else+key"}},
        "ATTACHMENTS_TOO_LARGE": {"records": [first.to_plain() | {"native_size": 1 << 40}, second.to_plain()]},
    }
    for code, change in stories.items():
        manifest = type(rendered.manifest).from_plain(rendered.manifest.to_plain() | change)
        pdf = with_attachment(rendered.pdf, "production.json", manifest.to_bytes())

        assert code in codes(judged(signer.sign(pdf, reason="x", at=NOW), roots=[root])), code


@pytest.mark.parametrize(("what", "said"), [("account", "chess-club"), ("kind", "comment"), ("item", "urn:item:7")])
def test_what_a_manifest_says_of_a_record_is_what_the_record_says(case, what, said) -> None:
    rendered, signer, root, _ = case
    first, second = rendered.manifest.to_plain()["records"]
    manifest = type(rendered.manifest).from_plain(
        rendered.manifest.to_plain() | {"records": [first | {what: said}, second]}
    )
    pdf = with_attachment(rendered.pdf, "production.json", manifest.to_bytes())

    report = judged(signer.sign(pdf, reason="x", at=NOW), roots=[root])

    assert [verdict.code for verdict in report.records] == ["RECORD_DIFFERS", None]
    assert not report.sound


def test_a_proof_that_does_not_hold_keeps_its_own_code(case) -> None:
    document = document_of(Item("one"), Item("two"))
    first, second = document.items
    _, signer, root, _ = case
    mixed = replace(document, items=(replace(first, proof=second.proof), replace(second, proof=b"{}")))

    report = judged(signer.sign(render(mixed, first_number=1).pdf, reason="x", at=NOW), roots=[root])

    assert [verdict.code for verdict in report.records] == ["RECORD_NOT_PROVED", "NOT_CANONICAL"]


def test_the_published_key_of_another_archive_proves_nothing(case) -> None:
    *_, root, pdf = case
    other = document_of(Item("x")).items[0]
    published = check_record(other.proof, other.native).verifier
    trust = Trust(at=NOW, verifier=published)

    report = judged(pdf, roots=[root], by=lambda proof, native: check_proof(read_record_proof(proof), native, trust))

    assert not report.sound
    assert all(verdict.code for verdict in report.records)


def test_a_signature_that_allows_changes_or_is_of_another_kind_is_refused(case) -> None:
    rendered, signer, root, _ = case
    filling = signed_by_pyhanko(
        rendered.pdf,
        signer,
        field=NAME,
        certify=True,
        docmdp_permissions=MDPPerm.FILL_FORMS,
        subfilter=SigSeedSubFilter.PADES,
    )
    approval = signed_by_pyhanko(rendered.pdf, signer, field=NAME, subfilter=SigSeedSubFilter.PADES)
    old = signed_by_pyhanko(rendered.pdf, signer, field=NAME, certify=True, docmdp_permissions=MDPPerm.NO_CHANGES)

    assert codes(judged(filling, roots=[root])) >= {"CHANGES_ALLOWED"}
    assert codes(judged(approval, roots=[root])) >= {"CHANGES_ALLOWED"}
    assert codes(judged(old, roots=[root])) >= {"NOT_PADES"}


def test_a_stranger_who_signs_a_copy_is_not_trusted(case) -> None:
    rendered, _, root, _ = case
    stranger, _ = signer_of(organisation="Maple Grove USD")

    report = judged(stranger.sign(rendered.pdf, reason="x", at=NOW), roots=[root])

    assert codes(report) == {"SIGNER_UNTRUSTED"}
    assert (report.signature.intact, report.signature.valid, report.signature.trusted) == (True, True, False)


def test_an_expired_certificate_is_a_fault_for_those_who_trust_and_a_notice_for_others(case) -> None:
    *_, root, pdf = case
    later = POSTED.plus(seconds=11 * 365 * 86_400)

    assert codes(judged(pdf, roots=[root], at=later)) == {"CERTIFICATE_EXPIRED"}
    without = judged(pdf, at=later)
    assert [(finding.code, finding.severity) for finding in without.findings] == [("CERTIFICATE_EXPIRED", "notice")]
    assert without.sound


def test_a_root_that_is_no_certificate_is_refused(case) -> None:
    *_, pdf = case

    with pytest.raises(TrustRootUnusableError):
        judged(pdf, roots=[b"not a certificate"])


@pytest.fixture(scope="module")
def bare(case):
    """The smallest part of the file in which every byte counts: the revision with the signature."""
    rendered, _, root, pdf = case
    return pdf, len(rendered.pdf), root


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_change_of_a_byte_anywhere_goes_unnoticed(bare, data) -> None:
    pdf, start, _ = bare
    place = data.draw(st.integers(0, len(pdf) - 1) | st.integers(start, len(pdf) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda value: value != pdf[place]))
    changed = pdf[:place] + bytes([other]) + pdf[place + 1 :]

    try:
        report = judged(changed)
    except ArchiveError:
        return
    assert not report.sound


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.floats(0, 1), junk=st.binary(max_size=200))
def test_a_part_of_a_file_with_junk_never_passes_and_never_crashes(bare, cut, junk) -> None:
    pdf, *_ = bare
    damaged = pdf[: int(cut * len(pdf))] + junk
    if damaged == pdf:
        return

    try:
        report = judged(damaged)
    except ArchiveError:
        return
    assert not report.sound


def test_checking_is_quick_for_its_size(case) -> None:
    *_, pdf = case
    before = resource.getrusage(resource.RUSAGE_SELF).ru_utime

    judged(pdf)

    assert resource.getrusage(resource.RUSAGE_SELF).ru_utime - before < 1
