"""A slow and obvious twin of the decoder: json and dicts, one field after the other (domain.md §1.1).

It takes one record as bytes and returns the columns of the events table, or the reason why it is set aside. It shares
nothing with the package. JSON columns are values here, not text: a test compares them parsed.
"""

import hashlib
import json
from datetime import UTC, datetime

TEXTS = {
    "event_version": "eventVersion",
    "event_source": "eventSource",
    "event_name": "eventName",
    "event_type": "eventType",
    "event_category": "eventCategory",
    "aws_region": "awsRegion",
    "account_id": "recipientAccountId",
    "error_code": "errorCode",
    "error_message": "errorMessage",
    "source_ip": "sourceIPAddress",
    "user_agent": "userAgent",
    "request_id": "requestID",
    "shared_event_id": "sharedEventID",
    "vpc_endpoint_id": "vpcEndpointId",
}
VALUES = {
    "user_identity": "userIdentity",
    "request_parameters": "requestParameters",
    "response_elements": "responseElements",
    "additional_event_data": "additionalEventData",
    "service_event_details": "serviceEventDetails",
    "tls_details": "tlsDetails",
}
JSON_COLUMNS = (*VALUES, "on_behalf_of", "in_scope_of", "extra")


def slow_row(record):
    """Return (columns, None) or (None, reason)."""
    try:
        fields = json.loads(record.decode(), parse_constant=refuse)
        json.dumps(fields, ensure_ascii=False).encode()  # a lone surrogate is no text
    except UnicodeError as error:
        return None, "not_json" if isinstance(error, UnicodeEncodeError) else "invalid_utf8"
    except RecursionError:
        return None, "nested_too_deeply"
    except ValueError:
        return None, "not_json"
    if not isinstance(fields, dict):
        return None, "not_an_object"
    fields = {name: value for name, value in fields.items() if value is not None}

    version = fields.get("eventVersion")
    if version is not None and str(version).split(".")[0] != "1":
        return None, "unknown_event_version"
    if "eventTime" not in fields:
        return None, "no_event_time"
    time = instant(fields.pop("eventTime"))
    if time is None:
        return None, "bad_event_time"

    row = {"event_time": time}
    for column, field in TEXTS.items():
        row[column] = fields.pop(field) if isinstance(fields.get(field), str) else None
    event_id = fields.pop("eventID") if isinstance(fields.get("eventID"), str) else ""
    row["event_id"] = event_id or "sha256:" + hashlib.sha256(record).hexdigest()[:32]
    row["read_only"] = truth(fields.get("readOnly"))
    if row["read_only"] is not None:
        del fields["readOnly"]
    row["resources"] = resources(fields)
    for column, field in VALUES.items():
        row[column] = without_secrets(fields.pop(field, None))
    row |= identity(row["user_identity"])
    row["account_id"] = row["account_id"] or row["identity_account_id"]
    row["extra"] = without_secrets(fields) or None
    return row, None


def identity(who):
    who = who if isinstance(who, dict) else {}
    session = part(who, "sessionContext")
    attributes = part(session, "attributes")
    issuer = part(session, "sessionIssuer")
    arn = word(who, "arn")
    is_session = ":assumed-role/" in (arn or "") or ":federated-user/" in (arn or "")
    return {
        "identity_type": word(who, "type"),
        "identity_arn": arn,
        "principal_id": word(who, "principalId"),
        "identity_account_id": word(who, "accountId"),
        "access_key_id": word(who, "accessKeyId") or None,
        "user_name": word(who, "userName"),
        "issuer_arn": word(issuer, "arn"),
        "issuer_type": word(issuer, "type"),
        "issuer_id": word(issuer, "principalId"),
        "session_name": arn.rpartition("/")[2] if is_session else None,
        "source_identity": word(session, "sourceIdentity"),
        "mfa_authenticated": truth(attributes.get("mfaAuthenticated")),
        "session_created_at": instant(attributes.get("creationDate")),
        "invoked_by": word(who, "invokedBy"),
        "on_behalf_of": who.get("onBehalfOf"),
        "in_scope_of": who.get("inScopeOf"),
    }


def resources(fields):
    listed = fields.get("resources")
    if not isinstance(listed, list) or not all(isinstance(entry, dict) for entry in listed):
        return None
    known = {"ARN": "arn", "accountId": "account_id", "type": "type"}
    fits = all(name in known and (value is None or isinstance(value, str)) for e in listed for name, value in e.items())
    if fits:
        del fields["resources"]
    return [{column: word(entry, name) for name, column in known.items()} for entry in listed]


def part(value, name):
    return value[name] if isinstance(value.get(name), dict) else {}


def word(value, name):
    return value[name] if isinstance(value.get(name), str) else None


def truth(value):
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.lower())
    return value if isinstance(value, bool) else None


def instant(text):
    try:
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (TypeError, ValueError, OverflowError):
        return None


def without_secrets(value):
    if isinstance(value, dict):
        return {
            name: "***"
            if name.lower() in {"sessiontoken", "secretaccesskey"} and inner is not None
            else without_secrets(inner)
            for name, inner in value.items()
        }
    return [without_secrets(inner) for inner in value] if isinstance(value, list) else value


def refuse(name):
    raise ValueError(name)
