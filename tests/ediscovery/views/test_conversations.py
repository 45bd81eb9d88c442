"""Hits by conversations: a grouping in plain Python over the same hits agrees."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ediscovery.views.conversations import HITS, threads_of
from schemas.query import Query, Word
from tests.ediscovery.partitions import Version, opened, write

versions = st.builds(
    Version,
    item=st.sampled_from("uvwxyz"),
    text=st.sampled_from(["snow", "rain"]),
    title=st.sampled_from([None, "A title"]),
    account=st.sampled_from(["blog", "page"]),
    kind=st.sampled_from(["post", "comment", "absence", "list"]),
    thread=st.sampled_from([None, "u", "v", "elsewhere"]),
    created=st.none() | st.integers(0, 5),
    captured=st.integers(0, 5),
    salt=st.integers(),
)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(versions, max_size=20), st.booleans(), st.integers(1, 4))
def test_hits_grouped_one_by_one_come_to_the_same_threads(held, each, limit):
    held = list({version.record.id: version for version in held}.values())
    query = Query(term=Word("snow"), versions=each)
    with tempfile.TemporaryDirectory() as folder, opened(write(Path(folder), held, rows=7)) as search:
        hits = list(search.hits(query))
        found = threads_of(search, query, limit=limit)
    by_id = {version.record.id: version for version in held}
    groups: dict[tuple[str, str], list] = {}
    for hit in hits:
        groups.setdefault((hit.account, by_id[hit.record].thread or hit.item), []).append(hit)
    assert (found.total, found.threads) == (len(hits), len(groups))
    assert [(one.account, one.name) for one in found.first] == list(groups)[:limit]
    for one in found.first:
        own = groups[one.account, one.name]
        assert (one.hits, list(one.shown)) == (len(own), own[:HITS])
        items = [v for v in held if v.account == one.account and v.kind in ("post", "comment")]
        assert one.items == len({(v.kind, v.item) for v in items if (v.thread or v.item) == one.name})
        roots = [v for v in items if v.item == one.name]
        root = max(roots, key=lambda v: (v.captured, v.record.id.raw), default=None)
        assert (one.root.record if one.root else None) == (root.record.id if root else None)


def test_a_thread_with_more_hits_than_are_shown_says_how_many(tmp_path):
    held = [Version("post", "the day of snow", title="Snow day", author="Ana", created=0)]
    held += [Version(f"c{n}", "snow!", kind="comment", thread="post", created=n) for n in range(1, HITS + 5)]
    held += [Version("c99", "rain", kind="comment", thread="post", created=1), Version("x", "snow", created=3)]
    with opened(write(tmp_path, held)) as search:
        first, second = threads_of(search, Query(term=Word("snow")), limit=5).first
        assert threads_of(search, Query(term=Word("hail")), limit=5).first == ()
    assert first.root is not None
    assert (first.root.title, first.root.author, first.hits, first.items) == ("Snow day", "Ana", HITS + 5, HITS + 6)
    assert [hit.item for hit in first.shown] == ["post", *(f"c{n}" for n in range(1, HITS))]
    assert (second.name, second.hits, second.items) == ("x", 1, 1)
