"""The lake on the engine: which tables the SQL models find, and where each comes from."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from functools import cache

import pyarrow as pa

from iamaudit.config import Settings
from iamaudit.coverage.selectors import ALL
from iamaudit.engine.duck import Engine, ParquetFiles, Provider
from iamaudit.errors import PolicySyntaxError
from iamaudit.formats.config_items import CONFIG_ITEMS_SCHEMA
from iamaudit.knowledge.actions import catalogue
from iamaudit.knowledge.observability import observability
from iamaudit.knowledge.regions import recorded
from iamaudit.lake.lake import Lake
from iamaudit.lake.manifest import Part
from iamaudit.lake.schema import EVENTS_SCHEMA, ROLLUP_SCHEMAS, SESSIONS_SCHEMA, STATE_SCHEMAS
from iamaudit.model.policy import Effect, Statement
from iamaudit.policy.expand import expand, expand_not
from iamaudit.policy.parse import parse
from iamaudit.stages import coverage
from iamaudit.stages.disagreements import disagreements_table
from iamaudit.stages.faults import faults_table
from iamaudit.stages.few_at_a_time import IN_PIECES
from iamaudit.stages.usage import mapped_callers, update_usage

READ_LEVELS = {"Read", "List"}
ACTIONS_SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("action", "prefix", "access", "observed", "category", "why", "recorded")),
        ("is_on_objects", pa.bool_()),  # of S3, and on nothing else
    ]
)
STATEMENTS_SCHEMA = pa.schema(
    [
        ("account_id", pa.string()),
        ("policy_id", pa.string()),
        ("sid", pa.string()),
        ("effect", pa.string()),
        ("pattern", pa.string()),
        ("covers_everything", pa.bool_()),
        ("has_conditions", pa.bool_()),
        ("objects", pa.list_(pa.string())),  # its resources that S3 objects can be among
    ]
)
EXPANSIONS_SCHEMA = pa.schema([("pattern", pa.string()), ("action", pa.string())])
APPLIED_SCHEMA = pa.schema([("principal", pa.string()), ("applied_at", pa.timestamp("us", tz="UTC"))])
PROBLEMS_SCHEMA = pa.schema([("account_id", pa.string()), ("policy_id", pa.string()), ("problem", pa.string())])


def engine_on(lake: Lake, settings: Settings, as_of: datetime) -> Engine:
    """Return an engine over everything the lake holds; nothing is read before it is asked for."""
    providers: dict[str, Provider] = {
        "deliveries": lambda: ParquetFiles(lake.locations(lake.event_parts()), EVENTS_SCHEMA),
        "config_items": lambda: ParquetFiles(lake.locations(lake.event_parts("config_items")), CONFIG_ITEMS_SCHEMA),
        "actions": actions_table,
    }
    for name, schema in ROLLUP_SCHEMAS.items():
        providers[name] = _rollup(lake, name, schema, as_of)
    for kind, schema in STATE_SCHEMAS.items():
        providers[kind] = _files(lake, lake.state_parts, kind, schema)
    providers["earlier_sessions"] = SESSIONS_SCHEMA.empty_table  # an engine over all days has no day before
    providers["applied_changes"] = APPLIED_SCHEMA.empty_table  # `watch` knows them
    engine = Engine(providers, settings.parameters(as_of), pieces=IN_PIECES)
    providers["mapped_callers"] = lambda: mapped_callers(engine)
    read = cache(lambda: statements_table(engine))  # each policy is read once for both tables
    providers["statements"] = lambda: read()[0]
    providers["policy_problems"] = lambda: read()[1]
    providers["policy_faults"] = lambda: faults_table(engine)
    providers["mapping_disagreements"] = lambda: disagreements_table(engine)
    providers["expansions"] = lambda: expansions_table(engine.table("statements"))
    providers["coverage_categories"] = lambda: coverage.categories_table(engine)
    providers["log_losses"] = lambda: coverage.losses_table(engine, lake)
    providers["global_regions"] = coverage.global_regions_table
    return engine


def _rollup(lake: Lake, name: str, schema: pa.Schema, as_of: datetime) -> Provider:
    """Provide a roll-up that is never older than the events: what is stale is made first."""

    def provide() -> ParquetFiles:
        update_usage(lake)
        return ParquetFiles(lake.locations(_until(lake.usage_parts(name), as_of)), schema)

    return provide


def _until(parts: list[Part], as_of: datetime) -> list[Part]:
    """Leave out the days after *as_of*: a run that is repeated later sees what it saw the first time."""
    last = as_of.date().isoformat()
    return [part for part in parts if part.dt is None or part.dt <= last]


def _files(lake: Lake, parts: Callable[[str], list[Part]], name: str, schema: pa.Schema) -> Provider:
    return lambda: ParquetFiles(lake.locations(parts(name)), schema)


@cache
def actions_table() -> pa.Table:
    """Return every action of the catalogue with where its use would show (`observed`, `category`) and why.

    A category `all:A+B` stands for several that must all be logged before not seeing the action means anything.
    """
    known = catalogue()
    rows = []
    for action in known.all_actions():
        seen = observability(action)
        access = "read" if READ_LEVELS & set((known.access_level(action) or "").split(", ")) else "write"
        category = {"management": f"management:{access}", "data": f"data:{seen.resource_type}"}.get(seen.kind)
        if category is not None and seen.also:
            category = ALL + "+".join((category, *seen.also))
        prefix = action.split(":", 1)[0]
        kinds = known.resource_types(action) if prefix == "s3" else ()
        is_on_objects = bool(kinds) and all(kind.name in {"object", "accesspointobject"} for kind in kinds)
        rows.append((action, prefix, access, seen.kind, category, seen.reason, recorded(prefix), is_on_objects))
    columns = zip(*rows, strict=True) if rows else [[] for _ in ACTIONS_SCHEMA]
    arrays = [pa.array(list(column), field.type) for column, field in zip(columns, ACTIONS_SCHEMA, strict=True)]
    return pa.table(arrays, schema=ACTIONS_SCHEMA)


def statements_table(engine: Engine) -> tuple[pa.Table, pa.Table]:
    """Return one row per (policy, statement, action pattern), and the policies that could not be read."""
    rows: list[dict[str, object]] = []
    problems: list[dict[str, object]] = []
    for policy in engine.table("stg_policies").to_pylist():
        where = {"account_id": policy["account_id"], "policy_id": policy["policy_id"]}
        if policy["document"] is None:
            problems.append({**where, "problem": "its document was not collected"})
            continue
        try:
            parsed = parse(policy["document"], name=policy["name"] or policy["policy_id"])
        except PolicySyntaxError as error:
            problems.append({**where, "problem": str(error)})
            continue
        for statement in parsed.statements:
            rows += [{**where, **_statement_row(statement), "pattern": pattern} for pattern in patterns_of(statement)]
    return pa.Table.from_pylist(rows, schema=STATEMENTS_SCHEMA), pa.Table.from_pylist(problems, schema=PROBLEMS_SCHEMA)


def _statement_row(statement: Statement) -> dict[str, object]:
    return {
        "sid": statement.sid,
        "effect": "Allow" if statement.effect is Effect.ALLOW else "Deny",
        "covers_everything": "*" in statement.resources,
        "has_conditions": bool(statement.conditions),
        "objects": [one for one in statement.resources or ("*",) if _names_objects(one)],
    }


def _names_objects(resource: str) -> bool:
    """Say whether an object of S3 can be what a Resource element names; in doubt it can."""
    parts = resource.split(":", 5)
    if len(parts) != 6 or parts[2] not in {"s3", "*"}:
        return len(parts) != 6
    return bool(set("/*?$") & set(parts[5]))


def patterns_of(statement: Statement) -> list[str]:
    """Return the keys under which a statement's actions are expanded: its patterns, or its NotAction as one key."""
    if statement.not_actions:
        return ["not:" + json.dumps(sorted(statement.not_actions))]
    return sorted(set(statement.actions))


def expansions_table(statements: pa.Table) -> pa.Table:
    """Return (pattern, action) rows: each distinct pattern is expanded once, here, and joined in SQL."""
    known = catalogue().all_actions()
    patterns: list[str] = []
    actions: list[str] = []
    for pattern in sorted(set(statements["pattern"].to_pylist())):
        negated = pattern.startswith("not:")
        found = expand_not(json.loads(pattern[4:]), known) if negated else expand([pattern], known)
        actions += sorted(found)
        patterns += [pattern] * len(found)
    return pa.table([patterns, actions], schema=EXPANSIONS_SCHEMA)
