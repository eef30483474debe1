"""What the logs cannot tell of each principal, out of a table that has millions of rows in a large estate."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from iamaudit.engine.duck import Engine
from iamaudit.engine.models import Model
from iamaudit.recommend.evidence import UnknownGrant
from iamaudit.stages.evidence import _unknown
from iamaudit.stages.few_at_a_time import MOST

STATES = pa.schema([(name, pa.string()) for name in ("principal", "action", "state", "doubt")])
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "principal": st.sampled_from(["role/a", "role/b", "user/c"]),
            "action": st.sampled_from(["s3:GetObject", "s3:PutObject", "sqs:SendMessage", "ec2:RunInstances"]),
            "state": st.sampled_from(["used", "unused", "unknown", "used_not_granted"]),
            "doubt": st.sampled_from([None, "no trail", "no logs"]),
        }
    ),
    unique_by=lambda row: (row["principal"], row["action"]),
)


def asked(rows):
    model = Model("grant_verdicts", "grants", {"name": "grant_verdicts", "reads": "states"}, "select * from states")
    table = pa.Table.from_pylist(rows, schema=STATES)
    with Engine({"states": lambda: table}, {}, models={"grant_verdicts": model}) as engine:
        return _unknown(engine, sorted({row["principal"] for row in rows}))


@given(ROWS)
def test_each_principal_has_its_doubts_in_the_order_of_actions(rows):
    expected = {}
    for row in sorted(rows, key=lambda row: (row["principal"], row["action"])):
        if row["state"] in {"used", "unknown"} and row["doubt"] is not None:
            expected.setdefault(row["principal"], []).append(UnknownGrant(row["action"], row["doubt"]))

    found = asked(rows)

    assert {principal: tuple(grants) for principal, grants in expected.items()} == found


def test_the_same_doubt_of_many_principals_is_kept_once():
    many = 2 * MOST + 1  # the last of them in a batch of its own
    rows = [
        {"principal": f"role/{n}", "action": "s3:GetObject", "state": "unknown", "doubt": "no trail"}
        for n in range(many)
    ]

    found = asked(rows)

    assert many == len(found)
    assert 1 == len({id(grants[0]) for grants in found.values()})
