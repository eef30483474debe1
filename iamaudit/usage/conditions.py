"""Condition keys whose values a record fixes: prefix listed, service called through (domain.md §1.2, §2.3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iamaudit.knowledge.events import condition_rows, fold
from iamaudit.usage.call import Call
from iamaudit.usage.parameters import Parameters


def conditions_of(prefix: str, name: str, call: Call, parameters: Parameters) -> dict[str, str]:
    """Return condition key -> value; a forward access session carries its service.

    `signin.amazonaws.com` in old records is only the console, and `AWS Internal` is no service name.
    """
    found = {}
    for key, parameter in condition_rows(prefix, name):
        value = _value(parameters, parameter)
        if value:
            found[key] = value
    host = call.invoked_by
    if host.endswith((".amazonaws.com", ".amazonaws.com.cn")) and host != "signin.amazonaws.com":
        if prefix == "kms":
            # the same suffix in all partitions (KMS developer guide, kms:ViaService)
            found["kms:ViaService"] = f"{host.partition('.')[0]}.{call.region}.amazonaws.com"
            if name.lower() == "creategrant":
                # a service makes grants for its own resources only (domain.md §2.3)
                found["kms:GrantIsForAWSResource"] = "true"
        else:
            found["aws:CalledVia"] = host
    return found


def _value(parameters: Parameters, path: str) -> str | None:
    """Return the text at a folded path; a path of one name finds it at any depth."""
    if "." not in path:
        return parameters.first(path)
    node: Any = parameters.raw
    for name in path.split("."):
        if isinstance(node, Mapping):
            node = next((value for key, value in node.items() if fold(str(key)) == name), None)
    return node if isinstance(node, str) else None
