"""A plan as Terraform that can be applied to what exists: import blocks first bring it under Terraform.

Documentation of the AWS provider (registry, `[K]` for the details): the import id of an inline policy is
`<holder>:<policy>`, of a managed one its ARN; `description` of a managed policy cannot change, so it is not compared.
What Terraform does not manage it cannot take away, so detaching is said with the `_exclusive` resources, which
name everything that a holder keeps.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from iamaudit.deliver.hcl import Body, Document, Raw, block
from iamaudit.deliver.permission_sets import inline_policy
from iamaudit.deliver.steps import Held, Left, Step, is_of_group, pretty, printable, steps_of, words
from iamaudit.model.change import Change, ChangeKind
from iamaudit.model.holder import Holder

_HOLDERS: Final = frozenset({"user", "role", "group"})
_BY_HAND: Final = {
    ChangeKind.PUT_PERMISSIONS_BOUNDARY: "set `permissions_boundary` where Terraform has the user or role",
    ChangeKind.REMOVE_USER_FROM_GROUP: "take the group out of the user's memberships",
    ChangeKind.DEACTIVATE_ACCESS_KEY: "keys are not for Terraform: its state would hold their secrets",
    ChangeKind.DELETE_ACCESS_KEY: "keys are not for Terraform: its state would hold their secrets",
    ChangeKind.DELETE_LOGIN_PROFILE: "passwords are not for Terraform",
    ChangeKind.DELETE_SET_POLICY: "what Terraform does not manage it cannot take away",
    ChangeKind.DETACH_SET_POLICY: "take the policy out of the permission set where Terraform has it",
    ChangeKind.DETACH_SET_REFERENCE: "take the policy out of the permission set where Terraform has it",
    ChangeKind.PROVISION_SET: "Terraform does so by itself after it changes the inline policy",
}


@dataclass(slots=True)
class _File:
    """The blocks so far, the labels taken, and which address manages which policy."""

    blocks: list[str] = field(default_factory=list)
    labels: set[str] = field(default_factory=set)
    managed: dict[str, str] = field(default_factory=dict)  # ARN -> address
    groups: dict[str, str] = field(default_factory=dict)  # name -> address of a group that is made here
    grants: dict[str, list[str]] = field(default_factory=dict)  # holder -> addresses that removals wait for
    left: list[Left] = field(default_factory=list)

    def label(self, *parts: str) -> str:
        """Return a new label made from names."""
        plain = re.sub(r"[^a-z0-9]+", "_", "_".join(parts).lower()).strip("_") or "policy"
        wanted = plain if plain[0].isalpha() else f"_{plain}"
        label, number = wanted, 1
        while label in self.labels:
            number += 1
            label = f"{wanted}_{number}"
        self.labels.add(label)
        return label

    def add(self, kind: str, label: str, body: Body, *, existing: str | None = None) -> str:
        """Write a resource, and the import of the thing that it is today; return its address."""
        address = f"{kind}.{label}"
        if existing is not None:
            self.blocks.append(block("import", (), Body(to=Raw(address), id=existing)))
        self.blocks.append(block("resource", (kind, label), body))
        return address


def terraform(
    changes: Sequence[Change], held: Iterable[Held] | None, *, account_id: str, title: str = "", partition: str = "aws"
) -> str:
    """Return `main.tf`; the same plan gives the same text.

    *held* are all policies that the holders have today; with None, what must be taken away is left to a person.
    What Terraform cannot do is named in comments at the end.
    """
    steps, left = steps_of(changes)
    file = _File(left=left)
    known = None if held is None else list(held)
    joins = [step for step in steps if step.kind is ChangeKind.ADD_USER_TO_GROUP]
    joined = {step.change.policy for step in joins}
    of_groups = [step for step in steps if step.holder and step.holder.kind == "group" and step.holder.name in joined]
    for step in steps:
        if step not in joins:
            _grant(file, step)
    _remove(file, of_groups, known)
    for step in joins:
        _join(file, step, steps)
    _remove(file, [step for step in steps if step not in of_groups], known)
    head = [f"# {printable(title)}\n"] if title else []
    head.append("# Written by iamaudit; `terraform plan` shows what changes. Nothing here deletes a managed policy.\n")
    settings = Body(
        required_version=">= 1.5",
        required_providers=Body(aws=Raw('{\n      source  = "hashicorp/aws"\n      version = ">= 5.80"\n    }')),
    )
    parts = ["".join(head) + "\n" + block("terraform", (), settings)]
    if account_id:
        region = {"aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}.get(partition, "us-east-1")
        parts.append(block("provider", ("aws",), Body(region=region, allowed_account_ids=[account_id])))
    parts += file.blocks
    if file.left:
        parts.append(
            "# Left to do by hand, or by `iamaudit apply`:\n"
            + "".join(f"# - {words(one.change)}: {printable(one.why)}\n" for one in file.left)
        )
    return "\n".join(parts)


def _grant(file: _File, step: Step) -> None:
    change, holder, managed = step.change, step.holder, step.managed
    if step.kind is ChangeKind.PUT_SET_POLICY:
        content, existing = inline_policy(change)
        label = file.label("permission_set", change.holder.rpartition("/")[2])
        file.add("aws_ssoadmin_permission_set_inline_policy", label, content, existing=existing)
    elif step.kind in _BY_HAND:
        file.left.append(Left(change, _BY_HAND[step.kind]))
    elif step.kind in {ChangeKind.CREATE_POLICY, ChangeKind.CREATE_POLICY_VERSION} and managed:
        file.managed[managed.arn] = file.add(
            "aws_iam_policy",
            file.label(managed.name),
            Body(
                name=managed.name,
                path=managed.path,
                policy=Document(pretty(change.document)),
                lifecycle=Body(ignore_changes=[Raw("description"), Raw("tags"), Raw("tags_all")], prevent_destroy=True),
            ),
            existing=managed.arn if step.kind is ChangeKind.CREATE_POLICY_VERSION else None,
        )
    elif step.kind is ChangeKind.CREATE_GROUP:
        address = file.add("aws_iam_group", file.label("group", change.policy), Body(name=change.policy))
        file.groups[change.policy] = address
    elif holder is None or holder.kind not in _HOLDERS:
        file.left.append(Left(change, "the plan does not say whose policy it is"))
    elif step.kind is ChangeKind.PUT_INLINE_POLICY:
        body = {"name": change.policy, holder.kind: _name(file, holder), "policy": Document(pretty(change.document))}
        _granted(
            file,
            step,
            file.add(
                f"aws_iam_{holder.kind}_policy",
                file.label(holder.name, change.policy),
                Body(body),
                existing=None if change.before is None else f"{holder.name}:{change.policy}",
            ),
        )
    elif step.kind is ChangeKind.ATTACH_POLICY and managed:
        body = {holder.kind: _name(file, holder), "policy_arn": _arn(file, managed.arn)}
        label = file.label(holder.name, managed.name)
        _granted(file, step, file.add(f"aws_iam_{holder.kind}_policy_attachment", label, Body(body)))


def _join(file: _File, step: Step, steps: Iterable[Step]) -> None:
    """Put a user into a group, after all that the file does to the group's policies: they are wider or fewer before."""
    change, holder = step.change, step.holder
    if holder is None or holder.kind != "user":
        file.left.append(Left(change, "the plan does not say whose policy it is"))
        return
    if any(is_of_group(one.change.holder, change.policy) for one in file.left):
        file.left.append(Left(change, "the group's policies are left to do by hand: do that first"))
        return
    versioned = {one.change.policy for one in steps if one.kind is ChangeKind.CREATE_POLICY_VERSION}
    first = [address for arn, address in file.managed.items() if arn in versioned]
    first += [address for arn, some in file.grants.items() if is_of_group(arn, change.policy) for address in some]
    membership = Body(user=holder.name, groups=[_group(file, change.policy)])
    if first:
        membership["depends_on"] = [Raw(address) for address in first]
    label = file.label(holder.name, "in", change.policy)
    _granted(file, step, file.add("aws_iam_user_group_membership", label, membership))


