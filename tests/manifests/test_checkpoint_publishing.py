"""Checkpoints that are published: once, beside nothing else, and without telling a secret."""

from __future__ import annotations

import pytest

from manifests.checkpoints.publishing import PublicationDiffersError
from manifests.notes import Checkpoint, SignedNote
from manifests.signing import SigningKey
from schemas.digest import Digest
from tests.manifests.checkpointing import Office
from tests.manifests.publishing import publishing


@pytest.fixture
def office(tmp_path):
    made = Office(tmp_path / "home")
    made.grow()
    return made


def test_another_checkpoint_in_the_place_of_ours_is_named_beside_it(office, tmp_path) -> None:
    (tmp_path / "site").mkdir()
    other = SignedNote.sign(Checkpoint("maple-grove-usd/0a", 2, Digest.of(b"x")).to_text(), SigningKey.generate("k"))
    (tmp_path / "site" / f"{2:020d}.note").write_bytes(other.to_bytes())
    office.checkpoint(publish=[str(tmp_path / "site"), "missing"])
    with pytest.raises(PublicationDiffersError) as caught:
        office.make()
    own = office.objects("checkpoints")[0].read_bytes()
    for note in (own, other.to_bytes()):
        assert str(Digest.of(note)) in caught.value.what
    assert (tmp_path / "site" / f"{2:020d}.note").read_bytes() == other.to_bytes()
    office.grow("later")
    (lack,) = office.make().lacking
    assert (lack.name, lack.error.code) == ("missing", "PUBLICATION_FAILED")


def test_an_address_takes_a_checkpoint_once_and_only_with_the_token(office, monkeypatch) -> None:
    monkeypatch.setenv("PUBLISH_TOKEN", "s3cr3t-t0ken")
    with publishing(token="s3cr3t-t0ken") as site:
        office.checkpoint(publish=[f"{site.url}/notes/"], token_variable="PUBLISH_TOKEN")
        made = office.make()
        assert made.published == (f"{site.url}/notes/",)
        path = f"/notes/{2:020d}.note"
        assert site.held == {path: office.objects("checkpoints")[0].read_bytes()}
        assert office.make().published == made.published
        assert [method for method, _ in site.heard] == ["GET", "PUT", "GET"]
        site.held[path] = b"something else\n"
        with pytest.raises(PublicationDiffersError):
            office.make()
        monkeypatch.setenv("PUBLISH_TOKEN", "wrong")
        (lack,) = office.make().lacking
        assert lack.error.code == "PUBLICATION_FAILED"
        assert "401" in lack.error.what
        assert "wrong" not in str(lack.error)
        monkeypatch.setenv("PUBLISH_TOKEN", "two\nlines")
        (lack,) = office.make().lacking
        assert lack.error.code == "PUBLISHING_TOKEN"
        assert "two" not in str(lack.error)


@pytest.mark.parametrize(
    ("place", "name", "code"),
    [
        ("https://user:secret@x.example/", "an address with a user's name", "SERVICE_ADDRESS"),
        ("https://x.example/?key=secret", "https://x.example/", "PUBLICATION_FAILED"),
        ("http://x example/?key=secret", "http://x example/", "SERVICE_ADDRESS"),
    ],
)
def test_an_address_that_cannot_be_is_lacking_and_no_secret_in_it_is_told(office, place, name, code) -> None:
    office.checkpoint(publish=[place])
    (lack,) = office.make().lacking
    assert (lack.name, lack.error.code) == (name, code)
    assert "secret" not in f"{lack.error.what} {lack.error.do} {lack.error.facts}"


def test_a_server_that_lets_everything_be_overwritten_is_looked_at_first(office) -> None:
    with publishing(conditional=False) as site:
        site.held[f"/{2:020d}.note"] = b"an older history\n"
        office.checkpoint(publish=[site.url])
        with pytest.raises(PublicationDiffersError):
            office.make()
        assert site.held == {f"/{2:020d}.note": b"an older history\n"}
