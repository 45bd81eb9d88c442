"""What people do in a MediaWiki, through its action API: write, answer on talk pages, revert, move, delete, upload."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

import requests

if TYPE_CHECKING:
    from tests.lanes.platforms import MediaWiki


def join(wiki: MediaWiki, name: str = "Citizen") -> Person:
    """Make an account, whose user name begins with ``name``, and be it."""
    user, password = f"{name} {secrets.token_hex(4)}", secrets.token_hex(8)
    anybody = Person(wiki)
    anybody.call(
        "createaccount",
        purpose="createaccount",
        username=user,
        password=password,
        retype=password,
        createreturnurl=wiki.url,
    )
    return Person(wiki, user, password)


def staff(wiki: MediaWiki) -> Person:
    """Be the administrator."""
    return Person(wiki, wiki.user, wiki.password)


class Person:
    """Somebody at the wiki, known only by his address where no ``user`` is given; answers are as the API gives them."""

    def __init__(self, wiki: MediaWiki, user: str | None = None, password: str = "") -> None:
        self.user = user
        self._api = f"{wiki.url}/api.php"
        self._browser = requests.Session()
        if user is not None:
            self.call("login", purpose="login", lgname=user, lgpassword=password)

    def write(self, title: str, text: str, summary: str = "") -> dict[str, Any]:
        """Make a page, or give it another text."""
        return self.call("edit", title=title, text=text, summary=summary)["edit"]

    def discuss(self, title: str, heading: str, text: str) -> dict[str, Any]:
        """Begin a section on the page's talk page."""
        return self.call("edit", title=f"Talk:{title}", section="new", sectiontitle=heading, text=text)["edit"]

    def answer(self, title: str, text: str) -> dict[str, Any]:
        """Answer below what stands last on the page's talk page."""
        return self.call("edit", title=f"Talk:{title}", appendtext=f"\n\n:{text} ~~~~")["edit"]

    def move(self, title: str, to: str, reason: str = "") -> dict[str, Any]:
        return self.call("move", **{"from": title, "to": to, "reason": reason})["move"]

    def delete(self, title: str, reason: str = "") -> dict[str, Any]:
        return self.call("delete", title=title, reason=reason)["delete"]

    def upload(self, name: str, picture: bytes, text: str = "") -> dict[str, Any]:
        """A file, as the page ``File:name``."""
        files = {"file": (name, picture, "image/png")}
        return self.call("upload", files=files, filename=name, text=text, ignorewarnings="1")["upload"]

    def call(self, action: str, *, purpose: str = "csrf", files: Any = None, **members: str) -> dict[str, Any]:
        """Do what needs a token, of that purpose.

        Raises:
            AssertionError: the wiki refused; the message is its answer.
        """
        asked = {"action": "query", "meta": "tokens", "type": purpose, "format": "json"}
        tokens = self._browser.get(self._api, params=asked, timeout=60).json()["query"]["tokens"]
        field = {"login": "lgtoken", "createaccount": "createtoken"}.get(purpose, "token")
        form = {"action": action, "format": "json", "formatversion": "2", field: tokens[f"{purpose}token"], **members}
        answer = self._browser.post(self._api, data=form, files=files, timeout=60)
        answer.raise_for_status()
        said: dict[str, Any] = answer.json()
        outcome = said.get(action, {})
        refused = "error" in said or outcome.get("result") == "Failure" or outcome.get("status") == "FAIL"
        assert not refused, said
        return said
