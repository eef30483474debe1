"""A log object's name tells whose it is, from where and when it came."""

from datetime import UTC, datetime

import pytest

from iamaudit.coverage.places import Place, place_of

NAME = "111122223333_CloudTrail_us-gov-west-1_20261102T1205Z_AbCd.json.gz"


@pytest.mark.parametrize("folder", ["", "o-abc/111122223333/CloudTrail/us-gov-west-1/2026/11/02/", "mine/"])
def test_the_name_tells_in_whichever_folder(folder):
    expected = Place("111122223333", "us-gov-west-1", datetime(2026, 11, 2, 12, 5, tzinfo=UTC))

    assert expected == place_of(folder + NAME)


@pytest.mark.parametrize(
    "key",
    [
        "notes.txt",
        NAME.replace("CloudTrail", "CloudTrail-Digest"),
        NAME.replace("CloudTrail", "CloudTrail-Insight"),
        NAME.replace("1102T", "1399T"),
    ],
)
def test_what_is_no_log_of_calls_has_no_place(key):
    assert place_of(key) is None
