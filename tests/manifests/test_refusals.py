"""Who tried to change how long something is kept and was refused stands in the ledger; what was typed does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from manifests.acts import ActRefusedError
from manifests.refusals import recorded_if_refused
from schemas.canonical import NotCanonicalError
from schemas.errors import ConflictError, InputError, IntegrityError, OutcomeUnknownError, PolicyError, UnavailableError
from schemas.holds import Scope
from schemas.ledger import AttemptRefused, HoldPlaced
from storage.objects import read
from tests.manifests.archives import archive_in, registered

if TYPE_CHECKING:
    from pathlib import Path

    from manifests.archive import Archive

HOLD = HoldPlaced(hold="case", reason="Doe v. District", scope=Scope(accounts=("blog",)))


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """An archive with an account and a hold on it."""
    made = archive_in(tmp_path / "home")
    for act in (registered(), HOLD):
        made.append(lambda _history, act=act: (act,))
    return made


@pytest.mark.parametrize("family", [InputError, PolicyError, ConflictError, IntegrityError])
def test_a_refusal_is_recorded_with_who_tried_what_and_why(archive: Archive, family: type[InputError]):
    with pytest.raises(family), recorded_if_refused(archive, "release-hold", about="case"):
        raise family("Jane Doe may not.", do="Ask.")
    entry = archive.ledger.entry(archive.ledger.head.size - 1)
    assert (entry.actor, entry.acts) == (
        archive.actor,
        (AttemptRefused(attempted="release-hold", code=family.code, about="case"),),
    )


@pytest.mark.parametrize("family", [UnavailableError, OutcomeUnknownError])
def test_a_failure_is_no_refusal(archive: Archive, family: type[UnavailableError]):
    size = archive.ledger.head.size
    with pytest.raises(family), recorded_if_refused(archive, "stop", about="case"):
        raise family("The store is away.", do="Try again.")
    assert archive.ledger.head.size == size


def test_nothing_of_what_was_typed_gets_into_the_ledger(archive: Archive):
    secret = "hunter2-of-jane-doe"
    with pytest.raises(InputError), recorded_if_refused(archive, "stop", about=secret):
        raise InputError(f"There is no plan {secret}.", do="See the plans.")
    (act,) = archive.ledger.entry(archive.ledger.head.size - 1).acts
    assert act == AttemptRefused(attempted="stop", code="INPUT")
    assert not any(secret.encode() in read(archive.store, key) for key in archive.store.keys(""))


@pytest.mark.parametrize(
    "act",
    [
        AttemptRefused(attempted="stop", code="lower"),
        AttemptRefused(attempted="stop", code=""),
        AttemptRefused(attempted="stop", code="A" * 65),
        AttemptRefused(attempted="stop", code="CODE", about="no such plan or hold"),
        AttemptRefused(attempted="stop", code="CODE", about=""),
    ],
)
def test_a_refusal_of_nothing_that_there_is_is_not_written(archive: Archive, act: AttemptRefused):
    with pytest.raises(ActRefusedError):
        archive.append(lambda _history: (act,))


def test_what_may_be_tried_is_a_closed_list():
    spelled = AttemptRefused(attempted="stop", code="CODE").to_bytes()
    assert AttemptRefused.from_bytes(spelled).attempted == "stop"
    with pytest.raises(NotCanonicalError):
        AttemptRefused.from_bytes(spelled.replace(b"stop", b"bribe"))
