"""Records for tests of partitions: made ones and generated ones."""

from __future__ import annotations

from hypothesis import strategies as st

from schemas.instant import Instant
from schemas.record import KINDS, SALT_SIZE, Author, Normalised, Provenance, Record, Slice
from storage.parquet import Cell, columns_of

JANUARY_2026 = 1_767_225_600_000_000  # microseconds
LAST = Instant.from_text("9999-12-31T23:59:59.999999Z").micros
FIRST = Instant.from_text("0001-01-01T00:00:00.000000Z").micros


def record(
    number: int, *, native: bytes | None = None, text: str | None = "words and words", author: Author | None = None
) -> Record:
    """Return the ``number``-th record of a made account: a post, a second after the one before."""
    native = f'{{"id": "{number}"}}'.encode() if native is None else native
    view = Normalised(
        kind="post",
        type="Note",
        item=f"https://social.example/posts/{number}",
        url=f"https://social.example/@district/{number}",
        text=text,
        author=author or Author(name="The District", handle="district", id="42"),
        created=Instant(JANUARY_2026 + number * 1_000_000),
        created_text="2026-01-01",
    )
    return Record(
        salt=number.to_bytes(SALT_SIZE, "big"),
        native=native,
        normalised=view.to_bytes(),
        provenance=provenance(len(native), Instant(JANUARY_2026)).to_bytes(),
    )


def provenance(length: int, captured: Instant) -> Provenance:
    """Return the provenance of ``length`` native bytes."""
    return Provenance(
        account="district",
        platform="mastodon",
        capture="c" * 32,
        captured=captured,
        method="api",
        collector="mastodon/1",
        claim=1,
        source=Slice(exchange="urn:uuid:" + "0" * 36, uri="https://social.example/api", offset=0, length=length),
    )


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
maybe = st.none() | texts
instants = st.integers(FIRST, LAST).map(Instant)
views = st.builds(
    Normalised,
    kind=st.sampled_from(KINDS),
    type=texts,
    item=texts,
    url=maybe,
    title=maybe,
    text=maybe,
    author=st.none() | st.builds(Author, id=maybe, name=maybe, handle=maybe),
    created=st.none() | instants,
    thread=maybe,
    parent=maybe,
)
records = st.builds(
    lambda salt, native, view, captured: Record(
        salt=salt, native=native, normalised=view.to_bytes(), provenance=provenance(len(native), captured).to_bytes()
    ),
    st.binary(min_size=SALT_SIZE, max_size=SALT_SIZE),
    st.binary(max_size=200),
    views,
    instants,
)


def derived_columns(one: Record) -> dict[str, Cell]:
    """The columns that follow from a record's own texts."""
    return columns_of(one, Normalised.from_bytes(one.normalised), Provenance.from_bytes(one.provenance))
