"""Going through a page from top to bottom, as a reader does, so that what is lazy comes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from archiver.browser.load import Load

    Evaluate = Callable[[str], Awaitable[Any]]

PAUSE = 0.1
LONGEST_PAUSE = 2.0
STEP = 0.8
# The document scrolls, or, where it is as high as the window, the largest part of it that does.
FIND = """
(() => {
  const page = document.scrollingElement || document.documentElement;
  let found = page;
  if (page.scrollHeight <= innerHeight + 1) {
    let left = 20000;
    for (const part of document.querySelectorAll('*')) {
      if (left-- === 0) break;
      if (part.clientHeight < innerHeight / 2 || part.scrollHeight <= part.clientHeight + 1) continue;
      if (!/auto|scroll/.test(getComputedStyle(part).overflowY)) continue;
      if (found === page || part.scrollHeight > found.scrollHeight) found = part;
    }
  }
  globalThis.holdfastScrolls = found;
  return found === page ? -1 : innerHeight - found.clientHeight;
})()
"""
STEP_TO = """
(() => {{
  const part = globalThis.holdfastScrolls;
  part.scrollTo({{top: {top}, behavior: 'instant'}});
  return [part.scrollHeight, part.clientHeight];
}})()
"""


@dataclass(frozen=True, slots=True)
class Extent:
    """How high what scrolls is, in pixels; ``around`` is what stands above and below it, if it is not the document."""

    height: int
    around: int | None


async def go_through(load: Load, evaluate: Evaluate, *, until: float) -> Extent:
    """Scroll from top to bottom and back, waiting at each step for what it brings; return how high it was in the end.

    It ends at ``Bounds.height``, or when ``until`` is past: a page may grow for ever.
    """
    around = int(await evaluate(FIND))
    top, height, view = 0.0, 1, 1
    while top < min(height, load.bounds.height) and load.clock() < until:
        height, view = await evaluate(STEP_TO.format(top=int(top)))
        await load.quiet(PAUSE, until=min(until, load.clock() + LONGEST_PAUSE))
        top += max(STEP * view, 1)
    height, _ = await evaluate(STEP_TO.format(top=0))
    return Extent(int(height), None if around < 0 else around)
