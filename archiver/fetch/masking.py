"""Credentials made unreadable, at the same length, before anything is hashed, written or returned.

Two nets. *Secrets* are known by their value: they are masked wherever they occur, in every spelling that servers echo
(percent-encoded, JSON, HTML, base64). *Parameters* are known by their name: in addresses, headers, and in the answers
of APIs (JSON, forms, plain text), never in pages, scripts or media, which are evidence. Names that credentials share
with ordinary words (``key``, ``code``, ``token`` …) count only in addresses, and only with 16 characters or more.
"""

from __future__ import annotations

import base64
import html
import json
import re
import string
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

from schemas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from storage.warc import Headers

SHORTEST_SECRET = 8
LONGEST_VALUE = 8192
BATCH = 1 << 18
FOLDS = int(re.IGNORECASE)
FILLS = "*~.!_-" + string.ascii_letters + string.digits

# Unmistakable names, masked also in the bodies of APIs.
BODY_NAMES = (
    "access_token|refresh_token|id_token|auth_token|bearer_token|input_token|fb_exchange_token|oauth_token|"
    "oauth_token_secret|oauth_signature|oauth_verifier|accessJwt|refreshJwt|client_secret|client_assertion|app_secret|"
    "appsecret_proof|code_verifier|api_key|apikey|password|passwd"
)
# One of these is in each of them.
IN_BODY_NAMES = (b"token", b"jwt", b"secret", b"passw", b"api_key", b"apikey", b"oauth_", b"assertion", b"verifier")
# Signatures of addresses: masked in the addresses that we ask for, kept in bodies, where they name media.
ADDRESS_NAMES = f"{BODY_NAMES}|x-amz-signature|x-amz-credential|x-amz-security-token|x-goog-signature"
AMBIGUOUS_NAMES = (
    "key|code|token|sig|signature|secret|auth|authorization|assertion|ticket|hmac|jwt|session|sessionid|session_id|"
    "sid|pwd"
)
SECRET_HEADERS = frozenset(
    (
        *("authorization", "proxy-authorization", "authentication-info", "cookie", "set-cookie", "set-cookie2", "dpop"),
        *("x-api-key", "api-key", "apikey", "x-auth-token", "x-access-token", "x-csrf-token", "x-xsrf-token"),
        *("x-goog-api-key", "x-amz-security-token", "private-token"),
    )
)
KEEP_SCHEME = frozenset(("authorization", "proxy-authorization"))
JSON_TYPE = re.compile(r"application/(?:[\w.-]+\+)?json|application/(?:x-)?ndjson|text/json", re.IGNORECASE)
FORM_TYPES = frozenset(("application/x-www-form-urlencoded", "text/plain", ""))


class SecretUnmaskableError(InputError):
    """A secret cannot be masked without harm: too short, or of every character there is."""

    code = "SECRET_UNMASKABLE"


@dataclass(frozen=True, slots=True)
class Rule:
    """What to mask: the last group of each match of ``pattern``, which sees at most ``reach`` bytes ahead.

    Where none of ``needles`` (lower-case if the case does not matter) occurs, nothing matches.
    """

    pattern: re.Pattern[bytes]
    reach: int
    needles: tuple[bytes, ...]

    def masked(self, window: bytes, *, fill: bytes, until: int) -> tuple[bytes, int]:
        """Return the masked bytes up to ``until`` or the end of the match that crosses it, and how many they are."""
        seen = window.lower() if self.pattern.flags & FOLDS else window
        if not any(needle in seen for needle in self.needles):
            return window[:until], until
        pieces, position, end = [], 0, until
        for match in self.pattern.finditer(window):
            if match.start() >= until:
                break
            first, last = match.span(match.lastindex or 0)
            pieces += [window[position:first], fill * (last - first)]
            position, end = last, max(end, match.end())
        return b"".join((*pieces, window[position:end])), end

    def stream(self, chunks: Iterable[bytes], *, fill: bytes) -> Iterator[bytes]:
        """Yield the chunks masked, wherever they were cut."""
        window = b""
        for chunk in chunks:
            window += chunk
            if len(window) > self.reach + BATCH:
                done, end = self.masked(window, fill=fill, until=len(window) - self.reach)
                yield done
                window = window[end:]
        if window:
            yield self.masked(window, fill=fill, until=len(window))[0]


