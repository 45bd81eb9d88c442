"""The reader that judges our load files reads those that others wrote: Relativity's own samples."""

from __future__ import annotations

import pytest

from tests.corpora import corpus
from tests.ediscovery.packages.readers import Delimiters, read_dat, read_opt

SAMPLES = ("ediscovery", "relativity", "relativitydev+relativity-import-samples")
DEFAULT = Delimiters()
PLAIN = Delimiters(separator="|", qualifier="^")
"""Pipes between cells, carets around them."""


def sample(name: str) -> bytes:
    return corpus(*SAMPLES, name).read_bytes()


@pytest.mark.parametrize(
    ("name", "form", "rows", "columns"),
    [
        ("load_file_01.dat", PLAIN, 5, 23),
        ("load_file_02.dat", PLAIN, 2, 23),
        ("load_file_03.dat", DEFAULT, 2, 23),
        ("load_file_04.dat", PLAIN, 3, 23),
        ("load_file_05.dat", PLAIN, 5, 23),
        *((f"load_file_07_{number}.dat", DEFAULT, 12, 23) for number in range(8)),
        ("rdo_load_file_01.dat", DEFAULT, 4, 6),
        ("rdo_load_file_02.dat", PLAIN, 4, 6),
        ("rdo_load_file_03.dat", DEFAULT, 4, 3),
    ],
)
def test_every_row_of_a_sample_has_as_many_cells(name: str, form: Delimiters, rows: int, columns: int):
    assert [len(row) for row in read_dat(sample(name), form)] == [columns] * rows


def test_cells_of_samples_are_read_with_what_is_within_them():
    header, first, _ = read_dat(sample("load_file_04.dat"), PLAIN)
    cells = dict(zip(header, first, strict=True))
    assert cells["Control Number"] == "Sample_|_00000013"
    assert cells["Email From"] == "Sampler  David <David.Sampler@ABCD.com>"
    (row, _) = read_dat(sample("load_file_03.dat"))
    assert row[:3] == ["Sample_0000007", "Sample John", ""]
    assert row[-1] == ".\\VOL01\\NATIVES\\NATIVE00001\\EDRM-Sample7.ppt"


@pytest.mark.parametrize(("name", "prefix"), [("Opticon_01.opt", "SYM"), ("opticon_02.opt", "PROD")])
def test_the_images_of_samples_are_one_document_of_five_pages(name: str, prefix: str):
    (pages,) = read_opt(sample(name))
    assert [page.key for page in pages] == [
        f"{prefix}-00011001_REV",
        *(f"{prefix}-00011001_000{number}_REV" for number in range(1, 5)),
    ]
    assert {page.volume for page in pages} == {"VOL01"}
    folder = corpus(*SAMPLES)
    assert all(folder.joinpath(*page.path.split("\\")).is_file() for page in pages)


@pytest.mark.parametrize(
    "content",
    [
        "\u00fea\u00feb\u00fe\r\n",  # more after the end of a cell
        "\u00fea\r\nb\u00fe\r\n",  # a row that ends in a cell
        "\u00fea\x14b\r\n",  # a cell without an end
        "a\u00fe\x14b\r\n",  # a qualifier in a cell that has none
    ],
)
def test_what_is_not_of_the_form_is_refused(content: str):
    with pytest.raises(ValueError, match="cell"):
        read_dat(content.encode())


@pytest.mark.parametrize("content", [b"A1,V,A1.tif,Y,,,2\r\n", b"A1,V,A1.tif,Y,,,1\r\nA2,V,A2.tif,,,,\r\n"])
def test_pages_that_are_not_as_many_as_is_said_are_refused(content: bytes):
    with pytest.raises(ValueError, match="A1"):
        read_opt(content)
