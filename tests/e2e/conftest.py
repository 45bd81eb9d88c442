"""The archive that tests of what is done with a whole archive share."""

from __future__ import annotations

import pytest

from demo.site import BlogSite
from tests.e2e.holdfast import Holdfast


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Holdfast:
    """An archive with two captures and a production; every test leaves it as it was.

    It has every kind of object that is there without neighbours.
    """
    folder = tmp_path_factory.mktemp("office")
    made = Holdfast(folder / "home").init()
    with BlogSite() as site:
        made.capture(site.feed, "--allow-private-network")
        site.edit("welcome", title="Welcome again")
        site.delete("graduation")
        made.capture()
    made.json("produce", "volcano", "--matter", "M", "--out", str(folder / "out.pdf"))
    return made
