"""The answers of AWS before they are normalised: the same whether a file or a call brought them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from iamaudit.collect.capture import Missing


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of document: what people call it, which AWS CLI command prints it, and what depends on it."""

    label: str
    command: str
    needed_for: str = ""  # filled when every account should have one


KINDS: Final[Mapping[str, Kind]] = {
    "authorization_details": Kind(
        "authorization details", "aws iam get-account-authorization-details", "users, roles and their grants are"
    ),
    "credential_report": Kind(
        "credential report",
        "aws iam generate-credential-report, then aws iam get-credential-report",
        "the use of passwords and access keys is",
    ),
    "access_keys": Kind("access key ids", "aws iam list-access-keys --user-name NAME"),
    "account_summary": Kind("account summary", "aws iam get-account-summary", "root's keys and MFA are"),
    "password_policy": Kind("password policy", "aws iam get-account-password-policy", "the password policy is"),
    "virtual_mfa_devices": Kind(
        "virtual MFA devices", "aws iam list-virtual-mfa-devices", "whether root's MFA is hardware is"
    ),
    "trails": Kind("trails", "aws cloudtrail describe-trails"),
    "trail_status": Kind("trail status", "aws cloudtrail get-trail-status --name TRAIL"),
    "event_selectors": Kind("event selectors", "aws cloudtrail get-event-selectors --trail-name TRAIL"),
    "service_last_accessed": Kind("service last accessed", "aws iam get-service-last-accessed-details --job-id ID"),
    "tags": Kind("tags", "iamaudit collect --export DIR"),
    "identity_center": Kind("Identity Center", "iamaudit collect --org --export DIR"),
    "organization": Kind("organization", "iamaudit collect --org --export DIR"),
    "config_snapshot": Kind("Config snapshot", "aws configservice deliver-config-snapshot"),
    "missing": Kind("what was missing already", "iamaudit collect --export DIR"),
    "refused": Kind("refused call", ""),
}
EVERY_ACCOUNT: Final = tuple(name for name, kind in KINDS.items() if kind.needed_for)


@dataclass(frozen=True, slots=True)
class Document:
    """One answer of AWS.

    `body` is the parsed JSON as the AWS CLI prints it (a credential report may also be its CSV text). `source` is the
    file's name, or the name it would be exported under. `account_id` and `subject` (a trail's or principal's ARN) say
    what it is about where the answer itself does not.
    """

    kind: str
    body: Any
    source: str
    account_id: str | None = None
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class Raw:
    """Everything that was read, and what could not be."""

    documents: tuple[Document, ...]
    missing: tuple[Missing, ...] = ()


def lacking(account_id: str, kind: str) -> str:
    """Return the one name of a document that an account lacks, so that nobody reports it twice."""
    return f"{account_id}: {KINDS[kind].label}"
