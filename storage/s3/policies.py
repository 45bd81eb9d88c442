"""Who may do what in an archive's bucket: least-privilege policies, as rules over text, ready to paste.

Three dialects. ``aws``: a policy for each role's user or IAM role, and a bucket policy that denies. ``minio``: the
same, but what is denied is a policy for users too, for MinIO's bucket policies bind strangers only. ``ceph``: one
bucket policy for everybody. Condition keys and actions that a server does not know are left out of its dialect: Ceph
and MinIO refuse or ignore them. ``docs/BUCKETS.md`` says what that costs.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from storage import layout

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Dialect: TypeAlias = Literal["aws", "ceph", "minio"]
Role: TypeAlias = Literal["writer", "reader", "auditor", "hold", "sweeper", "disposition"]
Document: TypeAlias = dict[str, Any]

ROLES: tuple[Role, ...] = get_args(Role)
DENY = "deny"
BUCKET = "bucket"
LIFECYCLE = "lifecycle"

DATA = (layout.PARTITIONS, layout.EXCHANGES, layout.PRODUCTIONS)
RECORD = layout.RECORD
EVIDENCE = (*DATA, layout.PROBES)
EVERYTHING = ("",)
ABORT_DAYS = 7
SLOW_CLASSES = frozenset({"GLACIER", "DEEP_ARCHIVE"})
"""Storage classes from which an object is read hours after it was asked for."""

LOOK = ("GetBucketLocation", "ListBucket", "ListBucketVersions")
READ = ("GetObject", "GetObjectVersion")
GUARDS = ("GetObjectRetention", "GetObjectLegalHold")
SETUP = ("GetBucketVersioning", "GetBucketObjectLockConfiguration", "GetLifecycleConfiguration")

CHANGES = (
    "DeleteBucket",
    "ForceDeleteBucket",
    "PutBucketPolicy",
    "DeleteBucketPolicy",
    "PutBucketVersioning",
    "PutBucketObjectLockConfiguration",
    "PutLifecycleConfiguration",
    "PutReplicationConfiguration",
    "PutBucketAcl",
    "PutBucketPublicAccessBlock",
    "PutBucketOwnershipControls",
    "PutEncryptionConfiguration",
)
HIDES = (
    "DeleteObject",
    "BypassGovernanceRetention",
    "PutObjectAcl",
    "PutObjectVersionAcl",
    "ReplicateObject",
    "ReplicateDelete",
    "ReplicateTags",
)
# What a server does not know, and refuses to be told; and what would lock a bucket's owner out (Ceph before 20).
UNKNOWN: dict[Dialect, frozenset[str]] = {
    "aws": frozenset({"ForceDeleteBucket"}),
    "minio": frozenset(
        {
            "PutBucketAcl",
            "PutBucketPublicAccessBlock",
            "PutBucketOwnershipControls",
            "PutObjectAcl",
            "PutObjectVersionAcl",
        }
    ),
    "ceph": frozenset(
        {
            "ForceDeleteBucket",
            "PutBucketPolicy",
            "DeleteBucketPolicy",
            "PutBucketOwnershipControls",
            "PutEncryptionConfiguration",
            "ReplicateObject",
            "ReplicateDelete",
            "ReplicateTags",
        }
    ),
}


@dataclass(frozen=True, slots=True)
class Subject:
    """What policies are about: a bucket, how it locks (days), and the name of each role's user.

    A role that is not in ``users`` is the user, or IAM role, ``holdfast-ROLE``.
    """

    bucket: str
    mode: Literal["compliance", "governance", "none"] = "compliance"
    lease_days: int = 60
    ledger_days: int = 3653
    users: Mapping[Role, str] = field(default_factory=dict)

    def user(self, role: Role) -> str:
        """Return the name of a role's user."""
        return self.users.get(role, f"holdfast-{role}")


@dataclass(frozen=True, slots=True)
class Grant:
    """Actions on keys under some prefixes, or with no prefixes on the bucket itself."""

    actions: tuple[str, ...]
    prefixes: tuple[str, ...] = ()


