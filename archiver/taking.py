"""What is handed over, file by file: opened, taken into the WARC file, read, and what became of each."""

from __future__ import annotations

import io
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from archiver.containers import bounds
from archiver.containers.files import unreadable
from archiver.containers.members import RefusedMember, called
from archiver.containers.opening import opened
from archiver.containers.places import Places
from archiver.contract import Seen
from archiver.imports.format import Asked, Claim, Counted, Hashed, Said, Unpacked
from archiver.imports.known import format_of
from archiver.imports.native import COLLECTOR as NATIVE
from archiver.imports.refusals import ImportDamagedError, ImportRefusedError, ImportUnreadableError, Refused
from archiver.intake import Passed
from archiver.reconciling import MOST_REFUSALS, FileReport, Part, Reconciliation, RefusedPart
from schemas.capture import Observation
from schemas.digest import Digest
from schemas.errors import InputError
from schemas.record import Slice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import ExitStack
    from pathlib import Path

    from archiver.containers.members import Container, Member
    from archiver.containers.places import Place
    from archiver.imports.format import File, Format
    from archiver.intake import Intake, Kept
    from archiver.parsing.json_slices import Buffer
    from archiver.platforms.objects import Item
    from archiver.reconciling import Fate
    from archiver.spool import Plan
    from schemas.account import Account

GATHERED = 16 << 20
"""The largest file that readers are told of; those that say whose export it is have a few kilobytes."""


@dataclass(slots=True)
class _Tally:
    """What is known of one file so far."""

    found: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    parts: list[RefusedPart] = field(default_factory=list)
    claimed: int | None = None
    counted: Counter[str] = field(default_factory=Counter)
    said: list[str] = field(default_factory=list)

    def refuse(self, error: InputError, *, offset: int | None = None, length: int | None = None) -> None:
        self.refusals[error.code] += 1
        if len(self.parts) < MOST_REFUSALS:
            self.parts.append(RefusedPart.of(error, offset=offset, length=length))


