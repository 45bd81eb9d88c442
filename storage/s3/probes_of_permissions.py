"""What these credentials may do that nothing which captures, searches or produces ever needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from schemas.errors import PolicyError
from schemas.stored import Lock
from storage.examination import Ailment, Looked
from storage.s3.probing import LOCK_SECONDS
from storage.s3.refusals import StoreAccessRefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from schemas.errors import ArchiveError
    from storage.s3.client import Answer
    from storage.s3.probing import Probing

PASTE = (
    "Give these credentials the policy of 'holdfast doctor --policy writer', and the bucket that of '--policy deny'."
)
MEANING = {
    "s3:DeleteObject": "hide every object behind a delete marker",
    "s3:DeleteObjectVersion": "destroy every version that is not locked",
    "s3:PutBucketVersioning": "change whether versions are kept",
    "s3:PutBucketObjectLockConfiguration": "change how long new objects are locked by default",
    "s3:PutLifecycleConfiguration": "have the server delete objects by rules",
    "s3:PutBucketPolicy": "permit anything to anybody",
    "s3:DeleteBucketPolicy": "take away the policy that denies",
    "s3:BypassGovernanceRetention": "shorten every governance lock, and delete what it guards",
}


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting of the bucket: how it is read, written back from the ``parameters`` that an answer gives, and removed.

    ``writing`` and ``removing`` are the permissions for that.
    """

    read: str
    write: str
    writing: str
    parameters: Callable[[Answer], dict[str, Any]]
    remove: str = ""
    removing: str = ""


def _chosen(*names: str) -> Callable[[Answer], dict[str, Any]]:
    """Return what picks these members of an answer, as far as it has them."""
    return lambda answer: {name: answer[name] for name in names if name in answer}


def _versioning(answer: Answer) -> dict[str, Any]:
    return {"VersioningConfiguration": {"Status": answer["Status"]}} if "Status" in answer else {}


def _lifecycle(answer: Answer) -> dict[str, Any]:
    kept = _chosen("TransitionDefaultMinimumObjectSize")(answer)
    return {"LifecycleConfiguration": {"Rules": answer["Rules"]}, **kept} if answer.get("Rules") else {}


SETTINGS = (
    Setting("get_bucket_versioning", "put_bucket_versioning", "s3:PutBucketVersioning", _versioning),
    Setting(
        "get_object_lock_configuration",
        "put_object_lock_configuration",
        "s3:PutBucketObjectLockConfiguration",
        _chosen("ObjectLockConfiguration"),
    ),
    Setting(
        "get_bucket_lifecycle_configuration",
        "put_bucket_lifecycle_configuration",
        "s3:PutLifecycleConfiguration",
        _lifecycle,
        "delete_bucket_lifecycle",
        "s3:PutLifecycleConfiguration",
    ),
    Setting(
        "get_bucket_policy",
        "put_bucket_policy",
        "s3:PutBucketPolicy",
        _chosen("Policy"),
        "delete_bucket_policy",
        "s3:DeleteBucketPolicy",
    ),
)


def look_at_permissions(probing: Probing, *, written: bool) -> Looked:
    """Try what should be denied, each in a way that changes nothing but this run's probes.

    ``written`` says whether the probe ``written`` is there.

    Raises:
        ArchiveError: it could not be done.
    """
    tried = {**_settings(probing), **(_objects(probing) if written else {})}
    return Looked(len(tried), tuple(_ailments(probing, tried)))


def _ailments(probing: Probing, tried: dict[str, ArchiveError | None]) -> Iterator[Ailment]:
    for action, refused in tried.items():
        if refused is None:
            bypass = action == "s3:BypassGovernanceRetention"
            grave = bypass and probing.place.lock == "governance"
            yield Ailment(
                code="BYPASS_ALLOWED" if bypass else "PERMISSION_EXCESSIVE",
                severity="fault" if grave else "notice",
                key=action,
                what=f"These credentials may {MEANING[action]} ({action}).",
                do=PASTE,
            )


def _objects(probing: Probing) -> dict[str, ArchiveError | None]:
    """Try to delete the probe that is not locked, and to bypass a governance lock."""
    key = probing.key("written")
    (version,) = (written.version for written in probing.store.versions(key))
    tried = {
        "s3:DeleteObject": probing.refusal("delete_object", Key=key),
        "s3:DeleteObjectVersion": probing.refusal("delete_object", Key=key, VersionId=version),
    }
    if probing.place.lock != "none":
        tried["s3:BypassGovernanceRetention"] = _bypass(probing)
    if tried["s3:DeleteObjectVersion"] is None:
        # These credentials may: then nothing of this run stays that is not locked, least of all a delete marker.
        for left in tuple(probing.store.versions(probing.key(""))):
            probing.refusal("delete_object", Key=left.key, VersionId=left.version)
    return tried


def _bypass(probing: Probing) -> ArchiveError | None:
    """Shorten a governance lock with the right to bypass it; a bucket that takes no such lock refuses that too."""
    lock = Lock("governance", probing.soon())
    try:
        version = probing.put("governed", lock=lock)["VersionId"]
    except PolicyError as error:
        return error
    shorter = {"Mode": "GOVERNANCE", "RetainUntilDate": lock.until.plus(seconds=-LOCK_SECONDS / 2).to_datetime()}
    return probing.refusal(
        "put_object_retention",
        Key=probing.key("governed"),
        VersionId=version,
        Retention=shorter,
        BypassGovernanceRetention=True,
    )


def _settings(probing: Probing) -> dict[str, ArchiveError | None]:
    """Try to write the bucket's settings back as they are; where there are none, to take them away."""
    tried = {}
    for setting in SETTINGS:
        try:
            answer = probing.bucket.call(setting.read)
        except StoreAccessRefusedError:
            continue  # what cannot be read cannot be written back, and nothing else is harmless
        except PolicyError:
            if setting.remove:
                tried[setting.removing] = probing.refusal(setting.remove)
            continue
        parameters = setting.parameters(answer)
        if parameters:
            tried[setting.writing] = probing.refusal(setting.write, **parameters)
    return tried
