"""Keys that are read back: each spelling has one reading, and nothing else has any."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage import keys, layout

SIZES = st.integers(0, 10**20 - 1)
NAMES = st.from_regex(r"[a-z0-9][a-z0-9-]{0,62}", fullmatch=True)


@given(SIZES, NAMES, st.integers(0, 999_999))
def test_every_key_of_what_others_said_is_read_as_it_was_spelled(size: int, name: str, number: int):
    assert layout.checkpoint_size(layout.checkpoint(size)) == size
    assert layout.cosignature_of(layout.cosignature(size, name)) == (size, name)
    assert layout.timestamp_of(layout.timestamp(size, name, number)) == (size, name, number)
    for key in (layout.cosignature(size, name), layout.timestamp(size, name, number), layout.root("0" * 64)):
        assert keys.is_key(key)
        assert key.startswith(layout.RECORD)


@pytest.mark.parametrize(
    "key",
    [
        "cosignatures/3/county.note",
        f"cosignatures/{3:020d}/county.1.note",
        f"cosignatures/{3:020d}/County.note",
        f"cosignatures/{3:020d}/a/b.note",
        f"timestamps/{3:020d}/alpha.0.tsr",
        f"timestamps/{3:020d}/alpha.01.tsr",
        f"timestamps/{3:020d}/alpha.tsr.1",
        f"timestamps/{3:020d}/.tsr",
        f"timestamps/{3:021d}/alpha.tsr",
        "timestamps/roots/00.der",
        "checkpoints/3.note",
        f"checkpoints/{3:020d}.note\n",
        f"cosignatures/{chr(0xFF13) * 20}/county.note",
    ],
)
def test_any_other_spelling_is_nobodys(key: str):
    assert layout.cosignature_of(key) is None
    assert layout.timestamp_of(key) is None
    assert layout.checkpoint_size(key) is None
