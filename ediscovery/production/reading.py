"""Reading a PDF that a stranger hands in: only the plain structure that we write, within limits, or not at all.

pyHanko parses; what it says of damaged or hostile input becomes one error of ours. Before it starts, the file's tables
are held to the form that productions have, which rules out compressed tables, compressed objects and encryption.
"""

from __future__ import annotations

import io
import logging
import re
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pyhanko.pdf_utils.generic import ArrayObject, DictionaryObject, IndirectObject, StreamObject
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko_certvalidator.errors import PathError, ValidationError

from schemas.errors import InputError, IntegrityError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LARGEST_FILE = 4 << 30
MOST_OBJECTS = 2_000_000
MOST_ATTACHMENTS = 200_001
DEEPEST_TREE = 16
ENTRY = 20
TAIL = 4096

# What Python code raises over input that it did not expect. The parser is not ours: all of these mean 'unreadable'.
LIBRARY_FAULTS = (
    PdfError,
    PathError,
    ValidationError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    AssertionError,
    ArithmeticError,
    RuntimeError,
    StopIteration,
    EOFError,
    MemoryError,
    OSError,
    zlib.error,
)

# Letters, digits and the marks of dictionaries: no comments, and no '#', with which a name could be spelled otherwise.
TRAILER = re.compile(rb"trailer\s+<<([\sA-Za-z0-9/\[\]()<>.-]*)>>\s+startxref\s+(\d{1,12})\s+%%EOF\s*", re.ASCII)
PREVIOUS = re.compile(rb"/Prev\s+(\d{1,12})", re.ASCII)
FORBIDDEN = (b"/XRefStm", b"/Encrypt")

for _name in ("pyhanko", "pyhanko_certvalidator"):
    logging.getLogger(_name).addHandler(logging.NullHandler())


class NotAProductionError(InputError):
    """A file is not a production: no PDF, or a PDF that we did not make."""

    code = "NOT_A_PRODUCTION"


class PdfUnreadableError(IntegrityError):
    """A PDF is damaged, or built in a way that productions are not."""

    code = "PDF_UNREADABLE"


@contextmanager
def strict(what: str) -> Iterator[None]:
    """Turn whatever the PDF library raises into our error.

    Raises:
        PdfUnreadableError: the library could not make sense of ``what``.
    """
    try:
        yield
    except LIBRARY_FAULTS as error:
        raise unreadable(f"{what} cannot be read ({type(error).__name__})") from error


def unreadable(why: str) -> PdfUnreadableError:
    """Return the error for a PDF that is not in the form of a production."""
    return PdfUnreadableError(f"{why}.", do="Do not rely on this file; ask for it again from whoever produced it.")


def open_pdf(pdf: bytes) -> PdfFileReader:
    """Open a PDF of at most two revisions with plain tables.

    Raises:
        PdfUnreadableError: it is built otherwise, damaged, or larger than 4 GiB.
    """
    if len(pdf) > LARGEST_FILE:
        raise unreadable(f"The file has {len(pdf)} bytes; at most {LARGEST_FILE} are read of a PDF")
    _check_tables(pdf)
    with strict("The table of objects"):
        return PdfFileReader(io.BytesIO(pdf), strict=True)


def _check_tables(pdf: bytes) -> None:
    """Follow the tables from the newest, as a reader does: the signature's, then the document's."""
    newest = TRAILER.search(pdf, max(0, pdf.rfind(b"trailer", max(0, len(pdf) - TAIL))))
    if newest is None or newest.end() != len(pdf):
        raise unreadable("The file does not end as a production ends")
    previous = _previous(pdf, newest)
    if previous is None:
        return
    oldest = TRAILER.search(pdf, previous, int(newest[2]))
    if oldest is None or int(oldest[2]) != previous or _previous(pdf, oldest) is not None:
        raise unreadable("The file has other revisions than the document and its signature")


