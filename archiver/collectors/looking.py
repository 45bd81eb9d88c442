"""How an item is looked up whose address is that of a page for everybody: by what HTTP says of the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archiver.contract import LookingUp
from archiver.observe import standing_of

if TYPE_CHECKING:
    from schemas.record import Kind


def _page(_item: str, _kind: Kind, url: str | None) -> str | None:
    return url.partition("#")[0] if url and url.startswith(("http://", "https://")) else None


BY_PAGE = LookingUp(address=_page, standing=lambda response: standing_of(response.status))
