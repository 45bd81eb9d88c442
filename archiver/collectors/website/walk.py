"""Which pages of a site are read, and in which order: those of its origin, breadth first, each once."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from archiver.collectors.website.pages import origin_of, page_address
from schemas.record import Attachment, Normalised

if TYPE_CHECKING:
    from collections.abc import Iterable

REQUESTS_PER_PAGE = 4
"""How many links may be tried for each page allowed: broken ones and redirects to known pages are no pages."""

FILE_NAMES = """
pdf doc docx xls xlsx ppt pptx odt ods odp rtf csv txt xml json ics zip gz tar 7z epub
jpg jpeg png gif webp svg avif tif tiff heic mp3 m4a ogg wav flac mp4 m4v mov webm avi mkv
"""
FILES = frozenset(FILE_NAMES.split())


class Walk:
    """One walk through the site at ``start`` as it grows; ``listed`` are the pages that it has, in order."""

    def __init__(self, start: str) -> None:
        self._start = page_address(start)
        self._origin = origin_of(start)
        self._frontier: deque[str] = deque()
        self._asked: set[str] = set()
        self.listed: list[str] = []

    def find_next(self, max_pages: int) -> str | None:
        """Return the page to be read next, or ``None`` when none is left or ``max_pages`` have been read."""
        if not self._frontier or len(self.listed) >= max_pages or len(self._asked) >= REQUESTS_PER_PAGE * max_pages:
            return None
        return self._frontier.popleft()

    @property
    def is_whole(self) -> bool:
        """Whether no page is left to be read."""
        return not self._frontier

    def owns(self, address: str) -> bool:
        """Return whether an address is of the site's origin."""
        return origin_of(address) == self._origin

    def takes(self, item: str) -> bool:
        """Note the page ``item`` as one of the site; return whether it is new to this walk."""
        self._asked.add(item)
        if item in self.listed:
            return False
        self.listed.append(item)
        return True

    def follow(self, links: Iterable[str]) -> tuple[Attachment, ...]:
        """Note the pages of the site that ``links`` lead to; return its files that they lead to."""
        files = []
        for link in links:
            target = page_address(link)
            if not self.owns(target):
                continue
            if _is_file(target):
                files.append(Attachment(url=target, role="document"))
            elif target not in self._asked:
                self._asked.add(target)
                self._frontier.append(target)
        return tuple(files)

    def listing(self) -> Normalised:
        """Return the list of the site's pages as an item."""
        item = f"list:{self._start}"
        return Normalised(kind="list", type="Collection", item=item, url=self._start, listed=tuple(self.listed))


def _is_file(address: str) -> bool:
    name = urlsplit(address).path.rpartition("/")[2]
    return "." in name and name.rpartition(".")[2].lower() in FILES
