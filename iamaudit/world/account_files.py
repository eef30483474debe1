"""What the AWS CLI prints about one account as a whole: its summary, its password policy, its virtual MFA devices."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from iamaudit.world.accounts import MANAGEMENT, Account
from iamaudit.world.behaviour import Cast
from iamaudit.world.moments import iso

Json = dict[str, Any]


def summary(account: Account, cast: Cast) -> Json:
    """Return the output of `aws iam get-account-summary`."""
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


def password_policy(account: Account) -> Json:
    """Return the output of `aws iam get-account-password-policy`; only the management account's is strict."""
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


def virtual_mfa_devices(account: Account, cast: Cast, captured_at: datetime) -> Json:
    """Return the output of `aws iam list-virtual-mfa-devices`."""
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


def policy_tags(account: Account, cast: Cast) -> Json:
    """Return the tags of the account's own policies, which no authorization details have, as `collect --export` writes them."""
    return {
        "TagsOf": [
            {"Arn": policy.arn, "Tags": [{"Key": "team", "Value": account.name.partition("-")[0]}]}
            for policy in cast.policies
        ]
    }
