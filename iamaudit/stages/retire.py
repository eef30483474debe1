"""retire: what to do about idle users, roles, keys and passwords, with dates."""

from __future__ import annotations

import json
import os
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from iamaudit.engine.duck import Engine
from iamaudit.recommend.choices import Choices
from iamaudit.recommend.periodic import in_words, rhythm_of
from iamaudit.recommend.retire import retire
from iamaudit.recommend.retire_again import disabled_before
from iamaudit.recommend.retire_plan import Holding, Idle, LeftOut, RetirePlan
from iamaudit.recommend.retire_steps import WHOLE
from iamaudit.report.retirement import retirement_markdown
from iamaudit.stages.audit import findings_of
from iamaudit.stages.guards import Guards

_CHECKS: Final = ("idle_user", "idle_role", "idle_access_key", "idle_password")
_DAYS: Final = "select distinct principal, dt::date as day from principal_uses order by principal, day"
_KEYS: Final = ("access_key_1", "access_key_2")
Rows = dict[str, list[dict[str, Any]]]


def retire_plan(engine: Engine, choices: Choices) -> RetirePlan:
    """Return the plan from the findings and the state of today; what is protected or excluded is left out.

    The days are those of the engine's settings.
    """
    guards = Guards(engine, choices)
    principals = {row["arn"]: row for row in engine.table("stg_principals").to_pylist()}
    as_of = datetime.fromisoformat(str(engine.parameters["as_of"])).date()
    days: dict[str, list[date]] = defaultdict(list)
    for row in engine.query(_DAYS).to_pylist():
        days[row["principal"]].append(row["day"])

    def protected(arn: str) -> str:
        why = guards.of_principal(principals[arn])[0] if arn in principals else ""
        rhythm = rhythm_of(days.get(arn, ()))
        if why or rhythm is None or not rhythm.is_alive(as_of):
            return why
        return f"{in_words(rhythm, as_of)}: it may be due again"

    holdings = {holding.arn: holding for holding in _holdings(engine, principals)}
    idle = list(_idle(engine))
    going_on, tried = disabled_before(
        holdings.values(),
        found={(one.arn, "" if one.check in WHOLE else one.detail) for one in idle},
        inactive={
            (row["user_arn"], row["kind"])
            for row in engine.table("stg_credentials").to_pylist()
            if row["exists"] and row["is_active"] is False
        },
        last_signs={row["arn"]: row["last_sign_at"].date() for row in engine.table("life_signs").to_pylist()},
    )
    told = {one.arn for one in going_on} | {entry.arn for entry in tried}
    unknown = [
        LeftOut(row["principal"], row["account_id"], row["kind"], f"unknown: {row['reason']}")
        for row in engine.table("idle_unknown").to_pylist()
        if row["principal"] not in told
    ]
    return retire(
        [*idle, *going_on],
        holdings,
        as_of=as_of,
        protected=protected,
        unknown=[*unknown, *tried],
        notice_days=int(str(engine.parameters["retire_notice_days"])),
        delete_days=int(str(engine.parameters["retire_delete_days"])),
    )


def write_retire_plan(plan: RetirePlan, out: Path) -> tuple[Path, Path]:
    """Write `retire.json` and `retire.md` in *out* and return them; the same plan gives the same bytes."""
    out.mkdir(parents=True, exist_ok=True)
    written = json.dumps(plan.as_json(), indent=2, ensure_ascii=False) + "\n"
    pages = (out / "retire.json", written), (out / "retire.md", retirement_markdown(plan))
    for path, text in pages:
        with tempfile.NamedTemporaryFile(dir=out, prefix=".", delete=False) as file:
            file.write(text.encode("utf-8", "backslashreplace"))
            file.flush()
            os.fsync(file.fileno())
        Path(file.name).replace(path)
    return pages[0][0], pages[1][0]


def _idle(engine: Engine) -> Iterator[Idle]:
    for check in _CHECKS:
        for found in findings_of(engine, engine.models[check]):
            yield Idle(
                check, found.subject, found.account_id, found.title, found.finding_id, found.detail, found.last_seen
            )


def _holdings(engine: Engine, principals: dict[str, dict[str, Any]]) -> Iterator[Holding]:
    documents = {(row["account_id"], row["policy_id"]): row for row in engine.table("stg_policies").to_pylist()}
    attached = _grouped(engine, "stg_attachments", "holder_arn")
    groups = _grouped(engine, "stg_memberships", "user_arn")
    credentials = _grouped(engine, "stg_credentials", "user_arn")
    profiles: dict[str, list[str]] = defaultdict(list)
    for row in engine.table("stg_instance_profiles").to_pylist():
        for role in row["role_arns"] or ():
            profiles[role].append(row["name"])
    for arn, row in principals.items():
        if row["kind"] == "group":
            continue
        inline, managed = {}, []
        for held in attached[arn]:
            policy_id = held["policy_id"]
            if policy_id.startswith(f"{arn}#"):
                policy = documents.get((row["account_id"], policy_id), {})
                inline[policy_id.partition("#")[2]] = policy.get("document")
            else:
                managed.append(policy_id)
        usable = [one for one in credentials[arn] if one["exists"]]
        yield Holding(
            arn=arn,
            account_id=row["account_id"],
            kind=row["kind"],
            name=row["name"],
            inline=inline,
            attached=tuple(sorted(managed)),
            groups=tuple(sorted(one["group_arn"].rpartition("/")[2] for one in groups[arn])),
            profiles=tuple(sorted(profiles[arn])),
            keys={one["kind"]: one["access_key_id"] for one in usable if one["kind"] in _KEYS},
            has_password=any(one["kind"] == "password" for one in usable),
            is_service_linked=bool(row["is_service_linked"]),
            permission_set=row["permission_set"],
            tags=json.loads(row["tags"] or "{}"),
            again={name: row[name] for name in ("path", "trust_policy", "boundary_arn", "tags")},
        )


def _grouped(engine: Engine, table: str, column: str) -> Rows:
    found: Rows = defaultdict(list)
    for row in engine.table(table).to_pylist():
        found[row[column]].append(row)
    return found
