"""How each resource of a use was found, step by step as the mapping does it, for a reader who checks it by hand.

The roll-up does not carry this: it is asked again, for one event. Each step is asked of the function that the mapping
asks, and a resource is told to come from a step only when that step gives exactly it (domain.md §2.6).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from iamaudit.model.usage import Outcome, Use
from iamaudit.usage.actions import actions_of, bare_name, spelling
from iamaudit.usage.call import Call
from iamaudit.usage.denials import parse_denial
from iamaudit.usage.fill import fill, open_arn
from iamaudit.usage.leaves import leaves, place_of
from iamaudit.usage.parameters import Parameters, arns_in, parameters_of
from iamaudit.usage.resources import listed_arns
from iamaudit.usage.special import SPECIAL
from iamaudit.usage.templates import Plan, plans_of

_PLACES = frozenset({"Partition", "Region", "Account"})
NOT_TOLD = "not_told"


@dataclass(frozen=True, slots=True)
class Found:
    """A value of the answer, the step that gave it, and that step in words.

    `by` of a resource is `denial`, `none_taken`, `special`, `listed`, `given`, `template`, `response`, `open`, `rule`,
    `unknown`, or `not_told` when the mapping found it in a way that no step here repeats.
    """

    value: str
    by: str
    words: str


def why_resources(use: Use, call: Call, ended: Outcome, *, own: tuple[str, ...] = ()) -> tuple[Found, ...]:
    """Return how each resource of *use* was found; *own* are the resources of the call's first use."""
    parameters = parameters_of(call.request)
    denial = parse_denial(call.error_message) if ended is Outcome.DENIED else None
    found = []
    for resource in use.resources:
        if denial is not None and denial.resource == resource:
            found.append(Found(resource, "denial", "AWS names it in errorMessage: what it evaluated"))
        elif use.evidence == "implied" and (told := _of_a_rule(resource, use, call, own)) is not None:
            found.append(told)
        else:
            found.append(_of_a_step(resource, use, call, parameters))
    return tuple(found)


def _of_a_rule(resource: str, use: Use, call: Call, own: tuple[str, ...]) -> Found | None:
    """Return what the rule of an implied use itself says of its resource."""
    if use.rule.startswith("pass_role.csv"):
        return _of_passing(resource, call)
    if not use.rule.startswith(("pass_role.csv", "event_actions.csv")) and resource in own:
        return Found(resource, "rule", "what the call itself was about")
    if use.rule.startswith("tag_on_create.csv") and resource.endswith("/*"):
        return Found(resource, "rule", "the type that the request says it tags: AWS evaluates `type/*` for what is new")
    return None


def _of_passing(resource: str, call: Call) -> Found | None:
    whole = place_of(resource, call.request, "requestParameters")
    place = whole or place_of(resource.rpartition("/")[2], call.request, "requestParameters")
    if resource == "*" or place is None:
        return Found(resource, "unknown", "not known: an instance profile hides its role, the inventory tells it")
    if ":instance-profile/" in resource:
        return Found(resource, "rule", f"the instance profile that `{place}` names; the inventory tells its role")
    return Found(resource, "rule", f"the role that `{place}` names" + ("" if whole else "; its path is not told"))


def _of_a_step(resource: str, use: Use, call: Call, parameters: Parameters) -> Found:
    if spelling(use.action) is None:
        return Found(resource, "unknown", "not known: the catalogue does not have the action, nor what it takes")
    plans = plans_of(use.action)
    if not plans:
        return Found(resource, "none_taken", "`*`, because the action takes no resource")
    steps = (_by_special, _by_listed, _by_template, _by_request, _by_response, _by_open)
    found = (step(resource, use, plans, call, parameters) for step in steps)
    told = next((one for one in found if one is not None), None)
    if told is not None:
        return told
    if resource == "*":
        return Found(resource, "unknown", "not known: neither the record's resources nor its parameters name one")
    return Found(resource, NOT_TOLD, "found by the mapping; which step gave it is not told")


def _by_special(resource: str, use: Use, plans: tuple[Plan, ...], call: Call, parameters: Parameters) -> Found | None:
    key = use.action if use.action in SPECIAL else use.action.partition(":")[0]
    special = SPECIAL.get(key)
    if special is None:
        return None
    listed = listed_arns(call)
    arns = tuple(arn for arn, _ in listed)
    named = actions_of(call.prefix, bare_name(call.prefix, call.event_name), parameters)
    for role in dict.fromkeys([*(one.role for one in named if one.action == use.action), ""]):
        answer = special(use.action, call, parameters, role, arns)
        if answer is not None and resource in answer[0]:
            which = f" of the {role}" if role in {"source", "dest"} else ""
            origin = _listed_words(resource, arns) or _caller_words(resource, call) or _origins(resource, plans, call)
            return Found(resource, "special", f"the rule for {key}{which} (domain.md §2.3, §2.6): {origin}")
    return None


def _by_listed(resource: str, _use: Use, _plans: tuple[Plan, ...], call: Call, _: Parameters) -> Found | None:
    words = _listed_words(resource, tuple(arn for arn, _ in listed_arns(call)))
    return None if words is None else Found(resource, "listed", f"{words}, which the action can take")