class Taking:
    """One import under way: what was opened, and what became of each file."""

    def __init__(self, account: Account, plan: Plan, intake: Intake, tell: Callable[[str, int, int], None]) -> None:
        self.parts: list[Part] = []
        self.format: Format | None = None
        self.first_error: InputError | None = None
        self._account, self._plan, self._intake, self._tell = account, plan, intake, tell
        self._containers: list[Container] = []
        self._tallies: dict[Place, _Tally] = {}
        self._place_of: dict[str, Place] = {}
        self._titles: dict[Place, str] = {}
        self._claims: dict[Place, int] = {}
        self._hashed: list[tuple[Place, Hashed]] = []
        self._places = Places()
        self._missed: set[Place] = set()

    @property
    def collector(self) -> str:
        """What polls and records call whatever read it."""
        return self.format.collector if self.format else NATIVE

    def place_of(self, uri: str) -> Place:
        """Return in which file something was found whose bytes lie at ``uri``: there, or in what was unpacked of it."""
        return self._place_of[uri.partition("#")[0]]

    def open(self, stack: ExitStack, paths: Sequence[Path], folder: Path) -> None:
        """Open what was handed over, and tell which format it is; what cannot be opened is refused by name.

        Raises:
            ImportMismatchedError: it is the export of another platform.
        """
        names: set[str] = set()
        for number, path in enumerate(paths, start=1):
            scratch = folder / f"part-{number}"
            scratch.mkdir()
            try:
                container = stack.enter_context(opened(path, scratch))
                size, digest = (0, None) if path.is_dir() else _digest_of(path)
            except InputError as error:
                self._refuse(called(path), RefusedMember("", error))
                continue
            name = container.name
            while name in names:
                name = f"{number}-{name}"
            names.add(name)
            self._containers.append(_Named(container, name))
            self.parts.append(Part(name, container.kind, size, digest))
            for refused in container.refused:
                self._refuse(name, refused)
        for container in self._containers:
            for member in container.members:
                self._places.add(container.name, member.path)
        found = [member.path for container in self._containers for member in container.members]
        self.format = format_of(found, self._account.platform)

    def seen(self) -> Iterator[Seen]:
        """Take every file, those that are not read first, and yield what was found in the others."""
        waiting: list[tuple[Container, Member, File]] = []
        total, done = sum(len(container.members) for container in self._containers), 0
        for container in self._containers:
            for member in container.members:
                file = self._file_of(container, member)
                if file is not None:
                    waiting.append((container, member, file))
                    continue
                self._tell(member.path, done, total)
                self._take(container, member)
                done += 1
        about = self._gathered()
        for container, member, file in waiting:
            self._tell(member.path, done, total)
            yield from self._read(container, member, file, about)
            done += 1
        for place, hashed in self._hashed:
            self._compare(place, hashed)

    def report(self) -> Reconciliation:
        """Return what became of each file; nothing is known yet of what is new."""
        files = []
        for (part, path), tally in self._tallies.items():
            title = self._titles.get((part, path))
            fate: Fate = "kept" if title is None else "imported"
            if tally.refusals and not tally.found:
                fate = "refused"
            files.append(
                FileReport(
                    part=part,
                    path=path,
                    fate=fate,
                    title=title or "",
                    claimed=self._claims.get((part, path)),
                    found=tally.found,
                    refusals=tally.refusals,
                    parts=tuple(tally.parts),
                    counted=tally.counted,
                    said=tuple(tally.said),
                )
            )
        named = self.format.title if self.format else ""
        return Reconciliation(self._account.name, "", named, tuple(self.parts), tuple(files))

    def _file_of(self, container: Container, member: Member) -> File | None:
        if self.format is None:
            return None
        found = self.format.find_file(member.path)
        if found is None and container.kind == "file" and self.format.collector == NATIVE:
            return self.format.files[0]  # native JSON, whatever it is called
        return found

    def _take(self, container: Container, member: Member) -> None:
        tally = self._tally(container.name, member.path)
        if self.format is None:
            error = ImportRefusedError(
                f"Nothing of an account on {self._account.platform} is read from {member.path}.",
                do="Import what docs/IMPORTS.md names for that platform.",
            )
            self._note(tally, error)
            return
        try:
            if self._intake.take(container, member).packed:
                tally.said.append("It is a ZIP or a tar: what is in it was not read. Import it by itself.")
        except InputError as error:
            self._note(tally, error)

    def _gathered(self) -> dict[str, str]:
        about: dict[str, str] = {}
        for pattern, gather in self.format.gather if self.format else ():
            for container in self._containers:
                for member in container.members:
                    if pattern.search(member.path) and member.size <= GATHERED:
                        about |= self._peeked(container, member, gather)
        return about

    def _peeked(
        self, container: Container, member: Member, gather: Callable[[Buffer], Mapping[str, str]]
    ) -> Mapping[str, str]:
        content = io.BytesIO()
        try:
            container.copy(member, content)
        except InputError:
            return {}  # it is refused by name when it is its turn
        return gather(content.getvalue())

    def _read(self, container: Container, member: Member, file: File, about: Mapping[str, str]) -> Iterator[Seen]:
        place = (container.name, member.path)
        tally = self._tally(*place)
        self._titles[place] = file.title
        owner = self.format.owner(about) if self.format else None
        asked = Asked(member.path, self._account, owner, about)
        try:
            with self._intake.reading(container, member) as (kept, content):
                self._place_of[kept.uri] = place
                passed = Passed(content)
                for found in file.read(content, asked):
                    match found:
                        case Refused():
                            self._note(tally, found.error, offset=found.offset, length=found.length)
                        case Claim():
                            self._claim(place, found)
                        case Unpacked():
                            yield from self._unpacked(kept, found, place, tally)
                            passed.reached(found.offset)
                        case Hashed():
                            self._hashed.append((place, found))
                        case Counted():
                            tally.counted[found.what] += found.number
                        case Said():
                            tally.said.append(found.what)
                        case _:
                            tally.found[found.normalised.kind] += 1
                            yield self._seen(content, found, kept, place)
                            self._intake.pass_by()
                            passed.reached(found.offset)
        except InputError as error:
            self._note(tally, error)

    def _unpacked(self, kept: Kept, found: Unpacked, place: Place, tally: _Tally) -> Iterator[Seen]:
        inner = self._intake.unpacked(kept, place, found.name, found.media_type, found.content)
        for item in found.items:
            tally.found[item.normalised.kind] += 1
            yield self._seen(found.content, item, inner, place)
        if found.items:
            self._intake.pass_by()

    def _seen(self, content: Buffer, item: Item, kept: Kept, place: Place) -> Seen:
        source = Slice(exchange=kept.exchange, uri=kept.uri, offset=item.offset, length=item.length)
        native = content[item.offset : item.offset + item.length]
        view = item.normalised
        if view.attachments and self.format is not None:
            file_of = self.format.file_of
            attachments = tuple(self._intake.resolved(one, place, file_of(view, one)) for one in view.attachments)
            view = msgspec.structs.replace(view, attachments=attachments)
        return Seen(native, Observation(normalised=view, source=source, observed=self._plan.started))

    def _claim(self, place: Place, claim: Claim) -> None:
        """Note what the export says of a file, here or in another part of it."""
        if not claim.path:
            self._claims[place] = self._claims.get(place, 0) + claim.count
            return
        named = self._places.find(place, claim.path)
        self._claims[named or (place[0], claim.path)] = claim.count
        if named is None:
            self._miss(place, claim.path)

    def _miss(self, place: Place, path: str) -> None:
        """Refuse by name, once, what the file at ``place`` names and nobody handed over."""
        part = place[0]
        if (part, path) not in self._missed:
            self._missed.add((part, path))
            missing = ImportUnreadableError(
                f"The export names {path[:200]}, which is not in what was handed over.", do="Hand over all its parts."
            )
            self._note(self._tally(part, path), missing)

    def _compare(self, place: Place, hashed: Hashed) -> None:
        """Refuse by name a file that is not what the export says it is; it is kept all the same."""
        named = self._places.find(place, hashed.path)
        if named is None:
            self._miss(place, hashed.path)
            return
        kept = self._intake.find(named)
        if kept is None:
            return  # it was refused when it was its turn
        differs = hashed.sha256 is not None and hashed.sha256 != kept.sha256.hex
        if differs or (hashed.size is not None and hashed.size != kept.size):
            what = "digest" if differs else "size"
            error = ImportDamagedError(
                f"{hashed.path} is not the file that the export says it is: its {what} differs.",
                do="Obtain the export again, and find out what became of this file; it is kept as it is.",
            )
            self._note(self._tally(*named), error)

    def _tally(self, part: str, path: str) -> _Tally:
        return self._tallies.setdefault((part, path), _Tally())

    def _refuse(self, part: str, refused: RefusedMember) -> None:
        self._note(self._tally(part, refused.path), refused.error)

    def _note(self, tally: _Tally, error: InputError, *, offset: int | None = None, length: int | None = None) -> None:
        self.first_error = self.first_error or error
        tally.refuse(error, offset=offset, length=length)


class _Named:
    """A container under another name than its own, where two have one."""

    def __init__(self, container: Container, name: str) -> None:
        self.name, self.kind = name, container.kind
        self.members, self.refused, self.copy = container.members, container.refused, container.copy


def _digest_of(path: Path) -> tuple[int, Digest]:
    """Return the size and the SHA-256 of a file, as it was handed over.

    Raises:
        ImportUnreadableError: it cannot be read.
    """
    try:
        with path.open("rb") as stream:
            digest = Digest.of_chunks(iter(lambda: stream.read(bounds.STEP), b""))
            return stream.tell(), digest
    except OSError as error:
        raise unreadable(called(path), error) from error
