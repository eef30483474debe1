"""The laws of coverage by region: what is taken away from the lake makes nothing unused, what comes makes no use undone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from iamaudit.config import Settings
from iamaudit.engine.duck import Engine
from iamaudit.engine.models import load_models
from iamaudit.lake.schema import ROLLUP_SCHEMAS, STATE_SCHEMAS
from iamaudit.stages import coverage, workbench
from tests.amount import examples

few = settings(max_examples=examples(15, least=3), deadline=None)
ACCOUNT, ROLE = "111122223333", "role/a"
AS_OF = datetime(2026, 11, 21, tzinfo=UTC)
HISTORY = [date(2026, 11, 1) + timedelta(days=n) for n in range(20)]
WINDOW = HISTORY[-6:]
BUSY, SPARSE = ("eu-west-1", "us-east-1"), "ap-south-1"  # the sparse region has digests of every day
ACTIONS = {"sqs:ListQueues": "regional", "iam:ListUsers": "global", "sts:AssumeRole": "both"}
MODELS = (
    "stg_log_integrity",
    "stg_service_last_accessed",
    "digest_days",
    "region_days",
    "grant_coverage",
    "grant_last_accessed",
    "grant_logged",
    "grant_verdicts",
    "grant_states",
)
GRANTS = pa.schema(
    [
        ("account_id", pa.string()),
        ("principal", pa.string()),
        ("action", pa.string()),
        ("granted_by", pa.list_(pa.struct([("policy", pa.string()), ("sid", pa.string())]))),
    ]
)
USES = pa.schema(
    [
        ("account_id", pa.string()),
        ("principal", pa.string()),
        ("action", pa.string()),
        ("count", pa.int64()),
        ("denied_count", pa.int64()),
        ("maybe_count", pa.int64()),
        ("first_seen", pa.timestamp("us", tz="UTC")),
        ("last_seen", pa.timestamp("us", tz="UTC")),
        ("last_tried_at", pa.timestamp("us", tz="UTC")),
    ]
)
HOLDERS = pa.schema([("account_id", pa.string()), ("principal", pa.string()), ("policy_id", pa.string())])

window_days = st.sampled_from([(region, day) for region in (*BUSY, SPARSE) for day in WINDOW])
some_days = st.frozensets(window_days, max_size=12)
# where and when an action was used; calls of a global service are recorded in the global region only
uses = st.frozensets(
    st.tuples(st.sampled_from(sorted(ACTIONS)), window_days).filter(
        lambda use: ACTIONS[use[0]] != "global" or use[1][0] == "us-east-1"
    ),
    max_size=6,
)


def events(used):
    """Return the (region, day) that have events: every day of the busy regions, and where something was used."""
    return {(region, day) for region in BUSY for day in HISTORY} | {place for _, place in used}


def states(used, *, lost=frozenset(), proven=frozenset(), broken=frozenset()):
    """Return {action: state} of a lake without the events of *lost*; *proven* and *broken* tell what digests say."""
    whole = {(SPARSE, day) for day in WINDOW} | proven
    rows = {
        "coverage": [
            {"dt": str(day), "account_id": ACCOUNT, "region": region, "category": "management:read", "count": 1}
            for region, day in events(used) - lost
        ],
        "log_integrity": [_digest(place, "valid", logs=int(place in events(used))) for place in whole - broken]
        + [_digest(place, "missing", logs=None) for place in broken],
        "log_losses": [],
        "grant_actions": [{"account_id": ACCOUNT, "principal": ROLE, "action": action} for action in ACTIONS],
        "grant_uses": [
            {
                "account_id": ACCOUNT,
                "principal": ROLE,
                "action": action,
                "count": 1,
                "denied_count": 0,
                "maybe_count": 0,
            }
            for action in sorted({action for action, place in used if place not in lost})
        ],
        "actions": [
            {
                "action": action,
                "prefix": action.partition(":")[0],
                "observed": "management",
                "category": "management:read",
                "recorded": recorded,
            }
            for action, recorded in ACTIONS.items()
        ],
        "coverage_categories": [
            {"account_id": ACCOUNT, "category": "management:read", "status": "logged", "excluded_sources": []}
        ],
        "stg_principals": [],
        "service_last_accessed": [],
        "grant_holders": [],
        "policy_problems": [],
        "statements": [],
        "expansions": [],
    }
    schemas = {
        "coverage": ROLLUP_SCHEMAS["coverage"],
        "log_integrity": STATE_SCHEMAS["log_integrity"],
        "log_losses": coverage.LOSSES_SCHEMA,
        "grant_actions": GRANTS,
        "grant_uses": USES,
        "actions": workbench.ACTIONS_SCHEMA,
        "coverage_categories": coverage.CATEGORIES_SCHEMA,
        "stg_principals": STATE_SCHEMAS["principals"],
        "service_last_accessed": STATE_SCHEMAS["service_last_accessed"],
        "grant_holders": HOLDERS,
        "policy_problems": workbench.PROBLEMS_SCHEMA,
        "statements": workbench.STATEMENTS_SCHEMA,
        "expansions": workbench.EXPANSIONS_SCHEMA,
    }
    tables = {name: pa.Table.from_pylist(found, schema=schemas[name]) for name, found in rows.items()}
    providers = {name: (lambda table=table: table) for name, table in tables.items()}
    providers["global_regions"] = coverage.global_regions_table
    models = {name: load_models()[name] for name in MODELS}
    with Engine(providers, Settings(window_days=len(WINDOW)).parameters(AS_OF), models=models) as engine:
        return {row["action"]: row["state"] for row in engine.table("grant_states").to_pylist()}


def _digest(place, verdict, *, logs):
    region, day = place
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return {
        "captured_at": AS_OF,
        "account_id": ACCOUNT,
        "region": region,
        "trail": "t",
        "object": f"{region}/{day}",
        "kind": "digest",
        "verdict": verdict,
        "window_start": start,
        "window_end": start + timedelta(days=1),
        "logs": logs,
    }


def unused(found):
    return {action for action, state in found.items() if state == "unused"}


def test_a_whole_lake_calls_unused_what_was_not_used():
    assert {"sqs:ListQueues": "used", "iam:ListUsers": "unused", "sts:AssumeRole": "unused"} == states(
        {("sqs:ListQueues", (SPARSE, WINDOW[2]))}
    )


@few
@given(uses, some_days, some_days)
def test_taking_days_of_regions_away_never_makes_anything_unused(used, lost, proven):
    """Whole regions of the window included: what they were before it, or their digests, tells that they are missing."""
    before = states(used, proven=proven)
    after = states(used, lost=lost, proven=proven)

    assert unused(after) <= unused(before)


@few
@given(uses, some_days, some_days, some_days)
def test_taking_digests_away_never_makes_anything_unused(used, lost, proven, fewer):
    before = states(used, lost=lost, proven=proven)
    after = states(used, lost=lost, proven=proven - fewer)

    assert unused(after) <= unused(before)


@few
@given(uses, some_days, some_days, some_days)
def test_a_broken_digest_never_makes_anything_unused(used, lost, proven, broken):
    before = states(used, lost=lost, proven=proven)
    after = states(used, lost=lost, proven=proven, broken=broken)

    assert unused(after) <= unused(before)


@few
@given(uses, uses, some_days)
def test_more_logs_never_make_used_into_unused(used, more, lost):
    before = states(used, lost=lost)
    after = states(used | more, lost=lost)

    assert {action for action, state in before.items() if state == "used"}.isdisjoint(unused(after))


@few
@given(uses, st.sampled_from(BUSY))
def test_a_region_that_is_lost_for_the_whole_window_is_noticed(used, region):
    found = states(used, lost=frozenset((region, day) for day in WINDOW))

    expected = {action for action, where in ACTIONS.items() if where == "global" and region != "us-east-1"}
    assert unused(found) <= expected
