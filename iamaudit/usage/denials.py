"""What AWS says when it refuses: the action and the resource that were evaluated (domain.md §1.4)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from iamaudit.usage.call import Call

_ACTION = re.compile(r"not authorized to perform:? [`'\"]?([A-Za-z0-9-]+:[A-Za-z0-9*]+)")
# a key of S3 may have blanks, and what follows the ARN then tells where it ends
_KEY_END = r"(?=[`'\"]| because | with an explicit | \(Service|\.? Encoded authorization|$)"
_RESOURCE = re.compile(rf"on (?:the )?resource:? [`'\"]?(\*|arn:[\w-]+:s3:::.+?{_KEY_END}|arn:[^\s`'\"]+)")
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


def refusal_notes(call: Call) -> tuple[str, ...]:
    """Return what a refusal does not tell: whether the permission itself was lacking, and whose it was.

    S3 says AccessDenied for a missing key when the caller lacks s3:ListBucket (domain.md §1.4): only its words tell the
    two apart. Services report in the caller's record what they or a role of theirs were refused ([K]).
    """
    denial = parse_denial(call.error_message)
    if call.prefix == "s3" and call.event_name in _MISSING_KEY_EVENTS:
        if denial is None:
            return (f"{_MISSING_KEY}: unknown which of the two it was",)
        if denial.action.lower() == "s3:listbucket":
            return (f"{_MISSING_KEY}: here it asked for s3:ListBucket, so whether s3:GetObject is allowed is unknown",)
    code = call.error_code.removeprefix("Client.").lower()
    if denial is None and code.startswith(_OF_ANOTHER) and "denied" in code:
        return (f"`{call.error_code}`: unknown whether the caller or a role of the service was refused",)
    return ()


_MISSING_KEY_EVENTS = frozenset({"GetObject", "HeadObject"})
_MISSING_KEY = "S3 answers AccessDenied for a missing key too, when the caller lacks s3:ListBucket"
_OF_ANOTHER = ("kms", "ec2", "s3", "depend", "encryptionkey", "loadurl")
