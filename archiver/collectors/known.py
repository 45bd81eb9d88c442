"""Which collector reads which account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archiver.browser.chromium import Chromium
from archiver.browser.page import Bounds
from archiver.collectors.api.collector import ApiCollector
from archiver.collectors.feed.collector import FeedCollector
from archiver.collectors.rendered.collector import RenderedCollector
from archiver.collectors.signed import SignedCollector
from archiver.collectors.website.collector import WebsiteCollector
from archiver.platforms.known import find_platform, platforms
from archiver.platforms.reading import Site
from schemas.errors import InputError
from schemas.settings import PlatformSettings

if TYPE_CHECKING:
    from collections.abc import Callable

    from archiver.contract import Collector
    from schemas.account import Account
    from schemas.instant import Instant
    from schemas.settings import CaptureSettings, Settings

OWN = ("feed", "website", "rendered")
"""What is read by collectors of its own: what is no list of JSON objects."""
SIGNED = ("bluesky",)
"""What is read by an API and held against what the account itself signed."""


class PlatformUnsupportedError(InputError):
    """An account's platform has no collector; its exports can be imported."""

    code = "PLATFORM_UNSUPPORTED"


def readable() -> tuple[str, ...]:
    """Return the names of the platforms whose accounts can be read over the network."""
    return (*OWN, *(name for name, platform in platforms().items() if platform.reading is not None))


def collector_of(account: Account, settings: Settings, *, now: Callable[[], Instant]) -> Collector:
    """Return the collector for an account's platform.

    Raises:
        PlatformUnsupportedError: there is none.
    """
    match account.platform:
        case "feed":
            return FeedCollector()
        case "website":
            return WebsiteCollector(max_pages=settings.capture.max_pages)
        case "rendered":
            return RenderedCollector(_chromium(settings.capture), max_pages=settings.capture.max_pages)
        case name:
            platform = find_platform(name)
            if platform is None or platform.reading is None:
                raise PlatformUnsupportedError(
                    f"Accounts on {name} cannot be read over the network by this version.",
                    do=f"Import their exports: holdfast import {account.name} FILE…",
                )
            collector = ApiCollector.of(platform, platform.reading, account, settings, now=now)
            return SignedCollector.beside(collector) if name in SIGNED else collector


def steps_before(account: Account, settings: Settings) -> tuple[str, ...]:
    """Return what is to be done before an account can be captured, and the command that then does it: as people type.

    Where its platform is not read over the network, that is an import.
    """
    if account.platform in OWN:
        return (f"holdfast capture {account.name}",)
    platform = find_platform(account.platform)
    reading = platform.reading if platform else None
    if platform is None or reading is None:
        return (f"holdfast import {account.name} FILE…",)
    chosen = settings.platform.get(platform.name, PlatformSettings())
    steps: list[str] = []
    if reading.versioned and chosen.version is None:
        named = f'[platform.{platform.name}] version = "…"'
        steps.append(f"say in holdfast.toml which version of its API is read (docs/PLATFORMS.md): {named}")
    if reading.access(Site(account, chosen.api or reading.api)).needed and account.name not in settings.access:
        steps.append(f"holdfast account connect {account.name}")
    return (*steps, f"holdfast capture {account.name}")


def _chromium(settings: CaptureSettings) -> Chromium:
    return Chromium(
        executable=settings.browser,
        sandbox=settings.browser_sandbox,
        introduces=settings.user_agent,
        bounds=Bounds(seconds=settings.page_seconds),
    )
