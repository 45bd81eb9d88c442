"""What Facebook, Instagram and Threads have in common: the Graph API's addresses, pages, errors and quotas. Pure.

Sources: developers.facebook.com, Graph API: "Paginated Results", "Handling Errors", "Rate Limits".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from archiver.observe import PRESENT, standing_of
from archiver.parsing.dates import find_instant, instant_of_millis
from archiver.parsing.json_slices import JsonMalformedError, decode
from archiver.parsing.shapes import find_text, member, objects
from archiver.platforms.paging import unusable, with_parameter
from archiver.platforms.reading import Quota

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from archiver.contract import Standing
    from archiver.parsing.shapes import Object
    from archiver.platforms.reading import Answer, Known, Site
    from schemas.account import Account
    from schemas.instant import Instant
    from schemas.record import Kind

UNAUTHORISED, FORBIDDEN, MISSING, LIMITED, FAILED = 401, 403, 404, 429, 503
TOKEN = frozenset({102, 190})
LIMITS = frozenset({4, 17, 32, 341, 613, *range(80000, 80015)})
PERMISSION = frozenset({3, 10, *range(200, 300)})
PASSING = frozenset({1, 2, 368})
NO_OBJECT, ITS_SUBCODE, NO_ALIAS = 100, 33, 803
HOUR, LONGEST_SECONDS = 3600, 11
USAGE = ("X-App-Usage", "X-Page-Usage")
OF_USE_CASES = "X-Business-Use-Case-Usage"
SHARES = ("call_count", "total_time", "total_cputime")
PAGED_BY = ("after", "until", "since", "offset", "__paging_token", "__after_id")


def node(site: Site, *path: str, **parameters: str) -> str:
    """Return the address of a node or edge in the version that ``site`` names."""
    below = "/".join(quote(part, safe="") for part in path)
    return f"{site.api}/{site.version}/{below}?{urlencode(parameters, safe=',{}().')}"


def by_after(answer: Answer) -> str | None:
    """Return the address of the next page: there is one where ``paging.next`` is, which itself holds the token.

    So only its cursor is taken. That is in ``paging.cursors.after``, and in lists that are paged by time in ``next``.
    """
    following = member(answer.value, "paging", "next")
    if not isinstance(following, str) or not following:
        return None
    after = find_text(answer.value, "paging", "cursors", "after")
    if after:
        return with_parameter(answer.question.url, after=after)
    try:
        told = dict(parse_qsl(urlsplit(following).query))
    except ValueError:
        raise unusable("no address") from None
    moved = {name: told[name] for name in PAGED_BY if name in told}
    return with_parameter(answer.question.url, **moved) if moved else None


def stands_for(answer: Answer) -> int:
    """Return the HTTP status that an answer's error code stands for; most errors come with 400."""
    error = member(answer.value, "error")
    code, subcode = _code(error, "code"), _code(error, "error_subcode")
    if code in TOKEN:
        return UNAUTHORISED
    if code in LIMITS:
        return LIMITED
    if code in PERMISSION:
        return FORBIDDEN
    if code in PASSING:
        return FAILED
    if code == NO_ALIAS or (code == NO_OBJECT and subcode == ITS_SUBCODE):
        return MISSING
    return answer.status


def stands_for_own(answer: Answer) -> int:
    """Return ``stands_for``; another account's profile is no access to the one that was asked for.

    Where a token's account is asked for as ``me``, the question says in ``about`` whose it should be.
    """
    meant, whose = stands_for(answer), find_text(answer.value, "username")
    wrong = answer.question.endpoint == "profile" and whose is not None
    return FORBIDDEN if wrong and (whose or "").lower() != answer.question.about.lower() else meant


def standing(answer: Answer) -> Standing:
    """Return what an answer says of the item that was looked up.

    That a token ended says nothing of it, nor does an answer without its id, or one that is no error of the API's:
    whatever stands in its place says of nothing that it is gone.
    """
    meant = stands_for(answer)
    is_told = (
        find_text(answer.value, "id") if answer.status in PRESENT else _code(member(answer.value, "error"), "code")
    )
    return standing_of(None if is_told is None or meant == UNAUTHORISED else meant)


def served_version(headers: Mapping[str, str]) -> str | None:
    """Return the version that answered."""
    return headers.get("facebook-api-version")


def quota(headers: Mapping[str, str], _: Instant) -> Quota | None:
    """Return what is left by the usage headers, which tell in percent what is used up, and in minutes until when."""
    used: list[tuple[float, float]] = []
    for name in USAGE:
        used += [(_most(usage), HOUR) for usage in objects([_read(headers.get(name))])]
    use_cases = _read(headers.get(OF_USE_CASES))
    for of_one in use_cases.values() if isinstance(use_cases, dict) else ():
        for usage in objects(of_one):
            if not (find_text(usage, "type") or "").startswith("ads"):
                minutes = _number(usage.get("estimated_time_to_regain_access"))
                used.append((_most(usage), 60 * minutes or HOUR))
    if not used:
        return None
    most, seconds = max(used)
    return Quota(left=max(0.0, 1 - most / 100), seconds=seconds)


def look_up(fields: Mapping[str, str]) -> Callable[[Site, str, Kind], str | None]:
    """Return where an item is looked up, with the ``fields`` that its list is asked for, by kind or prefix of the id.

    Messages are not in them: of all but the newest ones the platform says that they were deleted, whether or not.
    """

    def address(site: Site, item: str, kind: Kind) -> str | None:
        prefix, _, number = item.rpartition(":")
        asked = fields.get(prefix or kind)
        return node(site, number, fields=asked) if asked else None

    return address


def find_moment(value: Any) -> Instant | None:  # noqa: ANN401 - any JSON
    """Return the instant of a date as text, or of seconds since 1970, or of milliseconds."""
    digits = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if not digits.isdigit():
        return find_instant(value)
    return instant_of_millis(digits if len(digits) > LONGEST_SECONDS else f"{digits}000")


def handle_of(site: Site) -> str:
    """Return the name or number of the account in its address."""
    return handle_in(site.account.url)


def own_profile(account: Account, held: Known) -> str:
    """Return the id of the account's own profile: of those held with its handle, the one that was captured last."""
    handle = handle_in(account.url).lower()
    found = [
        (version.captured, item)
        for item, versions in held.items()
        for version in versions
        if version.kind == "profile" and not version.imported and handle_in(version.url or "").lower() == handle
    ]
    return max(found)[1] if found else ""


def handle_in(url: str) -> str:
    """Return the name or number of the account that has an address."""
    parts = urlsplit(url)
    number = dict(parse_qsl(parts.query)).get("id", "")
    return number if number.isdigit() else parts.path.strip("/").rpartition("/")[2].removeprefix("@")


def all_in(value: Any, *names: str) -> Iterator[Object]:  # noqa: ANN401 - any JSON
    """Yield the objects of an edge that was asked for within a node: they are in its member ``data``."""
    yield from objects(value, *names, "data")


def _most(usage: Object) -> float:
    return max(_number(usage.get(name)) for name in SHARES)


def _read(text: str | None) -> Any:  # noqa: ANN401 - any JSON
    try:
        return decode((text or "null").encode()).value
    except JsonMalformedError:
        return None


def _number(value: Any) -> float:  # noqa: ANN401 - any JSON
    usable = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 2**53
    return float(value) if usable else 0.0


def _code(error: Any, name: str) -> int | None:  # noqa: ANN401 - any JSON
    found = member(error, name)
    return found if isinstance(found, int) and not isinstance(found, bool) else None
