"""The account authorization details of one account, as the AWS CLI prints them (domain.md §6)."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from iamaudit.world.accounts import Account
from iamaudit.world.behaviour import Cast
from iamaudit.world.granted import aws_policy_arn
from iamaudit.world.ids import unique_id
from iamaudit.world.moments import iso
from iamaudit.world.nouns import CustomerPolicy, Group, Role, User
from iamaudit.world.policies_aws import AWS_MANAGED
from iamaudit.world.truth import Truth

Json = dict[str, Any]


class Details:
    """The account authorization details of one account."""

    def __init__(self, account: Account, cast: Cast, truth: Truth, captured_at: datetime) -> None:
        self.account, self.cast, self.truth, self.captured_at = account, cast, truth, captured_at

    def as_json(self) -> Json:
        """Return the output of `aws iam get-account-authorization-details`."""
        return {
            "UserDetailList": [self._user(user) for user in self.cast.users],
            "GroupDetailList": [self._group(group) for group in self.cast.groups],
            "RoleDetailList": [self._role(role) for role in self.cast.roles],
            "Policies": [*(self._customer(policy) for policy in self.cast.policies), *self._attached_aws_policies()],
        }

    def _ago(self, days: float) -> str:
        return iso(self.captured_at - timedelta(days=days))

    def _document(self, document: Json) -> Any:
        return quote(json.dumps(document), safe="") if self.account.percent_encoded else document

    def _inline(self, policies: tuple[tuple[str, Json], ...]) -> list[Json]:
        return [{"PolicyName": name, "PolicyDocument": self._document(document)} for name, document in policies]

    def _user(self, user: User) -> Json:
        detail: Json = {
            "Path": "/",
            "UserName": user.name,
            "UserId": user.unique_id,
            "Arn": user.arn,
            "CreateDate": self._ago(user.created_days),
        }
        if user.inline:
            detail["UserPolicyList"] = self._inline(user.inline)
        return detail | {
            "GroupList": list(user.groups),
            "AttachedManagedPolicies": _attached(user.managed),
            "Tags": _tags(user.tags),
        }

    def _group(self, group: Group) -> Json:
        return {
            "Path": "/",
            "GroupName": group.name,
            "GroupId": unique_id("AGPA", group.account, group.name),
            "Arn": group.arn,
            "CreateDate": self._ago(1000),
            "GroupPolicyList": self._inline(group.inline),
            "AttachedManagedPolicies": _attached(group.managed),
        }

    def _role(self, role: Role) -> Json:
        profiles = []
        bare = {
            "Path": role.path,
            "RoleName": role.name,
            "RoleId": role.unique_id,
            "Arn": role.arn,
            "CreateDate": self._ago(role.created_days),
            "AssumeRolePolicyDocument": self._document(role.trust),
        }
        if role.instance_profile:
            profiles.append(
                {
                    "Path": "/",
                    "InstanceProfileName": role.instance_profile,
                    "InstanceProfileId": unique_id("AIPA", role.account, role.instance_profile),
                    "Arn": f"arn:aws:iam::{role.account}:instance-profile/{role.instance_profile}",
                    "CreateDate": self._ago(role.created_days),
                    "Roles": [bare],
                }
            )
        detail = bare | {
            "InstanceProfileList": profiles,
            "RolePolicyList": self._inline(role.inline),
            "AttachedManagedPolicies": _attached(role.managed),
        }
        if role.boundary:
            detail["PermissionsBoundary"] = {
                "PermissionsBoundaryType": "Policy",
                "PermissionsBoundaryArn": role.boundary,
            }
        return detail | {"Tags": _tags(role.tags), "RoleLastUsed": self._role_last_used(role)}

    def _role_last_used(self, role: Role) -> Json:
        used = self.truth.principals.get(role.arn)
        if used:
            return {"LastUsedDate": used.last.replace("Z", "+00:00"), "Region": "eu-west-1"}
        if role.last_used_days is not None:
            return {"LastUsedDate": self._ago(role.last_used_days), "Region": "eu-west-1"}
        return {}

    def _customer(self, policy: CustomerPolicy) -> Json:
        versions = [*policy.older, policy.document]
        newest = len(versions)
        attached = self._attachments(policy.arn)
        return self._policy(policy.name, policy.arn, "/", "ANPA", attached, f"v{newest}") | {
            "PermissionsBoundaryUsageCount": sum(role.boundary == policy.arn for role in self.cast.roles),
            "PolicyVersionList": [
                {
                    "Document": self._document(document),
                    "VersionId": f"v{number}",
                    "IsDefaultVersion": number == newest,
                    "CreateDate": self._ago(700 - 60 * number),
                }
                for number, document in reversed(list(enumerate(versions, start=1)))
            ],
        }

    def _attachments(self, arn: str) -> int:
        cast = self.cast
        holdings = (
            *(u.managed for u in cast.users),
            *(g.managed for g in cast.groups),
            *(r.managed for r in cast.roles),
        )
        return sum(arn in managed for managed in holdings)

    def _attached_aws_policies(self) -> list[Json]:
        found = []
        for name, (path, document) in AWS_MANAGED.items():
            arn = aws_policy_arn(name)
            count = self._attachments(arn)
            if count:
                version = {
                    "Document": self._document(document),
                    "VersionId": "v3",
                    "IsDefaultVersion": True,
                    "CreateDate": "2024-03-01T18:20:10+00:00",
                }
                found.append(self._policy(name, arn, path, "ANPA", count, "v3") | {"PolicyVersionList": [version]})
        return found

    def _policy(self, name: str, arn: str, path: str, prefix: str, attached: int, version: str) -> Json:
        return {
            "PolicyName": name,
            "PolicyId": unique_id(prefix, arn),
            "Arn": arn,
            "Path": path,
            "DefaultVersionId": version,
            "AttachmentCount": attached,
            "PermissionsBoundaryUsageCount": 0,
            "IsAttachable": True,
            "CreateDate": "2015-02-06T18:39:46+00:00" if "::aws:" in arn else self._ago(700),
            "UpdateDate": "2024-03-01T18:20:10+00:00" if "::aws:" in arn else self._ago(580),
        }


def _attached(arns: tuple[str, ...]) -> list[Json]:
    return [{"PolicyName": arn.rpartition("/")[2], "PolicyArn": arn} for arn in arns]


def _tags(tags: tuple[tuple[str, str], ...]) -> list[Json]:
    return [{"Key": key, "Value": value} for key, value in tags]
