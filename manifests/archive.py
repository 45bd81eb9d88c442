"""An archive on this machine: its home folder (settings, keys, spool, cache), its store and its ledger, opened."""

from __future__ import annotations

import os
import random
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from manifests import keys
from manifests.ledger import ArchiveMissingError, Ledger
from schemas.errors import InputError, UnavailableError
from schemas.ledger import FORMAT, ArchiveCreated, Key
from schemas.settings import DirectoryPlace, Settings, SettingsError, parse_settings
from storage.cache import Cache
from storage.places import open_store

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from manifests.chain import Accepted
    from manifests.history import History
    from manifests.signing import Signer, Verifier
    from schemas.instant import Instant
    from schemas.ledger import Act
    from schemas.settings import Place
    from storage.objects import ObjectStore

SOFTWARE = "holdfast/0.2.0"
SETTINGS_FILE = "holdfast.toml"
SHORTEST_PAUSE = 0.02
MOST_DOUBLINGS = 6


class ArchiveExistsError(InputError):
    """There is an archive in that folder already."""

    code = "ARCHIVE_EXISTS"


class HomeUnwritableError(UnavailableError):
    """The archive's home folder cannot be written."""

    code = "HOME_UNWRITABLE"


@dataclass(frozen=True, slots=True)
class Archive:
    """An open archive and whoever acts on it. Time comes from ``now`` alone, and the actor's name from ``actor``."""

    home: Path
    settings: Settings
    store: ObjectStore
    ledger: Ledger
    now: Callable[[], Instant]
    actor: str

    @property
    def spool(self) -> Path:
        """Where captures lie until they are sealed. Not a cache: it holds evidence."""
        return self.home / "state" / "spool"

    @property
    def cache(self) -> Cache:
        """Verified local copies of partitions; may be deleted at any time."""
        return Cache(self.home / "state" / "cache")

    @property
    def keys(self) -> Path:
        """The folder of private keys and certificates."""
        return self.home / "keys"

    def entry_key(self, accepted: Sequence[Verifier] | None = None) -> Signer:
        """Return this machine's key for ledger entries, of those ``accepted``: if not given, of those in force."""
        accepted = accepted or self.ledger.history.verifiers("entry")
        return keys.open_key(
            self.settings.keys.entry, purpose="entry", name=accepted[0].name, accepted=accepted, home=self.home
        )

    def checkpoint_key(self) -> Signer:
        """Return this machine's key for checkpoints; its name is the archive's origin."""
        accepted = self.ledger.history.verifiers("checkpoint")
        return keys.open_key(
            self.settings.keys.checkpoint,
            purpose="checkpoint",
            name=self.ledger.origin,
            accepted=accepted,
            home=self.home,
        )

    def append(self, build: Callable[[History], tuple[Act, ...]], *, key: Signer | None = None) -> Accepted | None:
        """Commit the acts that ``build`` makes of the current history (``Ledger.append``)."""
        return self.ledger.append(
            build, key=key or self.entry_key(), now=self.now, actor=self.actor, software=SOFTWARE, pause=_step_aside
        )


def _step_aside(losses: int) -> None:
    """Wait a little after a lost race, at random and longer each time, so that writers do not keep meeting."""
    time.sleep(random.uniform(0, SHORTEST_PAUSE * 2 ** min(losses, MOST_DOUBLINGS)))  # noqa: S311 - no secret


def open_archive(home: Path, *, now: Callable[[], Instant], actor: str) -> Archive:
    """Open the archive in ``home`` and read its ledger.

    Raises:
        ArchiveMissingError: there is none.
        SettingsError: its settings cannot be used.
        IntegrityError: its ledger breaks a rule.
    """
    settings = read_settings(home)
    store = open_store(settings.store, home=home, now=now)
    ledger = Ledger(store, origin=settings.archive.origin, registers=home / "state" / "ledger.db")
    ledger.refresh()
    return Archive(home=home, settings=settings, store=store, ledger=ledger, now=now, actor=actor)


