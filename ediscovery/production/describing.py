"""What a PDF says of itself to programs: who made it when, by which standards it can be read, and in which colours."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ediscovery.production.gathering import About
    from schemas.instant import Instant

PRINTABLE = re.compile(r"[ -~]*", re.ASCII)
NOT_IN_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
COLOURS = "sRGB IEC61966-2.1"
STANDARDS = """<rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/" pdfaid:part="3"
 pdfaid:conformance="A"/>
<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" pdfuaid:part="1"/>"""
DESCRIPTION = """<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:pdf="http://ns.adobe.com/pdf/1.3/">"""
# A description of the one property that PDF/A does not know by itself (ISO 19005-3, 6.6.2.3.3; ISO 14289-1, 5).
UNIVERSAL_ACCESS = """<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
 xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>PDF/UA identification</pdfaSchema:schema>
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">
<pdfaProperty:name>part</pdfaProperty:name>
<pdfaProperty:valueType>Integer</pdfaProperty:valueType>
<pdfaProperty:category>internal</pdfaProperty:category>
<pdfaProperty:description>The part of ISO 14289 to which the file conforms</pdfaProperty:description>
</rdf:li></rdf:Seq></pdfaSchema:property>
</rdf:li></rdf:Bag></pdfaExtension:schemas>
</rdf:Description>"""


def text(words: str) -> bytes:
    """Return a text string as PDF spells it (ISO 32000-1, 7.9.2.2)."""
    if PRINTABLE.fullmatch(words):
        return b"(" + re.sub(rb"([\\()])", rb"\\\1", words.encode()) + b")"
    return b"<FEFF" + words.encode("utf-16-be").hex().upper().encode() + b">"


def dated(at: Instant) -> bytes:
    """Return an instant as PDF spells it (ISO 32000-1, 7.9.4)."""
    return f"(D:{at.to_datetime():%Y%m%d%H%M%SZ})".encode()


def information(about: About, producer: str) -> bytes:
    """Return the information dictionary; it says what the metadata say."""
    known = {
        "Title": about.title,
        "Author": ", ".join(about.authors),
        "Subject": about.description,
        "Creator": about.software,
        "Producer": producer,
        "CreationDate": about.created and _dated(about.created),
        "ModDate": about.modified and _dated(about.modified),
    }
    return b"<<" + b"".join(b"/%s %s" % (key.encode(), text(words)) for key, words in known.items() if words) + b">>"


def _dated(w3c: str) -> str:
    return f"D:{re.sub('[-:T]', '', w3c)}"


def metadata(about: About, producer: str) -> bytes:
    """Return the metadata (XMP), in which the file names its standards: PDF/A-3a and PDF/UA-1."""
    described = "\n".join(
        (
            STANDARDS,
            DESCRIPTION,
            *_properties(about, producer),
            "</rdf:Description>",
            UNIVERSAL_ACCESS,
        )
    )
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n<x:xmpmeta xmlns:x="adobe:ns:meta/">\n'
        f'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n{described}\n</rdf:RDF>\n'
        '</x:xmpmeta>\n<?xpacket end="r"?>'
    ).encode()


def _properties(about: About, producer: str) -> Iterator[str]:
    yield f"<dc:title>{_alternative(about.title)}</dc:title>"
    if about.authors:
        yield f"<dc:creator><rdf:Seq>{_items(about.authors)}</rdf:Seq></dc:creator>"
    if about.description:
        yield f"<dc:description>{_alternative(about.description)}</dc:description>"
    yield f"<dc:language><rdf:Bag>{_items([about.language])}</rdf:Bag></dc:language>"
    if about.software:
        yield f"<xmp:CreatorTool>{_xml(about.software)}</xmp:CreatorTool>"
    if about.created:
        yield f"<xmp:CreateDate>{about.created}</xmp:CreateDate>"
    if about.modified:
        yield f"<xmp:ModifyDate>{about.modified}</xmp:ModifyDate>"
    yield f"<pdf:Producer>{_xml(producer)}</pdf:Producer>"


def _alternative(words: str) -> str:
    return f'<rdf:Alt><rdf:li xml:lang="x-default">{_xml(words)}</rdf:li></rdf:Alt>'


def _items(several: Sequence[str]) -> str:
    return "".join(f"<rdf:li>{_xml(one)}</rdf:li>" for one in several)


def _xml(words: str) -> str:
    return escape(NOT_IN_XML.sub("\ufffd", words))


def output_intent(profile: int) -> bytes:
    """Return what the colours are meant as, given the number of the profile's object (ISO 19005-3, 6.2.3)."""
    name = text(COLOURS)
    return b"<</Type /OutputIntent/S /GTS_PDFA1/OutputConditionIdentifier %s/Info %s/DestOutputProfile %d 0 R>>" % (
        name,
        name,
        profile,
    )


@cache
def colour_profile() -> bytes:
    """Return the ICC profile of these colours."""
    return files("weasyprint.pdf").joinpath("sRGB2014.icc").read_bytes()
