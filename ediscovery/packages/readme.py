"""The page that says what the files of a package are, how they are loaded, and how they are checked. Pure."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING

from ediscovery.printable import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ediscovery.production.manifest import ProductionManifest, Volume

WIDTH = 100
TEXT = """\
{title}
{line}

{volume}{records} record(s) on {pages} numbered page(s), {bates}
Prepared for   {requester}
Matter         {matter}
Search         {query}

What is where, in the folder 'data'
-----------------------------------
production.pdf     the signed document: start here
NATIVES            what the platform served of each record, byte for byte; not of those that are redacted
TEXT               the words of each record
DATA               load files for review platforms, and lists of what is withheld or redacted, if anything is
PROOFS             how each record is proved to be in the archive since it was captured
CERTIFICATION.txt  the draft of a declaration, for whoever is competent to make it
IMAGES             each page as a picture, if there is this folder: the document decides
WACZ               what platforms answered, if there is this folder: open it in ReplayWeb.page
production.json    which records these are, in their order
receipt.json       the receipt of the search, where it is known: whoever has the archive can repeat it
sealed.json        what the archive's ledger says of this production

Files of a record are called by the number of its first page.

How to check it
---------------
Open VERIFY.html in a browser and give it the folder that holds bagit.txt. It needs no network.
Or run, with Python 3.9 or later and nothing else:   python3 data/verify.py
Or, with Holdfast, which also checks the signature of production.pdf:   holdfast verify FOLDER

Each says what it checked and what it did not. All rests on one key. Compare it with the key that the archive publishes:

{key}

The folder is a BagIt bag (RFC 8493); any tool for these checks that its files are whole.

How to load it
--------------
DATA/{production}.dat  Concordance: UTF-8 with a byte order mark, columns parted by U+0014 and quoted
                       with U+00FE, a new line in a column is U+00AE, several values are parted by a semicolon
DATA/{production}.csv  the same columns, for spreadsheets
DATA/{production}.opt  Opticon: the pictures of each record's pages, if there are any
DATA/RSMF              conversations as Relativity's short message format, one a file, where there are any

Paths begin in 'data'. Times are UTC (ISO 8601). {replaced}
"""


def readme(manifest: ProductionManifest, replaced: Mapping[str, int]) -> str:
    """Return the text of the page. ``replaced`` counts characters that load files cannot hold, as they were found."""
    title = f"{one_line(manifest.organisation)}: production {manifest.production}"
    return TEXT.format(
        title=title,
        line="=" * len(title),
        volume=_volume(manifest.volume) if manifest.volume else "",
        records=f"{len(manifest.records):,}",
        pages=f"{manifest.bates.pages:,}",
        bates=manifest.bates,
        requester=one_line(manifest.requester),
        matter=one_line(manifest.matter),
        query=one_line(manifest.query_words),
        production=manifest.production,
        key=manifest.claims.verifier,
        replaced=fill(_replaced(replaced), WIDTH),
    )


def _volume(volume: Volume) -> str:
    """Return which part of what was found this is, as a paragraph."""
    elsewhere = f"{len(volume.elsewhere):,} record(s) that the search found are in the others"
    return f"VOLUME {volume.number:,} OF {volume.of:,}: {elsewhere}.\n\n"


def _replaced(replaced: Mapping[str, int]) -> str:
    if not replaced:
        return "Every text is in the load files as it is."
    told = ", ".join(f"U+{ord(character):04X} {count:,} time(s)" for character, count in replaced.items())
    return f"Load files cannot hold some characters, which were replaced in them ({told}); TEXT and NATIVES are whole."
