"""A slow and obvious twin of role chaining: from key to key, one AssumeRole answer at a time."""

from datetime import date, timedelta

from iamaudit.usage.actor import actor_of
from iamaudit.usage.attribute import attribute

NOT_HANDED_ON = {None, "session", "service", "external"}
ITSELF = {"person", "identity_center"}


def slow_actors(records):
    """Return {event id: (assumed_by, actor kind, actor)} of the records, each id once."""
    by_id = {record["eventID"]: record for record in records}
    issued = {}
    best_last = sorted(sorted(by_id.values(), key=lambda record: record["eventID"], reverse=True), key=_names_caller)
    for record in best_last:
        key = ((record.get("responseElements") or {}).get("credentials") or {}).get("accessKeyId")
        if record["eventName"].startswith("AssumeRole") and key and "errorCode" not in record:
            issued[record["eventTime"][:10], key] = record
    return {name: _behind(record, issued, set()) for name, record in by_id.items()}


def _names_caller(record):
    """The caller's own copy of a cross-account call comes last, and one without a name first."""
    who = record["userIdentity"]
    return who.get("accountId") == record["recipientAccountId"], "arn" in who


def _issuing(record, issued):
    """Return the AssumeRole call that gave out the record's key, that day or the day before."""
    day, key = record["eventTime"][:10], (record.get("userIdentity") or {}).get("accessKeyId")
    before = (date.fromisoformat(day) - timedelta(days=1)).isoformat()
    return issued.get((day, key)) or issued.get((before, key))


def _behind(record, issued, seen):
    who = record.get("userIdentity") or {}
    call = _issuing(record, issued)
    service = None
    if call is not None and call["userIdentity"]["type"] == "AWSService":
        service = call["userIdentity"]["invokedBy"]
    own = actor_of(who, service or "")
    kind, name = (own.kind.value if own.kind else None), own.name
    root = None
    if call is not None and call["eventID"] not in seen:
        root, root_kind, root_name = _behind(call, issued, seen | {call["eventID"]})
        who_asked = attribute(call)
        if root is None and who_asked.kind.value not in {"service", "idp", "identity_center", "unattributed"}:
            root = who_asked.arn or who_asked.id
        if kind not in ITSELF and root_kind not in NOT_HANDED_ON:
            kind, name = root_kind, root_name
    return root, kind, name
