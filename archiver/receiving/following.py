"""Following the streams of accounts, for as long as somebody listens: each in a thread of its own."""

from __future__ import annotations

import threading
import traceback
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archiver.credentials.opening import opening_of
from archiver.held import held_of
from archiver.platforms.known import find_platform
from archiver.receiving.marks import Marks
from archiver.receiving.received import Notification, keep
from archiver.receiving.sealing import find_site
from archiver.receiving.streams import FrameTooLargeError, StreamReader
from schemas.errors import ArchiveError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from archiver.fetch.addresses import Resolver
    from archiver.platforms.notifying import Stream
    from archiver.platforms.reading import Site
    from archiver.receiving.due import Due
    from archiver.sealing import Chance
    from manifests.archive import Archive
    from schemas.account import Account

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 300.0
"""Seconds before a stream that broke is opened again, doubled each time until it tells something."""


class StreamDefectError(UnavailableError):
    """The reader of a stream has a defect that a message brought out."""

    code = "STREAM_DEFECT"


@dataclass(frozen=True, slots=True)
class Following:
    """One account's stream, followed until ``ended``; ``said`` is told when it breaks."""

    archive: Archive
    account: Account
    site: Site
    stream: Stream
    chance: Chance
    due: Due
    environment: Mapping[str, str]
    resolve: Resolver
    ended: threading.Event
    said: Callable[[ArchiveError], None]

    def run(self) -> None:
        """Follow the stream, and open it again whenever it ends, from where it broke off if that can be asked for."""
        pause, marks = FIRST_PAUSE, Marks.of(self.archive.home, self.account, self.stream.address(self.site, "") or "")
        while not self.ended.is_set():
            try:
                after = marks.last
                for body in self._messages(after):
                    self._hear(body, marks, after=after)
                    pause = FIRST_PAUSE if body else pause
                    if self.ended.is_set():
                        return
            except FrameTooLargeError as error:
                self.said(error)
                marks.move("", kept=True)  # it would come again
            except ArchiveError as error:
                self.said(error)
            except Exception as defect:  # noqa: BLE001 - reported; others are followed on, and this one from here on
                where = traceback.extract_tb(defect.__traceback__)[-1]
                self.said(
                    StreamDefectError(
                        f"What the stream of {self.account.name} told brought out a defect: "
                        f"{type(defect).__name__} in {where.name}.",
                        do="Report this; the account is read, and the stream followed from now on.",
                    )
                )
                marks.move("", kept=True)
            # What was missed meanwhile the next look finds; where the platform tells it again, so much the better.
            self.due.add(self.account.name)
            marks.write()
            self.ended.wait(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    def _messages(self, mark: str) -> Iterator[bytes]:
        address = self.stream.address(self.site, mark)
        return self._reader().messages(address) if address else iter(())

    def _hear(self, body: bytes, marks: Marks, *, after: str) -> None:
        if not body:
            # It is open: what happened until now it does not tell, and a look finds.
            self.due.add(self.account.name)
            return
        mark = self.stream.mark(body)
        if mark and mark == after:
            return  # some servers tell again of what is at the mark that they are asked from
        named = any(True for _ in self.stream.named(body, self.site))
        if named:
            told = Notification(self.chance.name(), self.archive.now(), "stream", body)
            keep(self.archive.home, self.account.name, told)
            self.due.add(self.account.name)
        if mark is not None:
            marks.move(mark, kept=named)

    def _reader(self) -> StreamReader:
        opening = opening_of(self.archive, self.account, environment=self.environment, resolve=self.resolve)
        platform = find_platform(self.account.platform)
        access = platform.reading.access(self.site) if platform and platform.reading else None
        return StreamReader(
            self.stream,
            self.resolve,
            self.archive.settings.capture.user_agent,
            private_network=self.account.private_network,
            credentials=opening.credentials(access) if access else None,
        )


@contextmanager
def following(
    archive: Archive,
    chance: Chance,
    due: Due,
    *,
    environment: Mapping[str, str],
    resolve: Resolver,
    said: Callable[[ArchiveError], None],
) -> Iterator[tuple[str, ...]]:
    """Follow the streams of all accounts that have one, until the block ends; gives the accounts' names.

    A thread that waits for a silent server does not keep the program from ending.
    """
    ended = threading.Event()
    names = []
    for account in archive.ledger.history.accounts.values():
        platform = find_platform(account.platform)
        if platform is None or platform.stream is None:
            continue
        held = held_of(archive, account.name).versions
        site = find_site(account, archive.settings, held, now=archive.now)
        if site is None or platform.stream.address(site, "") is None:
            continue
        one = Following(archive, account, site, platform.stream, chance, due, environment, resolve, ended, said)
        threading.Thread(target=one.run, daemon=True, name=f"stream of {account.name}").start()
        names.append(account.name)
    try:
        yield tuple(names)
    finally:
        ended.set()
