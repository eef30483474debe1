"""The plan for credentials that nobody uses: tell the owner, take them away so that it can be undone, then delete."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from iamaudit.model.arn import parse_arn
from iamaudit.model.change import Change, ChangeKind

DENY_NAME: Final = "iamaudit-retired"
DENY_ALL: Final = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Sid": "Retired", "Effect": "Deny", "Action": "*", "Resource": "*"}],
    },
    separators=(",", ":"),
)
TAG: Final = "iamaudit:retire-on"
# What all inline policies of one holder may come to, and how many managed ones it may have by default (domain.md §4).
INLINE_CHARACTERS: Final = {"user": 2_048, "role": 10_240}
ATTACHMENTS: Final = 10


@dataclass(frozen=True, slots=True)
class Holding:
    """What a user or role has today, so that all of it can be taken away and, before that, be noted.

    `inline` maps names to documents as AWS gave them (None where it was not read), `attached` are ARNs, `groups` and
    `profiles` names, `keys` maps the slots of the credential report (`access_key_1`) to the ids of active keys, None
    where the id was not read. `again` is what else its maker would need: trust policy, tags, boundary.
    """

    arn: str
    account_id: str
    kind: str  # user | role
    name: str
    inline: Mapping[str, str | None]
    attached: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    keys: Mapping[str, str | None] | None = None
    has_password: bool = False
    is_service_linked: bool = False
    permission_set: str | None = None
    again: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Idle:
    """A finding that something is idle: `check` is its name, `detail` which credential of the holder."""

    check: str  # idle_user | idle_role | idle_access_key | idle_password
    arn: str
    account_id: str
    title: str
    finding_id: str
    detail: str = ""
    last_used: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """What is due on one day; `changes` as a plan has them, `commands` of the AWS CLI for all of it, in order."""

    due: date
    what: str  # notify | disable | delete
    changes: tuple[Change, ...]
    commands: tuple[str, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Retirement:
    """One idle thing with its three days."""

    idle: Idle
    holding: Holding
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something that is not retired, and why not."""

    arn: str
    account_id: str
    what: str
    why: str


@dataclass(frozen=True, slots=True)
class RetirePlan:
    """The dated plan of one night: the same input gives the same plan."""

    as_of: date
    retirements: tuple[Retirement, ...]
    left_out: tuple[LeftOut, ...]


def retire(
    idle: Iterable[Idle],
    holdings: Mapping[str, Holding],
    *,
    as_of: date,
    protected: Callable[[str], str] = lambda _arn: "",
    unknown: Iterable[LeftOut] = (),
    notice_days: int = 14,
    delete_days: int = 44,
) -> RetirePlan:
    """Return the plan, sorted by account and ARN.

    *holdings* are by ARN, *protected* says why a principal may not be touched (empty: it may). An idle user takes its idle keys and
    password with it. Root, service-linked roles, roles of permission sets and whatever cannot be undone safely are left
    out with the reason, beside the *unknown*.
    """
    found = sorted(set(idle), key=lambda one: (one.account_id, one.arn, _ORDER[one.check], one.detail))
    whole = {one.arn for one in found if one.check in {"idle_user", "idle_role"}}
    retirements, left_out = [], list(unknown)
    for one in found:
        holding = holdings.get(one.arn)
        why = _reason_to_leave(one, holding, protected)
        if why or holding is None:
            left_out.append(LeftOut(one.arn, one.account_id, one.detail or one.check.removeprefix("idle_"), why))
        elif one.check in {"idle_user", "idle_role"} or one.arn not in whole:
            days = as_of, as_of + timedelta(days=notice_days), as_of + timedelta(days=delete_days)
            retirements.append(Retirement(one, holding, _steps(one, holding, days)))
    ordered = sorted(set(left_out), key=lambda entry: (entry.account_id, entry.arn, entry.what, entry.why))
    return RetirePlan(as_of, tuple(retirements), tuple(ordered))


