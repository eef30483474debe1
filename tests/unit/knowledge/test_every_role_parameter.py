"""Every operation that is not signed needs no permission, and every parameter named like a role is known to pass one or not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache

from iamaudit.knowledge.events import fold, no_permission_reason, pass_role_rows
from iamaudit.knowledge.tables import rows
from tools.service_models import service_models

_ROLE = re.compile(r"(?i)role_?arns?$|rolearn|iam_?role|executionrole$|servicerole$|instanceprofile")
_READS = re.compile(r"(Get|List|Describe|Search|BatchGet|Lookup|Filter)[A-Z]")
_DEPTH = 8
_UNSIGNED = (["smithy.api#noAuth"], ["smithy.api#httpBearerAuth"])


def texts_in(model, name: str, path: tuple[str, ...], seen: frozenset[str]) -> Iterator[tuple[str, ...]]:
    """Yield the path of every text in a request, to a bounded depth and not through itself."""
    shape = model["shapes"][name]
    if name in seen or len(path) > _DEPTH:
        return
    inner = seen | {name}
    if shape["type"] == "structure":
        for member, target in shape.get("members", {}).items():
            yield from texts_in(model, target["shape"], (*path, member), inner)
    elif shape["type"] == "list":
        yield from texts_in(model, shape["member"]["shape"], path, inner)
    elif shape["type"] == "map":
        yield from texts_in(model, shape["value"]["shape"], path, inner)
    elif shape["type"] == "string" and "enum" not in shape:
        yield path


def role_parameters():
    return facts()[0]


@cache
def facts():
    """Return the parameters named like a role as (prefix, operation, path), and the operations that nobody signs."""
    found, unsigned = set(), set()
    for _, prefix, model in service_models():
        for operation, entry in model["operations"].items():
            if entry.get("authtype") in {"none", "bearer"} or entry.get("auth") in _UNSIGNED:
                unsigned.add((prefix, operation))
            if _READS.match(operation) or "input" not in entry:
                continue
            for path in texts_in(model, entry["input"]["shape"], (), frozenset()):
                if _ROLE.search(path[-1]):
                    found.add((prefix, operation, path))
    return frozenset(found), frozenset(unsigned)


def is_known(prefix, operation, path):
    whole = ".".join(path)
    if any(row.parameter == fold(path[-1]) for row in pass_role_rows(prefix, operation)):
        return True
    bare = re.compile(r"\[\]|\{\}")
    return any(
        fnmatchcase(prefix, row["prefix"])
        and fnmatchcase(operation, row["event_name"])
        and fnmatchcase(whole.lower(), bare.sub("", row["parameter"]).lower())
        for row in rows("not_passed_roles")
    )


def test_an_operation_that_nobody_signs_needs_no_permission():
    unsigned = facts()[1]

    assert len(unsigned) >= 40
    assert set() == {one for one in unsigned if no_permission_reason(*one) is None}


def test_every_parameter_named_like_a_role_is_known():
    assert len(role_parameters()) > 1_000
    assert [] == sorted(one for one in role_parameters() if not is_known(*one))


def test_no_newer_excuse_outlives_its_need():
    newer = [row for row in rows("not_passed_roles") if "newer than the appendices" in row["source"]]

    needless = [
        row
        for row in newer
        if not any(
            fnmatchcase(prefix, row["prefix"])
            and fnmatchcase(operation, row["event_name"])
            and fnmatchcase(".".join(path), row["parameter"])
            for prefix, operation, path in role_parameters()
        )
    ]

    assert newer
    assert [] == needless
