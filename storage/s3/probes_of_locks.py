"""Whether a bucket keeps every version, and keeps versions that are locked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.errors import ArchiveError, PolicyError
from schemas.instant import Instant
from schemas.stored import Lock
from storage.examination import Ailment, Looked, ailment_of
from storage.s3.probing import LOCK_SECONDS, refusal_of
from storage.s3.refusals import StoreAccessRefusedError

if TYPE_CHECKING:
    from schemas.findings import Severity
    from storage.s3.probing import Probing

MAKE_ANEW = "Make a new bucket with Object Lock, and name it as store.bucket."
OTHER_SERVER = "Use a server whose Object Lock holds, or set store.lock to 'none' and say so to whoever relies on it."
UNREADABLE = "the settings may not be read with these credentials; judged by what was written"


def look_at_versioning(probing: Probing, *, in_use: bool) -> Looked:
    """Read whether versions are kept, and, where locks need them, whether they can be switched off.

    Switching off is tried only with credentials that may switch on, in a bucket that is not ``in_use``, and is undone
    at once.

    Raises:
        ArchiveError: it could not be done.
    """
    try:
        state = probing.bucket.call("get_bucket_versioning").get("Status")
    except StoreAccessRefusedError:
        return Looked(1, note=UNREADABLE)  # the step before has seen a version of its own
    if state != "Enabled":
        off = Ailment(
            code="VERSIONING_OFF",
            severity="fault",
            key=probing.bucket.name,
            what="The bucket does not keep versions: whoever writes a key again destroys what it held.",
            do=f"Switch versioning on: aws s3api put-bucket-versioning --bucket {probing.bucket.name} "
            "--versioning-configuration Status=Enabled.",
        )
        return Looked(1, (off,))
    if probing.place.lock == "none" or _configuration(probing):
        return Looked(1)  # only Object Lock keeps them on
    if probing.refusal("put_bucket_versioning", VersioningConfiguration={"Status": "Enabled"}):
        return Looked(2)
    if in_use:
        return Looked(1, note="not tried to switch them off: the archive is in use")
    return Looked(2, _suspended(probing))


def _suspended(probing: Probing) -> tuple[Ailment, ...]:
    try:
        refused = probing.refusal("put_bucket_versioning", VersioningConfiguration={"Status": "Suspended"})
    finally:
        # Also when the answer was lost: what was on is on again before anything else happens.
        probing.bucket.call("put_bucket_versioning", VersioningConfiguration={"Status": "Enabled"})
    if refused:
        return ()
    severity: Severity = "fault" if probing.place.lock == "compliance" else "notice"
    suspendable = Ailment(
        code="VERSIONING_SUSPENDABLE",
        severity=severity,
        key=probing.bucket.name,
        what="The server lets versioning be switched off in a bucket with Object Lock (it was switched on again).",
        do="Use a server that refuses it, or credentials that may not (s3:PutBucketVersioning).",
    )
    return (suspendable,)


def look_at_locks(probing: Probing) -> Looked:
    """Write a version locked for a minute, and try to delete it, to shorten its lock and to weaken it.

    Raises:
        ArchiveError: it could not be done.
    """
    mode = probing.place.lock
    if mode == "none":
        return Looked(0, note="store.lock is 'none': nothing keeps whoever may delete from deleting")
    missing = _configuration(probing)
    if missing:
        return Looked(1, (missing,))
    lock = Lock(mode, probing.soon())
    key = probing.key("locked")
    try:
        version = str(probing.put("locked", lock=lock)["VersionId"])
    except PolicyError as error:
        return Looked(2, (ailment_of(error, key=key),))
    broken = _not_honoured(probing, key, version, lock)
    if broken:
        return Looked(2, (broken,))
    return Looked(6, _held(probing, key, version, lock))


def _configuration(probing: Probing) -> Ailment | None:
    try:
        answer = probing.bucket.call("get_object_lock_configuration")
        enabled = answer.get("ObjectLockConfiguration", {}).get("ObjectLockEnabled") == "Enabled"
    except StoreAccessRefusedError:
        return None  # what it does with a lock will tell
    except PolicyError:
        enabled = False
    if enabled:
        return None
    return Ailment(
        code="LOCK_MISSING",
        severity="fault",
        key=probing.bucket.name,
        what=f"The bucket was made without Object Lock, and store.lock is {probing.place.lock!r}.",
        do=MAKE_ANEW,
    )


def _not_honoured(probing: Probing, key: str, version: str, lock: Lock) -> Ailment | None:
    try:
        answer = probing.bucket.call("get_object_retention", Key=key, VersionId=version)["Retention"]
        got = f"{answer['Mode'].lower()} until {Instant.from_datetime(answer['RetainUntilDate'])}"
    except StoreAccessRefusedError:
        return None  # whether it holds will tell
    except PolicyError as error:
        got = f"none ({error.facts.get('s3') or error.code})"
    asked = f"{lock.mode} until {lock.until}"
    if got == asked:
        return None
    what = f"The server was asked for the lock {asked} and gave {got}."
    return Ailment(code="LOCK_IGNORED", severity="fault", key=key, what=what, do=OTHER_SERVER)


def _held(probing: Probing, key: str, version: str, lock: Lock) -> tuple[Ailment, ...]:
    def retention(mode: str, seconds: float) -> ArchiveError | None:
        until = lock.until.plus(seconds=seconds).to_datetime()
        return probing.refusal(
            "put_object_retention", Key=key, VersionId=version, Retention={"Mode": mode, "RetainUntilDate": until}
        )

    def fault(code: str, what: str, do: str = OTHER_SERVER) -> Ailment:
        return Ailment(code=code, severity="fault", key=key, what=what, do=do)

    found = []
    if retention(lock.mode.upper(), -LOCK_SECONDS / 2) is None:
        found.append(fault("LOCK_SHORTENABLE", "The server let a lock be shortened."))
    if lock.mode == "compliance" and retention("GOVERNANCE", LOCK_SECONDS) is None:
        found.append(fault("LOCK_SHORTENABLE", "The server let a compliance lock be turned into one of governance."))
    refused = retention(lock.mode.upper(), LOCK_SECONDS)
    if refused:
        found.append(fault("LOCK_REFUSED", f"A lock cannot be extended: {refused.what}", refused.do))
    if probing.refusal("delete_object", Key=key, VersionId=version) is None:
        found.append(fault("LOCK_DELETABLE", "The server deleted a version whose lock had not ended."))
    elif refusal_of(lambda: probing.bucket.call("head_object", Key=key, VersionId=version)):
        found.append(fault("LOCK_DELETABLE", "The server refused to delete a locked version, and it is gone."))
    return tuple(found)
