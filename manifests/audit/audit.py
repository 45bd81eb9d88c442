"""One audit from the ledger's first entry to the report: all of an archive, what is new in it, or a sample of it."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

from manifests.audit import sampling, settling
from manifests.audit.steps import Examination, take_steps
from manifests.audit.walking import walk_ledger
from manifests.signing import Verifier
from schemas.findings import Report

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from manifests.audit.finished import Finished
    from manifests.audit.sampling import Draw
    from manifests.audit.walking import Walk
    from manifests.audit.workers import Workers
    from schemas.findings import Kept, Mode, Resumed, Sample
    from schemas.instant import Instant
    from storage.objects import ObjectStore


def audit(
    store: ObjectStore,
    *,
    now: Instant,
    copy: bool = False,
    trusted: Verifier | None = None,
    since: Kept | None = None,
    draw: Draw | None = None,
    finished: Finished | None = None,
    workers: Workers | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> Report:
    """Return what is right and wrong with the archive in ``store`` at the instant ``now``.

    ``trusted`` is the checkpoint key that the archive's owner publishes; with it, an archive under another key is
    at fault. A ``copy`` was made from another store: version ids, dates and locks are its own.

    ``since`` is what an earlier audit left: if the ledger still continues it, only what came after is judged and read.
    ``draw`` reads a sample of the objects. Ledger, checkpoints, inventory, versions and locks are always checked whole.
    ``finished`` remembers which acts were found sound, for a run that is cut short. ``workers`` read in parallel.
    ``progress`` is told the step, how much is done and how much there is.

    Raises:
        UnavailableError: the store cannot be read at all.
        ResumeUnusableError: ``finished`` is of another archive.
    """
    tell = progress or (lambda _step, _done, _total: None)
    walk = walk_ledger(store, tell, kept=since)
    with walk.register:
        sample = _narrowed(walk, draw)
        created = walk.history.created
        origin = created.origin if created else ""
        if finished is not None:
            finished.begin(origin, now)
            acts = (act for act in walk.register.acts() if not act.work.replaced)
            numbers = (act.number for act in acts if finished.find(act) is not None)
            walk.register.leave_out(array("Q", numbers))
        kept_keys = tuple(Verifier.from_text(key) for key in since.keys) if since else ()
        examined = Examination(
            store=store,
            walk=walk,
            now=now,
            tell=tell,
            copy=copy,
            trusted=(trusted,) if trusted else kept_keys,
            kept=since,
            finished=finished,
            workers=workers,
        )
        steps, found = take_steps(examined)
        resumed = finished.resumed if finished else None
        counted = examined.objects.counted
        newest, watch = examined.checkpoints.newest, examined.watch
        return Report(
            mode=_mode(walk, sample),
            origin=origin,
            size=walk.head.size,
            root=walk.head.tree.root,
            keys=tuple(key.to_text() for key in walk.history.verifiers("checkpoint")),
            records=counted.records,
            objects=walk.register.count_objects(),
            read=counted.objects,
            octets=walk.octets + counted.octets,
            steps=steps,
            findings=tuple(found.findings),
            unread=tuple(_unread(walk, since, sample, resumed)),
            beyond=found.beyond,
            checkpoint=newest.to_bytes().decode() if newest else None,
            since=since,
            sample=sample,
            resumed=resumed,
            guarded=watch.guarded if watch else None,
        )


def _narrowed(walk: Walk, draw: Draw | None) -> Sample | None:
    """Leave out of what is read what an earlier audit read, and what is not in the sample."""
    register = walk.register
    sample = None
    if draw is None:
        register.want_since(walk.relied)
    else:
        register.want_only(sampling.drawn((one.stored.key for one in register.objects(since=walk.relied)), draw))
        sample = draw.stated(register.count_objects(since=walk.relied))
    register.destruction.want_lists()
    return sample


def _mode(walk: Walk, sample: Sample | None) -> Mode:
    return "sampled" if sample else "incremental" if walk.relied else "full"


def _unread(walk: Walk, since: Kept | None, sample: Sample | None, resumed: Resumed | None) -> Iterator[str]:
    """Yield in words what this audit did not check, and whose word stands for it."""
    if since is not None and walk.relied:
        yield (
            f"The first {since.size:,} entries are those that the audit of {since.at} judged; their signatures and the "
            "objects that they name were not checked again. That these objects are listed, and guarded, was."
        )
    if sample is not None:
        yield sampling.in_words(sample)
    if (unjudged := settling.in_words(walk.register)) is not None:
        yield unjudged
    if resumed is not None:
        yield (
            f"{resumed.objects:,} objects were found sound by a run of this audit that was cut short; they were not "
            f"read again. The first such run began at {resumed.since}."
        )
