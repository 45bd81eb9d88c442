#!/usr/bin/env python3
"""Checks a package of records that was handed over, offline: with Python 3.9 or later, and nothing else.

    python verify.py [FOLDER or ZIP] [--key KEY] [--json]

Without FOLDER it checks the package that it lies in. KEY is the archive's checkpoint key, as the archive publishes it:
without it the key that the package names is used, and shown, to be compared. Exit status: 0 everything that is checked
holds, 1 something does not, 2 there is no package to check.

It was written from the published format (Holdfast, docs/FORMAT.md), shares no code with the program that made the
package, and refuses what it does not understand. A copy of it from elsewhere than the package is worth more.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import hashlib
import io
import json
import mmap
import os
import re
import stat
import struct
import sys
import tempfile
import zipfile
import zlib
from datetime import date
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Iterator

CHUNK = 1 << 20
MOST_FILES = 500_000
DEEPEST = 8
LARGEST_NOTE = 1 << 20
LARGEST_JSON = 16 << 20
LARGEST_LIST = 256 << 20
LIST_SHARE = 8 << 10
LEAST_UNPACKED = 1 << 30
MOST_EXPANSION = 200
MOST_FINDINGS = 1000
STEPS = {
    "bag": "The bag: every file as both manifests say, byte for byte, and no other file",
    "production": "production.json: one spelling, its numbers one after another, its checkpoint signed",
    "attached": "production.json is the one that is attached to production.pdf",
    "seal": "sealed.json: the ledger's entry names this document and these records, all of them, in this order",
    "records": "Records: each native file is led by its proof to the signed checkpoint",
}
UNCHECKED = (
    (
        "The pages and the signature of production.pdf: that the ledger names exactly these bytes was checked. A PDF "
        "reader shows what stands there, and whose the signature is."
    ),
    (
        "TEXT, DATA, IMAGES and the other files beside: they are as the manifests say, which nobody signed. They can "
        "be made anew from what was checked."
    ),
    "That the search finds these records and no others: whoever has the archive can repeat it with receipt.json.",
    "Time stamps (RFC 3161): 'openssl ts' can check them.",
)
NATIVE = ("native", "native_media_type", "native_size", "native_sha256")
TEXT, WORDS = "normalised.text", ("normalised.title", "normalised.text")
MARK = "[redacted: "
HIDDEN_SOURCE = {"exchange": "redacted", "uri": "redacted", "offset": 0, "length": 0}
PIECE_END = re.compile("\n|[.!?] +|[\u3002\uff01\uff1f]")
MOST_PIECES = 1_000
CHANGED = "production.json and sealed.json name different keys: the archive changed its key in between"
OR_FORGED = ", or somebody else signed. The one in sealed.json is to be compared"


class Refused(Exception):  # noqa: N818 - what it says is the name
    """Something is not as it must be; the text says what."""


def demand(holds: bool, why: str) -> None:  # noqa: FBT001
    """Refuse for this reason unless it holds."""
    if not holds:
        raise Refused(why)


# --- Ed25519 (RFC 8032, 5.1), strict: every number and point in its one spelling, no key of small order ---

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)
EIGHTH = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
SMALL = (0, 1, P - 1, EIGHTH, P - EIGHTH)
Point = tuple[int, int, int, int]
NEUTRAL: Point = (0, 1, 1, 0)


def x_of(y: int, odd: int) -> int | None:
    """Return the x of the point with this y (5.1.3)."""
    over, under = (y * y - 1) % P, (D * y * y + 1) % P
    x = over * pow(under, 3, P) * pow(over * pow(under, 7, P), (P - 5) // 8, P) % P
    if (under * x * x + over) % P == 0:
        x = x * ROOT % P
    if (under * x * x - over) % P or (x == 0 and odd):
        return None
    return x if x & 1 == odd else P - x


def plus(one: Point, two: Point) -> Point:
    """Add two points (5.1.4)."""
    a, b = (one[1] - one[0]) * (two[1] - two[0]) % P, (one[1] + one[0]) * (two[1] + two[0]) % P
    c, d = 2 * D * one[3] * two[3] % P, 2 * one[2] * two[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def point_of(spelled: bytes) -> Point | None:
    """Return the point in its one spelling, or nothing."""
    number = int.from_bytes(spelled, "little")
    y = number & (2**255 - 1)
    x = x_of(y, number >> 255) if y < P else None
    return None if x is None else (x, y, 1, x * y % P)


BASE = cast("Point", point_of((4 * pow(5, P - 2, P) % P).to_bytes(32, "little")))


def is_weak(public: bytes) -> bool:
    """Whether anybody can sign under a key (FORMAT 4.3.1)."""
    return (int.from_bytes(public, "little") & (2**255 - 1)) % P in SMALL


@lru_cache(maxsize=4096)
def signed(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether a key signed a message (5.1.7), without the cofactor."""
    key = None if len(public) != 32 or is_weak(public) else point_of(public)
    s = int.from_bytes(signature[32:], "little")
    if key is None or len(signature) != 64 or s >= L:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % L
    minus = (P - key[0], key[1], 1, P - key[3])
    table = (NEUTRAL, BASE, minus, plus(BASE, minus))
    total = NEUTRAL
    for bit in range(252, -1, -1):
        total = plus(total, total)
        total = plus(total, table[(s >> bit & 1) + 2 * (k >> bit & 1)])
    inverse = pow(total[2], P - 2, P)
    x, y = total[0] * inverse % P, total[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little") == signature[:32]


# --- Values: canonical JSON (RFC 8785) of closed structures (FORMAT 1) ---

FORMS = {
    "digest": "[0-9a-f]{64}",
    "instant": r"[0-9]{4}-[01][0-9]-[0-3][0-9]T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{6}Z",
    "month": "[0-9]{4}-[01][0-9]",
    "prefix": "[A-Z][A-Z0-9]{0,11}",
    "mode": "compliance|governance",
    "method": "feed|web|api|import",
    "kind": "post|comment|reply|message|profile|page|media|list|event|absence",
    "role": "image|audio|video|enclosure|document",
    "verdict": "deleted|hidden|present|undetermined",
}
# A field is text, or of the kind behind the colon: '*' is a list, '+' one that is not empty, '=' one of some texts.
# Those behind '?' may be left out; what is then their default must be.
SHAPES = {
    "production": "format=holdfast-production/v1|holdfast-production/v2 production organisation matter requester "
    "prepared_by prepared_at:instant query_typed query_words origin ledger_size:positive ledger_root:digest checkpoint "
    "claims:claims software signer bates:range records:record* ?test_certificate:true ?receipt:receipt "
    "?withheld:withheld+ ?volume:volume ?held_back:true",
    "volume": "number:positive of:positive elsewhere:elsewhere+",
    "elsewhere": "record:digest volume:positive ?matched:digest",
    "withheld": "record:digest bates:range reason ?description ?matched:digest",
    "record": "record:digest account kind item bates:range ?native ?native_media_type ?native_size:natural "
    "?native_sha256:digest proof proof_size:natural proof_sha256:digest ?matched:digest",
    "receipt": "format=holdfast-search-receipt/v1 origin asked_at:instant actor typed query zone ledger_size:natural "
    "ledger_root:digest partitions:natural segments:natural records:natural hits:natural digest:digest software "
    "unicode ?options:words ?versions:true ?not_indexed:counts ?withheld:positive ?accounts:answer+",
    "answer": "account hits:natural digest:digest ?withheld:positive",
    "range": "prefix:prefix first:positive last:positive",
    "claims": "verifier ?needed:positive ?witnesses:text+ ?stamps:stamps+",
    "stamps": "authority stamps:text+ roots:text*",
    "seal": "format=holdfast-sealed/v1 checkpoint claims:claims path:digest* produced:act",
    "act": "act:produced index:natural at:instant actor entry line:natural line_path:digest* path:digest*",
    "produced": "act=produced production bates:range records:natural records_root:digest ledger_size:positive "
    "document:stored ?matter ?withheld:positive ?manifest:digest",
    "stored": "key sha256:digest size:natural ?version ?lock:lock",
    "lock": "mode:mode until:instant",
    "heading": "index:natural at:instant clock:instant actor software root:digest lines:positive lines_root:digest "
    "?previous:digest ?range:digest+",
    "proof": "format=holdfast-proof/v1|holdfast-proof/v2 proves=record record:digest salt:digest native_sha256:digest "
    "normalised provenance row:natural row_path:digest* partition line:natural line_path:digest* entry inclusion "
    "claims:claims",
    "redacted": "format=holdfast-proof/v2 proves=redacted-record record:digest parts:part+ row:natural "
    "row_path:digest* partition line:natural line_path:digest* entry inclusion claims:claims",
    "part": "name ?nonce:digest ?value ?commitment:digest ?reason ?instead",
    "partition": "act=partition account series period:month rows:positive root:digest stored:stored",
    "normalised": "kind:kind type item ?url ?title ?text ?lang ?author:author ?created:instant ?created_text "
    "?edited:instant ?thread ?parent ?attachments:attachment+ ?tags:text+ ?mentions:text+ ?links:text+ "
    "?counts:counts ?listed:text+ ?absence:absence ?flags:text+",
    "author": "?id ?name ?handle ?url",
    "attachment": "url ?role:role ?media_type ?alt ?size:natural ?sha256:digest ?exchange ?failure",
    "absence": "verdict:verdict last_seen:instant first_missing:instant reads:text* reason",
    "provenance": "account platform capture captured:instant method:method collector claim:natural source:source "
    "?previous:digest ?vouched:text+",
    "source": "exchange uri offset:natural length:natural",
}
FIELD = re.compile(r"(\??)([a-z0-9_]+)(?:([:=])(\S+))?")
FIELDS = {
    kind: {name: (mark, how, of or "text") for mark, name, how, of in FIELD.findall(said)}
    for kind, said in SHAPES.items()
}


def demand_kind(value: object, kind: str, where: str) -> None:
    """Refuse a value that is not of a kind; ``where`` says which one it is."""
    if kind[-1] in "*+":
        values = value if isinstance(value, list) else []
        demand(isinstance(value, list) and (bool(value) or kind[-1] == "*"), f"{where} is no such list")
        for one in values:
            demand_kind(one, kind[:-1], f"one of {where}")
    elif kind in SHAPES:
        demand_shape(value, FIELDS[kind], where)
    elif kind in ("counts", "words"):
        demand(isinstance(value, dict) and bool(value), f"{where} is no map")
        for name, one in dict(cast("dict[str, object]", value)).items():
            demand(re.fullmatch("[ -~]*", name) is not None, f"a name in {where} is malformed")
            demand_kind(one, "natural" if kind == "counts" else "text", f"a value in {where}")
    elif kind in ("natural", "positive"):
        least = 0 if kind == "natural" else 1
        demand(isinstance(value, int) and value is not True and value is not False, f"{where} is no number")
        demand(cast("int", value) >= least, f"{where} is too small")
    elif kind == "true":
        demand(value is True, f"{where} is not 'true'")
    else:
        demand(isinstance(value, str), f"{where} is no text")
        demand(kind == "text" or re.fullmatch(FORMS[kind], str(value)) is not None, f"{where} is malformed")
        demand(kind != "instant" or in_the_calendar(str(value)[:10]), f"{where} is a day that no calendar has")


def in_the_calendar(day: str) -> bool:
    """Tell whether there is such a day in the years 1 to 9999."""
    try:
        return bool(date.fromisoformat(day))
    except ValueError:
        return False


def demand_shape(value: object, fields: dict[str, tuple[str, str, str]], where: str) -> None:
    """Refuse what is no structure with these fields."""
    demand(isinstance(value, dict), f"{where} is no structure")
    found = cast("dict[str, object]", value)
    for name, (mark, _, _) in fields.items():
        demand(mark == "?" or name in found, f"{where} lacks the field '{name}'")
    for name, one in found.items():
        demand(name in fields, f"{where} has an unknown field")
        _, how, of = fields[name]
        if how == "=":
            demand(one in of.split("|"), f"'{name}' is not {of}: another version needs another verify.py")
        else:
            demand_kind(one, of, f"'{name}'")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    demand(len(found) == len(pairs), "a field stands twice")
    return found


def _whole(digits: str) -> int:
    demand(len(digits) <= len(str(2**53)) and abs(int(digits)) < 2**53, "a number is too large")
    return int(digits)


def _none(word: str) -> None:
    raise Refused(f"{word[:20]} is no value here")


def structure(content: bytes, kind: str, fields: dict[str, tuple[str, str, str]] | None = None) -> dict[str, Any]:
    """Return the structure, of a kind or with these fields, of which these bytes are the one spelling."""
    try:
        found = json.loads(
            content.decode(), object_pairs_hook=_once, parse_int=_whole, parse_float=_none, parse_constant=_none
        )
        again = spelled(found)
    except (ValueError, RecursionError):  # neither JSON, nor Unicode; or nested too deep
        raise Refused("it is no JSON that can be read here") from None
    demand_shape(found, fields or FIELDS[kind], "it")
    demand(again == content, "it is not in its one spelling (RFC 8785)")
    return dict(found)


def value_of(content: bytes, kind: str) -> Any:  # noqa: ANN401 - any JSON
    """Return the value of a kind of which these bytes are the one spelling."""
    return structure(b'{"value":' + content + b"}", "", {"value": ("", ":", kind)})["value"]


def spelled(value: object) -> bytes:
    """Return the one spelling; where names of fields are ASCII, all orders of text agree."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def from_base64(value: str) -> bytes:
    """Return bytes from their one spelling in base64."""
    try:
        raw = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise Refused("something is not in base64") from None
    demand(base64.b64encode(raw).decode() == value, "base64 is not in its one spelling")
    return raw


# --- Trees (RFC 9162, 2.1) ---


def leaf_of(content: bytes) -> bytes:
    """Return the hash of a leaf."""
    return hashlib.sha256(b"\x00" + content).digest()


def node_of(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of(leaves: list[bytes]) -> bytes:
    """Return the root over leaf hashes, in order."""
    level = leaves
    while len(level) > 1:
        above = [node_of(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
        level = above + level[len(level) & ~1 :]
    return level[0] if level else hashlib.sha256().digest()


def included(leaf: bytes, index: int, size: int, path: list[bytes], root: bytes) -> None:
    """Demand that a path leads from a leaf to a root (2.1.3.2)."""
    demand(index < size, "a place lies outside of its tree")
    fn, sn, reached = index, size - 1, leaf
    for one in path:
        demand(sn > 0, "a path is too long")
        if fn & 1 or fn == sn:
            reached = node_of(one, reached)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            reached = node_of(reached, one)
        fn, sn = fn >> 1, sn >> 1
    demand(sn == 0 and reached == root, "a path does not lead to the root")


def continued(first: int, first_root: bytes, second: int, second_root: bytes, path: list[bytes]) -> None:
    """Demand that a tree goes on from another (2.1.4.2)."""
    demand(0 < first <= second, "the later checkpoint is of a smaller ledger")
    if first == second:
        demand(not path and first_root == second_root, "two checkpoints of one size differ")
        return
    hashes = [first_root, *path] if first & (first - 1) == 0 else path
    demand(bool(hashes), "the path between the checkpoints is too short")
    fn, sn = first - 1, second - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    old = new = hashes[0]
    for one in hashes[1:]:
        demand(sn > 0, "the path between the checkpoints is too long")
        if fn & 1 or fn == sn:
            old, new = node_of(one, old), node_of(one, new)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            new = node_of(new, one)
        fn, sn = fn >> 1, sn >> 1
    demand(sn == 0 and old == first_root and new == second_root, "the later checkpoint does not continue the earlier")


def hashes_of(digests: list[str]) -> list[bytes]:
    """Return digests as bytes."""
    return [bytes.fromhex(one) for one in digests]


# --- Notes (C2SP signed-note, tlog-checkpoint, tlog-cosignature, tlog-proof) ---

Note = tuple[str, list[tuple[str, bytes, bytes]]]
Key = tuple[str, bytes, bytes]
Checkpoint = tuple[str, int, bytes]
LINE = re.compile(r"— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})")
DECIMAL = re.compile("0|[1-9][0-9]{0,15}")


def note_of(whole: str) -> Note:
    """Return a note's text and its signatures: name, id, signature."""
    demand(len(whole) <= LARGEST_NOTE, "a note is too large")
    demand(not any(one < " " and one != "\n" for one in whole), "a note has control characters")
    said, blank, lines = whole.rpartition("\n\n")
    demand(bool(said and blank) and lines.endswith("\n"), "a note has no signatures")
    found = [LINE.fullmatch(line) for line in lines[:-1].split("\n")]
    demand(len(found) <= 100 and all(found), "the signatures of a note are malformed")
    raw = [(one[1], from_base64(one[2])) for one in found if one]
    demand(all(len(one) > 4 for _, one in raw), "a signature is too short")
    return said + "\n", [(name, one[:4], one[4:]) for name, one in raw]


def key_of(value: str, algorithm: bytes) -> Key:
    """Return the name, id and public key in a verifier key of the type 0x01 (notes) or 0x04 (witnesses)."""
    parts = value.split("+", 2)
    demand(len(parts) == 3, "this is no verifier key")
    name, identifier, raw = parts[0], parts[1], from_base64(parts[2])
    key_id = hashlib.sha256(name.encode(errors="replace") + b"\n" + raw).digest()[:4]
    demand(bool(name) and name.isprintable() and not re.search(r"\s", name), "a key's name is malformed")
    demand(raw[:1] == algorithm and len(raw) == 33 and key_id.hex() == identifier, "this is no verifier key")
    demand(not is_weak(raw[1:]) and point_of(raw[1:]) is not None, "under this key anybody can sign, or nobody")
    return name, key_id, raw[1:]


def checkpoint_of(note: Note) -> Checkpoint:
    """Return origin, size and root of a checkpoint without extension lines."""
    lines = note[0].split("\n")
    demand(len(lines) == 4 and bool(lines[0]) and DECIMAL.fullmatch(lines[1]) is not None, "this is no checkpoint")
    root = from_base64(lines[2])
    demand(len(root) == 32, "a checkpoint's root is malformed")
    return lines[0], int(lines[1]), root


def vouched(note: Note, claims: dict[str, Any], key: str | None) -> tuple[Checkpoint, list[str], list[str]]:
    """Return a checkpoint that the archive signed, who cosigned it, and what is lacking (FORMAT 6.3, step 7; 5.3)."""
    checkpoint, message = checkpoint_of(note), note[0].encode()
    name, key_id, public = key_of(claims["verifier"] if key is None else key, b"\x01")
    demand(name == checkpoint[0], "the checkpoint's key bears another archive's name")
    made = [signature for by, by_id, signature in note[1] if (by, by_id) == (name, key_id)]
    demand(bool(made), "the archive's key did not sign the checkpoint")
    demand(all(signed(public, message, one) for one in made), "the archive's signature of the checkpoint is false")
    demand(len(claims.get("witnesses", ())) <= 100, "more witnesses are claimed than a note has signatures")
    witnesses = [key_of(one, b"\x04") for one in claims.get("witnesses", ())]
    needed = claims.get("needed", 0)
    different = min((len({one[part] for one in witnesses}) for part in (0, 2)), default=0)
    demand(needed <= len(witnesses) == different, "the claims about witnesses are impossible")
    seen = []
    for witness in witnesses:
        lines = [signature for by, by_id, signature in note[1] if (by, by_id) == witness[:2]]
        for line in lines:
            seconds = int.from_bytes(line[:8], "big")
            said = b"cosignature/v1\ntime %d\n" % seconds + message
            demand(seconds > 0 and signed(witness[2], said, line[8:]), f"the cosignature by {witness[0]} is false")
        seen += [witness[0]] * bool(lines)
    few = f"The checkpoint of {checkpoint[1]} entries has {len(seen)} cosignatures; {needed} are asked for."
    return checkpoint, seen, [few] * (len(seen) < needed)


def entry_of(value: str) -> tuple[str, dict[str, Any], bytes]:
    """Return the origin, the heading and the leaf hash of an entry's note (FORMAT 4.1, 4.2)."""
    said, signatures = note_of(value)
    lines = said.split("\n")
    demand(len(lines) == 4 and lines[0] == "holdfast-entry/v1", "this is no entry of version 1")
    named = len(signatures) == 1 and (signatures[0][0] + "/").startswith(lines[1] + "/entry/")
    demand(named, "an entry does not bear one signature of its archive")
    return lines[1], structure(lines[2].encode(), "heading"), leaf_of(value.encode())


def inclusion_of(value: str) -> tuple[int, list[bytes], str]:
    """Return index, path and checkpoint's note of a tlog-proof without extra data."""
    head, _, note = value.partition("\n\n")
    lines = head.split("\n")
    index = lines[1][6:] if len(lines) > 1 else ""
    form = lines[:2] == ["c2sp.org/tlog-proof@v1", f"index {index}"] and DECIMAL.fullmatch(index) is not None
    path = [from_base64(one) for one in lines[2:]] if form and len(lines) <= 65 else []
    demand(form and len(lines) == len(path) + 2, "this is no proof of inclusion")
    demand(all(len(one) == 32 for one in path), "this is no proof of inclusion")
    return int(index), path, note


# --- The attachment of the PDF (ISO 32000-1; plain tables, FORMAT 6.5) ---

SPACE = re.compile(rb"(?:[\0\t\n\f\r ]|%[^\r\n]*)*")
TOKEN = re.compile(
    rb"(?P<open><<|\[)|(?P<close>>>|\])|/(?P<name>[^\0\t\n\f\r ()<>\[\]{}/%#]*)|(?P<reference>\d{1,10} \d{1,5} R\b)"
    rb"|(?P<number>[+-]?[\d.]{1,20})|(?P<word>true|false|null)|<(?P<hex>[0-9A-Fa-f\s]*)>|(?P<text>\()"
)
NAME = re.compile(rb"/(?:[^\0\t\n\f\r ()<>\[\]{}/%]*)")
PIECE = re.compile(rb"[^()\\]*(?:\\.[^()\\]*)*", re.DOTALL)
HEAD = re.compile(rb"(\d{1,10}) \d{1,5} obj\b")
TABLE = re.compile(rb"xref\s+")
PART = re.compile(rb"(\d{1,10}) (\d{1,10})\s*?\n")
PLACE = re.compile(rb"(\d{10}) \d{5} ([nf])[ \r][\r\n]")
END = re.compile(rb"startxref\s+(\d{1,12})\s+%%EOF\s*$")
STREAM = re.compile(rb"\s*stream\r?\n")
DEEPEST_VALUE = 32
MOST_NODES = 1_000_000


class Reference(int):
    """The number of an object that stands elsewhere."""


class Pdf:
    """The objects of a PDF with plain tables; only what leads to an attachment is read."""

    def __init__(self, content: mmap.mmap) -> None:
        self.content = content
        self.places: dict[int, int] = {}
        self.root: Any = None
        end = END.search(content, max(0, len(content) - 1024))
        demand(end is not None, "production.pdf does not end as a PDF does")
        after = int(end[1]) if end else 0
        for _ in range(2):  # the signature's table and the document's: there are no others
            after = self._table(after)
            if not after:
                return
        raise Refused("production.pdf has more revisions than the document and its signature")

    def _table(self, place: int) -> int:
        found = TABLE.match(self.content, place)
        demand(found is not None, "production.pdf has no plain table of objects")
        place = found.end() if found else 0
        part = PART.match(self.content, place)
        while part:
            place = part.end()
            demand(len(self.places) + int(part[2]) <= MOST_NODES, "production.pdf has too many objects")
            for number in range(int(part[1]), int(part[1]) + int(part[2])):
                entry = PLACE.match(self.content, place)
                demand(entry is not None, "the table of objects in production.pdf is malformed")
                place = entry.end() if entry else 0
                self.places.setdefault(number, int(entry[1]) if entry and entry[2] == b"n" else 0)
            part = PART.match(self.content, place)
        demand(self.content[place : place + 7] == b"trailer", "production.pdf has no trailer")
        trailer, _ = self._value(place + 7, 0)
        demand(isinstance(trailer, dict), "production.pdf has no trailer")
        demand(not trailer.keys() & {b"XRefStm", b"Encrypt"}, "production.pdf is not built in the plain way")
        self.root = self.root or trailer.get(b"Root")
        before = trailer.get(b"Prev", 0)
        demand(isinstance(before, int) and before >= 0, "production.pdf has no trailer")
        return int(before)

    def _value(self, place: int, depth: int) -> tuple[Any, int]:
        """Return the value at a place and where it ends; nothing for what closes a list or dictionary."""
        demand(depth <= DEEPEST_VALUE, "production.pdf is nested too deep")
        space = SPACE.match(self.content, place)
        token = TOKEN.match(self.content, space.end() if space else place)
        if token is None:
            raise Refused("production.pdf cannot be read")
        place, said = token.end(), token.group
        if token.lastgroup == "open":
            values: list[Any] = []
            while True:
                value, place = self._value(place, depth + 1)
                if value is Ellipsis:
                    break
                values.append(value)
                demand(len(values) <= MOST_NODES, "production.pdf cannot be read")
            if said("open") == b"[":
                return values, place
            keys = values[::2]
            demand(len(values) % 2 == 0 and all(isinstance(one, str) for one in keys), "production.pdf cannot be read")
            return {one.encode("latin-1"): values[2 * at + 1] for at, one in enumerate(keys)}, place
        if token.lastgroup == "text":
            return self._text(place)
        if token.lastgroup == "close":
            return Ellipsis, place
        if token.lastgroup == "name":
            whole = NAME.match(self.content, token.start())
            return (whole[0][1:].decode("latin-1"), whole.end()) if whole else (None, place)
        if token.lastgroup == "reference":
            return Reference(said("reference").split()[0]), place
        if token.lastgroup == "number":
            digits = said("number")
            return int(digits) if digits.isdigit() else None, place
        return said("hex") and bytes(said("hex")), place

    def _text(self, place: int) -> tuple[bytes, int]:
        """Return a text in parentheses, as it is written."""
        begin, depth = place, 1
        while depth:
            piece = PIECE.match(self.content, place)
            place = piece.end() + 1 if piece else place
            mark = self.content[place - 1 : place]
            demand(mark in (b"(", b")") and place - begin <= LARGEST_NOTE, "production.pdf cannot be read")
            depth += 1 if mark == b"(" else -1
        return self.content[begin : place - 1], place

    def at(self, value: object) -> Any:  # noqa: ANN401 - objects of any kind
        """Return what a value refers to, or the value."""
        return self._object(value)[0] if isinstance(value, Reference) else value

    def _object(self, number: int) -> tuple[Any, int]:
        place = self.places.get(number, 0)
        head = HEAD.match(self.content, place)
        if not place or head is None or int(head[1]) != number:
            raise Refused("production.pdf refers to what is not there")
        return self._value(head.end(), 0)

    def attached(self, name: bytes, size: int) -> bytes:
        """Return the attachment of this name, which is expected to have this size."""
        found: list[Any] = []
        todo: list[Any] = [self._in(self._in(self.root, b"Names"), b"EmbeddedFiles")]
        seen: set[int] = set()
        while todo:
            node = todo.pop()
            demand(isinstance(node, Reference) and node not in seen, "the attachments of production.pdf are no tree")
            seen.add(node)
            kids, names = (self.at(self._node(node).get(one, [])) for one in (b"Kids", b"Names"))
            demand(isinstance(kids, list) and isinstance(names, list), "the attachments of production.pdf are no tree")
            todo += kids
            found += [two for one, two in zip(names[::2], names[1::2]) if one == name]
        demand(len(found) == 1, f"production.pdf has {len(found)} attachments called {name.decode()}")
        stream = self._in(self._in(found[0], b"EF"), b"F")
        if not isinstance(stream, Reference):
            raise Refused("an attachment of production.pdf is none")
        about, place = self._object(stream)
        begin = STREAM.match(self.content, place)
        length = self._in(about, b"Length")
        if begin is None or not isinstance(length, int) or b"DecodeParms" in about:
            raise Refused("an attachment of production.pdf is none")
        raw = self.content[begin.end() : begin.end() + length]
        if b"Filter" not in about:
            return raw
        demand(self.at(about[b"Filter"]) == "FlateDecode", "an attachment of production.pdf is compressed otherwise")
        try:
            return zlib.decompressobj().decompress(raw, size + 1)
        except zlib.error:
            raise Refused("an attachment of production.pdf cannot be unpacked") from None

    def _node(self, value: Reference) -> dict[bytes, Any]:
        node = self.at(value)
        demand(isinstance(node, dict), "the attachments of production.pdf are no tree")
        return dict(node)

    def _in(self, value: object, name: bytes) -> Any:  # noqa: ANN401 - objects of any kind
        whole = self.at(value)
        demand(isinstance(whole, dict) and name in whole, f"production.pdf lacks its {name.decode()}")
        found = whole[name]
        return self.at(found) if name == b"Length" else found


# --- The bag (RFC 8493), a folder or a ZIP ---

BAGIT = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
DIGITS = {"sha256": 64, "sha512": 128}
MANIFESTS = {f"manifest-{one}.txt": one for one in DIGITS}
TAG_MANIFESTS = {f"tagmanifest-{one}.txt": one for one in DIGITS}
TAGS = {"bagit.txt", "bag-info.txt", *MANIFESTS}
SAFE = re.compile(r"(?:[A-Za-z0-9_-][A-Za-z0-9._-]*/)*[A-Za-z0-9_-][A-Za-z0-9._-]*")
RESERVED = re.compile(r"(?i)(?:.*/)?(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:[./].*)?")
BESIDE = re.compile(
    r"data/(?:production\.pdf|production\.json|sealed\.json|receipt\.json|CERTIFICATION\.txt|README\.txt|VERIFY\.html|verify\.py"
    r"|(?:NATIVES|PROOFS|TEXT|DATA|IMAGES|WACZ)/.+)"
)
ZIP_FAULTS = (
    *(zipfile.BadZipFile, zlib.error, struct.error, NotImplementedError, RuntimeError),
    *(EOFError, OSError, ValueError, LookupError),
)


def is_safe(name: str) -> bool:
    """Whether a name leads nowhere else, and is the same one on every system."""
    plain = len(name) <= 512 and SAFE.fullmatch(name) and not RESERVED.fullmatch(name)
    return bool(plain) and not re.search(r"\.(?:/|$)", name)


class Files:
    """The files of a bag: their sizes by name; ``irregular`` are links and what else is no file."""

    def __init__(self) -> None:
        self.sizes: dict[str, int] = {}
        self.irregular: list[str] = []
        self.twice: list[str] = []

    def put(self, name: str, size: int, *, regular: bool) -> None:
        """Note that something is there."""
        demand(len(self.sizes) + len(self.irregular) < MOST_FILES, f"The package has more than {MOST_FILES} files")
        self.twice += [name] * (name in self.sizes)
        if regular:
            self.sizes[name] = size
        else:
            self.irregular.append(name)

    def open(self, name: str) -> IO[bytes]:
        """Open a file."""
        raise NotImplementedError

    def chunks(self, name: str) -> Iterator[bytes]:
        """Yield a file's bytes."""
        try:
            with self.open(name) as stream:
                while True:
                    chunk = stream.read(CHUNK)
                    if not chunk:
                        return
                    yield chunk
        except ZIP_FAULTS:
            raise Refused("it cannot be read") from None

    def read(self, name: str, most: int) -> bytes:
        """Return the bytes of a file that must be there and not too large."""
        demand(name in self.sizes, "it is not there")
        demand(self.sizes[name] <= most, f"it is larger than {most} bytes")
        with io.BytesIO() as whole:
            for chunk in self.chunks(name):
                demand(whole.tell() + len(chunk) <= most, f"it is larger than {most} bytes")
                whole.write(chunk)
            return whole.getvalue()


class Folder(Files):
    """A bag that lies unpacked in a folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        self._walk("", 0)

    def _walk(self, prefix: str, depth: int) -> None:
        try:
            with os.scandir(self.folder / prefix) as entries:
                for entry in entries:
                    name = prefix + entry.name
                    if entry.is_dir(follow_symlinks=False) and depth < DEEPEST:
                        self._walk(name + "/", depth + 1)
                    else:
                        about = entry.stat(follow_symlinks=False)
                        self.put(name, about.st_size, regular=stat.S_ISREG(about.st_mode))
        except (OSError, ValueError):
            self.irregular.append(prefix or "the folder")

    def open(self, name: str) -> IO[bytes]:
        """Open a file, never through a link that stands in its place."""
        flags = sum(getattr(os, f"O_{one}", 0) for one in ("NOFOLLOW", "NONBLOCK", "BINARY", "CLOEXEC"))
        return os.fdopen(os.open(self.folder / name, os.O_RDONLY | flags), "rb")


class Packed(Files):
    """A bag in a ZIP, at its top or in its only folder."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        try:
            self.zip = zipfile.ZipFile(path)
        except ZIP_FAULTS:
            raise Refused("This is neither a folder nor a ZIP that can be read") from None
        members = [one for one in self.zip.infolist() if not (one.filename.endswith("/") and one.file_size == 0)]
        tops = {one.filename.partition("/")[0] for one in members if "/" in one.filename}
        nested = len(tops) == 1 and all("/" in one.filename for one in members)
        self.top = f"{tops.pop()}/" if nested else ""
        most = max(LEAST_UNPACKED, MOST_EXPANSION * path.stat().st_size)
        demand(sum(one.file_size for one in members) <= most, "The ZIP unpacks to more than can be a package's")
        for one in members:
            mode = one.external_attr >> 16
            plain = not one.flag_bits & 1 and stat.S_IFMT(mode) in (0, stat.S_IFREG)
            plain = plain and one.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
            self.put(one.filename[len(self.top) :], one.file_size, regular=plain)

    def open(self, name: str) -> IO[bytes]:
        """Open a member."""
        return self.zip.open(self.top + name)


Digests = dict[str, tuple[int, str]]


class Check:
    """One check of a package: what was found, by step; verdicts on records."""

    def __init__(self, files: Files, key: str | None) -> None:
        self.files, self.key = files, key
        self.findings: list[tuple[str, str, str]] = []
        self.more = 0
        self.notices: list[str] = []
        self.records: list[tuple[str, str, str | None]] = []
        self.production: dict[str, Any] = {}
        self.keys: dict[str, str] = {}
        self.reached = {"bag"}

    def verdict(self, step: str) -> str:
        """Return the verdict on a step without findings."""
        if step == "records" and any(why is not None for _, _, why in self.records):
            return "not proved"
        return "sound" if step in self.reached else "not checked"

    def fault(self, step: str, where: str, what: str) -> None:
        """Note what is wrong; beyond a thousand findings they are only counted."""
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append((step, where, what))
        else:
            self.more += 1

    def run(self) -> bool:
        """Check everything and return whether it holds."""
        found = self._bag()
        if self._production():
            self.reached |= {"production", "attached", "seal", "records"}
            self._attached()
            self._records(found, anchored=self._seal(found))
        return not self.findings

    def _manifest(self, name: str, algorithm: str) -> dict[str, str]:
        named: dict[str, str] = {}
        try:
            content = self.files.read(name, LARGEST_LIST).decode()
            demand(content.endswith("\n"), "its last line is cut off")
            for line in content[:-1].split("\n"):
                digest, _, one = line.partition("  ")
                demand(re.fullmatch(f"[0-9a-f]{{{DIGITS[algorithm]}}}", digest) is not None, "a line is malformed")
                demand(is_safe(one), f"it names {one[:200]!r}, which may lead elsewhere")
                demand(one not in named, f"it names {one[:200]!r} twice")
                named[one] = digest
        except UnicodeDecodeError:
            self.fault("bag", name, "it is not UTF-8")
        except Refused as why:
            self.fault("bag", name, str(why))
        return named

    def _bag(self) -> Digests:
        """Compare files with manifests, and return size and SHA-256 of each that can be read."""
        for name in self.files.twice:
            self.fault("bag", name, "it is there twice")
        for name in self.files.irregular:
            self.fault("bag", name, "this is no file, but a link or something else")
        folded: dict[str, str] = {}
        for name in self.files.sizes:
            other = folded.setdefault(name.casefold(), name)
            if other != name:
                self.fault("bag", name, f"on some systems this is the same name as {other}")
            if not is_safe(name):
                self.fault("bag", name, "this is no name of a package's file: it may be another on other systems")
            elif name not in TAGS and name not in TAG_MANIFESTS and not BESIDE.fullmatch(name):
                self.fault("bag", name, "this is no part of a package")
        said = {name: self._manifest(name, one) for name, one in {**MANIFESTS, **TAG_MANIFESTS}.items()}
        found: Digests = {}
        for name in sorted(self.files.sizes):
            self._file(name, said, found)
        there = self.files.sizes.keys()
        for name in sorted(set().union(*said.values()) - there):
            naming = [manifest for manifest, named in said.items() if name in named]
            self.fault("bag", name, f"it is not there, and named in {' and '.join(naming)}")
        self._labels(found)
        return found

    def _file(self, name: str, said: dict[str, dict[str, str]], found: Digests) -> None:
        hashes, size = {one: hashlib.new(one) for one in DIGITS}, 0
        try:
            for chunk in self.files.chunks(name):
                size += len(chunk)
                for one in hashes.values():
                    one.update(chunk)
        except Refused as why:
            self.fault("bag", name, str(why))
            return
        found[name] = size, hashes["sha256"].hexdigest()
        if name in TAG_MANIFESTS:
            return
        payload = name.startswith("data/")
        absent, wrong = [], []
        for manifest, algorithm in (MANIFESTS if payload else TAG_MANIFESTS).items():
            digest = said[manifest].get(name)
            absent += [manifest] * (digest is None)
            wrong += [manifest] * (digest not in (None, hashes[algorithm].hexdigest()))
        if absent:
            self.fault("bag", name, f"it is there, and not named in {' and '.join(absent)}")
        if wrong:
            self.fault("bag", name, f"its digest is not the one in {' and '.join(wrong)}")
        for manifest in TAG_MANIFESTS if payload else MANIFESTS:
            if name in said[manifest]:
                self.fault("bag", name, f"it is named in {manifest}, where it has no place")

    def _labels(self, found: Digests) -> None:
        sizes = [size for name, (size, _) in found.items() if name.startswith("data/")]
        try:
            demand(self.files.read("bagit.txt", LARGEST_NOTE) == BAGIT, "it does not declare BagIt 1.0 in UTF-8")
        except Refused as why:
            self.fault("bag", "bagit.txt", str(why))
        try:
            lines = self.files.read("bag-info.txt", LARGEST_NOTE).decode(errors="replace").split("\n")
            oxum = [line for line in lines if line.lower().startswith("payload-oxum:")]
            stated = oxum == [f"Payload-Oxum: {sum(sizes)}.{len(sizes)}"]
            demand(stated, "it states another size or number of files")
        except Refused as why:
            self.fault("bag", "bag-info.txt", str(why))

    def _production(self) -> bool:
        """Read production.json and judge its checkpoint; return whether it can be read."""
        step = "production"
        try:
            most = min(LARGEST_LIST, LARGEST_JSON + LIST_SHARE * len(self.files.sizes))
            self.production = made = structure(self.files.read("data/production.json", most), "production")
        except Refused as why:
            self.fault(step, "data/production.json", str(why))
            return False
        self.keys["production.json"] = made["claims"]["verifier"]
        self._numbers(made)
        self._named(made)
        self._searched(made)
        try:
            checkpoint, seen, lacking = vouched(note_of(made["checkpoint"]), made["claims"], None)
            stated = made["origin"], made["ledger_size"], bytes.fromhex(made["ledger_root"])
            demand(checkpoint == stated, "it states another ledger than its checkpoint")
            self._said(seen, lacking, checkpoint)
        except Refused as why:
            self.fault(step, "data/production.json", str(why))
        return True

    def _named(self, made: dict[str, Any]) -> None:
        """Demand that bag-info.txt names the production (FORMAT 6.8.1)."""
        try:
            lines = self.files.read("bag-info.txt", LARGEST_NOTE).decode(errors="replace").split("\n")
            named = [line for line in lines if line.lower().startswith("external-identifier:")]
            demand(named == [f"External-Identifier: {made['production']}"], "it names another production")
        except Refused as why:
            self.fault("production", "bag-info.txt", str(why))

    def _searched(self, made: dict[str, Any]) -> None:
        """Demand that the receipt of the search is about these records (FORMAT 6.5), and beside as it is within."""
        try:
            receipt, name = made.get("receipt"), "data/receipt.json"
            demand(
                (receipt is not None) == (name in self.files.sizes), "the receipt of the search is not in both places"
            )
            if receipt is None:
                return
            demand(self.files.read(name, LARGEST_JSON) == spelled(receipt), "it is not the receipt in production.json")
            earlier = receipt["origin"] == made["origin"] and receipt["ledger_size"] <= made["ledger_size"]
            demand(earlier, "the receipt is of another archive, or of more of it")
            all_found = [*made["records"], *made.get("withheld", []), *made.get("volume", {}).get("elsewhere", [])]
            hits = sorted(f"{one['record']} {one.get('matched', one['record'])}\n" for one in all_found)
            digest = hashlib.sha256(("holdfast-hits/v1\n" + "".join(hits)).encode()).hexdigest()
            demand((receipt["hits"], receipt["digest"]) == (len(hits), digest), "the receipt is of other records")
        except Refused as why:
            self.fault("production", "data/receipt.json", str(why))

    def _said(self, seen: list[str], lacking: list[str], checkpoint: Checkpoint) -> None:
        if seen:
            self.notices.append(f"The checkpoint of {checkpoint[1]} entries is cosigned by {', '.join(seen)}.")
        self.notices += lacking

    def _numbers(self, made: dict[str, Any]) -> None:
        """Demand that records stand one after another, withheld ones last, and that files bear their first number."""
        whole = made["bates"]
        named: dict[str, set[str]] = {"NATIVES": set(), "PROOFS": set()}
        after, orderly, redacted = whole["first"], whole["first"] <= whole["last"] < 10**7, 0
        for record in made["records"]:
            pages, name = record["bates"], number_of(record["bates"], "first")
            orderly = orderly and pages["prefix"] == whole["prefix"] and after <= pages["first"] <= pages["last"]
            orderly = orderly and pages["last"] <= whole["last"] and record["proof"] == f"{name}-proof.json"
            native = [record[one] for one in NATIVE if one in record]
            orderly = orderly and len(native) in (0, len(NATIVE))
            if native:
                orderly = orderly and re.fullmatch(f"{name}-native\\.[a-z0-9]{{1,16}}", str(native[0])) is not None
                named["NATIVES"].add(str(native[0]))
            redacted += not native
            after = pages["last"] + 1
            named["PROOFS"].add(record["proof"])
        if redacted:
            count = f"{redacted} record(s) are redacted: the parts that they show are proved"
            self.notices.append(f"{count}, the words around a mark are not; DATA/redactions.csv says why.")
        volume = made.get("volume")
        if volume:
            which = f"This is volume {volume['number']} of {volume['of']}"
            self.notices.append(f"{which}: {len(volume['elsewhere'])} records that the search found are in others.")
            there = [one["record"] for one in volume["elsewhere"]]
            here = {one["record"] for one in [*made["records"], *made.get("withheld", [])]}
            others = {one["volume"] for one in volume["elsewhere"]}
            apart = len({*there}) == len(there) and here.isdisjoint(there)
            if not apart or volume["number"] in others or max(volume["number"], *others) > volume["of"]:
                self.fault("production", "data/production.json", "the volumes are not told apart as they must be")
        withheld = made.get("withheld", [])
        if withheld:
            count = f"{len(withheld)} record(s) that the search found are withheld, on pages of their own"
            self.notices.append(f"{count}; DATA/withheld.csv says why.")
        for one in withheld:
            pages = one["bates"]
            orderly = orderly and pages["prefix"] == whole["prefix"] and after <= pages["first"] <= pages["last"]
            orderly = orderly and pages["last"] <= whole["last"]
            after = pages["last"] + 1
        if not orderly:
            self.fault("production", "data/production.json", "records are not numbered one after another")
        for name in self.files.sizes:
            _, folder, one = [*name.split("/", 2), "", ""][:3]
            if folder in named and one not in named[folder]:
                self.fault("production", name, "production.json does not name it")

    def _attached(self) -> None:
        """Compare production.json with what is attached to production.pdf: nobody signed it elsewhere."""
        name = "data/production.pdf"
        try:
            demand(name in self.files.sizes, "it is not there")
            listed = self.files.read("data/production.json", LARGEST_LIST)
            with tempfile.TemporaryFile() as whole:
                for chunk in self.files.chunks(name):
                    whole.write(chunk)
                demand(whole.tell() > 0, "it is empty")
                whole.flush()
                with mmap.mmap(whole.fileno(), 0, access=mmap.ACCESS_READ) as content:
                    attached = Pdf(content).attached(b"production.json", len(listed))
            demand(attached == listed, "another production.json is attached to it")
        except (Refused, OSError) as why:
            self.fault("attached", name, str(why))

    def _seal(self, found: Digests) -> bool:
        """Judge sealed.json; return whether the production's ledger is under a checkpoint of the archive's key."""
        step, where, anchored = "seal", "data/sealed.json", False
        made = self.production
        try:
            seal = structure(self.files.read(where, LARGEST_JSON), "seal")
            self.keys["sealed.json"] = seal["claims"]["verifier"]
            if len(set(self.keys.values())) > 1:
                self.notices.append(f"{CHANGED}{OR_FORGED if self.key is None else ''}.")
            note, claims = note_of(seal["checkpoint"]), seal["claims"]
            checkpoint, seen, lacking = vouched(note, claims, self.key)
            origin, size, root = checkpoint
            demand(origin == made["origin"], "its checkpoint is of another archive")
            then = made["ledger_size"], bytes.fromhex(made["ledger_root"])
            continued(*then, size, root, hashes_of(seal["path"]))
            anchored = True
            self._said(seen, lacking, checkpoint)
            self._act(seal["produced"], checkpoint, found)
        except Refused as why:
            self.fault(step, where, str(why))
        return anchored

    def _act(self, proved: dict[str, Any], checkpoint: Checkpoint, found: Digests) -> None:
        """Demand that the ledger says of this document and these records that they were produced (FORMAT 6.7.1)."""
        origin, heading, leaf = entry_of(proved["entry"])
        demand(origin == checkpoint[0], "the entry is of another archive")
        same = all(heading[name] == proved[name] for name in ("index", "at", "actor"))
        demand(same, "the entry says another index, instant or actor")
        act = proved["act"]
        line = leaf_of(spelled(act))
        path = hashes_of(proved["line_path"])
        included(line, proved["line"], heading["lines"], path, bytes.fromhex(heading["lines_root"]))
        included(leaf, heading["index"], checkpoint[1], hashes_of(proved["path"]), checkpoint[2])
        made, ids = self.production, hashes_of([one["record"] for one in self.production["records"]])
        for name in ("production", "bates", "ledger_size"):
            demand(act[name] == made[name], f"the ledger names another '{name}' than production.json")
        demand(act["ledger_size"] <= heading["index"], "the entry is older than the ledger that it tells of")
        demand(act["records"] == len(ids), f"the ledger names {act['records']} records; here are {len(ids)}")
        demand(act["records_root"] == root_of(ids).hex(), "the ledger names other records, or another order of them")
        withheld = len(made.get("withheld", []))
        demand(
            act.get("withheld", 0) == withheld, f"the ledger names another number of withheld records than {withheld}"
        )
        listed = found.get("data/production.json", (0, ""))[1]
        demand(act.get("manifest", listed) == listed, "the ledger names another production.json")
        document = act["document"]
        demand(document["key"] == f"productions/{made['production']}.pdf", "the ledger names another document")
        same = found.get("data/production.pdf") == (document["size"], document["sha256"])
        demand(same, "the ledger names a document with other bytes than production.pdf")

    def _records(self, found: Digests, *, anchored: bool) -> None:
        made = self.production
        vouching = (made["checkpoint"], bare(made["claims"])) if anchored else None
        for record in made["records"]:
            pages = numbers_of(record["bates"])
            why, where = None, f"data/NATIVES/{record.get('native')}"
            try:
                if "native" in record:
                    expected = record["native_size"], record["native_sha256"]
                    demand(where in found, "the native file is not there")
                    demand(found[where] == expected, "the native file has other bytes than production.json names")
                where = f"data/PROOFS/{record['proof']}"
                demand(where in found, "the proof is not there")
                expected = record["proof_size"], record["proof_sha256"]
                demand(found[where] == expected, "the proof has other bytes than production.json names")
                content = self.files.read(where, LARGEST_JSON)
                demand(hashlib.sha256(content).hexdigest() == expected[1], "the proof changes while it is read")
                prove(structure(content, "proof" if "native" in record else "redacted"), record, made, vouching)
            except Refused as refused:
                why = str(refused)
                self.fault("records", where, why)
            if why is None and not anchored:
                why = "its proof holds by itself, but nothing here leads from its checkpoint to the archive's key"
            self.records.append((pages, record["record"], why))


def bare(claims: dict[str, Any]) -> dict[str, Any]:
    """Return claims without time stamps, as they are in proofs (FORMAT 6.5)."""
    return {name: one for name, one in claims.items() if name != "stamps"}


def number_of(pages: dict[str, Any], end: str) -> str:
    """Return a Bates number as it is printed."""
    return f"{pages['prefix']}{pages[end]:07d}"


def numbers_of(pages: dict[str, Any]) -> str:
    """Return the numbers of pages."""
    last = f"–{number_of(pages, 'last')}" if pages["last"] != pages["first"] else ""
    return number_of(pages, "first") + last


def pieces_of(text: str) -> list[str]:
    """Return the pieces of a text (FORMAT 3.2.1)."""
    found: list[str] = []
    start = 0
    for end in PIECE_END.finditer(text):
        if len(found) == MOST_PIECES - 1:
            break
        found.append(text[start : end.end()])
        start = end.end()
    return [*found, text[start:]] if text[start:] or not found else found


def id_of(commitments: list[bytes]) -> bytes:
    """Return a record's id from the commitments to its parts (FORMAT 3.2)."""
    return leaf_of(b"holdfast-record/v2\x00" + b"".join(commitments))


def commitment_of(nonce: bytes, name: str, value: bytes) -> bytes:
    """Return the commitment to a part (FORMAT 3.2)."""
    return hashlib.sha256(nonce + name.encode(errors="replace") + b"\x00" + value).digest()


def whole_record(proof: dict[str, Any], record: dict[str, Any]) -> tuple[bytes, dict[str, Any], dict[str, Any]]:
    """Return the id of a record that is shown whole, and its two structures."""
    demand(proof["native_sha256"] == record["native_sha256"], "it is the proof of other native bytes")
    shown, came = (structure(proof[kind].encode(errors="replace"), kind) for kind in ("normalised", "provenance"))
    if proof["format"] == "holdfast-proof/v1":
        texts = (proof["normalised"].encode(), proof["provenance"].encode())
        digests = [bytes.fromhex(proof["native_sha256"]), *(hashlib.sha256(one).digest() for one in texts)]
        whole = leaf_of(b"holdfast-record/v1\x00" + bytes.fromhex(proof["salt"]) + b"".join(digests))
        return whole, shown, came
    parts = [("native", bytes.fromhex(proof["native_sha256"]))]
    for kind, members in (("normalised", shown), ("provenance", came)):
        for name, value in members.items():
            if f"{kind}.{name}" == TEXT:
                parts += [(TEXT, piece.encode()) for piece in pieces_of(value)]
            else:
                parts.append((f"{kind}.{name}", spelled(value)))
    salt, commitments = bytes.fromhex(proof["salt"]), []
    for number, part in enumerate(parts):
        nonce = hashlib.sha256(salt + number.to_bytes(4, "big")).digest()
        commitments.append(commitment_of(nonce, *part))
    return id_of(commitments), shown, came


def redacted(parts: list[dict[str, Any]]) -> tuple[bytes, dict[str, Any], dict[str, Any]]:
    """Return the id of a record of which some parts are hidden, and what its two structures show (FORMAT 6.9)."""
    commitments: list[bytes] = []
    said: dict[str, dict[str, Any]] = {
        "normalised": {"item": "redacted"},
        "provenance": {"source": dict(HIDDEN_SOURCE)},
    }
    for part in parts:
        name = part["name"]
        kind, _, member = name.partition(".")
        demand(name == "native" or (kind in said and member in FIELDS[kind]), "it has a part that no record has")
        if "value" in part and part.keys() == {"name", "nonce", "value"}:
            value = part["value"].encode(errors="replace")
            if name == "native":
                demand_kind(part["value"], "digest", "the native digest")
                value = bytes.fromhex(part["value"])
            elif name != TEXT:
                said[kind][member] = value_of(value, FIELDS[kind][member][2])
            commitments.append(commitment_of(bytes.fromhex(part["nonce"]), name, value))
        else:
            lacks = not {"nonce", "value"} & part.keys() and "commitment" in part
            demand(lacks and (name in WORDS or "instead" not in part), "a part is neither shown nor hidden")
            demand("instead" not in part or "reason" in part, "nothing says that words are redacted")
            commitments.append(bytes.fromhex(part["commitment"]))
    names = [one["name"] for one in parts]
    single = [name for name in names if name != TEXT]
    for _, same in groupby(parts, key=lambda part: (part["name"], "value" in part)):
        instead = "".join(part.get("instead", "") for part in same)
        demand(not instead or MARK in instead, "nothing says that words are redacted")
    orderly = names[0] == "native" and names[1:] == sorted(names[1:]) and len({*single}) == len(single)
    demand(orderly, "its parts are not those of a record, in their order")
    for kind, members in said.items():
        demand_shape(members, FIELDS[kind], "what it shows")
    return id_of(commitments), said["normalised"], said["provenance"]


def prove(proof: dict[str, Any], record: dict[str, Any], made: dict[str, Any], vouching: object) -> None:
    """Demand that a proof leads from a record to the production's checkpoint: the steps of FORMAT 6.3 or 6.9."""
    leaf, shown, came = redacted(proof["parts"]) if "parts" in proof else whole_record(proof, record)
    demand(leaf.hex() == proof["record"], "its parts do not make its record's id")
    spelling = proof["partition"].encode(errors="replace")
    partition = structure(spelling, "partition")
    included(leaf, proof["row"], partition["rows"], hashes_of(proof["row_path"]), bytes.fromhex(partition["root"]))
    demand(came["account"] == partition["account"], "the record is of another account than its partition")
    origin, heading, entry = entry_of(proof["entry"])
    lines = hashes_of(proof["line_path"]), bytes.fromhex(heading["lines_root"])
    included(leaf_of(spelling), proof["line"], heading["lines"], *lines)
    index, path, spelled_note = inclusion_of(proof["inclusion"])
    stated = made["origin"], made["ledger_size"], bytes.fromhex(made["ledger_root"])
    note = note_of(spelled_note)
    demand(checkpoint_of(note) == stated, "it leads to another checkpoint than production.json names")
    demand(index == heading["index"] and origin == stated[0], "entry and checkpoint do not belong together")
    included(entry, index, stated[1], path, stated[2])
    demand(proof["claims"].get("verifier") == made["claims"]["verifier"], "it names another key than production.json")
    if (spelled_note, bare(proof["claims"])) != vouching:
        vouched(note, proof["claims"], None)
    demand(proof["record"] == record["record"], "it is the proof of another record")
    named = record["account"], record["kind"], record["item"]
    demand((came["account"], shown["kind"], shown["item"]) == named, "production.json names another item")


# --- What is said of it ---


def shown(value: str) -> str:
    """Return text without anything that could act on a terminal."""
    return "".join(one if one.isprintable() else f"\\u{ord(one):04x}" for one in value[:500])


def report(check: Check) -> dict[str, Any]:
    """Return what was found, as --json prints it."""
    made = check.production
    faulty = {step for step, _, _ in check.findings}
    return {
        "sound": not check.findings,
        "production": made.get("production"),
        "organisation": made.get("organisation"),
        "bates": numbers_of(made["bates"]) if made else None,
        "steps": [
            {"step": step, "title": title, "verdict": "faulty" if step in faulty else check.verdict(step)}
            for step, title in STEPS.items()
        ],
        "records": [
            {"bates": pages, "record": record, "proved": why is None, "why": why}
            for pages, record, why in check.records
        ],
        "findings": [{"step": step, "where": where, "what": what} for step, where, what in check.findings],
        "findings_beyond": check.more,
        "notices": check.notices,
        "keys": check.keys,
        "key_given": check.key,
        "unchecked": list(UNCHECKED),
    }


def lines_of(said: dict[str, Any]) -> Iterator[str]:
    """Yield the report in words."""
    if said["production"] is not None:
        yield f"Production {said['production']} of {said['organisation']}, {said['bates']}"
        yield ""
    for record in said["records"]:
        yield f"  {record['bates']}  {'proved' if record['proved'] else 'NOT PROVED: ' + record['why']}"
    yield ""
    yield "What was checked"
    for step in said["steps"]:
        yield f"  {step['verdict']:<11}  {step['title']}"
    for finding in said["findings"]:
        yield f"  ! {finding['where']}: {finding['what']}"
    if said["findings_beyond"]:
        yield f"  ! and {said['findings_beyond']} more"
    yield from (f"  {notice}" for notice in said["notices"])
    yield ""
    yield "What was NOT checked"
    yield from (f"  - {one}" for one in said["unchecked"])
    yield ""
    if said["key_given"] is not None:
        yield f"Checked with the key that you gave: {said['key_given']}"
    elif said["keys"]:
        yield "All this is worth as much as the key. Compare it with what the archive publishes, letter by letter:"
        yield from (f"  {key}  (in {where})" for where, key in said["keys"].items())
    proved = sum(record["proved"] for record in said["records"])
    yield ""
    verdict = "SOUND" if said["sound"] else "NOT SOUND"
    yield f"{verdict}: {proved} of {len(said['records'])} records are proved; {len(said['findings'])} faults."


def main(arguments: list[str]) -> int:
    """Check the package that the arguments name, say what was found, and return the exit status."""
    parser = argparse.ArgumentParser(description="Check a package of records that was handed over, offline.")
    parser.add_argument("package", nargs="?", type=Path, help="its folder or ZIP; by default the one this lies in")
    parser.add_argument("--key", help="the archive's checkpoint key, as the archive publishes it")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    given = parser.parse_args(arguments)
    place = given.package or Path(__file__).resolve().parent.parent
    try:
        if given.key is not None:
            key_of(given.key, b"\x01")
        files = Folder(place) if os.path.isdir(place) else Packed(place)  # noqa: PTH112 - it never fails
        there = {"bagit.txt", "data/production.json"} & files.sizes.keys()
        demand(bool(there), f"There is no package at {place}")
    except Refused as why:
        print(f"verify.py: {shown(str(why))}", file=sys.stderr)
        return 2
    check = Check(files, given.key)
    sound = check.run()
    said = report(check)
    if given.json:
        print(json.dumps(said, indent=2))
    else:
        print("\n".join(shown(line) for line in lines_of(said)))
    return 0 if sound else 1


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    sys.exit(main(sys.argv[1:]))
