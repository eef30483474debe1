"""A plan as a shell script for the AWS CLI, and the script that takes it back.

Every value is one quoted word `--option=value`, so that no name can become an option or a command. AWS keeps five
versions of a managed policy (domain.md §4), so the oldest that is not in force makes room; running a script twice is fine.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from typing import Final

from iamaudit.deliver.permission_sets import done_by, undone_by
from iamaudit.deliver.steps import Held, Left, Step, printable, steps_of, words
from iamaudit.model.change import OF_PERMISSION_SETS, Change, ChangeKind

_HEAD: Final = r"""#!/usr/bin/env bash
# {title}
# Written by iamaudit. {note}
set -euo pipefail

say() {{ printf '%s\n' "$1" >&2; }}

# Take away what may be gone already: then there is nothing to do.
take_away() {{
  local answer
  if ! answer=$(aws "$@" 2>&1); then
    case $answer in
      *NoSuchEntity*|*ResourceNotFound*) say "  was gone already" ;;
      *) say "$answer"; return 1 ;;
    esac
  fi
}}

# Make room for a new version: of five, the oldest that is not in force goes.
make_room() {{
  local count oldest
  count=$(aws iam list-policy-versions "--policy-arn=$1" --query 'length(Versions)' --output text)
  if [ "$count" -ge 5 ]; then
    oldest=$(aws iam list-policy-versions "--policy-arn=$1" \
      --query 'sort_by(Versions[?IsDefaultVersion==`false`], &CreateDate)[0].VersionId' --output text)
    say "  deletes its oldest version $oldest"
    aws iam delete-policy-version "--policy-arn=$1" "--version-id=$oldest"
  fi
}}

# Put a document in force for a managed policy, which is made if there is none: arn, name, path, document.
put_policy() {{
  if aws iam get-policy "--policy-arn=$1" >/dev/null 2>&1; then
    make_room "$1"
    aws iam create-policy-version "--policy-arn=$1" "--policy-document=$4" --set-as-default >/dev/null
  else
    aws iam create-policy "--policy-name=$2" "--path=$3" "--policy-document=$4" >/dev/null
  fi
}}
"""
_ACCOUNT: Final = r"""
account=$(aws sts get-caller-identity --query Account --output text)
if [ "$account" != {account} ]; then
  say "this is account $account, and the plan is for "{account}": nothing was done"
  exit 1
fi
"""


def apply_script(changes: Sequence[Change], *, account_id: str, title: str = "") -> str:
    """Return `apply.sh`. It does not look whether today's policies are still those of the plan: `iamaudit apply` does."""
    steps, left = steps_of(changes)
    note = "It asks nothing and does not look for changes made since: `iamaudit apply` does."
    return _script(title, note, account_id, [(words(step.change), _do(step)) for step in steps], left)


def rollback_script(changes: Sequence[Change], held: Iterable[Held] = (), *, account_id: str, title: str = "") -> str:
    """Return `rollback.sh`: the changes undone in reverse, with the very documents that AWS gave.

    What the plan attaches and *held* says was there before stays. A managed policy gets today's document back as a new
    version; one that the plan made is detached and left, since somebody may use it by then.
    """
    steps, left = steps_of(changes)
    before = {(one.holder, one.policy) for one in held}
    undone: list[tuple[str, str]] = []
    for step in reversed(steps):
        command = _undo(step, before)
        if command is None:
            left.append(Left(step.change, "cannot be taken back"))
        elif command:
            undone.append((f"undo: {words(step.change)}", command))
    provisions = [step for step in steps if step.kind is ChangeKind.PROVISION_SET]
    undone += [(f"undo: {words(step.change)}", done_by(step.change)) for step in provisions]
    note = "It restores what the plan replaced, whatever was changed since: `iamaudit apply --rollback` looks first."
    return _script(f"Takes back: {title}", note, account_id, undone, left)


def _script(title: str, note: str, account_id: str, parts: Sequence[tuple[str, str]], left: Sequence[Left]) -> str:
    text = _HEAD.format(title=printable(title) or "a plan", note=note)
    if account_id:
        text += _ACCOUNT.format(account=shlex.quote(account_id))
    text += "".join(f"\nsay {shlex.quote(what)}\n{command}\n" for what, command in parts)
    for one in left:
        text += f"\nsay {shlex.quote(f'left to do by hand: {words(one.change)}: {printable(one.why)}')}\n"
    return text


