"""Who or what an IAM ARN names: kind, name and path of a user, role, group or customer-managed policy."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from iamaudit.errors import InputError
from iamaudit.model.arn import parse_arn

# User, role, group and policy names (domain.md §4); nothing else may reach a script or a call.
NAME: Final = re.compile(r"[A-Za-z0-9_+=,.@-]{1,128}")
_PATH: Final = re.compile(r"/(?:[\x21-\x7e]{0,510}/)?")


_SET: Final = re.compile(r"(arn:aws[a-z-]*:sso:::)permissionSet/(ssoins-[0-9A-Za-z]+)/ps-[0-9A-Za-z]+")


@dataclass(frozen=True, slots=True)
class Holder:
    """One thing of IAM; `account` is `aws` for an AWS-managed policy, `path` begins and ends with `/`."""

    arn: str
    kind: str  # user | role | group | policy
    name: str
    path: str
    account: str
    partition: str


def holder_of(arn: str) -> Holder:
    """Return what *arn* names; raise InputError for what is no IAM user, role, group or policy.

    A permission set of Identity Center is none of them, and AWS lets nobody change the roles made for one (`[K]`).
    """
    parts = parse_arn(arn)
    kind, _, rest = (parts.resource if parts else "").partition("/")
    path, _, name = f"/{rest}".rpartition("/")
    if parts is None or parts.service != "iam" or kind not in {"user", "role", "group", "policy"}:
        raise InputError(f"`{arn}` is no IAM user, role, group or policy: change it where it is managed")
    if not NAME.fullmatch(name) or not _PATH.fullmatch(f"{path}/"):
        raise InputError(f"`{arn}` has a name or path that IAM does not allow: check where the plan comes from")
    if kind == "role" and path.startswith(("/aws-reserved/", "/aws-service-role/")):
        raise InputError(f"`{arn}` belongs to AWS: change its permission set, or the service's own settings, instead")
    return Holder(arn, kind, name, f"{path}/", parts.account, parts.partition)


def instance_of(permission_set: str) -> str:
    """Return the ARN of the instance of Identity Center that a permission set's ARN names; raise InputError for no such ARN."""
    found = _SET.fullmatch(permission_set)
    if found is None:
        raise InputError(f"`{permission_set}` is no permission set: check where the plan comes from")
    return f"{found[1]}instance/{found[2]}"
