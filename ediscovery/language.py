"""The language people search in: from text to a term. What a word is, is said by ``ediscovery.folding``.

::

    budget hearing              both words, in any order            budget AND hearing
    budget OR levy              at least one of them                AND binds before OR
    budget NOT draft            also: budget -draft
    (budget OR levy) hearing    parentheses group
    "budget hearing"            the words one after the other; “smart” and «other» quotes do as well
    budg*                       every word that starts so
    #budget, @district          only as hashtag or mention; without the sign, both ways

Operators are written in upper case. Case and accents do not matter elsewhere, nor does punctuation, so that a pasted
address is searched by its words. What other products would read as an operator and this one does not have yet is
refused by name, never searched as if it were a word.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from lark import Lark, Token, Transformer, UnexpectedInput, v_args
from lark.exceptions import VisitError

from ediscovery.folding import Character, part_of, words
from schemas.errors import InputError
from schemas.query import And, Not, Or, Phrase, Prefix, Word

if TYPE_CHECKING:
    from schemas.query import Term

LONGEST = 20_000  # characters of a query
MOST_TERMS = 1_000
DEEPEST = 50  # parentheses and NOTs within one another
SHOWN = 35  # characters on each side of the fault

GRAMMAR = r"""
?start: either
?either: both (_OR both)*
?both: one (_AND? one)*
?one: (_NOT | _MINUS) one -> none
    | "(" either ")"
    | WORD -> word
    | PHRASE -> phrase
