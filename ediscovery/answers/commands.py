"""The command that asks again what a receipt says: repeat."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ediscovery.answers.asking import Question, basis_of, receipt_of
from ediscovery.answers.comparing import compare
from ediscovery.answers.giving import STANDARD_OUTPUT, answer_options, checked_format, export, write_receipt
from ediscovery.answers.receipt import LARGEST, ReceiptUnreadableError, read_receipt
from ediscovery.answers.wording import basis_line, comparison_lines
from ediscovery.commands import searchable_whole
from manifests.console import Console, json_option
from schemas.errors import InputError, IntegrityError

if TYPE_CHECKING:
    from ediscovery.answers.exporting import Format
    from ediscovery.answers.receipt import SearchReceipt
    from manifests.archive import Archive


class ReceiptForeignError(InputError):
    """A receipt is of another archive, or of more of it than is here."""

    code = "RECEIPT_FOREIGN"


class ReceiptLedgerError(IntegrityError):
    """The entries that a receipt was about are not those of this ledger."""

    code = "RECEIPT_LEDGER"


@click.command()
@click.argument("asked", metavar="RECEIPT", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@answer_options
@json_option
@click.pass_obj
def repeat(console: Console, asked: Path, out: Path | None, wanted: Format | None, receipt: Path | None) -> None:
    """Ask again what a receipt says, of the same entries of the ledger, and say whether the answer is the same.

    Hits that are others now are put down to destruction only in accounts of which records were destroyed since.

    \b
    Example:
      holdfast repeat deleted.json
    """
    wanted = checked_format(console, out, wanted, receipt)
    archive = console.open()
    before = _read(asked)
    _check_ledger(archive, before)
    size = before.ledger_size
    question = Question(before.asked(), before.typed, before.options)
    with console.progress("Searching") as tell, searchable_whole(archive, size=size, tell=tell) as opened:
        basis = basis_of(archive, opened, size=size)
        now = receipt_of(archive, opened, question, basis)
        if out and wanted:
            zone = archive.settings.zone
            export(opened, question.query, out, wanted, zone, partial(tell, "hits"), now.hits)
    if receipt:
        write_receipt(now, receipt)
    found = compare(before, now)
    lines = (*comparison_lines(before, now, found), basis_line(basis))
    if out == STANDARD_OUTPUT:
        for line in lines:
            console.say(line)
    else:
        console.show(
            {
                "same": found.same,
                "explained": found.explained,
                "differences": [
                    {"account": one.account, "before": one.before, "now": one.now, "destroyed": one.destroyed}
                    for one in found.differences
                ],
                "circumstances": list(found.circumstances),
                "receipt": now.to_plain(),
            },
            lines,
        )
    if not found.explained:
        console.unsound("Keep both receipts, and run 'holdfast verify'.")


def _read(path: Path) -> SearchReceipt:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise ReceiptUnreadableError(f"{path} cannot be read: {error.strerror}.", do="Check the file.") from error
    if len(content) > LARGEST:
        raise ReceiptUnreadableError(f"{path} is larger than any receipt.", do="Give a receipt of a search.")
    return read_receipt(content)


def _check_ledger(archive: Archive, receipt: SearchReceipt) -> None:
    """Check that a receipt is about entries of this ledger.

    Raises:
        ReceiptForeignError: it is of another archive, or of more entries than there are.
        ReceiptLedgerError: it is of other entries.
    """
    ledger = archive.ledger
    if receipt.origin != ledger.origin:
        raise ReceiptForeignError(
            f"The receipt is of {receipt.origin[:80]!r}, and this is {ledger.origin!r}.", do="Open that archive."
        )
    if not 1 <= receipt.ledger_size <= ledger.head.size:
        raise ReceiptForeignError(
            f"The receipt is about {receipt.ledger_size} entries of the ledger, of which {ledger.head.size} are here.",
            do="Bring this copy up to date. If it is, entries were cut off: run 'holdfast verify'.",
        )
    if ledger.root_at(receipt.ledger_size) != receipt.ledger_root:
        raise ReceiptLedgerError(
            f"The first {receipt.ledger_size} entries of this ledger are not those that the receipt is about.",
            do="Stop, keep everything, and compare with a second copy or a checkpoint that was handed over.",
        )
