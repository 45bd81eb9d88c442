"""What boto3 raises, said in our words: whose fault it is, what to do, and whether something may have been written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore import exceptions as boto
from botocore.parsers import ResponseParserError

from schemas.errors import ArchiveError, ConflictError, InputError, PolicyError
from storage.objects import ObjectMissingError, StoreUnavailableError, StoreUnsuitableError, WriteOutcomeUnknownError

if TYPE_CHECKING:
    from collections.abc import Mapping

COMMITS = frozenset({"put_object", "complete_multipart_upload"})  # after these, readers may see an object

CREDENTIALS = frozenset(
    {
        "InvalidAccessKeyId",
        "SignatureDoesNotMatch",
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidToken",
        "TokenRefreshRequired",
        "InvalidClientTokenId",
        "UnrecognizedClientException",
        "InvalidSecurity",
        "AuthorizationHeaderMalformed",
    }
)
REGION = frozenset({"PermanentRedirect", "IllegalLocationConstraintException", "InvalidLocationConstraint", "301"})
ABSENT = frozenset({"NoSuchKey", "NoSuchVersion", "404"})
UPLOAD_LOST = frozenset({"NoSuchUpload", "InvalidPart", "InvalidPartOrder"})
# What arrived is not what was sent, by its checksums; sent again, it may be.
DAMAGED = frozenset({"BadDigest", "XAmzContentSHA256Mismatch", "XAmzContentChecksumMismatch", "IncompleteBody"})
# The server says that it did not do it: by these names, not by a status that some proxy may have made up.
BUSY = frozenset(
    {
        "SlowDown",
        "SlowDownRead",
        "SlowDownWrite",
        "ServiceUnavailable",
        "Throttling",
        "ThrottlingException",
        "RequestThrottled",
        "TooManyRequests",
        "TooManyRequestsException",
        "RequestLimitExceeded",
        "RequestTimeout",
        "OperationAborted",
        "QuotaExceeded",
    }
)
NO_LOCKS = frozenset({"InvalidBucketState", "ObjectLockConfigurationNotFoundError"})
NO_CREDENTIALS = (
    boto.NoCredentialsError,
    boto.PartialCredentialsError,
    boto.CredentialRetrievalError,
    boto.ProfileNotFound,
    boto.ConfigParseError,
    boto.TokenRetrievalError,
    boto.NoAuthTokenError,
    boto.UnauthorizedSSOTokenError,
    boto.SSOTokenLoadError,
    boto.RefreshWithMFAUnsupportedError,
)
NOT_SENT = (boto.EndpointConnectionError, boto.ConnectTimeoutError, boto.ProxyConnectionError)


class BucketMissingError(InputError):
    """The server has no bucket of that name."""

    code = "BUCKET_MISSING"


class BucketRegionError(InputError):
    """The bucket lies in another region than the settings say."""

    code = "BUCKET_REGION"


class StoreEndpointError(InputError):
    """What answers at the endpoint does not speak S3, or the endpoint is no address."""

    code = "STORE_ENDPOINT"


class StoreCertificateError(InputError):
    """The endpoint's certificate is not one that the settings trust."""

    code = "STORE_CERTIFICATE"


class StoreCredentialsError(PolicyError):
    """There are no credentials for the store, or it does not accept them: unknown, wrong or expired."""

    code = "STORE_CREDENTIALS"


class StoreAccessRefusedError(PolicyError):
    """The store knows these credentials, and they may not do it."""

    code = "STORE_ACCESS_REFUSED"


class StoreClockError(PolicyError):
    """This machine's clock and the store's differ by so much that the store refuses to talk."""

    code = "STORE_CLOCK"


class StoreRefusedError(PolicyError):
    """The store refuses a request for a reason of its own; the fact ``s3`` is its name for it."""

    code = "STORE_REFUSED"


class KeyContestedError(ConflictError):
    """The store refused a write because another writer is or was at that key; nothing was written."""

    code = "KEY_CONTESTED"


