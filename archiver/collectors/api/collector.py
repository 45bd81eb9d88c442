"""Reading an account through its platform's API, as the platform's file declares it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from archiver.collectors.api.answers import answer_of
from archiver.collectors.api.budget import left_today, spend
from archiver.collectors.api.depth import depth_of
from archiver.collectors.api.reached import reached_in, spell_reached
from archiver.collectors.api.waiting import MOST, Waiting, is_lost, spell_lost, spell_waiting, waiting_in
from archiver.collectors.api.walk import Bounds, Walk
from archiver.contract import Collected, LookingUp
from archiver.observe import PRESENT
from archiver.platforms.reading import Question, Site
from schemas.settings import PlatformSettings, SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from archiver.contract import Access, Response, Seen, Standing, Transport
    from archiver.platforms.platform import Platform
    from archiver.platforms.reading import Reading
    from schemas.account import Account
    from schemas.instant import Instant
    from schemas.record import Kind, Method
    from schemas.settings import CaptureSettings, Settings

MOST_OCTETS = 256 << 20
"""How many bytes of items one look holds in memory at most; the next one goes on."""
SCOPES, UNFINISHED = "scopes", "unfinished"


@dataclass(frozen=True, slots=True)
class ApiCollector:
    """One platform's API, read for one account; ``budget`` is how many units of its costs a day may take."""

    platform: Platform
    reading: Reading
    site: Site
    capture: CaptureSettings
    budget: int | None
    now: Callable[[], Instant]

    @classmethod
    def of(
        cls, platform: Platform, reading: Reading, account: Account, settings: Settings, *, now: Callable[[], Instant]
    ) -> ApiCollector:
        """Return the collector of an account, as ``holdfast.toml`` sets it up; ``access`` tells what is not."""
        chosen = settings.platform.get(platform.name, PlatformSettings())
        access = settings.access.get(account.name)
        parts = urlsplit(account.url)
        api = chosen.api or reading.api or f"{parts.scheme}://{parts.netloc}"
        site = Site(
            account,
            api.rstrip("/"),
            chosen.version or "",
            authorised=access is not None and not access.key,
            keyed=access is not None and access.key,
            options=frozenset(chosen.options),
            directory=(chosen.directory or "").rstrip("/"),
            stream=chosen.stream or "",
        )
        return cls(platform, reading, site, settings.capture, chosen.budget_a_day, now)

    @property
    def name(self) -> str:
        """What polls and records call it."""
        return self.reading.collector

    @property
    def method(self) -> Method:
        """Return that it reads an API."""
        return "api"

    def access(self, account: Account) -> Access:  # noqa: ARG002 - it is the account of ``site``
        """Return how the platform is told who asks.

        Raises:
            SettingsError: the platform's API has versions, and none is named; or it knows no such option.
        """
        platform = self.platform
        if self.reading.versioned and not self.site.version:
            raise SettingsError(
                f"{platform.title} answers in versions, and holdfast.toml names none.",
                do=f"Set [platform.{platform.name}] version there; docs/PLATFORMS.md names the one that was tested.",
            )
        unknown = sorted(self.site.options - self.reading.options.keys())
        if unknown:
            raise SettingsError(
                f"{platform.title} has no option {unknown[0]!r}.",
                do=f"It has these: {', '.join(self.reading.options) or 'none'}. docs/PLATFORMS.md says what they do.",
            )
        return self.reading.access(self.site)

    def looking_up(self, account: Account) -> LookingUp:  # noqa: ARG002 - likewise
        """Return how the platform is asked for one item, and how its answer reads."""

        def address(item: str, kind: Kind, _: str | None) -> str | None:
            return self.reading.look_up(self.site, item, kind)

        def standing(response: Response) -> Standing:
            answer = answer_of(Question("", response.uri), response)
            # A page in the place of JSON is no answer of the API's, whatever its status says.
            return "unknown" if answer.value is None and response.status in PRESENT else self.reading.standing(answer)

        def read(transport: Transport, response: Response, known: Callable[[str, bytes], bool]) -> tuple[Seen, ...]:
            walk = Walk(self.platform, self.reading, self.site, transport, known, bounds=Bounds(0, 0), now=self.now)
            walk.add_looked_up(response)
            return tuple(walk.seen)

        headers, posts = self.reading.headers(self.site), self.reading.posts
        return LookingUp(address, standing, headers=headers, direct=True, posts=posts, read=read)

    def collect(
        self,
        account: Account,  # noqa: ARG002 - likewise
        transport: Transport,
        *,
        cursor: Mapping[str, str],
        known: Callable[[str, bytes], bool],
    ) -> Collected:
        """Read the account once (``archiver.contract.Collector``): what is new, and as far back as it is time for.

        Raises:
            ArchiveError: the first question was not answered.
        """
        began = self.now()
        depth = depth_of(self.capture.recheck, cursor, began, unfinished=UNFINISHED in cursor)
        bounds = Bounds(self.capture.max_requests, MOST_OCTETS, left_today(self.budget, cursor, began))
        left, reached = waiting_in(cursor), reached_in(cursor)
        lost = is_lost(cursor, left)
        walk = Walk(
            self.platform, self.reading, self.site, transport, known, bounds=bounds, now=self.now, left=left, again=lost
        )
        asked = (question for question in self.reading.start(self.site) if not (question.seldom and depth.horizon))
        first = [Waiting(question, depth.horizon) for question in asked]
        walk.follow(first)
        withdrawn = _lost_scopes(cursor, walk.scopes)
        forgotten = len(walk.waiting) - MOST
        told = (f"{forgotten} questions are more than are remembered; looks that read everything ask them",)
        failures = (*walk.failures, *withdrawn, *told[: max(0, forgotten)])
        return Collected(
            items=tuple(walk.seen),
            listed=tuple(walk.listed),
            window=False,
            status=walk.status,
            sanity="suspect" if walk.doubtful or withdrawn else "plausible",
            cursor={
                **{name: value for name, value in cursor.items() if name.startswith("read-")},
                **depth.marks,
                **({SCOPES: " ".join(sorted(walk.scopes))} if walk.scopes else {}),
                **spend(cursor, walk.spent, began),
                **({UNFINISHED: str(began)} if walk.unfinished else {}),
                **spell_waiting(walk.waiting),
                **spell_lost(cursor, lost=lost, everything=depth.horizon is None, unfinished=walk.unfinished),
                **spell_reached(reached, walk.reached),
            },
            failures=failures,
            reached=reached,
        )


def _lost_scopes(cursor: Mapping[str, str], scopes: frozenset[str] | None) -> tuple[str, ...]:
    lost = frozenset(cursor.get(SCOPES, "").split()) - scopes if scopes is not None else frozenset()
    return tuple(f"the token may no longer do this: {scope}" for scope in sorted(lost))
