"""Permissions that a call needed besides its own and that no event carries: PassRole, tags (domain.md §2.5)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from iamaudit.knowledge.actions import catalogue
from iamaudit.knowledge.events import hidden_role_rows, pass_role_rows, tag_rows
from iamaudit.model.usage import Use
from iamaudit.usage.call import Call
from iamaudit.usage.parameters import MASK, Parameters, entries_in, parameters_of
from iamaudit.usage.resources import Resolved, fitting, made, resources_of
from iamaudit.usage.templates import plans_of

_ROLE = re.compile(r"arn:[a-z-]+:iam::(\d{12}):role/.+")
_PROFILE = re.compile(r"arn:[a-z-]+:iam::\d{12}:instance-profile/.+")
_NAME = re.compile(r"(?:[\w+=,.@-]{1,128}/){0,8}[\w+=,.@-]{1,128}")
_PROFILES = frozenset({"jobflowrole", "instancerole"})  # EMR and Batch call an instance profile so
_PART = re.compile(r"[^/:]+")
_DEEP = 4
# the catalogue's AddTags knows classic balancers only; AWS's refusals of these name what the create itself is on ([K])
_MADE_OF_BALANCERS = frozenset({"CreateLoadBalancer", "CreateTargetGroup"})


def pass_role_uses(prefix: str, name: str, call: Call, parameters: Parameters) -> Iterator[Use]:
    """Yield one `iam:PassRole` for each role that the call handed to a service (domain.md §2.5).

    An instance profile hides its role: the resource is then the profile's ARN, without its path where the call gave a
    bare name, with low confidence, for an inventory to resolve. PassRole works within one account only: a role of another was not passed. In
    China the names of services differ from one to the next ([K]), so no `iam:PassedToService` is told there.
    """
    seen = set()
    for row in pass_role_rows(prefix, name):
        if row.parameter not in parameters.names:
            continue
        rule = f"pass_role.csv: {prefix} {name} {row.path}"
        conditions = {"iam:PassedToService": row.passed_to} if row.passed_to and call.partition != "aws-cn" else {}
        for value in _values(row.parameter, parameters):
            if value in seen:
                continue
            seen.add(value)
            role = _ROLE.fullmatch(value)
            if role:
                if role[1] == call.account_id or not call.account_id:
                    yield Use("iam:PassRole", (value,), "implied", "high", conditions, rule)
            elif _PROFILE.fullmatch(value) or (_names_profile(row.parameter) and _NAME.fullmatch(value)):
                said = f"{rule} (instance profile `{value}`: its role is in the inventory)"
                named = f"arn:{call.partition}:iam::{call.account_id}:instance-profile/{value}"
                arn = value if value.startswith("arn:") else named
                yield Use("iam:PassRole", (arn,), "implied", "low", conditions, said)
            elif row.takes_name and _NAME.fullmatch(value):
                arn = f"arn:{call.partition}:iam::{call.account_id}:role/{value}"
                said = rule if "/" in value else f"{rule} (role path unknown)"
                yield Use("iam:PassRole", (arn,), "implied", "low", conditions, said)


def told_profile_uses(prefix: str, name: str, call: Call, parameters: Parameters) -> Iterator[Use]:
    """Yield `iam:PassRole` for the instance profile of a launch template, which the answer of RunInstances tells."""
    if (prefix, name) != ("ec2", "RunInstances") or "iaminstanceprofile" in parameters.names:
        return
    holder = next((row for row in hidden_role_rows(prefix, name) if row.parameter in parameters.names), None)
    if holder is None:
        return
    rule = f"hidden_roles.csv: {prefix} {name} {holder.path} (the answer tells its instance profile)"
    conditions = {"iam:PassedToService": "ec2.amazonaws.com"} if call.partition != "aws-cn" else {}
    for arn in _values("iaminstanceprofile", parameters_of(call.response)):
        if _PROFILE.fullmatch(arn):
            yield Use("iam:PassRole", (arn,), "implied", "low", conditions, rule)


def without_inventory(use: Use) -> Use:
    """Return what can be said of *use* by the record alone: a role that an instance profile hides may be any role."""
    if use.action == "iam:PassRole" and any(_PROFILE.fullmatch(arn) for arn in use.resources):
        return replace(use, resources=("*",))
    return use


def hidden_role_notes(prefix: str, name: str, request: Any) -> tuple[str, ...]:
    """Return what a record cannot tell of roles: those that a launch template or a task definition names."""
    rows = hidden_role_rows(prefix, name)
    if not rows:
        return ()
    parameters = parameters_of(request)
    return tuple(
        f"unknown whether iam:PassRole was needed too: the {row.holder} may name a role (hidden_roles.csv: "
        f"{prefix} {name} {row.path})"
        for row in rows
        if row.parameter in parameters.names
    )


def _names_profile(parameter: str) -> bool:
    return "instanceprofile" in parameter or parameter in _PROFILES


def _values(parameter: str, parameters: Parameters) -> tuple[str, ...]:
    """Return every text under a folded name: roles stand inside policies and conditions of a request too."""
    found = (value for name, value in entries_in(parameters.raw) if name == parameter)
    return tuple(dict.fromkeys(text for value in found for text in _texts(value, _DEEP)))


def _texts(node: Any, depth: int) -> Iterator[str]:
    if isinstance(node, str):
        if node and node != MASK:
            yield node
    elif depth and isinstance(node, (list, Mapping)):
        # a list in EC2's way is {"items": […]}, an instance profile {"name": …} or {"arn": …}
        for value in node if isinstance(node, list) else (node[key] for key in sorted(node, key=str)):
            yield from _texts(value, depth - 1)


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
            resolved = _tagged(row.action, prefix, name, call, parameters, own)
            confidence = "high" if row.confidence == resolved.confidence == "high" else "low"
            yield Use(row.action, resolved.resources, "implied", confidence, conditions, rule)
        return


def _tagged(action: str, prefix: str, name: str, call: Call, parameters: Parameters, own: tuple[str, ...]) -> Resolved:
    """Return what the tags of a create are put on: what it makes, of which its *own* resources tell."""
    if name in _MADE_OF_BALANCERS and own:
        return Resolved(own)
    fit = fitting(action, made(f"{prefix}:{name}", own))
    resolved = Resolved(fit) if fit else resources_of(action, call, parameters)
    return replace(resolved, resources=_before_it_is_there(action, resolved.resources, parameters))


def _before_it_is_there(action: str, arns: tuple[str, ...], parameters: Parameters) -> tuple[str, ...]:
    """Return the ARNs of made things as AWS evaluates tags on them: without the ids that it gives only afterwards.

    What the request names stays, and so does all where no type of *action* tells what is literal text.
    """
    asked = {part for _, value in entries_in(parameters.raw) for text in _texts(value, 1) for part in _parts(text)}
    opened = [_opened(action, arn, asked) for arn in arns]
    if action == "logs:TagResource":
        # tags are put on a group's ARN without the star that all other actions have there ([K] CloudWatch Logs user
        # guide, resources); whether the create is evaluated on it, too, no page says
        opened += [arn.removesuffix(":*") for arn in opened]
    return tuple(dict.fromkeys(opened))


def _opened(action: str, arn: str, asked: set[str]) -> str:
    fitting_plans = [plan for plan in plans_of(action) if plan.pattern.fullmatch(arn)]
    if not fitting_plans:
        return arn
    plan = max(fitting_plans, key=lambda plan: plan.weight)
    known = asked | {"default"} | {part for text in plan.pieces[::2] for part in _parts(text)}
    start = len(arn) - len(arn.split(":", 5)[-1])
    return arn[:start] + _PART.sub(lambda part: _kept(part[0], known), arn[start:])


def _kept(part: str, known: set[str]) -> str:
    """Return a part that is known, or left open in a way of its own (`name-??????`), and a star for any other."""
    return part if part in known or "*" in part or "?" in part else "*"


def _parts(text: str) -> list[str]:
    return _PART.findall(text)


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
