"""What tests look for in the folder of a directory store."""

from __future__ import annotations

from storage.directory import INCOMING, DirectoryStore


def drafts(store: DirectoryStore) -> list[str]:
    """The names of the drafts that lie there."""
    incoming = store.root / INCOMING
    return [path.name for path in incoming.iterdir()] if incoming.exists() else []