# Bucket actions are granted on the bucket alone: on objects MinIO takes GetBucketObjectLockConfiguration for the right
# to bypass governance (cmd/bucket-object-lock.go).
GRANTS: dict[Role, tuple[Grant, ...]] = {
    "writer": (
        Grant((*LOOK, *SETUP, "ListBucketMultipartUploads")),
        Grant(
            (*READ, *GUARDS, "PutObject", "PutObjectRetention", "AbortMultipartUpload", "ListMultipartUploadParts"),
            (*RECORD, *DATA, layout.PROBES, layout.INDEX),
        ),
        Grant(("DeleteObjectVersion",), (layout.INDEX,)),
    ),
    "reader": (Grant(LOOK), Grant(READ, EVERYTHING)),
    "auditor": (
        Grant((*LOOK, *SETUP, "ListBucketMultipartUploads", "GetBucketPolicy", "GetBucketPolicyStatus")),
        Grant((*READ, *GUARDS), EVERYTHING),
    ),
    "hold": (Grant(LOOK), Grant(READ, RECORD), Grant((*READ, *GUARDS, "PutObjectLegalHold"), DATA)),
    "sweeper": (
        Grant(LOOK),
        Grant((*READ, *GUARDS, "PutObjectRetention"), (*RECORD, *DATA)),
        Grant(("PutObject",), (layout.LEDGER,)),
    ),
    "disposition": (
        Grant((*LOOK, "ListBucketMultipartUploads")),
        Grant(READ, RECORD),
        Grant((*READ, *GUARDS, "DeleteObjectVersion", "AbortMultipartUpload"), (*DATA, layout.INDEX)),
    ),
}
LOCKING: tuple[Role, ...] = ("writer", "sweeper")
UNLIKE = ("StringNotEquals", "StringNotLike")


def policies(dialect: Dialect, subject: Subject) -> dict[str, Document]:
    """Return every document that a bucket needs, by name: the roles', ``deny`` and ``lifecycle``.

    For Ceph the roles and what is denied are one bucket policy, ``bucket``.
    """
    if dialect == "ceph":
        together = [statement for role in ROLES for statement in _granted(dialect, subject, role)]
        return {BUCKET: _document(dialect, [*together, *_denied(dialect, subject)]), LIFECYCLE: lifecycle()}
    return {name: policy(dialect, subject, name) for name in (*ROLES, DENY, LIFECYCLE)}


def policy(dialect: Dialect, subject: Subject, name: str) -> Document:
    """Return one document: a role's, what is denied to everybody (``deny``), or the rules for ``lifecycle``."""
    if name == LIFECYCLE:
        return lifecycle()
    if name == DENY:
        return _document(dialect, _denied(dialect, subject))
    (role,) = (known for known in ROLES if known == name)
    return _document(dialect, _granted(dialect, subject, role))


def lifecycle() -> Document:
    """Return the bucket's lifecycle rules: parts of abandoned uploads go, nothing else ever does."""
    rule = {
        "ID": "holdfast-abandoned-uploads",
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": ABORT_DAYS},
    }
    return {"Rules": [rule]}


def to_text(document: Document) -> str:
    """Return a document as it is pasted: indented JSON."""
    return json.dumps(document, indent=2)


def _document(dialect: Dialect, statements: list[Document]) -> Document:
    if dialect == "minio":  # it takes 2,048 bytes at most: names are left out
        statements = [{name: what for name, what in one.items() if name != "Sid"} for one in statements]
    return {"Version": "2012-10-17", "Statement": statements}


def _granted(dialect: Dialect, subject: Subject, role: Role) -> list[Document]:
    principal = {"AWS": [f"arn:aws:iam:::user/{subject.user(role)}"]} if dialect == "ceph" else None
    title = f"Holdfast{role.title()}"
    statements = [
        _statement(
            f"{title}{number}",
            "Allow",
            _known(dialect, grant.actions),
            resources=_resources(subject.bucket, grant.prefixes),
            principal=principal,
        )
        for number, grant in enumerate(GRANTS[role], start=1)
    ]
    if role in LOCKING and dialect != "ceph":
        statements += _bounds(dialect, subject, title)
    return statements


