"""Who below each unit and account of the organisation needs which action, as far as the lake can tell."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import pyarrow as pa

from iamaudit.engine.duck import Engine
from iamaudit.errors import PolicySyntaxError
from iamaudit.knowledge.actions import ActionCatalogue, catalogue
from iamaudit.knowledge.cross_service import cross_service_actions
from iamaudit.knowledge.events import prefix_of
from iamaudit.model.policy import PolicyKind
from iamaudit.policy.expand import matching
from iamaudit.policy.parse import parse
from iamaudit.recommend.choices import LARGEST_SCP_ATTACHMENTS, Choices
from iamaudit.recommend.evidence import PrincipalEvidence
from iamaudit.recommend.keep import keep_set
from iamaudit.recommend.scp_evidence import (
    BoundAccount,
    BoundUse,
    EarlierScp,
    Need,
    Target,
    earlier_name,
    strongest,
)
from iamaudit.recommend.sources import sources_of
from iamaudit.stages.evidence import Unreadable, gather
from iamaudit.stages.few_at_a_time import answers, everybody
from iamaudit.stages.guards import Guards

Row = Mapping[str, Any]
_NOT_BOUND: Final = frozenset({"service", "service_linked_role"})
_GRANTED: Final = """
    select account_id, action, count(*) as principals from grant_verdicts
    where is_granted and list_contains($principals, principal) group by account_id, action
