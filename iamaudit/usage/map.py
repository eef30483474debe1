"""From one CloudTrail record to who called, how it ended and which permissions it used (design.md §4, `map`)."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any, Final

from iamaudit.errors import IamAuditError
from iamaudit.knowledge.access_logs import CLOUDFRONT_LOG, S3_ACCESS_LOG, s3_operation
from iamaudit.knowledge.actions import catalogue
from iamaudit.knowledge.events import no_permission_reason
from iamaudit.model.usage import MappedEvent, Outcome, Principal, PrincipalKind, Use
from iamaudit.usage.actions import Named, actions_of, bare_name, spelling
from iamaudit.usage.actor import actor_of
from iamaudit.usage.attribute import attribute_with_notes
from iamaudit.usage.call import Call, call_of, text
from iamaudit.usage.conditions import conditions_of
from iamaudit.usage.denials import Denial, parse_denial, refusal_notes
from iamaudit.usage.implied import hidden_role_notes, pass_role_uses, tag_uses, told_profile_uses, without_inventory
from iamaudit.usage.outcome import outcome
from iamaudit.usage.parameters import Parameters, parameters_of
from iamaudit.usage.resources import resources_of

_FAILED: Final = "our mapping failed on this call"
_NOBODY = Principal(PrincipalKind.UNATTRIBUTED, None, None, None)
# permission-only companions were really checked only when the call got past authorisation
_AUTHORISED = frozenset({Outcome.SUCCESS, Outcome.FAILED, Outcome.DRY_RUN})


def map_record(record: Any) -> MappedEvent:
    """Map one record of any shape; an odd record gets no uses and a note that says why, never an exception."""
    if not isinstance(record, Mapping):
        return MappedEvent("", "", _NOBODY, Outcome.INDETERMINATE, (), ("the record is not an object",))
    event_id, event_time = text(record.get("eventID")), text(record.get("eventTime"))
    principal, notes = attribute_with_notes(record)
    actor = actor_of(record.get("userIdentity"))
    ended = outcome(record)
    version = record.get("eventVersion")
    if version is not None and str(version).partition(".")[0] != "1":
        notes = (*notes, f"unknown event version `{version}`")
    call = call_of(record)
    reason = no_uses_reason(record, principal, ended, call)
    if reason is not None:
        return MappedEvent(event_id, event_time, principal, ended, (), (*notes, reason), actor)
    uses = map_call(call, ended)
    return MappedEvent(event_id, event_time, principal, ended, uses, (*notes, *_notes(call, ended, uses)), actor)


def no_uses_reason(record: Mapping[str, Any], principal: Principal, ended: Outcome, call: Call) -> str | None:
    """Return why a record tells no use of a permission (domain.md §2.4), or None when it does."""
    if record.get("eventType") == "AwsCloudTrailInsight" or record.get("eventCategory") == "Insight":
        return "no_permission_required: insight, not a call"
    if not call.event_name or not call.event_source:
        return "the record has no eventName or no eventSource"
    other = _no_api_reason(record, call.event_name)
    if other is not None:
        return other
    if ended is Outcome.NOT_AUTHORISED_API:
        return "no_permission_required: service event"
    prefix = call.prefix
    name = bare_name(prefix, call.event_name)
    free = no_permission_reason(prefix, name)
    if free is not None:
        return f"no_permission_required: {free}"
    if principal.kind is PrincipalKind.SERVICE and prefix == "sts":
        role = text(call.request.get("roleArn")) if isinstance(call.request, Mapping) else ""
        return f"no_permission_required: a service assumes {f'`{role}`' if role else 'a role'} by its trust policy"
    if record.get("eventType") == "AwsConsoleAction" and spelling(f"{prefix}:{name}") is None:
        return "no_permission_required: console action without an IAM action"
    is_network = record.get("eventCategory") == "NetworkActivity" or record.get("eventType") == "AwsVpceEvent"
    if is_network and ended is not Outcome.DENIED:
        return "network activity: the same call appears as its own event"
    return None


def _no_api_reason(record: Mapping[str, Any], event_name: str) -> str | None:
    """Return why a record that CloudTrail did not write itself stands for no call of an API, or None when it does."""
    kind = record.get("eventType")
    if kind == CLOUDFRONT_LOG:
        return "no_permission_required: a request to the edge of CloudFront involves no IAM permission"
    if kind == "ActivityLog" or record.get("eventCategory") == "ActivityAuditLog":
        return "no_permission_required: an event from outside AWS"
    if kind == S3_ACCESS_LOG and "." in event_name:
        known = s3_operation(event_name)
        if known is None:
            return f"the operation `{event_name}` of the access log is not in s3_access_operations.csv"
        return f"no_permission_required: {known.reason}"
    return None


def map_call(call: Call, ended: Outcome = Outcome.SUCCESS) -> tuple[Use, ...]:
    """Return the uses of *call*: a function of its two arguments alone, so a caller may cache it.

    Where a rule of ours fails on it, any action of the service may have been used: one strange call must not end a night,
    nor make a permission look unused.
    """
    try:
        return _uses_of(call, ended)
    except (IamAuditError, MemoryError):
        raise
    except Exception as error:  # noqa: BLE001  # whatever a rule makes of a call that nobody thought of
        rule = f"{_FAILED} ({error!r}): any action of the service may have been used"
        _tell(f"{call.event_source} {call.event_name}: {rule}; please report it with the record")
        own = f"{call.prefix}:"
        names = [name for name in catalogue().all_actions() if name.startswith(own)] or [own + call.event_name]
        return tuple(Use(name, ("*",), "direct", "low", {}, rule, is_alternative=True) for name in names)


@cache
def _tell(sentence: str) -> None:
    """Say something on standard error, or wherever the caller's logs go: once, for there may be millions of such calls."""
    logging.getLogger(__name__).warning("%s", sentence)


