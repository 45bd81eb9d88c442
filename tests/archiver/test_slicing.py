"""Where the items of a feed lie in its bytes: in any encoding, however broken, in linear time."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.collectors.feed.slicing import find_doctype, item_slices, shadow_of
from tests.corpora import corpus

RSS = '<?xml version="1.0"?><rss><channel><title>t</title>{}</channel></rss>'


def items_of(document: bytes) -> list[bytes]:
    places = item_slices(shadow_of(document), len(document))
    assert all(offset >= 0 and length > 0 and offset + length <= len(document) for offset, length in places)
    assert all(left + length <= right for (left, length), (right, _) in pairwise(places))
    return [document[offset : offset + length] for offset, length in places]


@pytest.mark.parametrize(
    "item",
    [
        "<item><title>one</title></item>",
        "<item/>",
        "<item a=\"</item>\" b='<item>' >x</item>",
        "<item><!-- </item> <item> -->x</item>",
        "<item><![CDATA[</item><item>]]></item>",
        "<item><?php </item> ?></item>",
        "<ITEM>x</Item >",
        "<atom:entry><id>1</id></atom:entry>",
        "<entry><source><entry>quoted</entry></source></entry>",
        "<entry><content type='xhtml'><div><entry>x</entry><p>unclosed</div></content></entry>",
        "<item><p>unclosed<br></item>",
        "<item\n\trdf:about = 'http://e.org/?a>b'\n>x</item\n>",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp037"])
def test_an_item_is_cut_out_whole_in_any_encoding(item: str, encoding: str) -> None:
    document = RSS.format(f"\n{item}\n{item}é").encode(encoding)
    marks = len("".encode(encoding))
    expected = item.encode(encoding)[marks:]

    assert items_of(document) == [expected, expected]


def test_items_without_an_end_end_where_the_next_one_starts() -> None:
    assert items_of(b"<rss><item><a>1</a><item><a>2</a><item>3") == [b"<item><a>1</a>", b"<item><a>2</a>", b"<item>3"]


def test_elements_that_only_sound_like_items_are_none() -> None:
    feed = b"<feed><entry>1</entry><x:entry>no</x:entry><items/><deleted-entry/><entry>2</entry></feed>"

    assert items_of(feed) == [b"<entry>1</entry>", b"<entry>2</entry>"]


def test_half_a_character_is_no_markup() -> None:
    text = "<rss><item>こんにちは、世界。漢字かな</item></rss>"
    document = text.encode("iso2022_jp")

    assert items_of(document) == ["<item>こんにちは、世界。漢字かな</item>".encode("iso2022_jp")]


def test_a_document_type_is_found_with_its_subset() -> None:
    doctype = b"""<!DOCTYPE rss [<!ENTITY a "]>"> <!-- ]> --> <!ENTITY b '<item>'>]>"""
    document = b"<?xml version='1.0'?>\n" + doctype + b"<rss><item>1</item></rss>"
    place = find_doctype(shadow_of(document))

    assert place is not None
    assert document[place[0] : sum(place)] == doctype
    assert items_of(document) == [b"<item>1</item>"]
    assert find_doctype(shadow_of(b"<rss/>")) is None


@given(st.binary(max_size=400))
def test_no_bytes_make_the_scanner_fail(document: bytes) -> None:
    items_of(document)


PIECES = ["<item>", "</item>", "<item/>", "<entry", ">", "<!--", "-->", "<![CDATA[", "]]>", "<?", "?>", '"', "'", "="]
MORE = ["<!DOCTYPE", "[", "]", "<a>", "</a>", "<a b=", "x", "\n", "é", "<", "\ufeff"]


@given(st.lists(st.sampled_from(PIECES + MORE), max_size=40), st.sampled_from(["utf-8", "utf-16", "utf-32-be"]))
def test_no_heap_of_markup_makes_the_scanner_fail(pieces: list[str], encoding: str) -> None:
    for item in items_of("".join(pieces).encode(encoding)):
        assert item


@given(st.lists(st.text(st.characters(exclude_characters="<>&\"'\x1b"), max_size=20), max_size=8))
def test_what_stands_in_items_never_moves_their_edges(texts: list[str]) -> None:
    items = [f"<item><t>{text}</t></item>".encode("utf-8", "replace") for text in texts]

    assert items_of(b"<rss>" + b" ".join(items) + b"</rss>") == items


@pytest.mark.parametrize(
    "piece",
    [b"<", b"<item>", b"<item><a>", b'<a b="', b"<a '", b"<!--", b"<![CDATA[", b"<!DOCTYPE [", b"<?", b"</a>", b"= "],
)
def test_time_grows_no_faster_than_the_document(piece: bytes) -> None:
    def seconds(size: int) -> float:
        document = b"<rss><a " + piece * (size // len(piece))
        started = time.process_time()
        items_of(document)
        return time.process_time() - started

    small, large = min(seconds(50_000) for _ in range(3)), min(seconds(800_000) for _ in range(2))

    # 16 times the size: linear time is 16 times as long, quadratic 256 times.
    assert large < 90 * max(small, 0.002)


def test_every_feed_of_the_corpus_is_scanned_within_its_bounds() -> None:
    files = sorted(corpus("feeds").rglob("*.xml"))
    for file in files:
        items_of(file.read_bytes())

    assert len(files) > 1_000
