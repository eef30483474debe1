"""What a special case answers: resources, confidence and conditions; None leaves the question to the templates."""

from __future__ import annotations

from collections.abc import Callable

from iamaudit.usage.call import Call
from iamaudit.usage.parameters import Parameters

# asked with: the action, the call, its parameters, the role of the resource, the record's own ARNs
Answer = tuple[tuple[str, ...], str, dict[str, str]]
Special = Callable[[str, Call, Parameters, str, tuple[str, ...]], Answer | None]


def sure(*arns: str) -> Answer:
    """Answer with ARNs that are beyond doubt."""
    return tuple(dict.fromkeys(arns)), "high", {}


def regional_arn(call: Call, service: str, resource: str, account: str = "") -> str:
    """Return an ARN in the call's region, and in its account unless another is given."""
    return f"arn:{call.partition}:{service}:{call.region}:{account or call.account_id}:{resource}"