def _uses_of(call: Call, ended: Outcome) -> tuple[Use, ...]:
    prefix = call.prefix
    name = bare_name(prefix, call.event_name)
    parameters = parameters_of(call.request)
    if ended is Outcome.DENIED:
        denial = parse_denial(call.error_message)
        if denial is not None:
            return (_denied(denial, prefix, name, call, parameters),)
    conditions = conditions_of(prefix, name, call, parameters)
    named = actions_of(prefix, name, parameters)
    if ended not in _AUTHORISED:
        named = tuple(one for one in named if one.evidence == "direct")
    uses = [_use(one, call, parameters, conditions) for one in named]
    if ended in _AUTHORISED:
        implied = list(pass_role_uses(prefix, name, call, parameters))
        implied += told_profile_uses(prefix, name, call, parameters)
        own = uses[0].resources
        implied += tag_uses(prefix, name, call, parameters, own=own)
        through = {key: value for key, value in conditions.items() if key.startswith("aws:")}
        uses += [replace(use, conditions={**through, **use.conditions}) if through else use for use in implied]
    return tuple(uses)


def _use(named: Named, call: Call, parameters: Parameters, conditions: Mapping[str, str]) -> Use:
    resolved = resources_of(named.action, call, parameters, named.role)
    confidence = "high" if named.confidence == resolved.confidence == "high" else "low"
    prefix = named.action.partition(":")[0]
    # a companion in another service is not called through the service, and its own keys do not apply to it
    fitting = {k: v for k, v in conditions.items() if k.startswith("aws:") or k.partition(":")[0] == prefix}
    every = {**fitting, **resolved.conditions}
    return Use(named.action, resolved.resources, named.evidence, confidence, every, named.rule, named.is_alternative)


def _denied(denial: Denial, prefix: str, name: str, call: Call, parameters: Parameters) -> Use:
    """AWS names what it evaluated: that is the truth, whatever the tables say (domain.md §1.4)."""
    spelt = spelling(denial.action)
    action = spelt or denial.action
    confidence = "high" if spelt else "low"
    conditions = conditions_of(prefix, name, call, parameters)
    if denial.resource is not None:
        return Use(action, (denial.resource,), "direct", confidence, conditions, "the denial's own words")
    role = next((one.role for one in actions_of(prefix, name, parameters) if one.action == action), "")
    guessed = _use(Named(action, role, confidence=confidence), call, parameters, conditions)
    return replace(guessed, rule="the denial's own words; resource from the request")


def _notes(call: Call, ended: Outcome, uses: tuple[Use, ...]) -> tuple[str, ...]:
    notes = [f"`{use.action}` is not in the catalogue" for use in uses if use.rule.startswith("no rule")]
    notes += [use.rule for use in uses[:1] if use.rule.startswith(_FAILED)]
    if ended is Outcome.DENIED:
        notes += refusal_notes(call)
    if ended in _AUTHORISED:
        notes += hidden_role_notes(call.prefix, bare_name(call.prefix, call.event_name), call.request)
    return tuple(notes)


def map_line(mapped: MappedEvent) -> dict[str, Any]:
    """Return the contract's JSON shape of one mapped record (design.md §4)."""
    who, actor = mapped.principal, mapped.actor
    return {
        "event_id": mapped.event_id,
        "event_time": mapped.event_time,
        "principal": {
            "kind": who.kind.value,
            "arn": who.arn,
            "id": who.id,
            "account_id": who.account_id,
            "session": who.session,
            "actor": {"kind": actor.kind and actor.kind.value, "name": actor.name},
        },
        "outcome": mapped.outcome.value,
        "uses": [
            {
                "action": use.action,
                "resources": list(use.resources),
                "evidence": use.evidence,
                "confidence": use.confidence,
                "conditions": dict(use.conditions),
                "rule": use.rule,
            }
            for use in map(without_inventory, mapped.uses)
        ],
        "notes": list(mapped.notes),
    }
