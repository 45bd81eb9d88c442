"""A person connects an account: what the platform is asked, what is kept, and that it is renewed when it ends."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.request import urlopen

import msgspec
import pytest

from archiver.credentials import callback
from archiver.credentials.callback import NotAllowedError, listening
from archiver.credentials.commands import state_of
from archiver.credentials.connecting import Connecting, SettingsTakenError, judged_scopes, named_in
from archiver.credentials.opening import Opening
from archiver.credentials.places import CredentialsUnsavableError, Place
from archiver.credentials.renewing import is_due
from archiver.credentials.secret import Secret, SecretUnusableError, read_secret
from archiver.fetch.forms import Forms
from archiver.fetch.tokens import TokenRefusedError, TokenService
from archiver.platforms.authorisation import Given, OAuth1, OAuth2, Renewal
from archiver.rounds import system_chance
from schemas.account import Account
from schemas.settings import AccessSettings, parse_settings
from tests.archiver.credentials.authorities import CLIENT, CLIENT_SECRET, FIRST, REFRESH, SECOND, Authority, authority
from tests.archiver.transports import AT, only_loopback

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from archiver.platforms.authorisation import Authorisation
    from schemas.instant import Instant

REDIRECT = "http://127.0.0.1:8571/callback"
ACCOUNT = Account(name="city", platform="mastodon", url="http://127.0.0.1/@city", title="City", private_network=True)
SERVICE = TokenService(Forms(only_loopback, "holdfast", private_network=True))


@pytest.fixture
def town() -> Iterator[Authority]:
    with authority() as server:
        yield server


def by_code(town: Authority, **more) -> OAuth2:
    return OAuth2(
        steps=("Register {redirect}.",),
        authorise=f"{town.url}/authorise",
        token=f"{town.url}/token",
        scopes=("read", "follow"),
        **more,
    )


@dataclass
class Person:
    """Somebody who types these answers, and allows what is asked."""

    town: Authority | None = None
    answers: list[str] = field(default_factory=lambda: [CLIENT, CLIENT_SECRET])
    shown: list[str] = field(default_factory=list)

    def told(self, text: str) -> None:
        self.shown.append(text)

    def asked(self, _question: str, *, hidden: bool) -> str:
        return self.answers.pop(0)

    def sent(self, address: str) -> str:
        assert self.town is not None
        return self.town.allow(address)


def connected(how: Authorisation, person: Person) -> Secret:
    return Connecting(how, SERVICE, person, REDIRECT, system_chance(), AT).secret()


def opening(
    home: Path, how: Authorisation, settings: AccessSettings, *, now: Instant = AT, **variables: str
) -> Opening:
    return Opening(ACCOUNT, Place("city", settings, home, variables), how, SERVICE, now)


@pytest.mark.parametrize("proof", ["body", "basic"])
def test_a_code_is_exchanged_for_a_token_that_ends(town: Authority, proof):
    person = Person(town)
    secret = connected(by_code(town, proof=proof), person)
    assert (secret.token, secret.refresh, secret.scopes) == (FIRST, REFRESH.format(1), ("read", "follow"))
    assert secret.ends == AT.plus(seconds=3600)
    assert person.shown == [f"  1. Register {REDIRECT}."]
    assert not secret.has_ended(AT)
    assert secret.has_ended(AT.plus(seconds=3600))
    assert FIRST not in repr(secret)


def test_a_platform_that_wants_its_proof_of_possession_in_hexadecimal_gets_it_so(town: Authority):
    town.hexadecimal = True
    assert connected(by_code(town, challenge="hex"), Person(town)).token == FIRST
    with pytest.raises(TokenRefusedError):
        connected(by_code(town), Person(town))


def test_a_client_secret_that_could_not_be_masked_is_refused_before_anything_is_asked(town: Authority):
    person = Person(town, answers=[CLIENT, "short"])
    with pytest.raises(SecretUnusableError, match="too short"):
        connected(by_code(town), person)
    assert (town.forms, town.challenge) == ([], "")


def test_the_answer_to_another_question_is_refused(town: Authority):
    class Deceived(Person):
        def sent(self, address: str) -> str:
            return f"{REDIRECT}?code=the-code&state=anothers"

    with pytest.raises(TokenRefusedError):
        connected(by_code(town), Deceived(town))
    assert town.forms == []


def test_who_is_refused_is_told_the_platforms_word_and_no_secret(town: Authority):
    town.refused = "invalid_client"
    with pytest.raises(TokenRefusedError) as caught:
        connected(by_code(town), Person(town))
    said = json.dumps(caught.value.to_json())
    assert "invalid_client" in said
    assert CLIENT_SECRET not in said
    assert "the-code" not in said


def test_oauth_1_is_signed_as_the_standard_says(town: Authority):
    how = OAuth1(
        steps=(), request=f"{town.url}/request", authorise=f"{town.url}/authorise", access=f"{town.url}/access"
    )
    secret = connected(how, Person(town))
    assert (secret.token, secret.token_secret) == ("token-for-good-1", "secret-for-good-1")
    assert set(secret.values) == {"token-for-good-1", "secret-for-good-1", CLIENT_SECRET}


def test_a_token_that_is_shown_once_is_typed_in():
    assert connected(Given(steps=()), Person(answers=["a-token-that-was-shown"])) == Secret(
        token="a-token-that-was-shown"
    )


def test_a_token_that_was_just_shown_is_not_exchanged_before_it_is_a_day_old():
    how = Given(steps=(), renewal=Renewal(path="/refresh", grant="refresh", days=60))
    secret = connected(how, Person(answers=["a-token-that-was-shown"]))
    assert how.renewal is not None
    assert [is_due(how.renewal, secret, AT.plus(seconds=seconds)) for seconds in (0, 86_399, 86_400)] == [
        False,
        False,
        True,
    ]
    # A clock that was set back does not stop it for longer than that.
    assert is_due(how.renewal, secret, AT.plus(seconds=-3600))


def test_a_token_that_has_ended_is_renewed_and_kept_with_its_new_refresh_token(town: Authority, tmp_path: Path):
    how, settings = by_code(town), AccessSettings(token_file="access/city.json")
    Place("city", settings, tmp_path, {}).write(connected(how, Person(town)).to_text())
    assert (tmp_path / "access" / "city.json").stat().st_mode & 0o777 == 0o600
    assert opening(tmp_path, how, settings).secret().token == FIRST
    later = AT.plus(seconds=3500)
    assert opening(tmp_path, how, settings, now=later).secret().token == SECOND
    kept = read_secret((tmp_path / "access" / "city.json").read_text())
    assert (kept.token, kept.refresh, kept.client_secret) == (SECOND, REFRESH.format(2), CLIENT_SECRET)
    assert opening(tmp_path, how, settings, now=later).secret() == kept
    assert len(town.forms) == 2


@pytest.mark.parametrize("told", ["read", ""])
def test_where_a_platform_wants_it_a_renewal_names_the_scopes_that_were_granted(
    town: Authority, tmp_path: Path, told: str
):
    town.scope = told
    how, settings = by_code(town, renews_scopes=True), AccessSettings(token_file="city.json")
    Place("city", settings, tmp_path, {}).write(connected(how, Person(town)).to_text())
    assert opening(tmp_path, how, settings, now=AT.plus(seconds=3600)).secret().token == SECOND
    assert town.forms[-1]["scope"] == (told or "read follow")


def test_of_many_who_find_a_token_ended_at_once_one_renews_it(town: Authority, tmp_path: Path):
    how, settings = by_code(town), AccessSettings(token_file="city.json")
    Place("city", settings, tmp_path, {}).write(connected(how, Person(town)).to_text())
    later, ready = AT.plus(seconds=3600), threading.Barrier(8)

    def open_it(_: int) -> str:
        ready.wait(10)
        return opening(tmp_path, how, settings, now=later).secret().token

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(open_it, range(8))) == {SECOND}
    assert len(town.forms) == 2


def test_what_changes_with_each_use_cannot_be_kept_in_an_environment_variable(town: Authority, tmp_path: Path):
    how, settings = by_code(town), AccessSettings(token_variable="TOWN")
    text = connected(how, Person(town)).to_text()
    with pytest.raises(CredentialsUnsavableError) as caught:
        opening(tmp_path, how, settings, now=AT.plus(seconds=3600), TOWN=text).secret()
    assert "token_file" in caught.value.do
    assert SECOND not in json.dumps(caught.value.to_json())


def test_what_renews_a_token_and_ends_itself_is_said_to_end(town: Authority, tmp_path: Path):
    how, settings = by_code(town), AccessSettings(token_file="city.json")
    secret = connected(how, Person(town))
    until = str(AT.plus(seconds=40 * 86_400))
    Place("city", settings, tmp_path, {}).write(msgspec.structs.replace(secret, refresh_expires=until).to_text())
    states = [state_of(opening(tmp_path, how, settings, now=AT.plus(seconds=days * 86_400))) for days in (0, 30)]
    assert [state.to_do for state in states] == [
        None,
        "can be renewed until 2026-12-31 and no longer: run holdfast account connect city",
    ]


def test_where_processes_cannot_know_of_each_other_nothing_is_renewed(town: Authority, tmp_path: Path):
    how, settings = by_code(town), AccessSettings(token_file="city.json")
    Place("city", settings, tmp_path, {}).write(connected(how, Person(town)).to_text())
    (tmp_path / "state").write_text("no folder")
    with pytest.raises(CredentialsUnsavableError):
        opening(tmp_path, how, settings, now=AT.plus(seconds=3600)).secret()
    assert len(town.forms) == 1


def test_a_refresh_token_that_serves_no_more_is_said_to(town: Authority, tmp_path: Path):
    how, settings = by_code(town), AccessSettings(token_file="city.json")
    secret = connected(how, Person(town))
    Place("city", settings, tmp_path, {}).write(secret.to_text())
    town.turn += 1
    with pytest.raises(TokenRefusedError, match="invalid_grant"):
        opening(tmp_path, how, settings, now=AT.plus(seconds=3600)).secret()
    assert read_secret((tmp_path / "city.json").read_text()) == secret


def test_what_was_granted_is_held_against_what_reading_needs(town: Authority):
    town.scope = "read write"
    how = by_code(town)
    remarks = judged_scopes(how, connected(how, Person(town)))
    assert remarks == (
        "It was not allowed: follow. What needs it cannot be read.",
        "It may do more than reading needs: write. Take that away.",
    )


def test_the_settings_are_told_where_it_is_kept_and_never_the_secret(tmp_path: Path):
    path = tmp_path / "holdfast.toml"
    path.write_text('[archive]\norigin = "x/1"\norganisation = "X"\n')
    assert named_in(path, "city", None, keyring=False) == AccessSettings(token_file="access/city.json")
    named_in(path, "town", None, keyring=True)
    assert parse_settings(path.read_text()).access == {
        "city": AccessSettings(token_file="access/city.json"),
        "town": AccessSettings(token_keyring="town"),
    }
    with pytest.raises(SettingsTakenError):
        named_in(path, "city", AccessSettings(token_variable="CITY"), keyring=False)


def test_whoever_asks_for_something_else_makes_nobody_wait_longer(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(callback, "LONGEST_WAIT", 0.5)
    with listening(0) as place, ThreadPoolExecutor(1) as pool:
        found = pool.submit(place.wait)
        while not found.done():
            with suppress(OSError):
                urlopen(place.address, timeout=1)
        with pytest.raises(NotAllowedError):
            found.result()


def test_the_browser_comes_back_to_this_machine_and_nothing_else_is_an_answer():
    with listening(0) as place, ThreadPoolExecutor(1) as pool:
        found = pool.submit(place.wait)
        with pytest.raises(OSError, match="404"):
            urlopen(place.address.replace("/callback", "/favicon.ico"), timeout=10)
        with pytest.raises(OSError, match="404"):
            urlopen(place.address, timeout=10)
        with urlopen(f"{place.address}?code=abc&state=def", timeout=10) as page:
            assert b"close this window" in page.read()
        assert found.result(10) == f"{place.address}?code=abc&state=def"
        port = place.server.server_address[1]
        with pytest.raises(NotAllowedError, match=str(port)), listening(port):
            pass
