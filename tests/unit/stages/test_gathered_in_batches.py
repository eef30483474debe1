"""What is worked out for a few principals at a time is what the models say of all of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from iamaudit.config import Settings
from iamaudit.engine.duck import Engine
from iamaudit.engine.models import load_models
from iamaudit.lake.schema import STATE_SCHEMAS
from iamaudit.stages.coverage import CATEGORIES_SCHEMA
from iamaudit.stages.evidence import _unknown
from iamaudit.stages.few_at_a_time import IN_PIECES, WHOLE, everybody
from iamaudit.stages.workbench import ACTIONS_SCHEMA, EXPANSIONS_SCHEMA, PROBLEMS_SCHEMA, STATEMENTS_SCHEMA
from tests.amount import examples

NOW = datetime(2026, 7, 1, tzinfo=UTC)
USED = datetime(2026, 6, 1, tzinfo=UTC)
HOLDERS = pa.schema([(name, pa.string()) for name in ("account_id", "principal", "policy_id", "through")])
PRINCIPALS = pa.schema([(name, pa.string()) for name in ("account_id", "arn", "boundary_arn")])
COVERAGE = pa.schema(
    [
        ("account_id", pa.string()),
        *((name, pa.int64()) for name in ("silent_days", "days")),
        ("first_day", pa.string()),
        ("is_global_heard", pa.bool_()),
        *((name, pa.list_(pa.string())) for name in ("global_days_without_logs", "days_without_logs")),
        *((name, pa.string()) for name in ("global_gap_reason", "gap_reason")),
    ]
)
SEEN = pa.schema(
    [
        *((name, pa.string()) for name in ("account_id", "principal", "action")),
        *((name, pa.int64()) for name in ("count", "maybe_count", "denied_count")),
        *((name, pa.timestamp("us", tz="UTC")) for name in ("first_seen", "last_seen", "last_tried_at")),
    ]
)
ACCOUNTS = {"role/a": "1", "role/b": "1", "role/c": "2"}
PATTERNS = {"s3:*": ("s3:GetObject", "s3:PutObject"), "s3:Get*": ("s3:GetObject",), "sqs:*": ("sqs:SendMessage",)}
OBJECTS = "data:AWS::S3::Object"
ACTIONS = ("s3:GetObject", "s3:PutObject", "sqs:SendMessage")
POLICIES = ("p", "q", "bound")  # of the same name in both accounts, as AWS's own are
names, policies = st.sampled_from(list(ACCOUNTS)), st.sampled_from(POLICIES)
statements = st.lists(
    st.fixed_dictionaries(
        {
            "account_id": st.sampled_from(["1", "2"]),
            "policy_id": policies,
            "effect": st.sampled_from(["Allow", "Allow", "Deny"]),
            "pattern": st.sampled_from(list(PATTERNS)),
            "covers_everything": st.booleans(),
            "has_conditions": st.booleans(),
            "objects": st.lists(st.sampled_from(["arn:aws:s3:::logged/*", "arn:aws:s3:::other/*"]), unique=True),
        }
    ),
    max_size=8,
)
held = st.lists(st.tuples(names, policies), unique=True, min_size=1, max_size=6)
uses = st.dictionaries(st.tuples(names, st.sampled_from(ACTIONS)), st.integers(0, 2), max_size=4)
accessed = st.lists(st.tuples(names, st.sampled_from(["s3", "sqs"])), unique=True, max_size=2)


def engine(statements, held, bounded, uses, accessed, pieces=None):
    tables = {
        "grant_holders": pa.Table.from_pylist(
            [{"account_id": ACCOUNTS[one], "principal": one, "policy_id": policy} for one, policy in held], HOLDERS
        ),
        "stg_principals": pa.Table.from_pylist(
            [
                {"account_id": account, "arn": one, "boundary_arn": "bound" if one in bounded else None}
                for one, account in ACCOUNTS.items()
            ],
            PRINCIPALS,
        ),
        "statements": pa.Table.from_pylist(statements, STATEMENTS_SCHEMA),
        "expansions": pa.Table.from_pylist(
            [{"pattern": pattern, "action": action} for pattern, found in PATTERNS.items() for action in found],
            EXPANSIONS_SCHEMA,
        ),
        "grant_uses": pa.Table.from_pylist(
            [
                {"account_id": ACCOUNTS[one], "principal": one, "action": action, "count": count, "last_tried_at": USED}
                for (one, action), count in uses.items()
            ],
            SEEN,
        ),
        "stg_service_last_accessed": pa.Table.from_pylist(
            [{"principal_arn": one, "service": service, "last_authenticated_at": NOW} for one, service in accessed],
            STATE_SCHEMAS["service_last_accessed"],
        ),
        "actions": pa.Table.from_pylist(
            [
                {"action": action, "observed": "data", "category": OBJECTS, "is_on_objects": True}
                for action in PATTERNS["s3:*"]
            ],
            ACTIONS_SCHEMA,
        ),
        "grant_coverage": pa.Table.from_pylist(
            [{"account_id": one, "days": 90, "silent_days": 0, "is_global_heard": True} for one in ("1", "2")], COVERAGE
        ),
        "coverage_categories": pa.Table.from_pylist(
            [
                {"account_id": one, "category": OBJECTS, "status": "partial", "reason": "in part", "scopes": scopes}
                for one, scopes in (("1", ["arn:aws:s3:::logged/*"]), ("2", []))
            ],
            CATEGORIES_SCHEMA,
        ),
        "policy_problems": PROBLEMS_SCHEMA.empty_table(),
    }
    wanted = ("grant_actions", "grant_last_accessed", "grant_logged", "grant_verdicts", "unused_permission")
    models = {name: load_models()[name] for name in wanted}
    providers = {name: lambda table=table: table for name, table in tables.items()}
    return Engine(providers, Settings().parameters(NOW), models=models, pieces=pieces)


@settings(max_examples=examples(20, least=3), deadline=None)
@given(statements, held, st.sets(names), uses, accessed, st.integers(1, 3))
def test_the_doubts_of_each_principal_are_those_of_the_whole_estate(statements, held, bounded, uses, accessed, most):
    principals = sorted({one for one, _ in held})
    with engine(statements, held, bounded, uses, accessed) as asked:
        found = _unknown(asked, principals, most)
        is_kept = "grant_verdicts" in asked.ready
        whole = asked.table("grant_verdicts").to_pylist()

    expected = {}
    for row in sorted(whole, key=lambda row: (row["principal"], row["action"])):
        if row["principal"] in principals and row["state"] in {"unknown", "used"} and row["doubt"] is not None:
            expected.setdefault(row["principal"], []).append((row["action"], row["doubt"]))
    assert not is_kept
    assert expected == {one: [(grant.action, grant.reason) for grant in grants] for one, grants in found.items()}


def by_few(most):
    """Return how models are made for *most* principals at a time, however few there are."""

    def each(engine):
        principals = everybody(engine)
        for start in range(0, len(principals), most):
            yield {"principals": principals[start : start + most]}

    return {name: replace(pieces, each=each) for name, pieces in IN_PIECES.items()}


@settings(max_examples=examples(20, least=3), deadline=None)
@given(statements, held, st.sets(names), uses, accessed, st.integers(1, 3), st.permutations(sorted(IN_PIECES)))
def test_a_table_made_in_pieces_is_the_table_made_at_once(statements, held, bounded, uses, accessed, most, order):
    given = (statements, held, bounded, uses, accessed)
    with engine(*given) as at_once, engine(*given, pieces=by_few(most)) as in_pieces:
        whole = {name: at_once.table(name).to_pylist() for name in order}
        made = {name: in_pieces.table(name).to_pylist() for name in order}

    assert whole.keys() == made.keys()
    for name in order:
        assert sorted(map(str, whole[name])) == sorted(map(str, made[name]))


def test_of_a_small_lake_everything_is_made_at_once_and_kept():
    held = [(name, "p") for name in ACCOUNTS]

    with engine([], held, set(), {}, [], pieces=IN_PIECES) as small:
        small.table("unused_permission")

        assert len(everybody(small)) <= WHOLE
        assert "grant_verdicts" in small.ready
