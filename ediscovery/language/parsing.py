"""From the text that people type to a term. What a word is, is said by ``ediscovery.folding``.

docs/SEARCH.md describes the language. Operators are written in upper case. Case and accents do not matter elsewhere,
nor does punctuation, so that a pasted address is searched by its words. What other products would read as an operator
and this one does not have is refused by name, never searched as if it were a word.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, cast

from lark import Token

from ediscovery.folding import Character, part_of, words
from ediscovery.language.after_fields import dates_of, fact_of
from ediscovery.language.faults import QuerySyntaxError
from ediscovery.language.grammar import FIELDS, MOST_TERMS, SIGNED, UNSEEN, tree_of
from schemas.query import DATES, FACTS, And, During, Is, Near, Not, Or, Phrase, Prefix, Wildcard, Within, Word

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from lark import Tree

    from schemas.query import Term, TextField

FARTHEST = 999  # words
ONE_ALONE = (*(fact for fact in FACTS if fact not in ("is", "has", "hash", "bates")), *DATES)

SCHEMES = ("http", "https", "ftp", "mailto", "tel", "urn")
UNKNOWN_FIELD = re.compile(r"([A-Za-z_][\w.-]*):(?=[\w*#@'<>=\[{]|$)", re.ASCII)
ROOT = re.compile(r"(?<=\w)!$")
ADDRESS = re.compile("[/=&]")
AROUND = re.compile(rf"\A(?:\s|{UNSEEN})+|(?:\s|{UNSEEN})+\Z")
NOTHING = "There is nothing to search for here."
GIVE = "Give letters, digits or emoji, or leave it out."

NEAR_MISSES = (
    (r"(?i)(?:near|n|p|within)/(\d+)", "This is no operator here.", r"Did you mean w/\1 (in any order) or pre/\1?"),
    (r"(?i)(?:w|pre)(\d+)|/(\d+)", "This is no operator here.", r"Did you mean w/\1\2? In quotes it is a word."),
    (r"(?i)(?:w|pre)/", "The number of words is missing.", "Write it without a space, such as w/5."),
    (r"(?i)(?:w|pre)/\S+", "After w/ or pre/ stands a whole number of words.", "Write it so: w/5."),
    (r"&&?|\|\|?|!.*|\+.+", "This sign is no operator here.", "Write AND, OR or NOT."),
    (r"[\[{].*|.*[\]}]", "There are no ranges in brackets here.", "A span of dates is created:2026-01-01..2026-03-31."),
    (r".*\w(?:~[\d.]*|\^[\d.]+)", "Fuzzy search and weights are not available.", "Write the forms with OR."),
    (r"~[\d.]*|\^[\d.]+", "Nearness is written between words.", "Write a w/5 b; or leave the sign out."),
    (
        r"[\u2010-\u2015\u2212]\w.*",
        "This dash is no minus sign.",
        "Write NOT or - to exclude, or put the text in quotes.",
    ),
    (
        r"(?i)or|and|not",
        "Operators are written in upper case; in lower case this is a word.",
        'Write OR, AND or NOT; or put the word in quotes to search for it, such as "or".',
    ),
)


def parse(text: str, zone: ZoneInfo, *, room: int = 1) -> Term | None:
    """Return the term that ``text`` means, or ``None`` when it is blank. Days begin and end as they do in ``zone``.

    What ``spelling`` made may be longer and deeper than what people type: it is given ``spelling.ROOM``.

    Raises:
        QuerySyntaxError: it cannot be read, is too large, or would find nearly everything.
    """
    if not text.strip():
        return None
    term = _Reading(text, zone).term(tree_of(text, room=room))
    if not _bounded(term):
        raise QuerySyntaxError(
            "This excludes without saying what to find; it would return nearly the whole archive.",
            do="Say first what to find, such as: budget NOT draft. To search for a word with a minus sign, quote it.",
            text=text,
            at=0,
        )
    return term


def is_plain(word: str) -> bool:
    """Return whether a word means itself without quotes, and is nothing that looks like an operator."""
    return not any(re.fullmatch(sign, word, re.DOTALL) for sign, _, _ in NEAR_MISSES)


def _bounded(term: Term) -> bool:
    """Return whether the term finds something by itself, and not only whatever something else does not."""
    match term:
        case Not():
            return False
        case And(terms):
            return any(_bounded(one) for one in terms)
        case Or(terms):
            return all(_bounded(one) for one in terms)
        case Within(_, inner):
            return _bounded(inner)
        case _:
            return True


class _Reading:
    """Builds the term of one text from its syntax tree; ``field`` is the one that what is read stands in."""

    def __init__(self, text: str, zone: ZoneInfo) -> None:
        self.text = text
        self.zone = zone
        self.words = 0

    def term(self, node: Tree[Token] | Token, field: str | None = None) -> Term:
        tree = cast("Tree[Token]", node)
        match tree.data:
            case "either":
                return Or(tuple(self.term(one, field) for one in tree.children))
            case "both":
                return self._both(tree, field)
            case "none":
                return Not(self.term(tree.children[0], field))
            case "nearby":
                return self._nearby(tree, field)
            case "within":
                return self._within(tree, field)
            case "phrase":
                return self._leaf(cast("Token", tree.children[0]), field, quoted=True)
            case _:
                return self._leaf(cast("Token", tree.children[0]), field, quoted=False)

    def _both(self, tree: Tree[Token], field: str | None) -> Term:
        """Read what must all be found; words that stand beside a w/5 without AND may be meant as one with its word."""
        before: Tree[Token] | None = None
        terms = []
        for child in tree.children:
            if isinstance(child, Token):
                before = None
                continue
            if before is not None and "nearby" in (before.data, child.data):
                raise self._refused(
                    child.meta.start_pos,
                    "It is not clear what stands within that many words: this word alone, or with its neighbour.",
                    'Put a phrase in quotes, as in "town hall" w/5 budget; or write AND between.',
                )
            if before is not None and field in ONE_ALONE:
                do = f"Write OR between, as in {field}:(one OR another)."
                raise self._refused(child.meta.start_pos, f"A record has one {field} alone.", do)
            before = child
            terms.append(self.term(child, field))
        return And(tuple(terms))

    def _nearby(self, tree: Tree[Token], field: str | None) -> Term:
        first, operator, second = cast("tuple[Tree[Token], Token, Tree[Token]]", tree.children)
        name, _, number = operator.partition("/")
        at = operator.start_pos or 0
        if not 1 <= int(number[:6]) <= FARTHEST:
            raise self._refused(at, f"Words may be 1 to {FARTHEST} apart.", "Write a smaller number, such as w/5.")
        terms = self.term(first, field), self.term(second, field)
        for term, node in zip(terms, (first, second), strict=True):
            if not _has_place(term):
                raise self._refused(
                    node.meta.start_pos,
                    f"On both sides of {operator} stand words, phrases, or some of them joined by OR.",
                    "Take AND, NOT and fields out of it, as in author:(okafor w/2 jane) AND budget.",
                )
        return Near(*terms, within=int(number), ordered=name.lower() == "pre")

    def _within(self, tree: Tree[Token], field: str | None) -> Term:
        name, inner = cast("tuple[Token, Tree[Token]]", tree.children)
        if field is not None:
            raise self._refused(
                name.start_pos or 0, f"A field stands within {field}: already.", "Close that one first."
            )
        own = name[:-1].lower()
        if own in FACTS or own in DATES or own in SIGNED or own == "link":
            return self.term(inner, own)
        return Within(cast("TextField", own), self.term(inner, own))

    def _leaf(self, token: Token, field: str | None, *, quoted: bool) -> Term:
        at = token.start_pos or 0
        value = token[1:-1] if quoted else str(token)
        refuse = lambda what, do: self._refused(at, what, do)  # noqa: E731 - one line, three uses
        if field in FACTS:
            return fact_of(field, AROUND.sub("", value), refuse)
        if field in DATES:
            return dates_of(field, AROUND.sub("", value), self.zone, refuse)
        if not quoted:
            self._demand_plain(token, at)
            value = ROOT.sub("*", value)
        if field in SIGNED:
            return self._words(SIGNED[field] + value.lstrip("#@\uff03\uff20"), at)
        if field == "link":
            return Within("link", self._words(re.sub(r"^\w+://", "", value), at))
        return self._words(value, at)

    def _demand_plain(self, token: Token, at: int) -> None:
        """Refuse what looks like an operator, or a field, and is none."""
        for sign, what, do in NEAR_MISSES:
            if found := re.fullmatch(sign, token, re.DOTALL):
                raise self._refused(at, what, found.expand(do))
        name = UNKNOWN_FIELD.match(token)
        if name is None or name[1].lower() in SCHEMES:
            return
        if name[1].lower() in FIELDS:
            raise self._refused(at, f"Nothing stands after {name[0]}", "Write the value after it, without a space.")
        if name.end() == len(token):
            return  # a colon at the end of a word, as in pasted text
        near = get_close_matches(name[1].lower(), FIELDS, n=1)
        do = f"Did you mean {near[0]}:? " if near else ""
        listed = f"{do}There are {', '.join(FIELDS)}. To search for these words, put them in quotes."
        raise self._refused(at, f"There is no field {name[1][:40]}.", listed)

    def _words(self, value: str, at: int) -> Term:
        # In an address a question mark is none of ours.
        found = [
            word.rstrip("?") for piece in value.split() for word in words(piece, "*" if ADDRESS.search(piece) else "*?")
        ]
        found = [word for word in found if word.strip("#@")]
        if len(found) > 1 and found[-1] == "*" and part_of(found[-2][-1]) is Character.ALONE:
            found.pop()  # what is written without spaces goes on in any case
        if not found:
            raise self._refused(at, NOTHING, GIVE)
        self.words += len(found)
        if self.words > MOST_TERMS:
            raise self._refused(at, f"There are more than {MOST_TERMS} words.", "Search in parts.")
        parts = tuple(self._part(word, at) for word in found)
        if len(parts) == 1:
            (part,) = parts
            return Word(part) if isinstance(part, str) else part
        return Phrase(parts)

    def _part(self, word: str, at: int) -> str | Prefix | Wildcard:
        """Return a word, or what stands for several: ``budg*``, ``budg!``, ``wom?n``."""
        bare = word.rstrip("*")
        if not set("*?") & set(word):
            return word
        if not bare.strip("#@") or bare.lstrip("#@")[0] in "*?":
            do = "Write it after the word's beginning, such as budg* or wom?n."
            raise self._refused(at, "A word cannot begin with * or ?.", do)
        return Prefix(bare) if not set("*?") & set(bare) else Wildcard(word)

    def _refused(self, at: int, what: str, do: str) -> QuerySyntaxError:
        return QuerySyntaxError(what, do=do, text=self.text, at=at)


def _has_place(term: Term) -> bool:
    """Return whether what the term finds stands at some place in a text."""
    match term:
        case Not() | And() | Within() | Is() | During():
            return False
        case Or(terms):
            return all(_has_place(one) for one in terms)
        case _:
            return True
