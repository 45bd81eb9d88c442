"""What another vendor kept, and a platform's own JSON, written by us."""

from __future__ import annotations

import json
from hashlib import sha256

from tests.archiver.imports.exports.export import JPEG, Export, spelled

KEPT_ELSEWHERE = {
    "id": "1300",
    "platform": "x",
    "account": "district",
    "kind": "post",
    "author": {"handle": "district", "name": "The District"},
    "created": "2020-09-09T12:00:00Z",
    "text": "Snow day, kept elsewhere",
    "attachments": [{"file": "media/snow.jpg", "type": "image/jpeg", "alt": "Snow"}, {"url": "https://x.example/a"}],
    "native": {"id_str": "1300"},
}
VENDOR = Export(
    name="vendor",
    platform="x",
    files={
        "items-manifest.json": spelled(
            {
                "format": "holdfast-items/1",
                "files": [
                    {"path": "items.jsonl", "count": 3},
                    {"path": "media/snow.jpg", "sha256": sha256(JPEG).hexdigest(), "bytes": len(JPEG)},
                ],
            }
        ),
        "items.jsonl": json.dumps(KEPT_ELSEWHERE).encode()
        + b'\n\n {"id": 1301, "kind": "comment", "text": "Thanks!", "parent": "1300", "author": "ana"}\r\n'
        + b'{"id":"1302","kind":"odd"}',
        "media/snow.jpg": JPEG,
    },
    kinds={"post": 1, "comment": 1, "event": 1},
    texts=("Snow day, kept elsewhere", "Thanks!"),
    items=("1300", "1301", "1302"),
    media=1,
    claims={"items.jsonl": 3},
)
NATIVE = Export(
    name="native-json",
    platform="x",
    files={"a/tweets.jsonl": b'{"id":"1","text":"one"}\n{"id":"2","text":"two"}\n', "b/notes.txt": b"kept"},
    kinds={"post": 2},
    texts=("one", "two"),
    items=("1", "2"),
)
