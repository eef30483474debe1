"""How a call ended, as far as permissions are concerned (domain.md §1.4, §1.5)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from iamaudit.knowledge.events import error_outcome, fold, prefix_of
from iamaudit.model.usage import Outcome
from iamaudit.usage.call import text
from iamaudit.usage.denials import parse_denial

_NO_DECISION = frozenset({"AwsServiceEvent", "AwsCloudTrailInsight"})
_SIGN_IN = "signin.amazonaws.com"
_REHEARSALS = {"dryrun": "true", "invocationtype": "dryrun"}
_REHEARSAL_WORDS = ("ryRun", "ryrun", "ry_run", "ry-run")


@lru_cache(maxsize=4096)
def _outcome_of(prefix: str, code: str) -> Outcome:
    return Outcome(error_outcome(prefix, code))


def outcome(record: Mapping[str, Any]) -> Outcome:
    """Classify *record*; an error that no table row knows is INDETERMINATE, never success.

    Service events and insights took no permission decision: NOT_AUTHORISED_API. A failed console sign-in is
    UNAUTHENTICATED. Some services report an error in responseElements only; one without a code is a denial when its
    words say so. A call that asked for a rehearsal and got its answer is a DRY_RUN.
    """
    if text(record.get("eventType")) in _NO_DECISION or record.get("eventCategory") == "Insight":
        return Outcome.NOT_AUTHORISED_API
    source = text(record.get("eventSource"))
    response = record.get("responseElements")
    if isinstance(response, Mapping) and response.get(text(record.get("eventName"))) == "Failure":
        return Outcome.UNAUTHENTICATED
    code = error_code_of(record)[1]
    if code:
        return _outcome_of(prefix_of(source), code)
    message = text(record.get("errorMessage"))
    if message:
        if source == _SIGN_IN:
            return Outcome.UNAUTHENTICATED
        return Outcome.DENIED if parse_denial(message) else Outcome.INDETERMINATE
    return Outcome.DRY_RUN if is_rehearsal(record.get("requestParameters")) else Outcome.SUCCESS


def error_code_of(record: Mapping[str, Any]) -> tuple[str, str]:
    """Return where *record* has its error code, and the code; two empty texts when it has none.

    A code of another type than text is one too: S3's `403` was seen as a number in derived logs ([K]).
    """
    own = record.get("errorCode")
    if own:
        return "errorCode", own if isinstance(own, str) else str(own)
    response = record.get("responseElements")
    if isinstance(response, Mapping):
        return next(_codes_in(response), ("", ""))
    return "", ""


def _codes_in(response: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the error codes at the top of a response: `errorCode`, or `error` and `code` inside it.

    What is deeper tells of one item of a batch, not of the call.
    """
    for name, value in response.items():
        folded = fold(str(name))
        if folded == "errorcode" and isinstance(value, str) and value:
            yield f"responseElements.{name}", value
        elif folded == "error" and isinstance(value, Mapping):
            for inner, code in value.items():
                if fold(str(inner)) in {"code", "errorcode"} and isinstance(code, str) and code:
                    yield f"responseElements.{name}.{inner}", code


def is_rehearsal(request: Any) -> bool:
    """Say whether a request asked not to be carried out: `dryRun`, or Lambda's invocation type (domain.md §1.4, [K])."""
    if not isinstance(request, Mapping):
        return False
    for name, value in request.items():
        said = _REHEARSALS.get(fold(str(name)))
        if said is not None and isinstance(value, (str, bool)) and str(value).lower() == said:
            return True
    return False


def may_be_rehearsal(request: str | None) -> bool:
    """Say whether a request, as JSON text, is worth asking: most are not, and need not be taken apart for it."""
    return request is not None and any(word in request for word in _REHEARSAL_WORDS)