def _bounds(dialect: Dialect, subject: Subject, title: str) -> list[Document]:
    """Return denials of locks that are shorter or longer than the settings say, a day of rounding granted.

    Nobody can take back a lock that is too long. They deny instead of conditioning what is allowed, so that a request
    for which a server does not compute the days is not refused.
    """
    if subject.mode == "none":
        return []
    # MinIO knows the days of PutObjectRetention only, and refuses the key with PutObject.
    actions = ("PutObject", "PutObjectRetention") if dialect == "aws" else ("PutObjectRetention",)
    ledger_days = subject.ledger_days
    limits = (
        ("Data", DATA, subject.lease_days - 1, subject.lease_days + 1),
        ("Ledger", RECORD, ledger_days - 1, ledger_days + 1),
    )
    return [
        _statement(
            f"{title}{kind}{word}",
            "Deny",
            actions,
            resources=_resources(subject.bucket, prefixes),
            condition={operator: {"s3:object-lock-remaining-retention-days": str(days)}},
        )
        for kind, prefixes, least, most in limits
        for word, operator, days in (
            ("TooShort", "NumericLessThan", least),
            ("TooLong", "NumericGreaterThan", most),
        )
    ]


def _denied(dialect: Dialect, subject: Subject) -> list[Document]:
    principal = None if dialect == "minio" else "*"
    bucket = subject.bucket

    def deny(
        sid: str, actions: Iterable[str], prefixes: tuple[str, ...], condition: Document | None = None
    ) -> Document:
        return _statement(
            f"HoldfastDeny{sid}",
            "Deny",
            _known(dialect, actions),
            resources=_resources(bucket, prefixes),
            principal=principal,
            condition=condition,
        )

    statements = [
        deny("Changes", CHANGES, ()),
        deny("Hiding", HIDES, EVERYTHING),
        deny("LedgerDestruction", ("DeleteObjectVersion",), RECORD),
        deny("Destruction", ("DeleteObjectVersion",), EVIDENCE, _unless(dialect, subject, "disposition")),
        deny("Deletion", ("DeleteObjectVersion",), EVERYTHING, _unless(dialect, subject, "disposition", "writer")),
        deny("Locking", ("PutObjectRetention",), EVERYTHING, _unless(dialect, subject, *LOCKING)),
        deny("Holds", ("PutObjectLegalHold",), EVERYTHING, _unless(dialect, subject, "hold")),
    ]
    if dialect == "ceph":
        return statements
    if subject.mode == "compliance":
        weaker = {"Null": {"s3:object-lock-mode": "false"}, "StringNotEquals": {"s3:object-lock-mode": "COMPLIANCE"}}
        statements.append(deny("WeakerLocks", ("PutObject", "PutObjectRetention"), (*RECORD, *DATA), weaker))
    if dialect == "aws":
        # A part of an upload creates no object: only what does must be conditional.
        blind = {"Null": {"s3:if-none-match": "true"}, "Bool": {"s3:ObjectCreationOperation": "true"}}
        statements.append(deny("Overwriting", ("PutObject",), (*RECORD, *DATA), blind))
        plain = {"Bool": {"aws:SecureTransport": "false"}}
        statements.append({**deny("PlainHttp", ("*",), EVERYTHING, plain), "Resource": _both(bucket)})
    return statements


def _unless(dialect: Dialect, subject: Subject, *roles: Role) -> Document:
    users = [subject.user(role) for role in roles]
    if dialect != "aws":
        # Two operators, both of which must hold: of a list Ceph 16 asks only whether some name in it differs.
        return {operator: {"aws:username": user} for operator, user in zip(UNLIKE, users, strict=False)}
    # In every account: an exception from what is denied allows nothing by itself.
    return {
        "ArnNotLike": {
            "aws:PrincipalArn": [f"arn:aws:iam::*:{kind}/{user}" for user in users for kind in ("role", "user")]
        }
    }


def _known(dialect: Dialect, actions: Iterable[str]) -> tuple[str, ...]:
    return tuple(action for action in actions if action not in UNKNOWN[dialect])


def _resources(bucket: str, prefixes: tuple[str, ...]) -> list[str]:
    return [f"arn:aws:s3:::{bucket}/{prefix}*" for prefix in prefixes] or [f"arn:aws:s3:::{bucket}"]


def _both(bucket: str) -> list[str]:
    return _resources(bucket, ()) + _resources(bucket, EVERYTHING)


def _statement(
    sid: str,
    effect: Literal["Allow", "Deny"],
    actions: tuple[str, ...],
    *,
    resources: list[str],
    principal: Document | str | None = None,
    condition: Document | None = None,
) -> Document:
    statement: Document = {"Sid": sid, "Effect": effect}
    if principal is not None:
        statement["Principal"] = principal
    statement |= {"Action": [f"s3:{action}" for action in actions], "Resource": resources}
    return statement | ({"Condition": condition} if condition else {})
