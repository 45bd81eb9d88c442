"""``holdfast verify``: audit an archive, or check what was handed over: a production, a certificate, a report."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any

import click

from ediscovery.audits.reports import Reports, is_report, verify_report
from ediscovery.audits.verifying import Wish, verify_archive
from manifests.audit import Draw, enough
from manifests.console import Console, json_option
from schemas.errors import InputError

CONFIDENCE = 0.95
FILE = click.Path(dir_okay=False, path_type=Path)
PRESENT = click.Path(exists=True, dir_okay=False, path_type=Path)


class AuditOptionsError(InputError):
    """Options of ``verify`` exclude each other, or one of them asks for nothing."""

    code = "AUDIT_OPTIONS"


@click.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--key", help="The archive's checkpoint key as its owner publishes it (name+id+key); "
              "of a report, the key that signed it.")  # fmt: skip
@click.option(
    "--store", type=click.Path(exists=True, file_okay=False, path_type=Path), help="A copy of the store to verify."
)
@click.option("--replica", help="Also verify this second copy, and compare both.")
@click.option("--since", type=PRESENT, help="Go on from what an earlier audit kept: read only what is new.")
@click.option("--keep", type=FILE, help="Write here what a later audit can go on from, if this one is sound.")
@click.option("--sample", type=click.IntRange(min=1), help="Read only so many objects, chosen at random.")
@click.option("--tolerate", type=float, help="Read as many objects as show that no greater share is at fault: 0.01.")
@click.option("--confidence", type=float, help=f"The probability that a sample states.  [default: {CONFIDENCE}]")
@click.option("--seed", help="Draw the same sample again: the seed that a report states.")
@click.option("--resume", type=FILE, help="Remember here what is done, and go on from it after being cut short.")
@click.option("--report", "reports", multiple=True, type=FILE, help="Write a signed report: FILE.json or FILE.pdf.")
@click.option("--signing-key", type=FILE, help="The auditor's own key for reports (PEM), made if it is not there; "
              "default: the archive's checkpoint key.")  # fmt: skip
@click.option("--certificate", type=PRESENT, help="PEM file with certificate and private key that sign a report's PDF; "
              "default: those that sign productions.")  # fmt: skip
@click.option("--processes", type=click.IntRange(min=1), help="How many to read with; default: one a processor.")
@click.option("--root", "roots", multiple=True, type=PRESENT,
              help="PEM file of a certificate authority that you trust, for the signature of a PDF.")  # fmt: skip
@json_option
@click.pass_obj
def verify(
    console: Console,
    /,
    file: Path | None,
    key: str | None,
    roots: tuple[Path, ...],
    **given: Any,  # noqa: ANN401
) -> None:
    """Recompute everything: the archive from its stored bytes, or what was handed over.

    A production, its package, a certificate of disposition or an audit's report needs no archive: it is checked from
    the file or folder alone. Where the archive is at hand, a certificate is compared with its ledger, too.

    \b
    Examples:
      holdfast verify
      holdfast verify --replica vault
      holdfast verify --store /mnt/copy/archive --key 'maple-grove/…+…+…'
      holdfast verify --keep last-audit.json --report audit.json --report audit.pdf
      holdfast verify --since last-audit.json --keep last-audit.json
      holdfast verify --tolerate 0.01 --confidence 0.99
      holdfast verify --resume /var/tmp/audit.state
      holdfast verify request-14.pdf --key 'maple-grove/…+…+…' --root county-ca.pem
      holdfast verify request-14/ --key 'maple-grove/…+…+…'
      holdfast verify certificate.pdf --key 'maple-grove/…+…+…'
      holdfast verify audit.json --key 'auditor@county+…+…'
    """
    if file is None:
        verify_archive(console, _wish(key, given))
    elif is_report(file):
        verify_report(console, file, key=key)
    else:
        # pyHanko is slow to import, and an audit does not need it.
        from ediscovery.audits.handed import is_package, verify_package, verify_pdf  # noqa: PLC0415

        (verify_package if is_package(file) else verify_pdf)(console, file, key=key, roots=roots)


def _wish(key: str | None, given: dict[str, Any]) -> Wish:
    draw = _draw(**{name: given.pop(name) for name in ("sample", "tolerate", "confidence", "seed")})
    if draw is not None and given["keep"] is not None:
        raise AuditOptionsError("A later audit cannot go on from a sample.", do="Leave out --keep, or the sample.")
    alone = ("store", "since", "keep", "resume", "reports")
    if given["replica"] is not None and any(given[name] for name in alone):
        raise AuditOptionsError(
            "--replica audits two stores; --store, --since, --keep, --resume and --report are for one.",
            do="Audit the archive first, then the copy.",
        )
    reports = Reports(given.pop("reports"), given.pop("signing_key"), given.pop("certificate"))
    processes = given.pop("processes") or len(os.sched_getaffinity(0))
    return Wish(key=key, draw=draw, processes=processes, reports=reports, **given)


def _draw(*, sample: int | None, tolerate: float | None, confidence: float | None, seed: str | None) -> Draw | None:
    if sample is not None and tolerate is not None:
        raise AuditOptionsError(
            "--sample and --tolerate both say how many objects are read.", do="Give one of the two."
        )
    stated = CONFIDENCE if confidence is None else confidence
    objects = enough(confidence=stated, tolerate=tolerate) if tolerate is not None else sample
    if objects is None:
        if seed is not None or confidence is not None:
            raise AuditOptionsError(
                "--seed and --confidence are of a sample, and none is asked for.", do="Give --sample or --tolerate."
            )
        return None
    return Draw(seed or secrets.token_hex(16), objects, stated)
