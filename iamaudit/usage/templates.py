"""How the resources of one action are spelt: ARN templates ready to be filled from parameters and to be recognised."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

from iamaudit.knowledge.actions import ResourceType, catalogue
from iamaudit.knowledge.arn_parameters import Filler, listed_fillers
from iamaudit.knowledge.events import fold

_VARIABLE = re.compile(r"\$\{(\w+)\}")
_STOPS = "/:+."
_SEPARATORS = re.compile(r"[/:+.]")
_PLACE = frozenset({"Partition", "Region", "Account"})
# the last part of these may itself hold slashes; a bucket's or a table's name never does
_PLAIN = frozenset({"BucketName", "TableName", "ClusterName", "Account", "Region", "Partition", "QueueName"})
_SUFFIXES = ("identifier", "name", "arn", "id")
_IDS = ("id", "identifier", "uuid", "resourcepath")
_BARE = frozenset(
    {"id", "identifier", "name", "arn", "resource", "resourceid", "resourcename", "resourcepath", "resourceidentifier"}
)


@dataclass(frozen=True, slots=True)
class Slot:
    """One variable of a template with the ways to fill it, best first."""

    variable: str
    fillers: tuple[Filler, ...]
    tail: str  # literal text right before the variable that ids may bring along: `p-` of `policy/…/p-${PolicyId}`


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable in its place: whose it is, whether other types of the action have one so called, and whether the last."""

    resource_type: str
    name: str
    is_shared: bool = False
    is_last: bool = True


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
    kinds = [(kind, template) for kind in catalogue().resource_types(action) for template in kind.arn_templates]
    in_types = Counter(v for v, _ in {(v, kind.name) for kind, text in kinds for v in _VARIABLE.findall(text)})
    shared = frozenset(variable for variable, types in in_types.items() if types > 1)
    return tuple(_plan(prefix, name, kind, template, shared) for kind, template in kinds)


def _plan(prefix: str, action_name: str, kind: ResourceType, template: str, shared: frozenset[str]) -> Plan:
    pieces = tuple(_VARIABLE.split(template))
    variables = [(v, _SEPARATORS.split(before)[-1]) for before, v in zip(pieces[::2], pieces[1::2], strict=False)]
    variables = [(v, tail) for v, tail in variables if v not in _PLACE]
    slots = tuple(
        Slot(v, _fillers(prefix, action_name, Variable(kind.name, v, v in shared, place == len(variables))), tail)
        for place, (v, tail) in enumerate(variables, start=1)
    )
    regex = "".join(
        _literal(piece) if index % 2 == 0 else _pattern_of(piece, pieces[index + 1])
        for index, piece in enumerate(pieces)
    )
    weight = sum(len(piece) for piece in pieces[::2])
    return Plan(kind.name, kind.is_required, pieces, slots, re.compile(regex), weight)


def _literal(piece: str) -> str:
    """Return the pattern of literal text; a few templates leave a part open themselves: `arn:…:dms:…:rep:*`."""
    escaped = re.escape(piece)
    return escaped.removesuffix(r"\*").replace(r"\*", "[^:]*") + (".*" if piece.endswith("*") else "")


def _pattern_of(variable: str, following: str) -> str:
    if variable in _PLACE:
        return "[^:]*"
    if following:
        # stops at the separator, so that a hostile text of any length is matched in one pass
        return f"[^{following[0]}]+" if following[0] in _STOPS else "[^:/]+"
    return "[^/]+" if variable in _PLAIN else ".+"


def _fillers(prefix: str, action_name: str, variable: Variable) -> tuple[Filler, ...]:
    listed = listed_fillers(prefix, action_name, variable.resource_type, variable.name)
    constants = tuple(f for f in listed if f.transform == "constant")
    found = [f for f in listed if f.transform != "constant"]
    have = {f.parameter for f in found}
    for filler in generic_fillers(action_name, variable):
        if filler.parameter not in have:
            have.add(filler.parameter)
            found.append(filler)
    return (*found, *constants)


def generic_fillers(action_name: str, variable: Variable) -> list[Filler]:
    """Return the parameters that fill a variable by the name rules of domain.md §2.6, best first.

    A variable that is called only `Id` or `Name` stands for the type; when it is shared, and so stands for several
    types of the action, a parameter that is called so too counts only for the type in the action's name. An id is never
    filled with a name: AWS gave it, and the request of a creation does not know it.
    """
    var = fold(variable.name).removesuffix("withpath").removesuffix("withoutleadingslash")
    is_id = var.endswith(_IDS)
    kind, act = fold(variable.resource_type), fold(action_name)
    is_bare = var in _BARE
    base = kind if is_bare else _stem(var)
    is_its_own = _is_about(act, base, kind if variable.is_last else base)
    stems = dict.fromkeys((base, kind)) if variable.is_last and (is_id or var.endswith("name")) else (base,)
    found = [] if is_bare else [Filler(var)]
    found += [filler for stem in stems for filler in _suffixed(stem, is_id=is_id)]
    if is_its_own:
        found += [Filler(name, is_top=True) for name in (("id", "identifier") if is_id else ("name", "identifier"))]
        found.append(Filler("arn", "arn_only", is_top=True))
    found += [Filler(f"{filler.parameter}s", filler.transform) for filler in found if not filler.is_top]
    if is_bare:
        of_several = variable.is_shared and not is_its_own
        found += [Filler(name, "arn_only" if of_several else "") for name in (var, f"{var}s", "resource")]
        found.append(Filler("resourcearn", "arn_only"))
    if is_its_own:
        # what is described in an object of its own is called by its name there: `pipeline.name`, `tableInput.name`
        found += [Filler(f"{base}{word}.{'id' if is_id else 'name'}") for word in ("", "input")]
    return list(dict.fromkeys(found))


def _suffixed(stem: str, *, is_id: bool) -> list[Filler]:
    suffixes = ("", "id", "identifier") if is_id else ("", "name", "identifier")
    return [*(Filler(stem + suffix) for suffix in suffixes), Filler(f"{stem}arn", "arn_only")]


def _stem(var: str) -> str:
    for suffix in _SUFFIXES:
        if var.endswith(suffix) and len(var) > len(suffix):
            return var[: -len(suffix)]
    return var


def _is_about(act: str, base: str, kind: str) -> bool:
    """Say whether an action is, by its name, about the thing that a variable names."""
    return len(base) > 2 and (base in act or (kind in act and (base in kind or kind in base)))
