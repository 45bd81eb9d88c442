"""The S3 servers that tests run against: ministack, Ceph 16 over TLS, Ceph 20. ``lane`` starts one, or skips the test.

What each of them can do, and where it differs from the others, is what the tests that use them are about.
"""

from __future__ import annotations

import functools
import json
import secrets
import shutil
import subprocess
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config

from tests.lanes import sessions
from tests.lanes.starting import INSTALLED, free_ports, run

if TYPE_CHECKING:
    from collections.abc import Mapping

LANES = ("ministack", "ceph16", "ceph20")
MINISTACK = INSTALLED / "ministack" / "bin" / "ministack"
CEPH20 = INSTALLED / "ceph20"
NOWHERE = "/nonexistent"
ALLOW_ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


@dataclass(frozen=True)
class Lane:
    """A running S3 server with two users: one who may do everything in the buckets, and one who may do nothing there.

    ``authority`` is the certificate to trust, as PEM, where ``endpoint`` is https. ``other_arn`` is what a bucket's
    policy calls the other user.
    """

    name: str
    endpoint: str
    access_key: str
    secret_key: str
    other_access_key: str
    other_secret_key: str
    other_arn: str
    authority: Path | None = None
    region: str = "us-east-1"

    def client(self, *, other: bool = False) -> Any:
        """Return a plain client of the first user, or of the other; the caller closes it."""
        key, secret = (self.other_access_key, self.other_secret_key) if other else (self.access_key, self.secret_key)
        return _client("s3", self.endpoint, key, secret, authority=self.authority, region=self.region)

    def bucket(self, *, lock: bool = True, versioned: bool = True) -> str:
        """Make an empty bucket of the first user and return its name. Object Lock implies versions."""
        assert versioned or not lock, "S3 has no Object Lock without versions"
        name = f"lane-{secrets.token_hex(8)}"
        with closing(self.client()) as client:
            client.create_bucket(Bucket=name, ObjectLockEnabledForBucket=lock)
            if versioned and not lock:
                client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        return name

    def environment(self) -> dict[str, str]:
        """Return the variables by which a process is the first user, and no setting of this machine's AWS tools."""
        return {
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_SESSION_TOKEN": "",
            "AWS_CONFIG_FILE": f"{NOWHERE}/config",
            "AWS_SHARED_CREDENTIALS_FILE": f"{NOWHERE}/credentials",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
            "NO_PROXY": "127.0.0.1",
        }


def lane(name: str) -> Lane:
    """Return the lane, its server running: started here, or by another worker of this session before.

    The calling test is skipped, with the reason, where the lane is not installed.
    """
    reason = missing(name)
    if reason:
        pytest.skip(f"the lane {name} is not installed: {reason}")
    start = functools.partial(_start_ministack if name == "ministack" else _start_ceph, name)
    facts = dict(sessions.shared(name, start))
    return Lane(**facts | {"authority": Path(facts["authority"]) if "authority" in facts else None})


@functools.cache
def missing(name: str) -> str | None:
    """Return why a lane cannot be started here, or ``None`` when it can."""
    if name == "ministack":
        return None if MINISTACK.exists() else "./run test --all installs it"
    if name == "ceph20":
        return None if CEPH20.exists() else "./run test --all fetches it, on Debian"
    absent = [
        program for program in ("radosgw", "ceph-mon", "ceph-osd", "ceph", "openssl") if not shutil.which(program)
    ]
    if absent:
        return f"no {', '.join(absent)}; ./run test --all installs them, on Debian 12"
    version = subprocess.run(["radosgw", "--version"], capture_output=True, text=True, check=True).stdout
    return None if version.startswith("ceph version 16.") else f"this machine's is {version.strip()}"


def _start_ceph(name: str, place: Path) -> Mapping[str, str]:
    port, monitor = free_ports(2)
    tls = name == "ceph16"
    keys = {
        field: secrets.token_hex(10) for field in ("access_key", "secret_key", "other_access_key", "other_secret_key")
    }
    variables = {field.upper(): key for field, key in keys.items()}
    variables |= {"TLS": "yes", "CEPH_ROOT": ""} if tls else {"TLS": "", "CEPH_ROOT": str(CEPH20)}
    run("ceph.sh", place, port, monitor, **variables)
    return keys | {
        "name": name,
        "endpoint": f"{'https' if tls else 'http'}://127.0.0.1:{port}",
        "other_arn": "arn:aws:iam:::user/other",
        **({"authority": str(place / "tls.pem")} if tls else {}),
    }


def _start_ministack(name: str, place: Path) -> Mapping[str, str]:
    (port,) = free_ports(1)
    run("ministack.sh", place, port, MINISTACK=str(MINISTACK))
    endpoint = f"http://127.0.0.1:{port}"
    with closing(_client("iam", endpoint, "test", "test")) as iam:
        iam.create_user(UserName="first")
        other_arn = iam.create_user(UserName="other")["User"]["Arn"]
        iam.put_user_policy(UserName="first", PolicyName="all", PolicyDocument=json.dumps(ALLOW_ALL))
        first, other = (iam.create_access_key(UserName=user)["AccessKey"] for user in ("first", "other"))
    return {
        "name": name,
        "endpoint": endpoint,
        "other_arn": other_arn,
        "access_key": first["AccessKeyId"],
        "secret_key": first["SecretAccessKey"],
        "other_access_key": other["AccessKeyId"],
        "other_secret_key": other["SecretAccessKey"],
    }


def _client(
    service: str, endpoint: str, key: str, secret: str, *, authority: Path | None = None, region: str = "us-east-1"
) -> Any:
    return boto3.session.Session(aws_access_key_id=key, aws_secret_access_key=secret, region_name=region).client(
        service,
        endpoint_url=endpoint,
        verify=str(authority) if authority else None,
        config=Config(
            signature_version="s3v4" if service == "s3" else None,
            s3={"addressing_style": "path"},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            retries={"mode": "standard", "total_max_attempts": 1},
            connect_timeout=5,
            read_timeout=60,
            proxies={},
        ),
    )
