"""The hand table: whose policies allowed each call, and who was behind it (attribution_cases.csv)."""

from __future__ import annotations

import json

import pytest

from iamaudit.usage.map import map_line, map_record
from tests.unit.usage import hand_tables

CASES = hand_tables.cases("attribution")

TYPES = """
    IAMUser AssumedRole Role Root FederatedUser AWSAccount AWSService SAMLUser WebIdentityUser IdentityCenterUser Directory
    Unknown
"""


def test_the_table_has_a_row_for_every_type_of_identity():
    types = {json.loads(case["user_identity"]).get("type", "") for case in CASES}

    assert len(CASES) >= 48
    assert types == {*TYPES.split(), ""}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["what"])
def test_a_call_is_whose_the_table_says(case):
    line = map_line(
        map_record(
            {
                "eventType": case["event_type"],
                "eventSource": case["event_source"],
                "eventName": "Odd",
                "awsRegion": case["region"],
                "userIdentity": json.loads(case["user_identity"]),
            }
        )
    )

    found = line["principal"]
    told = (found["kind"], found["arn"], found["id"], found["account_id"], found["session"], *found["actor"].values())
    names = ("kind", "arn", "id", "account_id", "session", "actor_kind", "actor")
    assert tuple(case[name] or None for name in names) == told
    assert not case["note"] or any(case["note"] in note for note in line["notes"])
