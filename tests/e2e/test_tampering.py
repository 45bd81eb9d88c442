"""One flipped byte anywhere in any stored object: verification names the object, and nothing else."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from manifests.audit import audit
from manifests.console import system_clock
from storage.directory import DirectoryStore
from tests.e2e.holdfast import Holdfast

if TYPE_CHECKING:
    from pathlib import Path


def faults(office: Holdfast) -> set[str]:
    """The keys that the audit names."""
    report = audit(DirectoryStore(office.home / "archive"), now=system_clock())
    return {finding.key for finding in report.findings}


def test_an_untouched_archive_is_sound_and_has_every_kind_of_object(office: Holdfast):
    assert faults(office) == set()
    kinds = {office.key_of(path).split("/")[0] for path in office.objects()}
    assert kinds == {"ledger", "checkpoints", "partitions", "exchanges", "productions"}


def test_one_flipped_byte_in_any_object_names_that_object_and_nothing_else(office: Holdfast):
    for path in office.objects():
        content = path.read_bytes()
        for position in sorted({0, 7, len(content) // 3, len(content) // 2, len(content) - 2, len(content) - 1}):
            flipped = bytearray(content)
            flipped[position] ^= 0x01
            replace(path, bytes(flipped))
            assert faults(office) == {office.key_of(path)}, (path, position)
        replace(path, content)
    assert faults(office) == set()


def test_a_flipped_byte_at_every_position_of_every_object_names_that_object(tmp_path: Path):
    made = Holdfast(tmp_path / "home").init()
    made.register("https://social.example/@board", "board", "--platform", "mastodon")
    export = tmp_path / "export.json"
    export.write_text('{"id":"1","content":"<p>The board meets</p>","account":{"id":"9","acct":"board"}}')
    made.json("import", "board", str(export))
    for path in made.objects():
        content = path.read_bytes()
        for position in range(len(content)):
            flipped = bytearray(content)
            flipped[position] ^= 0x01
            replace(path, bytes(flipped))
            assert faults(made) == {made.key_of(path)}, (path, position)
        replace(path, content)


@pytest.mark.parametrize("change", ["shorter", "longer", "empty"])
def test_a_cut_or_lengthened_object_is_named(office: Holdfast, change: str):
    for path in office.objects():
        content = path.read_bytes()
        replace(path, {"shorter": content[:-1], "longer": content + b"\n", "empty": b""}[change])
        assert faults(office) == {office.key_of(path)}, path
        replace(path, content)


def test_a_missing_object_is_named(office: Holdfast):
    objects = office.objects()
    last = max(path for path in objects if office.key_of(path).startswith("ledger/"))
    for path in objects:
        aside = path.with_name("aside")
        path.rename(aside)
        aside.rename(office.home / "aside")
        named = faults(office)
        (office.home / "aside").rename(path)
        if path == last:
            continue  # cutting off the end is what only a witness shows; see THREAT-MODEL P1
        assert named == {office.key_of(path)}, path


def test_what_nobody_named_is_a_notice_and_no_fault(office: Holdfast):
    stranger = office.home / "archive" / "partitions" / "stranger.parquet"
    stranger.write_bytes(b"put here by somebody")
    report = audit(DirectoryStore(office.home / "archive"), now=system_clock())
    stranger.unlink()
    assert [(finding.severity, finding.key) for finding in report.findings] == [
        ("notice", "partitions/stranger.parquet")
    ]
    assert report.sound


def replace(path: Path, content: bytes) -> None:
    """Put other bytes into an object's place, as somebody with the right to would."""
    os.chmod(path, 0o644)  # noqa: PTH101
    path.write_bytes(content)
