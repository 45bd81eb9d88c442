"""A signed repository of AT Protocol (atproto.com/specs/repository, version 3): what its owner's key vouches for. Pure.

Proved in four steps: every block is the one that its CID names (``read_car``); the root is a commit of the account; its
signature fits the account's key; the tree below it is in order, so that a path leads to one record and no other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from archiver.parsing.cars import CarBlockMissingError
from archiver.parsing.ipld import CID_HEAD, CID_SIZE, IpldMalformedError, cid_of, encode, of_json, read_multibase
from archiver.parsing.shapes import find_text, member
from manifests.signing import SignatureRefusedError
from schemas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archiver.parsing.cars import Car
    from manifests.elliptic import EllipticKey

VERSION = 3
PATH = re.compile(rb"[a-zA-Z0-9.-]{1,317}/[a-zA-Z0-9._:~-]{1,512}")


class RepositoryMalformedError(InputError):
    """The root of a CAR is no commit, or a node of its tree is none."""

    code = "REPOSITORY_MALFORMED"


class RepositoryForeignError(InputError):
    """A repository is another account's than the one that was asked for."""

    code = "REPOSITORY_FOREIGN"


class RepositoryUnsignedError(InputError):
    """The signature of a repository's commit does not fit its account's key."""

    code = "REPOSITORY_UNSIGNED"


class RepositoryDisorderedError(InputError):
    """The tree of a repository is not in order: a path may lead to two records, or be hidden."""

    code = "REPOSITORY_DISORDERED"


@dataclass(frozen=True, slots=True)
class Repository:
    """What an account signed: the CID of each record by its path, ``collection/key``, as of the revision ``rev``."""

    did: str
    rev: str
    records: dict[str, bytes]

    def find(self, record: Any) -> bytes | None:  # noqa: ANN401 - any JSON
        """Return the CID that was signed for a record, as its server lists it (``uri``, ``cid``, ``value``).

        ``None`` where another one was signed or none, or where its ``value`` is not what the CID names.
        """
        signed = self.records.get((find_text(record, "uri") or "").removeprefix(f"at://{self.did}/"))
        try:
            told = encode(of_json(member(record, "value")))
            named = read_multibase(find_text(record, "cid") or "")
        except (IpldMalformedError, RecursionError):
            return None
        return signed if signed is not None and signed == cid_of(told) == named else None


def read_repository(car: Car, *, did: str, key: EllipticKey, partial: bool = False) -> Repository:
    """Return the records that are proved to be in the repository that the account ``did`` signed with ``key``.

    A ``partial`` file has what changed since a revision: where it lacks a part of the tree, nothing is proved of that.

    Raises:
        RepositoryMalformedError, RepositoryForeignError, RepositoryUnsignedError, RepositoryDisorderedError: refused.
        CarBlockMissingError: a block is not there.
        IpldMalformedError: a block cannot be read.
    """
    commit = _commit(car)
    if commit.get("did") != did:
        raise RepositoryForeignError(
            f"The repository is not that of {did}.", do="Nothing is proved by it: do not rely on what its server says."
        )
    _check_signature(commit, key)
    return _repository(car, commit, partial=partial)


def read_unproved(car: Car) -> Repository:
    """Return the records that a file says are in a repository: its signature is not checked, a part of it will do.

    Raises:
        RepositoryMalformedError, RepositoryDisorderedError: refused.
        IpldMalformedError: a block cannot be read.
    """
    return _repository(car, _commit(car), partial=True)


def _commit(car: Car) -> dict[str, Any]:
    commit = car.value(car.root)
    if not isinstance(commit, dict) or commit.get("version") != VERSION or not isinstance(commit.get("rev"), str):
        raise _malformed("its root is no commit of version 3")
    return commit


def _repository(car: Car, commit: dict[str, Any], *, partial: bool) -> Repository:
    walk = _Walk(car, partial=partial)
    records = {path.decode(): cid for path, cid in walk.records(_link(commit.get("data")))}
    return Repository(str(commit.get("did")), commit["rev"], records)


