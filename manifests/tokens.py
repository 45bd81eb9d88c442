"""The door to tokens (PKCS #11): Ed25519 keys in hardware or behind a service, that sign and never leave.

A session lasts for one operation: nothing is held open, a token may be pulled out between two signatures, and the PIN
is read when it is needed and kept nowhere.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from manifests.signing import PUBLIC_SIZE, Verifier
from schemas.digest import Digest
from schemas.errors import InputError, IntegrityError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pkcs11 import PublicKey, Session, Token

    from schemas.settings import TokenKey

ED25519_CURVE = bytes.fromhex("06032b6570")
"""CKA_EC_PARAMS of Ed25519: the object identifier 1.3.101.112 in DER (PKCS #11 3.0, section 2.3.5)."""
POINT_PREFIXES = (b"", bytes.fromhex("0420"), bytes.fromhex("032100"))
"""How modules spell CKA_EC_POINT before its 32 bytes: not at all, as an OCTET STRING, or as a BIT STRING."""
ID_SIZE = 8


class TokenModuleError(InputError):
    """The library of a token cannot be loaded, or is none."""

    code = "TOKEN_MODULE"


class TokenMissingError(InputError):
    """No token of that name is there."""

    code = "TOKEN_MISSING"


class TokenPinError(InputError):
    """A token's PIN is missing, wrong, or locked after too many wrong ones."""

    code = "TOKEN_PIN"


class TokenKeyError(InputError):
    """A token holds no Ed25519 key of that name, or cannot make one."""

    code = "TOKEN_KEY"


class TokenFailedError(UnavailableError):
    """A token did not do what it was asked."""

    code = "TOKEN_FAILED"


@dataclass(frozen=True, slots=True)
class TokenSigner:
    """A private key in a token, with the name under which it signs."""

    name: str
    public: bytes
    id: bytes
    place: TokenKey
    environment: Mapping[str, str] = field(repr=False, compare=False)

    @property
    def verifier(self) -> Verifier:
        """The public half."""
        return Verifier(self.name, self.public)

    def under(self, name: str) -> TokenSigner:
        """Return the same key, signing under another name."""
        return replace(self, name=name)

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte signature of ``message``, made in the token and checked here.

        Raises:
            TokenModuleError, TokenMissingError, TokenPinError, TokenKeyError, TokenFailedError: it cannot be made.
        """
        from pkcs11 import Attribute, Mechanism, ObjectClass  # noqa: PLC0415 - loaded where a token is used alone
        from pkcs11.types import SignMixin  # noqa: PLC0415

        with _session(self.place, self.environment) as session:
            # A search that is not read to its end outlives the session, and fails in its place.
            found = list(
                session.get_objects(
                    {Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.ID: self.id, Attribute.LABEL: self.place.label}
                )
            )
            privates = [key for key in found if isinstance(key, SignMixin)]
            if not privates:
                raise _no_key(self.place)
            signature = bytes(privates[0].sign(message, mechanism=Mechanism.EDDSA))
        try:
            self.verifier.verify(message, signature)
        except IntegrityError as error:
            raise TokenFailedError(
                f"The token {self.place.token!r} made a signature that does not fit its key.",
                do="Try again; if it stays so, replace the token. Nothing was written.",
            ) from error
        return signature


def keys_in(place: TokenKey, *, name: str, environment: Mapping[str, str]) -> tuple[TokenSigner, ...]:
    """Return the Ed25519 keys of that label in a token, one at least, each under ``name``.

    Raises:
        TokenModuleError, TokenMissingError, TokenPinError, TokenKeyError, TokenFailedError: there is none to be had.
    """
    from pkcs11 import Attribute, KeyType, ObjectClass, PublicKey  # noqa: PLC0415

    with _session(place, environment) as session:
        found = session.get_objects({Attribute.CLASS: ObjectClass.PUBLIC_KEY, Attribute.LABEL: place.label})
        publics = [key for key in found if isinstance(key, PublicKey)]
        signers = tuple(
            TokenSigner(name, _point(key, place), bytes(key[Attribute.ID]), place, environment)
            for key in publics
            if key.key_type == KeyType.EC_EDWARDS
        )
    if publics and not signers:
        raise TokenKeyError(
            f"The key {place.label!r} in the token {place.token!r} is of another kind than Ed25519.",
            do="Make one with 'holdfast keys make', under another label.",
        )
    if not signers:
        raise _no_key(place)
    return signers


def make_in(place: TokenKey, *, name: str, environment: Mapping[str, str]) -> TokenSigner:
    """Make an Ed25519 key under the label in a token, beside those that are there, and return it.

    Raises:
        TokenModuleError, TokenMissingError, TokenPinError, TokenKeyError, TokenFailedError: it cannot be made.
    """
    from pkcs11 import Attribute, KeyType, Mechanism, MechanismFlag  # noqa: PLC0415
    from pkcs11.exceptions import AttributeTypeInvalid, AttributeValueInvalid, MechanismInvalid  # noqa: PLC0415

    with _session(place, environment, write=True) as session:
        try:
            curve = session.create_domain_parameters(
                KeyType.EC_EDWARDS, {Attribute.EC_PARAMS: ED25519_CURVE}, local=True
            )
            public, private = curve.generate_keypair(
                mechanism=Mechanism.EC_EDWARDS_KEY_PAIR_GEN,
                capabilities=MechanismFlag.SIGN | MechanismFlag.VERIFY,
                store=True,
                label=place.label,
                private_template={Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False},
            )
        except (MechanismInvalid, AttributeValueInvalid, AttributeTypeInvalid) as error:
            raise TokenKeyError(
                f"The token {place.token!r} does not make Ed25519 keys.", do="Use a token that does (PKCS #11 3.0)."
            ) from error
        point = _point(public, place)
        # The halves are found by this id from now on: two keys of one label are told apart by it.
        identity = Digest.of(point).raw[:ID_SIZE]
        public[Attribute.ID] = identity
        private[Attribute.ID] = identity
    return TokenSigner(name, point, identity, place, environment)


def _point(key: PublicKey, place: TokenKey) -> bytes:
    from pkcs11 import Attribute  # noqa: PLC0415

    spelled = bytes(key[Attribute.EC_POINT])
    if len(spelled) < PUBLIC_SIZE or spelled[:-PUBLIC_SIZE] not in POINT_PREFIXES:
        raise TokenKeyError(
            f"The key {place.label!r} in the token {place.token!r} is of another kind than Ed25519.",
            do="Make one with 'holdfast keys make', under another label.",
        )
    return spelled[-PUBLIC_SIZE:]


def _no_key(place: TokenKey) -> TokenKeyError:
    return TokenKeyError(
        f"The token {place.token!r} holds no key {place.label!r}.",
        do="Make one with 'holdfast keys make', or correct the label in holdfast.toml.",
    )


@contextmanager
def _session(place: TokenKey, environment: Mapping[str, str], *, write: bool = False) -> Iterator[Session]:
    """Open a session with a token for one operation; what its module says is translated here."""
    from pkcs11 import PKCS11Error  # noqa: PLC0415
    from pkcs11.exceptions import PinExpired, PinIncorrect, PinInvalid, PinLenRange, PinLocked  # noqa: PLC0415

    pin = environment.get(place.pin_variable)
    if not pin:
        raise TokenPinError(
            f"The PIN of the token {place.token!r} is not set.",
            do=f"Put it into the environment variable {place.pin_variable}, and nowhere else.",
        )
    token = _token(place)
    try:
        with token.open(rw=write, user_pin=pin) as session:
            yield session
    except (PinIncorrect, PinInvalid, PinLenRange, PinLocked, PinExpired) as error:
        raise TokenPinError(
            f"The token {place.token!r} does not take the PIN in {place.pin_variable} ({type(error).__name__}).",
            do="Correct it before you try again: a token locks itself after a few wrong ones.",
        ) from error
    except PKCS11Error as error:
        raise TokenFailedError(
            f"The token {place.token!r} failed: {type(error).__name__} {error}".rstrip() + ".",
            do="Check that it is connected and ready, then try again.",
        ) from error


def _token(place: TokenKey) -> Token:
    import pkcs11  # noqa: PLC0415

    try:
        module = pkcs11.lib(place.module)
    except (pkcs11.PKCS11Error, OSError) as error:
        raise TokenModuleError(
            f"{place.module} cannot be loaded as a token's library: {error}.",
            do="Correct 'module' in holdfast.toml, or install the library that came with the token.",
        ) from error
    try:
        return module.get_token(token_label=place.token)
    except (pkcs11.NoSuchToken, pkcs11.MultipleTokensReturned) as error:
        there = sorted(token.label for token in module.get_tokens() if token.label)
        raise TokenMissingError(
            f"There is no single token {place.token!r}; there are: {', '.join(there) or 'none'}.",
            do="Connect it, or correct 'token' in holdfast.toml.",
        ) from error
    except pkcs11.PKCS11Error as error:
        raise TokenFailedError(
            f"{place.module} failed: {type(error).__name__} {error}".rstrip() + ".",
            do="Check that the token is connected and ready, then try again.",
        ) from error
