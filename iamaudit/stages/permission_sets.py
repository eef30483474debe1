"""Permission sets of Identity Center with the evidence of every role that they were provisioned as, over all accounts."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from iamaudit.engine.duck import Engine
from iamaudit.model.arn import parse_arn
from iamaudit.policy.parse import parse
from iamaudit.recommend.choices import Choices
from iamaudit.recommend.evidence import CurrentPolicy, PrincipalEvidence
from iamaudit.recommend.joint import Holder, Shared, merged_guards
from iamaudit.recommend.permission_sets import INLINE, set_arn
from iamaudit.recommend.split import PARTIES
from iamaudit.stages.evidence import Unreadable
from iamaudit.stages.groups import State, frame
from iamaudit.stages.namesakes import OF_THIS_NAME

Row = Mapping[str, Any]
Key = tuple[str, str]  # kind, and `inline`, the ARN of a policy of AWS, or path and name of an account's own


def permission_sets_of(
    engine: Engine, state: State, found: Sequence[PrincipalEvidence | Unreadable], choices: Choices
) -> Iterator[Shared | Unreadable]:
    """Yield every set that a role of the lake is of, sorted by name and ARN.

    A set that was not captured is known by its roles: then its policies are judged and no plan is made.
    """
    entries = {entry.arn: entry for entry in found}
    roles: defaultdict[str, list[Row]] = defaultdict(list)
    listed = engine.table("stg_permission_set_roles").to_pylist()
    for row in sorted(
        listed, key=lambda one: (one["role_arn"], one["permission_set_arn"] or "")
    ):  # a table has no order
        roles[row["permission_set_arn"] or set_arn(row["name"], partition=row["role_arn"].split(":")[1])].append(row)
    captured = {row["permission_set_arn"]: row for row in engine.table("stg_permission_sets").to_pylist()}
    attached: defaultdict[str, set[Key]] = defaultdict(set)
    for row in engine.table("stg_permission_set_policies").to_pylist():
        attached[row["permission_set_arn"]].add(
            ("aws", row["policy_arn"]) if row["kind"] == "aws" else ("customer", f"{row['path']}{row['name']}")
        )
    names = [rows[0]["name"] for rows in roles.values()]
    for arn, rows in sorted(roles.items(), key=lambda item: (item[1][0]["name"], item[0])):
        holders = [entries[row["role_arn"]] for row in rows if row["role_arn"] in entries]
        if why := _why_not(state, rows, roles, captured.get(arn)):
            yield Unreadable(arn, "", why, "coverage")
            continue
        if unread := next((one for one in holders if isinstance(one, Unreadable)), None):
            yield Unreadable(arn, "", f"its role `{unread.arn}` cannot be judged: {unread.why}")
            continue
        evidence = [one for one in holders if isinstance(one, PrincipalEvidence)]
        if evidence:
            yield _set(state, arn, rows[0]["name"], evidence, captured.get(arn), attached[arn], names, choices)


def _why_not(state: State, rows: Sequence[Row], roles: Mapping[str, Sequence[Row]], captured: Row | None) -> str:
    """Say why the uses of a set cannot all be known."""
    listed = [row["role_arn"] for others in roles.values() for row in others]
    several = [row["role_arn"] for row in rows if listed.count(row["role_arn"]) > 1]
    if several:
        return f"`{several[0]}` may be of more than one set of that name: collect where the sets are provisioned"
    known = {row["account_id"] for row in state.principals}
    missing = sorted(set((captured or {}).get("accounts") or ()) - known)
    if missing:
        return (
            f"it is provisioned in account {missing[0]} too, of which the lake has no state: collect it, then run again"
        )
    return ""


def _set(
    state: State,
    arn: str,
    name: str,
    roles: list[PrincipalEvidence],
    captured: Row | None,
    attached: set[Key],
    names: Sequence[str],
    choices: Choices,
) -> Shared | Unreadable:
    by_key: defaultdict[Key, list[CurrentPolicy]] = defaultdict(list)
    for role in roles:
        for one in role.current:
            by_key[_key(one)].append(one)
    differing = {key for key, held in by_key.items() if len({_canonical(one.document) for one in held}) > 1}
    if why := _drift(by_key, roles, differing, captured, attached):
        return Unreadable(arn, "", why, "drift")
    current = []
    for key in sorted(set(by_key) - differing):
        merged = merged_guards(by_key[key], through=arn)
        current.append(_of_set(merged, key, arn, captured))
    rules = choices.exclusions_of(f"{arn}/{name}", state.as_of.date())
    thing = frame(
        state,
        roles,
        arn=arn,
        account_id="",
        kind="permission_set",
        name=name,
        current=tuple(current),
        exclusions=rules,
        protected=next((rule.words() for rule in rules if rule.is_of_whole_principals), ""),
        caveats=_caveats(roles, differing, captured),
    )
    holders = tuple(Holder(role, tuple(one for one in role.current if _key(one) in differing)) for role in roles)
    return Shared(replace(thing, is_name_shared=names.count(name) > 1), holders, roles[0].known)


def _key(one: CurrentPolicy) -> Key:
    if one.kind == "inline":
        return "inline", "inline"
    if one.kind == "aws":
        return "aws", one.policy_id
    arn = parse_arn(one.policy_id)
    return "customer", (arn.resource if arn else one.policy_id).removeprefix("policy")


def _of_set(merged: CurrentPolicy, key: Key, arn: str, captured: Row | None) -> CurrentPolicy:
    """Return a policy as the set has it; the rollback gives back the set's own text where it is known."""
    if key[0] != "inline":
        return replace(merged, policy_id=key[1])
    text = None if captured is None else captured["inline_policy"]
    document = merged.document if text in {None, "null"} else str(text)
    return replace(
        merged,
        policy_id=f"{arn}#{INLINE}",
        name=INLINE,
        document=document,
        policy=parse(document, name=INLINE),
    )