def _listed_words(resource: str, listed: tuple[str, ...]) -> str | None:
    return "the record's own `resources` list it" if resource in listed else None


def _caller_words(resource: str, call: Call) -> str | None:
    is_named = place_of(resource.rpartition("/")[2], call.request, "requestParameters") is not None
    return (
        "the caller itself, whom `userIdentity.arn` names" if resource == call.identity_arn and not is_named else None
    )


def _by_template(resource: str, use: Use, plans: tuple[Plan, ...], call: Call, parameters: Parameters) -> Found | None:
    accounts = dict.fromkeys([*(owner for _, owner in listed_arns(call) if owner), call.account_id])
    # what a call makes may be named in its answer only
    for given in (parameters, parameters_of(call.response)):
        for account in accounts:
            for plan in plans:
                filled = fill(plan, given, call, account, all_depths=use.action == "ec2:RunInstances")
                if resource in filled.arns and filled.found:
                    is_whole = filled.is_by_arn and given is parameters
                    return _told(resource, plan, call, is_whole=is_whole)
    return None


def _told(resource: str, plan: Plan, call: Call, *, is_whole: bool) -> Found:
    if is_whole:
        return Found(resource, "given", f"`{place_of(resource, call.request, 'requestParameters')}` is its ARN")
    return Found(resource, "template", f"{_template(plan)}, filled: {_origins(resource, (plan,), call)}")


def _by_request(resource: str, _use: Use, _plans: tuple[Plan, ...], call: Call, parameters: Parameters) -> Found | None:
    if resource not in set(arns_in(parameters)):
        return None
    return Found(resource, "given", f"`{place_of(resource, call.request, 'requestParameters')}` is its ARN")


def _by_response(resource: str, _use: Use, _plans: tuple[Plan, ...], call: Call, _: Parameters) -> Found | None:
    if resource not in set(arns_in(parameters_of(call.response))):
        return None
    return Found(resource, "response", f"`{place_of(resource, call.response, 'responseElements')}`: what the call made")


def _by_open(resource: str, _use: Use, plans: tuple[Plan, ...], call: Call, _: Parameters) -> Found | None:
    for plan in plans:
        template = open_arn(plan, call, _account(resource) or call.account_id)
        if resource == template:
            words = f"{_template(plan)}, left open: the request does not name it, or it did not exist yet"
            return Found(resource, "open", words)
        stem = template.removesuffix("*")
        if template.endswith("*") and resource.startswith(stem):
            place = place_of(resource[len(stem) :], call.request, "requestParameters")
            if place is not None:
                return Found(resource, "template", f"{_template(plan)}, whose id stands in `{place}`")
    return None


def _account(resource: str) -> str:
    parts = resource.split(":")
    return parts[4] if len(parts) > 4 else ""


def _template(plan: Plan) -> str:
    pieces = (piece if index % 2 == 0 else f"${{{piece}}}" for index, piece in enumerate(plan.pieces))
    return f"template `{''.join(pieces)}` of {plan.resource_type}"


def _origins(resource: str, plans: tuple[Plan, ...], call: Call) -> str:
    """Say where *resource*, or else each variable part of it, stands in the record."""
    whole = next((path for path, text in leaves(call.request, "requestParameters") if text == resource), None)
    if whole is not None:
        return f"`{whole}` is its ARN"
    fitting = [plan for plan in plans if plan.pattern.fullmatch(resource)]
    plan = max(fitting, key=lambda one: one.weight, default=None)
    if plan is None or not plan.slots:
        place = place_of(resource, call.request, "requestParameters")
        return "as AWS evaluates it" if place is None else f"from `{place}`"
    return ", ".join(_parts(resource, plan, call))


def _parts(resource: str, plan: Plan, call: Call) -> Iterator[str]:
    found = re.fullmatch(_with_groups(plan), resource)
    values = () if found is None else found.groups()
    for slot, value in zip(plan.slots, values, strict=False):
        names = {filler.parameter for filler in slot.fillers}
        bare = value.rstrip("*?").rstrip(":/-")
        if not bare:
            yield f"{slot.variable} left open"
            continue
        for node, path in (
            (call.request, "requestParameters"),
            (call.resources, "resources"),
            (call.response, "responseElements"),
        ):
            place = place_of(bare, node, path, names=names)
            if place is not None:
                yield f"{slot.variable} from `{place}`"
                break
        else:
            yield f"{slot.variable} `{value}`, which no field of the record names: AWS's default"


def _with_groups(plan: Plan) -> str:
    """Return the pattern of *plan* with a group for each variable; it stops at separators, as the plan's own does."""
    text = []
    for index, piece in enumerate(plan.pieces):
        if index % 2 == 0:
            text.append(re.escape(piece))
        elif piece in _PLACES:
            text.append("[^:]*")
        else:
            following = plan.pieces[index + 1]
            text.append(f"([^{re.escape(following[0])}]+)" if following else "(.+)")
    return "".join(text)
