"""What a published series says of how long it is kept, read only where its words and its numbers agree. Pure.

States publish numbers beside words, and both have errors: programs wrote the numbers, from words that were cut out of
documents. So nothing here guesses. A series is understood if its words are one of few plain sentences, or the mere name
of an event; if every number in them is the number beside them; and if nothing else that is said of it speaks of
keeping for ever, of choosing, of reviewing, or of a text that is elsewhere. All others are refused, and say why.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

from schemas.retention import Period, Term

FOR_EVER_YEARS = 999
"""The number that stands for ever in published data."""
LONGEST_YEARS = 150

Refusal: TypeAlias = Literal[
    "no duration",
    "no plain duration",
    "permanent and a duration",
    "the number says for ever, the words do not",
    "the words name another duration than the number",
    "the words name another trigger than the code",
    "the words unsettle the number",
    "the description speaks of keeping",
    "trigger not understood",
    "disposition not understood",
    "a number of nothing",
    "the number stands twice",
    "unreadable",
]


@dataclass(frozen=True, slots=True)
class Claim:
    """What is published of a series: its numbers; a code and words of its rule; all else that is said of it."""

    years: int | None
    months: int | None
    rule: str
    disposition: str = ""
    code: str = ""
    beside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Timed:
    """A series that is understood: its term, and whether it says itself that its records are destroyed then."""

    term: Term
    destroyed: bool


@dataclass(frozen=True, slots=True)
class ForEver:
    """A series that is kept for ever, as its words and its number say."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A series that is not understood, and why; ``words`` is what unsettled it."""

    why: Refusal
    words: str = ""

    def __str__(self) -> str:
        return f"{self.why}: {self.words!r}" if self.words else self.why


Reading: TypeAlias = Timed | ForEver | Refused

PERMANENT = re.compile(r"perm[ae]n[ae]nt|∞|\bfor ?ever\b|indefinite", re.IGNORECASE)
UNSETTLING = re.compile(
    r"\b(until|unless|whichever|(?<!no )longer|later|shorter|greater|sooner|review\w*|archiv\w*|apprais\w*"
    r"|histor\w*|transfer\w*|total|records? ?cent\w*|library|media vault|compliance|accordance|authority|see|note"
    r"|cover|cut-?off|minor|as long as|life|duration|if|when|while|except|excluding|but|also|originals?|cop(?:y|ies)"
    r"|litigation|hold|delete|wipe|convert|scan|migrat\w*|microfilm\w*|agency policy|remaining|additional)\b"
    r"|[*±Ω©†‡§_]",
    re.IGNORECASE,
)
KEEPING = re.compile(
    r"\b(retain\w*|retention|destroy\w*|destruction|dispos(?:e|ed|al) of|whichever|archival value|historical value"
    r"|until|cut-?off|years? (?:after|from)|purge[ds]?)\b",
    re.IGNORECASE,
)
NUMBERS = (
    *("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("fifteen", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety", "hundred"),
)
NUMBER = re.compile(rf"\d|\b({'|'.join(NUMBERS)})\b", re.IGNORECASE)

LENGTH = r"(?P<count>\d{1,3}) (?P<unit>years?|months?)"
SENTENCES = (
    # Alabama says "Temporary Record. Retain 3 years after audit.", and Virginia "Retain 5 years, then destroy."
    re.compile(
        rf"(?P<temporary>Temporary Record[.:] )?Retain (?:for )?{LENGTH}(?: (?P<after>after) (?P<event>[^.,;()]+?))?"
        r"(?P<destroyed>[,;]? then destroy)?\.?(?: \((?:Code of Alabama 1975|\d+ CFR) [^()]*\)\.?)?"
    ),
    # North Carolina says "RETAIN UNTIL: Complete PLUS: 3 years THEN: Destroy", or FROM.
    re.compile(rf"RETAIN (?:UNTIL|FROM): (?P<event>[^.:;()]+?) PLUS: {LENGTH} THEN: (?P<destroyed>Destroy)"),
)
DESTRUCTION = ("Confidential Destruction", "Non-confidential Destruction", "ConfidentialDestruction", "Destruction")

CREATED = {"creation", "from: creation", "records were created", "the records were created", "record was created"}
CALENDAR_YEAR = {"end of calendar year", "the end of the calendar year in which the records were created"}
FISCAL_YEAR = {
    *("end of state fiscal year", "fiscal year close", "fiscal year end"),
    *(
        f"{the}end of the fiscal year in which the record{were} created"
        for the in ("", "the ")
        for were in ("s were", " was")
    ),
}
NAMELESS = {"event", "in agency", "date", "birth", "birthday", "year", "action"}
"""Words that do not say which event; of ``birth`` the sources often leave out the age that is to be reached."""
EVENT = re.compile(r"[A-Za-z][A-Za-z'’]*(?:[ /,-]{1,2}[A-Za-z'’]+)*")
NEEDLESS = re.compile(r"\b(superseded|obsolete|rescinded|no longer)\b")
"""Events after which a record may go at once; with others a nothing may be days, for which there is no number."""
LONGEST_EVENT_WORDS = 9
OPEN_ENDS = {
    *(
        "a",
        "an",
        "and",
        "as",
        "at",
        "because",
        "by",
        "each",
        "for",
        "from",
        "in",
        "of",
        "on",
        "or",
        "such",
        "the",
        "to",
    ),
    *("its", "with", "which", "that", "who", "is", "then", "than", "entire", "every", "after", "records"),
}
"""Words with which the name of an event neither begins nor ends, except "the": then something was cut off."""
YEARLY = {"end of academic year", "end of school year"}


