"""Every error code is unique, of one of the six families, and listed in CODES.md."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
JUDGES = {"checking", "seal"} | {
    *(
        "attesting",
        "captures",
        "checkpoints",
        "guards",
        "inventory",
        "plans",
        "records",
        "settling",
        "slices",
        "steps",
        "suspects",
        "walking",
    ),
    *("comparing", "judging"),
    *("directory_probes", "lifecycle"),
    *("comparing", "inspecting", "proving"),
    *("probes_of_contact", "probes_of_locks", "probes_of_permissions", "probes_of_writes"),
}
FAMILIES = {
    "InputError",
    "PolicyError",
    "ConflictError",
    "UnavailableError",
    "OutcomeUnknownError",
    "IntegrityError",
}


def declared() -> dict[str, tuple[str, str]]:
    """Code → class name and family, read from the source of every error class."""
    parents: dict[str, str] = {}
    codes: dict[str, str] = {}
    for folder in ("schemas", "storage", "manifests", "archiver", "ediscovery"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if not isinstance(node, ast.ClassDef) or not node.name.endswith("Error"):
                    continue
                parents[node.name] = next((base.id for base in node.bases if isinstance(base, ast.Name)), "")
                for line in node.body:
                    if isinstance(line, ast.Assign) and getattr(line.targets[0], "id", "") == "code":
                        assert isinstance(line.value, ast.Constant)
                        assert line.value.value not in codes, f"{line.value.value} has two classes"
                        codes[line.value.value] = node.name
    return {code: (name, family_of(name, parents)) for code, name in codes.items()}


def family_of(name: str, parents: dict[str, str]) -> str:
    """The family that a class descends from."""
    while name not in FAMILIES and name in parents:
        name = parents[name]
    return name


def documented() -> dict[str, str]:
    """Code → family as printed."""
    text = (ROOT / "docs" / "CODES.md").read_text(encoding="utf-8")
    return dict(re.findall(r"^\| `([A-Z0-9_]+)` \| ([\w-]+) \|", text, re.MULTILINE))


def test_every_error_belongs_to_a_family() -> None:
    strays = {name for name, family in declared().values() if family not in FAMILIES | {"Exception"}}
    assert not strays


def test_the_documented_codes_are_those_that_exist() -> None:
    spelled = {
        "InputError": "input",
        "PolicyError": "policy",
        "ConflictError": "conflict",
        "UnavailableError": "unavailable",
        "OutcomeUnknownError": "outcome-unknown",
        "IntegrityError": "integrity",
    }
    expected = {code: spelled[family] for code, (_, family) in declared().items() if family in spelled}
    assert documented() == expected


def test_every_finding_is_documented() -> None:
    text = (ROOT / "docs" / "CODES.md").read_text(encoding="utf-8")
    folders = (
        ROOT / "manifests" / "audit",
        ROOT / "ediscovery" / "production",
        ROOT / "ediscovery" / "disposition" / "papers",
        ROOT / "ediscovery" / "transfer",
        ROOT / "storage",
        ROOT / "storage" / "s3",
    )
    sources = [path for folder in folders for path in folder.glob("*.py") if path.stem in JUDGES]
    assert {path.stem for path in sources} == JUDGES
    found = {
        node.value
        for path in sources
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.fullmatch(r"[A-Z0-9]+(_[A-Z]+)+", node.value)
    }
    assert len(found) > 20
    assert {code for code in found if f"`{code}`" not in text} == set()
