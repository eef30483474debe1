"""Service control policies as Terraform and CloudFormation: made and attached, or put in the place of an earlier run's.

Documentation of the AWS provider (registry, `[K]` for the details): the import id of an `aws_organizations_policy` is its
id, that of an attachment `<target>:<policy id>`. CloudFormation's `AWS::Organizations::Policy` has its targets itself and
is imported by `Id`; both work in the management account or one that administers policies for it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from iamaudit.deliver.hcl import Body, Raw, block, heredoc
from iamaudit.deliver.steps import pretty, printable
from iamaudit.errors import PromiseBrokenError
from iamaudit.model.policy import Policy
from iamaudit.policy.render import render, to_json
from iamaudit.recommend.choices import FORMATS
from iamaudit.recommend.scp_evidence import EarlierScp, Target, earlier_name

_TYPE: Final = "SERVICE_CONTROL_POLICY"
_LONGEST: Final = 128  # of a policy's name (API reference of Organizations, [K])


@dataclass(frozen=True, slots=True)
class NamedScp:
    """One policy as it will be called; `earlier` is what it takes the place of."""

    name: str
    policy: Policy
    earlier: EarlierScp | None


def scp_delivery(
    target: Target, policies: Sequence[Policy], *, account_id: str = "", formats: Sequence[str] = FORMATS
) -> dict[str, bytes]:
    """Return `main.tf` and `template*.json` by name, as far as *formats* ask for them; the same input, the same bytes.

    *account_id* is the organisation's management account, empty when it is not known.
    """
    named = named_scps(target, policies)
    gone = [one for one in target.earlier if one not in {each.earlier for each in named}]
    texts: dict[str, str] = {}
    if "terraform" in formats:
        texts["main.tf"] = _terraform(target, named, gone, account_id)
    if "cloudformation" in formats:
        texts |= _cloudformation(target, named, gone)
    return {name: text.encode("utf-8", "backslashreplace") for name, text in texts.items()}


def named_scps(target: Target, policies: Sequence[Policy]) -> list[NamedScp]:
    """Return the policies with their names: those that an earlier run gave, or new ones that no other SCP has."""
    ours = {one.name: one for one in target.earlier}
    named = []
    for number, policy in enumerate(policies, 1):
        name = earlier_name(target.id, number)
        while name in target.taken:
            name += "-new"
        if len(name) > _LONGEST:
            raise PromiseBrokenError(f"`{name}` is longer than AWS takes: report this")
        named.append(NamedScp(name, policy, ours.get(name)))
    return named


def _described(target: Target) -> str:
    # no date: a night that changes nothing else should not change this
    return f"Denies what nobody in {target.kind} {target.id} was seen to use. Written by iamaudit."


def _left(gone: Sequence[EarlierScp]) -> list[str]:
    return [f"detach and delete {one.name} ({one.policy_id}), which an earlier run needed" for one in gone]


def _terraform(target: Target, named: Sequence[NamedScp], gone: Sequence[EarlierScp], account_id: str) -> str:
    head = (
        f"# {printable(_described(target))}\n"
        "# For the management account, or one that administers policies for it; SCPs must be enabled in the organization.\n"
        "# `terraform plan` shows what changes. AWS counts white space: jsonencode() leaves none.\n"
    )
    settings = Body(
        required_version=">= 1.5",
        required_providers=Body(aws=Raw('{\n      source  = "hashicorp/aws"\n      version = ">= 5.80"\n    }')),
    )
    parts = [head + "\n" + block("terraform", (), settings)]
    if account_id:
        parts.append(block("provider", ("aws",), Body(region="us-east-1", allowed_account_ids=[account_id])))
    for number, one in enumerate(named, 1):
        label = "unused" if number == 1 else f"unused_{number}"
        policy, attachment = f"aws_organizations_policy.{label}", f"aws_organizations_policy_attachment.{label}"
        if one.earlier is not None:
            parts.append(block("import", (), Body(to=Raw(policy), id=one.earlier.policy_id)))
            where = f"{target.id}:{one.earlier.policy_id}"
            parts.append(block("import", (), Body(to=Raw(attachment), id=where)))
        content = Raw(f"jsonencode(jsondecode({heredoc(pretty(to_json(one.policy)))}\n  ))")
        body = Body(name=one.name, description=_described(target), type=_TYPE, content=content)
        parts.append(block("resource", ("aws_organizations_policy", label), body))
        held = Body(policy_id=Raw(f"{policy}.id"), target_id=target.id)
        parts.append(block("resource", ("aws_organizations_policy_attachment", label), held))
    if gone:
        parts.append("# Left to do by hand:\n" + "".join(f"# - {printable(words)}\n" for words in _left(gone)))
    return "\n".join(parts)


def _cloudformation(target: Target, named: Sequence[NamedScp], gone: Sequence[EarlierScp]) -> dict[str, str]:
    after: dict[str, Any] = {}
    today: dict[str, Any] = {}
    imports: list[dict[str, Any]] = []
    for number, one in enumerate(named, 1):
        label = "Unused" if number == 1 else f"Unused{number}"
        after[label] = _resource(target, one.name, render(one.policy))
        if one.earlier is not None:
            today[label] = _resource(target, one.name, json.loads(one.earlier.document))
            identifier = {"Id": one.earlier.policy_id}
            imports.append(
                {"ResourceType": after[label]["Type"], "LogicalResourceId": label, "ResourceIdentifier": identifier}
            )
    files = {"template.json": _template(target, after, _left(gone))}
    if imports:
        files["template-today.json"] = _template(target, today, [], " (today, for the import)")
        files["to-import.json"] = json.dumps(imports, indent=2, ensure_ascii=False) + "\n"
    return files


def _resource(target: Target, name: str, content: Any) -> dict[str, Any]:
    properties = {
        "Name": name,
        "Description": _described(target),
        "Type": _TYPE,
        "TargetIds": [target.id],
        "Content": content,
    }
    kept = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
    return {"Type": "AWS::Organizations::Policy", **kept, "Properties": properties}


def _template(target: Target, resources: dict[str, Any], left: Sequence[str], note: str = "") -> str:
    body: dict[str, Any] = {"AWSTemplateFormatVersion": "2010-09-09", "Description": f"{_described(target)}{note}"}
    if left:
        body["Metadata"] = {"LeftToDo": list(left)}
    return json.dumps({**body, "Resources": resources}, indent=2, ensure_ascii=False) + "\n"
