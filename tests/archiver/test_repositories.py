"""What an account signed is proved block by block, and whatever lies in a CAR file is refused by name."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import libipld
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.parsing.cars import CarBlockAlteredError, CarBlockMissingError, CarMalformedError, read_car
from archiver.parsing.identities import CODES, SigningKeyMissingError, find_server, signing_key
from archiver.parsing.ipld import IpldMalformedError, decode, of_json, read_multibase, spell_cid
from archiver.parsing.repositories import (
    RepositoryDisorderedError,
    RepositoryForeignError,
    RepositoryMalformedError,
    RepositoryUnsignedError,
    read_repository,
)
from manifests.elliptic import EllipticKey
from manifests.signing import SignatureRefusedError
from schemas.errors import InputError
from tests.archiver.repositories import Made, Owner, cid_of, layer, repository, signed, varint
from tests.corpora import corpus

if TYPE_CHECKING:
    from collections.abc import Callable

    from archiver.parsing.repositories import Repository

POST = "app.bsky.feed.post"
RECORDS: dict[str, Any] = {
    f"{POST}/3lmxjz{number:07}": {"$type": POST, "text": f"Route {number}", "createdAt": "2026-11-20T08:00:00Z"}
    for number in range(60)
}
PATH = next(iter(RECORDS))
OWNER = Owner()


def read(made: Made, owner: Owner = OWNER, **more: Any) -> Repository:
    return read_repository(read_car(made.car()), did=owner.did, key=signing_key(owner.document()), **more)


def listed(path: str, value: Any) -> dict[str, Any]:
    """A record as its server lists it."""
    cid = spell_cid(cid_of(libipld.encode_dag_cbor(value)))
    return {"uri": f"at://{OWNER.did}/{path}", "cid": cid, "value": value}


@pytest.mark.parametrize("curve", ["P-256", "secp256k1"])
def test_every_record_that_was_signed_is_proved(curve: str):
    owner = Owner(curve=curve)
    found = read(repository(owner, RECORDS), owner)
    assert found.records.keys() == RECORDS.keys()
    assert all(found.find(listed(path, value)) for path, value in RECORDS.items())


@given(st.dictionaries(st.from_regex(r"[a-z]{1,4}\.[a-z]{1,4}/[a-z0-9]{1,8}", fullmatch=True), st.text(), max_size=40))
def test_whatever_the_records_are_all_are_proved_and_no_others(records: dict[str, str]):
    found = read(repository(OWNER, records))
    assert found.records.keys() == records.keys()


def test_a_record_is_proved_only_as_it_was_signed():
    found = read(repository(OWNER, RECORDS))
    record = listed(PATH, RECORDS[PATH])
    other = {**RECORDS[PATH], "text": "Route 9"}
    assert found.find(record)
    assert found.find({**record, "value": other}) is None  # the CID that was signed, and another text
    assert found.find(listed(PATH, other)) is None
    assert found.find({**record, "uri": f"at://{OWNER.did}/{POST}/elsewhere"}) is None
    assert found.find({**record, "uri": record["uri"].replace(OWNER.did, "did:plc:other")}) is None
    assert found.find({**record, "value": {**RECORDS[PATH], "n": 1.5}}) is None
    assert found.find({}) is None


def test_links_and_bytes_in_json_are_those_of_the_record():
    cid = cid_of(b"\xa0")
    signed_as = {"image": {"$type": "blob", "ref": cid, "size": 3}, "raw": b"abc"}
    told = {"image": {"$type": "blob", "ref": {"$link": spell_cid(cid)}, "size": 3}, "raw": {"$bytes": "YWJj"}}
    found = read(repository(OWNER, {PATH: signed_as}))
    named = spell_cid(cid_of(libipld.encode_dag_cbor(signed_as)))
    assert found.find({"uri": f"at://{OWNER.did}/{PATH}", "cid": named, "value": told})


def reordered(made: Made, records: dict[str, Any]) -> Made:
    """The same, its root's entries in another order."""
    node = decode(made.blocks[decode(made.blocks[made.root])["data"]])
    whole, before = [], b""
    for entry in node["e"]:
        before = before[: entry["p"]] + entry["k"]
        whole.append({**entry, "p": 0, "k": before})
    return signed(made, OWNER, made.put({**node, "e": whole[::-1]}))


