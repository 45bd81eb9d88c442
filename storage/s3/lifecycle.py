"""What a bucket's lifecycle rules would do to an archive."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from storage.examination import Ailment, Looked
from storage.s3.policies import DATA, RECORD, SLOW_CLASSES
from storage.s3.refusals import StoreAccessRefusedError, StoreRefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from storage.s3.probing import Probing

DESTROYING = ("Expiration", "NoncurrentVersionExpiration")
ABORT = "AbortIncompleteMultipartUpload"
MOVING = ("Transitions", "NoncurrentVersionTransitions")
KEPT = (*RECORD, *DATA)
PASTE = "Replace the bucket's rules by those of 'holdfast doctor --policy lifecycle'."


def look_at_lifecycle(probing: Probing) -> Looked:
    """Read the bucket's rules and judge them.

    Raises:
        ArchiveError: it could not be done.
    """
    try:
        rules = probing.bucket.call("get_bucket_lifecycle_configuration").get("Rules", [])
    except StoreAccessRefusedError:
        return Looked(0, note="these credentials may not read the rules (s3:GetLifecycleConfiguration)")
    except StoreRefusedError as error:
        if error.facts.get("s3") != "NoSuchLifecycleConfiguration":
            raise
        rules = []
    return Looked(len(rules) + 1, tuple(judged(probing.bucket.name, rules)))


def judged(bucket: str, rules: Sequence[Mapping[str, Any]]) -> Iterator[Ailment]:
    """Yield what ails a bucket with these rules, as the API names their parts."""
    enabled = [rule for rule in rules if rule.get("Status") == "Enabled"]
    for rule in enabled:
        if not any(overlap(prefix_of(rule), kept) for kept in KEPT):
            continue
        named = f"The lifecycle rule {str(rule.get('ID', 'without a name'))[:80]!r}"
        slow = {move.get("StorageClass") for action in MOVING for move in rule.get(action, ())} & SLOW_CLASSES
        for storage in sorted(slow):
            yield Ailment(
                code="LIFECYCLE_SHELVES",
                severity="notice",
                key=bucket,
                what=f"{named} moves objects to {storage}, from which they are not read at once: search, verify and "
                "produce will fail.",
                do="Move them to a class that is read at once, such as GLACIER_IR.",
            )
        for action in DESTROYING:
            if action in rule:
                yield Ailment(
                    code="LIFECYCLE_DESTROYS",
                    severity="fault",
                    key=bucket,
                    what=f"{named} deletes what an archive must keep ({action} of {prefix_of(rule) + '*'!r}).",
                    do=PASTE,
                )
    if not any(ABORT in rule and all(kept.startswith(prefix_of(rule)) for kept in KEPT) for rule in enabled):
        yield Ailment(
            code="UPLOADS_LINGER",
            severity="notice",
            key=bucket,
            what="No lifecycle rule clears away the parts of uploads that were abandoned; they are stored and charged.",
            do=PASTE,
        )


def prefix_of(rule: Mapping[str, Any]) -> str:
    """Return the prefix of the keys that a rule is about; of a rule that goes by tags or sizes too."""
    filtered = rule.get("Filter", {})
    return str(filtered.get("Prefix") or filtered.get("And", {}).get("Prefix") or rule.get("Prefix") or "")


def overlap(one: str, other: str) -> bool:
    """Return whether some key could start with both."""
    return one.startswith(other) or other.startswith(one)
