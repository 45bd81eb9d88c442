"""The accounts of which something was told and that are to be read: noted by any thread, taken by one."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field


@dataclass
class Due:
    """The accounts of which something was told and not read yet."""

    _names: dict[str, None] = field(default_factory=dict)
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _ended: bool = False

    def add(self, account: str) -> None:
        """Note that something was told of an account."""
        with self._changed:
            self._names[account] = None
            self._changed.notify_all()

    def end(self) -> None:
        """Let whoever waits go."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def take(self, *, wait: float) -> tuple[str, ...]:
        """Return the accounts, when there are any and ``wait`` seconds have passed since; none when it has ended."""
        with self._changed:
            self._changed.wait_for(lambda: self._names or self._ended)
            self._changed.wait_for(lambda: self._ended, timeout=wait)
            names = tuple(self._names)
            self._names.clear()
            return names