def read_settings(home: Path) -> Settings:
    """Return the settings in an archive's home folder.

    Raises:
        ArchiveMissingError: there are none.
        SettingsError: they cannot be used.
    """
    path = home / SETTINGS_FILE
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ArchiveMissingError(
            f"There is no archive in {home}.", do="Run 'holdfast init' there, or name the folder with --home."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {error}.", do="Correct or restore the file.") from error
    return parse_settings(text)


def create_archive(
    home: Path,
    *,
    organisation: str,
    timezone: str,
    bates_prefix: str,
    tag: str,
    now: Callable[[], Instant],
    actor: str,
    place: Place | None = None,
) -> Archive:
    """Make an archive in ``home``: settings, keys, the ledger's first entry in the empty store at ``place``.

    ``tag`` is random hexadecimal that makes the origin unique. When a creation was cut short, creating again
    continues it. Without ``place`` the store is a folder of the home.

    Raises:
        ArchiveExistsError: there is one already.
        SettingsError: an argument is not usable.
    """
    path = home / SETTINGS_FILE
    if path.exists():
        # The settings are written last but one; the ledger's first entry is the commit.
        settings = parse_settings(path.read_text(encoding="utf-8"))
        if Ledger(open_store(settings.store, home=home, now=now)).exists():
            raise ArchiveExistsError(f"There is an archive in {home} already.", do="Use it, or choose another folder.")
    else:
        slug = re.sub(r"[^a-z0-9]+", "-", organisation.lower()).strip("-")[:40] or "archive"
        text = settings_text(
            origin=f"{slug}/{tag}",
            organisation=organisation,
            timezone=timezone,
            bates_prefix=bates_prefix,
            place=place or DirectoryPlace(),
        )
        settings = parse_settings(text)
        make_home(home)
        keys.write_once(path, text.encode(), mode=0o644)
    origin = settings.archive.origin
    entry_key = keys.load_or_make(home / "keys" / "entry.pem", name=f"{origin}/entry")
    checkpoint_key = keys.load_or_make(home / "keys" / "checkpoint.pem", name=origin)
    act = ArchiveCreated(
        format=FORMAT,
        origin=origin,
        organisation=settings.archive.organisation,
        keys=(
            Key(purpose="entry", verifier=entry_key.verifier.to_text()),
            Key(purpose="checkpoint", verifier=checkpoint_key.verifier.to_text()),
        ),
    )
    store = open_store(settings.store, home=home, now=now)
    ledger = Ledger(store, origin=origin)
    ledger.append(
        lambda history: () if history.created else (act,), key=entry_key, now=now, actor=actor, software=SOFTWARE
    )
    return open_archive(home, now=now, actor=actor)


def make_home(home: Path) -> None:
    """Make the folders of an archive's home.

    Raises:
        HomeUnwritableError: it cannot be done.
    """
    try:
        for folder in ("keys", "state/spool", "state/cache"):
            (home / folder).mkdir(parents=True, exist_ok=True)
        os.chmod(home / "keys", 0o700)  # noqa: PTH101 - follows no link that matters
    except OSError as error:
        raise HomeUnwritableError(
            f"{home} cannot be written: {error.strerror}.", do="Choose another folder or mend its permissions."
        ) from error


def settings_text(*, origin: str, organisation: str, timezone: str, bates_prefix: str, place: Place) -> str:
    """Return a new ``holdfast.toml``."""
    return f"""# Settings of a Holdfast archive. Every setting is described in docs/SETTINGS.md.

[archive]
origin = {_toml(origin)}            # the archive's name for life: never change it
organisation = {_toml(organisation)}
timezone = {_toml(timezone)}

[store]
{place_text(place)}

[production]
bates_prefix = {_toml(bates_prefix)}
paper = "Letter"
"""


def place_text(place: Place) -> str:
    """Return the lines that describe a place in ``holdfast.toml``: its kind, and what is not the default."""
    shown = {"kind": place.__struct_config__.tag, **msgspec.structs.asdict(place)}
    defaults = {field.name: field.default for field in msgspec.structs.fields(place)}
    always = ("kind", "path", "bucket", "lock")
    return "\n".join(
        f"{name} = {_toml(value) if isinstance(value, str) else value}"
        for name, value in shown.items()
        if value is not None and (name in always or value != defaults[name])
    )


def _toml(text: str) -> str:
    """Return a TOML basic string."""
    escaped = "".join(
        f"\\u{ord(character):04x}" if character < " " or character == "\x7f" else character
        for character in text.replace("\\", "\\\\").replace('"', '\\"')
    )
    return f'"{escaped}"'
