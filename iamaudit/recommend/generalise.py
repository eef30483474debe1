"""From many observed names to the pattern a person would write, only as wide as a boundary and today's grant allow."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Final

from iamaudit.recommend.glob import has_variable

THRESHOLD: Final = 10
# a role that is passed or assumed is named one by one: the next one that shares a prefix may be an administrator
NEVER: Final = frozenset({"iam:passrole", "sts:assumerole", "iam:createservicelinkedrole"})
_BOUNDARY: Final = re.compile(r"[/-]")


def generalise(
    resources: Iterable[str], is_granted: Callable[[str], bool], *, threshold: int = THRESHOLD
) -> tuple[str, ...]:
    """Return *resources* (escaped names and patterns), siblings collapsed, sorted.

    More than *threshold* ARNs that share everything up to a `/` or `-` become that prefix and `*` (objects of a bucket:
    only at `/`); the longest such prefixes first. Never across partition, service, region, account, type or bucket, and
    only to a pattern that *is_granted* accepts: one that today's statement allows as a whole (domain.md §2.6).
    """
    items = set(resources)
    members: defaultdict[str, set[str]] = defaultdict(set)
    for item in items:
        for prefix in prefixes_of(item):
            members[prefix].add(item)

    for prefix in sorted(members, key=lambda one: (-len(one), one)):
        found = members[prefix]
        pattern = prefix + "*"
        if len(found) <= threshold or not is_granted(pattern):
            continue
        for item in tuple(found):
            items.discard(item)
            for other in prefixes_of(item):
                members[other].discard(item)
        items.add(pattern)
        for other in prefixes_of(pattern):
            if len(other) < len(prefix):
                members[other].add(pattern)
    return tuple(sorted(items))


def prefixes_of(item: str) -> tuple[str, ...]:
    """Return the texts up to each boundary that *item* may be collapsed at; a boundary inside `${...}` is none."""
    parts = item.split(":", 5)
    if len(parts) != 6 or has_variable(item) or any(set("*?") & set(part) for part in parts[:5]):
        return ()
    start = len(item) - len(parts[5])
    name = parts[5]
    is_s3 = parts[2] == "s3" and not parts[3] and not parts[4]
    if is_s3 and "/" in name:
        bucket = name.index("/") + 1
        ends = [bucket, *(found.end() for found in re.finditer("/", name[bucket:]))]
        return tuple(item[: start + (bucket if index == 0 else bucket + end)] for index, end in enumerate(ends))
    if is_s3:
        return tuple(item[: start + found.end()] for found in _BOUNDARY.finditer(name))
    word = re.match(r"[^/:]*[/:]/?", name)  # the type; a parameter's or log group's own first `/` says nothing more
    after = word.end() if word else 0
    return tuple(item[: start + after + found.end()] for found in _BOUNDARY.finditer(name[after:]))
