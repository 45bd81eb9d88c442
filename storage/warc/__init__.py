"""WARC 1.1 files (ISO 28500:2017), written and read: the only door to warcio. What to record, the archiver decides."""

from storage.warc.arc import is_arc, read_arc
from storage.warc.coding import ContentCodingError, decoded
from storage.warc.exchange import Answer, Exchange, Headers, Request, field
from storage.warc.extracting import Extracted, extract
from storage.warc.filler import NativesCoverAllError
from storage.warc.holders import WarcRecordMissingError, payload_holders, payload_of
from storage.warc.members import WarcDamagedError, salvage
from storage.warc.overwriting import SHORTEST, Overwritten, overwrite
from storage.warc.read import WarcUnsupportedError, read_warc
from storage.warc.record import PayloadTooLargeError, WarcRecord
from storage.warc.sightings import SIGHTED, Sighting, read_sightings, spell_sighting
from storage.warc.write import FIELDS, WarcTakenError, WarcUnwritableError, WarcWriter, spell_fields

__all__ = [
    "FIELDS",
    "SHORTEST",
    "SIGHTED",
    "Answer",
    "ContentCodingError",
    "Exchange",
    "Extracted",
    "Headers",
    "NativesCoverAllError",
    "Overwritten",
    "PayloadTooLargeError",
    "Request",
    "Sighting",
    "WarcDamagedError",
    "WarcRecord",
    "WarcRecordMissingError",
    "WarcTakenError",
    "WarcUnsupportedError",
    "WarcUnwritableError",
    "WarcWriter",
    "decoded",
    "extract",
    "field",
    "is_arc",
    "overwrite",
    "payload_holders",
    "payload_of",
    "read_arc",
    "read_sightings",
    "read_warc",
    "salvage",
    "spell_fields",
    "spell_sighting",
]
