"""Every SQL model keeps its promises: it binds, reads what it says, its keys are unique, its cases come out.

Cases stand in `<layer>/<model>.yaml` beside this file: `case` (a sentence), `given` (rows per table that the model
reads; a column left out is null), `expect` (rows; only the columns named are compared), `parameters` (optional).
A mapping or list given for a text column is written as JSON.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from iamaudit.config import Settings
from iamaudit.engine.models import LAYERS, Model, load_models
from iamaudit.formats.config_items import CONFIG_ITEMS_SCHEMA
from iamaudit.lake.schema import EVENTS_SCHEMA, ROLLUP_SCHEMAS, SESSIONS_SCHEMA, STATE_SCHEMAS
from iamaudit.stages import coverage, disagreements, faults, usage, workbench
from iamaudit.usage.callers import CALLERS_SCHEMA

HERE = Path(__file__).parent
MODELS = load_models()
BASE_TABLES = {
    "deliveries": EVENTS_SCHEMA,
    "config_items": CONFIG_ITEMS_SCHEMA,
    **ROLLUP_SCHEMAS,
    **STATE_SCHEMAS,
    "mapped_shapes": usage.MAPPED_SCHEMA,
    "mapped_callers": CALLERS_SCHEMA,
    "earlier_sessions": SESSIONS_SCHEMA,
    "actions": workbench.ACTIONS_SCHEMA,
    "statements": workbench.STATEMENTS_SCHEMA,
    "expansions": workbench.EXPANSIONS_SCHEMA,
    "policy_problems": workbench.PROBLEMS_SCHEMA,
    "mapping_disagreements": disagreements.DISAGREEMENTS_SCHEMA,
    "applied_changes": workbench.APPLIED_SCHEMA,
    "policy_faults": faults.FAULTS_SCHEMA,
    "coverage_categories": coverage.CATEGORIES_SCHEMA,
    "log_losses": coverage.LOSSES_SCHEMA,
    "global_regions": coverage.GLOBAL_REGIONS_SCHEMA,
}
PARAMETERS = Settings().parameters(datetime(2026, 7, 1, tzinfo=UTC))
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times faster, where PyYAML was built with it
FOUND = {
    (path.parent.name, path.stem): yaml.load(path.read_text(encoding="utf-8"), Loader=LOADER)
    for path in sorted(HERE.glob("*/*.yaml"))
}
CASES = [
    pytest.param(MODELS[name], case, id=f"{name}: {case['case']}")
    for (_, name), cases in FOUND.items()
    if name in MODELS
    for case in cases
]
every_model = pytest.mark.parametrize("model", MODELS.values(), ids=list(MODELS))


@pytest.fixture(scope="module")
def house() -> Iterator[duckdb.DuckDBPyConnection]:
    """Every base table and every model, on no rows: now all of them have their true types."""
    with duckdb.connect(":memory:") as connection:
        connection.execute("set timezone = 'UTC'; set threads = 1")
        for name, schema in BASE_TABLES.items():
            connection.register("nothing", schema.empty_table())
            connection.execute(f'create table "{name}" as from nothing')
        built = set(BASE_TABLES)
        while missing := [model for model in MODELS.values() if model.name not in built]:
            ready = [model for model in missing if built.issuperset(model.reads)]
            assert ready, f"these read in a ring, or what nobody provides: {[model.name for model in missing]}"
            for model in ready:
                connection.execute(f'create table "{model.name}" as {model.sql}', bound(model))
                built.add(model.name)
        yield connection


def bound(model: Model, **parameters: object) -> dict[str, object]:
    assert set(parameters) <= set(model.parameters), f"`{model.name}` takes {model.parameters} only"
    return {name: {**PARAMETERS, **parameters}[name] for name in model.parameters}


def insert(house: duckdb.DuckDBPyConnection, table: str, rows: list[dict[str, Any]]) -> None:
    types = {name: kind for name, kind, *_ in house.execute(f'describe "{table}"').fetchall()}
    for row in rows:
        assert row.keys() <= types.keys(), f"`{table}` has no columns {sorted(row.keys() - types.keys())}"
        values = [as_text(row[name]) if types[name] in {"VARCHAR", "JSON"} else row[name] for name in sorted(row)]
        house.execute(f'insert into "{table}" ({quoted(row)}) values ({", ".join("?" * len(row))})', values)


def quoted(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in sorted(names))


def as_text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value, default=date.isoformat).strip('"')


def test_the_empty_house_is_built(house):
    found = {name for (name,) in house.execute("select table_name from duckdb_tables()").fetchall()}

    assert set(BASE_TABLES) | set(MODELS) <= found


@pytest.mark.parametrize(("model", "case"), CASES)
def test_a_case_comes_out_as_expected(house, model, case):
    assert set(case) <= {"case", "given", "expect", "parameters"}
    assert set(case["given"]) <= set(model.reads), f"`{model.name}` reads {model.reads} only"
    house.execute("begin")
    try:
        for table, rows in case["given"].items():
            insert(house, table, rows)

        house.execute(f"create temp table result as {model.sql}", bound(model, **case.get("parameters", {})))

        names = quoted({name for row in case["expect"] for name in row}) or "*"
        house.execute(f"create temp table expected as select {names} from result limit 0")
        insert(house, "expected", case["expect"])
        too_many = house.execute(f"select {names} from result except all from expected").fetchall()
        too_few = house.execute(f"from expected except all select {names} from result").fetchall()
        keys = quoted(model.keys)
        repeated = house.execute(f"select {keys} from result group by {keys} having count(*) > 1").fetchall()
        assert ([], []) == (too_many, too_few), "rows that came but should not, rows that should but did not"
        assert [] == repeated, f"rows of one key, the keys are {model.keys}"
    finally:
        house.execute("rollback")


@every_model
def test_a_model_reads_what_its_header_says(house, model):
    tables, named = set[str](), set[str]()
    parsed = house.execute("select json_serialize_sql($sql)", {"sql": model.sql}).fetchone()
    nodes: list[Any] = [json.loads(parsed[0])]
    while nodes:
        node = nodes.pop()
        if isinstance(node, dict):
            tables |= {node["table_name"]} if node.get("type") == "BASE_TABLE" else set()
            named |= {entry["key"] for entry in node.get("cte_map", {}).get("map", [])}
        nodes += node.values() if isinstance(node, dict) else node if isinstance(node, list) else []

    assert set(model.reads) == tables - named


@every_model
def test_a_model_reads_its_own_layer_or_an_earlier_one(model):
    allowed = LAYERS[: LAYERS.index(model.layer) + 1]

    assert [] == [name for name in model.reads if name in MODELS and MODELS[name].layer not in allowed]


@every_model
def test_a_model_has_cases_named_by_sentences_of_their_own(model):
    names = [case["case"] for case in FOUND.get((model.layer, model.name), [])]

    assert names, f"write `{model.name}.yaml`: a model without a case promises nothing"
    assert [] == [name for name in names if names.count(name) > 1 or len(name.split()) < 3 or name.endswith(".")]


def test_every_case_file_has_its_model():
    assert set() == {name for _, name in FOUND} - set(MODELS)
