"""What states publish is understood only where words and numbers agree; all else is refused by name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ediscovery.retention.durations import Claim, ForEver, Refused, Timed, read_claim
from schemas.retention import Period, Term


def claim(rule, years=None, months=None, **more):
    return Claim(years=years, months=months, rule=rule, **more)


def term(trigger, cutoff="none", **period):
    return Term(trigger=trigger, period=Period(**period), cutoff=cutoff)


@pytest.mark.parametrize(
    ("said", "expected", "destroyed"),
    [
        (claim("Temporary Record. Retain 3 years.", 3, code="CR"), term("created", years=3), True),
        (claim("Temporary Record. Retain 1 year after audit.", 1, code="AC"), term("event:audit", years=1), True),
        (
            claim(
                "Temporary Record. Retain 3 years after the end of the fiscal year in which the records were created.",
                3,
                code="AC",
            ),
            term("created", "fiscal-year-end", years=3),
            True,
        ),
        (
            claim("Temporary Record. Retain 2 years (49 CFR § 40.333).", 2, code="CR"),
            term("created", years=2),
            True,
        ),
        (claim("Retain 5 years, then destroy.", 5), term("created", years=5), True),
        (claim("Retain 1 year after evaluation, then destroy.", 1), term("event:evaluation", years=1), True),
        (claim("Retain 18 months, then destroy.", None, 18), term("created", months=18), True),
        (claim("Retain 5 years.", 5), term("created", years=5), False),
        (
            claim("RETAIN UNTIL: Complete PLUS: 3 years THEN: Destroy", 3),
            term("event:complete", years=3),
            True,
        ),
        (claim("closed", 5, disposition="Confidential Destruction"), term("event:closed", years=5), True),
        (claim("creation", None, 6, disposition="Non-confidential Destruction"), term("created", months=6), True),
        (
            claim("end of calendar year", 3, disposition="Confidential Destruction"),
            term("created", "calendar-year-end", years=3),
            True,
        ),
        (claim("Fiscal year close", 3), term("created", "fiscal-year-end", years=3), False),
        (
            claim("superseded, obsolete, or rescinded", 0, disposition="Non-confidential Destruction"),
            term("event:superseded-obsolete-or-rescinded"),
            True,
        ),
        (
            claim("no longer administratively useful", 0, disposition="Non-confidential Destruction"),
            term("event:no-longer-administratively-useful"),
            True,
        ),
    ],
)
def test_a_plain_claim_is_understood(said, expected, destroyed):
    assert read_claim(said) == Timed(expected, destroyed)


@pytest.mark.parametrize(
    "said",
    [
        claim("PERMANENT RECORD.", 999, code="PM"),
        claim("PERMANENT (archival) ∞"),
        claim("Permanent", 999, disposition="Permanent, In Agency"),
        claim("permanently in agency", 999),
    ],
)
def test_what_is_plainly_for_ever_is_kept_for_ever(said):
    assert read_claim(said) == ForEver()


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (claim("closed"), "no duration"),
        (claim("Temporary Record. Retain until superseded.", code="US"), "no duration"),
        (claim("RETAIN UNTIL: Complete PLUS: 3 years THEN: Destroy"), "no duration"),
        (claim("closed", 5, 3), "no plain duration"),
        (claim("closed", -1), "no plain duration"),
        (claim("closed", 400), "no plain duration"),
        (claim("Temporary Record. Retain 1 year.", 999, code="PM"), "the number says for ever, the words do not"),
        (claim("closed", 999), "the number says for ever, the words do not"),
        (claim("Archives, Library of Virginia permanent retention", 5), "permanent and a duration"),
        (claim("closed", 5, disposition="Permanent, Archives"), "permanent and a duration"),
        (claim("closed", 5, beside=("Transfer to the permanent file.",)), "permanent and a duration"),
        (claim("Retain 5 years, then destroy.", 3), "the words name another duration than the number"),
        (claim("Retain 5 months, then destroy.", 5), "the words name another duration than the number"),
        (claim("30 Days approval", 1), "the words name another duration than the number"),
        (claim("Temporary Record. Retain 3 years after audit.", 3, code="CR"), "the words name another trigger"),
        (claim("Temporary Record. Retain 3 years.", 3, code="AC"), "the words name another trigger"),
        (claim("or audit, whichever is longer", 5), "the words unsettle the number"),
        (claim("RETAIN UNTIL: Complete PLUS: 3 years THEN: Destroy*", 3), "the words unsettle the number"),
        (claim("in compliance with No. 8 on schedule cover page", 5), "the words unsettle the number"),
        (claim("Temporary Record. Retain 6 years or until litigation ends.", 6, code="CR"), "the words unsettle"),
        (claim("closure of case review", 3), "the words unsettle the number"),
        (claim("closed", 5, beside=("Retain 10 years for minors.",)), "the description speaks of keeping"),
        (claim("event", 5), "trigger not understood"),
        (claim("birth", 100), "trigger not understood"),
        (claim("Release or", 3), "trigger not understood"),
        (claim("or superseded", 3), "trigger not understood"),
        (claim("", 3), "trigger not understood"),
        (claim("end of state fiscal", 3), "trigger not understood"),
        (claim("closed", 5, disposition="or Confidential Destruction"), "disposition not understood"),
        (claim("closed", 0, disposition="Confidential Destruction"), "a number of nothing"),
        (claim("creation", 0), "a number of nothing"),
    ],
)
def test_an_unsettled_claim_is_refused_by_name(said, why):
    found = read_claim(said)
    assert isinstance(found, Refused)
    assert str(found).startswith(why)


PARTS = (
    *("Retain", "5 years", "5", "years", "then destroy", "after", "closed", "until", "permanent", "Temporary Record."),
    *("RETAIN UNTIL:", "PLUS:", "THEN:", "Destroy", "whichever", "creation", "PERMANENT", "\n", "three", ","),
)
TEXTS = st.lists(st.sampled_from(PARTS)).map(" ".join)
CLAIMS = st.builds(
    Claim,
    years=st.none() | st.sampled_from([-1, 0, 3, 5, 999, 2**60]),
    months=st.none() | st.sampled_from([0, 6]),
    rule=TEXTS | st.text() | st.sampled_from(["closed", "creation", "Retain 5 years, then destroy."]),
    disposition=st.sampled_from(["", "Confidential Destruction", "Permanent, Archives", "Guidance"]),
    code=st.sampled_from(["", "AC", "CR", "PM", "US", "AV"]),
    beside=st.tuples(TEXTS),
)


@given(CLAIMS)
def test_whatever_is_claimed_only_a_plain_number_of_a_plain_text_comes_out_with_a_term(said):
    found = read_claim(said)
    if not isinstance(found, Timed):
        return
    period = found.term.period
    assert (period.years, period.months) == (said.years or 0, said.months or 0)
    assert said.years is not None or said.months is not None
    assert said.years != 999
    everything = " ".join((said.rule, said.disposition, said.code, *said.beside)).casefold()
    for word in ("permanent", "until", "whichever"):
        assert word not in everything.replace("retain until:", "")