def read_claim(claim: Claim) -> Reading:
    """Return what a series is understood to say, or why it is not."""
    unnumbered = claim.years in (None, FOR_EVER_YEARS) and claim.months is None and not NUMBER.search(claim.rule)
    if unnumbered and _find(PERMANENT, claim.rule, claim.disposition):
        return ForEver()
    if claim.years == FOR_EVER_YEARS or claim.code == "PM":
        return Refused("the number says for ever, the words do not")
    if claim.years is None and claim.months is None:
        return Refused("no duration")
    if (permanent := _find(PERMANENT, claim.rule, claim.disposition, *claim.beside)) is not None:
        return Refused("permanent and a duration", permanent)
    if (period := _find_period(claim)) is None:
        return Refused("no plain duration", f"{claim.years} years, {claim.months} months")
    if (keeping := _find(KEEPING, *claim.beside)) is not None:
        return Refused("the description speaks of keeping", keeping)
    sentence = next((found for one in SENTENCES if (found := one.fullmatch(claim.rule))), None)
    return _sentence(claim, period, sentence) if sentence else _phrase(claim, period)


def _find(pattern: re.Pattern[str], *texts: str) -> str | None:
    return next((found[0] for text in texts if (found := pattern.search(text))), None)


def _find_period(claim: Claim) -> Period | None:
    years, months = claim.years or 0, claim.months or 0
    plain = 0 <= years <= LONGEST_YEARS and 0 <= months <= LONGEST_YEARS and not (years and months)
    return Period(years=years, months=months) if plain else None


def _sentence(claim: Claim, period: Period, sentence: re.Match[str]) -> Timed | Refused:
    """Read a whole sentence: its number must be the number, its trigger that of the code."""
    found = sentence.groupdict()
    length = int(found["count"])
    named = Period(years=length) if found["unit"].startswith("year") else Period(months=length)
    if named != period:
        return Refused("the words name another duration than the number", f"{found['count']} {found['unit']}")
    event = found["event"]
    if (claim.code == "CR" and event) or (claim.code in ("AC", "US") and not event) or claim.code == "AV":
        return Refused("the words name another trigger than the code", f"{claim.code}: {event or 'nothing'}")
    term = _term(event or "creation", period)
    if isinstance(term, Refused):
        return term
    if claim.disposition not in ("", *DESTRUCTION):
        return Refused("disposition not understood", claim.disposition)
    return Timed(term, bool(found.get("temporary") or found["destroyed"] or claim.disposition))


def _phrase(claim: Claim, period: Period) -> Timed | Refused:
    """Read a rule that is the mere name of an event, with its number beside it."""
    if (unsettling := _find(UNSETTLING, claim.rule)) is not None:
        return Refused("the words unsettle the number", unsettling)
    if claim.code:
        return Refused("trigger not understood", claim.rule)
    if (number := NUMBER.search(claim.rule)) is not None:
        return Refused("the words name another duration than the number", number[0])
    if claim.disposition not in ("", *DESTRUCTION):
        return Refused("disposition not understood", claim.disposition)
    term = _term(claim.rule, period)
    return term if isinstance(term, Refused) else Timed(term, bool(claim.disposition))


def _term(event: str, period: Period) -> Term | Refused:
    """Return the term that runs from an event: what every record has, or what a person declares."""
    words = event.casefold()
    if period == Period() and not NEEDLESS.search(words):
        return Refused("a number of nothing", event)
    if words in CREATED:
        return Term(trigger="created", period=period)
    if words in CALENDAR_YEAR:
        return Term(trigger="created", period=period, cutoff="calendar-year-end")
    if words in FISCAL_YEAR:
        return Term(trigger="created", period=period, cutoff="fiscal-year-end")
    if (found := UNSETTLING.search(event)) is not None:
        return Refused("the words unsettle the number", found[0])
    if not _names_an_event(words):
        return Refused("trigger not understood", event)
    return Term(trigger=f"event:{_slug(words)}", period=period)


def _names_an_event(words: str) -> bool:
    parts = re.split(r"[ /,-]+", words)
    return (
        EVENT.fullmatch(words) is not None
        and len(parts) <= LONGEST_EVENT_WORDS
        and words not in NAMELESS
        and parts[0] not in OPEN_ENDS - {"the", "a", "an"}
        and parts[-1] not in OPEN_ENDS
        and NUMBER.search(words) is None
        and "after" not in parts
        and (words in YEARLY or not {"year", "years", "month", "months", "day", "days", "fiscal", "fy"} & set(parts))
    )


def _slug(words: str) -> str:
    parts = [re.sub(r"[^a-z0-9]", "", part) for part in re.split(r"[ /,-]+", words)]
    return "-".join(part for part in parts if part)[:64].strip("-")
