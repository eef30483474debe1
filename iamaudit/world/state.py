"""The state files: exactly what a person would export with the AWS CLI (design.md §4)."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from iamaudit.world.accounts import MANAGEMENT, ORGANISATION_ID, ROOT_ID, UNITS, Account
from iamaudit.world.behaviour import Cast
from iamaudit.world.credential_report import credential_report_files
from iamaudit.world.granted import aws_policy_arn
from iamaudit.world.ids import unique_id
from iamaudit.world.nouns import CustomerPolicy, Group, Role, User
from iamaudit.world.organisation import Organisation
from iamaudit.world.policies_aws import AWS_MANAGED
from iamaudit.world.trails import trail_files
from iamaudit.world.truth import Truth

Json = dict[str, Any]


def write_state(directory: Path, organisation: Organisation, truth: Truth, captured_at: datetime) -> int:
    """Write every state file into *directory* and return how many there are."""
    files: dict[str, str] = {}
    for account in organisation.accounts:
        cast = organisation.casts[account.id]
        details = _Details(account, cast, truth, captured_at)
        files[f"authorization-details-{account.id}.json"] = _text(details.as_json())
        files |= credential_report_files(account, cast.users, truth, captured_at)
        files[f"account-summary-{account.id}.json"] = _text(_summary(account, cast))
        if account.has_password_policy:
            files[f"password-policy-{account.id}.json"] = _text(_password_policy(account))
        files[f"virtual-mfa-devices-{account.id}.json"] = _text(_devices(account, cast, captured_at))
    files["organization.json"] = _text(_organization(organisation))
    files |= {name: _text(value) for name, value in trail_files(organisation, captured_at).items()}
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (directory / name).write_text(text, encoding="utf-8")
    return len(files)


def _text(value: Any) -> str:
    return json.dumps(value, indent=4, ensure_ascii=False) + "\n"


def iso(moment: datetime) -> str:
    """Return *moment* as the AWS CLI prints it."""
    return f"{moment:%Y-%m-%dT%H:%M:%S+00:00}"


class _Details:
    """The account authorization details of one account."""

    def __init__(self, account: Account, cast: Cast, truth: Truth, captured_at: datetime) -> None:
        self.account, self.cast, self.truth, self.captured_at = account, cast, truth, captured_at

    def as_json(self) -> Json:
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
        return detail | {"GroupList": list(user.groups), "AttachedManagedPolicies": _attached(user.managed), "Tags": []}

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
        return detail | {"Tags": [], "RoleLastUsed": self._role_last_used(role)}

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
        attached = sum(
            policy.arn in holder.managed for holder in (*self.cast.users, *self.cast.groups, *self.cast.roles)
        )
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

    def _attached_aws_policies(self) -> list[Json]:
        holders = (*self.cast.users, *self.cast.groups, *self.cast.roles)
        found = []
        for name, (path, document) in AWS_MANAGED.items():
            arn = aws_policy_arn(name)
            count = sum(arn in holder.managed for holder in holders)
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


def _summary(account: Account, cast: Cast) -> Json:
    devices = sum(user.has_mfa for user in cast.users) + account.root_has_mfa
    return {
        "SummaryMap": {
            "AccountMFAEnabled": int(account.root_has_mfa),
            "AccountAccessKeysPresent": 0,
            "AccountSigningCertificatesPresent": 0,
            "AccountPasswordPresent": 1,
            "Users": len(cast.users),
            "UsersQuota": 5000,
            "Groups": len(cast.groups),
            "GroupsQuota": 300,
            "GroupsPerUserQuota": 10,
            "Roles": len(cast.roles),
            "RolesQuota": 1000,
            "Policies": len(cast.policies),
            "PoliciesQuota": 1500,
            "PolicySizeQuota": 6144,
            "PolicyVersionsInUse": len(cast.policies) + 20,
            "PolicyVersionsInUseQuota": 10000,
            "VersionsPerPolicyQuota": 5,
            "AttachedPoliciesPerGroupQuota": 10,
            "AttachedPoliciesPerRoleQuota": 10,
            "AttachedPoliciesPerUserQuota": 10,
            "AccessKeysPerUserQuota": 2,
            "MFADevices": devices,
            "MFADevicesInUse": devices,
            "InstanceProfiles": sum(bool(role.instance_profile) for role in cast.roles),
            "InstanceProfilesQuota": 1000,
            "ServerCertificates": 0,
            "Providers": 2,
        }
    }


def _password_policy(account: Account) -> Json:
    strict = account.id == MANAGEMENT
    return {
        "PasswordPolicy": {
            "MinimumPasswordLength": 16 if strict else 10,
            "RequireSymbols": strict,
            "RequireNumbers": True,
            "RequireUppercaseCharacters": strict,
            "RequireLowercaseCharacters": True,
            "AllowUsersToChangePassword": True,
            "ExpirePasswords": False,
            **({"PasswordReusePrevention": 24} if strict else {}),
        }
    }


def _devices(account: Account, cast: Cast, captured_at: datetime) -> Json:
    enabled = iso(captured_at - timedelta(days=300))
    devices: list[Json] = [
        {
            "SerialNumber": f"arn:aws:iam::{account.id}:mfa/{user.name}",
            "User": {
                "Path": "/",
                "UserName": user.name,
                "UserId": user.unique_id,
                "Arn": user.arn,
                "CreateDate": enabled,
            },
            "EnableDate": enabled,
        }
        for user in cast.users
        if user.has_mfa
    ]
    if account.root_has_mfa and account.id != MANAGEMENT:  # the management account's root has a hardware key
        root = {"UserId": account.id, "Arn": f"arn:aws:iam::{account.id}:root", "CreateDate": enabled}
        devices.append(
            {
                "SerialNumber": f"arn:aws:iam::{account.id}:mfa/root-account-mfa-device",
                "User": root,
                "EnableDate": enabled,
            }
        )
    return {"VirtualMFADevices": devices}


def _organization(organisation: Organisation) -> Json:
    def kind(target: str) -> str:
        return "ROOT" if target.startswith("r-") else "ORGANIZATIONAL_UNIT" if target.startswith("ou-") else "ACCOUNT"

    place = f"arn:aws:organizations::{MANAGEMENT}"
    names = {account.id: account.name for account in organisation.accounts} | {unit.id: unit.name for unit in UNITS}
    names[ROOT_ID] = "Root"
    return {
        "Organization": {
            "Id": ORGANISATION_ID,
            "Arn": f"{place}:organization/{ORGANISATION_ID}",
            "FeatureSet": "ALL",
            "MasterAccountId": MANAGEMENT,
            "MasterAccountArn": f"{place}:account/{ORGANISATION_ID}/{MANAGEMENT}",
        },
        "Roots": [
            {
                "Id": ROOT_ID,
                "Arn": f"{place}:root/{ORGANISATION_ID}/{ROOT_ID}",
                "Name": "Root",
                "PolicyTypes": [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}],
            }
        ],
        "OrganizationalUnits": [
            {
                "Id": unit.id,
                "Arn": f"{place}:ou/{ORGANISATION_ID}/{unit.id}",
                "Name": unit.name,
                "ParentId": unit.parent,
            }
            for unit in UNITS
        ],
        "Accounts": [
            {
                "Id": account.id,
                "Arn": f"{place}:account/{ORGANISATION_ID}/{account.id}",
                "Name": account.name,
                "Status": "ACTIVE",
                "ParentId": account.parent,
            }
            for account in organisation.accounts
        ],
        "Policies": [
            {
                "PolicySummary": {
                    "Id": rail.id,
                    "Arn": f"arn:aws:organizations::aws:policy/service_control_policy/{rail.id}"
                    if rail.is_aws_managed
                    else f"{place}:policy/{ORGANISATION_ID}/service_control_policy/{rail.id}",
                    "Name": rail.name,
                    "Type": "SERVICE_CONTROL_POLICY",
                    "AwsManaged": rail.is_aws_managed,
                },
                "Content": json.dumps(rail.content),
                "Targets": [
                    {"TargetId": target, "Type": kind(target), "Name": names[target]}
                    for target in rail.targets
                    if target in names
                ],
            }
            for rail in organisation.guardrails
        ],
    }
