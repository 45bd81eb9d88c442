"""The list of withheld records, as a court asks for it (Federal Rules of Civil Procedure 26(b)(5)(A)). Pure.

It has what the production says of each: its page, the reason, what a person described, and its id in the archive.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from ediscovery.sheets import sheet

if TYPE_CHECKING:
    from ediscovery.production.manifest import ProductionManifest

COLUMNS = ("BEGBATES", "ENDBATES", "REASON", "DESCRIPTION", "LEAF_HASH")


def withheld(manifest: ProductionManifest) -> bytes:
    """Return the list as CSV (RFC 4180, UTF-8 with a mark)."""
    file = io.BytesIO()
    with sheet(file, COLUMNS) as write:
        for one in manifest.withheld:
            first, last = (one.bates.spell(number) for number in (one.bates.first, one.bates.last))
            write((first, last, one.reason, one.description, one.record.hex))
    return file.getvalue()
