"""How each resource of a use was found, step by step as the mapping does it, for a reader who checks it by hand.

The roll-up does not carry this: it is asked again, for one event. Each step is asked of the function that the mapping
asks, and a resource is told to come from a step only when that step gives exactly it (domain.md §2.6).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from iamaudit.model.usage import Outcome, Use
from iamaudit.usage.actions import actions_of, bare_name, spelling
from iamaudit.usage.call import Call
from iamaudit.usage.denials import parse_denial
from iamaudit.usage.fill import Filled, fill, open_arn
from iamaudit.usage.leaves import Leaves
from iamaudit.usage.parameters import arns_in, parameters_of
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
    denial = parse_denial(call.error_message) if ended is Outcome.DENIED else None
    steps = _Steps(use, call)
    found = []
    for resource in use.resources:
        if denial is not None and denial.resource == resource:
            found.append(Found(resource, "denial", "AWS names it in errorMessage: what it evaluated"))
        elif use.evidence == "implied" and (told := _of_a_rule(resource, use, steps, own)) is not None:
            found.append(told)
        else:
            found.append(steps.told(resource))
    return tuple(found)


def _of_a_rule(resource: str, use: Use, steps: _Steps, own: tuple[str, ...]) -> Found | None:
    """Return what the rule of an implied use itself says of its resource."""
    if use.rule.startswith("pass_role.csv"):
        return _of_passing(resource, steps.request)
    if not use.rule.startswith("event_actions.csv") and resource in own:
        return Found(resource, "rule", "what the call itself was about")
    if use.rule.startswith("tag_on_create.csv") and resource.endswith("/*"):
        return Found(resource, "rule", "the type that the request says it tags: AWS evaluates `type/*` for what is new")
    return None


def _of_passing(resource: str, request: Leaves) -> Found:
    whole = request.place_of(resource)
    place = whole or request.place_of(resource.rpartition("/")[2])
    if resource == "*" or place is None:
        return Found(resource, "unknown", "not known: an instance profile hides its role, the inventory tells it")
    if ":instance-profile/" in resource:
        return Found(resource, "rule", f"the instance profile that `{place}` names; the inventory tells its role")
    return Found(resource, "rule", f"the role that `{place}` names" + ("" if whole else "; its path is not told"))


class _Steps:
    """The steps of the mapping for one use, each asked once whatever the number of its resources."""

    def __init__(self, use: Use, call: Call) -> None:
        self.action = use.action
        self.call = call
        self.parameters = parameters_of(call.request)
        self.plans = plans_of(use.action)
        self.listed = tuple(arn for arn, _ in listed_arns(call))
        self.request = Leaves(call.request, "requestParameters")
        self.response = Leaves(call.response, "responseElements")
        self.elsewhere = (Leaves(call.resources, "resources"), self.response)

    def told(self, resource: str) -> Found:
        """Return the first step that gives *resource*."""
        if spelling(self.action) is None:
            return Found(resource, "unknown", "not known: the catalogue does not have the action, nor what it takes")
        if not self.plans:
            return Found(resource, "none_taken", "`*`, because the action takes no resource")
        steps = (
            self._by_special,
            self._by_listed,
            self._by_template,
            self._by_request,
            self._by_response,
            self._by_open,
        )
        found = next((one for one in (step(resource) for step in steps) if one is not None), None)
        if found is not None:
            return found
        if resource == "*":
            return Found(resource, "unknown", "not known: neither the record's resources nor its parameters name one")
        return Found(resource, NOT_TOLD, "found by the mapping; which step gave it is not told")

    @cached_property
    def _special(self) -> tuple[str, list[tuple[str, frozenset[str]]]]:
        """The name of the service's own rule, and what it answers for each role of the call's resources."""
        key = self.action if self.action in SPECIAL else self.action.partition(":")[0]
        special = SPECIAL.get(key)
        if special is None:
            return key, []
        named = actions_of(self.call.prefix, bare_name(self.call.prefix, self.call.event_name), self.parameters)
        roles = dict.fromkeys([*(one.role for one in named if one.action == self.action), ""])
        answers = ((role, special(self.action, self.call, self.parameters, role, self.listed)) for role in roles)
        return key, [(role, frozenset(answer[0])) for role, answer in answers if answer is not None]

    def _by_special(self, resource: str) -> Found | None:
        key, answers = self._special
        for role, arns in answers:
            if resource in arns:
                which = f" of the {role}" if role in {"source", "dest"} else ""
                origin = self._listed_words(resource) or self._caller_words(resource) or self._origins(resource)
                return Found(resource, "special", f"the rule for {key}{which} (domain.md §2.3, §2.6): {origin}")
        return None

    def _by_listed(self, resource: str) -> Found | None:
        words = self._listed_words(resource)
        return None if words is None else Found(resource, "listed", f"{words}, which the action can take")

    def _listed_words(self, resource: str) -> str | None:
        return "the record's own `resources` list it" if resource in self.listed else None

    def _caller_words(self, resource: str) -> str | None:
        if resource != self.call.identity_arn or self.request.place_of(resource.rpartition("/")[2]) is not None:
            return None
        return "the caller itself, whom `userIdentity.arn` names"

    @cached_property
    def _filled(self) -> list[tuple[Plan, Filled, frozenset[str]]]:
        accounts = dict.fromkeys([*(owner for _, owner in listed_arns(self.call) if owner), self.call.account_id])
        # what a call makes may be named in its answer only
        given = (self.parameters, parameters_of(self.call.response))
        every = self.action == "ec2:RunInstances"
        filled = (
            (plan, fill(plan, one, self.call, account, all_depths=every))
            for one in given
            for account in accounts
            for plan in self.plans
        )
        return [(plan, result, frozenset(result.arns)) for plan, result in filled if result.found]

    def _by_template(self, resource: str) -> Found | None:
        for plan, result, arns in self._filled:
            if resource in arns:
                if result.is_by_arn and self.request.places_of(resource):
                    return self._by_request(resource)
                return Found(resource, "template", f"{_template(plan)}, filled: {self._origins(resource, plan)}")
        return None

    def _by_request(self, resource: str) -> Found | None:
        if resource not in self._arns_given:
            return None
        return Found(resource, "given", f"`{self.request.place_of(resource)}` is its ARN")

    @cached_property
    def _arns_given(self) -> frozenset[str]:
        return frozenset(arns_in(self.parameters))

    def _by_response(self, resource: str) -> Found | None:
        if resource not in self._arns_made:
            return None
        return Found(resource, "response", f"`{self.response.place_of(resource)}`: what the call made or changed")

    @cached_property
    def _arns_made(self) -> frozenset[str]:
        return frozenset(arns_in(parameters_of(self.call.response)))

    def _by_open(self, resource: str) -> Found | None:
        parts = resource.split(":")
        account = (parts[4] if len(parts) > 4 else "") or self.call.account_id
        for plan in self.plans:
            template = open_arn(plan, self.call, account)
            if resource == template:
                words = f"{_template(plan)}, left open: the request does not name it, or it did not exist yet"
                return Found(resource, "open", words)
            stem = template.removesuffix("*")
            if template.endswith("*") and resource.startswith(stem):
                place = self.request.place_of(resource[len(stem) :])
                if place is not None:
                    return Found(resource, "template", f"{_template(plan)}, whose id stands in `{place}`")
        return None

    def _origins(self, resource: str, plan: Plan | None = None) -> str:
        """Say where *resource*, or else each variable part of it, stands in the record."""
        whole = self.request.places_of(resource)
        if whole:
            return f"`{whole[0]}` is its ARN"
        fitting = [one for one in self.plans if one.pattern.fullmatch(resource)]
        plan = plan or max(fitting, key=lambda one: one.weight, default=None)
        if plan is None or not plan.slots:
            place = self.request.place_of(resource)
            return "as AWS evaluates it" if place is None else f"from `{place}`"
        return ", ".join(self._parts(resource, plan))

    def _parts(self, resource: str, plan: Plan) -> Iterator[str]:
        found = re.fullmatch(_with_groups(plan), resource)
        for slot, value in zip(plan.slots, () if found is None else found.groups(), strict=False):
            names = {filler.parameter for filler in slot.fillers}
            bare = value.rstrip("*?").rstrip(":/-")
            if not bare:
                yield f"{slot.variable} left open"
                continue
            places = (part.place_of(bare, names) for part in (self.request, *self.elsewhere))
            place = next((one for one in places if one is not None), None)
            named = f"from `{place}`" if place else f"`{value}`, which no field of the record names: AWS's default"
            yield f"{slot.variable} {named}"


def _template(plan: Plan) -> str:
    pieces = (piece if index % 2 == 0 else f"${{{piece}}}" for index, piece in enumerate(plan.pieces))
    return f"template `{''.join(pieces)}` of {plan.resource_type}"


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
