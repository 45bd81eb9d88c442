"""OpenSSL's own time stamp authority, and its verdict on stamps: a second one of each."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.tsa import POLICY, Authority, pem

if TYPE_CHECKING:
    from pathlib import Path

    from schemas.digest import Digest
    from schemas.instant import Instant

CONFIGURATION = """
[tsa]
serial = {folder}/serial
default_policy = {policy}
digests = sha256
accuracy = secs:2, millisecs:3, microsecs:4
clock_precision_digits = 6
tsa_name = yes
ess_cert_id_chain = {chain}
ess_cert_id_alg = {ess}
"""


def _openssl(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    program = shutil.which("openssl") or pytest.skip("there is no openssl program here")
    return subprocess.run([program, *arguments], cwd=folder, capture_output=True, text=True, check=False)


def reply(folder: Path, query: bytes, authority: Authority, *, ess: str = "sha256", chain: bool = True) -> bytes:
    """What ``openssl ts -reply`` answers to a request, by the system's clock."""
    (folder / "query.tsq").write_bytes(query)
    (folder / "serial").write_text("0a")
    (folder / "signer.pem").write_bytes(pem(authority.certificate))
    (folder / "chain.pem").write_bytes(pem(authority.between))
    (folder / "key.pem").write_bytes(authority.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    spelled = CONFIGURATION.format(folder=folder, policy=POLICY, chain="yes" if chain else "no", ess=ess)
    (folder / "tsa.conf").write_text(spelled)
    files = ["-queryfile", "query.tsq", "-signer", "signer.pem", "-inkey", "key.pem", "-chain", "chain.pem"]
    done = _openssl(
        folder, "ts", "-reply", "-config", "tsa.conf", "-section", "tsa", *files, "-sha256", "-out", "reply.tsr"
    )
    assert done.returncode == 0, done.stderr
    return (folder / "reply.tsr").read_bytes()


def accepts(folder: Path, response: bytes, digest: Digest, authority: Authority, *, at: Instant) -> bool:
    """Whether ``openssl ts -verify`` finds that a response stamps a digest, for who trusts the authority's root."""
    (folder / "judged.tsr").write_bytes(response)
    (folder / "root.pem").write_bytes(pem(authority.root))
    done = _openssl(
        *(folder, "ts", "-verify", "-digest", digest.hex, "-in", "judged.tsr", "-CAfile", "root.pem"),
        *("-attime", str(at.micros // 1_000_000)),
    )
    assert ("Verification: OK" in done.stdout) == (done.returncode == 0), done.stderr
    return done.returncode == 0


def text_of_query(folder: Path, query: bytes) -> str:
    (folder / "query.tsq").write_bytes(query)
    return _openssl(folder, "ts", "-query", "-in", "query.tsq", "-text").stdout
