"""IAM's own resources: a request names them without their path, which only a response or the inventory knows."""

from __future__ import annotations

from iamaudit.model.arn import parse_arn
from iamaudit.usage.answer import Answer, sure
from iamaudit.usage.call import Call
from iamaudit.usage.parameters import Parameters, parameters_of
from iamaudit.usage.templates import plans_of


def iam(action: str, call: Call, parameters: Parameters, role: str, listed: tuple[str, ...]) -> Answer | None:
    """Return the user, role, group, profile, policy, certificate or device that IAM is asked about."""
    del role
    kind = _IAM_NAMES.get(_iam_subject(action))
    if kind is None or listed:
        return None
    parameter, word = kind
    name = parameters.first(parameter)
    if name is None:
        mine = parse_arn(call.identity_arn)
        if word == "user" and mine is not None and mine.resource.startswith("user/"):
            return sure(call.identity_arn)
        if word == "user" and mine is not None and mine.resource == "root":
            return (call.identity_arn,), "low", {}  # no document says what is evaluated: the root user is no IAM user
        return None
    path = parameters.top.get("path", "")
    for arn in parameters_of(call.response).every("arn", all_depths=True):
        parsed = parse_arn(arn)
        if parsed is not None and parsed.resource.startswith(f"{word}/") and parsed.name == name:
            return sure(arn)
    account = f"arn:{call.partition}:iam::{call.account_id}"
    if path:
        return sure(f"{account}:{word}{path if path.endswith('/') else path + '/'}{name}")
    is_new = action in _MAKING  # and not only a key or a password for it
    # the request names it without its path: only the inventory knows that
    named = (f"{account}:{word}/{name}", *_renamed(action, parameters, f"{account}:{word}", name))
    return named, "high" if is_new else "low", {}


def _renamed(action: str, parameters: Parameters, kind: str, name: str) -> tuple[str, ...]:
    """Return what a thing is called after the call: who renames needs the permission on the new name, too.

    [botocore 1.44.5, documentation of UpdateUser, UpdateGroup and UpdateServerCertificate; Apache-2.0]
    """
    parameter = _RENAMING.get(action, "")
    new_name, new_path = parameters.top.get(parameter, ""), parameters.top.get("newpath", "")
    if not new_name and not new_path:
        return ()
    path = f"/{new_path.strip('/')}/" if new_path.strip("/") else "/"
    return (f"{kind}{path}{new_name or name}",)


_RENAMING = {
    "iam:UpdateUser": "newusername",
    "iam:UpdateGroup": "newgroupname",
    "iam:UpdateServerCertificate": "newservercertificatename",
}

_MAKING = frozenset(
    {
        "iam:CreateGroup",
        "iam:CreateInstanceProfile",
        "iam:CreatePolicy",
        "iam:CreateRole",
        "iam:CreateUser",
        "iam:CreateVirtualMFADevice",
        "iam:UploadServerCertificate",
    }
)
_IAM_NAMES = {
    "user": ("username", "user"),
    "role": ("rolename", "role"),
    "group": ("groupname", "group"),
    "instance-profile": ("instanceprofilename", "instance-profile"),
    "policy": ("policyname", "policy"),
    "server-certificate": ("servercertificatename", "server-certificate"),
    "mfa": ("virtualmfadevicename", "mfa"),
}


def _iam_subject(action: str) -> str:
    kinds = {plan.resource_type for plan in plans_of(action)}
    return next(iter(kinds)) if len(kinds) == 1 else ""


def root(action: str, call: Call, parameters: Parameters, role: str, listed: tuple[str, ...]) -> Answer | None:
    """Return the root user of the member account, who is named by the account's id or by an ARN."""
    del action, role, listed
    target = parameters.first("targetprincipal")
    if not target:
        return None
    return sure(target if target.startswith("arn:") else f"arn:{call.partition}:iam::{target}:root")
