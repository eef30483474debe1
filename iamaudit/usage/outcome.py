"""How a call ended, as far as permissions are concerned (domain.md §1.4, §1.5)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from iamaudit.knowledge.events import error_outcome, prefix_of
from iamaudit.model.usage import Outcome
from iamaudit.usage.call import text

_NO_DECISION = frozenset({"AwsServiceEvent", "AwsCloudTrailInsight"})


@lru_cache(maxsize=4096)
def _outcome_of(prefix: str, code: str) -> Outcome:
    return Outcome(error_outcome(prefix, code))


def outcome(record: Mapping[str, Any]) -> Outcome:
    """Classify *record*; an error code that no table row knows is INDETERMINATE, never success.

    Service events and insights took no permission decision: NOT_AUTHORISED_API. A failed console sign-in is
    UNAUTHENTICATED. Some services report an error in responseElements only.
    """
    if text(record.get("eventType")) in _NO_DECISION or record.get("eventCategory") == "Insight":
        return Outcome.NOT_AUTHORISED_API
    source = text(record.get("eventSource"))
    code = text(record.get("errorCode"))
    response = record.get("responseElements")
    if isinstance(response, Mapping):
        if response.get(text(record.get("eventName"))) == "Failure":
            return Outcome.UNAUTHENTICATED
        code = code or text(response.get("errorCode"))
    if not code:
        if source == "signin.amazonaws.com" and record.get("errorMessage"):
            return Outcome.UNAUTHENTICATED
        return Outcome.SUCCESS
    return _outcome_of(prefix_of(source), code)