def _parameters(names: str, *, shortest: int) -> bytes:
    """``name=value`` in an address or form, also percent-encoded as part of another one."""
    return (
        rb"(?:[?&;#]|%3F|%26|\\u0026)(?:" + names.encode() + rb")(?:=|%3D)"
        rb"((?:(?!%26)[^&;#\s\"'<>\\]|\\/){" + f"{shortest},{LONGEST_VALUE}".encode() + rb"})"
    )


def _members(names: str) -> bytes:
    r"""``"name": "value"`` in JSON, also in JSON within a JSON string (``\"name\": \"value\"``)."""
    return (
        rb"\"(?:" + names.encode() + rb")\\{0,3}\"\s{0,16}:\s{0,16}\\{0,3}\""
        rb"((?:[^\"\\\x00-\x1f]|\\/|\\u[0-9a-f]{4}){1," + str(LONGEST_VALUE).encode() + rb"})"
    )


USERINFO = rb"://[^/?#\s@:]{0,256}:([^/?#\s@]{1,1024})@"
IN_ADDRESSES = re.compile("=|@|%3d", re.IGNORECASE)
"""One of these is in whatever a rule for addresses matches."""
ADDRESS_RULES = tuple(
    Rule(re.compile(pattern, re.IGNORECASE), 2 * LONGEST_VALUE + 96, (b"=", b"%3d", b"@"))
    for pattern in (_parameters(ADDRESS_NAMES, shortest=1), _parameters(AMBIGUOUS_NAMES, shortest=16), USERINFO)
)
API_RULE = Rule(
    re.compile(_parameters(BODY_NAMES, shortest=1) + b"|" + _members(BODY_NAMES), re.IGNORECASE),
    6 * LONGEST_VALUE + 96,
    IN_BODY_NAMES,
)


@dataclass(frozen=True)
class Mask:
    """Masks the given secrets, and the parameters that everybody's credentials travel in.

    Every function returns as many bytes as it was given; masking twice is masking once.

    Raises:
        SecretUnmaskableError: a secret has fewer than 8 characters, or leaves no character to mask it with.
    """

    secrets: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if any(len(secret) < SHORTEST_SECRET for secret in self.secrets) or not self.fill:
            raise SecretUnmaskableError(
                "A secret cannot be masked without masking ordinary text.",
                do=f"Use a secret of {SHORTEST_SECRET} characters or more.",
            )

    @cached_property
    def fill(self) -> bytes:
        """The character that replaces each byte: one that no secret contains, so that no new one can arise."""
        used = b"".join(chain.from_iterable(spellings(secret) for secret in self.secrets)).decode("latin-1")
        used += "".join(chain.from_iterable(core for secret in self.secrets for core in _base64_cores(secret)))
        return next((fill.encode() for fill in FILLS if fill not in used), b"")

    @cached_property
    def _literal(self) -> tuple[Rule, ...]:
        return (_literals(self.secrets),) if self.secrets else ()

    def without_secrets(self, text: str) -> str:
        """Return a text, as HTTP headers have it, without the secrets that are known by their value."""
        content = text.encode("latin-1", "replace")
        for rule in self._literal:
            content = rule.masked(content, fill=self.fill, until=len(content))[0]
        return content.decode("latin-1")

    def url(self, url: str) -> str:
        """Return an address without credentials."""
        return self._text(url, "utf-8")

    def headers(self, headers: Headers) -> Headers:
        """Return HTTP headers without credentials; the scheme of an ``Authorization`` is kept."""
        return tuple((name, self._header(name.lower(), value)) for name, value in headers)

    def looks_into(self, media_type: str) -> bool:
        """Whether bodies of this media type can be changed at all."""
        return bool(self._body_rules(media_type))

    def body(self, content: bytes, media_type: str) -> bytes:
        """Return a body without credentials."""
        return b"".join(self.stream((content,), media_type))

    def stream(self, chunks: Iterable[bytes], media_type: str) -> Iterator[bytes]:
        """Yield a body without credentials, the same however it is cut into chunks; up to 320 KiB are held back."""
        masked: Iterable[bytes] = chunks
        for rule in self._body_rules(media_type):
            if rule is API_RULE:
                # The first parameter of a form has no separator before it: lend it one.
                masked = _without_first_byte(rule.stream(chain((b"&",), masked), fill=self.fill))
            else:
                masked = rule.stream(masked, fill=self.fill)
        yield from masked

    def _body_rules(self, media_type: str) -> tuple[Rule, ...]:
        kind = media_type.partition(";")[0].strip().lower()
        spoken_by_apis = kind in FORM_TYPES or JSON_TYPE.fullmatch(kind)
        return (*self._literal, API_RULE) if spoken_by_apis else self._literal

    def _header(self, name: str, value: str) -> str:
        if name not in SECRET_HEADERS:
            return self._text(value, "latin-1")
        scheme, space, rest = value.partition(" ") if name in KEEP_SCHEME else ("", "", value)
        if not space:
            scheme, rest = "", value
        return scheme + space + self.fill.decode() * len(rest)

    def _text(self, text: str, encoding: str) -> str:
        if not self._literal and text.isascii() and not IN_ADDRESSES.search(text):
            return text
        content = text.encode(encoding, "replace")
        for rule in (*self._literal, *ADDRESS_RULES):
            content = rule.masked(content, fill=self.fill, until=len(content))[0]
        return content.decode(encoding)


