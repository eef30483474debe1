"""How caller, outcome and conditions of a record were found: fields and rows, for a reader who checks them by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from iamaudit.knowledge.events import condition_rows, error_row, prefix_of
from iamaudit.model.usage import Actor, Outcome, Principal, PrincipalKind, Use
from iamaudit.usage.actions import bare_name
from iamaudit.usage.call import Call, text
from iamaudit.usage.leaves import Leaves
from iamaudit.usage.outcome import error_code_of
from iamaudit.usage.why_resources import Found

_WHOSE = {
    PrincipalKind.USER: "the user's own policies decide",
    PrincipalKind.ROLE: "the policies of the role behind the session decide",
    PrincipalKind.ROOT: "the root user: no identity policy limits it",
    PrincipalKind.FEDERATED: "the issuer's policies decide, within the session policy",
    PrincipalKind.SERVICE: "a service in its own name: no identity policy decides",
    PrincipalKind.SERVICE_LINKED_ROLE: "a service-linked role: its policy is AWS's own",
    PrincipalKind.EXTERNAL: "another account: only the resource's own policy is ours",
    PrincipalKind.IDENTITY_CENTER: "an Identity Center user: no IAM policy is involved",
    PrincipalKind.IDP: "an identity provider's user: the trust policy of the role decides",
    PrincipalKind.UNATTRIBUTED: "nobody's policies: this caller cannot be attributed, and is not guessed",
}

_FIELDS = {
    "arn": {"arn"},
    "id": {"principalid", "userid", "invokedby"},
    "account_id": {"accountid"},
    "session": {"username"},
}


def why_caller(record: Mapping[str, Any], principal: Principal, actor: Actor | None = None) -> tuple[Found, ...]:
    """Return how each part of *principal* was found: `by` is kind, arn, id, account_id, session, or actor."""
    found = tuple(_caller(record, principal))
    return found if actor is None or actor.kind is None else (*found, _actor(record, principal, actor))


def _actor(record: Mapping[str, Any], principal: Principal, actor: Actor) -> Found:
    kind = "" if actor.kind is None else actor.kind.value
    if actor.name is None:
        return Found(kind, "actor", "who it is, nobody can know from the record (domain.md §1.2)")
    value = f"{kind} {actor.name}"
    if principal.session is not None and "*" in actor.name:
        return Found(value, "actor", "the session's name, what changes with each run as `*` (session_name_parts.csv)")
    who = Leaves(record.get("userIdentity"), "userIdentity")
    same = who.places_of(actor.name)
    if same:
        return Found(value, "actor", same[0])
    part = who.place_of(actor.name)
    return Found(value, "actor", f"part of {part}" if part else "by session_names.csv (domain.md §1.2)")


def _caller(record: Mapping[str, Any], principal: Principal) -> Iterator[Found]:
    identity = record.get("userIdentity")
    who: Mapping[str, Any] = identity if isinstance(identity, Mapping) else {}
    kind = text(who.get("type"))
    seen = f"userIdentity.type is `{kind}`" if kind else "userIdentity has no type"
    if record.get("eventType") == "AwsServiceEvent":
        seen += " and eventType is `AwsServiceEvent`"
    yield Found(principal.kind.value, "kind", f"{seen}: {_WHOSE[principal.kind]} (domain.md §1.2)")
    parts = {"arn": principal.arn, "id": principal.id, "account_id": principal.account_id, "session": principal.session}
    for name, value in parts.items():
        if value:
            yield Found(value, name, _place(value, name, record, who))


def _place(value: str, name: str, record: Mapping[str, Any], who: Mapping[str, Any]) -> str:
    places = Leaves(who, "userIdentity")
    same = places.places_of(value)
    if name == "session":
        same = [place for place in same if ".sessionIssuer." not in place]  # a role of the same name is not its session
    own = [place for place in same if place.rpartition(".")[2].lower() in _FIELDS[name]]
    issuer = [place for place in own if ".sessionIssuer." in place]
    if same:
        return [*issuer, *own, *same][0]
    if value == record.get("eventSource"):
        return "eventSource"
    if name == "arn":
        named = text(who.get("arn")) or text(who.get("userName")) or text(who.get("accountId"))
        field = next(iter(places.places_of(named)), "userIdentity")
        return f"built from {field}: the record does not spell it"
    spelt = {field: who[field] for field in ("principalId", "arn", "principalid") if field in who}
    place = Leaves(spelt, "userIdentity").place_of(value) or places.place_of(value)
    return f"part of {place}" if place else "not spelt in the record"


def why_outcome(record: Mapping[str, Any], ended: Outcome) -> str:
    """Say which field, and which row of error_codes.csv, made the outcome what it is (domain.md §1.4)."""
    if ended is Outcome.NOT_AUTHORISED_API:
        return f"eventType `{text(record.get('eventType'))}`: nobody's permission was asked for (domain.md §1.5)"
    response = record.get("responseElements")
    told: Mapping[str, Any] = response if isinstance(response, Mapping) else {}
    name = text(record.get("eventName"))
    if told.get(name) == "Failure":
        return f"responseElements.{name} is `Failure` (domain.md §1.5)"
    field, code = error_code_of(record)
    if not code:
        if ended is Outcome.SUCCESS:
            return "the record has no error"
        if ended is Outcome.DRY_RUN:
            return "the request asks for a rehearsal (`dryRun`), and the record has no error (domain.md §1.4)"
        return f"errorMessage `{text(record.get('errorMessage'))}` without a code (domain.md §1.5)"
    row = error_row(prefix_of(text(record.get("eventSource"))), code)
    if row is None:
        return f"{field} `{code}` is in no row of error_codes.csv: the order of validation and authorisation differs"
    where = f"error_codes.csv: {row.prefix} {row.pattern}".replace("  ", " ")
    words = f"{field} `{code}` by {where} ({row.source})"
    return words if row.outcome == ended.value else f"{words}, and by what else the record says"


def why_conditions(use: Use, call: Call, record: Mapping[str, Any]) -> tuple[Found, ...]:
    """Return how each condition of *use* was found: `by` is the condition key."""
    return tuple(Found(value, key, _condition(key, value, use, call, record)) for key, value in use.conditions.items())


def _condition(key: str, value: str, use: Use, call: Call, record: Mapping[str, Any]) -> str:
    name = bare_name(call.prefix, call.event_name)
    for listed, parameter in condition_rows(call.prefix, name):
        if listed == key:
            return f"conditions.csv: {call.prefix} {name}, parameter {parameter}"
    host = call.invoked_by
    if key == "kms:GrantIsForAWSResource":
        return f"userIdentity.invokedBy is `{host}`: a service makes grants for its own resources only (domain.md §2.3)"
    if host and host.partition(".")[0] in value:
        return f"userIdentity.invokedBy is `{host}`: it called with the caller's identity (domain.md §1.2)"
    if use.rule.partition(":")[0] in {"pass_role.csv", "tag_on_create.csv"}:
        return f"the row of {use.rule.partition(':')[0]}"
    parts = {name: record[name] for name in record if name != "userIdentity"}
    place = Leaves(parts, "record").place_of(value) or Leaves(record.get("userIdentity"), "userIdentity").place_of(
        value
    )
    return "what stands for a resource that has no ARN" if place is None else place.removeprefix("record.")
