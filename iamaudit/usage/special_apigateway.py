"""API Gateway: the resource of a call is the path of its HTTP request (domain.md §2.3), tags a path with an ARN inside."""

from __future__ import annotations

from urllib.parse import quote

from iamaudit.usage.answer import Answer
from iamaudit.usage.call import Call
from iamaudit.usage.parameters import Parameters

_TAGS = "/tags/"
_OWN = "::/"  # in a path of the table: API Gateway's own ARN begins here


def apigateway(action: str, call: Call, parameters: Parameters, role: str, listed: tuple[str, ...]) -> Answer | None:
    """Return the ARN of the path that the event table gives, its variables filled from the request.

    What is tagged stands in the path as an ARN, percent-encoded: so AWS writes it in its refusals ([K]). HTTP and
    WebSocket APIs stand there with `/v2`, which their ARNs lack otherwise.
    """
    del action, listed
    if not role.startswith("/"):
        return None
    start = f"arn:{call.partition}:apigateway:{call.region}::"
    if not role.startswith(_TAGS):
        path, is_open = _filled(role, parameters)
        return (start + path,), "low" if is_open else "high", {}
    if role.startswith(_TAGS + _OWN):
        path, _ = _filled(role.removeprefix(_TAGS + _OWN[:-1]), parameters)
        return (start + _TAGS + quote(start + path, safe="*"),), "high", {}
    arn = parameters.first("resourcearn")
    if arn is None:
        return (f"{start}{_TAGS}*",), "low", {}
    also = [arn.replace("::/apis", "::/v2/apis", 1)] if "::/apis" in arn else []
    return tuple(start + _TAGS + quote(one, safe="") for one in (arn, *also)), "high", {}


def _filled(template: str, parameters: Parameters) -> tuple[str, bool]:
    """Return a path with its variables filled, and whether one had to be left open."""
    is_open = False
    pieces = []
    for piece in template.split("/"):
        if piece.startswith("{"):
            value = parameters.first("".join(c for c in piece.lower() if c.isalnum()))
            is_open = is_open or value is None
            pieces.append(value or "*")
        else:
            pieces.append(piece)
    return "/".join(pieces), is_open
