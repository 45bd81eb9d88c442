"""Reddit: in which order its API is asked, for one user's posts or one community's (reddit.com/dev/api). Pure.

A thread is given as a tree in which each comment holds those that answer it, or names them. So trees are only read for
the names in them, and the comments themselves are asked for by name, a hundred at once: each is then its own slice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit

from archiver.contract import Access
from archiver.fetch.access import origin_of
from archiver.observe import PRESENT
from archiver.parsing.shapes import find_id, find_text, member, texts
from archiver.platforms.authorisation import OAuth2
from archiver.platforms.paging import by_cursor
from archiver.platforms.platform import Platform
from archiver.platforms.reading import Endpoint, Question, Quota, Reading, by_status
from archiver.platforms.reddit_objects import DIALECT, mark_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from archiver.contract import Standing
    from archiver.parsing.json_objects import Path
    from archiver.parsing.shapes import Object
    from archiver.platforms.reading import Answer, Led, Site
    from schemas.instant import Instant
    from schemas.record import Kind

TOGETHER = 100
DEPTH = 10
"""How deep a tree goes at most; below, it names the comment at which another one goes on."""
MOST_THINGS = 100_000
CHILDREN, REPLIES = ("data", "children"), ("data", "replies", "data", "children")
TREE: tuple[Path, ...] = tuple((*CHILDREN, *(REPLIES * level)) for level in range(DEPTH + 1))
LARGEST = 10**9
PREFIXES = frozenset({"t1", "t3", "t5"})


def _at(site: Site, path: str, **parameters: str) -> str:
    return f"{site.api}/{path}?{urlencode({**parameters, 'raw_json': '1'}, safe=',')}"


def _start(site: Site) -> Iterable[Question]:
    match [part for part in urlsplit(site.account.url).path.split("/") if part]:
        case ["r", name, *_]:
            yield Question("about", _at(site, f"r/{quote(name)}/about"))
        case parts:
            yield Question("about", _at(site, f"user/{quote(parts[-1] if parts else '')}/about"))


def _of_account(led: Led) -> Iterable[Question]:
    site, told = led.site, led.value.get("data")
    if led.value.get("kind") == "t5":
        below = f"r/{quote(find_text(told, 'display_name') or '')}"
        yield Question("posts", _at(site, f"{below}/new", limit="100"))
        yield Question("newest", _at(site, f"{below}/comments", limit="100"))
    else:
        below = f"user/{quote(find_text(told, 'name') or '')}"
        yield Question("posts", _at(site, f"{below}/submitted", limit="100", sort="new"))
        yield Question("own", _at(site, f"{below}/comments", limit="100", sort="new"))


def _of_post(led: Led) -> Iterable[Question]:
    article = led.view.item.removeprefix("t3_")
    url = _at(led.site, f"comments/{quote(article)}", limit="500", depth=str(DEPTH), sort="old")
    yield Question("tree", url, about=led.view.item, empty=not led.view.counts.get("comments"))


def _things(value: Any) -> Iterator[Object]:  # noqa: ANN401 - any JSON
    """Yield every thing in listings, whatever it stands within: not recursively, as strangers say how deep they go."""
    waiting, left = [value], MOST_THINGS
    while waiting and left:
        one, left = waiting.pop(), left - 1
        if isinstance(one, list):
            waiting.extend(reversed(one))
        elif isinstance(one, dict):
            told = one.get("data")
            if one.get("kind") == "Listing":
                waiting.append(member(told, "children"))
            elif isinstance(told, dict):
                yield one
                waiting.append(told.get("replies"))
            else:
                waiting.append(member(one, "json", "data", "things"))


def _named(answer: Answer) -> Iterator[str]:
    """Yield the comments that a tree shows, and those that it only names."""
    for thing in _things(answer.value):
        told = thing["data"]
        if thing.get("kind") == "t1" and (found := find_id(told, "id")):
            yield f"t1_{found}"
        elif thing.get("kind") == "more":
            yield from (f"t1_{one}" for one in _children(told))


def _children(told: Any) -> list[str]:  # noqa: ANN401 - any JSON
    return [one for one in texts(told, "children") if one.isalnum()]


def _hundreds(names: list[str]) -> Iterator[list[str]]:
    return (names[start : start + TOGETHER] for start in range(0, len(names), TOGETHER))


def _of_tree(site: Site, answer: Answer) -> Iterator[Question]:
    """Ask for the comments that are named in a tree, for what stands below those, and for where it goes on."""
    named = list(dict.fromkeys(_named(answer)))
    for some in _hundreds(named):
        yield Question("comments", _at(site, "api/info", id=",".join(some)))
    post = answer.question.within or answer.question.about
    for thing in _things(answer.value):
        if thing.get("kind") != "more":
            continue
        children, parent = _children(thing["data"]), find_text(thing, "data", "parent_id") or ""
        for some in _hundreds(children):
            url = _at(site, "api/morechildren", api_type="json", link_id=post, children=",".join(some), sort="old")
            yield Question("more", url, about=post)
        if not children and parent.startswith("t1_") and parent != answer.question.about:
            path = f"comments/{quote(post.removeprefix('t3_'))}"
            comment = parent.removeprefix("t1_")
            url = _at(site, path, comment=comment, context="0", limit="500", depth=str(DEPTH), sort="old")
            yield Question("branch", url, about=parent, within=post)


def _look_up(site: Site, item: str, _: Kind) -> str | None:
    return _at(site, "api/info", id=item) if item.partition("_")[0] in PREFIXES else None


def _standing(answer: Answer) -> Standing:
    """Return what a look-up by name says: nobody there, or one that says that it was deleted or removed."""
    if answer.status not in PRESENT:
        # It is the list of what is there that would be refused, and not the item.
        standing = by_status(answer)
        return "unknown" if standing in ("gone", "withheld") else standing
    children = member(answer.value, *CHILDREN)
    if not isinstance(children, list):
        return "unknown"
    if not children:
        return "gone"
    match mark_of(member(children[0], "data")):
        case "deleted":
            return "gone"
        case "removed":
            return "withheld"
        case _:
            return "present"


def _quota(headers: Mapping[str, str], _: Instant) -> Quota | None:
    """Return what is left of the requests of ten minutes."""
    told = [headers.get(f"X-Ratelimit-{name}", "") for name in ("Used", "Remaining", "Reset")]
    try:
        used, left, seconds = (float(text) for text in told)
    except ValueError:
        return None
    whole = used + left
    return Quota(left=left / whole, seconds=max(0.0, seconds)) if 0 <= left <= whole < LARGEST and whole else None


def _listing(title: str, **more: Any) -> Endpoint:  # noqa: ANN401 - the members of an endpoint
    following = by_cursor("data", "after", parameter="after")
    return Endpoint(title=title, items=(CHILDREN,), demands="data", next=following, **more)


def _tree(title: str) -> Endpoint:
    return Endpoint(
        title=title, items=TREE, order="whole", elsewhere=lambda _: True, names=_named, together=_of_tree
    )  # fmt: skip


READING = Reading(
    collector="reddit/1",
    api="https://oauth.reddit.com",
    endpoints={
        "about": Endpoint(title="the profile", demands="data", leads=_of_account),
        "posts": _listing("the posts", order="newest", leads=_of_post),
        "own": _listing("the account's comments", order="newest"),
        "newest": _listing("the newest comments", order="passing"),
        "tree": _tree("the comments"),
        "branch": _tree("the comments below one"),
        "more": Endpoint(
            title="the comments that were not shown",
            items=(("json", "data", "things"),),
            demands="json",
            elsewhere=lambda _: True,
            together=_of_tree,
        ),
        "comments": Endpoint(title="the comments, by name", items=(CHILDREN,), demands="data"),
    },
    start=_start,
    access=lambda site: Access(origins=frozenset({origin_of(site.api)}), needed=True),
    look_up=_look_up,
    looked_up=CHILDREN,
    standing=_standing,
    quota=_quota,
)
PLATFORM = Platform(
    name="reddit",
    title="Reddit",
    dialect=DIALECT,
    reading=READING,
    authorisation=OAuth2(
        steps=(
            "Ask Reddit for access to its Data API (Responsible Builder Policy), for keeping own posts as records.",
            "Read nothing before Reddit has agreed.",
            "Sign in as the account, and at reddit.com/prefs/apps create an app of the type 'web app'.",
            "Enter {redirect} as its redirect uri, and copy the ID below its name and its secret.",
        ),
        authorise="https://www.reddit.com/api/v1/authorize",
        token="https://www.reddit.com/api/v1/access_token",  # noqa: S106 - an address
        scopes=("read", "history"),
        proof="basic",
        more={"duration": "permanent"},
    ),
)