def _without_first_byte(chunks: Iterator[bytes]) -> Iterator[bytes]:
    for first in chunks:
        if first:
            yield first[1:]
            break
    yield from chunks


def spellings(secret: str) -> frozenset[bytes]:
    """Return a secret as servers and clients write it: raw, percent-encoded, in JSON, in HTML."""
    raw = secret.encode("utf-8", "surrogateescape")
    quoted = {quote(raw, safe=""), quote(raw), quote_plus(raw)}
    lowered = {re.sub(r"%[0-9A-F]{2}", lambda match: match[0].lower(), text) for text in quoted}
    escaped = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    slashed = {text.replace("/", "\\/") for text in escaped}
    texts = {secret, html.escape(secret), *quoted, *lowered, *escaped, *slashed}
    return frozenset(text.encode("utf-8", "surrogateescape") for text in texts)


def _base64_cores(secret: str) -> Iterator[tuple[str, str, str]]:
    """Yield what base64 makes of a secret within a longer text, at each of the three offsets (RFC 4648 section 4).

    The core is certain; before and after it may stand a character that also encodes neighbouring bytes.
    """
    raw = secret.encode("utf-8", "surrogateescape")
    for offset in range(3):
        code = base64.b64encode(b"\0" * offset + raw).decode()
        core = code[(0, 2, 3)[offset] : (offset + len(raw)) * 8 // 6]
        before, after = bool(offset), bool((offset + len(raw)) % 3)
        for text in {core, core.translate(str.maketrans("+/", "-_"))}:
            yield "[A-Za-z0-9+/_-]?" * before, text, "[A-Za-z0-9+/_-]?" * after


def _literals(secrets: tuple[str, ...]) -> Rule:
    plain = {spelling for secret in secrets for spelling in spellings(secret)}
    coded = {core for secret in secrets for core in _base64_cores(secret)}
    needles = sorted(plain | {core.encode() for _, core, _ in coded}, key=lambda needle: (-len(needle), needle))
    alternatives = {re.escape(spelling): len(spelling) for spelling in plain}
    alternatives |= {
        before.encode() + re.escape(core.encode()) + after.encode(): len(core) + 2 for before, core, after in coded
    }
    longest_first = sorted(alternatives, key=lambda pattern: (-alternatives[pattern], pattern))
    pattern = re.compile(b"(" + b"|".join(longest_first) + b")")
    return Rule(pattern, max(alternatives.values()), tuple(needles))
