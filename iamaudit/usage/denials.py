"""What AWS says when it refuses: the action and the resource that were evaluated (domain.md §1.4)."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ACTION = re.compile(r"not authorized to perform:? `?([A-Za-z0-9-]+:[A-Za-z0-9*]+)")
_RESOURCE = re.compile(r"on (?:the )?resource:? `?(\*|arn:[^\s`]+)")
_REASON = re.compile(r"because (.+?)(?:\.? Encoded authorization failure message|$)|(with an explicit deny[^.]*)")


@dataclass(frozen=True, slots=True)
class Denial:
    """The action AWS evaluated, the resource where it was named, and the reason in AWS's words."""

    action: str
    resource: str | None
    reason: str


def parse_denial(message: str) -> Denial | None:
    """Return what *message* names, or None when it names no action (an encoded message, for instance)."""
    found = _ACTION.search(message)
    if found is None:
        return None
    rest = message[found.end() :]
    resource = _RESOURCE.search(rest)
    reason = _REASON.search(rest)
    named = None if resource is None else resource[1].rstrip(".,;")
    return Denial(found[1], named, "" if reason is None else (reason[1] or reason[2] or "").strip())
