"""``METS.xml``: which files a package holds, in the shape of an E-ARK information package (CSIP).

No profile is claimed: a package carries no XML schemas, which the profile demands.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ediscovery.bags import names
from ediscovery.bags.reading import malformed
from ediscovery.transfer import markup, naming

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from ediscovery.bags.writing import Filed
    from ediscovery.transfer.markup import Element, Writing
    from schemas.instant import Instant

KIND = "holdfast records"
TYPE = "Social media and web records"
MOST_OTHERS = 100
HREF = f"{{{markup.XLINK}}}href"
PLACED = {"LOCTYPE": "URL", f"{{{markup.XLINK}}}type": "simple"}
CONTENT = {
    f"{{{markup.CSIP}}}CONTENTINFORMATIONTYPE": "OTHER",
    f"{{{markup.CSIP}}}OTHERCONTENTINFORMATIONTYPE": KIND,
}


@dataclass(frozen=True, slots=True)
class Listed:
    """A file as METS.xml gives it: its name in the bag, size and SHA-256."""

    name: str
    size: int
    sha256: str


def write_mets(
    path: Path, payload: Iterable[Filed], *, name: str, organisation: str, software: str, at: Instant
) -> None:
    """Write a ``METS.xml`` about these payload files, which are in the order of their names."""
    namespaces = {None: markup.METS, "csip": markup.CSIP, "xlink": markup.XLINK}
    root = {"OBJID": name, "TYPE": "Other", f"{{{markup.CSIP}}}OTHERTYPE": TYPE, **CONTENT}
    files = iter(payload)
    others: list[Filed] = []
    first: Filed | None = None
    for first in files:
        if first.name.startswith(naming.RECORDS):
            break
        others.append(first)
    with markup.writing(path, "mets", namespaces=namespaces, **root) as to:
        _header(to, organisation=organisation, software=software, at=at)
        with to.element("amdSec", ID="amd"):
            for one in others:
                if one.name == naming.PREMIS:
                    _preservation(to, one, at)
        with to.element("fileSec", ID="files"):
            with to.element("fileGrp", ID="documentation", USE="Documentation", **CONTENT):
                for one in others:
                    if one.name != naming.PREMIS:
                        _file(to, one, at)
            with to.element("fileGrp", ID="records", USE="Representations/records", **CONTENT):
                if first is not None:
                    _file(to, first, at)
                for one in files:
                    _file(to, one, at)
        _structure(to, name)


def _header(to: Writing, *, organisation: str, software: str, at: Instant) -> None:
    program, _, version = software.partition("/")
    dates = {"CREATEDATE": str(at), "LASTMODDATE": str(at)}
    with to.element("metsHdr", **dates, **{f"{{{markup.CSIP}}}OAISPACKAGETYPE": "SIP"}):
        with to.element("agent", ROLE="CREATOR", TYPE="OTHER", OTHERTYPE="SOFTWARE"):
            to.leaf("name", program)
            to.leaf("note", version, **{f"{{{markup.CSIP}}}NOTETYPE": "SOFTWARE VERSION"})
        with to.element("agent", ROLE="ARCHIVIST", TYPE="ORGANIZATION"):
            to.leaf("name", organisation)


def _described(filed: Filed, at: Instant) -> dict[str, str]:
    return {
        "MIMETYPE": filed.media_type,
        "SIZE": str(filed.size),
        "CREATED": str(at),
        "CHECKSUM": filed.sha256,
        "CHECKSUMTYPE": "SHA-256",
    }


def _preservation(to: Writing, filed: Filed, at: Instant) -> None:
    placed = PLACED | {HREF: naming.in_package(filed.name)}
    with to.element("digiprovMD", ID="premis", STATUS="CURRENT"):
        to.leaf("mdRef", **placed, MDTYPE="PREMIS", **_described(filed, at))


def _file(to: Writing, filed: Filed, at: Instant) -> None:
    place = naming.in_package(filed.name)
    with to.element("file", ID="f-" + place.rpartition("/")[2], **_described(filed, at)):
        to.leaf("FLocat", **PLACED, **{HREF: place})


def _structure(to: Writing, name: str) -> None:
    whole = to.element("structMap", ID="structure", TYPE="PHYSICAL", LABEL="CSIP")
    with whole, to.element("div", ID="package", LABEL=name):
        to.leaf("div", ID="div-metadata", LABEL="Metadata", ADMID="premis")
        for group, label in (("documentation", "Documentation"), ("records", "Representations")):
            with to.element("div", ID=f"div-{group}", LABEL=label):
                to.leaf("fptr", FILEID=group)


def read_files(path: Path) -> Iterator[Listed]:
    """Yield the files that a ``METS.xml`` lists, in the order of their names.

    Raises:
        PackageMalformedError: it is not as it must be.
    """
    others: list[Listed] = []
    listed = map(_listed, markup.reading(path, markup.METS, ("mdRef", "file")))
    for one in listed:
        if one.name.startswith(naming.RECORDS):
            yield from sorted(others, key=lambda other: other.name)
            yield one
            yield from listed
            return
        others.append(one)
        if len(others) > MOST_OTHERS:
            raise malformed("METS.xml lists files that are of no record")
    yield from sorted(others, key=lambda other: other.name)


def _listed(element: Element) -> Listed:
    place = element if element.tag.endswith("mdRef") else next(iter(element), None)
    href = place.get(HREF, "") if place is not None else ""
    try:
        return Listed(f"{names.PAYLOAD}{href}", int(element.get("SIZE", "")), element.get("CHECKSUM", ""))
    except ValueError as error:
        raise malformed("METS.xml lists a file without a size") from error
