"""Secrets: AWS ends a secret's ARN with a hyphen and six characters that a name does not tell (domain.md §2.6)."""

from __future__ import annotations

import re

from iamaudit.usage.answer import Answer, regional_arn
from iamaudit.usage.call import Call
from iamaudit.usage.parameters import Parameters

_END = re.compile(r"-[A-Za-z0-9]{6}")
_END_LENGTH = 7
_OPEN_END = "-??????"


def secrets(action: str, call: Call, parameters: Parameters, role: str, listed: tuple[str, ...]) -> Answer | None:
    """Return the secrets that a call names, by name, by ARN or by an ARN without its end."""
    del role
    if any(":secret:" in arn for arn in listed):
        return None
    given = parameters.every("secretid") or parameters.every("secretidlist")
    if not given and action in {"secretsmanager:CreateSecret", "secretsmanager:TagResource"}:
        given = parameters.every("name")
    found = [arn for text in given for arn in _secret(call, text)]
    if not found:
        return None
    if action == "secretsmanager:CreateSecret":
        # AWS's refusals name what is not there yet without its end ([K])
        found += [arn.removesuffix(_OPEN_END) for arn in found]
        return tuple(dict.fromkeys(found)), "high", {}
    return tuple(dict.fromkeys(found)), "high" if len(found) == len(given) else "low", {}


def _secret(call: Call, text: str) -> tuple[str, ...]:
    if not text.startswith("arn:"):
        return (regional_arn(call, "secretsmanager", f"secret:{text}{_OPEN_END}"),)
    end = text[-_END_LENGTH:]
    if not _END.fullmatch(end):
        return (text + _OPEN_END,)
    # the last word of `…:secret:my-secret` looks like such an end, but is six small letters, as hardly any is
    return (text, text + _OPEN_END) if end[1:].isalpha() and end.islower() else (text,)
