"""Who is to vouch: from the settings into the ledger, so that it cannot be weakened unseen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.serialization import Encoding

from manifests.timestamps.trust import TimestampRootsError, load_roots
from manifests.witness.cosignatures import Cosigner, Policy
from schemas.attestors import Authority, Witness
from schemas.digest import Digest
from schemas.errors import PolicyError
from schemas.ledger import AttestorsNamed
from storage import layout
from storage.objects import Content

if TYPE_CHECKING:
    from pathlib import Path

    from manifests.archive import Archive
    from manifests.history import History
    from schemas.ledger import Act
    from schemas.settings import Settings


class AttestorsUnnamedError(PolicyError):
    """The settings name other witnesses or authorities than the ledger does."""

    code = "ATTESTORS_UNNAMED"


def attestors_in(settings: Settings, *, home: Path) -> tuple[AttestorsNamed, tuple[bytes, ...]]:
    """Return the act that names whom the settings name, and the authorities' certificates (DER); files are in ``home``.

    Raises:
        KeyMalformedError, WitnessPolicyError: a witness's key is none, or the policy is impossible.
        TimestampRootsError: an authority's file cannot be read, or holds no root.
    """
    Policy(settings.checkpoint.needed, tuple(Cosigner.from_text(one.key) for one in settings.witness.values()))
    roots = {name: _roots(home / one.roots, name) for name, one in sorted(settings.authority.items())}
    act = AttestorsNamed(
        needed=settings.checkpoint.needed,
        witnesses=tuple(Witness(name=name, key=one.key) for name, one in sorted(settings.witness.items())),
        authorities=tuple(
            Authority(name=name, roots=tuple(Digest.of(root) for root in found)) for name, found in roots.items()
        ),
    )
    return act, tuple(root for found in roots.values() for root in found)


def name_attestors(archive: Archive) -> bool:
    """Commit whom the settings name, if the ledger says otherwise; return whether it did.

    Raises:
        InputError: they are an impossible policy (``attestors_in``).
    """
    wanted, roots = attestors_in(archive.settings, home=archive.home)

    def build(history: History) -> tuple[Act, ...]:
        if history.attestors_at(history.size) == wanted:
            return ()
        for root in roots:
            archive.store.put_new(layout.root(Digest.of(root).hex), Content.of(root))
        return (wanted,)

    return archive.append(build) is not None


def demand_named(archive: Archive) -> None:
    """Refuse settings that name others than the ledger.

    Raises:
        AttestorsUnnamedError: they do.
        InputError: they are an impossible policy (``attestors_in``).
    """
    history = archive.ledger.history
    wanted, _ = attestors_in(archive.settings, home=archive.home)
    if history.attestors_at(history.size) != wanted:
        raise AttestorsUnnamedError(
            "holdfast.toml names other witnesses or time stamp authorities than the ledger, which decides.",
            do="Run 'holdfast checkpoint make': it records the change. Or correct holdfast.toml.",
        )


def _roots(path: Path, authority: str) -> tuple[bytes, ...]:
    try:
        pem = path.read_bytes()
    except OSError as error:
        raise TimestampRootsError(
            f"The roots of the time stamp authority {authority!r} cannot be read from {path}: {error.strerror}.",
            do=f"Correct authority.{authority}.roots in holdfast.toml.",
        ) from error
    return tuple(dict.fromkeys(one.public_bytes(Encoding.DER) for one in load_roots(pem)))
