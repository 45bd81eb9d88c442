"""The only door to boto3: a bucket, one request a call, no retries, and every failure one of our errors."""

from __future__ import annotations

import ssl
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeAlias
from xml.etree import ElementTree as ET

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ConnectionClosedError, ResponseStreamingError
from botocore.parsers import ResponseParserError
from urllib3.exceptions import HTTPError

from schemas.settings import SettingsError
from storage.s3.refusals import Asked, StoreEndpointError, translate, unavailable

if TYPE_CHECKING:
    from pathlib import Path

    from schemas.settings import BucketPlace

Answer: TypeAlias = dict[str, Any]

CONNECT_SECONDS = 10
READ_SECONDS = 60
CONNECTIONS = 32
WITHOUT_LENGTH = (204, 304)  # RFC 9110 section 8.6
LISTED = {"Version", "DeleteMarker"}
LISTING = "ListVersionsResult"


class Bucket:
    """A bucket at an endpoint. Safe among threads; nothing is opened or looked up before the first call.

    Its representation and its errors hold no credentials.
    """

    def __init__(self, place: BucketPlace, *, home: Path) -> None:
        self.name = place.bucket
        self.endpoint = place.endpoint or f"AWS S3 in {place.region}"
        self._place, self._home = place, home
        self._client: Any = None
        self._connecting = Lock()

    def __repr__(self) -> str:
        return f"Bucket({self.name!r} at {self.endpoint})"

    def call(self, operation: str, **parameters: Any) -> Answer:  # noqa: ANN401 -- boto3 has no types
        """Make one request, as boto3 names it and its parameters, and return the answer.

        An answer that lists versions has ``Kinds``: for each, in the server's order, "Version" or "DeleteMarker".

        Raises:
            StoreUnavailableError: it was certainly not done, or did nothing.
            WriteOutcomeUnknownError: it may have been written.
            KeyContestedError, UploadLostError, ObjectMissingError: the server says so.
            InputError, PolicyError: the settings, the credentials or the bucket do not allow it.
        """
        asked = Asked(operation, self.name, self.endpoint, parameters.get("Key"), parameters.get("VersionId"))
        try:
            answer: Answer = self._asked(operation, parameters)
        except (BotoCoreError, ClientError, ResponseParserError) as error:
            ours = translate(error, asked)
            if ours is None:
                raise
            raise ours from error
        return answer

    def _asked(self, operation: str, parameters: dict[str, Any]) -> Answer:
        method = getattr(self._connected(), operation)
        try:
            answer: Answer = method(Bucket=self.name, **parameters)
        except ValueError as error:
            # An answer whose head was cut off within a day raises no error of botocore's own.
            raise ConnectionClosedError(endpoint_url=self.endpoint) from error
        return answer

    def read(self, body: Any, size: int, *, key: str) -> bytes:  # noqa: ANN401 -- boto3 has no types
        """Return at least one and at most ``size`` bytes of an answer's body that is not at its end.

        Raises:
            StoreUnavailableError: the connection broke.
        """
        asked = Asked("get_object", self.name, self.endpoint, key, None)
        try:
            chunk: bytes = body.read(size)
        except (BotoCoreError, HTTPError, OSError) as error:
            raise unavailable(asked, "the connection broke in the middle") from error
        if not chunk:
            raise unavailable(asked, "the answer ended in the middle")
        return chunk

    def _connected(self) -> Any:  # noqa: ANN401 -- boto3 has no types
        with self._connecting:
            if self._client is None:
                self._client = _connect(self._place, self._home)
            return self._client


def _connect(place: BucketPlace, home: Path) -> Any:  # noqa: ANN401 -- boto3 has no types
    authority = None if place.authority is None else home / place.authority
    if authority is not None:
        try:
            ssl.create_default_context(cafile=authority)
        except OSError as error:  # an unreadable certificate is one too
            raise SettingsError(
                f"store.authority names {authority}, which cannot be used: {error.strerror or error}.",
                do="Name a PEM file with the certificate of the authority.",
            ) from error
    try:
        client = boto3.Session(profile_name=place.profile).client(
            "s3",
            region_name=place.region,
            endpoint_url=place.endpoint,
            verify=None if authority is None else str(authority),
            config=Config(
                signature_version="s3v4",
                s3={"addressing_style": "path"},
                # Checksums are computed beforehand and sent as headers: trailers are refused by Ceph 16 over TLS.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
                retries={"total_max_attempts": 1, "mode": "standard"},  # retries belong to ``patience`` alone
                connect_timeout=CONNECT_SECONDS,
                read_timeout=READ_SECONDS,
                max_pool_connections=CONNECTIONS,
                tcp_keepalive=True,
            ),
        )
    except ValueError as error:
        raise StoreEndpointError(
            f"{place.endpoint!r} cannot be an endpoint.", do="Give store.endpoint as https://host or https://host:port."
        ) from error
    # With wildcards for the service these come before boto3's own, which take every answer that they cannot read for a
    # failure of the server.
    client.meta.events.register_first("before-parse.*.*", _refuse_cut)
    client.meta.events.register_first("before-parse.*.ListObjectVersions", _note_order)
    return client


def _refuse_cut(operation_model: Any, response_dict: Answer, **_: object) -> None:  # noqa: ANN401
    """Refuse an answer that is shorter than it says, or does not say how long it is; nothing below boto3 looks.

    A head that was cut is read as if it were whole; as a rule it has lost its length.
    """
    body, headers = response_dict["body"], response_dict["headers"]
    promised = headers.get("Content-Length", "")
    if not isinstance(body, bytes):
        if promised:
            return  # whoever reads it counts
        body.close()
    else:
        head = operation_model.http["method"] == "HEAD"
        told = promised or headers.get("Transfer-Encoding") or response_dict["status_code"] in WITHOUT_LENGTH
        if told and (head or not promised.isdecimal() or len(body) >= int(promised)):
            return
    raise ResponseStreamingError(error="the answer is shorter than it says, or does not say how long it is")


def _note_order(
    operation_model: Any,  # noqa: ANN401 -- boto3 has no types
    response_dict: Answer,
    customized_response_dict: Answer,
    **_: object,
) -> None:
    """Note in which order versions and delete markers come: boto3 sorts them into two lists and loses it.

    Raises:
        ResponseParserError: the answer is no listing, as a well-formed web page is none.
        ResponseStreamingError: it is shorter than it says.
    """
    _refuse_cut(operation_model, response_dict)
    if response_dict["status_code"] != 200:  # noqa: PLR2004 -- refusals are read elsewhere
        return
    try:
        root = ET.fromstring(response_dict["body"])  # noqa: S314 -- boto3 reads the same bytes the same way
    except ET.ParseError as error:
        raise ResponseParserError(str(error)) from error
    names = [element.tag.rpartition("}")[2] for element in (root, *root)]
    if names[0] not in (LISTING, "Error"):
        raise ResponseParserError(f"{names[0]} is no listing")
    customized_response_dict["Kinds"] = [name for name in names if name in LISTED]