def _granted(file: _File, step: Step, address: str) -> None:
    file.grants.setdefault(step.change.holder, []).append(address)


def _name(file: _File, holder: Holder) -> str:
    return _group(file, holder.name) if holder.kind == "group" else holder.name


def _group(file: _File, name: str) -> str:
    """Return a group's name, by reference where it is made here: then it is made first."""
    return Raw(f"{file.groups[name]}.name") if name in file.groups else name


def _arn(file: _File, arn: str) -> str:
    return Raw(f"{file.managed[arn]}.arn") if arn in file.managed else arn


def _remove(file: _File, steps: Sequence[Step], held: list[Held] | None) -> None:
    """Say what each holder keeps; written after everything that grants, and made after it."""
    for kind in (ChangeKind.DELETE_INLINE_POLICY, ChangeKind.DETACH_POLICY):
        is_inline = kind is ChangeKind.DELETE_INLINE_POLICY
        losing = {step.change.holder: step for step in steps if step.kind is kind and step.holder}
        for arn, step in losing.items():
            gone = {one.change.policy for one in steps if one.kind is kind and one.change.holder == arn}
            if held is None or step.holder is None:
                file.left += [
                    Left(one.change, "what else the holder has is not known") for one in steps if one.kind is kind
                ]
                continue
            added = ChangeKind.PUT_INLINE_POLICY if is_inline else ChangeKind.ATTACH_POLICY
            kept = {one.policy for one in held if one.holder == arn and one.is_inline is is_inline} - gone
            kept |= {one.change.policy for one in steps if one.kind is added and one.change.holder == arn}
            names = sorted(kept)
            body = Body({f"{step.holder.kind}_name": step.holder.name})
            body |= {"policy_names": names} if is_inline else {"policy_arns": [_arn(file, name) for name in names]}
            if file.grants.get(arn):
                body["depends_on"] = [Raw(address) for address in file.grants[arn]]
            what = "policies" if is_inline else "policy_attachments"
            label = file.label(step.holder.name, "keeps")
            address = file.add(f"aws_iam_{step.holder.kind}_{what}_exclusive", label, body)
            if step.holder.kind == "group":  # whoever joins it waits for that, too
                file.grants.setdefault(arn, []).append(address)
