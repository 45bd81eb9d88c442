"""FORMAT.md says of every structure which fields may be left out: those that have a default, and no others."""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
import re
from pathlib import Path

import msgspec

import schemas
from schemas.canonical import Canonical

TEXT = (Path(__file__).parents[2] / "docs" / "FORMAT.md").read_text(encoding="utf-8")
BESIDE = (
    "manifests.proofs.record",
    "manifests.proofs.continuity",
    "manifests.proofs.redacted",
    "ediscovery.production.manifest",
    "ediscovery.packages.sealed",
    "ediscovery.transfer.manifest",
    "ediscovery.answers.receipt",
)
"""Modules outside of ``schemas`` that have structures of the format."""
IN_NONE = ("schemas.settings", "schemas.exports")
"""Modules whose structures are in no object: settings, and what is read of others."""


def name_of(structure: type[Canonical]) -> str:
    """How FORMAT.md calls a structure: an act by its tag, all others by words."""
    tag = structure.__struct_config__.tag
    return str(tag) if tag else re.sub(r"(?<=[a-z])(?=[A-Z])", "-", structure.__name__).lower()


def spelled(default: object) -> str:
    return json.dumps(msgspec.to_builtins(default), ensure_ascii=False)


def in_code() -> dict[str, dict[str, str]]:
    """The fields with a default of every structure, each with it."""
    modules = [f"schemas.{one.name}" for one in pkgutil.iter_modules(schemas.__path__)]
    found: dict[str, dict[str, str]] = {}
    for module in (*modules, *BESIDE):
        if module in IN_NONE:
            continue
        for structure in vars(importlib.import_module(module)).values():
            if not inspect.isclass(structure) or not issubclass(structure, Canonical) or structure.__module__ != module:
                continue
            fields = {
                field.encode_name: spelled(
                    field.default_factory() if field.default is msgspec.NODEFAULT else field.default
                )
                for field in msgspec.structs.fields(structure)
                if not field.required
            }
            if fields:
                assert name_of(structure) not in found
                found[name_of(structure)] = fields
    return found


def in_format() -> dict[str, dict[str, str]]:
    """The same as FORMAT.md has it in section 10: a line for each structure; a field without '=' is optional."""
    section = TEXT[TEXT.index("\n## 10. ") :]
    found: dict[str, dict[str, str]] = {}
    for line in re.findall(r"^- \*\*([a-z-]+)\*\*: (.*(?:\n  .*)*)", section, re.MULTILINE):
        name, fields = line
        found[name] = {one: default or "null" for one, default in re.findall(r"`([a-z0-9_]+)(?:=([^`]*))?`", fields)}
    return found


def test_every_field_that_may_be_left_out_is_listed_with_its_default() -> None:
    assert in_format() == in_code()
