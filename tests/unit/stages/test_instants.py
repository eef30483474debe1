"""Instants are written as people do, and told in UTC."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from iamaudit.errors import ConfigError
from iamaudit.stages.instants import iso, moment

NOW = datetime(2026, 11, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, NOW),
        ("2026-11-01", datetime(2026, 11, 1, tzinfo=UTC)),
        ("2026-11-01T03:00:00Z", datetime(2026, 11, 1, 3, tzinfo=UTC)),
        ("2026-11-01T03:00:00+02:00", datetime(2026, 11, 1, 1, tzinfo=UTC)),
    ],
)
def test_now_is_what_the_user_says(text, expected):
    assert expected == moment(text, now=NOW)


@pytest.mark.parametrize("text", ["", "now", "2026-13-01", "0001-01-01T00:00:00+02:00"])
def test_what_is_not_a_time_is_told(text):
    with pytest.raises(ConfigError, match="is not a time: write it like"):
        moment(text, now=NOW)


def test_times_are_printed_in_utc_with_z():
    assert ("2026-11-02T00:00:00Z", None) == (iso(NOW), iso(None))
