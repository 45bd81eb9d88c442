"""Keys in a token: made there, found by their public half, signing; what is wrong with token, PIN or key is named."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import msgspec
import pytest

from manifests import keys, tokens
from manifests.ceremony.proposals import Changes
from manifests.keyring import KeyNotInForceError
from schemas.settings import TokenKey
from storage import layout
from tests.manifests.archives import ORIGIN, registered
from tests.manifests.officers import Office, added
from tests.manifests.signers import check_signer
from tests.softhsm import PIN, make_tokens, module

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.server

NAME = f"{ORIGIN}/entry/capture-2"
GIVEN = {"HOLDFAST_TOKEN_PIN": PIN}


@pytest.fixture(scope="module", autouse=True)
def environment(tmp_path_factory: pytest.TempPathFactory):
    """Tokens, and the environment in which SoftHSM finds them; it looks once in the life of a process."""
    made = make_tokens(tmp_path_factory.mktemp("softhsm"), "holdfast", "twin", "twin")
    before = {name: os.environ.get(name) for name in made}
    os.environ.update(made)
    yield made
    for name, value in before.items():
        os.environ.pop(name)
        if value is not None:
            os.environ[name] = value


@pytest.fixture
def place(request: pytest.FixtureRequest) -> TokenKey:
    """A label in the token that no other test uses."""
    return TokenKey(module=module(), token="holdfast", label=request.node.name[:60])


def test_a_key_is_made_in_the_token_and_found_there_again(place: TokenKey) -> None:
    made = tokens.make_in(place, name=NAME, environment=GIVEN)
    (found,) = tokens.keys_in(place, name=NAME, environment=GIVEN)
    assert found == made
    check_signer(found)


def test_the_private_half_never_leaves_the_token(place: TokenKey) -> None:
    import pkcs11  # noqa: PLC0415 - what the token itself says

    tokens.make_in(place, name=NAME, environment=GIVEN)
    with pkcs11.lib(place.module).get_token(token_label="holdfast").open(user_pin=PIN) as session:
        private = session.get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, label=place.label)
        assert private[pkcs11.Attribute.SENSITIVE]
        assert not private[pkcs11.Attribute.EXTRACTABLE]
        with pytest.raises(pkcs11.AttributeSensitive):
            private[pkcs11.Attribute.VALUE]


def test_of_two_keys_of_one_label_the_one_in_force_signs(place: TokenKey, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("HOLDFAST_TOKEN_PIN", PIN)
    old, new = (tokens.make_in(place, name=NAME, environment=GIVEN) for _ in range(2))
    for accepted, expected in (((old, new), new), ((new, old), old), ((old,), old), ((new,), new)):
        verifiers = [key.verifier for key in accepted]
        opened = keys.open_key(place, purpose="entry", name=verifiers[0].name, accepted=verifiers, home=tmp_path)
        assert opened.verifier == expected.verifier
        expected.verifier.verify(b"x", opened.sign(b"x"))


def test_a_ledger_is_written_with_a_key_in_a_token_after_it_was_adopted(place: TokenKey) -> None:
    office = Office().hold_ceremony()
    key = tokens.make_in(place, name=NAME, environment=GIVEN)
    with pytest.raises(KeyNotInForceError):
        office.append(registered(), by=key)

    office.adopt(Changes(added=added(key), retired=(office.writer.key.verifier,)), by=key)
    office.append(registered(), by=key)

    other = office.writer.ledger()
    other.refresh()
    assert other.history.verifiers("entry") == (key.verifier,)
    assert office.writer.store.exists(layout.entry(3))


def test_a_pin_that_is_missing_or_wrong_is_an_error_that_does_not_tell_it(place: TokenKey) -> None:
    with pytest.raises(tokens.TokenPinError, match="HOLDFAST_TOKEN_PIN") as missing:
        tokens.keys_in(place, name=NAME, environment={})
    assert "HOLDFAST_TOKEN_PIN" in missing.value.do
    with pytest.raises(tokens.TokenPinError, match="PinIncorrect") as wrong:
        tokens.keys_in(place, name=NAME, environment={"HOLDFAST_TOKEN_PIN": "wrong-pony"})
    assert "wrong-pony" not in str(wrong.value)
    assert "wrong-pony" not in repr(wrong.value.facts)


def test_a_pin_is_not_shown_by_a_key(place: TokenKey) -> None:
    assert PIN not in repr(tokens.make_in(place, name=NAME, environment=GIVEN))


@pytest.mark.parametrize("path", ["/nowhere/libtoken.so", "/dev/null", "relative.so", ""])
def test_a_module_that_is_not_there_or_is_none_is_named(place: TokenKey, path: str) -> None:
    with pytest.raises(tokens.TokenModuleError):
        tokens.keys_in(msgspec.structs.replace(place, module=path), name=NAME, environment=GIVEN)


@pytest.mark.parametrize("token", ["gone", "twin"])
def test_a_token_that_is_missing_or_ambiguous_is_named_with_those_that_are_there(place: TokenKey, token: str) -> None:
    with pytest.raises(tokens.TokenMissingError, match="there are: holdfast"):
        tokens.keys_in(msgspec.structs.replace(place, token=token), name=NAME, environment=GIVEN)


def test_a_key_that_is_not_in_the_token_is_named_with_the_command_that_makes_it(place: TokenKey) -> None:
    with pytest.raises(tokens.TokenKeyError, match="holds no key") as caught:
        tokens.keys_in(place, name=NAME, environment=GIVEN)
    assert "holdfast keys make" in caught.value.do


def test_a_key_that_was_destroyed_after_it_was_found_is_missed(place: TokenKey) -> None:
    import pkcs11  # noqa: PLC0415

    key = tokens.make_in(place, name=NAME, environment=GIVEN)
    with pkcs11.lib(place.module).get_token(token_label="holdfast").open(user_pin=PIN, rw=True) as session:
        session.get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, label=place.label).destroy()
    with pytest.raises(tokens.TokenKeyError):
        key.sign(b"x")


@pytest.mark.parametrize("kind", ["RSA", "P-256"])
def test_a_key_of_another_kind_is_refused(place: TokenKey, kind: str) -> None:
    import pkcs11  # noqa: PLC0415
    from pkcs11.util.ec import encode_named_curve_parameters  # noqa: PLC0415

    with pkcs11.lib(place.module).get_token(token_label="holdfast").open(user_pin=PIN, rw=True) as session:
        if kind == "RSA":
            session.generate_keypair(pkcs11.KeyType.RSA, 2048, store=True, label=place.label)
        else:
            curve = {pkcs11.Attribute.EC_PARAMS: encode_named_curve_parameters("secp256r1")}
            parameters = session.create_domain_parameters(pkcs11.KeyType.EC, curve, local=True)
            parameters.generate_keypair(store=True, label=place.label)
    with pytest.raises(tokens.TokenKeyError, match="another kind"):
        tokens.keys_in(place, name=NAME, environment=GIVEN)


def test_the_session_ends_with_each_operation_also_with_one_that_fails(place: TokenKey) -> None:
    with pytest.raises(tokens.TokenKeyError):
        tokens.keys_in(place, name=NAME, environment=GIVEN)
    key = tokens.make_in(place, name=NAME, environment=GIVEN)
    for number in range(20):
        key.verifier.verify(b"%d" % number, key.sign(b"%d" % number))
