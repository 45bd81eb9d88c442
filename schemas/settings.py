"""``holdfast.toml``: every setting, its default and its bounds."""

from __future__ import annotations

import tomllib
from datetime import date
from math import ceil
from typing import Annotated, Any, Literal, TypeAlias
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from schemas.attestors import AttestorName
from schemas.errors import InputError
from schemas.production import PREFIX

DAYS_A_YEAR = 365.25

Positive: TypeAlias = Annotated[int, Meta(ge=1)]
LockSetting: TypeAlias = Literal["compliance", "governance", "none"]
Versions: TypeAlias = Literal["pinned", "oldest"]
Seconds: TypeAlias = Annotated[float, Meta(gt=0, le=86_400)]


class SettingsError(InputError):
    """``holdfast.toml`` cannot be read, or says something impossible."""

    code = "SETTINGS"


class ArchiveSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose archive it is. ``timezone`` is the IANA zone in which people read and type dates."""

    origin: str
    organisation: str
    timezone: str = "UTC"
    contact: str = ""


class DirectoryPlace(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="directory"
):
    """Objects in a local folder; a relative ``path`` is relative to the folder of ``holdfast.toml``.

    ``versions`` is as for a bucket.
    """

    path: str = "archive"
    versions: Versions = "pinned"


class BucketPlace(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="s3"):
    """Objects in a bucket of S3-compatible storage; credentials come from where the AWS tools look for them.

    ``endpoint`` is absent for AWS itself; ``authority`` is a PEM file with the certificate authority of a private
    endpoint; ``profile`` names a section of the AWS credentials file. Data is locked for ``lease_days`` at a time and
    renewed, the ledger for ``ledger_years``. ``versions`` says whether objects are read in the version that the ledger
    names, or, in a restored archive, in the oldest one.
    """

    bucket: str
    endpoint: str | None = None
    region: str = "us-east-1"
    authority: str | None = None
    profile: str | None = None
    lock: LockSetting = "compliance"
    lease_days: Annotated[int, Meta(ge=30, le=90)] = 60
    ledger_years: Annotated[int, Meta(ge=1, le=100)] = 10
    versions: Versions = "pinned"

    @property
    def ledger_days(self) -> int:
        """For how many days the ledger is locked."""
        return ceil(DAYS_A_YEAR * self.ledger_years)


Place: TypeAlias = DirectoryPlace | BucketPlace


class RecheckSettings(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """How often an account is read back to what was published ``within_days`` (0: ever). Spelled as two numbers."""

    within_days: Annotated[float, Meta(ge=0, le=36_500)]
    every_hours: Annotated[float, Meta(ge=0, le=87_600)]


class CaptureSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How accounts are read. Sizes in megabytes (10^6 bytes), times in seconds.

    ``browser`` is the program that renders pages, sought on the path where it is absent; ``browser_sandbox`` demands
    that it confines what pages do; after ``page_seconds`` a page is taken as it is.
    """

    user_agent: str = "Holdfast/0.1 (public records archive)"
    connect_seconds: Seconds = 10
    read_seconds: Seconds = 30
    total_seconds: Seconds = 600
    attempts: Annotated[int, Meta(ge=1, le=10)] = 3
    longest_wait_seconds: Seconds = 30
    max_megabytes: Positive = 1024
    max_payload_megabytes: Annotated[int, Meta(ge=1, le=1024)] = 64
    max_pages: Positive = 100
    max_requests: Positive = 1000
    recheck: Annotated[tuple[RecheckSettings, ...], Meta(min_length=1, max_length=10)] = (
        RecheckSettings(2, 0),
        RecheckSettings(14, 6),
        RecheckSettings(90, 24),
        RecheckSettings(0, 168),
    )
    browser: str | None = None
    browser_sandbox: bool = True
    page_seconds: Annotated[float, Meta(gt=0, le=600)] = 60


class PlatformSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a platform's API is read: its ``version``, another address than its own, what a day may cost of an account.

    ``budget_a_day`` is in the platform's units, as docs/PLATFORMS.md has them; so has it the platform's ``options``.
    ``directory`` is where identities are looked up, on platforms that have a directory of them, if not at the usual
    one; ``stream`` is another WebSocket than the usual one that tells what happens.
    """

    version: Annotated[str, Meta(pattern=r"\A[A-Za-z0-9._-]{1,32}\Z")] | None = None
    api: Annotated[str, Meta(pattern=r"\Ahttps?://[^\s?#]+\Z")] | None = None
    directory: Annotated[str, Meta(pattern=r"\Ahttps?://[^\s?#]+\Z")] | None = None
    stream: Annotated[str, Meta(pattern=r"\Awss?://[^\s?#]+\Z")] | None = None
    budget_a_day: Positive | None = None
    options: Annotated[tuple[str, ...], Meta(max_length=100)] = ()


class ProductionSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How productions look and who signs them; absent ``certificate`` means the archive's own test certificate.

    ``volume`` is how many records a document has at most: what is found beyond goes into another.
    ``certificate`` and ``private_key`` are PEM files, relative to the folder of ``holdfast.toml``; the key's
    passphrase comes from the environment variable HOLDFAST_SIGNING_PASSPHRASE.
    """

    bates_prefix: str = "HF"
    paper: Literal["Letter", "A4"] = "Letter"
    certificate: str | None = None
    private_key: str | None = None
    volume: Positive = 5_000


class FileKeys(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="file"):
    """Private keys in PEM files; a relative ``folder`` is relative to the folder of ``holdfast.toml``."""

    folder: str = "keys"


class EnvironmentKey(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="environment"
):
    """A private key that the machine hands over: the environment variable holds the PEM, or the path of its file."""

    variable: str


class TokenKey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="pkcs11"):
    """A private key that never leaves its token (PKCS #11): hardware, or a service with such a module.

    ``module`` is the token's library, ``token`` and ``label`` what the token and its keys are called. The PIN comes
    from the environment variable ``pin_variable``.
    """

    module: str
    token: str
    label: str
    pin_variable: str = "HOLDFAST_TOKEN_PIN"


KeyPlace: TypeAlias = FileKeys | EnvironmentKey | TokenKey


class KeysSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where this machine's private keys are."""

    entry: KeyPlace = FileKeys()
    checkpoint: KeyPlace = FileKeys()


class CheckpointSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where checkpoints are published, and who must vouch for them.

    ``publish`` are folders, relative to that of ``holdfast.toml``, or addresses that take PUT; a bearer token for
    these is in the environment variable ``token_variable``. ``needed`` is how many witnesses must cosign. A time stamp
    is renewed when its certificates end within ``renew_days``. A witness, authority or address is given
    ``timeout_seconds`` to answer.
    """

    publish: tuple[str, ...] = ()
    token_variable: str | None = None
    needed: Annotated[int, Meta(ge=0, le=100)] = 0
    renew_days: Annotated[int, Meta(ge=1, le=3650)] = 60
    timeout_seconds: Annotated[float, Meta(gt=0, le=600)] = 30


class MailSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How mail is sent: over the server, encrypted from the start (``tls``), from the greeting on, or not at all.

    With ``user``, the password comes from the environment variable ``password_variable``.
    """

    server: str
    sender: str
    port: Annotated[int, Meta(ge=1, le=65535)] = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str | None = None
    password_variable: str = "HOLDFAST_MAIL_PASSWORD"  # noqa: S105 - the name of the variable
    timeout_seconds: Annotated[float, Meta(gt=0, le=600)] = 30


class DispositionSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How records are destroyed unattended (``holdfast retention run``).

    ``folder`` is where plans are put to be read and approved, relative to the folder of ``holdfast.toml``; ``days`` is
    for how long they may be approved. ``approvers`` are addresses that are told by mail, if it is set up.
    """

    folder: str = "plans"
    days: Annotated[int, Meta(ge=1, le=14)] = 14
    approvers: tuple[str, ...] = ()


class MattersSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How deadlines of matters are counted: ``closed`` are days that are no business days here, beside holidays."""

    closed: tuple[date, ...] = ()


class SecretSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where this machine keeps a secret.

    It is in the environment variable ``token_variable``, or in ``token_file``, relative to the folder of
    ``holdfast.toml``, or in the system's keyring under the name ``token_keyring``.
    """

    token_variable: str | None = None
    token_file: str | None = None
    token_keyring: str | None = None


class AccessSettings(SecretSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How this machine gets at an account: where the token is that the platform gave out for it.

    ``key`` tells that it is a program's key, which reads what is public, and no token of the account.
    """

    key: bool = False


class ListenSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where ``holdfast listen`` takes the calls of platforms; a server that speaks TLS stands before it.

    ``address`` is where that server is on the internet, for hubs that are asked to call. ``wait_seconds`` is for how
    long more is awaited before an account is read of which something was told.
    """

    address: Annotated[str, Meta(pattern=r"\Ahttps://[^\s?#]*[^\s?#/]\Z")] | None = None
    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=1, le=65535)] = 8600
    wait_seconds: Annotated[float, Meta(ge=0, le=600)] = 5


class WitnessSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A witness: its verifier key, and its address where it has one; it is asked by file where it has none."""

    key: str
    url: str | None = None


class AuthoritySettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A time stamp authority: its address, and a PEM file with its root certificate and those below it if need be."""

    url: str
    roots: str


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file."""

    archive: ArchiveSettings
    store: Place = DirectoryPlace()
    replica: dict[str, Place] = {}
    capture: CaptureSettings = CaptureSettings()
    production: ProductionSettings = ProductionSettings()
    keys: KeysSettings = KeysSettings()
    checkpoint: CheckpointSettings = CheckpointSettings()
    disposition: DispositionSettings = DispositionSettings()
    matters: MattersSettings = MattersSettings()
    mail: MailSettings | None = None
    witness: dict[AttestorName, WitnessSettings] = {}
    authority: dict[AttestorName, AuthoritySettings] = {}
    access: dict[str, AccessSettings] = {}
    platform: dict[str, PlatformSettings] = {}
    listen: ListenSettings = ListenSettings()
    webhook: dict[str, SecretSettings] = {}

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which people read and type dates."""
        return ZoneInfo(self.archive.timezone)


def parse_settings(text: str) -> Settings:
    """Return the settings in the text of a ``holdfast.toml``.

    Raises:
        SettingsError: not TOML, an unknown or missing setting, or an impossible value; it names the place.
    """
    try:
        plain: dict[str, Any] = tomllib.loads(text)
        settings = msgspec.convert(plain, Settings)
        _ = settings.zone
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise SettingsError(
            f"holdfast.toml cannot be used: {error}.", do="Correct that line; nothing was changed."
        ) from error
    except (OSError, ValueError, KeyError) as error:
        raise SettingsError(
            f"holdfast.toml names an unknown time zone, {plain['archive']['timezone']!r}.",
            do="Use an IANA name such as 'America/Chicago'.",
        ) from error
    if not PREFIX.fullmatch(settings.production.bates_prefix):
        raise SettingsError(
            "holdfast.toml: production.bates_prefix is not usable.", do="Use 1 to 12 capital letters and digits."
        )
    if settings.mail is not None and settings.mail.user is not None and settings.mail.security == "none":
        raise SettingsError(
            "holdfast.toml: mail.user is set and mail.security is 'none': the password would be readable on its way.",
            do="Set security to 'starttls' or 'tls', or leave the user out.",
        )
    for section, name, access in (
        *(("access", name, access) for name, access in settings.access.items()),
        *(("webhook", name, access) for name, access in settings.webhook.items()),
    ):
        if [access.token_variable, access.token_file, access.token_keyring].count(None) != 2:  # noqa: PLR2004 - of three
            raise SettingsError(
                f"holdfast.toml: {section}.{name} does not say where the token is.",
                do="Set one of token_variable, token_file and token_keyring there, and one alone.",
            )
    if settings.checkpoint.needed > len(settings.witness):
        raise SettingsError(
            f"holdfast.toml: checkpoint.needed is {settings.checkpoint.needed}, and {len(settings.witness)} witnesses "
            "are named.",
            do="Name more witnesses, or ask for fewer.",
        )
    return settings
