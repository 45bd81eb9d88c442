"""Which object stands after any sequence of plans: the fold held to a slow model, on one machine and on another."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from manifests.audit import audit
from manifests.dispositions.rules import PlanRefusedError
from manifests.ledger import Ledger
from schemas.digest import Digest
from schemas.disposition import Replaced
from schemas.ledger import DeletionBegun, ObjectsCondemned, ObjectsDestroyed
from schemas.partition import Partition
from schemas.stored import StoredObject
from storage import layout
from storage.memory import MemoryStore
from tests.manifests.archives import Writer, captured
from tests.manifests.destroyed import Undertaker, ids_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from manifests.history import History

STEPS = ("seal", "plan", "condemn", "condemn", "condemn", "stray", "begin", "destroy", "destroy", "stop", "certify")
chosen = st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 99), st.integers(0, 99)), max_size=25)


@dataclass
class Model:
    """What stands and what is to go, kept in the plainest way: everything that happened is done to sets."""

    stands: dict[str, str | None] = field(default_factory=dict)
    leaves: dict[str, str | None] = field(default_factory=dict)
    done: dict[str, list[Replaced]] = field(default_factory=dict)
    doomed: dict[str, list[str]] = field(default_factory=dict)
    begun: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    state: dict[str, str] = field(default_factory=dict)
    complete: set[str] = field(default_factory=set)

    @property
    def out(self) -> set[str]:
        return self.gone.union(*self.doomed.values())

    @property
    def standing(self) -> set[str]:
        return {key for key in (*self.stands.values(), *self.leaves.values()) if key}

    def condemn(self, plan: str, one: Replaced) -> None:
        self.done[plan].append(one)
        self.doomed[plan].append(one.was)
        if one.key in self.stands:
            self.stands[one.key] = one.now.key if one.now else None
            self.leaves[one.key] = one.leaves.key if one.leaves else self.leaves.get(one.key)

    def stop(self, plan: str) -> None:
        self.state[plan] = "stopped"
        for one in self.done[plan]:
            if one.was in self.begun:
                continue
            self.doomed[plan].remove(one.was)
            if one.key in self.stands:
                self.stands[one.key] = one.was
            if one.leaves:
                self.leaves[one.key] = None
            self.doomed[plan] += [stored.key for stored in (one.now, one.leaves) if stored]

    def destroy(self, plan: str, keys: list[str]) -> None:
        for key in keys:
            self.doomed[plan].remove(key)
            self.gone.add(key)


class Story:
    """An archive in which things happen as they are drawn; objects are named and never stored."""

    def __init__(self, folder: Path) -> None:
        self.one = Undertaker(folder, Writer(store=MemoryStore()))
        self.path = folder / "ledger.db"
        self.one.ledger = Ledger(self.one.store, registers=self.path)
        self.one.ledger.refresh()
        self.model = Model()
        self.strays = 0

    def step(self, what: str, first: int, second: int) -> None:
        plans = [name for name, state in self.model.state.items() if state == "running"]
        match what:
            case "seal":
                self.seal()
            case "plan" if len(plans) < 3:
                name = f"p{len(self.model.state)}"
                self.one.plan(name, {"partitions/blog/any": (Digest.of(name.encode()),)})
                self.one.begin(name)
                self.model.state[name] = "running"
                self.model.done[name], self.model.doomed[name] = [], []
            case "condemn" if plans and self.model.stands:
                keys = sorted(self.model.stands)
                self.condemn(plans[first % len(plans)], keys[second % len(keys)], left=bool(first % 3))
            case "stray" if any(plan not in self.model.complete for plan in plans):
                self.strays += 1
                key = layout.exchanges(account="blog", capture=f"stray{self.strays}")
                open_ones = [plan for plan in plans if plan not in self.model.complete]
                plan = open_ones[first % len(open_ones)]
                self.one.append(ObjectsCondemned(plan=plan, account="blog", strays=(key,)))
                self.model.condemn(plan, Replaced(key=key, was=key))
            case "begin" | "destroy":
                doomed = [name for name in self.model.state if self.model.doomed[name]]
                if doomed:
                    plan = doomed[first % len(doomed)]
                    keys = sorted(self.model.doomed[plan])[: 1 + second % 3]
                    if self.model.state[plan] == "running" and plan not in self.model.complete:
                        with pytest.raises(PlanRefusedError):
                            self.one.append(DeletionBegun(plan=plan, keys=tuple(keys)))
                        self.one.append(ObjectsCondemned(plan=plan, complete=True))
                        self.model.complete.add(plan)
                    if not self.model.begun.issuperset(keys):
                        with pytest.raises(PlanRefusedError):
                            self.one.append(ObjectsDestroyed(plan=plan, keys=tuple(keys), places=("store",)))
                    self.one.delete(plan, keys)
                    self.model.begun.update(keys)
                    if what == "destroy":
                        self.one.append(ObjectsDestroyed(plan=plan, keys=tuple(keys), places=("store",)))
                        self.model.destroy(plan, keys)
            case "stop" if plans:
                self.one.stop(plans[first % len(plans)])
                self.model.stop(plans[first % len(plans)])
            case "certify" if plans:
                self.certify(plans[first % len(plans)])

    def seal(self) -> None:
        name = f"c{len(self.model.stands)}"
        stored = [
            StoredObject(key=key, sha256=Digest.of(key.encode()), size=0)
            for key in (
                layout.partition(account="blog", series="any", period="2026-03", name=name),
                layout.exchanges(account="blog", capture=name),
            )
        ]
        part = Partition(account="blog", series="any", period="2026-03", rows=1, root=Digest.of(b"r"), stored=stored[0])
        before = self.one.ledger.history.last_capture.get("blog")
        act = captured(name, base=before[0] if before else None)
        self.one.append(msgspec.structs.replace(act, partitions=(part,), exchanges=(stored[1],)))
        self.model.stands |= {one.key: one.key for one in stored}

    def condemn(self, plan: str, key: str, *, left: bool) -> None:
        model, was = self.model, self.model.stands[key]
        pending = any(one.was not in model.gone for name in model.done for one in self.in_force(name) if one.key == key)

        def stored(at: str) -> StoredObject:
            return StoredObject(key=at, sha256=Digest.of(at.encode()), size=0)

        is_partition = key.startswith(layout.PARTITIONS)
        one = Replaced(
            key=key,
            was=was or key,
            now=stored(layout.surviving(key, plan)) if left else None,
            leaves=stored(layout.leaves(key, plan)) if is_partition and not model.leaves.get(key) else None,
            rows=int(left and is_partition),
        )
        act = ObjectsCondemned(plan=plan, account="blog", replaced=(one,))
        if was is None or pending or plan in model.complete:
            with pytest.raises(PlanRefusedError):
                self.one.append(act)
            return
        self.one.append(act)
        model.condemn(plan, one)

    def in_force(self, plan: str) -> Iterator[Replaced]:
        return (one for one in self.model.done[plan] if one.was in self.model.out)

    def certify(self, plan: str) -> None:
        if self.model.doomed[plan] or plan not in self.model.complete:
            with pytest.raises(PlanRefusedError):
                self.one.certify(plan)
            return
        self.one.certify(plan)
        self.model.state[plan] = "certified"

    def check(self, history: History) -> None:
        """Hold a history to the model."""
        model, found = self.model, history.replacements
        for key, stands in model.stands.items():
            replaced = found.find(key)
            assert (key if replaced is None else replaced.now.key if replaced.now else None) == stands
            leaves = replaced.leaves.key if replaced and replaced.leaves else None
            assert leaves == model.leaves.get(key)
        for plan, doomed in model.doomed.items():
            assert sorted(found.doomed(plan)) == sorted(doomed)
        named = {one.stored.key for one in history.objects()}
        assert {key for key in named if not key.startswith(layout.PRODUCTIONS)} == model.standing
        assert all(found.is_out(key) for key in model.out)
        assert not any(found.is_out(key) for key in model.standing)
        assert {key for key in model.out if found.gone(key) is not None} == model.gone
        assert {key for key in model.out if found.deleting(key) is not None} == model.begun
        places = {place.partition.stored.key: place.stored for place in history.places("blog")}
        assert {key: stored.key if stored else None for key, stored in places.items()} == {
            key: stands for key, stands in model.stands.items() if key.startswith(layout.PARTITIONS)
        }


@settings(max_examples=60)
@given(chosen)
def test_what_stands_is_what_a_slow_model_says_at_every_step_and_on_every_machine(steps):
    with TemporaryDirectory() as folder:
        story = Story(Path(folder))
        story.seal()
        for step in steps:
            story.step(*step)
            story.check(story.one.ledger.history)
        again, anew = Ledger(story.one.store, registers=story.path), Ledger(story.one.store)
        for ledger in (again, anew):
            ledger.refresh()
            story.check(ledger.history)
        assert again.history.standing() == anew.history.standing() == story.one.ledger.history.standing()


moves = st.lists(
    st.tuples(
        st.integers(0, 1), st.sets(st.integers(0, 3), max_size=3), st.sampled_from(["end", "stop", "begun", "half"])
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=12)
@given(moves)
def test_an_archive_stays_sound_whatever_was_planned_stopped_and_destroyed(moves):
    with TemporaryDirectory() as folder:
        one = Undertaker(Path(folder), Writer(store=MemoryStore()))
        one.seal("a", records=4)
        one.seal("b", records=4)
        acts = [act for _, act in one.ledger.history.sealed("blog")]
        for number, (which, rows, end) in enumerate(moves):
            name, act = f"p{number}", acts[which]
            ids = ids_of(one.rows(act))
            gone = [(act, tuple(ids[row] for row in rows if row < len(ids)) or ids[:1])]
            if not ids:
                continue
            one.begun(name, gone)
            one.condemn(name, gone)
            doomed = list(one.replacements.doomed(name))
            if end == "half":
                one.destroy(name, keys=doomed[:1])
            if end == "begun":
                one.complete(name)
                one.delete(name, doomed[:1])
                one.store.destroy(doomed[0])
            if end in ("half", "begun", "stop"):
                one.stop(name)
                if any(one.replacements.doomed(name)):
                    one.destroy(name)
            else:
                one.destroy(name)
                one.certify(name)
            report = audit(one.store, now=one.writer.clock.at)
            assert report.sound, report.findings
            assert report.read == report.objects
