"""``./run demo``: the main job, once, by the program's own commands, on a site that is started here."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from demo.site import BlogSite

ROOT = Path(__file__).parents[1]
OLD, NEW = "bus-routes", ("Route 7 stops at Elm Street again. Route 12 begins twenty minutes earlier.",)
REMOVED = "budget-hearing"


@dataclass(frozen=True, slots=True)
class Desk:
    """The program, called as a person calls it; each call is shown."""

    home: Path

    def do(self, *arguments: str) -> None:
        """Run a command and show what it prints."""
        print(f"\n$ holdfast {shlex.join(arguments)}", flush=True)
        subprocess.run(self._command(*arguments), cwd=ROOT, check=True)

    def ask(self, *arguments: str) -> Any:
        """Run a command quietly and return its JSON."""
        done = subprocess.run(self._command(*arguments, "--json"), cwd=ROOT, check=True, capture_output=True)
        return json.loads(done.stdout)

    def _command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "cli", "--home", str(self.home), *arguments]


def new_folder() -> Path:
    """A folder that does not exist yet: earlier demonstrations are left alone."""
    names = ("holdfast-demo", *(f"holdfast-demo-{number}" for number in range(2, 1000)))
    return next(folder for name in names if not (folder := Path.cwd() / name).exists())


def main() -> None:
    """Do the main job and say what was found."""
    home = new_folder()
    desk, document, step = Desk(home), home / "production.pdf", count(1)

    def say(words: str) -> None:
        print(f"\n\033[1m{next(step)}. {words}\033[0m", flush=True)

    say("A new archive for a school district that does not exist.")
    desk.do("init", "--organisation", "Maple Grove Unified", "--timezone", "America/Chicago", "--bates-prefix", "MGU")
    with BlogSite() as site:
        say(f"Its blog is served here, at {site.url}. It is registered and captured.")
        desk.do("account", "register", site.feed, "--name", "blog", "--title", "The district blog",
                "--custodian", "Office of Communications", "--allow-private-network")  # fmt: skip
        desk.do("capture", "blog")
        say("Somebody changes a post about bus routes, and deletes the post about the budget hearing.")
        site.edit(OLD, paragraphs=NEW)
        site.delete(REMOVED)
        desk.do("capture", "blog")
    say("The site is gone. The archive still answers.")
    desk.do("search", "budget OR buses", "--from", "2026-01-01", "--to", "2026-12-31")
    say("What was found is produced for a records request, numbered and signed, and checked.")
    desk.do("produce", "budget OR buses", "--matter", "Records request 2026-14", "--out", str(document))
    desk.do("verify", str(document))
    say("The archive itself is verified: everything is recomputed from the stored bytes.")
    desk.do("verify")
    conclude(desk, document)


def conclude(desk: Desk, document: Path) -> None:
    """Say in plain words what was done and found, read back from the archive."""
    captures = [act for entry in desk.ask("log")["entries"] for act in entry["acts"] if act["act"] == "captured"]
    last, first = captures[0], captures[-1]
    hits = desk.ask("search", "budget", "--type", "post")["hits"]
    shown = next(one for one in (desk.ask("show", hit["record"]) for hit in hits) if one.get("absence"))
    absence = shown["absence"]
    print(f"""
\033[1mWhat happened\033[0m
  A blog was captured: {first["new"]} posts and comments, with their pages and pictures.
  Then the second capture found
    {last["edited"]} edit: "{"New bus routes from March 2"}" (both versions are kept), and
    1 deletion: "{shown["title"]}", with its {last["absent"] - 1} comments. It was last seen at
      {absence["last_seen"]} and first missing at {absence["first_missing"]};
      it was deleted somewhere in between. Its text is still in the archive.
  The production is a signed PDF that can be checked without this machine.

\033[1mWhere it is\033[0m
  the archive      {desk.home}
  the production   {document}

\033[1mYour own account, in three commands\033[0m
  ./run holdfast --home my-archive init
  ./run holdfast --home my-archive capture https://your.site/feed.xml
  ./run holdfast --home my-archive search 'any words'
""")


if __name__ == "__main__":
    main()
