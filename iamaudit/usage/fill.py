"""Filling one ARN template from a request's parameters (domain.md §2.6 step 3 and 4)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from iamaudit.knowledge.arn_parameters import Filler
from iamaudit.usage.call import Call
from iamaudit.usage.parameters import Parameters
from iamaudit.usage.templates import Plan, Slot

_ACCOUNT_DIGITS = 12
_NAMED = re.compile(r"\{(\w+)\}")
# EC2 instances and machines managed by Systems Manager share one parameter: the id says which it is
_MACHINES = frozenset({":ec2:", ":ssm:"})
_ID_STARTS = {"instance": "i-", "managed-instance": "mi-", "managed-instance-inventory": ""}


@dataclass(frozen=True, slots=True)
class Filled:
    """The ARNs of one resource type, and how many of its variables the request filled or left open."""

    arns: tuple[str, ...]
    found: int
    missing: int
    is_by_arn: bool = False
    named_by: str = ""  # the parameter that filled the last variable, the thing's own name

    @property
    def is_whole(self) -> bool:
        """Whether nothing had to be left open and something came from the request."""
        return self.missing == 0 and self.found > 0


def fill(plan: Plan, parameters: Parameters, call: Call, account: str, *, all_depths: bool = False) -> Filled:
    """Return the ARNs of *plan*'s type that the request names; a variable that nothing fills becomes `*`."""
    columns: list[Sequence[str]] = []
    whole: list[str] = []
    found = missing = 0
    is_mixed = False
    named_by = ""
    used: set[tuple[str, str]] = set()
    for slot in plan.slots:
        values, arns, filler = _values(slot, plan, parameters, all_depths=all_depths)
        whole += arns
        is_mixed = is_mixed or bool(arns and values)
        start = _ID_STARTS.get(plan.resource_type) if plan.pieces[2] in _MACHINES else None
        if start and slot.variable == "InstanceId":
            values = [value for value in values if value.startswith(start)]
        named_by = ""
        if filler is not None and filler.transform != "constant":
            # one parameter names one thing, or its parts are told apart as in `family:revision`
            values = [] if (filler.parameter, filler.transform) in used else values
            used.add((filler.parameter, filler.transform))
            named_by = filler.parameter if values else ""
        if values or arns:
            # a constant that names a parameter says something about this request
            found += filler is None or filler.transform != "constant" or "{" in filler.parameter
            columns.append(values)
        else:
            missing += 1
            columns.append(("*",))
    if whole and not is_mixed:
        # an ARN says all its parts at once
        return Filled(tuple(dict.fromkeys(whole)), len(plan.slots), 0, is_by_arn=True)
    rows = max((len(column) for column in columns), default=1)
    built = tuple(
        _build(plan, [column[row] if len(column) == rows else column[0] for column in columns], call, account)
        for row in range(rows)
    )
    return Filled(tuple(dict.fromkeys((*whole, *built))), found, missing, named_by="" if whole else named_by)


def open_arn(plan: Plan, call: Call, account: str) -> str:
    """Return the ARN of *plan*'s type with every variable open: what AWS evaluates for a thing not yet there."""
    return _build(plan, ["*"] * len(plan.slots), call, account)


def _build(plan: Plan, values: Sequence[str], call: Call, account: str) -> str:
    place = {"Partition": call.partition, "Region": call.region, "Account": account}
    rest = iter(values)
    text = [
        piece if index % 2 == 0 else place[piece] if piece in place else next(rest)
        for index, piece in enumerate(plan.pieces)
    ]
    return "".join(text)


def _values(
    slot: Slot, plan: Plan, parameters: Parameters, *, all_depths: bool
) -> tuple[list[str], list[str], Filler | None]:
    """Return the values of a variable, the whole ARNs that stand for it, and the filler that gave the values."""
    candidates: list[tuple[Filler, tuple[str, ...]]] = []
    whole: list[str] = []
    names: list[str] = []
    known = parameters.values
    for filler in slot.fillers:
        name = filler.parameter
        if filler.transform == "constant":
            candidates.append((filler, ()))
        elif name in known or "." in name:  # most are not: said here, since this is asked more often than all else
            texts = _candidates(filler, parameters, all_depths=all_depths)
            # an ARN says more than a name, wherever it stands
            whole += [text for text in texts if text.startswith("arn:") and _is_of(plan, text)]
            if filler.is_also:
                names += [value for text in texts if (value := _value(text, filler.transform, slot))]
            else:
                candidates.append((filler, texts))
    if whole:
        return names, whole, None
    values, by = _first(slot, candidates, parameters)
    return [*names, *values] if names else values, [], by


def _first(
    slot: Slot, candidates: Sequence[tuple[Filler, Sequence[str]]], parameters: Parameters
) -> tuple[list[str], Filler | None]:
    """Return the values of the first filler that has any, and that filler."""
    for filler, texts in candidates:
        if filler.transform == "constant":
            constant = _constant(filler.parameter, parameters)
            return [constant] if constant else [], filler
        values = [value for text in texts if (value := _value(text, filler.transform, slot))]
        if values:
            return values, filler
    return [], None


def _candidates(filler: Filler, parameters: Parameters, *, all_depths: bool) -> tuple[str, ...]:
    if "." in filler.parameter:
        return parameters.inside(filler.parameter)
    if filler.is_top:
        top = parameters.top.get(filler.parameter)
        return (top,) if top else ()
    return parameters.every(filler.parameter, all_depths=all_depths)


def _is_of(plan: Plan, text: str) -> bool:
    return plan.pattern.fullmatch(text) is not None


def _value(text: str, transform: str, slot: Slot) -> str:
    if text.startswith("arn:"):
        # another type's ARN, or one that lacks its revision: only its last part can be this variable
        last = text.rpartition("/")[2]
        return last if transform == "last_segment" else last.partition(":")[0] if transform == "before_colon" else ""
    if transform == "arn_only":
        return ""
    if transform == "with_tail":
        # one parameter for several kinds of things: the beginning of the id tells which
        return text.removeprefix(slot.tail) if text.startswith(slot.tail) else ""
    return _transform(text.removeprefix(slot.tail), transform)


def _transform(text: str, transform: str) -> str:
    if transform == "last_segment":
        return text.rstrip("/").rpartition("/")[2]
    if transform == "parameter_name":
        # `name:3` and `name:label` choose a version of the parameter; its ARN does not hold the leading slash
        return text.partition(":")[0].strip("/")
    if transform == "account_id":
        return text if len(text) == _ACCOUNT_DIGITS and text.isdigit() else ""
    if transform == "host_path":
        return text.partition("://")[2].rstrip("/")
    if transform == "before_colon":
        return text.partition(":")[0]
    if transform == "after_colon":
        return text.partition(":")[2]
    if transform == "alias_name":
        return text.removeprefix("alias/")
    if transform == "waf_scope":
        return {"REGIONAL": "regional", "CLOUDFRONT": "global"}.get(text, text)
    if transform == "secret_suffix":
        # Secrets Manager adds a hyphen and six letters that the request does not know
        return f"{text}-??????"
    return text


def _constant(text: str, parameters: Parameters) -> str | None:
    for name in _NAMED.findall(text):
        value = parameters.first(name)
        if value is None:
            return None
        text = text.replace(f"{{{name}}}", value)
    return text
