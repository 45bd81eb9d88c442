"""The list of what is redacted, for whoever asks why: each part of a record with its reasons. Pure.

How many words are hidden, or where in a part, is in no list.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from ediscovery.production.wording import PARTS
from ediscovery.sheets import sheet

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ediscovery.packages.fields import HandedOver

COLUMNS = ("BEGBATES", "ENDBATES", "PART", "NAME", "REASON", "LEAF_HASH")


def redactions(records: Iterable[HandedOver]) -> bytes:
    """Return the list as CSV (RFC 4180, UTF-8 with a mark); ``NAME`` is that of FORMAT 3.2."""
    file = io.BytesIO()
    with sheet(file, COLUMNS) as write:
        for one in records:
            for name, reasons in one.hidden.items():
                said = PARTS.get(name, name.partition(".")[2])
                write((one.number, one.last_number, said, name, "; ".join(reasons), one.listed.record.hex))
    return file.getvalue()
