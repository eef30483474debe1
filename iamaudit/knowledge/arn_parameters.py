"""Which request parameter fills which variable of an ARN template, where the names alone do not tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from iamaudit.knowledge.events import fold
from iamaudit.knowledge.tables import rows


@dataclass(frozen=True, slots=True)
class Filler:
    """A way to fill a variable: a folded parameter name (`outer.inner` for one inside an object), or a constant."""

    parameter: str
    transform: str = ""  # as in the table (`last_segment`, `before_colon`, …), "constant", or empty
    is_top: bool = False  # only a parameter at the top of the request counts
    is_also: bool = False  # adds to what another parameter says, as a copy's target does to its source


@cache
def _fillers() -> Mapping[tuple[str, str, str, str], tuple[Filler, ...]]:
    found: dict[tuple[str, str, str, str], list[Filler]] = {}
    for row in rows("arn_parameters"):
        key = (row["prefix"], row["action"].lower(), row["resource_type"].lower(), fold(row["variable"]))
        text = row["parameter"]
        if text.startswith("="):
            filler = Filler(text[1:], "constant")
        else:
            name = ".".join(fold(part) for part in text.split("."))
            transform, also = row["transform"].removesuffix("+"), row["transform"].endswith("+")
            filler = Filler(name, transform, name in {"name", "id", "arn", "resource", "path"}, also)
        found.setdefault(key, []).append(filler)
    return {key: tuple(entries) for key, entries in found.items()}


@cache
def account_parameters(prefix: str) -> tuple[str, ...]:
    """Return the folded parameters that name the account of what a service's calls are about."""
    return tuple(filler.parameter for filler in _fillers().get((prefix, "*", "*", "account"), ()))


def listed_fillers(prefix: str, action_name: str, resource_type: str, variable: str) -> tuple[Filler, ...]:
    """Return the table's fillers, the most specific rows first."""
    known, name, kind, var = _fillers(), action_name.lower(), resource_type.lower(), fold(variable)
    keys = ((prefix, name, kind, var), (prefix, name, "*", var), (prefix, "*", kind, var), (prefix, "*", "*", var))
    return tuple(filler for key in keys for filler in known.get(key, ()))
