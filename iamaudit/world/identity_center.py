"""The organisation's Identity Center: its permission sets are those that the reserved roles of the accounts carry."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from iamaudit.world.accounts import HOME_REGION, MANAGEMENT
from iamaudit.world.ids import guid_of, hexadecimal
from iamaudit.world.nouns import Role
from iamaudit.world.organisation import Organisation

Json = dict[str, Any]

_RESERVED: Final = re.compile(r"AWSReservedSSO_(.+)_[0-9a-f]{16}")
_NUMBER: Final = hexadecimal("sso", "instance", length=16)
_INSTANCE: Final = f"arn:aws:sso:::instance/ssoins-{_NUMBER}"
# Groups have their sets beside the people who were given them by name: set, then group.
_GROUPS: Final = {"ReadOnly": "auditors", "PowerUserAccess": "engineering"}


def permission_set_arn(name: str) -> str:
    """Return the ARN of the permission set *name*."""
    return f"arn:aws:sso:::permissionSet/ssoins-{_NUMBER}/ps-{hexadecimal('sso', 'set', name, length=16)}"


def identity_center_file(organisation: Organisation) -> Json | None:
    """Return `identity-center.json` (docs/collect.md), or None for an organisation without reserved roles."""
    roles: dict[str, list[Role]] = {}
    for role in organisation.roles:
        if found := _RESERVED.fullmatch(role.name):
            roles.setdefault(found.group(1), []).append(role)
    if not roles:
        return None
    people = {
        (actor.account, actor.principal): actor.session for actor in organisation.actors.values() if actor.how == "sso"
    }
    assignments: list[Json] = []
    principals: dict[str, Json] = {}
    for name in sorted(roles):
        for role in sorted(roles[name], key=lambda role: role.account):
            user, group = people.get((role.account, role.name)), _GROUPS.get(name)
            for kind, who in (("USER", user), ("GROUP", group)):
                if who is not None:
                    identity = guid_of("identity-store", kind, who)
                    principals[identity] = {"PrincipalType": kind, "PrincipalId": identity, "Name": who}
                    assignments.append(
                        {
                            "AccountId": role.account,
                            "PermissionSetArn": permission_set_arn(name),
                            "PrincipalType": kind,
                            "PrincipalId": identity,
                        }
                    )
    return {
        "Instances": [
            {
                "InstanceArn": _INSTANCE,
                "IdentityStoreId": f"d-{_NUMBER[:10]}",
                "OwnerAccountId": MANAGEMENT,
                "Status": "ACTIVE",
                "Region": HOME_REGION,
            }
        ],
        "PermissionSets": [_set(name, roles[name]) for name in sorted(roles)],
        "Principals": [principals[identity] for identity in sorted(principals)],
        "AccountAssignments": assignments,
    }


def _set(name: str, roles: list[Role]) -> Json:
    """Return one set; its roles are alike in every account, so the first tells what it has."""
    first = roles[0]
    return {
        "PermissionSet": {
            "Name": name,
            "PermissionSetArn": permission_set_arn(name),
            "CreatedDate": "2024-05-06T07:08:09+00:00",
            "SessionDuration": "PT1H" if name == "AdministratorAccess" else "PT8H",
        },
        "InlinePolicy": json.dumps(first.inline[0][1]) if first.inline else "",
        "AttachedManagedPolicies": [{"Name": arn.rpartition("/")[2], "Arn": arn} for arn in first.managed],
        "CustomerManagedPolicyReferences": [],
        "PermissionsBoundary": None,
        "Tags": [{"Key": "owner", "Value": "platform"}],
        "AccountIds": sorted(role.account for role in roles),
    }
