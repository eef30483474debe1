"""The calls that read the organisation: its tree, its accounts, its SCPs and RCPs, as one `organization.json`."""

from __future__ import annotations

from typing import Any, Final

from botocore.exceptions import ClientError

from iamaudit.collect.raw import Document
from iamaudit.collect.reader import REFUSED, Reader, code_of, unanswered
from iamaudit.errors import ConfigError

WHAT: Final = "organization"
_TYPES: Final = {"SERVICE_CONTROL_POLICY": "SCPs", "RESOURCE_CONTROL_POLICY": "RCPs"}


def organization_document(reader: Reader) -> Document | None:
    """Return `organization.json` (design.md §4), or None when AWS refuses the tree; refusals are in `reader.missing`.

    Only the management account or a delegated administrator may read it. Raises ConfigError when the account is in no
    organisation, SourceError when AWS does not answer.
    """
    try:
        described = reader.call("organizations", "describe_organization")
    except ClientError as error:
        if code_of(error) == "AWSOrganizationsNotInUseException":
            raise ConfigError(
                "this account is not in an organization: collect without `--org`, or with the management account"
            ) from error
        if code_of(error) not in REFUSED:
            raise unanswered("organizations", "describe_organization", error) from error
        reader.read("organizations", "describe_organization", what=WHAT)
        return None
    roots = reader.read("organizations", "list_roots", what=WHAT)
    if roots is None:
        return None
    units: list[dict[str, Any]] = []
    accounts: list[dict[str, Any]] = []
    parents = [root["Id"] for root in roots["Roots"]]
    for parent in parents:  # grows while it is walked
        inside = reader.read("organizations", "list_organizational_units_for_parent", what=WHAT, ParentId=parent)
        members = reader.read("organizations", "list_accounts_for_parent", what=WHAT, ParentId=parent)
        if inside is None or members is None:
            return None
        units += [{**unit, "ParentId": parent} for unit in inside["OrganizationalUnits"]]
        accounts += [{**account, "ParentId": parent} for account in members["Accounts"]]
        parents += [unit["Id"] for unit in inside["OrganizationalUnits"]]
    body = {
        "Organization": described["Organization"],
        "Roots": roots["Roots"],
        "OrganizationalUnits": units,
        "Accounts": accounts,
        "Policies": [policy for kind in _TYPES for policy in _policies(reader, kind)],
    }
    return Document("organization", body, "organization.json")


def _policies(reader: Reader, kind: str) -> list[dict[str, Any]]:
    what = f"{_TYPES[kind]} of the organization"
    listed = reader.read("organizations", "list_policies", what=what, Filter=kind)
    policies: list[dict[str, Any]] = []
    for summary in listed["Policies"] if listed else []:
        policy_id = summary["Id"]
        described = reader.read("organizations", "describe_policy", what=what, PolicyId=policy_id)
        targets = reader.read("organizations", "list_targets_for_policy", what=what, PolicyId=policy_id)
        if described is None or targets is None:
            return policies
        policies.append({"PolicySummary": summary, "Content": described["Policy"]["Content"], **targets})
    return policies
