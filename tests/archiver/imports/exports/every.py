"""Exports in each layout that is documented, written by us: what is in them, and what is to be found."""

from __future__ import annotations

from tests.archiver.imports.exports import fediverse, google, mail, meta, others, sites, tables, x

EXPORTS = (
    *meta.EXPORTS,
    *(x.X_ARCHIVE, x.X_OLD),
    *(fediverse.MASTODON, fediverse.BLUESKY),
    *(google.YOUTUBE, google.GOOGLE_PLUS, google.BLOGGER, google.BLOGGER_OLD),
    *(tables.LINKEDIN, tables.REDDIT, tables.DELICIOUS),
    *(sites.WORDPRESS, sites.MEDIAWIKI),
    mail.MAIL,
    *(others.VENDOR, others.NATIVE),
)