_ORDER: Final = {"idle_user": 0, "idle_role": 0, "idle_access_key": 1, "idle_password": 2}


def _reason_to_leave(one: Idle, holding: Holding | None, protected: Callable[[str], str]) -> str:
    if one.arn.endswith(":root"):
        return "root is not retired: delete its keys by hand"
    if holding is None:
        return "the state of today does not have it: collect again"
    if holding.is_service_linked:
        return "a service-linked role belongs to AWS: the service deletes it"
    if holding.permission_set is not None:
        return f"Identity Center made it: take the assignments of permission set `{holding.permission_set}` away"
    if why := protected(one.arn):
        return why
    if one.check == "idle_access_key" and (holding.keys or {}).get(one.detail) is None:
        return "the key's id was not read: collect by API, or add `list-access-keys` of the user"
    if one.check in {"idle_user", "idle_role"} and _deny(holding) is None:
        return "neither an inline policy nor another managed one fits: make room, or delete it by hand"
    return ""


def _steps(one: Idle, holding: Holding, days: tuple[date, date, date]) -> tuple[Step, ...]:
    notice, disable, delete = days
    tag = _tag(holding, disable) if one.check in {"idle_user", "idle_role"} else ()
    told = Step(notice, "notify", (), tag, f"tell the owner that it is disabled on {disable} and deleted on {delete}")
    if one.check == "idle_password":
        # A password cannot be switched off; a new one is a call away, so it does not wait for the second date.
        change = Change(ChangeKind.DELETE_LOGIN_PROFILE, holding.arn, "", why=one.title)
        gone = _step(disable, "delete", [change], holding, "IAM cannot disable a password; a new one can be made")
        return (told, gone)
    if one.check == "idle_access_key":
        key = str((holding.keys or {})[one.detail])
        off = Change(ChangeKind.DEACTIVATE_ACCESS_KEY, holding.arn, key, why=one.title)
        gone = Change(ChangeKind.DELETE_ACCESS_KEY, holding.arn, key, why=one.title)
        return (
            told,
            _step(disable, "disable", [off], holding, "the key can be made active again"),
            _step(delete, "delete", [gone], holding, "a deleted key does not come back"),
        )
    deny = _deny(holding)
    keys = [key for key in (holding.keys or {}).values() if key is not None]
    off = [Change(ChangeKind.DEACTIVATE_ACCESS_KEY, holding.arn, key, why=one.title) for key in sorted(keys)]
    denied = [] if deny is None else [Change(deny.kind, deny.holder, deny.policy, deny.document, why=one.title)]
    undo = f"undone by taking `{DENY_NAME if deny is None else deny.policy.rpartition('/')[2]}` away again"
    return (
        told,
        _step(disable, "disable", [*off, *denied], holding, undo),
        _step(delete, "delete", _everything_away(one, holding, deny), holding, _last_words(holding)),
    )


def _deny(holding: Holding) -> Change | None:
    """Return the change that denies everything, reversibly: inline, or AWS's own policy where no room is left.

    A Deny of an identity policy wins over every Allow, of resource policies too, and over running sessions (domain.md
    §3.2); a boundary would not hold back what a resource policy grants to a session.
    """
    written = sum(len("".join((document or "").split())) for document in holding.inline.values())
    if None not in holding.inline.values() and written + len(DENY_ALL) <= INLINE_CHARACTERS[holding.kind]:
        return Change(ChangeKind.PUT_INLINE_POLICY, holding.arn, DENY_NAME, DENY_ALL)
    if len(holding.attached) < ATTACHMENTS:
        partition = (parts.partition if (parts := parse_arn(holding.arn)) else "") or "aws"
        return Change(ChangeKind.ATTACH_POLICY, holding.arn, f"arn:{partition}:iam::aws:policy/AWSDenyAll")
    return None


