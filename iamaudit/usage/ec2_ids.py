"""EC2's ids tell what they name (`i-…`, `vol-…`), whatever the parameter that holds them is called (domain.md §2.6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

from iamaudit.knowledge.tables import rows
from iamaudit.usage.call import Call
from iamaudit.usage.fill import open_arn
from iamaudit.usage.parameters import Parameters
from iamaudit.usage.templates import Plan


@cache
def _types() -> Mapping[str, str]:
    return {row["id_prefix"]: row["resource_type"] for row in rows("ec2_ids")}


def _type_of(name: str) -> str | None:
    prefix, dash, tail = name.rpartition("-")
    return _types().get(prefix) if dash and tail.isalnum() else None


def ids_by_type(plans: tuple[Plan, ...], parameters: Parameters) -> dict[str, list[str]]:
    """Return resource type -> sorted ids, of the types that an action takes, wherever they stand in the request."""
    wanted = {plan.resource_type for plan in plans}
    found: dict[str, list[str]] = {}
    for values in parameters.values.values():
        for _, value in values:
            kind = _type_of(value)
            if kind in wanted and kind is not None:
                found.setdefault(kind, []).append(value)
    return {kind: sorted(set(ids)) for kind, ids in found.items()}


def fill_ids(plan: Plan, ids: list[str], call: Call, account: str) -> list[str]:
    """Return the ARN of *plan*'s type for each id."""
    template = open_arn(plan, call, account)
    return [template.removesuffix("*") + one for one in ids] if template.endswith("*") else [template]


def names_another(arns: Sequence[str], plan: Plan, by_id: Mapping[str, list[str]]) -> bool:
    """Say whether the ids at the end of a type's ARNs are of other types that the action takes."""
    kinds = {_type_of(arn.rpartition("/")[2]) for arn in arns}
    return plan.resource_type not in kinds and any(kind in by_id for kind in kinds if kind is not None)


def copied(plans: tuple[Plan, ...], call: Call, parameters: Parameters, account: str) -> tuple[str, ...]:
    """Return what a copy is evaluated on: the copy, which has no id yet, and its source in the region where that lies.

    EC2 user guide, Grant permissions to copy Amazon EC2 AMIs: the source has been evaluated too since October 2024.
    """
    source = Call(call.event_source, call.event_name, parameters.first("sourceregion") or call.region)
    by_id = ids_by_type(plans, parameters)
    copies = [open_arn(plan, call, account) for plan in plans if plan.is_required]
    sources = [arn for plan in plans for arn in fill_ids(plan, by_id.get(plan.resource_type, []), source, account)]
    return tuple(dict.fromkeys((*copies, *sources))) or ("*",)
