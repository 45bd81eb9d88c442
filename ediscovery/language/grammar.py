"""The grammar, and what is refused of a text before anything is built of it: what does not close, or is too large."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from lark import Lark, Token, UnexpectedInput

from ediscovery.language.faults import QuerySyntaxError
from schemas.query import DATES, FACTS, TEXT_FIELDS

if TYPE_CHECKING:
    from lark import Tree

LONGEST = 20_000  # characters of a query
MOST_TERMS = 1_000
DEEPEST = 50  # parentheses and NOTs within one another

SIGNED = {"hashtag": "#", "mention": "@"}
FIELDS = (*TEXT_FIELDS, *SIGNED, *FACTS, *DATES)

GRAMMAR = rf"""
?start: either
?either: both (_OR both)*
?both: one (AND? one)*
?one: (_NOT | _MINUS) one -> none
    | near
?near: atom
    | near NEAR atom -> nearby
?atom: "(" either ")"
    | FIELD atom -> within
    | WORD -> word
    | PHRASE -> phrase
_OR.4: /OR(?=[\s()"]|$)/
AND.4: /AND(?=[\s()"]|$)/
_NOT.4: /NOT(?=[\s()"]|$)/
NEAR.4: /(w|pre)\/[0-9]+(?=[\s()"]|$)/i
FIELD.3: /({"|".join(FIELDS)}):(?=[^\s)])/i
_MINUS.2: /-(?=[^\s()-]|\()/
PHRASE: /"[^"]*"/
WORD: /[^\s()"]+/
%ignore /\s+/
"""
QUOTES = str.maketrans(dict.fromkeys("“”„‟«»\uff02", '"'))
UNSEEN = "[\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
AT_EDGES = re.compile(rf"""(?<![^\s()"]){UNSEEN}|{UNSEEN}(?![^\s()"])""")
"""What is left around copied words and nobody sees: an operator stays one."""


@cache
def _grammar() -> Lark:
    # The basic lexer reads a dangling AND as an operator; the contextual one would take it for a word.
    return Lark(GRAMMAR, parser="lalr", lexer="basic", propagate_positions=True)


def tree_of(text: str, *, room: int = 1) -> Tree[Token] | Token:
    """Return the syntax tree of a query, whose tokens know their place in ``text``.

    It may be ``room`` times as long and as deep as one that is typed.

    Raises:
        QuerySyntaxError: it is too large, or breaks the grammar.
    """
    if len(text) > (longest := room * LONGEST):
        what = f"The query is longer than {longest} characters."
        raise QuerySyntaxError(what, do="Search in parts.", text=text[:longest], at=longest)
    # One character for one, so that places stay.
    plain = text.translate(QUOTES)
    while (shorter := AT_EDGES.sub(" ", plain)) != plain:
        plain = shorter
    _check(plain, text, deepest=room * DEEPEST)
    try:
        return _grammar().parse(plain)
    except UnexpectedInput as error:
        raise _dangling(error, text) from None


def _check(plain: str, text: str, *, deepest: int) -> None:
    if plain.count('"') % 2:
        what = "This quotation mark has no partner."
        raise QuerySyntaxError(what, do="Close the phrase, or drop it.", text=text, at=plain.rindex('"'))
    opened: list[int] = []
    negations = terms = nearby = 0
    for token in _grammar().lex(plain):
        at = token.start_pos or 0
        terms += token.type in ("WORD", "PHRASE")
        nearby += token.type == "NEAR"
        negations = negations + 1 if token.type in ("_NOT", "_MINUS", "FIELD") else 0
        if token.type == "LPAR":
            opened.append(at)
        elif token.type == "RPAR":
            if not opened:
                what = "This parenthesis closes nothing."
                raise QuerySyntaxError(what, do="Open it before, or leave it out.", text=text, at=at)
            opened.pop()
        if terms > MOST_TERMS:
            what = f"There are more than {MOST_TERMS} words."
            raise QuerySyntaxError(what, do="Search in parts.", text=text, at=at)
        if nearby > DEEPEST:
            what = f"There are more than {DEEPEST} proximity operators."
            raise QuerySyntaxError(what, do="Search in parts.", text=text, at=at)
        if len(opened) + negations > deepest:
            what = f"This is nested more than {deepest} deep."
            raise QuerySyntaxError(what, do="Say it with fewer parentheses.", text=text, at=at)
    if opened:
        what = "This parenthesis is not closed."
        raise QuerySyntaxError(what, do="Close it, or leave it out.", text=text, at=opened[-1])


def _dangling(error: UnexpectedInput, text: str) -> QuerySyntaxError:
    token = getattr(error, "token", None)
    if not isinstance(token, Token) or token.type == "$END":
        what = "Something to search for is missing at the end."
        return QuerySyntaxError(what, do="Add or remove a word.", text=text, at=len(text.rstrip()))
    return QuerySyntaxError(
        f"Something to search for is missing before {str(token)!r}.",
        do="Add it; or put the operator in quotes to search for the word.",
        text=text,
        at=token.start_pos or 0,
    )
