"""What can go wrong with a browser, and what to do then."""

from __future__ import annotations

from archiver.fetch.failures import LATER
from schemas.errors import InputError, PolicyError, UnavailableError


class BrowserMissingError(InputError):
    """There is no Chromium on this machine, or not where ``holdfast.toml`` says."""

    code = "BROWSER_MISSING"


class BrowserUnconfinedError(PolicyError):
    """Chromium would run without its sandbox, which nobody has allowed."""

    code = "BROWSER_UNCONFINED"


class BrowserFailedError(UnavailableError):
    """Chromium did not start, or ended before it should have."""

    code = "BROWSER_FAILED"


class PageUnrenderedError(UnavailableError):
    """A page did not let itself be rendered: it never came to rest, crashed, or is too large."""

    code = "PAGE_UNRENDERED"


def failed(what: str) -> BrowserFailedError:
    """Return the error of a browser that is of no use any more."""
    return BrowserFailedError(
        f"The browser {what}.",
        do="Capture again. If it lasts, start Chromium by hand: it says what it lacks (memory, a library, a sandbox).",
    )


def unrendered(url: str, what: str) -> PageUnrenderedError:
    """Return the error of one page."""
    return PageUnrenderedError(f"The page {url[:200]} {what}.", do=LATER, url=url)