def twice(made: Made, records: dict[str, Any]) -> Made:
    node = decode(made.blocks[decode(made.blocks[made.root])["data"]])
    (entry,) = node["e"][:1]
    again = {**entry, "p": len(entry["k"]), "k": b"", "t": None}
    return signed(made, OWNER, made.put({**node, "e": [{**entry, "t": None}, again]}))


def at_another_layer(made: Made, records: dict[str, Any]) -> Made:
    """A flat tree: every path in the root, whatever its digest."""
    entries = [{"p": 0, "k": path.encode(), "v": made.put(records[path]), "t": None} for path in sorted(records)]
    return signed(made, OWNER, made.put({"l": None, "e": entries}))


def shared_less(made: Made, records: dict[str, Any]) -> Made:
    lowest = [path for path in sorted(records) if layer(path) == 0]
    entries = [{"p": 0, "k": path.encode(), "v": made.put(records[path]), "t": None} for path in lowest]
    return signed(made, OWNER, made.put({"l": None, "e": entries}))


def empty_below(made: Made, records: dict[str, Any]) -> Made:
    node = decode(made.blocks[decode(made.blocks[made.root])["data"]])
    return signed(made, OWNER, made.put({**node, "l": made.put({"l": None, "e": []})}))


def no_path(made: Made, records: dict[str, Any]) -> Made:
    entry = {"p": 0, "k": b"no path", "v": made.put({}), "t": None}
    return signed(made, OWNER, made.put({"l": None, "e": [entry]}))


def no_tree(made: Made, records: dict[str, Any]) -> Made:
    return signed(made, OWNER, made.put([1, 2]))


def root_is_a_record(made: Made, records: dict[str, Any]) -> Made:
    made.root = cid_of(libipld.encode_dag_cbor(records[PATH]))
    return made


def without_a_record_s_node(made: Made, records: dict[str, Any]) -> Made:
    root = decode(made.blocks[made.root])["data"]
    below = next(entry["t"] for entry in decode(made.blocks[root])["e"] if entry["t"])
    del made.blocks[below]
    return made


def without_its_root(made: Made, records: dict[str, Any]) -> Made:
    del made.blocks[made.root]
    return made


def altered(made: Made, records: dict[str, Any]) -> Made:
    cid = next(iter(made.blocks))
    made.blocks[cid] = made.blocks[cid].replace(b"Route", b"Rowte")
    return made


def signed_by_another(made: Made, records: dict[str, Any]) -> Made:
    return repository(Owner(), records)


def signed_in_the_other_spelling(made: Made, records: dict[str, Any]) -> Made:
    return repository(OWNER, records, low=False)


def signed_before_it_changed(made: Made, records: dict[str, Any]) -> Made:
    commit = decode(made.blocks[made.root])
    made.root = made.put({**commit, "rev": "3lmxjza3nva28"})
    return made


def unsigned(made: Made, records: dict[str, Any]) -> Made:
    commit = decode(made.blocks[made.root])
    made.root = made.put({name: value for name, value in commit.items() if name != "sig"})
    return made


def of_another(made: Made, records: dict[str, Any]) -> Made:
    return repository(OWNER, records, did="did:plc:other")


LIES: list[tuple[Callable[[Made, dict[str, Any]], Made], type[InputError]]] = [
    (reordered, RepositoryDisorderedError),
    (twice, RepositoryDisorderedError),
    (at_another_layer, RepositoryDisorderedError),
    (shared_less, RepositoryDisorderedError),
    (empty_below, RepositoryMalformedError),
    (no_path, RepositoryMalformedError),
    (no_tree, RepositoryMalformedError),
    (root_is_a_record, RepositoryMalformedError),
    (without_a_record_s_node, CarBlockMissingError),
    (without_its_root, CarBlockMissingError),
    (altered, CarBlockAlteredError),
    (signed_by_another, RepositoryUnsignedError),
    (signed_in_the_other_spelling, RepositoryUnsignedError),
    (signed_before_it_changed, RepositoryUnsignedError),
    (unsigned, RepositoryUnsignedError),
    (of_another, RepositoryForeignError),
]


@pytest.mark.parametrize(("lie", "error"), LIES, ids=lambda one: getattr(one, "__name__", None))
def test_a_repository_that_lies_is_refused_by_name(lie: Callable[..., Made], error: type[InputError]):
    with pytest.raises(error) as caught:
        read(lie(repository(OWNER, RECORDS), RECORDS))
    assert type(caught.value) is error


