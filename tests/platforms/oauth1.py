"""What simulators have in common whose platforms want each request signed: OAuth 1.0a (RFC 5849), checked by hand."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from archiver.credentials.secret import Secret
from tests.platforms.simulator import RefusedError, Simulator

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.platforms.simulator import Asked

CLIENT, CLIENT_SECRET, TOKEN_SECRET = "program-of-the-office", "secret+of/the-program~", "secret=of&the-token+"
WANTED = {"oauth_consumer_key", "oauth_token", "oauth_nonce", "oauth_timestamp", "oauth_signature_method"}


def encoded(text: str) -> str:
    """Return a text as signatures count it (section 3.6)."""
    return quote(text, safe="-._~")


class SigningSimulator(Simulator):
    """An API that wants each request signed, or a program's key as a parameter."""

    key_parameter: ClassVar[str] = "api_key"

    @property
    def environment(self) -> dict[str, str]:
        if self.keyed:
            return super().environment
        kept = Secret(token=self.tokens[-1], token_secret=TOKEN_SECRET, client=CLIENT, client_secret=CLIENT_SECRET)
        return {"SIMULATED_TOKEN": kept.to_text()}

    @property
    def secrets(self) -> tuple[str, ...]:
        return (*self.tokens, TOKEN_SECRET, CLIENT_SECRET)

    def parameters_everywhere(self) -> Mapping[str, str]:
        return {self.key_parameter: r".+"} if self.keyed else {}

    def token_in(self, asked: Asked) -> str | None:
        if self.keyed:
            return asked.query.get(self.key_parameter)
        scheme, _, rest = asked.headers.get("Authorization", "").partition(" ")
        if scheme != "OAuth":
            return None
        given = {name: unquote(value) for name, value in re.findall(r'(\w+)="([^"]*)"', rest)}
        signature = given.pop("oauth_signature", "")
        if not given.keys() >= WANTED or given["oauth_nonce"] in self._nonces():
            raise RefusedError("bad-request", "the signature lacks something, or was there before")
        self._nonces().add(given["oauth_nonce"])
        if not hmac.compare_digest(signature, self._signature(asked.url, given)):
            raise RefusedError("bad-request", "the signature is another one")
        return given["oauth_token"]

    def as_owner(self) -> None:
        """Refuse a key."""
        if self.keyed:
            raise RefusedError("withheld", "by a key")

    def _signature(self, path: str, given: Mapping[str, str]) -> str:
        """Return the signature of a request (section 3.4)."""
        url = self.url(path)
        pairs = [*parse_qsl(urlsplit(url).query, keep_blank_values=True), *given.items()]
        parameters = "&".join(f"{name}={value}" for name, value in sorted((encoded(n), encoded(v)) for n, v in pairs))
        text = "&".join(("GET", encoded(url.partition("?")[0]), encoded(parameters)))
        key = f"{encoded(CLIENT_SECRET)}&{encoded(TOKEN_SECRET)}"
        return base64.b64encode(hmac.new(key.encode(), text.encode(), hashlib.sha1).digest()).decode()

    def _nonces(self) -> set[str]:
        if not hasattr(self, "_seen"):
            self._seen: set[str] = set()
        return self._seen
