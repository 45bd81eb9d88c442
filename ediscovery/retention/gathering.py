"""What decides how long records are kept, for all records of an account in one statement. Pure: it is not run here.

It says of every record what ``knowing`` says of one, and from which others its last activity is reckoned. The
statement reads the files a few times and keeps, beside what it yields, only the items with several versions, the
threads, and two sets of identifiers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ediscovery.plan import SNIPPET
from ediscovery.sql import Statement, Values
from schemas.canonical import spell
from schemas.classifying import ANSWERS
from schemas.record import LATE

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from ediscovery.retention.covering import Covering

AUTHOR = "['$.author.id', '$.author.handle', '$.author.url']"

# Late media (FORMAT 3.4.3) are beside their item, as its absences are, and no versions of anything.
LATE_MEDIUM = f"(kind = 'media' AND starts_with(item, '{LATE}'))"

# ``name`` is the thread that a record is in; one without thread names its own.
SEEN = """
seen AS (
    SELECT record, key, file_row_number AS row, item, kind, thread, coalesce(nullif(thread, ''), item) AS name,
        epoch_us(created) AS created, epoch_us(captured) AS captured, epoch_us(coalesce(created, captured)) AS date,
        {official} AS official, title, left(text, {snippet}) AS text
    FROM (SELECT *, decode(normalised) AS view FROM records($paths)) WHERE kind <> 'absence' AND NOT {late}
)"""

GONE = """
beside AS MATERIALIZED (
    SELECT *, coalesce(nullif(thread, ''), item) AS name FROM (
        SELECT record, key, file_row_number AS row, item, kind, thread,
            CASE WHEN kind = 'media' THEN coalesce(parent, item) ELSE item END AS whose,
            epoch_us(created) AS created, epoch_us(captured) AS captured, epoch_us(coalesce(created, captured)) AS date,
            json_extract_string(decode(normalised), '$.absence.verdict') AS verdict
        FROM records($paths) WHERE kind = 'absence' OR {late}
    )
),
became AS MATERIALIZED (
    SELECT item, max({{'at': captured, 'record': record, 'verdict': verdict}}) AS last
    FROM beside WHERE kind = 'absence' GROUP BY item
),
newest AS MATERIALIZED (
    SELECT item, max({{'at': captured, 'record': record}}).record AS record, count(*) AS versions
    FROM seen WHERE item IN (SELECT whose FROM beside) GROUP BY item
)"""

# Most items have one version, of which nothing needs to be kept.
VERSIONS = """
several AS MATERIALIZED (SELECT item FROM seen GROUP BY item HAVING count(*) > 1),
versions AS MATERIALIZED (
    SELECT kind, item, captured, sum(records) OVER w AS versions, max(captured) OVER w AS newest,
        lead(captured) OVER (w ORDER BY captured) AS superseded
    FROM (SELECT kind, item, captured, count(*) AS records FROM seen SEMI JOIN several USING (item) GROUP BY ALL)
    WINDOW w AS (PARTITION BY kind, item)
)"""

TALK = """
names AS MATERIALIZED (
    SELECT item AS name FROM several UNION SELECT thread FROM seen WHERE thread IS NOT NULL
    UNION SELECT name FROM beside
),
active AS (
    SELECT record, item, thread, CASE WHEN versions > 1 THEN newest ELSE date END AS activity
    FROM seen LEFT JOIN versions USING (kind, item, captured) WHERE kind <> 'list'
),
said AS (
    SELECT thread AS name, activity, record FROM active WHERE thread IS NOT NULL
    UNION ALL SELECT item, activity, record FROM active SEMI JOIN names ON names.name = active.item
),
latest AS MATERIALIZED (SELECT name, max(activity) AS activity FROM said GROUP BY name),
others AS MATERIALIZED (
    SELECT record, kind, CASE WHEN row_number() OVER w = 1 THEN lead(record) OVER w
        ELSE first_value(record) OVER w END AS other
    FROM seen SEMI JOIN several USING (item)
    WINDOW w AS (PARTITION BY kind, item ORDER BY captured DESC, record DESC)
),
talk AS MATERIALIZED (
    SELECT name, activity, bearer, other FROM (
        SELECT name, activity, max(record) AS bearer FROM said JOIN latest USING (name, activity) GROUP BY ALL
    ) LEFT JOIN others ON others.record = bearer
),
bearers AS MATERIALIZED (
    SELECT bearer FROM talk
    UNION SELECT other FROM talk WHERE other IS NOT NULL
    UNION SELECT other FROM others WHERE kind = 'list' AND other IS NOT NULL
    UNION SELECT record FROM newest
)"""
NO_TALK = "talk AS (SELECT '' AS name, 0::BIGINT AS activity WHERE false)"

# An edit shows in two versions: the newest, and one that is not. Of a list nothing but its own versions may be later.
BORNE = """,
    s.about IN (SELECT bearer FROM bearers) AS bears,
    CASE WHEN talk.activity > s.date AND talk.activity >= coalesce(later, talk.activity) THEN talk.bearer
        WHEN later > s.date THEN lists.other END AS bearer,
    CASE WHEN talk.activity > s.date AND talk.activity >= coalesce(later, talk.activity) THEN talk.other END AS other"""
LISTS = "LEFT JOIN (SELECT record, other FROM others WHERE kind = 'list') AS lists ON lists.record = s.about"

# An absence goes the way of the newest version of what it is about, and so does a late medium.
SUBJECTS = """
subjects AS (
    SELECT record, key, row, item, item AS whose, kind, date AS own, record AS about, kind AS subject, name, created,
        captured, date, official, title, text, NULL AS versions
    FROM seen
    UNION ALL
    SELECT beside.record, beside.key, beside.row, beside.item, beside.whose, beside.kind, beside.date,
        coalesce(it.record, beside.record), coalesce(it.kind, beside.kind), coalesce(it.name, beside.name),
        CASE WHEN it.record IS NULL THEN beside.created ELSE it.created END, coalesce(it.captured, beside.captured),
        coalesce(it.date, beside.date), coalesce(it.official, true), it.title, it.text,
        CASE WHEN beside.kind = 'absence' THEN coalesce(it.versions, 0) END
    FROM beside LEFT JOIN (SELECT seen.*, versions FROM seen JOIN newest USING (item, record)) AS it
        ON it.item = beside.whose
)"""

STATEMENT = """
WITH {tables}
SELECT s.record, s.about, s.key, s.row, s.item, s.kind, s.subject, s.official,
    CASE WHEN became.last.at >= coalesce(v.newest, s.captured) THEN became.last.verdict END AS became,
    s.created, s.captured, v.superseded,
    CASE WHEN v.newest > s.captured THEN v.newest END AS later,
    greatest(s.date, later, talk.activity) AS "last-activity",
    CASE WHEN became.last.at >= coalesce(v.newest, s.captured) THEN s.versions
        WHEN s.kind = 'absence' THEN 0 END AS tells,
    CASE WHEN s.item = s.whose THEN became.item END AS told,
    ({held}) AS held{borne}{shown}
