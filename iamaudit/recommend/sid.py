"""Sids that tell a reviewer what a statement is for: letters and digits only, each once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from iamaudit.model.arn import Arn, parse_arn
from iamaudit.model.policy import Statement

_READING: Final = re.compile(
    r"^(Get|List|Describe|Head|BatchGet|Query|Scan|Search|Lookup|Select|View|Check)(?=[A-Z]|$)"
)
_LONGEST_NAME: Final = 32
_SHORTEST_NAME: Final = 3
_ID: Final = re.compile(r"(?:[a-z]{1,6}-)?[0-9a-f]{8,}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def sid_of(statement: Statement, origin: str) -> str:
    """Return verb, service and, for a single thing, its name: `ReadS3Reports`, `KeptUnknownDynamodb`, `PassRoleApp`."""
    services = sorted({action.partition(":")[0] for action in statement.actions})
    names = [action.partition(":")[2] for action in statement.actions]
    if origin in {"used", "untold"}:
        verb = "Read" if all(_READING.match(name) for name in names) else "Use"
    else:
        verb = f"Kept{origin.capitalize()}"
    if origin == "used" and len(names) == 1 and names[0] in {"PassRole", "AssumeRole"}:
        what = names[0]
        verb = ""
    elif len(services) == 1:
        what = _camel(services[0])
    else:
        what = "AnyResource" if statement.resources == ("*",) else "Several"
    subject = "ResourceNotLogged" if origin == "untold" else _subject(statement)
    return what if not verb and subject == "Roles" else verb + what + subject


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
    """Return the name that all resources share (the bucket, the last part of a single ARN), or else their type."""
    arns = [parse_arn(resource) for resource in statement.resources]
    known = [arn for arn in arns if arn is not None]
    if not known or len(known) < len(arns):
        return ""
    names = {_name(arn) for arn in known}
    if len(names) == 1 and (name := names.pop()):
        return name
    types = {_type(arn) for arn in known}
    return _plural(types.pop()) if len(types) == 1 else ""


def _plural(word: str) -> str:
    if not word or word.endswith("s"):
        return word
    return f"{word[:-1]}ies" if word.endswith("y") and not word.endswith(("ay", "ey")) else f"{word}s"


def _name(arn: Arn) -> str:
    """Return what a person would call it; nothing for an id and for what a wildcard leaves open."""
    if arn.service == "s3":
        text = arn.resource.partition("/")[0]
    else:
        text = re.split(r"[/:]", arn.resource.rstrip("/:*-"))[-1]
        is_cut = arn.resource.endswith("-*") and len(text) < _SHORTEST_NAME  # `instance/i-*`
        if is_cut or _ID.fullmatch(text):
            return ""
    return _camel(text)[:_LONGEST_NAME]


def _type(arn: Arn) -> str:
    """Return the resource type; the last one where a name holds two (`log-group:...:log-stream:*`)."""
    found = re.findall(r"(?:^|:)([a-z][a-z-]*)(?=[/:])", arn.resource)
    return _camel(found[-1]) if found else ""


def _camel(text: str) -> str:
    words = re.findall(r"[A-Za-z0-9]+", text)
    return "".join(word[:1].upper() + word[1:] for word in words)
