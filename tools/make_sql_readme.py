"""Write sql/README.md: the layers, what each model promises, and who reads whom; all of it from the headers.

Run `python tools/make_sql_readme.py` after a header changed; a test compares the file with the headers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from iamaudit.engine.models import LAYERS, Model, load_models
from iamaudit.lake.schema import ROLLUP_SCHEMAS, STATE_SCHEMAS
from iamaudit.stages.usage import ROLLUPS

TARGET = Path(__file__).resolve().parents[1] / "sql" / "README.md"
MADE_IN_PYTHON = {
    "mapped_shapes": "the actions and resources that each shape of a call used",
    "actions": "every action of the catalogue, and where a use of it would show",
    "statements": "one row per action pattern of every policy statement",
    "expansions": "the actions that each pattern names",
    "coverage_categories": "which categories of events are logged, per account",
    "log_losses": "days of which a log object could not be read, or on which a trail began to log",
    "global_regions": "where calls of global services are recorded, per partition",
    "policy_problems": "policies that could not be read",
    "mapping_disagreements": "refused calls for which AWS named another action than our tables",
    "applied_changes": "when which principal's recommendation was carried out, for `iamaudit watch`",
    "policy_faults": "what is wrong with the statements of policies and of roles' trust policies",
}
LAYER_TEXT = {
    "staging": "The lake as it is now: each event once, the latest capture of the accounts.",
    "usage": "Who did what with which permission, day by day; kept in the lake for years.",
    "grants": "What each principal may do, and whether it did: used, unused, unknown, used but not granted.",
    "findings": "What somebody should look at; each file with a `severity` is a check, told in `docs/findings.md`.",
    "recommendation": "What a smaller policy must still allow.",
}
INTRO = """\
# The SQL models

Written by `python tools/make_sql_readme.py` from the headers of the files; change those, not this file.

One file is one `select`. Its header says what it promises: `grain` (what one row is), `reads`, `keys` (unique), `why`.
A model reads its own layer or an earlier one. `$name` is a bound parameter: thresholds and the window, from the settings.
The promises and the cases in `tests/sql/<layer>/<model>.yaml` are tested by `tests/sql`.

Every model is a table of `iamaudit query`: `iamaudit query --lake LAKE "from grant_states limit 5"`.
"""


def readme() -> str:
    """Return the text of sql/README.md."""
    models = load_models()
    return "\n".join([INTRO, *_base_tables(), *_layers(models.values()), *_lineage(models.values())]) + "\n"


def _base_tables() -> Iterator[str]:
    yield "## What they stand on\n"
    yield "| table | from |"
    yield "|---|---|"
    yield "| `deliveries` | `iamaudit ingest`: the decoded records, as often as they were delivered |"
    for table in ROLLUP_SCHEMAS:
        yield f"| `{table}` | kept in the lake day by day: what `{ROLLUPS[table]}` found |"
    names = ", ".join(f"`{name}`" for name in STATE_SCHEMAS)
    yield f"| {names} | `iamaudit collect`: every capture is kept |"
    for table, text in MADE_IN_PYTHON.items():
        yield f"| `{table}` | made in Python: {text} |"
    yield ""


def _layers(models: Iterable[Model]) -> Iterator[str]:
    for layer in LAYERS:
        yield f"## {layer}\n"
        yield f"{LAYER_TEXT[layer]}\n"
        yield "| model | grain | reads | keys |"
        yield "|---|---|---|---|"
        for model in _of(models, layer):
            grain = model.header["grain"].replace("|", "\\|")
            yield f"| [`{model.name}`]({layer}/{model.name}.sql) | {grain} | {_listed(model.reads)} | {_listed(model.keys)} |"
        yield ""


def _lineage(models: Iterable[Model]) -> Iterator[str]:
    yield "## Who reads whom\n"
    yield "Rounded: tables that no model makes. A dotted arrow: what a model found is kept in the lake under that name.\n"
    yield "```mermaid"
    yield "flowchart LR"
    read = {name for layer in LAYERS for model in _of(models, layer) for name in model.reads}
    made = {model.name for layer in LAYERS for model in _of(models, layer)}
    for name in sorted(read - made):
        yield f"    {name}({name})"
    for layer in LAYERS:
        yield f"    subgraph {layer}"
        yield from (f"        {model.name}[{model.name}]" for model in _of(models, layer))
        yield "    end"
    for layer in LAYERS:
        yield from (f"    {name} --> {model.name}" for model in _of(models, layer) for name in sorted(model.reads))
    yield from (f"    {model} -.-> {table}" for table, model in ROLLUPS.items())
    yield "```"


def _of(models: Iterable[Model], layer: str) -> list[Model]:
    return [model for model in models if model.layer == layer]


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)


if __name__ == "__main__":
    TARGET.write_text(readme(), encoding="utf-8")
    print(f"wrote {TARGET.name}")
