"""A plan as CloudFormation templates: one to import what exists as it is, one that changes it.

An import takes a resource into a stack without changing it, and CloudFormation then believes the template. So what
exists is imported with today's documents (`template-today.json`), and the update to `template.json` is what changes it
(CloudFormation User Guide, "Import AWS resources into a CloudFormation stack"; every resource has a DeletionPolicy,
as importing asks for, so that deleting the stack leaves the policies).
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any, Final

from iamaudit.deliver.steps import Left, Step, is_of_group, printable, steps_of, words
from iamaudit.model.change import OF_PERMISSION_SETS, Change, ChangeKind

_HOLDERS: Final = {"role": "Roles", "user": "Users", "group": "Groups"}
_POLICIES: Final = frozenset({"AWS::IAM::GroupPolicy", "AWS::IAM::ManagedPolicy"})
_EARLY: Final = "the group's policies are left to do by hand: do that first"
_VERSION: Final = "2010-09-09"


def cloudformation(changes: Sequence[Change], *, title: str = "") -> dict[str, str]:
    """Return the files by name: `template.json`, and where something exists `template-today.json` and `to-import.json`.

    There is no file where it can do nothing. What CloudFormation cannot do (it takes nothing away that it did not make) is named in the template's Metadata.
    """
    steps, left = steps_of(changes)
    after: dict[str, Any] = {}
    today: dict[str, Any] = {}
    imports: list[dict[str, Any]] = []
    groups: dict[str, str] = {}  # name of a group of this template -> its logical id
    made: dict[str, str] = {}  # ARN of a policy of this template -> its logical id
    for step in steps:
        if step.kind is ChangeKind.ATTACH_POLICY and step.change.policy in made and step.holder is not None:
            properties = after[made[step.change.policy]]["Properties"]
            properties.setdefault(_HOLDERS[step.holder.kind], []).append(step.holder.name)
            continue
        described = _resource(step)
        is_early = step.kind is ChangeKind.ADD_USER_TO_GROUP and any(
            is_of_group(one.change.holder, step.change.policy) for one in left
        )
        if described is None or is_early:
            left.append(Left(step.change, _EARLY if is_early else _why_not(step)))
            continue
        kind, properties, identifier = described
        label = _label(step, taken=after)
        if step.kind is ChangeKind.CREATE_GROUP:
            groups[step.change.policy] = label
        elif properties.get("GroupName") in groups:
            properties = {**properties, "GroupName": {"Ref": groups[properties["GroupName"]]}}  # made first
        if step.managed is not None:
            made[step.managed.arn] = label
        after[label] = _entry(kind, properties)
        if step.kind is ChangeKind.ADD_USER_TO_GROUP:
            first = [name for name, one in after.items() if one["Type"] in _POLICIES]
            after[label] |= {"DependsOn": first} if first else {}
        if identifier is not None and step.change.before is not None:
            today[label] = _entry(kind, {**properties, "PolicyDocument": json.loads(step.change.before)})
            imports.append({"ResourceType": kind, "LogicalResourceId": label, "ResourceIdentifier": identifier})
    # a template without resources is none
    files = {"template.json": _template(after, title, left)} if after else {}
    if imports:
        files["template-today.json"] = _template(today, f"{title} (today, for the import)".strip(), [])
        files["to-import.json"] = json.dumps(imports, indent=2, ensure_ascii=False) + "\n"
    return files


def _resource(step: Step) -> tuple[str, dict[str, Any], dict[str, str] | None] | None:
    """Return type, properties and, of what exists, the identifier to import it by."""
    holder, managed, change = step.holder, step.managed, step.change
    if step.kind is ChangeKind.PUT_INLINE_POLICY and holder is not None and holder.kind in _HOLDERS:
        name = {"PolicyName": change.policy, f"{holder.kind.capitalize()}Name": holder.name}
        properties = {**name, "PolicyDocument": json.loads(change.document or "")}
        return f"AWS::IAM::{holder.kind.capitalize()}Policy", properties, None if change.before is None else name
    if step.kind in {ChangeKind.CREATE_POLICY, ChangeKind.CREATE_POLICY_VERSION} and managed is not None:
        properties = {
            "ManagedPolicyName": managed.name,
            "Path": managed.path,
            "PolicyDocument": json.loads(change.document or ""),
        }
        exists = step.kind is ChangeKind.CREATE_POLICY_VERSION
        return "AWS::IAM::ManagedPolicy", properties, {"PolicyArn": managed.arn} if exists else None
    if step.kind is ChangeKind.CREATE_GROUP:
        return "AWS::IAM::Group", {"GroupName": change.policy}, None
    if step.kind is ChangeKind.ADD_USER_TO_GROUP and holder is not None:
        return "AWS::IAM::UserToGroupAddition", {"GroupName": change.policy, "Users": [holder.name]}, None
    return None


def _entry(kind: str, properties: dict[str, Any]) -> dict[str, Any]:
    return {"Type": kind, "DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain", "Properties": properties}


def _why_not(step: Step) -> str:
    if step.kind in OF_PERMISSION_SETS:
        return "a permission set is one resource with all that it says: change it in the template that has it"
    if step.kind is ChangeKind.PUT_PERMISSIONS_BOUNDARY:
        return "set `PermissionsBoundary` in the template that has the user or role"
    if step.kind is ChangeKind.ATTACH_POLICY:
        return "only a policy of the template itself can be attached by it"
    return "CloudFormation takes nothing away that it did not make, and changes no part of a resource that it does not hold"


def _template(resources: dict[str, Any], title: str, left: Sequence[Left]) -> str:
    body: dict[str, Any] = {"AWSTemplateFormatVersion": _VERSION}
    if title:
        body["Description"] = printable(title).encode("ascii", "backslashreplace").decode()[:1000]
    if left:
        body["Metadata"] = {"LeftToDo": [{"Change": words(one.change), "Why": one.why} for one in left]}
    return json.dumps({**body, "Resources": resources}, indent=2, ensure_ascii=False) + "\n"


def _label(step: Step, *, taken: dict[str, Any]) -> str:
    """Return a logical id: letters and digits, new in the template."""
    names = (step.holder.name if step.holder else "", step.managed.name if step.managed else step.change.policy)
    words_of = re.findall(r"[A-Za-z0-9]+", " ".join(names))
    wanted = "".join(word[0].upper() + word[1:] for word in words_of)[:200] or "Policy"
    label, number = wanted, 1
    while label in taken:
        number += 1
        label = f"{wanted}{number}"
    return label