"""
_ATTACHED: Final = "select distinct policy_id, target_id, name, document from stg_organization_policies where kind = 'scp' order by name"
_BORROWED: Final = ("actions", "grant_coverage", "coverage_categories")  # of what `grant_verdicts` reads, as it is
_EMPTY: Final = ("grant_uses", "grant_holders", "grant_last_accessed", "grant_logged", "policy_problems")


def scp_targets(engine: Engine, choices: Choices) -> list[Target]:
    """Return every unit below the root with active member accounts, then every such account; each sorted by id.

    The root is no target: a policy there binds all accounts at once, and AWS advises to try it lower first. The management
    account is bound by none.
    """
    rows = sorted(engine.table("stg_accounts").to_pylist(), key=lambda row: str(row["account_id"]))
    members = [row for row in rows if not row["is_management"]]
    active = [row for row in members if row["status"] in {None, "ACTIVE"}]
    if not active:
        return []
    accounts = {one.account_id: one for one in _accounts(engine, [row["account_id"] for row in active], choices)}
    policies = engine.query(_ATTACHED).to_pylist()
    attached: defaultdict[str, set[str]] = defaultdict(set)
    for row in policies:
        attached[row["target_id"]].add(row["name"])
    names = frozenset(row["name"] for row in policies if row["name"])
    start, end = (
        datetime.fromisoformat(str(engine.parameters[name])).replace(tzinfo=UTC)
        for name in ("window_start", "window_end")
    )

    granted = _granted(engine)

    def target(where: str, kind: str, below: list[Row]) -> Target:
        ids = [row["account_id"] for row in below if row["account_id"] in accounts]
        earlier = _earlier(policies, where)
        left_out = (f"account {row['account_id']} is {row['status']}: it was not asked" for row in below)
        return Target(
            where,
            kind,
            tuple(accounts[one] for one in ids),
            dict(sum((granted[one] for one in ids), Counter())),
            tuple(sorted(attached[where])),
            earlier,
            names.difference(one.name for one in earlier),
            tuple(words for row, words in zip(below, left_out, strict=True) if row["account_id"] not in accounts),
            start,
            end,
        )

    units = sorted({unit for row in active for unit in row["path"] or () if unit.startswith("ou-")})
    return [
        *(target(unit, "unit", [row for row in members if unit in (row["path"] or ())]) for unit in units),
        *(target(row["account_id"], "account", [row]) for row in active),
    ]


def _granted(engine: Engine) -> defaultdict[str, Counter[str]]:
    """Return how many principals are granted each action, by account."""
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for rows in answers(engine, "grant_verdicts", _GRANTED, everybody(engine)):
        for row in rows.to_pylist():
            found[row["account_id"]][row["action"]] += row["principals"]
    return found


def _earlier(policies: list[dict[str, Any]], where: str) -> tuple[EarlierScp, ...]:
    """Return the policies at a target that are ours by name, and nowhere else: changing one changes nothing for others."""
    targets: defaultdict[str, set[str]] = defaultdict(set)
    for row in policies:
        targets[row["policy_id"]].add(row["target_id"])
    ours = [earlier_name(where, number) for number in range(1, LARGEST_SCP_ATTACHMENTS + 1)]
    found = {
        row["name"]: EarlierScp(row["policy_id"], row["name"], row["document"])
        for row in policies
        if row["name"] in ours and targets[row["policy_id"]] == {where} and row["document"] is not None
    }
    return tuple(found[name] for name in ours if name in found)


@dataclass(slots=True)
class _Found:
    """What is gathered about one account before it is judged."""

    needs: list[tuple[str, Need]]
    of_aws: dict[str, str]
    uses: list[BoundUse]
    exempt: set[str]
    unreadable: list[str]


def _accounts(engine: Engine, ids: list[str], choices: Choices) -> Iterator[BoundAccount]:
    known = catalogue()
    found = {one: _Found([], {}, [], set(), []) for one in ids}
    for entry in gather(engine, choices):
        if entry.account_id in found:
            _principal(found[entry.account_id], entry, known)
    collected = _state(engine, choices, found, known)
    _observed(engine, found, known)
    _heard(engine, found, known)
    invisible = _invisible(engine, ids)
    for one in ids:
        mine, hidden = found[one], invisible.get(one, {})
        blind, kind = "", ""
        if one not in collected:
            blind, kind = "its state was not collected", "coverage"
        elif mine.unreadable:
            blind, kind = min(mine.unreadable), "unreadable"
        elif len(hidden) >= len(known.all_actions()):
            reason = min(Counter(hidden.values()).items(), key=lambda pair: (-pair[1], pair[0]))[0]
            blind, kind = f"{reason}: ingest the missing days, or accept them with `--tolerate-gap-days`", "coverage"
        # a resource's own policy may grant what no identity policy does, where the action takes a resource at all
        mine.needs += [
            (action, Need("unknown", reason)) for action, reason in hidden.items() if known.takes_resource(action)
        ]
        mine.needs += [
            (action, Need("unknown", "calls of other services may need it")) for action in cross_service_actions()
        ]
        yield BoundAccount(
            one, strongest(mine.needs), mine.of_aws, tuple(mine.uses), tuple(sorted(mine.exempt)), blind, kind
        )


def _principal(found: _Found, entry: PrincipalEvidence | Unreadable, known: ActionCatalogue) -> None:
    """Add what the recommendation for one principal would keep: an SCP takes away nothing else."""
    if isinstance(entry, Unreadable):
        found.unreadable.append(f"`{entry.arn}`: {entry.why}")
        return
    name = entry.arn.rpartition(":")[2]
    for use in entry.uses:
        why = f"{use.rhythm or 'seen in the logs'}, of {name}"
        found.needs.append((_spelled(use.action, known), Need("periodic" if use.origin == "periodic" else "used", why)))
        if use.origin == "periodic":
            found.uses.append(BoundUse(entry.account_id, entry.arn, _spelled(use.action, known), 1, use.count))
    if entry.protected:
        found.exempt.add(entry.arn)  # spared by its ARN, whatever it may do
        return
    found.needs += [
        (_spelled(one.action, known), Need("unknown", f"{one.reason}; granted to {name}")) for one in entry.unknown
    ]
    if not (entry.exclusions or entry.fresh or any(source.whole for source in sources_of(entry.current))):
        return  # then a keep set holds nothing but uses and unknowns
    keep = keep_set(entry, known, keep_unknown=True, level="action", by_way=False)
    reasons = {action: kept for kept in keep.kept for action in _named(kept.action, known)}
    for action in keep.actions:
        kept = reasons.get(action)
        if kept is None or kept.origin in {"protected", "fresh"}:
            why = "a statement that stays as it is grants it" if kept is None else kept.reason
            state = "protected" if kept is None else kept.origin
            found.needs.append((action, Need(state, f"{why}; of {name}")))


def _state(engine: Engine, choices: Choices, found: Mapping[str, _Found], known: ActionCatalogue) -> set[str]:
    """Add what AWS runs in each account and what is protected for groups; return the accounts that were collected."""
    guards, collected = Guards(engine, choices), set()
    members: defaultdict[str, set[str]] = defaultdict(set)
    for row in engine.table("stg_memberships").to_pylist():
        members[row["group_arn"]].add(row["user_arn"])
    for row in engine.table("stg_principals").to_pylist():
        collected.add(row["account_id"])
        mine = found.get(row["account_id"])
        if mine is None:
            continue
        for host in _trusted(row["trust_policy"]):
            for service in _services_of(host, known):
                mine.of_aws.setdefault(service, f"{host} may assume a role of the account: it runs there")
        if row["kind"] == "group":
            protected, rules = guards.of_principal(row)
            mine.exempt |= members[row["arn"]] if protected else set()
            mine.needs += [
                (action, Need("protected", rule.words()))
                for rule in rules
                if not rule.is_of_whole_principals
                for action in matching(rule.actions, known.all_actions())
            ]
    return collected


def _observed(engine: Engine, found: Mapping[str, _Found], known: ActionCatalogue) -> None:
    """Add everything that anybody did; whose account is not told may have been anybody's."""
    for row in engine.table("bound_uses").to_pylist():
        action = _spelled(row["action"], known)
        who = row["principal"].rpartition(":")[2] or "somebody whom the logs do not name"
        for one in [row["account_id"]] if row["account_id"] else list(found):
            mine = found.get(one)
            if mine is None:
                continue
            mine.needs.append((action, Need("used", f"seen in the logs, of {who}")))
            if row["principal_kind"] not in _NOT_BOUND:
                mine.uses.append(BoundUse(one, row["principal"], action, row["uses"], row["count"]))


