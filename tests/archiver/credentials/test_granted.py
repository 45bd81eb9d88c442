"""What places that give out tokens answer: whatever it is, nothing worse comes of it than that there is no token."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as some

from archiver.credentials.granted import granted
from archiver.credentials.secret import Secret, read_secret
from archiver.fetch.failures import AddressMalformedError, ConnectionCutError, RateLimitedError
from archiver.fetch.forms import Forms
from archiver.fetch.tokens import TokenRefusedError, TokenService
from tests.archiver.transports import AT, only_loopback
from tests.servers import Answer, serving

TOKEN = "IGQV-opensesame-42"
BEFORE = Secret(
    token="the-token-before", client="app", client_secret="app-secret-1", refresh="renews-1", scopes=("read",)
)
SERVICE = TokenService(Forms(only_loopback, "holdfast", private_network=True))


@pytest.mark.parametrize(
    "body",
    [
        *("", "[]", "[1]", "null", "5", '"x"', "{}", "[" * 100_000, "<title>Log in</title>"),
        *('{"access_token": null}', '{"access_token": ""}', '{"access_token": "short"}', '{"access_token": {"a": 1}}'),
        *(
            '{"access_token": "with a space"}',
            '{"access_token": "with-a-zero-\\u0000"}',
            '{"access_token": "\\ud800 no"}',
        ),
        json.dumps({"access_token": TOKEN, "refresh_token": "of two words"}),
        json.dumps({"access_token": "x" * 20_000}),
        f'{{"access_token": "{TOKEN}", "expires_in": 1e999}}',
    ],
)
def test_an_answer_without_a_token_that_requests_can_carry_is_a_refusal(body: str):
    with pytest.raises(TokenRefusedError):
        granted(body, BEFORE, AT)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("3600", 3600), ('"3600"', 3600), ("5183944.5", 5183944)]
    + [(said, None) for said in ("0", "-5", "1e15", "true", '"soon"', "[1]", "null", f'"{"9" * 5000}"')],
)
def test_when_a_token_ends_is_what_the_answer_says_if_that_is_a_time(said: str, seconds: int | None):
    made = granted(f'{{"access_token": "{TOKEN}", "expires_in": {said}}}', BEFORE, AT)
    assert made.ends == (AT.plus(seconds=seconds) if seconds else None)
    assert (made.token, made.refresh, made.client_secret) == (TOKEN, "renews-1", "app-secret-1")


@pytest.mark.parametrize("name", ["refresh_token_expires_in", "refresh_expires_in"])
def test_until_when_a_token_can_be_renewed_is_remembered(name: str):
    made = granted(json.dumps({"access_token": TOKEN, name: 31_536_000}), BEFORE, AT)
    assert made.refresh_ends == AT.plus(seconds=31_536_000)
    assert granted(json.dumps({"access_token": TOKEN}), made, AT).refresh_ends == made.refresh_ends


@pytest.mark.parametrize(
    ("said", "scopes"),
    [
        ({"scope": "read follow"}, ("read", "follow")),
        ({"scope": ["read", 5, "fol\u0000low"]}, ("read",)),
        ({"permissions": "instagram_business_basic,instagram_business_manage_comments"},
         ("instagram_business_basic", "instagram_business_manage_comments")),
        ({"scope": 5}, ("read",)),
        ({"scope": {"a": 1}}, ("read",)),
        ({}, ("read",)),
    ],
)  # fmt: skip
def test_what_a_token_may_do_is_what_the_answer_says_or_what_was_known(said: dict[str, object], scopes):
    assert granted(json.dumps({"access_token": TOKEN, **said}), BEFORE, AT).scopes == scopes


JSON = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(max_size=20),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)


@given(
    some.dictionaries(some.sampled_from(["access_token", "refresh_token", "expires_in", "scope", "permissions"]), JSON)
)
def test_what_is_taken_can_be_kept_and_read_again(said: dict[str, object]):
    try:
        made = granted(json.dumps({"access_token": TOKEN, **said}), BEFORE, AT)
    except TokenRefusedError:
        return
    assert read_secret(made.to_text()) == made


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Answer(429, {"Retry-After": "60"}), RateLimitedError),
        (Answer(503), ConnectionCutError),
        (Answer(200, body=b'{"access_token": "', short=50), ConnectionCutError),
        (Answer(200, {"Content-Encoding": "gzip"}, b"no gzip at all"), ConnectionCutError),
        (Answer(raw=b""), ConnectionCutError),
        (Answer(302, {"Location": "http://127.0.0.1/elsewhere"}), TokenRefusedError),
        (Answer(400, body=b'{"error": {"message": "IGQV-opensesame-42", "code": 190}}'), TokenRefusedError),
    ],
)
def test_no_answer_is_a_fault_of_its_own_kind_and_shows_nothing_of_what_was_asked(answer: Answer, error: type):
    with serving({"/refresh": answer}) as server, pytest.raises(error) as caught:
        SERVICE.ask(server.url(f"/refresh?access_token={TOKEN}"), method="GET")
    said = json.dumps(caught.value.to_json())
    assert TOKEN not in said
    assert ("(190)" in said) == (b"190" in answer.body)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("address", ["https://[bad", "https://town.example:99999999", "nothing"])
def test_an_address_that_is_none_is_said_without_what_it_holds(address: str):
    with pytest.raises(AddressMalformedError) as caught:
        SERVICE.ask(f"{address}/refresh?access_token={TOKEN}", method="GET")
    assert TOKEN not in json.dumps(caught.value.to_json())
    assert caught.value.__cause__ is None
