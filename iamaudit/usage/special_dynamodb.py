"""Tables and indexes: named per element, per batch or inside a statement (domain.md §2.3)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from iamaudit.knowledge.events import fold
from iamaudit.usage.answer import Answer, regional_arn, sure
from iamaudit.usage.call import Call
from iamaudit.usage.parameters import Parameters, entries_in
from iamaudit.usage.templates import plans_of

_ON_BOTH = frozenset({"dynamodb:DescribeContributorInsights", "dynamodb:UpdateContributorInsights"})
_TABLE = re.compile(
    r"(?:from|into|update)\s+[\"'`]?([A-Za-z0-9_.-]+)[\"'`]?(?:\s*\.\s*[\"']([A-Za-z0-9_.-]+)[\"'])?", re.IGNORECASE
)


def dynamodb(action: str, call: Call, parameters: Parameters, role: str, listed: tuple[str, ...]) -> Answer | None:
    """Return the tables and indexes that a DynamoDB action is about."""
    iterator = parameters.first("sharditerator")
    if iterator and ":dynamodb:" in iterator and "/stream/" in iterator:
        # the ARN of the stream, a bar, and where to read on
        return sure(iterator.partition("|")[0])
    index = parameters.first("indexname")
    table = parameters.first("tablename")
    if role.startswith("table:"):
        name = parameters.first(fold(role[6:]))
        return sure(_table(call, name)) if name else None
    if role.startswith("under:"):
        below = _under(parameters.raw, fold(role[6:]))
        return sure(*(_table(call, name) for name in below)) if below else None
    if action.startswith("dynamodb:PartiQL"):
        verb = action.removeprefix("dynamodb:PartiQL").lower()
        statements = [s for s in parameters.every("statement") if s.lstrip(" (\n\t").lower().startswith(verb)]
        found = [m for statement in statements if (m := _TABLE.search(statement))]
        arns = (_table(call, m[1]) + (f"/index/{m[2]}" if m[2] else "") for m in found)
        return sure(*arns) if found else None
    if index and table and any(plan.resource_type == "index" for plan in plans_of(action)):
        if action in _ON_BOTH:
            return sure(_table(call, table), f"{_table(call, table)}/index/{index}")
        return sure(f"{_table(call, table)}/index/{index}")
    request = next((v for k, v in parameters.raw.items() if str(k).lower() == "requestitems"), None)
    if isinstance(request, Mapping) and request:
        return sure(*(_table(call, str(name)) for name in sorted(request)))
    tables = list(parameters.every("tablename"))
    if tables and not listed:
        return sure(*(_table(call, name) for name in tables))
    return None


def _under(request: Mapping[str, object], key: str) -> list[str]:
    inner = (value for name, value in entries_in(request) if name == key.lower() and isinstance(value, Mapping))
    tables = (text for value in inner for name, text in value.items() if str(name).lower() == "tablename")
    return sorted({text for text in tables if isinstance(text, str)})


def _table(call: Call, name: str) -> str:
    return name if name.startswith("arn:") else regional_arn(call, "dynamodb", f"table/{name}")
