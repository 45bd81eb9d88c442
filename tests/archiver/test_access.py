"""Credentials reach the origins that a platform names and no other, and nothing that is written down."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest

from archiver.contract import Access
from archiver.credentials.opening import CredentialsExposedError, Opening
from archiver.credentials.places import CredentialsMissingError, Place
from archiver.credentials.secret import Secret, SecretUnusableError
from archiver.fetch.access import Credentials, CredentialsMisshapenError, origin_of
from archiver.fetch.forms import Forms
from archiver.fetch.tokens import TokenService
from schemas.account import Account
from schemas.settings import AccessSettings, SettingsError, parse_settings
from tests.archiver.recordings import recording
from tests.archiver.transports import AT, only_loopback
from tests.servers import Answer, serving

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

TOKEN = "EAAB-opensesame-42"
ACCOUNT = Account(name="city", platform="mastodon", url="https://town.example/@city", title="City")
TOWN = Access(origins=frozenset({"https://town.example:443"}))
SECRET = Secret(token=TOKEN)
MINIMAL = '[archive]\norigin = "x/1"\norganisation = "X"\n'


def credentials_of(
    access: Access,
    settings: AccessSettings | None,
    account: Account,
    *,
    home: Path,
    environment: Mapping[str, str],
) -> Credentials | None:
    """What requests for the account carry on a machine."""
    place = Place(account.name, settings, home, environment) if settings else None
    return Opening(account, place, None, TokenService(Forms(only_loopback, "holdfast")), AT).credentials(access)


@pytest.mark.parametrize("way", ["bearer", "parameter"])
def test_a_token_goes_to_its_origin_and_with_no_redirect_or_link_elsewhere(way, tmp_path: Path):
    with serving({"/elsewhere": Answer(body=b"{}")}) as other:
        answers = {
            "/page": Answer(body=b'{"echo": "' + TOKEN.encode() + b'"}', headers={"Content-Type": "text/html"}),
            "/moved": Answer(status=302, headers={"Location": other.url("/elsewhere")}),
        }
        with serving(answers) as server:
            access = Access(way=way, origins=frozenset({origin_of(server.url("/"))}))
            with recording(tmp_path, credentials=Credentials(access, SECRET)) as made:
                page = made.get(server.url("/page?a=1#b"))
                made.get(server.url("/moved"))
                made.get(other.url("/elsewhere"))
            sent = [(request.path, request.headers.get("Authorization")) for request in server.requests]
            told = [(request.path, request.headers.get("Authorization")) for request in other.requests]
    if way == "bearer":
        assert sent == [("/page?a=1", f"Bearer {TOKEN}"), ("/moved", f"Bearer {TOKEN}")]
    else:
        assert sent == [(f"/page?a=1&access_token={TOKEN}", None), (f"/moved?access_token={TOKEN}", None)]
    assert told == [("/elsewhere", None), ("/elsewhere", None)]
    assert TOKEN.encode() not in made.plain()
    assert TOKEN not in page.uri
    assert TOKEN.encode() not in page.payload


@pytest.mark.parametrize("password", ["opensesame-42", "abcd EFGH 1234 ijkl"])
def test_a_password_goes_to_its_origin_and_is_masked_however_it_comes_back(password: str, tmp_path: Path):
    token = f"ana:{password}"
    coded = base64.b64encode(token.encode())
    spelled = (password.encode(), password.replace(" ", "").encode(), token.encode(), coded)
    with serving({"/": Answer(body=b" ".join(spelled), headers={"X-Echo": coded.decode()})}) as server:
        access = Access(way="basic", origins=frozenset({origin_of(server.url("/"))}))
        with recording(tmp_path, credentials=Credentials(access, Secret(token=token))) as made:
            page = made.get(server.url("/"))
        sent = [request.headers.get("Authorization") for request in server.requests]
    assert sent == [f"Basic {coded.decode()}"]
    for one in spelled:
        assert one not in made.plain()
        assert one not in page.payload
    assert len(page.payload) == len(b" ".join(spelled))


@pytest.mark.parametrize("api", ["https://user@town.example", "https://town.example:99999", "https://[town"])
def test_an_api_whose_address_two_readers_might_read_differently_entrusts_nothing_to_its_like(api: str):
    access = Access(origins=frozenset({origin_of(api)}))
    credentials = Credentials(access, SECRET)
    for address in (api, "https://town.example@evil.example/", "https://evil.example\\@town.example/"):
        assert credentials.on(address) == (address, {})


@pytest.mark.parametrize(
    "token", ["opensesame-42", ":opensesame-42", "ana:short", "a na:opensesame-42", "ana: 1 2 3 4 5"]
)
def test_what_is_no_user_with_a_password_is_refused_without_being_shown(token: str, tmp_path: Path):
    by_password = Access(way="basic", origins=TOWN.origins)
    settings = AccessSettings(token_variable="TOWN")
    with pytest.raises((CredentialsMisshapenError, SecretUnusableError)) as caught:
        credentials_of(by_password, settings, ACCOUNT, home=tmp_path, environment={"TOWN": token})
    assert token not in str(caught.value.to_json())


@pytest.mark.parametrize(
    "elsewhere",
    [
        "http://town.example/",
        "https://town.example:8443/",
        "https://town.example.evil.example/",
        "https://evil.example/?https://town.example:443",
        "https://town.example:443@evil.example/",
        "https://evil.example\\@town.example/",
    ],
)
def test_what_only_looks_like_the_origin_gets_nothing(elsewhere: str):
    assert Credentials(TOWN, SECRET).on(elsewhere) == (elsewhere, {})


def test_a_token_comes_from_the_environment_or_a_file(tmp_path: Path):
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    for settings in (AccessSettings(token_variable="TOWN"), AccessSettings(token_file="token")):
        found = credentials_of(TOWN, settings, ACCOUNT, home=tmp_path, environment={"TOWN": TOKEN})
        assert found == Credentials(TOWN, SECRET)
    assert credentials_of(TOWN, None, ACCOUNT, home=tmp_path, environment={}) is None


@pytest.mark.parametrize("content", [b"", b"tiny-x1", b"two tokens-here", "tökenökenöken".encode(), b"\x00" * 20])
def test_what_is_no_token_is_refused_without_being_shown(content: bytes, tmp_path: Path):
    (tmp_path / "token").write_bytes(content)
    with pytest.raises(SecretUnusableError) as caught:
        credentials_of(TOWN, AccessSettings(token_file="token"), ACCOUNT, home=tmp_path, environment={})
    assert not content or content.decode("ascii", "replace") not in str(caught.value.to_json())


def test_credentials_that_are_not_there_are_asked_for_by_name(tmp_path: Path):
    needed = Access(origins=TOWN.origins, needed=True)
    for settings, said in (
        (None, "without credentials"),
        (AccessSettings(token_variable="TOWN"), "TOWN"),
        (AccessSettings(token_file="none"), "none"),
    ):
        with pytest.raises(CredentialsMissingError) as caught:
            credentials_of(needed, settings, ACCOUNT, home=tmp_path, environment={})
        assert said in caught.value.what
        assert "holdfast account connect city" in caught.value.do


def test_a_token_does_not_travel_in_clear_but_on_ones_own_network(tmp_path: Path):
    clear = Access(origins=frozenset({"http://town.example:80"}))
    settings = AccessSettings(token_variable="TOWN")
    with pytest.raises(CredentialsExposedError):
        credentials_of(clear, settings, ACCOUNT, home=tmp_path, environment={"TOWN": TOKEN})
    inside = Account(name="city", platform="mastodon", url="http://10.0.0.1/@city", title="City", private_network=True)
    assert credentials_of(clear, settings, inside, home=tmp_path, environment={"TOWN": TOKEN}) is not None


@pytest.mark.parametrize("said", ["", 'token_variable = "A"\ntoken_file = "b"', 'token = "EAAB-opensesame-42"'])
def test_settings_say_one_place_and_never_the_token(said: str):
    with pytest.raises(SettingsError) as caught:
        parse_settings(f"{MINIMAL}[access.city]\n{said}\n")
    assert TOKEN not in caught.value.what
