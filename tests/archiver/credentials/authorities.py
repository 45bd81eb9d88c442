"""Servers that give out tokens as platforms do, and check what they are asked: OAuth 2.0 with PKCE, and OAuth 1.0a."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

from tests.servers import running

if TYPE_CHECKING:
    from collections.abc import Iterator

CLIENT, CLIENT_SECRET = "holdfast-client", "client-secret-0123456789"
FIRST, SECOND, REFRESH = "access-token-first-1", "access-token-second-2", "refresh-token-{}-0123456789"


class Authority(ThreadingHTTPServer):
    """Gives out tokens; ``forms`` is what it was asked, ``refused`` makes it refuse. Refresh tokens serve once."""

    def __init__(self) -> None:
        self.forms: list[dict[str, str]] = []
        self.refused: str | None = None
        self.challenge = ""
        self.hexadecimal = False
        """Whether PKCE's digest is spelled so, as one platform wants it."""
        self.redirect = ""
        self.scope = "read follow"
        self.turn = 0
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def allow(self, address: str) -> str:
        """Be the person who allows what the address asks, and return where the browser goes then."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        if "oauth_token" in asked:
            return f"{self.redirect}?oauth_token={asked['oauth_token']}&oauth_verifier=verified"
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT
        assert asked["code_challenge_method"] == "S256"
        self.challenge, self.redirect = asked["code_challenge"], asked["redirect_uri"]
        return f"{self.redirect}?code=the-code&state={asked['state']}"

    def token(self, form: dict[str, str], authorization: str) -> tuple[int, Any]:
        self.forms.append(form)
        if self.refused:
            return 400, {"error": self.refused, "error_description": f"{form}"}
        pair = base64.b64encode(f"{CLIENT}:{CLIENT_SECRET}".encode()).decode()
        by_form = (form.get("client_id"), form.get("client_secret")) == (CLIENT, CLIENT_SECRET)
        if authorization != f"Basic {pair}" and not by_form:
            return 401, {"error": "invalid_client"}
        if form["grant_type"] == "authorization_code":
            digest = hashlib.sha256(form["code_verifier"].encode())
            usual = base64.urlsafe_b64encode(digest.digest()).decode().rstrip("=")
            right = self.challenge == (digest.hexdigest() if self.hexadecimal else usual)
            if not right or form["code"] != "the-code" or form["redirect_uri"] != self.redirect:
                return 400, {"error": "invalid_grant"}
        elif form["refresh_token"] != REFRESH.format(self.turn):
            return 400, {"error": "invalid_grant"}
        self.turn += 1
        return 200, {
            "access_token": FIRST if self.turn == 1 else SECOND,
            "refresh_token": REFRESH.format(self.turn),
            "expires_in": 3600,
            "token_type": "Bearer",
            "scope": self.scope,
        }

    def signed(self, path: str, authorization: str) -> tuple[int, str]:
        """RFC 5849 section 3.4, worked out from its text."""
        given = {
            name: unquote(value) for name, value in re.findall(r'(\w+)="([^"]*)"', authorization.partition(" ")[2])
        }
        signature = given.pop("oauth_signature")
        pairs = sorted((quote(name, safe="~"), quote(value, safe="~")) for name, value in given.items())
        base = "&".join(
            quote(part, safe="~") for part in ("POST", self.url + path, "&".join(f"{n}={v}" for n, v in pairs))
        )
        token_secret = "temporary-secret" if "oauth_token" in given else ""
        key = f"{quote(CLIENT_SECRET, safe='~')}&{token_secret}".encode()
        if base64.b64encode(hmac.new(key, base.encode(), hashlib.sha1).digest()).decode() != signature:
            return 401, ""
        if path == "/request":
            self.redirect = given["oauth_callback"]
            return 200, "oauth_token=temporary&oauth_token_secret=temporary-secret&oauth_callback_confirmed=true"
        assert given["oauth_verifier"] == "verified"
        return 200, "oauth_token=token-for-good-1&oauth_token_secret=secret-for-good-1"


class _Handler(BaseHTTPRequestHandler):
    server: Authority

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"] or 0)).decode()
        authorization = self.headers["Authorization"] or ""
        if self.path == "/token":
            form = {name: values[0] for name, values in parse_qs(body).items()}
            status, value = self.server.token(form, authorization)
            said = json.dumps(value)
        else:
            status, said = self.server.signed(self.path, authorization)
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said.encode())

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def authority() -> Iterator[Authority]:
    """An authority on the loopback address."""
    server = Authority()
    with running(server):
        yield server
