"""Who holds something shared whose bundle was carried out, and what each holds beside it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from iamaudit.engine.duck import Engine
from iamaudit.errors import PolicySyntaxError
from iamaudit.model.arn import parse_arn
from iamaudit.model.change import ChangeKind
from iamaudit.model.policy import Policy
from iamaudit.policy.parse import parse
from iamaudit.recommend.evidence import CurrentPolicy
from iamaudit.watch.applied import Applied, is_shared

_BEFORE: Final = """
    with captured as (
        select max(captured_at) as moment from principals where account_id = $account and captured_at <= $at
    ),
    members as (
        select memberships.* from memberships, captured
        where memberships.account_id = $account and memberships.captured_at = captured.moment
    ),
    attached as (
        select attachments.* from attachments, captured
        where attachments.account_id = $account and attachments.captured_at = captured.moment
            and attachments.policy_id = $thing
    )
    select user_arn as holder from members where group_arn = $thing
    union
    select holder_arn from attached
    union
    select members.user_arn from members, attached where members.group_arn = attached.holder_arn
    union
    select null from captured where moment is null
"""


class Holders:
    """Who holds what as of the lake's latest state; nothing is read before something shared is asked about."""

    def __init__(self, engine: Engine) -> None:
        """Ask *engine*."""
        self._engine = engine
        self._held: dict[str, list[Mapping[str, Any]]] | None = None
        self._policies: dict[tuple[str, str], Mapping[str, Any]] = {}
        self._captured: dict[str, datetime] = {}

    def expanded(self, applied: Iterable[Applied]) -> Iterator[Applied]:
        """Yield one value for each holder of what is shared, of today and of when it was changed; all others as they are."""
        listed = list(applied)
        changed = {one.principal: one.at for one in sorted(listed, key=lambda one: one.at) if not one.boundary}
        for one in listed:
            if is_shared(one.principal):
                for holder in self._holders_of(one):
                    yield self.as_held(one, holder, changed)
            else:
                yield one

    def as_held(self, applied: Applied, holder: str, changed: Mapping[str, datetime] | None = None) -> Applied:
        """Return what was done to something shared as *holder* has it; *changed* is when what else was changed by us, by ARN."""
        self._read()
        others: list[CurrentPolicy] = []
        changes, doubt = changed or {}, ""
        times = [changes[holder]] if holder in changes else []
        for row in (self._held or {}).get(holder, ()):
            if _is_of_thing(row, applied):
                continue
            times += [changes[arn] for arn in (row["through"], row["policy_id"]) if arn in changes]
            try:
                others.append(self._policy(row))
            except PolicySyntaxError:
                doubt = f"`{row['policy_id']}`, which it has too, cannot be read"
        captured = self._captured.get(holder)
        if times and (captured is None or captured <= max(times)):
            doubt = "what it has beside was changed too, and not collected since"
        taken, joined = self._moved(applied, holder)
        if any(not one.document for one in taken):
            doubt = "what was taken from it is not known"
        before = () if joined else applied.before  # whoever the plan put into the group had nothing of it
        return replace(
            applied,
            principal=holder,
            thing=applied.principal,
            before=before,
            others=tuple(others),
            doubt=doubt,
            taken=taken,
            boundary=(),
            given=(),
        )

    def _moved(self, applied: Applied, holder: str) -> tuple[tuple[CurrentPolicy, ...], bool]:
        """Return what the plan of a group took from a user, without a document where that is not known, and whether it joined."""
        taken: list[CurrentPolicy] = []
        own = [] if applied.plan is None else [one for one in applied.plan.changes if one.holder == holder]
        account = holder.split(":")[4]
        for change in own:
            text = change.before
            if change.kind is ChangeKind.DETACH_POLICY:
                text = (self._policies.get((account, change.policy)) or {}).get("document")
            if change.kind in {ChangeKind.DELETE_INLINE_POLICY, ChangeKind.DETACH_POLICY}:
                try:
                    read = parse(text or "", name=change.policy)
                except PolicySyntaxError:
                    read, text = Policy(()), ""
                taken.append(CurrentPolicy(change.policy, change.policy, "customer", holder, read, text or ""))
        return tuple(taken), any(change.kind is ChangeKind.ADD_USER_TO_GROUP for change in own)

    def _holders_of(self, applied: Applied) -> list[str]:
        self._read()
        thing = applied.principal
        parts = parse_arn(thing)
        if parts is not None and parts.service == "sso":
            rows = self._engine.table("stg_permission_set_roles").to_pylist()
            return sorted({row["role_arn"] for row in rows if row["permission_set_arn"] == thing})
        if ":group/" in thing:
            rows = self._engine.table("stg_memberships").to_pylist()
            found = {row["user_arn"] for row in rows if row["group_arn"] == thing}
        else:
            found = {arn for arn, rows in (self._held or {}).items() if any(one["policy_id"] == thing for one in rows)}
        parameters = {"account": parts.account if parts else "", "at": applied.at, "thing": thing}
        then = {row["holder"] for row in self._engine.query(_BEFORE, parameters).to_pylist()}
        # whoever came to it since the change lost nothing by it; None: nobody knows who had it then
        moved = {one.holder for one in applied.plan.changes if one.holder} if applied.plan is not None else set()
        return sorted(found if None in then else found & (then | moved))

    def _policy(self, row: Mapping[str, Any]) -> CurrentPolicy:
        policy = self._policies.get((row["account_id"], row["policy_id"]))
        if policy is None or policy["document"] is None:
            raise PolicySyntaxError(f"the document of `{row['policy_id']}` was not collected")
        name = policy["name"] or row["policy_id"]
        read = parse(policy["document"], name=name)
        return CurrentPolicy(row["policy_id"], name, policy["kind"], row["through"], read, policy["document"])

    def _read(self) -> None:
        if self._held is not None:
            return
        held: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
        for row in self._engine.table("grant_holders").to_pylist():
            held[row["principal"]].append(row)
        self._held = {
            arn: sorted(rows, key=lambda one: (one["policy_id"], one["through"])) for arn, rows in held.items()
        }
        self._policies = {
            (row["account_id"], row["policy_id"]): row for row in self._engine.table("stg_policies").to_pylist()
        }
        self._captured = {row["arn"]: row["captured_at"] for row in self._engine.table("stg_principals").to_pylist()}


def _is_of_thing(row: Mapping[str, Any], applied: Applied) -> bool:
    """Whether a policy that is held comes by what is shared."""
    thing = applied.principal
    if ":group/" in thing:
        return bool(row["through"] == thing)
    if ":policy/" in thing:
        return bool(row["policy_id"] == thing)
    # of a permission set's role everything is the set's but an account's own policies that differ between accounts
    arn = parse_arn(row["policy_id"])
    if arn is None or not arn.account.isdigit() or not arn.resource.startswith("policy/"):
        return True
    return arn.resource.removeprefix("policy") in _references(applied.before)


def _references(policies: Sequence[CurrentPolicy]) -> set[str]:
    return {one.policy_id for one in policies if one.kind == "customer"}