def _previous(pdf: bytes, trailer: re.Match[bytes]) -> int | None:
    """Return where the table before begins, after checking that this one is a plain one of bearable size."""
    content, start = trailer[1], int(trailer[2])
    if any(word in content for word in FORBIDDEN) or not pdf.startswith(b"xref", start):
        raise unreadable("The file has encrypted, compressed or hybrid tables")
    if trailer.start() - start > MOST_OBJECTS * ENTRY:
        raise unreadable(f"The file has more than {MOST_OBJECTS} objects")
    previous = PREVIOUS.findall(content)
    if len(previous) > 1 or content.count(b"/Prev") != len(previous):
        raise unreadable("The file's tables do not say what comes before them")
    return int(previous[0]) if previous else None


def attachments(reader: PdfFileReader) -> Mapping[str, StreamObject]:
    """Return the embedded files by name; none is decoded yet.

    Raises:
        PdfUnreadableError: two have one name, a name is spelled in two ways, or there are more than 200,001.
    """
    found: dict[str, StreamObject] = {}
    with strict("The list of attachments"):
        if "/Names" not in reader.root or "/EmbeddedFiles" not in reader.root["/Names"]:
            return found
        for name, specification in _leaves(reader.root["/Names"]["/EmbeddedFiles"], depth=0, seen=set()):
            stream = specification["/EF"]["/F"]
            spelled = {str(specification[key]) for key in ("/F", "/UF") if key in specification}
            if spelled != {name} or not isinstance(stream, StreamObject):
                raise unreadable(f"The attachment {name[:80]!r} is not described as one")
            if name in found or len(found) >= MOST_ATTACHMENTS:
                raise unreadable(f"The attachment {name[:80]!r} is there twice, or there are too many")
            found[name] = stream
    return found


def _leaves(node: DictionaryObject, *, depth: int, seen: set[object]) -> Iterator[tuple[str, DictionaryObject]]:
    """Walk a name tree (ISO 32000-1, 7.9.6); whatever it refers to, it refers to once."""
    if depth > DEEPEST_TREE:
        raise unreadable("The list of attachments is not a tree")
    for child in _referred(node, "/Kids", 0, 1, seen):
        yield from _leaves(child, depth=depth + 1, seen=seen)
    for place, specification in enumerate(_referred(node, "/Names", 1, 2, seen)):
        yield str(node["/Names"][2 * place]), specification


def _referred(node: DictionaryObject, key: str, start: int, step: int, seen: set[object]) -> Iterator[DictionaryObject]:
    entries = node[key] if key in node else ArrayObject()
    for place in range(start, len(entries), step):
        reference = entries.raw_get(place)
        if not isinstance(reference, IndirectObject) or reference in seen:
            raise unreadable("An attachment is not referred to exactly once")
        seen.add(reference)
        found = entries[place]
        if not isinstance(found, DictionaryObject):
            raise unreadable("The list of attachments does not lead to attachments")
        yield found


def decoded_whole(name: str, stream: StreamObject, *, most: int) -> bytes:
    """Return an attachment's bytes, as many as it claims to have, if that is not more than ``most``.

    Raises:
        PdfUnreadableError: it claims more, or as ``decoded`` does.
    """
    with strict(name):
        size = int(stream["/Params"]["/Size"])
    if not 0 <= size <= most:
        raise unreadable(f"The attachment {name} claims {size} bytes; at most {most} are read of it in such a file")
    return decoded(name, stream, size=size)


def decoded(name: str, stream: StreamObject, *, size: int) -> bytes:
    """Return an attachment's bytes, which are expected to be ``size``; never decodes more than one byte beyond.

    Raises:
        PdfUnreadableError: it is not compressed as we compress, is damaged, or has another size.
    """
    with strict(f"The attachment {name}"):
        encoded: bytes = stream.encoded_data
        form = stream.get("/Filter")
        if "/DecodeParms" in stream or form not in (None, "/FlateDecode"):
            raise unreadable(f"The attachment {name} is compressed in an unexpected way")
        if form is None:
            content, whole = encoded, True
        else:
            decoder = zlib.decompressobj()
            content = decoder.decompress(encoded, size + 1)
            whole = decoder.eof and not decoder.unused_data
    if len(content) != size or not whole:
        raise unreadable(f"The attachment {name} has not the {size} bytes that it should have")
    return content
