"""Files that are no productions, or no longer: refused by name, in moments."""

from __future__ import annotations

import io
import random
import time

import pikepdf
import pytest

from ediscovery.production.reading import NotAProductionError
from schemas.errors import ArchiveError
from tests.corpora import corpus
from tests.ediscovery.productions import NOW, case_of_two, codes, judged, with_attachment

SECONDS = 10


@pytest.fixture(scope="module")
def case():
    """A production of two records."""
    return case_of_two()


def test_strangers_pdfs_are_refused_in_moments() -> None:
    paths = sorted(corpus("conformance", "pdf-signature").rglob("*.pdf"))
    assert len(paths) == 74
    refused = set()
    for path in paths:
        started = time.process_time()
        try:
            assert not judged(path.read_bytes()).sound, path
        except ArchiveError as error:
            refused.add(error.code)
        assert time.process_time() - started < SECONDS, path
    assert refused == {"NOT_A_PRODUCTION"}


@pytest.mark.parametrize("content", [b"", b"%PDF-", b"%PDF-1.7\n%%EOF", random.Random(7).randbytes(100_000)])
def test_what_is_no_production_is_refused_by_name(content) -> None:
    with pytest.raises(NotAProductionError):
        judged(content)


def test_the_report_of_an_audit_is_called_that_and_not_an_unsound_production(case) -> None:
    rendered, signer, *_ = case
    bare = with_attachment(rendered.pdf, "production.json", None)
    report = signer.sign(with_attachment(bare, "audit.json", b"holdfast-audit/v1"), reason="x", at=NOW)

    with pytest.raises(NotAProductionError, match="report of an audit") as caught:
        judged(report)

    assert "holdfast verify audit.json --key" in caught.value.do


def test_an_encrypted_copy_is_refused(case) -> None:
    *_, pdf = case
    with pikepdf.open(io.BytesIO(pdf)) as document:
        out = io.BytesIO()
        document.save(out, encryption=pikepdf.Encryption(owner="a", user=""))

    report = judged(out.getvalue())

    assert not report.sound
    assert "PDF_UNREADABLE" in codes(report)