def test_of_what_changed_only_what_is_there_is_proved():
    made = without_a_record_s_node(repository(OWNER, RECORDS), RECORDS)
    found = read(made, partial=True)
    assert 0 < len(found.records) < len(RECORDS)
    assert all(found.find(listed(path, RECORDS[path])) for path in found.records)


OLDER = libipld.encode_dag_cbor({"version": 2, "roots": []})


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00",
        b"\xff" * 20,
        varint(5) + b"\xa0",
        varint(1) + b"\xa0",
        varint(2) + b"\xff\xff",
        varint(200_000) + b"\x81" * 200_000,
        varint(len(OLDER)) + OLDER,
        repository(OWNER, RECORDS).car()[:-1],
        repository(OWNER, RECORDS).car() + varint(40) + bytes(40),
    ],
    ids=range(10),
)  # fmt: skip
def test_what_is_no_car_is_refused(content: bytes):
    with pytest.raises(CarMalformedError):
        read_car(content)


@given(st.integers(0), st.integers(0, 255))
def test_a_car_with_another_byte_anywhere_proves_nothing_else(position: int, octet: int):
    content = bytearray(CAR)
    content[position % len(content)] = octet
    try:
        found = read_repository(read_car(bytes(content)), did=OWNER.did, key=signing_key(OWNER.document()))
    except InputError:
        return
    assert found.records == WHOLE.records


CAR = repository(OWNER, RECORDS).car()
WHOLE = read_repository(read_car(CAR), did=OWNER.did, key=signing_key(OWNER.document()))


@pytest.mark.parametrize("methods", [[], None, [{"id": "#atproto", "type": "Multikey", "publicKeyMultibase": "z6Mk"}],
                                     [{"id": "#other", "type": "Multikey"}], "x"])  # fmt: skip
def test_a_document_without_a_key_of_ours_has_none(methods: Any):
    with pytest.raises((SigningKeyMissingError, IpldMalformedError)):
        signing_key({"id": OWNER.did, "verificationMethod": methods})


def test_a_document_names_the_server():
    assert find_server(OWNER.document("https://pds.example/x")) == "https://pds.example"
    assert find_server({"id": "did:plc:x", "service": [{"id": "did:plc:other#atproto_pds"}]}) is None


def test_signatures_are_accepted_and_refused_as_the_protocol_s_vectors_say():
    folder = corpus("social", "bluesky", "bluesky-social+atproto", "crypto")
    vectors = json.loads((folder / "signature-fixtures.json").read_bytes())
    for vector in vectors:
        spelled = read_multibase(vector["publicKeyDid"].removeprefix("did:key:"))
        message, signature = (base64.b64decode(vector[name] + "==") for name in ("messageBase64", "signatureBase64"))
        for point in (spelled[2:], read_multibase(vector["publicKeyMultibase"])):
            key = EllipticKey(CODES[spelled[:2]], point)
            if vector["validSignature"]:
                key.verify(message, signature)
            else:
                with pytest.raises(SignatureRefusedError):
                    key.verify(message, signature)
    assert len(vectors) == 6


def test_what_accounts_really_signed_is_proved():
    """Commits of the live network with what changed in them; each names what it did."""
    folder = corpus("social", "bluesky", "bluesky-social+indigo", "cmd", "relay", "testing", "testdata")
    proved = 0
    for file in sorted(folder.glob("*.json")):
        told = json.loads(file.read_bytes())
        keys = {one["identity"]["did"]: one["identity"]["keys"]["atproto"] for one in told["accounts"]}
        for message in told["messages"]:
            commit = message["frame"]["body"]
            if "blocks" not in commit:
                continue
            method = {"id": "#atproto", "type": "Multikey", **keys[commit["repo"]]}
            key = signing_key({"id": commit["repo"], "verificationMethod": [method]})
            car = read_car(of_json(commit["blocks"]))
            found = read_repository(car, did=commit["repo"], key=key, partial=True)
            for done in commit["ops"]:
                cid = of_json(done["cid"]) if done["cid"] else None
                assert found.records.get(done["path"]) == cid
                proved += 1
            with pytest.raises(CarBlockMissingError):
                read_repository(car, did=commit["repo"], key=key)
    assert proved == 9
