"""A day of which something could not be read is a day without logs."""

import pytest

from iamaudit.coverage.spoiled import spoiled_days
from iamaudit.lake.manifest import SourceObject

FOLDER = "AWSLogs/o-abc/111122223333/CloudTrail/eu-west-1/2026/11/02"
NOON = f"{FOLDER}/111122223333_CloudTrail_eu-west-1_20261102T1205Z_AbCd.json.gz"
MIDNIGHT = f"{FOLDER}/111122223333_CloudTrail_eu-west-1_20261102T0005Z_AbCd.json.gz"


def entry(key, status="ingested", etag="e", **books):
    return SourceObject(key, etag, 1, status, **books)


def test_an_object_set_aside_spoils_its_day():
    assert {("111122223333", "eu-west-1", "2026-11-02")} == spoiled_days([entry(NOON, "set_aside")])


def test_an_object_delivered_after_midnight_also_spoils_the_day_before():
    expected = {("111122223333", "eu-west-1", "2026-11-02"), ("111122223333", "eu-west-1", "2026-11-01")}

    assert expected == spoiled_days([entry(MIDNIGHT, "set_aside")])


def test_a_record_set_aside_spoils_its_day():
    books = {"records_in": 2, "kept": 1, "set_aside": {"not_json": 1}}

    assert {("111122223333", "eu-west-1", "2026-11-02")} == spoiled_days([entry(NOON, **books)])


def test_an_object_read_whole_later_spoils_nothing():
    assert frozenset() == spoiled_days([entry(NOON, "set_aside", "half"), entry(NOON, "ingested", "whole")])


@pytest.mark.parametrize("status", ["ingested", "not_a_log"])
def test_what_was_read_spoils_nothing(status):
    assert frozenset() == spoiled_days([entry(NOON, status)])


@pytest.mark.parametrize(
    "key", ["notes.txt", "a/b.json.gz", f"{FOLDER}/111122223333_CloudTrail_eu-west-1_20261399T9999Z_AbCd.json.gz"]
)
def test_an_object_whose_name_tells_no_day_cannot_be_placed(key):
    assert frozenset() == spoiled_days([entry(key, "set_aside")])
