"""Lifecycle rules are judged by what they would do to an archive."""

from __future__ import annotations

import pytest

from storage.s3 import lifecycle

KEEP = {"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}}


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ([], ["UPLOADS_LINGER"]),
        ([{"Filter": {"Prefix": ""}, **KEEP}], []),
        ([{"Prefix": "", **KEEP}], []),
        ([{"Filter": {"Prefix": ""}, "Transitions": [{"Days": 1}], **KEEP}], []),
        ([{"Filter": {"Prefix": "ledger/"}, **KEEP}], ["UPLOADS_LINGER"]),
        ([{"Filter": {}, **KEEP}, {"Filter": {}, "Expiration": {"Days": 1}}], ["LIFECYCLE_DESTROYS"]),
        ([{"Filter": {}, **KEEP}, {"Filter": {"Prefix": "led"}, "Expiration": {"Days": 1}}], ["LIFECYCLE_DESTROYS"]),
        (
            [{"Filter": {}, **KEEP}, {"Filter": {"Prefix": "partitions/a/"}, "NoncurrentVersionExpiration": {}}],
            ["LIFECYCLE_DESTROYS"],
        ),
        (
            [{"Filter": {}, "Expiration": {"ExpiredObjectDeleteMarker": True}, **KEEP}],
            ["LIFECYCLE_DESTROYS"],
        ),
        (
            [{"Filter": {}, **KEEP}, {"Filter": {"And": {"Prefix": "exchanges/", "Tags": []}}, "Expiration": {}}],
            ["LIFECYCLE_DESTROYS"],
        ),
        ([{"Filter": {}, "Transitions": [{"StorageClass": "GLACIER_IR"}], **KEEP}], []),
        ([{"Filter": {}, "Transitions": [{"StorageClass": "GLACIER"}], **KEEP}], ["LIFECYCLE_SHELVES"]),
        (
            [{"Prefix": "exch", "NoncurrentVersionTransitions": [{"StorageClass": "DEEP_ARCHIVE"}]}],
            ["LIFECYCLE_SHELVES", "UPLOADS_LINGER"],
        ),
        ([{"Prefix": "", **KEEP}, {"Prefix": "other/", "Transitions": [{"StorageClass": "GLACIER"}]}], []),
        ([{"Filter": {}, **KEEP}, {"Filter": {"Prefix": "other/"}, "Expiration": {"Days": 1}}], []),
        ([{"Filter": {}, **KEEP}, {"Filter": {"Prefix": "probes/"}, "Expiration": {"Days": 1}}], []),
        ([{"Filter": {}, **KEEP}, {"Filter": {}, "Expiration": {"Days": 1}, "Status": "Disabled"}], []),
    ],
)
def test_rules_are_judged_by_what_they_delete_or_move_and_where(rules, expected):
    enabled = [{"Status": "Enabled", "ID": "r", **rule} for rule in rules]

    assert [found.code for found in lifecycle.judged("records", enabled)] == expected
