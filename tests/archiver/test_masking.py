"""Masking: nothing of a secret left, nothing else touched, the same length, wherever the bytes are cut."""

from __future__ import annotations

import base64
import html
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from archiver.fetch.masking import BODY_NAMES, IN_BODY_NAMES, Mask, SecretUnmaskableError, spellings
from archiver.fetch.placeholders import SecretMissingError, expand

SECRET = "s3cr/t+&=é\"'<value>"
TYPES = ["application/json", "application/activity+json; charset=utf-8", "text/plain", "text/html", "image/png", ""]
secrets = st.text(min_size=8, max_size=40)
noise = st.binary(max_size=300)


def chunks(content: bytes, cuts: list[int]) -> list[bytes]:
    ends = sorted({min(cut, len(content)) for cut in cuts})
    return [content[start:end] for start, end in zip([0, *ends], [*ends, len(content)], strict=True)]


@given(secret=secrets, before=noise, after=noise, media_type=st.sampled_from(TYPES), offset=st.integers(0, 2))
@example("xxxxxxab", b"xxxxxx", b"xxab", "text/html", 0)
@example("abababab", b"abab", b"abab", "text/html", 1)
def test_no_spelling_of_a_secret_is_left(
    secret: str, before: bytes, after: bytes, media_type: str, offset: int
) -> None:
    raw = secret.encode("utf-8", "surrogatepass")
    spelled = [raw, quote(secret, safe="").encode(), quote_plus(secret).encode(), json.dumps(secret)[1:-1].encode()]
    spelled += [html.escape(secret).encode(), base64.b64encode(b"usr"[:offset] + raw)]
    mask = Mask((secret,))
    content = before + b" ".join(spelled) + after

    masked = mask.body(content, media_type)

    assert len(masked) == len(content)
    assert mask.body(masked, media_type) == masked
    assert not any(spelling in masked for spelling in spellings(secret))
    assert base64.b64encode(b"usr"[:offset] + raw)[4 : len(raw) // 3 * 4] not in masked


@given(
    content=st.binary(max_size=2000), cuts=st.lists(st.integers(0, 2000), max_size=8), media_type=st.sampled_from(TYPES)
)
def test_masking_does_not_depend_on_how_the_body_is_cut(content: bytes, cuts: list[int], media_type: str) -> None:
    mask = Mask(("abcdefgh", "cdefghij"))
    content += b"abcdefghij?access_token=abc%26def&" + content + b'"access_token" : "x\\/y\\u0041"abcdefghcdefghij'
    assert b"".join(mask.stream(chunks(content, cuts), media_type)) == mask.body(content, media_type)


@given(
    cut=st.integers(60_000, 140_000),
    length=st.integers(1, 9000),
    name=st.sampled_from([b'"access_token":"', b"&password="]),
)
def test_a_parameter_across_any_boundary_of_a_large_body_is_masked(cut: int, length: int, name: bytes) -> None:
    body = b"{" + b'"a":1,' * 12_000 + name + b"T" * length + b'"' + b',"b":2' * 12_000
    whole = Mask().body(body, "application/json")
    assert b"".join(Mask().stream((body[:cut], body[cut : cut + 100], body[cut + 100 :]), "application/json")) == whole
    assert whole.count(b"T") == max(0, length - 8192)


@given(content=st.binary(max_size=3000))
def test_without_secrets_pages_and_media_pass_untouched(content: bytes) -> None:
    content += b'?access_token=1234567890123456 "password":"hunter2"'
    for media_type in (
        "text/html; charset=utf-8",
        "image/png",
        "application/rss+xml",
        "text/javascript",
        "application/pdf",
    ):
        assert Mask().body(content, media_type) == content
        assert not Mask().looks_into(media_type)


@given(url=st.text(st.characters(codec="ascii"), max_size=200))
def test_addresses_keep_their_length_and_are_masked_once(url: str) -> None:
    mask = Mask((SECRET,))
    assert len(mask.url(url)) == len(url)
    assert mask.url(mask.url(url)) == mask.url(url)


@pytest.mark.parametrize(
    ("url", "masked"),
    [
        ("https://x.example/?access_token=abc&page=2", "https://x.example/?access_token=***&page=2"),
        ("https://x.example/?page=2&ACCESS_TOKEN=abc#top", "https://x.example/?page=2&ACCESS_TOKEN=***#top"),
        ("https://me:hunter2@x.example/feed", "https://me:*******@x.example/feed"),
        ("https://x.example/cb#id_token=abc", "https://x.example/cb#id_token=***"),
        ("https://x.example/?to=https%3A%2F%2Fy.example%3Fapi_key%3Dabc%26p%3D1", None),
        ("https://x.example/?key=AIzaSyA1234567890", "https://x.example/?key=*****************"),
        ("https://x.example/?key=colour&code=78701", "https://x.example/?key=colour&code=78701"),
        ("https://x.example/monkey=0123456789abcdef", "https://x.example/monkey=0123456789abcdef"),
        ("https://x.example/m.jpg?X-Amz-Signature=abc", "https://x.example/m.jpg?X-Amz-Signature=***"),
        ("https://x.example/access_token/abc", "https://x.example/access_token/abc"),
    ],
)
def test_addresses_lose_their_credentials_and_nothing_else(url: str, masked: str | None) -> None:
    masked = masked or "https://x.example/?to=https%3A%2F%2Fy.example%3Fapi_key%3D***%26p%3D1"
    assert Mask().url(url) == masked


@pytest.mark.parametrize(
    ("body", "masked"),
    [
        (b'{"access_token": "abc", "id": 7}', b'{"access_token": "***", "id": 7}'),
        (b'{"accessJwt":"a.b\\/c"}', b'{"accessJwt":"******"}'),
        (b'{"next":"https:\\/\\/g.example\\/?access_token=abc\\u0026limit=5"}', None),
        (b'{"raw":"{\\"client_secret\\":\\"abc\\"}"}', b'{"raw":"{\\"client_secret\\":\\"***\\"}"}'),
        (b'{"raw":"{\\"u\\":\\"?api_key=abc\\"}"}', b'{"raw":"{\\"u\\":\\"?api_key=***\\"}"}'),
        (
            b'{"key":"AIzaSyA1234567890","code":"NY","token":"word"}',
            b'{"key":"AIzaSyA1234567890","code":"NY","token":"word"}',
        ),
        (b"access_token=abc&expires=1", b"access_token=***&expires=1"),
    ],
)
def test_answers_of_apis_lose_their_credentials_and_stay_json(body: bytes, masked: bytes | None) -> None:
    masked = masked or b'{"next":"https:\\/\\/g.example\\/?access_token=***\\u0026limit=5"}'
    for media_type in ("application/vnd.api+json", "text/plain; charset=utf-8", ""):
        assert Mask().body(body, media_type) == masked
    if masked.startswith(b"{"):
        json.loads(masked)


def test_headers_lose_their_credentials_and_keep_their_scheme() -> None:
    masked = Mask(("opensesame",)).headers(
        (
            ("Authorization", "Bearer abc"),
            ("authorization", "rawtoken"),
            ("Set-Cookie", "a=b; Path=/"),
            ("X-Api-Key", "k"),
            ("Location", "/next?access_token=abc&code=1"),
            ("X-Echo", "opensesame"),
            ("Content-Type", "text/html"),
        )
    )
    assert [value for _, value in masked] == [
        "Bearer ***",
        "********",
        "***********",
        "*",
        "/next?access_token=***&code=1",
        "**********",
        "text/html",
    ]


def test_a_secret_too_short_to_be_masked_without_harm_is_refused() -> None:
    with pytest.raises(SecretUnmaskableError):
        Mask(("public",))
    assert Mask(("*~.!_-xx",)).body(b"a*~.!_-xxb", "text/html").count(b"*") == 0


@given(secret=secrets)
@example("caf\udce9-caf\udce9")
def test_placeholders_become_their_values_and_the_values_secrets(secret: str) -> None:
    url, found = expand("https://u:${PW}@x.example/?token=${PW}&p=1", {"PW": secret})
    assert found == (secret,)
    quoted = quote(secret, safe="", errors="surrogateescape")
    assert url == f"https://u:{quoted}@x.example/?token={quoted}&p=1"
    assert not any(spelling in Mask(found).url(url).encode() for spelling in spellings(secret))


@pytest.mark.parametrize("environment", [{}, {"TOKEN": ""}, {"TOKEN": "short"}])
def test_a_placeholder_without_a_usable_value_is_refused_by_name(environment: dict[str, str]) -> None:
    with pytest.raises(SecretMissingError, match="TOKEN") as refused:
        expand("https://x.example/?t=${TOKEN}", environment)
    assert "short" not in str(refused.value).replace("shorter", "")


def test_an_address_without_placeholders_is_left_as_it_is() -> None:
    assert expand("https://x.example/$HOME/{a}", {}) == ("https://x.example/$HOME/{a}", ())


def test_no_name_escapes_the_quick_look_that_comes_before_the_pattern() -> None:
    assert all(any(needle.decode() in name.lower() for needle in IN_BODY_NAMES) for name in BODY_NAMES.split("|"))
