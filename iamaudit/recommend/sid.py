"""Sids that tell a reviewer what a statement is for: letters and digits only, each once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from iamaudit.model.arn import parse_arn
from iamaudit.model.policy import Statement

_READING: Final = re.compile(
    r"^(Get|List|Describe|Head|BatchGet|Query|Scan|Search|Lookup|Select|View|Check)(?=[A-Z]|$)"
)
_LONGEST_NAME: Final = 32


def sid_of(statement: Statement, origin: str) -> str:
    """Return verb, service and, for a single thing, its name: `ReadS3Reports`, `KeptUnknownDynamodb`, `PassRoleApp`."""
    services = sorted({action.partition(":")[0] for action in statement.actions})
    names = [action.partition(":")[2] for action in statement.actions]
    if origin == "used":
        verb = "Read" if all(_READING.match(name) for name in names) else "Use"
    else:
        verb = "KeptUnknown" if origin == "unknown" else "KeptFresh"
    if origin == "used" and len(names) == 1 and names[0] in {"PassRole", "AssumeRole"}:
        what = names[0]
        verb = ""
    elif len(services) == 1:
        what = _camel(services[0])
    else:
        what = "AnyResource" if statement.resources == ("*",) else "Several"
    return verb + what + _subject(statement)


def unique_sids(sids: Sequence[tuple[str | None, bool]]) -> tuple[str | None, ...]:
    """Return the Sids with numbers added to repeated ones; those marked as fixed are given their names first."""
    taken: set[str] = set()
    found: dict[int, str | None] = {}
    for position, (sid, is_fixed) in sorted(enumerate(sids), key=lambda one: (not one[1][1], one[0])):
        if sid is None and is_fixed:
            found[position] = None
            continue
        base = re.sub(r"[^A-Za-z0-9]", "", sid or "") or "Statement"
        name, number = base, 2
        while name in taken:
            name, number = f"{base}{number}", number + 1
        taken.add(name)
        found[position] = name
    return tuple(found[position] for position in range(len(sids)))


def _subject(statement: Statement) -> str:
    """Return the name that all resources share: the bucket, or the last part of a single ARN."""
    subjects = {_name(resource) for resource in statement.resources}
    return subjects.pop() if len(subjects) == 1 else ""


def _name(resource: str) -> str:
    arn = parse_arn(resource)
    if arn is None:
        return ""
    text = arn.resource.partition("/")[0] if arn.service == "s3" else re.split(r"[/:]", arn.resource.rstrip("/:*"))[-1]
    return _camel(text)[:_LONGEST_NAME]


def _camel(text: str) -> str:
    words = re.findall(r"[A-Za-z0-9]+", text)
    return "".join(word[:1].upper() + word[1:] for word in words)
