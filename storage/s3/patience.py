"""The one owner of retries of the bucket store: how often, how long, and after which errors a call is made again."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, stop_after_delay

from schemas.errors import ArchiveError, IntegrityError, UnavailableError
from storage.objects import KeyTakenError, WriteOutcomeUnknownError
from storage.s3.refusals import KeyContestedError, UploadLostError

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Patience:
    """At most ``attempts``, none begun after ``seconds``; waits double up to ``longest`` seconds, with full jitter."""

    attempts: int = 5
    seconds: float = 120
    first: float = 0.5
    longest: float = 8
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random

    def repeat(self, call: Callable[[], T]) -> T:
        """Return what ``call`` returns, which may safely happen more than once.

        Raises:
            ArchiveError: its last error.
        """
        return self._retrying(UnavailableError)(call)

    def look_and_write(self, attempt: Callable[[], T]) -> T:
        """Return what ``attempt`` returns. It has to look first whether it is done, every time: then nothing is blind.

        Raises:
            WriteOutcomeUnknownError: some attempt may have written, and no later one could tell.
            ArchiveError: its last error.
        """
        doubt: WriteOutcomeUnknownError | None = None

        def once() -> T:
            nonlocal doubt
            try:
                return attempt()
            except WriteOutcomeUnknownError as error:
                doubt = error
                raise

        again = self._retrying(UnavailableError, WriteOutcomeUnknownError, KeyContestedError, UploadLostError)
        try:
            return again(once)
        except (KeyTakenError, IntegrityError):
            raise
        except ArchiveError as error:
            if doubt is None or doubt is error:
                raise
            # The last attempt surely wrote nothing, but an earlier one may have.
            raise doubt from error

    def _retrying(self, *errors: type[ArchiveError]) -> Retrying:
        return Retrying(
            retry=retry_if_exception_type(errors),
            stop=stop_after_attempt(self.attempts) | stop_after_delay(self.seconds),
            wait=self._wait,
            sleep=self.sleep,
            reraise=True,
        )

    def _wait(self, state: RetryCallState) -> float:
        return self.chance() * min(self.first * 2.0 ** (state.attempt_number - 1), self.longest)