def _do(step: Step) -> str:
    change, kind = step.change, step.kind
    if kind in OF_PERMISSION_SETS:
        return done_by(change)
    if kind is ChangeKind.PUT_INLINE_POLICY:
        return _inline(step, "put", change.document)
    if kind is ChangeKind.DELETE_INLINE_POLICY:
        return _inline(step, "delete", None)
    if kind in {ChangeKind.CREATE_POLICY, ChangeKind.CREATE_POLICY_VERSION}:
        return _put_policy(step, change.document)
    if kind is ChangeKind.ATTACH_POLICY:
        return _attachment(step, "attach")
    if kind is ChangeKind.DETACH_POLICY:
        return _attachment(step, "detach")
    if kind is ChangeKind.PUT_PERMISSIONS_BOUNDARY:
        return _call(f"put-{step.holder_kind}-permissions-boundary", *_who(step), permissions_boundary=change.policy)
    if kind is ChangeKind.CREATE_GROUP:
        name = shlex.quote(f"--group-name={change.policy}")
        return f"aws iam get-group {name} >/dev/null 2>&1 || aws iam create-group {name} >/dev/null"
    if kind is ChangeKind.ADD_USER_TO_GROUP:
        return _call("add-user-to-group", *_who(step), group_name=change.policy)
    if kind is ChangeKind.REMOVE_USER_FROM_GROUP:
        return _call("remove-user-from-group", *_who(step), group_name=change.policy, may_be_gone=True)
    if kind is ChangeKind.DEACTIVATE_ACCESS_KEY:
        return _call("update-access-key", *_who(step), access_key_id=change.policy, status="Inactive")
    if kind is ChangeKind.DELETE_ACCESS_KEY:
        return _call("delete-access-key", *_who(step), access_key_id=change.policy, may_be_gone=True)
    return _call("delete-login-profile", *_who(step), may_be_gone=True)


def _undo(step: Step, before: set[tuple[str, str]]) -> str | None:
    """Return the command that takes a step back, nothing when there is nothing to do, None when none can."""
    change, kind = step.change, step.kind
    if kind in OF_PERMISSION_SETS:
        return undone_by(change)
    if kind in {ChangeKind.PUT_INLINE_POLICY, ChangeKind.DELETE_INLINE_POLICY}:
        if change.before is not None:
            return _inline(step, "put", change.before)
        return _inline(step, "delete", None) if kind is ChangeKind.PUT_INLINE_POLICY else None
    if kind is ChangeKind.CREATE_POLICY_VERSION:
        return None if change.before is None else _put_policy(step, change.before)
    if kind is ChangeKind.CREATE_POLICY:
        return ""
    if kind is ChangeKind.ATTACH_POLICY:
        return "" if (change.holder, change.policy) in before else _attachment(step, "detach")
    if kind is ChangeKind.DETACH_POLICY:
        return _attachment(step, "attach")
    if kind is ChangeKind.PUT_PERMISSIONS_BOUNDARY:
        operation = f"{step.holder_kind}-permissions-boundary"
        if change.before is not None:
            return _call(f"put-{operation}", *_who(step), permissions_boundary=change.before)
        return _call(f"delete-{operation}", *_who(step), may_be_gone=True)
    if kind is ChangeKind.ADD_USER_TO_GROUP:
        return _call("remove-user-from-group", *_who(step), group_name=change.policy, may_be_gone=True)
    if kind is ChangeKind.REMOVE_USER_FROM_GROUP:
        return _call("add-user-to-group", *_who(step), group_name=change.policy)
    if kind is ChangeKind.DEACTIVATE_ACCESS_KEY:
        return _call("update-access-key", *_who(step), access_key_id=change.policy, status="Active")
    if kind is ChangeKind.CREATE_GROUP:
        return _call("delete-group", group_name=change.policy, may_be_gone=True)
    return None


def _put_policy(step: Step, document: str | None) -> str:
    managed = step.managed
    if managed is None:
        return ""
    parts = (managed.arn, managed.name, managed.path, document or "")
    return f"put_policy {' '.join(shlex.quote(part) for part in parts)}"


def _inline(step: Step, verb: str, document: str | None) -> str:
    operation = f"{verb}-{step.holder_kind}-policy"
    if document is None:
        return _call(operation, *_who(step), policy_name=step.change.policy, may_be_gone=True)
    return _call(operation, *_who(step), policy_name=step.change.policy, policy_document=document)


def _attachment(step: Step, verb: str) -> str:
    operation = f"{verb}-{step.holder_kind}-policy"
    return _call(operation, *_who(step), policy_arn=step.change.policy, may_be_gone=verb == "detach")


def _who(step: Step) -> tuple[str, ...]:
    return () if step.holder is None else (f"--{step.holder.kind}-name={step.holder.name}",)


def _call(operation: str, *options: str, may_be_gone: bool = False, **values: str) -> str:
    named = (*options, *(f"--{name.replace('_', '-')}={value}" for name, value in values.items()))
    head = "take_away" if may_be_gone else "aws"
    return " ".join([head, "iam", operation, *(shlex.quote(option) for option in named)])
