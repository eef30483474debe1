"""Which event categories a trail logs, from its basic or advanced event selectors."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from iamaudit.knowledge.event_types import logged_with
from iamaudit.knowledge.events import prefix_of

LOGGED, PARTIAL, INFERRED, NONE = "logged", "partial", "inferred", "none"
RANK = {NONE: 0, PARTIAL: 1, INFERRED: 2, LOGGED: 3}

# The type of which the logged part is told from the rest: what is granted on objects says in which bucket they are.
SCOPED = "AWS::S3::Object"

# A `Values` entry of a basic selector that means every resource of the type (CloudTrail guide, data events):
# `arn:aws:s3` or `arn:aws:s3:::`, `arn:aws:lambda`, `arn:aws:dynamodb`.
_MATCH_ALL_PARTS = 3


@dataclass(frozen=True, slots=True)
class CategoryCoverage:
    """What one trail, or all trails of an account together, log of one category.

    `category` is `management:read`, `management:write` or `data:<resource type>`; `excluded_sources` are IAM prefixes
    that the selectors leave out; `regions` are those that are logged, none for all. `scopes` are, of a type that is
    logged in part, the ARNs of which all is logged: one each, or a beginning and `*`.
    """

    category: str
    status: str
    reason: str
    excluded_sources: frozenset[str] = field(default_factory=frozenset)
    regions: frozenset[str] = field(default_factory=frozenset)
    scopes: frozenset[str] = field(default_factory=frozenset)


def trail_coverage(trail: Mapping[str, Any]) -> list[CategoryCoverage]:
    """Return what a row of the `trails` table logs; categories it does not name are not logged by it.

    A trail without collected selectors is taken to log management events, as a trail does unless told otherwise, and
    nothing is said of its data events.
    """
    name = trail["name"] or trail["trail_arn"]
    if trail["is_logging"] is False:
        return []
    advanced, basic = _listed(trail["advanced_event_selectors"]), _listed(trail["event_selectors"])
    if advanced:
        found = _advanced(advanced, name)
    elif basic:
        found = _basic(basic, name)
    else:
        reason = (
            f"the selectors of trail {name} were not collected; a trail logs management events unless told otherwise"
        )
        found = [CategoryCoverage(f"management:{access}", INFERRED, reason) for access in ("read", "write")]
    found += _logged_with(found)
    if trail["is_multi_region"] is False:
        home = str(trail["home_region"])
        reason = f"trail {name} logs only {home}: what was done in other regions is not known"
        found = [
            CategoryCoverage(
                entry.category,
                min(PARTIAL, entry.status, key=RANK.__getitem__),
                reason,
                entry.excluded_sources,
                frozenset({home}),
            )
            for entry in found
        ]
    return found


def best_of(entries: Iterable[CategoryCoverage]) -> dict[str, CategoryCoverage]:
    """Return the best coverage of each category; what one trail leaves out another may log."""
    best: dict[str, CategoryCoverage] = {}
    for entry in entries:
        known = best.get(entry.category)
        if known is None or RANK[entry.status] > RANK[known.status]:
            best[entry.category] = entry
        elif RANK[entry.status] == RANK[known.status]:
            best[entry.category] = replace(
                known,
                excluded_sources=known.excluded_sources & entry.excluded_sources,
                regions=known.regions | entry.regions if known.regions and entry.regions else frozenset(),
                scopes=known.scopes | entry.scopes,
            )
    return best


ALL = "all:"  # begins a category that stands for several, joined by `+`: it is logged as far as the least of them


def weakest(category: str, parts: Iterable[CategoryCoverage]) -> CategoryCoverage:
    """Return the coverage of a *category* that is logged only where all its *parts* are."""
    parts = tuple(parts)
    least = min(parts, key=lambda part: RANK[part.status])
    left_out = frozenset[str]().union(*(part.excluded_sources for part in parts))
    return replace(least, category=category, excluded_sources=left_out, scopes=frozenset())


def _logged_with(found: Iterable[CategoryCoverage]) -> list[CategoryCoverage]:
    """Return what selectors of a type log besides it: those of a table log the reads of its stream."""
    further = ((entry, logged_with().get(entry.category.removeprefix("data:"))) for entry in found)
    return [replace(entry, category=f"data:{kind}") for entry, kind in further if kind is not None]


def _listed(text: str | None) -> list[dict[str, Any]]:
    value = json.loads(text) if text else []
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _basic(selectors: list[dict[str, Any]], name: str) -> list[CategoryCoverage]:
    found: list[CategoryCoverage] = []
    for selector in selectors:
        kinds = {"All": ("read", "write"), "ReadOnly": ("read",), "WriteOnly": ("write",)}
        accesses = kinds.get(str(selector.get("ReadWriteType", "All")), ())
        if selector.get("IncludeManagementEvents", True):
            left_out = frozenset(prefix_of(str(host)) for host in selector.get("ExcludeManagementEventSources") or ())
            found += [
                CategoryCoverage(f"management:{access}", LOGGED, f"trail {name} logs them", left_out)
                for access in accesses
            ]
        for resource in selector.get("DataResources") or ():
            values = [str(value) for value in resource.get("Values") or ()]
            everything = any(value.rstrip(":").count(":") < _MATCH_ALL_PARTS for value in values)
            whole = everything and len(accesses) == len(kinds["All"])
            reason = (
                f"trail {name} logs them"
                if whole
                else f"trail {name} logs data events of {resource.get('Type')} only for part of the resources or calls"
            )
            named = (
                {value + "*" for value in values if value.endswith("/")} if len(accesses) == len(kinds["All"]) else ()
            )
            scopes = frozenset[str]() if whole or resource.get("Type") != SCOPED else frozenset(named)
            status = LOGGED if whole else PARTIAL
            found.append(CategoryCoverage(f"data:{resource.get('Type')}", status, reason, scopes=scopes))
    return found


def _advanced(selectors: list[dict[str, Any]], name: str) -> list[CategoryCoverage]:
    found: list[CategoryCoverage] = []
    for selector in selectors:
        fields = {
            str(entry.get("Field")): entry for entry in selector.get("FieldSelectors") or () if isinstance(entry, dict)
        }
        category = _equals(fields, "eventCategory")
        read_only = _equals(fields, "readOnly")
        accesses = {"true": ("read",), "false": ("write",)}.get("".join(read_only), ("read", "write"))
        narrowing = set(fields) - {"eventCategory", "readOnly", "resources.type", "eventSource"}
        if category == ["Management"]:
            source = fields.get("eventSource", {})
            left_out = frozenset(prefix_of(str(host)) for host in source.get("NotEquals") or ())
            part = bool(narrowing) or bool(source.keys() - {"Field", "NotEquals"})
            reason = f"trail {name} logs {'only part of ' if part else ''}them"
            found += [
                CategoryCoverage(f"management:{access}", PARTIAL if part else LOGGED, reason, left_out)
                for access in accesses
            ]
        elif category == ["Data"]:
            part = bool(narrowing) or "eventSource" in fields or len(accesses) == 1
            for kind in _equals(fields, "resources.type"):
                reason = (
                    f"trail {name} logs data events of {kind} only for part of the resources or calls"
                    if part
                    else f"trail {name} logs them"
                )
                scopes = _scopes(fields["resources.ARN"]) if _only_by_arn(kind, narrowing, fields) else frozenset[str]()
                found.append(CategoryCoverage(f"data:{kind}", PARTIAL if part else LOGGED, reason, scopes=scopes))
    return found


def _only_by_arn(kind: str, narrowing: set[str], fields: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether a selector of objects leaves out nothing but by the objects' ARNs, and says which it takes."""
    says = fields.get("resources.ARN", {}).keys() - {"Field"}
    is_whole = narrowing == {"resources.ARN"} and not fields.keys() & {"readOnly", "eventSource"}
    return kind == SCOPED and is_whole and bool(says) and says <= {"StartsWith", "Equals"}


def _scopes(entry: Mapping[str, Any]) -> frozenset[str]:
    starts = {f"{value}*" for value in entry.get("StartsWith") or ()}
    return frozenset(starts | {str(value) for value in entry.get("Equals") or ()})


def _equals(fields: Mapping[str, Mapping[str, Any]], name: str) -> list[str]:
    return [str(value) for value in fields.get(name, {}).get("Equals") or ()]
