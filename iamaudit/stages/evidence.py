"""Everything a proposal for one principal is made from, gathered from the models."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

import pyarrow as pa

from iamaudit.engine.duck import Engine
from iamaudit.errors import PolicySyntaxError
from iamaudit.model.policy import Policy, PolicyKind
from iamaudit.policy.parse import parse
from iamaudit.recommend.choices import Choices
from iamaudit.recommend.evidence import CurrentPolicy, ObservedUse, PrincipalEvidence, UnknownGrant
from iamaudit.recommend.hidden_roles import hidden_passes
from iamaudit.recommend.known import Known, known_resources
from iamaudit.stages.contexts import Contexts, serves
from iamaudit.stages.few_at_a_time import MOST, answers
from iamaudit.stages.guards import Guards
from iamaudit.stages.held_out import held_out
from iamaudit.stages.neighbours import Neighbours, neighbours_of
from iamaudit.stages.rhythms import past_uses, rhythms

Rows = dict[str, list[dict[str, Any]]]
_CAREFUL: Final = Choices()
_UNKNOWN: Final = (
    "select principal, action, doubt as reason from grant_verdicts"
    " where list_contains($principals, principal) and state in ('unknown', 'used') and doubt is not null"
    " order by principal, action"
)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A principal for which nothing can be proposed, and why."""

    arn: str
    account_id: str
    why: str
    kind: str = "unreadable"  # or another word of `refused_kind`


def gather(engine: Engine, choices: Choices = _CAREFUL) -> Iterator[PrincipalEvidence | Unreadable]:
    """Yield the evidence of every user and role that holds a policy, sorted by account and ARN."""
    everybody = engine.table("stg_principals").to_pylist()
    holders = _by_principal(engine, "grant_holders")
    principals = sorted(
        (
            row
            for row in everybody
            if row["kind"] in {"user", "role"} and row["arn"] in holders and not row["is_service_linked"]
        ),
        key=lambda row: (row["account_id"], row["arn"]),
    )
    gathering = _Gathering(engine, choices, everybody, holders, [row["arn"] for row in principals])
    return map(gathering.evidence_of, principals)


class _Gathering:
    """All that the models say, by principal or account; read once for everybody."""

    def __init__(
        self, engine: Engine, choices: Choices, everybody: list[dict[str, Any]], holders: Rows, asked_for: list[str]
    ) -> None:
        self._guards = Guards(engine, choices)
        self._known = _known(engine)
        self._policies = {
            (row["account_id"], row["policy_id"]): row for row in engine.table("stg_policies").to_pylist()
        }
        attachments = engine.table("stg_attachments").to_pylist()
        self._neighbours = neighbours_of(everybody, self._policies.values(), attachments)
        self._holders = holders
        self._uses = _by_principal(engine, "observed_uses")
        self._rhythms, self._scored = rhythms(engine), held_out(engine)
        self._contexts = Contexts(engine)
        keeps_periodic = engine.parameters.get("keep_periodic", True)
        self._past = past_uses(engine, self._rhythms) if keeps_periodic else {}
        self._unknown = _unknown(engine, asked_for)
        self._coverage = {row["account_id"]: row for row in engine.table("grant_coverage").to_pylist()}
        categories = engine.table("coverage_categories").to_pylist()
        self._known_since = {row["account_id"]: row["known_since"] for row in categories}
        # many hold the same, in many accounts
        self._read = cache(lambda document, name: parse(document, name=name))
        self._start, self._end = (
            datetime.fromisoformat(str(engine.parameters[name])).replace(tzinfo=UTC)
            for name in ("window_start", "window_end")
        )

    def evidence_of(self, row: dict[str, Any]) -> PrincipalEvidence | Unreadable:
        """Return what there is of a row of `stg_principals`."""
        try:
            current = self._current_of(row)
            boundary = _boundary(self._policies, row)
        except PolicySyntaxError as error:
            return Unreadable(row["arn"], row["account_id"], str(error))
        protected, exclusions = self._guards.of_principal(row)
        return PrincipalEvidence(
            arn=row["arn"],
            account_id=row["account_id"],
            kind=row["kind"],
            name=row["name"],
            current=current,
            boundary=boundary,
            uses=self._uses_of(row),
            unknown=self._unknown.get(row["arn"], ()),
            window_start=self._start,
            window_end=self._end,
            coverage=self._coverage_of(row["account_id"]),
            taken_names=self._neighbours.policy_names[row["account_id"]],
            is_name_shared=self._neighbours.is_shared(row),
            permission_set=row["permission_set"],
            held_out=self._scored.get(row["arn"]),
            serves=serves(row),
            exclusions=exclusions,
            protected=protected,
            known=self._known,
            caveats=self._guards.caveats_of(row),
        )

    def _current_of(self, row: dict[str, Any]) -> tuple[CurrentPolicy, ...]:
        held = sorted(self._holders[row["arn"]], key=lambda entry: (entry["policy_id"], entry["through"]))
        policies = (self._policies.get((row["account_id"], entry["policy_id"])) for entry in held)
        return tuple(
            _current(policy, entry, self._neighbours, self._guards, self._read)
            for policy, entry in zip(policies, held, strict=True)
        )

    def _uses_of(self, row: dict[str, Any]) -> tuple[ObservedUse, ...]:
        arn = row["arn"]
        observed = (
            *self._rhythms.named(arn, [observed_use(use) for use in self._uses.get(arn, [])]),
            *self._rhythms.due(arn, [observed_use(use) for use in self._past.get(arn, [])]),
        )
        return self._contexts.around(row["account_id"], arn, (*observed, *hidden_passes(observed)))

    def _coverage_of(self, account_id: str) -> dict[str, object]:
        seen = self._coverage.get(account_id, {})
        return {
            "days": seen.get("days", 0),
            "days_with_logs": seen.get("days_with_logs", 0),
            "days_without_logs": list(seen.get("days_without_logs", ())),
            "events": seen.get("events", 0),
            "regions": [
                {name: value for name, value in region.items() if value is not None}
                for region in seen.get("regions", ())
            ],
            "trails_known_since": self._known_since.get(account_id),
        }