class UploadLostError(ConflictError):
    """An upload in parts cannot go on: another writer finished, ended or changed it; nothing was written."""

    code = "UPLOAD_LOST"


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked of which bucket: an operation as boto3 names it, and about which key and version."""

    operation: str
    bucket: str
    endpoint: str
    key: str | None
    version: str | None

    @property
    def what(self) -> str:
        """The request in words, to stand in a sentence."""
        words = self.operation.replace("_", " ")
        return f"{words!r} of {self.key} in the bucket {self.bucket}" if self.key else f"{words!r} on {self.bucket}"


def translate(error: Exception, asked: Asked) -> ArchiveError | None:
    """Return our error for one that boto3 raised, or ``None`` for a defect of the caller."""
    match error:
        case boto.ClientError():
            return _answered(error.response, asked)
        case ResponseParserError():
            return not_s3(asked)
        case boto.SSLError() if "CERTIFICATE" in str(error) or "hostname" in str(error):
            return StoreCertificateError(
                f"The certificate of {asked.endpoint} is not trusted.",
                do="Name the PEM file of its authority as store.authority; check the host's name and its clock.",
            )
        case boto.InvalidIMDSEndpointError() | boto.ParamValidationError():
            return None
        case boto.NoRegionError() | boto.InvalidRegionError() | boto.UnknownEndpointError():
            return BucketRegionError("The region in the settings is none.", do="Correct store.region.")
        case _:
            return _of_connection(error, asked)


def _of_connection(error: Exception, asked: Asked) -> ArchiveError:
    if isinstance(error, NO_CREDENTIALS):
        return _credentials(f"There are no usable credentials for {asked.endpoint}", type(error).__name__)
    if isinstance(error, NOT_SENT):
        return unavailable(asked, f"{asked.endpoint} does not answer")
    if isinstance(error, boto.ResponseStreamingError):
        return interrupted(asked, f"the answer of {asked.endpoint} was cut, or does not say how long it is")
    return interrupted(asked, f"the connection to {asked.endpoint} broke")


def interrupted(asked: Asked, why: str) -> ArchiveError:
    """Return the error after a request of which nobody knows whether it was done, if it does anything."""
    if asked.operation in COMMITS:
        return WriteOutcomeUnknownError(
            f"It is not known whether {asked.key} was written: {why}.",
            do="Try again: it looks first, and the same bytes are accepted whether or not they are there.",
            key=asked.key,
        )
    return unavailable(asked, why)


def unavailable(asked: Asked, why: str, s3: str | None = None) -> StoreUnavailableError:
    """Return the error after a request that was certainly not done."""
    return StoreUnavailableError(
        f"The store did not do {asked.what}: {why}.", do="Check the server and the network, then try again.", s3=s3
    )


def not_s3(asked: Asked) -> StoreEndpointError:
    """Return the error about an answer that is none of an S3 server."""
    return StoreEndpointError(
        f"What answers at {asked.endpoint} does not speak S3.",
        do="Correct store.endpoint: it is the server's S3 address, not its console's or a proxy's.",
    )


def missing(key: str, version: str | None) -> ObjectMissingError:
    """Return the error about a key or a version that the bucket does not have."""
    return ObjectMissingError(
        f"Nothing is stored as {key}{f' in version {version}' if version is not None else ''}.",
        do="Run 'holdfast verify'; restore the object from a second copy.",
        key=key,
    )


def _answered(response: Mapping[str, Any], asked: Asked) -> ArchiveError:  # noqa: PLR0911 -- a table
    """Return our error for an answer that is a refusal."""
    reply, sent = response.get("Error", {}), response.get("ResponseMetadata", {})
    code, status = str(reply.get("Code") or ""), int(sent.get("HTTPStatusCode") or 0)
    region = reply.get("Region") or sent.get("HTTPHeaders", {}).get("x-amz-bucket-region")
    if code == "NoSuchBucket":
        return BucketMissingError(
            f"There is no bucket {asked.bucket} at {asked.endpoint}.", do="Correct store.bucket, or make the bucket."
        )
    if code in REGION or (code == "AuthorizationHeaderMalformed" and region):
        there = f"in the region {region}" if region else "in another region"
        return BucketRegionError(
            f"The bucket {asked.bucket} lies {there}.",
            do=f"Set store.region to {region!r}." if region else "Correct store.region.",
        )
    if code in CREDENTIALS:
        return _credentials(f"{asked.endpoint} does not accept the credentials", code)
    if code == "RequestTimeTooSkewed":
        return StoreClockError(
            f"The clocks of this machine and of {asked.endpoint} differ too much for signed requests.",
            do="Set both clocks by a time server (NTP).",
        )
    if code in UPLOAD_LOST:
        return UploadLostError(
            f"The upload of {asked.key} in parts cannot go on ({code}).", do="Start it again.", s3=code
        )
    if asked.key is not None and _says_absent(code, status, asked):
        return missing(asked.key, asked.version)
    if asked.operation in COMMITS and (code == "PreconditionFailed" or status in (409, 412)):
        return KeyContestedError(
            f"Another writer is at the key {asked.key}; nothing was written.", do="Read what it holds, then decide."
        )
    if code in BUSY | DAMAGED or status in (409, 429):
        return unavailable(asked, f"it answered {code or status}", code)
    # Ceph gives no reason when a bucket without Object Lock is asked for a lock.
    lockless = code == "InvalidRequest" and "lock" in str(reply.get("Message") or "lock").lower()
    if lockless or code == "NotImplemented" or code in NO_LOCKS:
        return StoreUnsuitableError(
            f"The bucket {asked.bucket} cannot do {asked.operation.replace('_', ' ')!r} as it is needed ({code}).",
            do="Use a bucket that was made with Object Lock; or set store.lock to 'none', which protects nothing.",
        )
    return _refused(code, status, asked)


def _refused(code: str, status: int, asked: Asked) -> ArchiveError:
    if status >= 500:  # noqa: PLR2004 -- RFC 9110 section 15.6
        return interrupted(asked, f"the server answered {status} {code}".rstrip())
    if code == "InvalidObjectState":  # with the status 403, but nobody lacks a right
        return StoreRefusedError(
            f"{asked.key} lies in a storage class from which nothing is read at once.",
            do="Have the store restore it (restore-object); let no lifecycle rule move objects to such a class.",
            s3=code,
        )
    if status == 403:  # noqa: PLR2004 -- RFC 9110 section 15.5.4
        return StoreAccessRefusedError(
            f"These credentials may not do {asked.what}.",
            do="Ask whoever administers the bucket for that permission; 'holdfast doctor' lists those that are needed.",
            s3=code,
        )
    if not code or code.isdecimal():
        return not_s3(asked)
    return StoreRefusedError(
        f"The store refuses {asked.what}: {code}.", do="Ask whoever administers the bucket.", s3=code
    )


def _says_absent(code: str, status: int, asked: Asked) -> bool:
    """Return whether an answer means that there is no such object; a HEAD has no words, and says it by its status."""
    head = asked.operation.startswith("head_")
    if code in ABSENT:
        return code != "404" or head
    # An impossible version id is one that never was; a delete marker's version answers 405.
    return asked.version is not None and (
        code in ("InvalidArgument", "MethodNotAllowed") or (head and status in (400, 405))
    )


def _credentials(what: str, why: str) -> StoreCredentialsError:
    return StoreCredentialsError(
        f"{what} ({why}).",
        do="Check the access key, the secret and store.profile, and whether a temporary token has expired.",
        s3=why,
    )
