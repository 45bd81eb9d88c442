"""Hostile productions: bombs, circles and false tables cost a check little time and memory."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import zlib
from pathlib import Path

import msgspec
import pikepdf
import pytest

from tests.ediscovery.productions import NOW, case_of_two

ROOT = Path(__file__).parents[2]
SECONDS = 10
MEMORY = 1 << 30


@pytest.fixture(scope="module")
def case():
    """A production of two records."""
    return case_of_two()


CHECK = """
import sys, resource
from pathlib import Path
resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[2]), int(sys.argv[2])))
resource.setrlimit(resource.RLIMIT_CPU, (int(sys.argv[3]), int(sys.argv[3])))
from ediscovery.production.checking import check
from ediscovery.production.signed import SignedPdf
from schemas.errors import ArchiveError
from schemas.instant import Instant
from tests.ediscovery.productions import check_checkpoint, check_record
try:
    handed = SignedPdf.read(Path(sys.argv[1]).read_bytes(), at=Instant(0))
    report = check(handed, check_record=check_record, check_checkpoint=check_checkpoint)
    print(report.sound, sorted({finding.code for finding in report.findings}), len(report.findings))
except ArchiveError as error:
    print(error.code)
"""


def confined(pdf: bytes, folder: Path) -> str:
    """What the check says of a file in a process with little time and memory."""
    path = folder / "hostile.pdf"
    path.write_bytes(pdf)
    run = subprocess.run(
        [sys.executable, "-c", CHECK, path, str(MEMORY), str(SECONDS)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stderr) == (0, "")
    return run.stdout.strip()


def test_ten_thousand_attachments_are_listed_and_left_alone(case, tmp_path) -> None:
    rendered, signer, *_ = case
    with pikepdf.open(io.BytesIO(rendered.pdf)) as document:
        tree = document.Root.Names.EmbeddedFiles.Names
        for number in range(10_000):
            name = f"z{number:05d}"
            stream = document.make_stream(b"x")
            entry = pikepdf.Dictionary(Type=pikepdf.Name.Filespec, F=name, UF=name, EF=pikepdf.Dictionary(F=stream))
            tree.append(pikepdf.String(name))
            tree.append(document.make_indirect(entry))
        out = io.BytesIO()
        document.save(out, object_stream_mode=pikepdf.ObjectStreamMode.disable, force_version="1.4")

    said = confined(signer.sign(out.getvalue(), reason="x", at=NOW), tmp_path)

    assert said.startswith("False")
    assert "ATTACHMENT_UNNAMED" in said
    assert said.endswith("1000")


def bomb(size: int) -> bytes:
    """Zeros, compressed some two hundred times."""
    packer = zlib.compressobj(1)
    chunk = bytes(1 << 20)
    return b"".join(packer.compress(chunk) for _ in range(size >> 20)) + packer.flush()


def test_a_native_that_explodes_is_not_unpacked(case, tmp_path) -> None:
    rendered, signer, *_ = case
    with pikepdf.open(io.BytesIO(rendered.pdf)) as document:
        tree = document.Root.Names.EmbeddedFiles.Names
        names = [str(tree[place]) for place in range(0, len(tree), 2)]
        for name in (rendered.manifest.records[0].native, "production.json"):
            file = tree[2 * names.index(name) + 1].EF.F
            if name == "production.json":
                file.Params = pikepdf.Dictionary(Size=200 << 20)
            file.write(bomb(2 << 30) if name != "production.json" else bomb(1 << 20), filter=pikepdf.Name.FlateDecode)
        out = io.BytesIO()
        document.save(out, object_stream_mode=pikepdf.ObjectStreamMode.disable, force_version="1.4")

    said = confined(signer.sign(out.getvalue(), reason="x", at=NOW), tmp_path)

    assert "MANIFEST_UNREADABLE" in said


def with_records(rendered, records, *, native: bytes) -> bytes:
    """The document with other records in its production.json, and with other bytes, compressed, as its first native."""
    claimed = msgspec.structs.replace(rendered.manifest, records=records)
    with pikepdf.open(io.BytesIO(rendered.pdf)) as document:
        tree = document.Root.Names.EmbeddedFiles.Names
        names = [str(tree[place]) for place in range(0, len(tree), 2)]
        files = {name: tree[2 * place + 1].EF.F for place, name in enumerate(names)}
        files[rendered.manifest.records[0].native].write(native, filter=pikepdf.Name.FlateDecode)
        spelled = claimed.to_bytes()
        files["production.json"].write(zlib.compress(spelled, 1), filter=pikepdf.Name.FlateDecode)
        files["production.json"].Params = pikepdf.Dictionary(Size=len(spelled))
        out = io.BytesIO()
        document.save(out, object_stream_mode=pikepdf.ObjectStreamMode.disable, force_version="1.4")
        return out.getvalue()


def test_a_native_that_a_thousand_records_name_is_not_unpacked_a_thousand_times(case, tmp_path) -> None:
    rendered, signer, *_ = case
    first = msgspec.structs.replace(rendered.manifest.records[0], native_size=128 << 20)
    hostile = with_records(rendered, (first,) * 1000, native=bomb(128 << 20))

    said = confined(signer.sign(hostile, reason="x", at=NOW), tmp_path)

    assert "ATTACHMENTS_TOO_LARGE" in said


def test_a_manifest_that_names_far_more_than_is_attached_is_not_read(case, tmp_path) -> None:
    rendered, signer, *_ = case
    hostile = with_records(rendered, (rendered.manifest.records[0],) * 400_000, native=bomb(1 << 20))

    said = confined(signer.sign(hostile, reason="x", at=NOW), tmp_path)

    assert "MANIFEST_UNREADABLE" in said


def test_a_size_below_nothing_does_not_make_room_for_others(case, tmp_path) -> None:
    rendered, signer, *_ = case
    first, second = rendered.manifest.records
    large = msgspec.structs.replace(first, native_size=128 << 20)
    below = msgspec.structs.replace(second, native_size=-(1 << 50))
    hostile = with_records(rendered, (*(large,) * 1000, below), native=bomb(128 << 20))

    said = confined(signer.sign(hostile, reason="x", at=NOW), tmp_path)

    assert "MANIFEST_UNREADABLE" in said


def test_a_tree_of_attachments_that_leads_in_circles_is_refused(case, tmp_path) -> None:
    rendered, signer, *_ = case
    with pikepdf.open(io.BytesIO(rendered.pdf)) as document:
        nodes = [document.make_indirect(pikepdf.Dictionary()) for _ in range(40)]
        for node, following in zip(nodes, [*nodes[1:], nodes[0]], strict=True):
            node.Kids = pikepdf.Array([following] * 40)
        document.Root.Names.EmbeddedFiles = nodes[0]
        out = io.BytesIO()
        document.save(out, object_stream_mode=pikepdf.ObjectStreamMode.disable, force_version="1.4")

    said = confined(signer.sign(out.getvalue(), reason="x", at=NOW), tmp_path)

    assert said == "False ['PDF_UNREADABLE'] 1"


def hostile_tables() -> dict[str, bytes]:
    """PDFs whose tables promise more than they hold, or lead in circles."""

    def ending(offset: int, trailer: bytes) -> bytes:
        return b"trailer\n<</Root 1 0 R" + trailer + b">>\nstartxref\n%d\n%%%%EOF\n" % offset

    head = b"%PDF-1.4\n"
    entry = b"0000000009 00000 n \n"
    deep = b"1 0 obj\n" + b"[" * 200_000 + b"\nendobj\n"
    explosive = bomb(256 << 20)
    stream = (
        b"1 0 obj\n<</Type/XRef/W[1 0 0]/Index[0 1000000000]/Size 1000000000/Filter/FlateDecode/Length %d>>\n"
        b"stream\n%b\nendstream\nendobj\n" % (len(explosive), explosive)
    )
    return {
        "endless": head + b"xref\n0 4000000000\n" + entry * 3 + ending(9, b"/Size 4000000000"),
        "of itself": head + b"xref\n0 1\n" + entry + ending(9, b"/Size 1/Prev 9"),
        "too deep": head + deep + b"xref\n0 2\n" + entry * 2 + ending(len(head + deep), b"/Size 2"),
        "compressed": head + stream + b"startxref\n9\n%%EOF\n",
        "not there": head + ending(10**11, b"/Size 1"),
        "encrypted": head + b"xref\n0 1\n" + entry + ending(9, b"/Size 1/Encrypt 1 0 R"),
    }


@pytest.mark.parametrize("name", ["endless", "of itself", "too deep", "compressed", "not there", "encrypted"])
def test_hostile_tables_cost_little(name, tmp_path) -> None:
    said = confined(hostile_tables()[name], tmp_path)

    assert said == "NOT_A_PRODUCTION" or said.startswith("False"), said
