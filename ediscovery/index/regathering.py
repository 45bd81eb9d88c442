"""What all segments say of items, from what they said before and what came since: so that it costs what is new.

Segments that are as they were hold no record of an item that is not named in one of the others, or say of it what they
said. Of the items that are, all records are looked at again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from ediscovery.engine import Engine
from ediscovery.index import segments
from ediscovery.index.opened import Segment
from ediscovery.index.ordering import Documents
from ediscovery.index.sets import among
from ediscovery.index.versions import STATEMENT

if TYPE_CHECKING:
    from pathlib import Path

    from ediscovery.engine import Means
    from ediscovery.index.files import Files

TOLD = ("doc", "account", "kind", "item", "captured", "record", "verdict")


def regather(before: Path, kept: Files, anew: Files, target: Path, *, means: Means) -> None:
    """Write what all segments say of items to ``target``: the same bytes as ``versions.gather`` over all of them.

    ``before`` says it of the segments in ``kept``, and of others that those in ``anew`` took the place of or came
    after; no record of these was destroyed since.

    Raises:
        SearchTooLargeError: neither memory nor the folder to spill into are enough.
        ArrowException, OSError: a file cannot be read.
    """
    older, newer = ([Segment(folder, files.opened) for folder in files.segments] for files in (kept, anew))
    start = newer[0].first
    names = np.unique(np.concatenate([segment.names.values("name") for segment in newer]))
    again = pa.concat_tables(segment.names_among(names) for segment in (*older, *newer))
    docs = np.sort(again.column("doc").to_numpy())
    said = segments.read_items(before)
    told = said.column("doc").to_numpy()
    stays = said.filter(pa.array((told < start) & ~among(told, docs)))
    described = Documents((*older, *newer)).described(docs, TOLD)
    with Engine((), means) as engine:
        # Tables of its own: what it asks of Arrow's it cannot say in numbers of 64 bits without a sign.
        engine.run("CREATE TABLE docs AS FROM given", given=described)
        engine.run("CREATE TABLE names AS FROM given", given=again)
        found = engine.batches(f"WITH {STATEMENT}", {})
        rows = pa.concat_tables([stays, *(pa.Table.from_batches([one]).cast(segments.ITEMS) for one in found)])
    segments.write_items(target, rows.sort_by("doc").to_batches(), over=(*kept.segments, *anew.segments))