def _drift(
    by_key: Mapping[Key, Sequence[CurrentPolicy]],
    roles: Sequence[PrincipalEvidence],
    differing: set[Key],
    captured: Row | None,
    attached: set[Key],
) -> str:
    """Say where the roles are not what the set says: it was changed and not provisioned since."""
    inline = by_key.get(("inline", "inline"), ())
    if ("inline", "inline") in differing or len(inline) not in {0, len(roles)}:
        return "its inline policy is not the same in all accounts: provision it, collect, then run again"
    if captured is None:
        return ""
    for key, held in by_key.items():
        if key not in differing and len(held) != len(roles):
            return f"`{key[1]}` is not attached in all accounts: provision the set, collect, then run again"
    if captured["policies_known"] and {key for key in by_key if key[0] != "inline"} != attached:
        return "its attached policies are not those of its roles: provision it, collect, then run again"
    text = captured["inline_policy"]
    if text is None or (text == "null" and not inline):
        return ""
    if text == "null" or not inline or _canonical(text) != _canonical(inline[0].document):
        return "its inline policy is not that of its roles: provision it, collect, then run again"
    return ""


def _caveats(roles: Sequence[PrincipalEvidence], differing: set[Key], captured: Row | None) -> tuple[str, ...]:
    accounts = sorted({role.account_id for role in roles})
    found = [f"held in {len(accounts)} {'account' if len(accounts) == 1 else 'accounts'}: {', '.join(accounts)}"]
    if captured is None:
        found.append(
            "the set itself was not collected: there is no plan, and an account that the lake does not know may have it too"
        )
    elif captured["accounts"] is None:
        found.append(
            "where the set is provisioned was not collected: an account that the lake does not know may have it too"
        )
    found += [
        f"in account {role.account_id}: {one}"
        for role in roles
        for one in role.caveats
        if one.startswith(PARTIES) or OF_THIS_NAME in one
    ]
    found += [
        f"`{key[1]}` is an account's own policy and differs between accounts: it stays attached"
        for key in sorted(differing)
    ]
    return tuple(found)


def _canonical(document: str) -> str:
    try:
        return json.dumps(json.loads(document), sort_keys=True)
    except ValueError:
        return document
