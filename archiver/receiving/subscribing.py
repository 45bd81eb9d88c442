"""Asking hubs to call (WebSub, W3C 2018, section 5), and asking them again before what they granted ends."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from archiver.platforms.notifying import word_for
from archiver.receiving.hooks import PATH
from schemas.errors import ArchiveError, UnavailableError

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Mapping

    from archiver.fetch.forms import Forms
    from archiver.platforms.notifying import Query
    from archiver.receiving.due import Due
    from archiver.receiving.hooks import Hook

LEASE, SHORTEST_LEASE, LONGEST_LEASE = 10 * 86_400, 120, 30 * 86_400
"""Seconds: for how long hubs are asked to call, and between what it is believed that they do."""
FIRST_PAUSE, LONGEST_PAUSE = 60.0, 3600.0
"""Seconds before a hub is asked again that has not come to see whether it was us, doubled each time."""


class NotSubscribedError(UnavailableError):
    """A hub does not call, or cannot be asked to."""

    code = "NOT_SUBSCRIBED"


@dataclass
class Subscribing:
    """Keeps the accounts of ``hooks`` subscribed until ``ended``; hubs call below ``address``, an origin.

    A lease is renewed when half of it has passed. What stood in the way is ``said``.
    """

    hooks: Mapping[str, Hook]
    address: str
    forms: Mapping[str, Forms]
    due: Due
    ended: threading.Event
    said: Callable[[ArchiveError], None]
    clock: Callable[[], float] = time.monotonic
    _next: dict[str, float] = field(default_factory=dict)
    _pause: dict[str, float] = field(default_factory=dict)

    def run(self) -> None:
        """Ask, and ask again, until it ends."""
        while not self.ended.is_set():
            self.ask()
            self.ended.wait(min(FIRST_PAUSE, max(0.0, min(self._next.values(), default=0.0) - self.clock())))

    def ask(self) -> None:
        """Ask the hubs whose turn it is."""
        for name, hook in self.hooks.items():
            if self._next.get(name, 0.0) > self.clock():
                continue
            try:
                self._ask(hook)
            except ArchiveError as error:
                self.said(error)

    def granted(self, account: str, query: Query) -> None:
        """Note that a hub has seen that it was us: until when it calls. What happened before, it does not tell."""
        seconds = query.get("hub.lease_seconds", "")
        lease = int(seconds) if seconds.isascii() and seconds.isdigit() and len(seconds) < len(str(1 << 62)) else LEASE
        self._next[account] = self.clock() + min(max(lease, SHORTEST_LEASE), LONGEST_LEASE) / 2
        self._pause.pop(account, None)
        self.due.add(account)

    def _ask(self, hook: Hook) -> None:
        subscription, before = hook.webhook.subscription, self._pause.get(hook.account)
        pause = FIRST_PAUSE if before is None else min(2 * before, LONGEST_PAUSE)
        # Before it is asked: some hubs come to see whether it was us before they answer.
        self._next[hook.account], self._pause[hook.account] = self.clock() + pause, pause
        if subscription is None or not hook.topic:
            raise NotSubscribedError(
                f"What {hook.account} is called by its platform is not known yet.",
                do=f"Capture it once, and start again: holdfast capture {hook.account}",
            )
        host = urlsplit(subscription.hub).hostname
        if before is not None:
            self.said(
                NotSubscribedError(
                    f"{host} was asked to tell of {hook.account}, and did not come to see whether it was us.",
                    do=f"Let {self.address}{PATH} lead here from the internet ([listen] address in holdfast.toml).",
                )
            )
        form = {
            "hub.mode": "subscribe",
            "hub.topic": hook.topic,
            "hub.callback": f"{self.address}{PATH}{hook.account}?word={word_for(hook.key)}",
            "hub.secret": hook.key,
            "hub.lease_seconds": str(LEASE),
            "hub.verify": "async",
        }
        status, _ = self.forms[hook.account].send(subscription.hub, urlencode(form))
        if not 200 <= status < 300:  # noqa: PLR2004 - RFC 9110 section 15.3
            raise NotSubscribedError(
                f"{host} was asked to tell of {hook.account}, and answered with status {status}.",
                do="Nothing: it is asked again.",
            )
