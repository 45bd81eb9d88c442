"""From a term to SQL over the index: which documents it finds, and where in them. Pure: nothing is run here.

``postings(term, doc, places)`` has a row for each word of each document, with the places where it stands, in their
order, and one for each fact (``places.fact``). ``docs`` has a row for each document, ``names`` the number of its item's
identifier, ``items`` a row for each of which the item has several records (``segments``). Every value is a parameter.

What is rare is looked for first, and what is common only in the documents that are left.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias, get_args

from ediscovery.index.places import LINKED, PLACE_BITS, fact, room
from schemas.classifying import ANSWERS
from schemas.errors import InputError
from schemas.query import And, During, Is, Near, Not, Or, Phrase, Prefix, Wildcard, Within, Word
from schemas.record import AbsenceClass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from ediscovery.sql import Values
    from schemas.digest import Digest
    from schemas.query import Term, TextField

Leaf: TypeAlias = Word | Prefix | Wildcard
Table: TypeAlias = str
"""The name of a table of the statement."""

LAST = "\U0010ffff"
MANY, MOST = 1 << 20, 1 << 30
"""How common is taken to be what stands for several words, and what is so of a document."""

FOLLOWED = 6
"""Words of a phrase that are looked for one after the other."""

SHORTEST_ID = 8  # hexadecimal digits of a record's id
HASH_DIGITS = 16
"""Hexadecimal digits of a SHA-256 that the index keeps: enough that nobody makes a second one that has them."""

VERDICTS: Mapping[str, tuple[AbsenceClass, ...]] = {
    "removed": ("deleted",),
    "deleted": ("deleted",),
    "hidden": ("hidden",),
    "absent": tuple(one for one in get_args(AbsenceClass) if one != "present"),
    "visible": tuple(one for one in get_args(AbsenceClass) if one not in ("deleted", "hidden")),
}


class NotSearchableError(InputError):
    """A term cannot be searched for where it stands."""

    code = "NOT_SEARCHABLE"


@dataclass(frozen=True, slots=True)
class Known:
    """What is known outside the index: who speaks for an account, and which records were handed over under numbers."""

    officials: Mapping[str, Sequence[str]] = field(default_factory=dict)
    numbered: Callable[[str], Iterable[Digest]] = lambda _: ()


def words_in(term: Term) -> frozenset[Word]:
    """Return the words that a term names whole: how common each is decides what is looked for first."""
    match term:
        case And(terms) | Or(terms):
            return frozenset[Word]().union(*map(words_in, terms))
        case Not(inner) | Within(_, inner):
            return words_in(inner)
        case Near(first, second):
            return words_in(first) | words_in(second)
        case Phrase(words):
            return frozenset(Word(one) for one in words if isinstance(one, str))
        case Word():
            return frozenset({term})
        case _:
            return frozenset()


def counting(words: Iterable[Word], values: Values) -> str:
    """Return the statement of how many postings each of some words has; of those that have none it says nothing."""
    named = ", ".join(values.add(word.text) for word in words)
    return f"SELECT term, count(*) FROM postings WHERE term IN ({named}) GROUP BY term"


class Compiler:
    """Makes the tables of one statement; ``tables`` are their definitions, in the order in which they stand.

    ``common`` is how many postings words have, as ``counting`` says.
    """

    def __init__(self, values: Values, known: Known, common: Mapping[str, int]) -> None:
        self.values = values
        self.known = known
        self._common = common
        self.tables: list[str] = []

    def documents(self, term: Term, within: Table | None = None, own: TextField | None = None) -> Table:
        """Return the table of the documents, each once, that a term finds among those of ``within``, or among all.

        Words are looked for in the field ``own``, if there is one.
        """
        match term:
            case And(terms):
                return self._all_of(terms, within, own)
            case Or(terms):
                single, others = _parted(terms)
                found = [f"SELECT doc FROM {self.documents(one, within, own)}" for one in others]
                if single:
                    found.append(f"SELECT doc FROM postings WHERE {self._rows(single, within, own)}")
                return self._table(
                    " UNION ".join(found) if len(found) > 1 else f"SELECT DISTINCT doc FROM ({found[0]})"
                )
            case Not(inner):
                among = within or "docs"
                excluded = self.documents(inner, within, own)
                return self._table(f"SELECT doc FROM {among} ANTI JOIN {excluded} USING (doc)")
            case Within(name, inner):
                return self.documents(inner, within, name)
            case Phrase() | Near():
                return self._table(f"SELECT DISTINCT doc FROM {self._places(term, within, own)}")
            case Is():
                return self._so(term, within)
            case During(date, start, end):
                # What has a date of its own is sorted by it.
                column = "date" if date == "created" else date
                edges = ["dated"] if date == "created" else ["true"]
                edges += [f"{column} >= {self.values.add(start.micros)}"] if start is not None else []
                edges += [f"{column} < {self.values.add(end.micros)}"] if end is not None else []
                return self._of_docs(" AND ".join(edges), within)
            case Word() | Prefix() | Wildcard():
                each = "doc" if isinstance(term, Word) else "DISTINCT doc"
                return self._table(f"SELECT {each} FROM postings WHERE {self._rows((term,), within, own)}")

    def _all_of(self, terms: Sequence[Term], within: Table | None, own: TextField | None) -> Table:
        # What excludes needs something to exclude from, and comes last.
        for term in sorted(terms, key=lambda one: (not _finds(one), self._size(one))):
            within = self.documents(term, within, own)
        return within or "docs"

    def _size(self, term: Term) -> int:
        match term:
            case And(terms):
                return min(self._size(one) for one in terms)
            case Or(terms):
                return sum(self._size(one) for one in terms)
            case Not(inner) | Within(_, inner):
                return self._size(inner)
            case Phrase(words):
                return min(self._size(_leaf(one)) for one in words)
            case Near(first, second):
                return min(self._size(first), self._size(second))
            case Word(text):
                return self._common.get(text, 0)
            case Prefix() | Wildcard():
                return MANY
            case During() | Is():
                return MOST

    def _places(self, term: Term, within: Table | None, own: TextField | None) -> Table:
        """Return the table of where a term stands: ``doc``, and the first and the last place, ``first`` and ``last``.

        Raises:
            NotSearchableError: it stands nowhere, as what is not there does.
        """
        match term:
            case Word() | Prefix() | Wildcard():
                return self._table(
                    f"SELECT doc, place AS first, place AS last FROM {self._standing((term,), within, own)}"
                )
            case Phrase(words):
                return self._phrase([_leaf(one) for one in words], within, own)
            case Or(terms):
                single, others = _parted(terms)
                found = [f"SELECT doc, first, last FROM {self._places(one, within, own)}" for one in others]
                if single:
                    standing = self._standing(single, within, own)
                    found.append(f"SELECT doc, place AS first, place AS last FROM {standing}")
                return self._table(" UNION ".join(found))
            case Near():
                return self._near(term, within, own)
            case _:
                raise NotSearchableError(
                    "What must not be there, or stands in no text, is near to nothing.",
                    do="Put words, phrases, or some of them joined by OR on both sides.",
                )

    def _phrase(self, words: Sequence[Leaf], within: Table | None, own: TextField | None) -> Table:
        # The rarest first. What is left of a long phrase is looked for at once, in the few documents that are left.
        order = sorted(range(len(words)), key=lambda at: self._size(words[at]))
        single = [at for at in order if isinstance(words[at], Word)]
        found: Table | None = None
        for at in (*single[:FOLLOWED], *(at for at in order if at not in single)):
            standing = self._standing((words[at],), within, own)
            starts = f"SELECT doc << {PLACE_BITS} | place - {at} AS start FROM {standing}"
            if found is not None:
                starts = f"SELECT start FROM {found} SEMI JOIN ({starts}) USING (start)"
            found = self._table(starts)
            within = self._table(f"SELECT DISTINCT start >> {PLACE_BITS} AS doc FROM {found}")
        if left := single[FOLLOWED:]:
            found = self._rest(found, [(at, words[at]) for at in left], within, own)
        mask = (1 << PLACE_BITS) - 1
        return self._table(
            f"SELECT DISTINCT start >> {PLACE_BITS} AS doc, (start & {mask})::INTEGER AS first,"
            f" (start & {mask})::INTEGER + {len(words) - 1} AS last FROM {found}"
        )

    def _rest(
        self, found: Table | None, words: Sequence[tuple[int, Leaf]], within: Table | None, own: TextField | None
    ) -> Table:
        """Return those starts of phrases after which all further words stand in their places."""
        terms = self.values.add([_sign(own) + word.text for _, word in words])
        places = self.values.add([str(at) for at, _ in words])
        standing = self._standing(tuple(dict.fromkeys(word for _, word in words)), within, own)
        return self._table(f"""
            SELECT start FROM (
                SELECT doc << {PLACE_BITS} | place - wanted.number AS start, wanted.number FROM {standing}
                JOIN (SELECT unnest({terms}) AS term, unnest({places})::INTEGER AS number) AS wanted USING (term)
            ) SEMI JOIN {found} USING (start) GROUP BY start HAVING count(DISTINCT number) = {len(words)}""")

    def _near(self, term: Near, within: Table | None, own: TextField | None) -> Table:
        one, other = sorted((term.first, term.second), key=self._size)
        rarer = self._places(one, within, own)
        left = self._table(f"SELECT DISTINCT doc FROM {rarer}")
        commoner = self._places(other, left, own)
        first, second = (rarer, commoner) if one is term.first else (commoner, rarer)
        pairs = [self._following(first, second, term.within)]
        if not term.ordered:
            pairs.append(self._following(second, first, term.within))
        return self._table(" UNION ".join(pairs))

    def _following(self, before: Table, after: Table, most: int) -> str:
        """Return the statement of what stands in one table at most so many words before what stands in the other.

        Both are sorted into stretches of that length, so that a pair lies in one of them or in two neighbours.
        """
        return f"""
            SELECT DISTINCT x.doc, x.first, y.last
            FROM (SELECT *, unnest([last // {most}, last // {most} + 1]) AS stretch FROM {before}) AS x
            JOIN (SELECT *, first // {most} AS stretch FROM {after}) AS y USING (doc, stretch)
            WHERE y.first - x.last BETWEEN 1 AND {most}"""

    def _so(self, term: Is, within: Table | None) -> Table:
        match term:
            case Is("class", value):
                return self._of_class(value, within)
            case Is("moderation" | "is", "removed" | "hidden" | "deleted" | "absent" as value):
                verdicts = self.values.add(list(VERDICTS[value]))
                return self._among(f"SELECT doc FROM items WHERE list_contains({verdicts}, verdict)", within)
            case Is("moderation"):
                verdicts = self.values.add(list(VERDICTS["visible"]))
                away = f"SELECT doc FROM items WHERE NOT list_contains({verdicts}, verdict)"
                return self._table(f"SELECT doc FROM {within or 'docs'} ANTI JOIN ({away}) USING (doc)")
            case Is("is", "edited"):
                told = f"SELECT doc FROM postings WHERE {self._is('is', 'edited')}"
                return self._among(f"{told} UNION SELECT doc FROM items WHERE versions > 1", within)
            case Is("id", value):
                name = self.values.add(value)
                named = self._table(f"SELECT doc FROM names WHERE name = md5_number_lower({name})")
                found = f"SELECT doc FROM docs SEMI JOIN {named} USING (doc) WHERE item = {name}"
                digits = value.lower()
                if re.fullmatch(f"[0-9a-f]{{{SHORTEST_ID},64}}", digits):
                    given = self.values.add(digits)
                    found += f" UNION SELECT doc FROM docs WHERE starts_with(lower(hex(record)), {given})"
                return self._among(found, within)
            case Is("bates", value):
                ids = self.values.add([record.hex for record in self.known.numbered(value)])
                return self._of_docs(f"list_contains({ids}, lower(hex(record)))", within)
            case _:
                return self._among(f"SELECT DISTINCT doc FROM postings WHERE {self._fact(term)}", within)

    def _fact(self, term: Is) -> str:
        value = term.value[:HASH_DIGITS] if term.fact == "hash" else term.value
        if not term.prefix:
            return self._is(term.fact, value)
        start = fact(term.fact, value)
        return f"term >= {self.values.add(start)} AND term < {self.values.add(start + LAST)}"

    def _is(self, name: str, value: str) -> str:
        return f"term = {self.values.add(fact(name, value))}"

    def _of_class(self, value: str, within: Table | None) -> Table:
        """Return what the public said: answers of whom nothing says that they speak for the account; or the rest."""
        said = " OR ".join(self._is("type", kind) for kind in ANSWERS)
        answers = self._among(f"SELECT DISTINCT doc FROM postings WHERE {said}", within)
        spoken = [
            f"SELECT doc FROM {self._speaking(account, names, answers)}"
            for account, names in sorted(self.known.officials.items())
            if names
        ]
        public = answers
        if spoken:
            public = self._table(f"SELECT doc FROM {answers} ANTI JOIN ({' UNION '.join(spoken)}) USING (doc)")
        if value == "public":
            return public
        return self._table(f"SELECT doc FROM {within or 'docs'} ANTI JOIN {public} USING (doc)")

    def _speaking(self, account: str, names: Iterable[str], answers: Table) -> Table:
        own = self._among(f"SELECT doc FROM postings WHERE {self._is('account', account)}", answers)
        said = " OR ".join(self._is("author", name) for name in sorted(set(names)))
        return self._among(f"SELECT DISTINCT doc FROM postings WHERE {said}", own)

    def _rows(self, leaves: Sequence[Leaf], within: Table | None, own: TextField | None) -> str:
        """Return the condition of the postings that one of some words has, in a field or in all."""
        placed = ""
        if own and own != "link":  # whose words are words of their own
            start, end = room(own)
            placed = f" AND list_bool_or(list_transform(places, lambda p: p >= {start} AND p < {end}))"
        among = f" AND doc IN (SELECT doc FROM {within})" if within else ""
        return f"{self._spelled(leaves, _sign(own))}{placed}{among}"

    def _standing(self, leaves: Sequence[Leaf], within: Table | None, own: TextField | None) -> str:
        """Return the statement, in parentheses, of every place at which one of some words stands."""
        listed = f"SELECT term, doc, unnest(places) AS place FROM postings WHERE {self._rows(leaves, within, own)}"
        if own is None:
            return f"({listed})"
        start, end = room(own)
        return f"(SELECT * FROM ({listed}) WHERE place >= {start} AND place < {end})"

    def _spelled(self, leaves: Sequence[Leaf], sign: str) -> str:
        """Return the condition of the terms that some words are, each with a sign before it."""
        add = self.values.add
        match leaves:
            case [Prefix(text)]:
                return f"term >= {add(sign + text)} AND term < {add(sign + text + LAST)}"
            case [Wildcard(text)]:
                text = sign + text
                start = re.split(r"[*?]", text, maxsplit=1)[0]
                form = "".join({"*": ".*", "?": "."}.get(part, re.escape(part)) for part in re.split(r"([*?])", text))
                within = f"term >= {add(start)} AND term < {add(start + LAST)}"
                return f"{within} AND regexp_full_match(term, {add(form)})"
            case _:
                # One parameter a word: a list would not be looked up in the files' statistics.
                return f"term IN ({', '.join(add(sign + word.text) for word in leaves)})"

    def _of_docs(self, condition: str, within: Table | None) -> Table:
        return self._among(f"SELECT doc FROM docs WHERE {condition}", within)

    def _among(self, found: str, within: Table | None) -> Table:
        return self._table(f"SELECT doc FROM ({found}) SEMI JOIN {within} USING (doc)" if within else found)

    def _table(self, sql: str) -> Table:
        name = f"t{len(self.tables)}"
        self.tables.append(f"{name} AS MATERIALIZED ({sql})")
        return name


def _sign(own: TextField | None) -> str:
    """Return what the words of a field begin with."""
    return LINKED if own == "link" else ""


def _parted(terms: Sequence[Term]) -> tuple[tuple[Word, ...], tuple[Term, ...]]:
    """Return the words among terms, which are looked for at once, and the others."""
    single = tuple(one for one in terms if isinstance(one, Word))
    return single, tuple(one for one in terms if not isinstance(one, Word))


def _leaf(part: str | Prefix | Wildcard) -> Leaf:
    return Word(part) if isinstance(part, str) else part


def _finds(term: Term) -> bool:
    """Return whether a term says what to find, and not only what not to."""
    match term:
        case Not():
            return False
        case And(terms):
            return any(_finds(one) for one in terms)
        case Or(terms):
            return all(_finds(one) for one in terms)
        case Within(_, inner):
            return _finds(inner)
        case Is("class", "official") | Is("moderation", "visible"):
            return False
        case _:
            return True
