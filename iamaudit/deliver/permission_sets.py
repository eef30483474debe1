"""Changes of permission sets as commands of the AWS CLI and as Terraform.

An Identity Center instance answers in its own region only, so the scripts take the region of the profile. What a set says holds
in an account once it is provisioned there (IAM Identity Center User Guide, `[K]` for the details).
"""

from __future__ import annotations

import shlex

from iamaudit.deliver.hcl import Body, Document
from iamaudit.deliver.steps import pretty
from iamaudit.model.change import Change, ChangeKind
from iamaudit.model.holder import instance_of

EVERYWHERE = "ALL_PROVISIONED_ACCOUNTS"


def done_by(change: Change) -> str:
    """Return the command that makes a change; taking away what is gone already is no failure."""
    kind = change.kind
    if kind is ChangeKind.PUT_SET_POLICY:
        return _call("put-inline-policy-to-permission-set", change, f"--inline-policy={change.document}")
    if kind is ChangeKind.PROVISION_SET:
        return _call("provision-permission-set", change, f"--target-type={EVERYWHERE}")
    if kind is ChangeKind.DELETE_SET_POLICY:
        return _call("delete-inline-policy-from-permission-set", change, head="take_away")
    if kind is ChangeKind.DETACH_SET_REFERENCE:
        operation = "detach-customer-managed-policy-reference-from-permission-set"
        return _call(operation, change, _reference(change), head="take_away")
    operation = "detach-managed-policy-from-permission-set"
    return _call(operation, change, f"--managed-policy-arn={change.policy}", head="take_away")


def undone_by(change: Change) -> str:
    """Return the command that takes a change back; nothing for provisioning, which comes again after everything."""
    kind = change.kind
    if kind in {ChangeKind.PUT_SET_POLICY, ChangeKind.DELETE_SET_POLICY}:
        if change.before is None:
            return _call("delete-inline-policy-from-permission-set", change, head="take_away")
        return _call("put-inline-policy-to-permission-set", change, f"--inline-policy={change.before}")
    if kind is ChangeKind.DETACH_SET_POLICY:
        return _call("attach-managed-policy-to-permission-set", change, f"--managed-policy-arn={change.policy}")
    if kind is ChangeKind.DETACH_SET_REFERENCE:
        return _call("attach-customer-managed-policy-reference-to-permission-set", change, _reference(change))
    return ""


def inline_policy(change: Change) -> tuple[Body, str | None]:
    """Return the body of `aws_ssoadmin_permission_set_inline_policy`, and the id to import it by where there is one today.

    The provider provisions the set by itself when its inline policy changes (its documentation).
    """
    instance = instance_of(change.holder)
    body = Body(
        instance_arn=instance, permission_set_arn=change.holder, inline_policy=Document(pretty(change.document))
    )
    return body, None if change.before is None else f"{change.holder},{instance}"


def _reference(change: Change) -> str:
    path, _, name = change.policy.rpartition("/")
    return f"--customer-managed-policy-reference=Name={name},Path={path}/"


def _call(operation: str, change: Change, *options: str, head: str = "aws") -> str:
    who = (f"--instance-arn={instance_of(change.holder)}", f"--permission-set-arn={change.holder}")
    return " ".join([head, "sso-admin", operation, *(shlex.quote(one) for one in (*who, *options))])
