"""What groups hold and who is in them, as evidence to shrink a group for all its members."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from iamaudit.engine.duck import Engine
from iamaudit.errors import PolicySyntaxError
from iamaudit.policy.parse import parse
from iamaudit.recommend.choices import Choices
from iamaudit.recommend.evidence import CurrentPolicy, PrincipalEvidence
from iamaudit.recommend.joint import Holder, Shared, merged_guards
from iamaudit.stages.evidence import Unreadable
from iamaudit.stages.guards import Guards
from iamaudit.stages.neighbours import Neighbours, neighbours_of

Row = Mapping[str, Any]
Found = Iterable[PrincipalEvidence | Unreadable]


@dataclass(frozen=True, slots=True)
class State:
    """What the lake's state says of who holds what; the same for groups, shared policies and permission sets."""

    principals: tuple[Row, ...]
    policies: Mapping[tuple[str, str], Row]
    attachments: tuple[Row, ...]
    members: Mapping[str, tuple[str, ...]]  # of a group's ARN
    neighbours: Neighbours
    guards: Guards
    as_of: datetime
    window: tuple[datetime, datetime]
    grace_days: int


def read_state(engine: Engine, choices: Choices) -> State:
    """Return the state as of the engine's instant."""
    principals = tuple(engine.table("stg_principals").to_pylist())
    policies = engine.table("stg_policies").to_pylist()
    attachments = tuple(engine.table("stg_attachments").to_pylist())
    members: defaultdict[str, list[str]] = defaultdict(list)
    for row in engine.table("stg_memberships").to_pylist():
        members[row["group_arn"]].append(row["user_arn"])
    start, end = (
        datetime.fromisoformat(str(engine.parameters[name])).replace(tzinfo=UTC)
        for name in ("window_start", "window_end")
    )
    as_of = engine.parameters["as_of"]
    return State(
        principals,
        {(row["account_id"], row["policy_id"]): row for row in policies},
        attachments,
        {arn: tuple(sorted(users)) for arn, users in members.items()},
        neighbours_of(principals, policies, attachments),
        Guards(engine, choices),
        as_of if isinstance(as_of, datetime) else datetime.fromisoformat(str(as_of)).replace(tzinfo=UTC),
        (start, end),
        int(str(engine.parameters["grace_days"])),
    )


def groups_of(state: State, found: Found, choices: Choices) -> Iterator[Shared | Unreadable]:
    """Yield every group that holds a policy with the evidence of its members, sorted by account and ARN.

    A group of which a member or a policy cannot be read is not judged. *found* are the principals as `gather` gives them.
    """
    entries = {entry.arn: entry for entry in found}
    held: defaultdict[str, list[str]] = defaultdict(list)
    for row in state.attachments:
        held[row["holder_arn"]].append(row["policy_id"])
    groups = [row for row in state.principals if row["kind"] == "group" and held.get(row["arn"])]
    for row in sorted(groups, key=lambda one: (one["account_id"], one["arn"])):
        try:
            yield _group(state, row, sorted(held[row["arn"]]), entries, choices)
        except PolicySyntaxError as error:
            yield Unreadable(row["arn"], row["account_id"], str(error))


def _group(
    state: State, row: Row, held: list[str], entries: Mapping[str, PrincipalEvidence | Unreadable], choices: Choices
) -> Shared:
    arn = row["arn"]
    members: list[PrincipalEvidence] = []
    for user in state.members.get(arn, ()):
        entry = entries.get(user)
        if not isinstance(entry, PrincipalEvidence):
            why = "is not in the state" if entry is None else f"cannot be judged: {entry.why}"
            raise PolicySyntaxError(f"the member `{user}` {why}")
        members.append(entry)
    current = tuple(_policy(state, row, policy_id, members) for policy_id in held)
    rules = choices.exclusions_of(arn, state.as_of.date())
    whole = next((rule.words() for rule in rules if rule.is_of_whole_principals), "")
    thing = frame(
        state,
        members,
        arn=arn,
        account_id=row["account_id"],
        kind="group",
        name=row["name"],
        current=current,
        exclusions=rules,
        protected=whole or _too_young(state, row, members),
        caveats=tuple(one.ended() for one in choices.expired(state.as_of.date()) if one.is_for(arn)),
    )
    holders = tuple(Holder(one, tuple(each for each in one.current if each.through != arn)) for one in members)
    return Shared(thing, holders, members[0].known if members else thing.known)


def frame(state: State, holders: list[PrincipalEvidence], **fields: Any) -> PrincipalEvidence:
    """Return the evidence of a shared thing: what accounts and logs have in common is that of its first holder."""
    account, name = fields["account_id"], fields["name"].lower()
    names = {(row["account_id"], row["name"].lower()) for row in state.principals if row["kind"] in {"user", "role"}}
    first = holders[0] if holders else None
    return PrincipalEvidence(
        window_start=state.window[0] if first is None else first.window_start,
        window_end=state.window[1] if first is None else first.window_end,
        coverage={} if first is None else first.coverage,
        uses=tuple(use for one in holders for use in one.uses if use.rhythm),
        taken_names=state.neighbours.policy_names.get(account, frozenset()),
        is_name_shared=(account, name) in names,
        **fields,
    )


def _policy(state: State, row: Row, policy_id: str, members: list[PrincipalEvidence]) -> CurrentPolicy:
    arn = row["arn"]
    policy = state.policies.get((row["account_id"], policy_id))
    if policy is None or policy["document"] is None:
        raise PolicySyntaxError(f"the document of `{policy_id}` was not collected: collect it, then run again")
    others = state.neighbours.others(policy, arn)
    held = [each for one in members for each in one.current if each.policy_id == policy_id and each.through == arn]
    if held:
        return merged_guards(held, through=arn, others=others)
    name = policy["name"] or policy_id
    protected, _, _ = state.guards.of_policy(policy, arn, arn)
    fresh = ""
    updated = policy["updated_at"]
    if policy["kind"] == "customer" and updated is not None and updated > state.as_of - timedelta(state.grace_days):
        fresh = f"younger than the grace period of {state.grace_days} days: its text has changed on {updated.date()}"
    parsed = parse(policy["document"], name=name)
    return CurrentPolicy(
        policy_id, name, policy["kind"], arn, parsed, policy["document"], others, protected=protected, fresh=fresh
    )


def _too_young(state: State, row: Row, members: list[PrincipalEvidence]) -> str:
    """Say why an empty group is left alone: whoever made it may not have come to filling it."""
    made = row["created_at"]
    if members or made is None or made <= state.as_of - timedelta(state.grace_days):
        return ""
    return f"the group is younger than the grace period of {state.grace_days} days, made on {made.date()}"


def with_known(shared: Shared) -> Shared:
    """Return *shared* without the list of known resources in each holder: it stands once beside them."""
    bare = replace(shared.whole, known=type(shared.known)())
    holders = tuple(replace(one, evidence=replace(one.evidence, known=bare.known)) for one in shared.holders)
    return replace(shared, whole=bare, holders=holders)
