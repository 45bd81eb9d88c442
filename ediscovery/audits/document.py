"""An audit's report as a document for people: a signed PDF with the signed statement attached."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined

from ediscovery.production.binding import AttachedFile, bind
from ediscovery.production.field import FIELD
from ediscovery.production.typesetting import Press
from ediscovery.production.visible import inline, plain
from manifests.audit.signed import STATEMENT_NAME
from manifests.audit.words import guarded_in_words, verdict
from manifests.console import size_in_words
from schemas.digest import Digest

if TYPE_CHECKING:
    from ediscovery.production.signing import Signer
    from manifests.signing import Verifier
    from schemas.findings import AuditStatement

IDENTIFIER_SIZE = 32
SHOWN = 500
"""How many findings are printed; all that are listed are in the attached statement."""
MODES = {
    "full": "Full",
    "incremental": "Incremental: what is new since an earlier audit was read",
    "sampled": "Sampled: objects chosen at random were read",
}


def typeset(statement: AuditStatement, signed: bytes, *, verifier: Verifier, signer: Signer) -> bytes:
    """Return the PDF of a statement; ``signed`` is the note with it, signed by ``verifier``, and is attached.

    Raises:
        FontMissingError, TypesettingUnavailableError: what lays out text is not installed.
        CertificateExpiredError: the signer's certificate is not valid at the end of the audit.
    """
    press = Press(_css())
    page = _TEMPLATES.get_template("audit.html.j2").render(
        statement=statement,
        report=statement.report,
        mode=MODES[statement.report.mode],
        verdict=verdict(statement.report),
        guarded=guarded_in_words(statement.report),
        findings=statement.report.findings[:SHOWN],
        more=len(statement.report.findings) - SHOWN,
        verifier=verifier.to_text(),
        signer=signer,
    )
    attached = AttachedFile(STATEMENT_NAME, signed, "The signed statement that these pages print")
    identifier = Digest.of(signed).hex[:IDENTIFIER_SIZE].encode()
    printed = press.print([press.lay_out(page)], at=statement.ended, field=FIELD)
    pdf = bind([printed], [attached], identifier=identifier, at=statement.ended)
    return signer.sign(pdf, reason=f"Audit of {statement.report.origin}", at=statement.ended)


def _css() -> str:
    production = files("ediscovery.production").joinpath("templates", "style.css").read_text(encoding="utf-8")
    return production + files("ediscovery.audits").joinpath("templates", "audit.css").read_text(encoding="utf-8")


_TEMPLATES = Environment(
    loader=PackageLoader("ediscovery.audits"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters |= {
    "inline": inline,
    "plain": plain,
    "size": size_in_words,
    "thousands": lambda number: f"{number:,}",
    "moment": lambda instant: f"{instant.to_datetime():%Y-%m-%d %H:%M:%S} UTC",
    "w3c": lambda instant: f"{instant.to_datetime():%Y-%m-%dT%H:%M:%SZ}",
}
