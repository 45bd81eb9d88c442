"""The twenty kinds of query that searches are measured with, said in our language and chosen from the texts.

Each finds about as large a part of the posts as its kind does where these were measured first.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from itertools import islice
from math import log
from typing import TYPE_CHECKING, TypeVar
from zlib import crc32

import pyarrow.parquet as pq

from bench.posts import DAYS, FIRST_DAY, folded
from ediscovery.folding import Character, part_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

T = TypeVar("T")

SAMPLE = 50_000
NO_WORD = "xqzvwkjy"
OPERATORS = ("and", "or", "not")
FAR = 5  # words, at most, as w/5 and pre/5 say
FIRST_EMOJI = "\U0001f300"


def kinds_of(texts: Path) -> dict[str, str]:
    """Return the query of each kind; one for which the texts hold nothing is left out."""
    sample = _Sample(texts)
    common, stop = sample.word(0.044), sample.word(0.44)
    one, other = sample.word(0.01), sample.word(0.005)
    middle = FIRST_DAY + timedelta(days=DAYS // 2)
    month = f"{middle:%Y-%m-%d}..{middle + timedelta(days=29):%Y-%m-%d}"
    beside = sample.beside
    found: dict[str, str | None] = {
        "zero": NO_WORD,
        "rare": sample.word(2.3e-5),
        "common": common,
        "stopword": stop,
        "and": _said("{} AND {}", one, sample.nearest(beside(one, sample.between(0.003, 0.05)), 1.4e-4)),
        "and_common": _said("{} AND {}", stop, sample.nearest(beside(stop, sample.between(0.03, 0.4)), 0.038)),
        "or10": " OR ".join(sample.words(1.6e-4, 10)),
        "not": f"{sample.word(0.004)} NOT {common}",
        "phrase": sample.phrase(2, 3.3e-4, sample.between(0.001, 0.05)),
        "phrase_stop": sample.phrase(3, 3.9e-4, sample.between(0.15, 1)),
        "prefix": _said("{}*", sample.nearest(sample.prefixes(4), 0.0025)),
        "prefix_big": _said("{}*", sample.nearest(sample.prefixes(2), 0.14)),
        "w5": _said("{} w/5 {}", other, sample.nearest(sample.around(other, before=True), 1.8e-5)),
        "pre5": _said("{} pre/5 {}", other, sample.nearest(sample.around(other, before=False), 1.5e-5)),
        "term_30d": f"{sample.word(0.015)} AND created:{month}",
        "term_author": f"{sample.word(0.08)} AND author:writer7",
        "hashtag": sample.nearest(sample.tags, 2.7e-4),
        "cjk_phrase": sample.phrase(2, 6.4e-4, {word for word in sample.df if _is(word, Character.ALONE)}),
        "emoji": sample.nearest({word: n for word, n in sample.df.items() if word >= FIRST_EMOJI}, 1.1e-5),
        "nested": f"({one} OR {other}) AND ({sample.word(0.009)} OR {sample.word(0.0045)}) NOT {common}",
    }
    return {kind: query for kind, query in found.items() if query}


def _said(form: str, *words: str | None) -> str | None:
    return form.format(*words) if all(words) else None


class _Sample:
    """The words of some posts: in how many of them each is (``df``), and the posts themselves."""

    def __init__(self, texts: Path) -> None:
        known: dict[str, str] = {}
        self.posts: list[list[str]] = []
        self.df: Counter[str] = Counter()
        self.tags: Counter[str] = Counter()
        for text in islice(_read(texts), SAMPLE):
            body, tags = folded(text)
            words = [known.setdefault(word, word) for word in body.split()]
            self.posts.append(words)
            self.df.update(set(words))
            self.tags.update(tag for tag in set(tags.split()) if tag[0] == "#" and tag[1:].isalpha())
        self._plain = {
            word: n
            for word, n in self.df.items()
            if word.isascii() and word.isalpha() and 3 <= len(word) <= 12 and word not in OPERATORS
        }

    def between(self, least: float, most: float) -> set[str]:
        """Return the words that are in no less and no more than such parts of the posts."""
        return {word for word, n in self._plain.items() if least <= n / len(self.posts) <= most}

    def word(self, part: float) -> str:
        return self.words(part, 1)[0]

    def words(self, part: float, number: int) -> list[str]:
        """Return the words that come nearest to being in this part of the posts."""
        return sorted(self._plain, key=self._distance(self._plain, part))[:number]

    def nearest(self, counts: Mapping[T, int], part: float) -> T | None:
        return min(counts, key=self._distance(counts, part), default=None)

    def _distance(self, counts: Mapping[T, int], part: float) -> Callable[[T], tuple[float, int]]:
        wanted = log(max(part * len(self.posts), 1))
        return lambda one: (abs(log(counts[one]) - wanted), crc32(str(one).encode()))

    def beside(self, word: str, among: set[str]) -> Counter[str]:
        """Return in how many posts each of some words is together with one."""
        return _counted(among.intersection(words) - {word} for words in self.posts if word in words)

    def around(self, word: str, *, before: bool) -> Counter[str]:
        """Return in how many posts other words, neither rare nor common, stand near one: after it, or also before."""

        def near(words: list[str]) -> Iterator[str]:
            for at, one in enumerate(words):
                if one == word:
                    yield from words[at + 1 : at + FAR + 1]
                    yield from words[max(at - FAR, 0) : at] if before else ()

        among = self.between(0.003, 1) - {word}
        return _counted(among.intersection(near(words)) for words in self.posts if word in words)

    def prefixes(self, length: int) -> Counter[str]:
        found: Counter[str] = Counter()
        for word, n in self._plain.items():
            if len(word) > length:
                found[word[:length]] += n
        return found

    def phrase(self, length: int, part: float, first: set[str]) -> str | None:
        """Return words that follow on each other, the first two of them among some, in quotes."""

        def runs(words: list[str]) -> Iterator[tuple[str, ...]]:
            for run in zip(*(words[at:] for at in range(length)), strict=False):
                if run[0] in first and run[1] in first and len(set(run)) == length:
                    yield run

        run = self.nearest(_counted(set(runs(words)) for words in self.posts), part)
        return f'"{" ".join(run)}"' if run else None


def _counted(sets: Iterable[set[T]]) -> Counter[T]:
    found: Counter[T] = Counter()
    for one in sets:
        found.update(one)
    return found


def _is(word: str, part: Character) -> bool:
    return part_of(word[0]) is part


def _read(texts: Path) -> Iterator[str]:
    for batch in pq.ParquetFile(texts).iter_batches(columns=["text"]):
        yield from batch.column(0).to_pylist()
