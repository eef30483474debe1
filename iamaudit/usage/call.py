"""The part of a record that decides which permissions were used: two records with equal calls map alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from iamaudit.knowledge.events import prefix_of
from iamaudit.knowledge.session_names import named_runtime
from iamaudit.model.arn import partition_of


@dataclass(frozen=True, slots=True)
class Call:
    """One call, without who made it; a caller may cache by these fields (the JSON parts as text).

    `identity_arn` matters only to calls on oneself, such as `iam:ChangePassword`.
    """

    event_source: str
    event_name: str
    region: str = "us-east-1"
    account_id: str = ""  # the recipient's, or the identity's where the record has no recipient
    error_code: str = ""
    error_message: str = ""
    request: Any = None
    response: Any = None
    resources: Any = None
    invoked_by: str = ""
    additional: Any = None
    identity_arn: str = ""

    @property
    def prefix(self) -> str:
        """The action prefix of the event source."""
        return prefix_of(self.event_source)

    @property
    def partition(self) -> str:
        """The partition of the region."""
        return partition_of(self.region)


def call_of(record: Mapping[str, Any]) -> Call:
    """Take a call out of a CloudTrail record; parts of the wrong type count as absent."""
    identity = record.get("userIdentity")
    who: Mapping[str, Any] = identity if isinstance(identity, Mapping) else {}
    return Call(
        text(record.get("eventSource")),
        text(record.get("eventName")),
        text(record.get("awsRegion")) or "us-east-1",
        text(record.get("recipientAccountId")) or text(who.get("accountId")),
        text(record.get("errorCode")),
        text(record.get("errorMessage")),
        record.get("requestParameters"),
        record.get("responseElements"),
        record.get("resources"),
        _invoked_by(who),
        record.get("additionalEventData"),
        text(who.get("arn")),
    )


def _invoked_by(who: Mapping[str, Any]) -> str:
    """Return the service that used the caller's identity (domain.md §1.2).

    A service in its own name, in its service-linked role or in a role that it was given used nobody's: there
    `aws:CalledVia` and `aws:ViaAWSService` do not tell it [K: IAM user guide, global condition context keys].
    """
    if who.get("type") == "AWSService":
        return ""
    host = text(who.get("invokedBy"))
    context = who.get("sessionContext") if host else None
    issuer = context.get("sessionIssuer") if isinstance(context, Mapping) else None
    arn = text(issuer.get("arn")) if isinstance(issuer, Mapping) else ""
    return "" if ":role/aws-service-role/" in arn or (host and _is_own_session(who, host)) else host


def _is_own_session(who: Mapping[str, Any], host: str) -> bool:
    """Say whether the service itself started the session, as the name that it gives its sessions tells."""
    rest = text(who.get("arn")).partition(":assumed-role/")[2]
    session = rest.rpartition("/")[2]
    runtime = named_runtime(session) if session else None
    return runtime is not None and runtime[0] == "service_session" and host.partition(".")[0] in session.lower()


def text(value: Any) -> str:
    """Return a string as it is, and an empty string for everything else."""
    return value if isinstance(value, str) else ""