def _heard(engine: Engine, found: Mapping[str, _Found], known: ActionCatalogue) -> None:
    """Add the services that the logs show in use, also by events that stand for no permission."""
    for row in engine.table("heard_sources").to_pylist():
        mine = found.get(row["account_id"])
        if mine is None:
            continue
        for service in _services_of(row["event_source"], known):
            mine.of_aws.setdefault(service, f"the logs hold events of {row['event_source']}")


def _invisible(engine: Engine, ids: Iterable[str]) -> dict[str, dict[str, str]]:
    """Return for each account the actions whose use its logs could not have shown, with the reason.

    `grant_verdicts` judges what principals hold; here it is asked about somebody who holds everything.
    """
    model = engine.models["grant_verdicts"]
    actions = list(catalogue().all_actions())
    given = {name: engine.table(name) for name in _BORROWED}
    given |= {name: engine.table(name).slice(0, 0) for name in _EMPTY}
    shape = engine.table("grant_actions").schema
    found = {}
    for one in ids:
        rows = {
            "account_id": pa.array([one] * len(actions)),
            "principal": pa.array([f"arn:aws:iam::{one}:root"] * len(actions)),
            "action": pa.array(actions),
        }
        columns = [rows.get(field.name, pa.nulls(len(actions), field.type)) for field in shape]
        everything = pa.table(columns, schema=shape)
        tables = {**given, "grant_actions": everything}
        providers = {name: (lambda table=table: table) for name, table in tables.items()}
        with Engine(providers, engine.parameters, models={model.name: model}) as asked:
            answer = asked.query("select action, reason from grant_verdicts where state = 'unknown'")
        found[one] = dict(zip(answer["action"].to_pylist(), answer["reason"].to_pylist(), strict=True))
    return found


def _trusted(trust_policy: str | None) -> list[str]:
    """Return the services that a role trusts; what cannot be read trusts none that we know of."""
    try:
        policy = parse(json.loads(trust_policy), kind=PolicyKind.TRUST) if trust_policy else None
    except (PolicySyntaxError, ValueError):
        return []
    statements = () if policy is None else policy.statements
    return [one.value for statement in statements for one in statement.principals if one.type == "Service"]


def _services_of(host: str, known: ActionCatalogue) -> list[str]:
    """Return every service that a host's name hints at: `ecs-tasks`, `dynamodb.application-autoscaling`."""
    labels = host.lower().removesuffix(".amazonaws.com").split(".")
    hints = {prefix_of(host), *labels, *(label.partition("-")[0] for label in labels)}
    return sorted(hints.intersection(known.services()))


def _named(action: str, known: ActionCatalogue) -> Iterable[str]:
    return matching([action], known.all_actions()) or (action,)


def _spelled(action: str, known: ActionCatalogue) -> str:
    return known.spelling(action) or action
