"""From statements back to a policy document, as AWS writes it, and its size as AWS counts it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from iamaudit.errors import PolicySyntaxError
from iamaudit.model.policy import Condition, Policy, PrincipalPattern, Statement


def render(policy: Policy) -> dict[str, Any]:
    """Return the document of *policy*: elements in a stable order, one value as text, several as a list."""
    document: dict[str, Any] = {}
    if policy.version is not None:
        document["Version"] = policy.version
    if policy.id is not None:
        document["Id"] = policy.id
    document["Statement"] = [_statement(statement) for statement in policy.statements]
    return document


def to_json(policy: Policy, *, indent: int | None = 2) -> str:
    """Return the document as JSON text, without a line end; `indent=None` gives the shortest form."""
    separators = (",", ":") if indent is None else None
    return json.dumps(render(policy), indent=indent, separators=separators, ensure_ascii=False)


def size(policy: Policy) -> int:
    """Return the characters that count against AWS's quotas: minified JSON, spaces inside texts counted (domain.md §4)."""
    frame = len(to_json(replace(policy, statements=()), indent=None))
    return frame + sum(map(statement_size, policy.statements)) + max(len(policy.statements) - 1, 0)


def statement_size(statement: Statement) -> int:
    """Return the characters of one statement in minified JSON: what `render` makes of it, counted and not written."""
    lists = (
        ("Action", statement.actions),
        ("NotAction", statement.not_actions),
        ("Resource", statement.resources),
        ("NotResource", statement.not_resources),
    )
    rest = len(_minified(_statement(replace(statement, actions=(), not_actions=(), resources=(), not_resources=()))))
    return rest + sum(len(f',"{element}":') + _list_size(values) for element, values in lists if values)


def _list_size(values: Sequence[str]) -> int:
    together = "".join(values)
    is_plain = together.isprintable() and '"' not in together and "\\" not in together
    length = len(together) + 2 * len(values) if is_plain else sum(len(_minified(one)) for one in values)
    return length if len(values) == 1 else length + len(values) + 1  # the commas, and two brackets


def _minified(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _statement(statement: Statement) -> dict[str, Any]:
    body: dict[str, Any] = {}
    if statement.sid is not None:
        body["Sid"] = statement.sid
    body["Effect"] = statement.effect.value
    if statement.principals:
        body["Principal"] = _principals(statement.principals)
    if statement.not_principals:
        body["NotPrincipal"] = _principals(statement.not_principals)
    for element, values in (
        ("Action", statement.actions),
        ("NotAction", statement.not_actions),
        ("Resource", statement.resources),
        ("NotResource", statement.not_resources),
    ):
        if values:
            body[element] = _scalar_or_list(values)
    if statement.conditions:
        body["Condition"] = _conditions(statement.conditions)
    return body


def _principals(patterns: Iterable[PrincipalPattern]) -> str | dict[str, Any]:
    by_type: dict[str, list[str]] = {}
    for pattern in patterns:
        if pattern.type == "*":
            return "*"
        by_type.setdefault(pattern.type, []).append(pattern.value)
    return {kind: _scalar_or_list(values) for kind, values in by_type.items()}


def _conditions(conditions: Iterable[Condition]) -> dict[str, dict[str, Any]]:
    block: dict[str, dict[str, Any]] = {}
    for condition in conditions:
        keys = block.setdefault(condition.operator, {})
        if condition.key in keys:
            raise PolicySyntaxError(
                f"`{condition.operator}` names the key `{condition.key}` twice, which JSON cannot say: merge the two"
            )
        keys[condition.key] = _scalar_or_list(condition.values)
    return block


def _scalar_or_list(values: Iterable[str]) -> str | list[str]:
    texts = list(values)
    return texts[0] if len(texts) == 1 else texts
