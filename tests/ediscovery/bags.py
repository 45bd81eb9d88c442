"""Bags that somebody changes, and how whoever wants that not to be seen writes their manifests anew."""

from __future__ import annotations

import hashlib
import shutil
from typing import TYPE_CHECKING

from ediscovery.bags import names

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def files(folder: Path) -> list[str]:
    """The names of all files in a bag."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def copied(folder: Path, to: Path) -> Path:
    """A copy of a bag, to be changed."""
    return shutil.copytree(folder, to)


def rewrite(path: Path, change: Callable[[bytes], bytes]) -> None:
    """Change a file; it must become another."""
    before = path.read_bytes()
    after = change(before)
    assert after != before
    path.write_bytes(after)


def name_again(folder: Path) -> None:
    """Write all manifests anew, as somebody does who wants a change not to be seen."""
    for algorithm in names.ALGORITHMS:
        payload = [name for name in files(folder) if name.startswith(names.PAYLOAD)]
        _write(folder, names.manifest(algorithm), algorithm, payload)
    octets = sum((folder / name).stat().st_size for name in payload)
    lines = (folder / names.INFO).read_text().splitlines()
    lines = [line for line in lines if not line.startswith("Payload-Oxum")]
    (folder / names.INFO).write_text("\n".join([*lines, f"Payload-Oxum: {octets}.{len(payload)}"]) + "\n")
    name_tags_again(folder)


def name_tags_again(folder: Path) -> None:
    """Write the manifests of tag files anew, and nothing else."""
    tags = [name for name in files(folder) if not name.startswith((names.PAYLOAD, "tagmanifest-"))]
    for algorithm in names.ALGORITHMS:
        _write(folder, names.tag_manifest(algorithm), algorithm, tags)


def _write(folder: Path, name: str, algorithm: str, named: list[str]) -> None:
    digests = ((one, hashlib.new(algorithm, (folder / one).read_bytes()).hexdigest()) for one in named)
    (folder / name).write_text("".join(f"{digest}  {one}\n" for one, digest in digests))
