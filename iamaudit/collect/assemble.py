"""Raw answers become one capture: every document to its normaliser, and what is not there becomes a gap."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any

from iamaudit.collect.capture import Capture, CaptureBuilder, Missing
from iamaudit.collect.credential_report import add_report
from iamaudit.collect.identity_center import WHAT, add_identity_center
from iamaudit.collect.last_accessed import add_last_accessed
from iamaudit.collect.merge import add_config, is_truncated, merged_details
from iamaudit.collect.normalise import add_details
from iamaudit.collect.organization import add_organization
from iamaudit.collect.raw import EVERY_ACCOUNT, KINDS, Document, Raw, lacking
from iamaudit.collect.settings import add_password_policy, add_summary, add_virtual_mfa_devices
from iamaudit.collect.shape import account_of, listing, text
from iamaudit.collect.tags import tags_of
from iamaudit.collect.trails import add_trails
from iamaudit.errors import StateError


def assemble(raw: Raw, *, captured_at: datetime) -> Capture:
    """Return the capture of *raw*: the one path for files and calls.

    Every document that is about an account names it (`Document.account_id`). A document that does not normalise
    becomes a gap and the rest goes on. Raises ConfigError when *captured_at* has no time zone.
    """
    builder = CaptureBuilder(missing=list(raw.missing))
    by_kind: dict[str, list[Document]] = defaultdict(list)
    for document in raw.documents:
        by_kind[document.kind].append(document)

    merged = merged_details(by_kind["authorization_details"], builder)
    add_config(merged, by_kind["config_snapshot"], builder)
    aws_managed = {
        arn: policy for details in merged.values() for arn, policy in details.policies.items() if ":iam::aws:" in arn
    }
    tags = tags_of(by_kind["tags"], builder)
    for details in merged.values():
        add_details(details, builder, aws_managed=aws_managed, tags=tags)
    access_keys = _access_keys(by_kind["access_keys"], builder)
    devices: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for document in raw.documents:
        account = document.account_id or ""
        try:
            match document.kind:
                case "credential_report":
                    add_report(document.body, account, builder, access_keys=access_keys.get(account))
                case "account_summary":
                    add_summary(document.body, account, builder)
                case "password_policy":
                    add_password_policy(document.body, account, builder)
                case "virtual_mfa_devices":
                    listing(document.body, "VirtualMFADevices")
                    devices[account].append(document.body)
                case "organization":
                    add_organization(document.body, builder)
                case "service_last_accessed":
                    add_last_accessed(document.body, document.subject or "", builder)
        except StateError as error:
            builder.miss(f"file `{document.source}`", str(error))
    for account, bodies in devices.items():
        add_virtual_mfa_devices(bodies, account, builder)
        if all(is_truncated(body) for body in bodies):
            builder.miss(f"{account}: last page of the virtual MFA devices", "export without `--max-items`")
    pages: dict[str, list[bool]] = defaultdict(list)
    for document in by_kind["service_last_accessed"]:
        pages[document.subject or ""].append(is_truncated(document.body))
    for principal, truncated in pages.items():
        if all(truncated):
            builder.miss(
                f"last page of service last accessed of `{principal}`",
                "the answer says that more follows: add the pages that `--marker` brings",
            )
    _add_trails(by_kind, builder)
    _add_identity_center(by_kind, builder)
    _add_gaps(raw, set(merged), by_kind, builder)
    return builder.build(captured_at)


def _access_keys(documents: list[Document], builder: CaptureBuilder) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """Return key metadata by account and user name."""
    keys: dict[str, dict[str, list[dict[str, Any]]]] = defaultdict(lambda: defaultdict(list))
    for document in documents:
        try:
            for key in listing(document.body, "AccessKeyMetadata"):
                keys[document.account_id or ""][text(key, "UserName") or ""].append(key)
        except StateError as error:
            builder.miss(f"file `{document.source}`", str(error))
    return keys


def _add_trails(by_kind: dict[str, list[Document]], builder: CaptureBuilder) -> None:
    trails: list[dict[str, Any]] = []
    for document in by_kind["trails"]:
        try:
            for trail in listing(document.body, "trailList"):
                if text(trail, "TrailARN"):
                    trails.append(trail)
                else:
                    builder.miss(f"file `{document.source}`", "a trail in it has no `TrailARN`: export it again")
        except StateError as error:
            builder.miss(f"file `{document.source}`", str(error))
    statuses = {document.subject or "": document.body for document in by_kind["trail_status"]}
    selectors = {document.subject or "": document.body for document in by_kind["event_selectors"]}
    add_trails(trails, statuses, selectors, builder)
    described = {trail["TrailARN"] for trail in trails}
    for arn in sorted((statuses.keys() | selectors.keys()) - described):
        builder.miss(
            f"trail `{arn}`",
            "its status or event selectors are there, but nothing describes it: "
            "export `aws cloudtrail describe-trails` of its account",
        )


def _add_identity_center(by_kind: dict[str, list[Document]], builder: CaptureBuilder) -> None:
    add_identity_center([(document.source, document.body) for document in by_kind["identity_center"]], builder)
    reserved = {row["permission_set"] for row in builder.rows["principals"]} - {None}
    # of what Config recorded the caveats say already that it is a part only
    if reserved and by_kind["authorization_details"] and not by_kind["identity_center"]:
        builder.miss_unless_said(
            WHAT,
            "roles of permission sets were read, but not the sets and who is assigned to them: "
            "collect with `--org` as the management account or a delegated administrator, or add `identity-center.json`",
        )


def _add_gaps(raw: Raw, read: set[str], by_kind: dict[str, list[Document]], builder: CaptureBuilder) -> None:
    """Say what no file or call brought, once: a refused call has said so already."""
    said = {entry.what for entry in builder.missing}
    members = {row["account_id"]: row for row in builder.rows["accounts"]}
    have = {kind: {document.account_id for document in by_kind[kind]} for kind in EVERY_ACCOUNT}
    have["authorization_details"] |= read
    accounts = {account for found in have.values() for account in found if account}
    gaps = [
        Missing(
            lacking(account, kind),
            f"nothing was read: {KINDS[kind].needed_for} unknown; export it with `{KINDS[kind].command}`",
        )
        for account in accounts
        for kind in EVERY_ACCOUNT
        if account not in have[kind]
    ]
    for account, row in members.items():
        if account not in accounts:
            status = "" if row["status"] in {None, "ACTIVE"} else f" (the account is {row['status']})"
            gaps.append(
                Missing(
                    f"{account}: IAM state",
                    f"the organization has this account, but nothing of it was read{status}: "
                    "add its exports, or collect with `--org --role NAME`",
                )
            )
    organization_trail = any(row["is_organization"] for row in builder.rows["trails"])
    described = {document.account_id for document in by_kind["trails"]}
    described |= {account_of(row["trail_arn"]) for row in builder.rows["trails"]}
    if not organization_trail:
        gaps += [
            Missing(
                lacking(account, "trails"),
                "nothing was read: which logs should exist is unknown; "
                f"export them with `{KINDS['trails'].command}`, `get-trail-status` and `get-event-selectors`",
            )
            for account in accounts
            if account not in described
        ]
    if not raw.documents and not raw.missing:
        gaps.append(Missing("everything", "nothing was read: see the other entries"))
    builder.missing += [gap for gap in gaps if gap.what not in said]
