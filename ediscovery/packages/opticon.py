"""The load file that leads review platforms to images of pages: Opticon OPT. Pure.

A line for each page of a record, ``key,volume,path,Y,,,pages``: its Bates number, the volume, and the path of its image
below the folder ``data``; ``Y`` and how many pages the record has stand at the first alone. ASCII, lines end in CR LF.
Pages without a record, such as the cover, have images and no line: a load file lists no document for them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from ediscovery.packages import naming

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ediscovery.production.manifest import ManifestRecord, ProductionManifest

VOLUME = "VOL001"
"""How the volume of a package is called that is not parted."""
ImageKind: TypeAlias = Literal["tif", "jpg"]


def opt(manifest: ProductionManifest, images: Mapping[int, ImageKind], *, volume: str) -> bytes:
    """Return the load file of the images of a production's records.

    ``images`` says of each page, by its number, what its image is; ``volume`` is letters and digits.
    """
    return "".join(_lines(record, images, volume) for record in manifest.records).encode("ascii")


def _lines(record: ManifestRecord, images: Mapping[int, ImageKind], volume: str) -> str:
    bates, lines = record.bates, []
    for page in range(bates.first, bates.last + 1):
        number = bates.spell(page)
        document = f"Y,,,{bates.pages}" if page == bates.first else ",,,"
        lines.append(f"{number},{volume},{naming.in_load_file(naming.image(number, images[page]))},{document}\r\n")
    return "".join(lines)
