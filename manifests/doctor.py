"""``holdfast doctor``: whether the place of an archive keeps its promises, and which permissions a bucket needs."""

from __future__ import annotations

import json
import secrets
import sys
from typing import TYPE_CHECKING

import click
import msgspec

from manifests import chain
from manifests.archive import read_settings
from manifests.console import Console, json_option, system_clock
from manifests.ledger import ArchiveMissingError
from manifests.reporting import step_line
from schemas.errors import InputError, PolicyError
from schemas.settings import BucketPlace, DirectoryPlace
from storage.directory_probes import examine_directory
from storage.examination import refuse_faulty

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from schemas.instant import Instant
    from schemas.settings import Place
    from storage.examination import Examination
    from storage.s3.policies import Dialect, Role

POLICIES = ("writer", "reader", "auditor", "hold", "sweeper", "disposition", "deny", "lifecycle", "bucket", "all")
DIALECTS = ("aws", "minio", "ceph")


class PolicyWithoutBucketError(InputError):
    """A policy was asked for, and nothing says for which bucket."""

    code = "POLICY_WITHOUT_BUCKET"


class PolicyUnknownError(InputError):
    """There is no such policy for that kind of server."""

    code = "POLICY_UNKNOWN"


def examine(
    place: Place,
    *,
    home: Path,
    now: Callable[[], Instant],
    run: str,
    origin: str | None,
    tell: Callable[[str, int, int], None] = lambda _step, _done, _total: None,
) -> Examination:
    """Return which promises a place keeps. ``run`` is random text; ``origin`` is the archive that may live there."""
    match place:
        case DirectoryPlace():
            return examine_directory(home / place.path, tell=tell)
        case BucketPlace():
            from storage.s3.probes import examine_bucket  # noqa: PLC0415 - boto3 is slow to import

            return examine_bucket(
                place,
                home=home,
                now=now,
                run=run,
                origin=origin,
                origin_of=lambda content: chain.parse_entry(content)[0],
                tell=tell,
            )


def refuse_unsuitable(
    place: Place, *, home: Path, now: Callable[[], Instant], run: str, origin: str | None = None
) -> Examination:
    """Return the examination of a place where an archive may be made; ask before anything else is written.

    Raises:
        StoreUnsuitableError: it breaks a promise; the error says which, and how to mend it.
        ArchiveError: there is no bucket there that these credentials can be tried with.
    """
    if isinstance(place, BucketPlace):
        from storage.s3.probes import connect  # noqa: PLC0415 - boto3 is slow to import

        connect(place, home=home)
    examination = examine(place, home=home, now=now, run=run, origin=origin)
    refuse_faulty(examination)
    return examination


@click.command()
@click.option("--policy", type=click.Choice(POLICIES), help="Print the policy of a role instead, ready to paste.")
@click.option("--for", "dialect", type=click.Choice(DIALECTS), default="aws", show_default=True, help="Whose server.")
@click.option("--bucket", help="The policy's bucket.  [default: the one in holdfast.toml]")
@click.option("--user", "users", multiple=True, metavar="ROLE=NAME", help="A role's user, if not holdfast-ROLE.")
@json_option
@click.pass_obj
def doctor(console: Console, policy: str | None, dialect: Dialect, bucket: str | None, users: tuple[str, ...]) -> None:
    """Try whether the archive's store keeps its promises, and say which it breaks and what mends it.

    In a bucket a few objects of some bytes are written under probes/, one or two of them locked for a minute.

    \b
    Examples:
      holdfast doctor
      holdfast doctor --policy writer --for aws
      holdfast doctor --policy all --for ceph --bucket records --user writer=capture
    """  # noqa: D301 - click's mark for lines that stay as they are
    if policy is not None:
        print_policy(console, policy, dialect=dialect, bucket=bucket, users=users)
        return
    settings = read_settings(console.home)
    with console.progress("Examining") as tell:
        examination = examine(
            settings.store,
            home=console.home,
            now=system_clock,
            run=secrets.token_hex(8),
            origin=settings.archive.origin,
            tell=tell,
        )
    console.show(examination.to_plain() | {"sound": examination.sound}, examination_lines(examination))
    if not examination.sound:
        sys.exit(PolicyError.exit_status)


def examination_lines(examination: Examination) -> tuple[str, ...]:
    """Return an examination for people."""
    return (
        f"Examined {examination.place}",
        "",
        *(step_line(step) for step in examination.steps),
        "",
        *(
            f"  {found.severity.upper()} {found.code} {found.key}\n      {found.what}\n      → {found.do}"
            for found in examination.findings
        ),
        "Sound: an archive can live here." if examination.sound else "NOT SOUND: mend what is named as a fault.",
    )


def print_policy(console: Console, name: str, *, dialect: Dialect, bucket: str | None, users: tuple[str, ...]) -> None:
    """Print a policy, or with ``all`` an object with every document that the server takes, by its name.

    Raises:
        PolicyWithoutBucketError: no bucket is given, and the archive has none.
        PolicyUnknownError: there is no such policy.
    """
    from storage.s3 import policies  # noqa: PLC0415 - what it knows of locks is of no use to a folder

    place = _bucket_place(console, bucket)
    subject = policies.Subject(
        bucket=place.bucket,
        mode=place.lock,
        lease_days=place.lease_days,
        ledger_days=place.ledger_days,
        users=dict(_role_and_name(user, policies.ROLES) for user in users),
    )
    together = policies.policies(dialect, subject)
    if name == "all":
        click.echo(json.dumps(together, indent=2))
    elif name == policies.BUCKET and name not in together:
        raise PolicyUnknownError(
            f"For {dialect} there is a policy for each role, not one for the bucket as a whole.",
            do=f"Ask for one of {', '.join(together)}, or all.",
        )
    else:
        click.echo(policies.to_text(together.get(name) or policies.policy(dialect, subject, name)))


def _bucket_place(console: Console, bucket: str | None) -> BucketPlace:
    """Return the archive's bucket, under another name if one is given; where there is none, what is usual."""
    try:
        place = read_settings(console.home).store
    except ArchiveMissingError:
        if bucket is None:
            raise
        place = BucketPlace(bucket=bucket)
    if isinstance(place, BucketPlace):
        return msgspec.structs.replace(place, bucket=bucket or place.bucket)
    if bucket is not None:
        return BucketPlace(bucket=bucket)
    raise PolicyWithoutBucketError(
        "The archive lies in a folder, which has no policies.", do="Name the bucket with --bucket."
    )


def _role_and_name(text: str, roles: tuple[Role, ...]) -> tuple[Role, str]:
    role, equals, name = text.partition("=")
    for known in roles:
        if known == role and equals and name:
            return known, name
    raise click.BadParameter(f"{text!r} is not ROLE=NAME with a role of {', '.join(roles)}.", param_hint="--user")