FROM subjects AS s
LEFT JOIN versions AS v ON v.kind = s.subject AND v.item = s.whose AND v.captured = s.captured
LEFT JOIN talk ON talk.name = s.name
LEFT JOIN became ON became.item = s.whose
{lists}
"""
SHOWN = ", s.own, s.title, s.text"


def gathered(
    officials: Collection[str], holds: Callable[[Values], Covering], *, activity: bool, shown: bool
) -> Statement:
    """Return the statement that yields a row for each record of the account whose files are looked into.

    ``record``, ``key`` and ``row`` say which and where; ``item`` and ``kind`` are its own. ``about`` is the record
    whose way it goes: itself, or for an absence and a late medium the newest version of the item. Of that one are
    ``subject``, its kind; ``official``, whether its author speaks for the account; ``became``, the verdict on its item
    (null: it is there); and the instants that are named as triggers are, in microseconds. ``held`` says whether the
    holds cover the record. ``tells`` is of an absence how many versions are judged by what became of their item (null:
    it is none), and ``told`` the item of an absence or a version, if there is an absence of it. With ``shown`` there
    are ``own`` (the record's date), ``title`` and the beginning of the ``text``. Without ``activity`` the last activity
    leaves out the thread. With it there are ``bearer`` and ``other``: records without which the last activity would be
    earlier, and null where it is the date of ``about`` itself; and ``bears``, whether ``about`` may be one of these for
    any record. Of several that would do they are always the same.
    """
    values = Values()
    covering = holds(values)
    tables = (
        *covering.tables,
        SEEN.format(official=_official(officials, values), snippet=SNIPPET, late=LATE_MEDIUM),
        GONE.format(late=LATE_MEDIUM),
        VERSIONS,
        TALK if activity else NO_TALK,
        SUBJECTS,
    )
    sql = STATEMENT.format(
        tables=",".join(tables),
        held=covering.condition,
        borne=BORNE if activity else "",
        shown=SHOWN if shown else "",
        lists=LISTS if activity else "",
    )
    return Statement(sql, values.named)


def _official(officials: Collection[str], values: Values) -> str:
    """Return the condition that an author speaks for the account (``classifying.author_class``)."""
    spoken = f"NOT list_contains({values.add(list(ANSWERS))}, kind)"
    if not officials:
        return spoken
    # Views have one spelling (FORMAT 1): few hold an official's name, and only these are read as JSON.
    spelled = [values.add(spell(one).decode()) for one in sorted(officials)]
    held = " OR ".join(f"contains(view, {one})" for one in spelled)
    named = f"list_has_any(json_extract_string(view, {AUTHOR}), {values.add(sorted(officials))})"
    return f"({spoken} OR CASE WHEN {held} THEN {named} ELSE false END)"
