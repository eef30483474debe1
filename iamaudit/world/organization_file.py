"""The organisation as one file, since no single AWS command prints it (design.md §4)."""

from __future__ import annotations

import json
from typing import Any

from iamaudit.world.accounts import MANAGEMENT, ORGANISATION_ID, ROOT_ID, UNITS
from iamaudit.world.organisation import Organisation

Json = dict[str, Any]


def organization_file(organisation: Organisation) -> Json:
    """Return `organization.json`: accounts, units and service control policies in one value."""

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
