"""Archives to measure with: posts made from a seed, the same in every run."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING

from archiver import importing, registry, rounds
from manifests.archive import Archive, create_archive
from manifests.console import system_clock
from schemas.account import Account

if TYPE_CHECKING:
    from pathlib import Path

SEED = 20261121
RECORDS = 20_000
WORDS = [
    "school",
    "district",
    "board",
    "budget",
    "hearing",
    "bus",
    "route",
    "snow",
    "closed",
    "open",
    "meeting",
    "agenda",
    "policy",
    "public",
    "comment",
    "teacher",
    "student",
    "library",
    "science",
    "fair",
    "graduation",
    "lunch",
    "menu",
    "road",
    "water",
    "council",
    "permit",
    "election",
    "park",
    "summer",
    "reading",
    "program",
    "parents",
    "roof",
    "transport",
    "contract",
    "vote",
    "minutes",
    "safety",
    "police",
    "fire",
    "county",
    "office",
    "records",
    "request",
    "deadline",
    "question",
    "answer",
    "thanks",
]


def text_of(chance: random.Random) -> str:
    """A post of a few sentences, one in a hundred with a rare word."""
    words = chance.choices(WORDS, k=chance.randint(8, 60))
    return " ".join([*words, "zebra"] if chance.random() < 0.01 else words)


def tweets(number: int) -> bytes:
    """Posts as X's API answers with them, one JSON object a line."""
    chance = random.Random(SEED)
    lines = (
        json.dumps(
            {
                "id": str(1_700_000_000_000_000_000 + index),
                "text": text_of(chance),
                "author_id": str(chance.randint(1, 500)),
                "conversation_id": str(1_700_000_000_000_000_000 + index - index % 10),
                "created_at": f"2026-{1 + index % 9:02d}-{1 + index % 28:02d}T12:00:00.000Z",
                "public_metrics": {"like_count": chance.randint(0, 99), "reply_count": 0},
                "edit_history_tweet_ids": [str(1_700_000_000_000_000_000 + index)],
            }
        )
        for index in range(number)
    )
    return "\n".join(lines).encode()


def archive_in(folder: Path) -> Archive:
    archive = create_archive(
        folder, organisation="Bench", timezone="UTC", bates_prefix="B", tag="0", now=system_clock, actor="bench"
    )
    registry.register(archive, Account(name="x", platform="x", url="https://x.example/", title="x"))
    return archive


def filled(folder: Path, number: int = RECORDS) -> Archive:
    """An archive with so many imported posts."""
    archive = archive_in(folder / "home")
    source = folder / "tweets.jsonl"
    source.write_bytes(tweets(number))
    importing.import_file(archive, archive.ledger.history.accounts["x"], source, rounds.system_chance())
    return archive
