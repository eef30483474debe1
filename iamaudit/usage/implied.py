"""Permissions that a call needed besides its own and that no event carries: PassRole, tags (domain.md §2.5)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from iamaudit.knowledge.actions import catalogue
from iamaudit.knowledge.events import pass_role_rows, tag_rows
from iamaudit.model.usage import Use
from iamaudit.usage.call import Call
from iamaudit.usage.parameters import Parameters, entries_in
from iamaudit.usage.resources import Resolved, fitting, resources_of

_ROLE = re.compile(r"arn:[a-z-]+:iam::\d{12}:role/.+")
_PROFILE = re.compile(r"arn:[a-z-]+:iam::\d{12}:instance-profile/.+")
_NAME = re.compile(r"[\w+=,.@-]{1,64}")
_PROFILES = frozenset({"iaminstanceprofile", "jobflowrole", "instanceprofile", "instanceprofilename"})


def pass_role_uses(prefix: str, name: str, call: Call, parameters: Parameters) -> Iterator[Use]:
    """Yield one `iam:PassRole` for each role that the call handed to a service.

    An instance profile hides its role: the resource is then `*` with low confidence and the rule says which profile,
    so that an inventory can resolve it. PassRole works within one account only.
    """
    seen = set()
    for row in pass_role_rows(prefix, name):
        rule = f"pass_role.csv: {prefix} {name} {row.path}"
        conditions = {"iam:PassedToService": row.passed_to} if row.passed_to else {}
        for value in _values(row.parameter, parameters):
            if value in seen:
                continue
            seen.add(value)
            if _ROLE.fullmatch(value):
                yield Use("iam:PassRole", (value,), "implied", "high", conditions, rule)
            elif row.parameter in _PROFILES:
                if _PROFILE.fullmatch(value) or _NAME.fullmatch(value):
                    said = f"{rule} (instance profile `{value}`: its role is in the inventory)"
                    yield Use("iam:PassRole", ("*",), "implied", "low", conditions, said)
            elif row.takes_name and _NAME.fullmatch(value):
                arn = f"arn:{call.partition}:iam::{call.account_id}:role/{value}"
                yield Use("iam:PassRole", (arn,), "implied", "low", conditions, f"{rule} (role path unknown)")


def _values(parameter: str, parameters: Parameters) -> tuple[str, ...]:
    found = parameters.every(parameter, all_depths=True)
    if found or parameter not in parameters.names:
        return found
    # iamInstanceProfile: {"name": …} or {"arn": …}
    objects = (value for name, value in entries_in(parameters.raw) if name == parameter and isinstance(value, Mapping))
    return tuple(sorted({text for value in objects for text in value.values() if isinstance(text, str) and text}))


def tag_uses(prefix: str, name: str, call: Call, parameters: Parameters, *, own: tuple[str, ...] = ()) -> Iterator[Use]:
    """Yield the tagging permission that a create call with tags needs, on what the call itself was about (*own*)."""
    lowered = name.lower()
    if prefix == "ec2" and lowered.startswith(("describe", "delete")):
        return
    for row in tag_rows(prefix, name):
        if row.parameter not in parameters.names:
            continue
        conditions = {row.condition_key: name} if row.condition_key else {}
        rule = f"tag_on_create.csv: {prefix} {name} {row.parameter}"
        if prefix == "ec2":
            kinds = sorted(set(_tagged_types(parameters.raw)))
            arns = tuple(_open_ec2(kind, call) for kind in kinds) or ("*",)
            yield Use(row.action, arns, "implied", "high" if kinds else "low", conditions, rule)
        else:
            fit = fitting(row.action, own)
            resolved = Resolved(fit) if fit else resources_of(row.action, call, parameters)
            yield Use(row.action, resolved.resources, "implied", resolved.confidence, conditions, rule)
        return


def _open_ec2(kind: str, call: Call) -> str:
    templates = catalogue().arn_templates("ec2", kind)
    template = templates[0] if templates else "arn:${Partition}:ec2:${Region}:${Account}:" + kind + "/*"
    place = {"${Partition}": call.partition, "${Region}": call.region, "${Account}": call.account_id}
    for variable, value in place.items():
        template = template.replace(variable, value)
    return re.sub(r"\$\{\w+\}", "*", template)


def _tagged_types(request: Mapping[str, Any]) -> Iterator[str]:
    for name, value in entries_in(request):
        if name.startswith("tagspecification"):
            yield from (kind for key, kind in entries_in(value) if key == "resourcetype" and isinstance(kind, str))
