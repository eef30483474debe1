"""The three days of a retirement: what is changed on each, and the commands of the AWS CLI that do it."""

from __future__ import annotations

import json
import shlex
from datetime import date
from typing import Final

from iamaudit.model.arn import parse_arn
from iamaudit.model.change import Change, ChangeKind
from iamaudit.recommend.retire_plan import Holding, Idle, Step

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
WHOLE: Final = frozenset({"idle_user", "idle_role"})


def steps_of(one: Idle, holding: Holding, days: tuple[date, date, date]) -> tuple[Step, ...]:
    """Return what is due on the days of notice, of disabling and of deleting; raises ValueError for another check."""
    notice, disable, delete = days
    words = f"tell the owner: it is disabled on {disable} and deleted on {delete}"
    if one.check == "idle_password":
        # A password cannot be switched off; a new one is a call away, so it does not wait for the second date.
        words = f"tell the owner: the password is deleted on {disable}"
    told = Step(notice, "notify", (), (_tag(one, holding, disable),), words)
    if one.check in WHOLE:
        return (told, *_whole(one, holding, disable, delete))
    if one.check == "idle_password":
        gone = Change(ChangeKind.DELETE_LOGIN_PROFILE, holding.arn, "", why=one.title)
        return (told, _step(disable, "delete", [gone], holding, "IAM cannot disable a password; a new one can be made"))
    if one.check != "idle_access_key":
        raise ValueError(f"`{one.check}` is no check of idle credentials")
    key = holding.keys[one.detail] or ""
    off = Change(ChangeKind.DEACTIVATE_ACCESS_KEY, holding.arn, key, why=one.title)
    gone = Change(ChangeKind.DELETE_ACCESS_KEY, holding.arn, key, why=one.title)
    return (
        told,
        _step(disable, "disable", [off], holding, "undone by making the key active again"),
        _step(delete, "delete", [gone], holding, "a deleted key does not come back"),
    )


def tagged_day(one: Idle, holding: Holding) -> date | None:
    """Return the day that an earlier notice named, or None."""
    try:
        return date.fromisoformat(holding.tags.get(_tag_name(one), ""))
    except ValueError:
        return None


def _tag_name(one: Idle) -> str:
    return TAG if one.check in WHOLE else f"{TAG}/{one.detail or one.check.removeprefix('idle_')}"


def _tag(one: Idle, holding: Holding, disable: date) -> str:
    value = f"Key={_tag_name(one)},Value={disable}"
    return _words(f"tag-{holding.kind}", f"--{holding.kind}-name", holding.name, "--tags", value)


def _whole(one: Idle, holding: Holding, disable: date, delete: date) -> tuple[Step, Step]:
    deny = deny_of(holding)
    keys = sorted({key for key in holding.keys.values() if key is not None})
    off = [Change(ChangeKind.DEACTIVATE_ACCESS_KEY, holding.arn, key, why=one.title) for key in keys]
    denied = (
        [] if deny is None else [Change(deny.kind, deny.holder, deny.policy, deny.document, deny.before, one.title)]
    )
    name = DENY_NAME if deny is None else deny.policy.rpartition("/")[2]
    away = _step(delete, "delete", _everything(one, holding, deny), holding, _last_words(holding))
    last = [
        *away.commands,
        *(
            _words("remove-role-from-instance-profile", "--instance-profile-name", profile, "--role-name", holding.name)
            for profile in sorted(holding.profiles)
        ),
        _words(f"delete-{holding.kind}", f"--{holding.kind}-name", holding.name),
    ]
    return (
        _step(disable, "disable", [*off, *denied], holding, f"undone by taking `{name}` away again"),
        Step(delete, "delete", away.changes, tuple(last), away.note),
    )


def deny_of(holding: Holding) -> Change | None:
    """Return the change that denies everything, reversibly: inline, or AWS's own policy where no room is left.

    A Deny of an identity policy wins over every Allow, of resource policies too, and over running sessions (domain.md
    §3.2); a boundary would not hold back what a resource policy grants to a session.
    """
    others = [document for name, document in holding.inline.items() if name != DENY_NAME]
    written = sum(len("".join((document or "").split())) for document in others)
    if None not in others and written + len(DENY_ALL) <= INLINE_CHARACTERS[holding.kind]:
        before = holding.inline.get(DENY_NAME)  # an earlier night's, when the plan is carried out and made again
        return Change(ChangeKind.PUT_INLINE_POLICY, holding.arn, DENY_NAME, DENY_ALL, before)
    partition = (parts.partition if (parts := parse_arn(holding.arn)) else "") or "aws"
    managed = f"arn:{partition}:iam::aws:policy/AWSDenyAll"
    if managed in holding.attached or len(holding.attached) < ATTACHMENTS:
        return Change(ChangeKind.ATTACH_POLICY, holding.arn, managed)
    return None


def _everything(one: Idle, holding: Holding, deny: Change | None) -> list[Change]:
    """Return what must go before IAM lets the principal be deleted; the Deny goes last, so that no hour is open."""
    found: list[Change] = []

    def add(kind: ChangeKind, policy: str, before: str | None = None) -> None:
        found.append(Change(kind, holding.arn, policy, before=before, why=one.title))

    for group in sorted(holding.groups):
        add(ChangeKind.REMOVE_USER_FROM_GROUP, group)
    for arn in sorted(set(holding.attached) - {deny.policy if deny else ""}):
        add(ChangeKind.DETACH_POLICY, arn)
    own = DENY_NAME if deny is not None and deny.kind is ChangeKind.PUT_INLINE_POLICY else None
    for name in sorted(holding.inline.keys() - {own}):
        add(ChangeKind.DELETE_INLINE_POLICY, name, holding.inline[name])
    for key in sorted({key for key in holding.keys.values() if key is not None}):
        add(ChangeKind.DELETE_ACCESS_KEY, key)
    if holding.has_password:
        add(ChangeKind.DELETE_LOGIN_PROFILE, "")
    if own is not None:
        add(ChangeKind.DELETE_INLINE_POLICY, own, DENY_ALL)
    elif deny is not None:
        add(ChangeKind.DETACH_POLICY, deny.policy)
    return found


def _last_words(holding: Holding) -> str:
    words = "it does not come back: what it had is in `holding` of `retire.json`"
    if holding.kind == "user":
        words += "; keys made since, MFA devices and certificates must go first"
    if unread := sorted(slot for slot, key in holding.keys.items() if key is None):
        words += f"; so must {' and '.join(unread)}, whose id was not read: `aws iam list-access-keys` tells it"
    return words


def _step(due: date, what: str, changes: list[Change], holding: Holding, note: str) -> Step:
    return Step(due, what, tuple(changes), tuple(_command(change, holding) for change in changes), note)


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
