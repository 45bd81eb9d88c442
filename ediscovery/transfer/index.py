"""What lies in a package, for people: a list for a spreadsheet, and a page that says what the files are."""

from __future__ import annotations

import csv
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ediscovery.printable import one_line
from ediscovery.sheets import defused
from ediscovery.transfer import naming

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ediscovery.evidence import Sealed
    from ediscovery.transfer.choosing import Judgement
    from ediscovery.transfer.manifest import Transfer

COLUMNS = (
    *("number", "record", "account", "kind", "item", "date", "title", "excerpt"),
    *("series", "due", "disposal", "native"),
)
EXCERPT = 300

README = """Records of {organisation}, transfer {transfer}
{line}

{records} records of {series}, judged for {as_of}.

This folder is a BagIt bag (RFC 8493); what lies in data/ has the shape of an
E-ARK information package. The files:

  data/documentation/index.csv            a list of the records, for a spreadsheet
  data/METS.xml                           every file, with size and SHA-256 (METS)
  data/metadata/preservation/premis.xml   every record's native bytes, and what was
                                          done to them (PREMIS 3.0)
  data/representations/records/data/      the records, up to 1,000 in a folder; each has
      <number>-native.<extension>         its bytes exactly as they were captured,
      <number>-normalised.json            what was read from them (ActivityStreams 2.0),
      <number>-provenance.json            how they were captured, and
      <number>-proof.json                 the proof that they are in the signed ledger
  transfer.json                           the transfer as a whole, with the ledger's
                                          signed checkpoint that all proofs lead to

Not here: the captures as a whole (WARC), since they hold other records, too; images and
other media are here as far as they are records of their own.

To check it, offline and without trusting whoever made it:

  holdfast retention transfer check FOLDER --key KEY

with the key that {organisation} publishes. The format of the proofs is published with
Holdfast (docs/FORMAT.md, 6 and 9); any BagIt program checks the files alone.

The archive's checkpoint key, to be compared with the published one:

  {key}
"""


@contextmanager
def index(path: Path) -> Iterator[Callable[[int, Sealed, Judgement, str], None]]:
    """Write ``index.csv``; the block is given what writes the row of a record: its number and its native file."""
    # A spreadsheet knows by the mark at the beginning that this is UTF-8.
    with path.open("x", encoding="utf-8-sig", newline="") as file:
        sheet = csv.writer(file)
        sheet.writerow(COLUMNS)

        def add(number: int, sealed: Sealed, judgement: Judgement, native: str) -> None:
            view = sealed.view
            cells = (
                *(str(number), sealed.id.hex, sealed.provenance.account, view.kind, one_line(view.item)),
                *(str(view.created or sealed.provenance.captured), one_line(view.title or "")),
                *(one_line(view.text or "")[:EXCERPT], judgement.series),
                *(str(judgement.due or ""), judgement.disposal, naming.in_package(native)),
            )
            sheet.writerow([defused(cell) for cell in cells])

        yield add


def readme(transfer: Transfer) -> bytes:
    """Return the page that says what the files of a package are."""
    organisation = one_line(transfer.organisation)
    text = README.format(
        organisation=organisation,
        transfer=transfer.transfer,
        line="=" * (len(organisation) + len(transfer.transfer) + 22),
        records=f"{transfer.records:,}",
        series=", ".join(transfer.series),
        as_of=transfer.as_of,
        key=transfer.claims.verifier,
    )
    return text.encode()