def _check_signature(commit: dict[str, Any], key: EllipticKey) -> None:
    signature = commit.get("sig")
    try:
        key.verify(
            encode({name: value for name, value in commit.items() if name != "sig"}),
            signature if isinstance(signature, bytes) else b"",
        )
    except SignatureRefusedError as error:
        raise RepositoryUnsignedError(
            "The signature of the repository does not fit the key that the account's document names.",
            do="Nothing is proved by it. If the account's key was just changed, the next capture finds both in step.",
        ) from error


class _Walk:
    """One walk through a tree in the order of its paths; it remembers the last one that it met."""

    def __init__(self, car: Car, *, partial: bool) -> None:
        self._car, self._partial = car, partial
        self._last = b""

    def records(self, root: bytes) -> Iterator[tuple[bytes, bytes]]:
        node = self._node(root)
        if node is not None and not (node.get("l") is None and node.get("e") == []):  # an empty tree is an empty node
            yield from self._below(node, None)

    def _below(self, node: dict[str, Any], layer: int | None) -> Iterator[tuple[bytes, bytes]]:
        """Yield what is below a node that must be at ``layer``; of the root, ``None``, the entries say at which."""
        entries = node.get("e")
        if not isinstance(entries, list) or (not entries and node.get("l") is None):
            raise _malformed("a node of its tree is empty, or none")
        if layer is None and not entries:
            raise _disordered("its root has no entry")
        before = b""
        paths: list[bytes] = []
        for entry in entries:
            before = _path(entry, before)
            paths.append(before)
            layer = _layer(before) if layer is None else layer
            if _layer(before) != layer:
                raise _disordered("an entry lies at another layer than its digest has")
        yield from self._subtree(node.get("l"), layer)
        for path, entry in zip(paths, entries, strict=True):
            if path <= self._last:
                raise _disordered("a path does not come after the one before")
            self._last = path
            yield path, _link(entry.get("v"))
            yield from self._subtree(entry.get("t"), layer)

    def _subtree(self, link: Any, layer: int | None) -> Iterator[tuple[bytes, bytes]]:  # noqa: ANN401 - any value
        if link is None:
            return
        if not layer:
            raise _disordered("there is a node below the lowest layer")
        node = self._node(_link(link))
        if node is not None:
            yield from self._below(node, layer - 1)

    def _node(self, cid: bytes) -> dict[str, Any] | None:
        try:
            node = self._car.value(cid)
        except CarBlockMissingError:
            if self._partial:
                return None
            raise
        if not isinstance(node, dict):
            raise _malformed("a node of its tree is none")
        return node


def _path(entry: Any, before: bytes) -> bytes:  # noqa: ANN401 - any value
    """Return the path of an entry: ``p`` bytes are as in the path ``before``, as many as there can be."""
    shared, rest = (entry.get("p"), entry.get("k")) if isinstance(entry, dict) else (None, None)
    if not isinstance(shared, int) or not isinstance(rest, bytes) or not 0 <= shared <= len(before):
        raise _malformed("an entry of its tree is none")
    path = before[:shared] + rest
    if not PATH.fullmatch(path):
        raise _malformed("a path of its tree is none")
    if shared < len(before) and before[shared] == (path[shared] if shared < len(path) else None):
        raise _disordered("an entry shares more with the one before than it says")
    return path


def _layer(path: bytes) -> int:
    """Return the layer of a path: how many pairs of zero bits its digest begins with."""
    digest = int.from_bytes(sha256(path).digest(), "big")
    return (256 - digest.bit_length()) // 2


def _link(value: Any) -> bytes:  # noqa: ANN401 - any value
    if not isinstance(value, bytes) or len(value) != CID_SIZE or not value.startswith(CID_HEAD):
        raise _malformed("a link in it is none")
    return value


def _malformed(what: str) -> RepositoryMalformedError:
    return RepositoryMalformedError(
        f"The repository cannot be read: {what}.", do="Nothing is proved by it; it is kept as it came."
    )


def _disordered(what: str) -> RepositoryDisorderedError:
    return RepositoryDisorderedError(
        f"The repository's tree is not in order: {what}.",
        do="Nothing is proved by it: do not rely on what its server says, and report it.",
    )