def _known(engine: Engine) -> Known:
    seen = engine.query("select distinct resource from usage_actions where outcome in ('success', 'failed')")
    listed = engine.query(
        "select arn from stg_principals union select policy_id from stg_policies where kind = 'customer'"
        " union select arn from stg_instance_profiles"
    )
    return known_resources(seen["resource"].to_pylist(), listed["arn"].to_pylist())


def _unknown(engine: Engine, principals: Sequence[str], most: int = MOST) -> dict[str, tuple[UnknownGrant, ...]]:
    """Return what the logs cannot tell of each of *principals*; an estate has millions of them, and each is there once.

    *most* principals at a time: what all of them may do at once is larger than the memory of a small machine.
    """
    made: dict[tuple[str, str], UnknownGrant] = {}
    found: dict[str, tuple[UnknownGrant, ...]] = {}
    for rows in answers(engine, "grant_verdicts", _UNKNOWN, principals, most=most):
        found |= _interned(rows, made)
    return found


def _interned(rows: pa.Table, made: dict[tuple[str, str], UnknownGrant]) -> dict[str, tuple[UnknownGrant, ...]]:
    """Return the doubts of each principal of *rows*, those that are in *made* already not made again."""
    values = {name: rows[name].combine_chunks().dictionary_encode() for name in rows.column_names}
    names = {name: column.dictionary.to_pylist() for name, column in values.items()}
    found: defaultdict[int, list[UnknownGrant]] = defaultdict(list)
    codes = (values[name].indices.to_pylist() for name in ("principal", "action", "reason"))
    for principal, action, reason in zip(*codes, strict=True):
        key = (names["action"][action], names["reason"][reason])
        one = made.get(key)
        if one is None:
            one = made[key] = UnknownGrant(*key)
        found[principal].append(one)
    return {names["principal"][principal]: tuple(grants) for principal, grants in found.items()}


def _by_principal(engine: Engine, source: str) -> Rows:
    table = engine.query(source) if " " in source else engine.table(source)
    found: Rows = defaultdict(list)
    for row in table.to_pylist():
        found[row["principal"]].append(row)
    return found


def _current(
    policy: dict[str, Any] | None,
    entry: dict[str, Any],
    neighbours: Neighbours,
    guards: Guards,
    read: Callable[[str, str], Policy],
) -> CurrentPolicy:
    if policy is None or policy["document"] is None:
        raise PolicySyntaxError(f"the document of `{entry['policy_id']}` was not collected: collect it, then run again")
    parsed = read(policy["document"], policy["name"] or policy["policy_id"])
    protected, fresh, settled = guards.of_policy(policy, entry["principal"], entry["through"])
    return CurrentPolicy(
        policy_id=policy["policy_id"],
        name=policy["name"] or policy["policy_id"],
        kind=policy["kind"],
        through=entry["through"],
        policy=parsed,
        document=policy["document"],
        others=neighbours.others(policy, entry["through"]),
        protected=protected,
        fresh=fresh,
        settled=settled,
    )


def _boundary(policies: dict[tuple[str, str], dict[str, Any]], row: dict[str, Any]) -> Policy | None:
    if row["boundary_arn"] is None:
        return None
    found = policies.get((row["account_id"], row["boundary_arn"]))
    if found is None or found["document"] is None:
        raise PolicySyntaxError(
            f"the document of the boundary `{row['boundary_arn']}` was not collected: collect it, then run again"
        )
    return parse(found["document"], kind=PolicyKind.BOUNDARY, name=found["name"] or row["boundary_arn"])


def observed_use(row: dict[str, Any]) -> ObservedUse:
    """Return the value of a row of `observed_uses` or `past_uses`."""
    return ObservedUse(
        action=row["action"],
        resource=row["resource"],
        outcome=row["outcome"],
        evidence=row["evidence"],
        confidence=row["confidence"],
        via=row["via"],
        conditions=json.loads(row["conditions"]) if row["conditions"] else {},
        count=row["count"],
        first_seen=row["first_seen"],
        last_seen=row["last_seen"],
        event_ids=tuple(row["event_ids"]),
    )