def _everything_away(one: Idle, holding: Holding, deny: Change | None) -> list[Change]:
    """Return what must go before IAM lets the principal be deleted; the Deny goes last, so that no hour is open."""
    found: list[Change] = []

    def add(kind: ChangeKind, policy: str, before: str | None = None) -> None:
        found.append(Change(kind, holding.arn, policy, before=before, why=one.title))

    for group in sorted(holding.groups):
        add(ChangeKind.REMOVE_USER_FROM_GROUP, group)
    for arn in sorted(holding.attached):
        add(ChangeKind.DETACH_POLICY, arn)
    for name in sorted(holding.inline):
        add(ChangeKind.DELETE_INLINE_POLICY, name, holding.inline[name])
    for key in sorted(key for key in (holding.keys or {}).values() if key is not None):
        add(ChangeKind.DELETE_ACCESS_KEY, key)
    if holding.has_password:
        add(ChangeKind.DELETE_LOGIN_PROFILE, "")
    if deny is not None and deny.kind is ChangeKind.PUT_INLINE_POLICY and DENY_NAME not in holding.inline:
        add(ChangeKind.DELETE_INLINE_POLICY, DENY_NAME, DENY_ALL)
    elif deny is not None and deny.kind is ChangeKind.ATTACH_POLICY:
        add(ChangeKind.DETACH_POLICY, deny.policy)
    return found


def _last_words(holding: Holding) -> str:
    words = "it does not come back: what it had is in `holding`"
    if holding.kind == "user":
        words += "; keys that were made since, MFA devices and certificates must go first"
    return words


def _step(due: date, what: str, changes: list[Change], holding: Holding, note: str) -> Step:
    commands = [_command(change, holding) for change in changes]
    if what == "delete" and changes and changes[0].kind not in _OF_ONE_CREDENTIAL:
        commands += [
            _words("remove-role-from-instance-profile", "--instance-profile-name", name, "--role-name", holding.name)
            for name in sorted(holding.profiles)
        ]
    return Step(due, what, tuple(changes), tuple(commands), note)


_OF_ONE_CREDENTIAL: Final = frozenset({ChangeKind.DELETE_ACCESS_KEY, ChangeKind.DELETE_LOGIN_PROFILE})


def _tag(holding: Holding, disable: date) -> tuple[str, ...]:
    value = f"Key={TAG},Value={disable}"
    return (_words(f"tag-{holding.kind}", f"--{holding.kind}-name", holding.name, "--tags", value),)


def _command(change: Change, holding: Holding) -> str:
    who = (f"--{holding.kind}-name", holding.name)
    match change.kind:
        case ChangeKind.DEACTIVATE_ACCESS_KEY:
            return _words("update-access-key", *who, "--access-key-id", change.policy, "--status", "Inactive")
        case ChangeKind.DELETE_ACCESS_KEY:
            return _words("delete-access-key", *who, "--access-key-id", change.policy)
        case ChangeKind.DELETE_LOGIN_PROFILE:
            return _words("delete-login-profile", *who)
        case ChangeKind.PUT_INLINE_POLICY:
            document = change.document or ""
            verb = f"put-{holding.kind}-policy"
            return _words(verb, *who, "--policy-name", change.policy, "--policy-document", document)
        case ChangeKind.DELETE_INLINE_POLICY:
            return _words(f"delete-{holding.kind}-policy", *who, "--policy-name", change.policy)
        case ChangeKind.ATTACH_POLICY:
            return _words(f"attach-{holding.kind}-policy", *who, "--policy-arn", change.policy)
        case ChangeKind.DETACH_POLICY:
            return _words(f"detach-{holding.kind}-policy", *who, "--policy-arn", change.policy)
        case ChangeKind.REMOVE_USER_FROM_GROUP:
            return _words("remove-user-from-group", *who, "--group-name", change.policy)
        case _:
            raise ValueError(f"a retirement has no step `{change.kind.value}`")


def _words(*words: str) -> str:
    """Return one command line; names come from AWS and are quoted all the same."""
    return shlex.join(["aws", "iam", *words])