_OR.3: /OR(?=[\s()"]|$)/
_AND.3: /AND(?=[\s()"]|$)/
_NOT.3: /NOT(?=[\s()"]|$)/
_MINUS.2: /-(?=[^\s()-]|\()/
PHRASE: /"[^"]*"/
WORD: /[^\s()"]+/
%ignore /\s+/
"""
QUOTES = str.maketrans(dict.fromkeys("“”„‟«»\uff02", '"'))
FIELDS = (
    *("author", "account", "platform", "type", "thread", "hashtag", "mention", "link", "lang", "moderation", "class"),
    *("is", "has", "captured", "created", "date", "hash", "id", "bates"),
)

NOT_YET = (
    (
        r"(?i)(?:w|pre|near|n|p)/\d+",
        "Proximity is not available yet.",
        'Use a phrase in quotes, such as "budget hearing".',
    ),
    (
        rf"(?i)(?:{'|'.join(FIELDS)}):.*",
        "Fields are not available yet.",
        "Use the options --author, --account, --type, --from and --to; or quotes, to search for the words.",
    ),
    (r"&&|\|\||!.+", "This sign is no operator here.", "Write AND, OR or NOT."),
    (
        r"\w+!",
        "The root expander ! is not available yet.",
        "Write * at the end of the word's beginning, such as budg*.",
    ),
    (
        r"\w+\?\w+",
        "The wildcard ? is not available yet.",
        "Write the forms with OR, or quotes, to search for the words.",
    ),
    (r".*\w(?:~[\d.]*|\^[\d.]+)", "Fuzzy search and weights are not available.", "Write the forms with OR."),
    (r"~[\d.]*|\^[\d.]+", "Nearness of words and weights are not available.", "Leave the sign out."),
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


class QuerySyntaxError(InputError):
    """A query cannot be read. ``column`` counts characters from 1; ``excerpt`` is its neighbourhood over a caret."""

    code = "QUERY_SYNTAX"

    def __init__(self, what: str, *, do: str, text: str, at: int) -> None:
        self.column = at + 1
        self.excerpt = _excerpt(text, at)
        super().__init__(f"Column {self.column}: {what}\n{self.excerpt}\n", do=do, column=self.column)


def _excerpt(text: str, at: int) -> str:
    """Return one line of the text around a fault and, on a second, a caret under it."""
    start = max(0, at - SHOWN)
    shown = [c if c.isprintable() else " " for c in text[start : at + SHOWN]]
    width = sum(_width(c) for c in shown[: at - start])
    return f"  {''.join(shown)}\n  {' ' * width}^"


def _width(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "FW" else 1


def parse(text: str) -> Term | None:
    """Return the term that ``text`` means, or ``None`` when it is blank.

    Raises:
        QuerySyntaxError: it cannot be read, is too large, or would find nearly everything.
    """
    if not text.strip():
        return None
    if len(text) > LONGEST:
        raise _refused(text[:LONGEST], LONGEST, f"The query is longer than {LONGEST} characters.", "Search in parts.")
    plain = text.translate(QUOTES)
    _check(plain, text)
    try:
        term = cast("Term", _Terms(text).transform(_grammar().parse(plain)))
    except UnexpectedInput as error:
        raise _dangling(error, text) from None
    except VisitError as error:
        raise error.orig_exc from None
    if not _bounded(term):
        raise _refused(
            text,
            0,
            "This excludes without saying what to find; it would return nearly the whole archive.",
            "Say first what to find, such as: budget NOT draft. To search for a minus sign's word, put it in quotes.",
        )
    return term


@cache
def _grammar() -> Lark:
    # The basic lexer reads a dangling AND as an operator; the contextual one would take it for a word.
    return Lark(GRAMMAR, parser="lalr", lexer="basic", propagate_positions=False)


def _refused(text: str, at: int, what: str, do: str) -> QuerySyntaxError:
    return QuerySyntaxError(what, do=do, text=text, at=at)


def _check(plain: str, text: str) -> None:
    """Refuse what is too large, and what does not close, before anything is built."""
    if plain.count('"') % 2:
        raise _refused(text, plain.rindex('"'), "This quotation mark has no partner.", "Close the phrase, or drop it.")
    opened: list[int] = []
    negations = terms = 0
    for token in _grammar().lex(plain):
        at = token.start_pos or 0
        terms += token.type in ("WORD", "PHRASE")
        negations = negations + 1 if token.type in ("_NOT", "_MINUS") else 0
        if token.type == "LPAR":
            opened.append(at)
        elif token.type == "RPAR":
            if not opened:
                raise _refused(text, at, "This parenthesis closes nothing.", "Open it before, or leave it out.")
            opened.pop()
        if terms > MOST_TERMS:
            raise _refused(text, at, f"There are more than {MOST_TERMS} words.", "Search in parts.")
        if len(opened) + negations > DEEPEST:
            raise _refused(text, at, f"This is nested more than {DEEPEST} deep.", "Say it with fewer parentheses.")
    if opened:
        raise _refused(text, opened[-1], "This parenthesis is not closed.", "Close it, or leave it out.")


def _dangling(error: UnexpectedInput, text: str) -> QuerySyntaxError:
    token = getattr(error, "token", None)
    if not isinstance(token, Token) or token.type == "$END":
        return _refused(
            text, len(text.rstrip()), "Something to search for is missing at the end.", "Add or remove a word."
        )
    what = f"Something to search for is missing before {str(token)!r}."
    return _refused(text, token.start_pos or 0, what, "Add it; or put the operator in quotes to search for the word.")


def _bounded(term: Term) -> bool:
    """Return whether the term finds something by itself, and not only whatever something else does not."""
    match term:
        case Word() | Prefix() | Phrase():
            return True
        case Not():
            return False
        case And(terms):
            return any(_bounded(one) for one in terms)
        case Or(terms):
            return all(_bounded(one) for one in terms)


@v_args(inline=True)
class _Terms(Transformer[Token, Any]):
    """Builds terms from what the grammar found."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def either(self, *terms: Term) -> Term:
        return terms[0] if len(terms) == 1 else Or(terms)

    def both(self, *terms: Term) -> Term:
        return terms[0] if len(terms) == 1 else And(terms)

    def none(self, term: Term) -> Term:
        return Not(term)

    def phrase(self, token: Token) -> Term:
        at = token.start_pos or 0
        if star := re.search(r"\w\*(?!\w)", token):
            raise self._refused(at + star.start() + 1, "A * is not available within quotes yet.", "Leave it out.")
        return _words(self._found(token[1:-1], at))

    def word(self, token: Token) -> Term:
        at = token.start_pos or 0
        for sign, what, do in NOT_YET:
            if re.fullmatch(sign, token, re.DOTALL):
                raise self._refused(at, what, do)
        if "*" not in token:
            return _words(self._found(token, at))
        start = token[:-1]
        if "*" in start or not start or part_of(start[-1]) is Character.SEPARATOR:
            star = at + token.index("*")
            raise self._refused(star, "A * must stand at the end of a word's beginning.", "Write it so: budg*")
        return Prefix(" ".join(self._found(start, at)))

    def _found(self, text: str, at: int) -> tuple[str, ...]:
        found = words(text)
        if not found:
            raise self._refused(
                at, "There is nothing to search for here.", "Give letters, digits or emoji, or leave it out."
            )
        return found

    def _refused(self, at: int, what: str, do: str) -> QuerySyntaxError:
        return _refused(self.text, at, what, do)


def _words(found: tuple[str, ...]) -> Word | Phrase:
    return Word(found[0]) if len(found) == 1 else Phrase(found)
