"""How the resources of one action are spelt: ARN templates ready to be filled from parameters and to be recognised."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from iamaudit.knowledge.actions import catalogue
from iamaudit.knowledge.arn_parameters import Filler, listed_fillers
from iamaudit.knowledge.events import fold

_VARIABLE = re.compile(r"\$\{(\w+)\}")
_PLACE = frozenset({"Partition", "Region", "Account"})
# the last part of these may itself hold slashes; a bucket's or a table's name never does
_PLAIN = frozenset({"BucketName", "TableName", "ClusterName", "Account", "Region", "Partition", "QueueName"})
_SUFFIXES = ("identifier", "name", "arn", "id")


@dataclass(frozen=True, slots=True)
class Slot:
    """One variable of a template with the ways to fill it, best first."""

    variable: str
    fillers: tuple[Filler, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """One resource type of one action: its template in pieces, its slots and the pattern that recognises its ARNs."""

    resource_type: str
    is_required: bool
    pieces: tuple[str, ...]  # literal, variable, literal, …, literal
    slots: tuple[Slot, ...]
    pattern: re.Pattern[str]
    weight: int  # letters of literal text: the more, the more specific


@lru_cache(maxsize=32768)
def plans_of(action: str) -> tuple[Plan, ...]:
    """Return the plans of an action's resource types, in the catalogue's order."""
    prefix, _, name = action.partition(":")
    return tuple(
        _plan(prefix, name, kind.name, template, is_required=kind.is_required)
        for kind in catalogue().resource_types(action)
        for template in kind.arn_templates
    )


def _plan(prefix: str, action_name: str, resource_type: str, template: str, *, is_required: bool) -> Plan:
    pieces = tuple(_VARIABLE.split(template))
    variables = [variable for variable in pieces[1::2] if variable not in _PLACE]
    slots = tuple(Slot(v, _fillers(prefix, action_name, resource_type, v)) for v in variables)
    regex = "".join(
        re.escape(piece) if index % 2 == 0 else _pattern_of(piece, pieces[index + 1])
        for index, piece in enumerate(pieces)
    )
    weight = sum(len(piece) for piece in pieces[::2])
    return Plan(resource_type, is_required, pieces, slots, re.compile(regex), weight)


def _pattern_of(variable: str, following: str) -> str:
    if variable in _PLACE:
        return "[^:]*"
    if following:
        # stops at the separator, so that a hostile text of any length is matched in one pass
        return f"[^{re.escape(following[0])}]+"
    return "[^/]+" if variable in _PLAIN else ".+"


def _fillers(prefix: str, action_name: str, resource_type: str, variable: str) -> tuple[Filler, ...]:
    listed = listed_fillers(prefix, action_name, resource_type, variable)
    constants = tuple(f for f in listed if f.transform == "constant")
    found = [f for f in listed if f.transform != "constant"]
    have = {f.parameter for f in found}
    only_ids = prefix == "ec2" and variable.endswith("Id")
    for name, is_top in generic_names(action_name, resource_type, variable):
        if only_ids and name.removesuffix("s").endswith("name"):
            # EC2 knows ids and names apart: a launch template's name is not the end of its ARN
            continue
        if name not in have:
            have.add(name)
            found.append(Filler(name, is_top=is_top))
    return (*found, *constants)


def generic_names(action_name: str, resource_type: str, variable: str) -> list[tuple[str, bool]]:
    """Return folded parameter names for a variable by the name rules of domain.md §2.6, best first.

    The second part of each pair says that only a parameter at the top of the request counts.
    """
    var = fold(variable).removesuffix("withpath").removesuffix("withoutleadingslash")
    base = var
    for suffix in _SUFFIXES:
        if var.endswith(suffix) and len(var) > len(suffix):
            base = var[: -len(suffix)]
            break
    kind = fold(resource_type)
    stems = list(dict.fromkeys((base, kind) if base in {"resource", ""} else (base,)))
    names = [(var, False), (f"{var}s", False)]
    for stem in stems:
        names += [(stem + suffix, False) for suffix in ("", "name", "id", "identifier", "arn")]
        names += [(f"{stem}{suffix}s", False) for suffix in ("", "name", "id", "identifier", "arn")]
    act = fold(action_name)
    if (
        base
        and base != "resource"
        and (base in act or (kind in act and (base in kind or kind in base)))
        and len(base) > 2
    ):
        names += [(bare, True) for bare in ("name", "id", "arn")]
    return [pair for index, pair in enumerate(names) if pair not in names[:index] and pair[0]]
