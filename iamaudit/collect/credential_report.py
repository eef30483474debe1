"""The credential report: one row per password, access key and certificate of every user and of root."""

from __future__ import annotations

import base64
import binascii
import csv
from collections.abc import Mapping
from datetime import datetime
from io import StringIO
from typing import Any, Final

from iamaudit.collect.capture import CaptureBuilder
from iamaudit.collect.shape import account_of, instant
from iamaudit.errors import StateError

REQUIRED: Final = frozenset({"user", "arn", "user_creation_time"})
_CREDENTIALS: Final = ("password", "access_key_1", "access_key_2", "cert_1", "cert_2")
# Words that stand where a time or a flag would be (domain.md §6).
_NOT_A_VALUE: Final = frozenset({"", "n/a", "no_information", "not_supported"})


def report_text(body: Any) -> str:
    """Return the CSV text of a report: itself, or the base64 `Content` of the AWS CLI's JSON. Raises StateError."""
    if isinstance(body, str):
        return body
    content = body.get("Content") if isinstance(body, dict) else None
    if not isinstance(content, str):
        raise StateError("the report has no `Content`: export it again with `aws iam get-credential-report`")
    if is_report(content):
        return content
    try:
        return base64.b64decode(content, validate=False).decode("utf-8-sig")
    except (binascii.Error, ValueError) as error:
        raise StateError(
            f"the report's `Content` is not base64 text: {error}; export it again with `aws iam get-credential-report`"
        ) from error


def is_report(content: str) -> bool:
    """Tell whether *content* is a credential report, by its header."""
    header = content.lstrip("\ufeff").partition("\n")[0].lower()
    return {cell.strip().strip('"') for cell in header.split(",")} >= REQUIRED


def report_rows(content: str) -> list[dict[str, str]]:
    """Return the rows by lower-case column name; columns may be added or missing. Raises StateError.

    A row with more or fewer cells than the header would put values under the wrong names, so it is refused.
    """
    rows = []
    reader = csv.reader(StringIO(content.lstrip("\ufeff"), newline=""), strict=True)
    try:
        header = [cell.strip().lower() for cell in next(reader, [])]
        if not set(header) >= REQUIRED:
            raise StateError("the report has no columns `user`, `arn`, `user_creation_time`: export it again")
        for cells in reader:
            if not cells:
                continue
            if len(cells) != len(header):
                raise StateError(
                    f"line {reader.line_num} of the report has {len(cells)} cells, the header {len(header)}: export it again"
                )
            rows.append(dict(zip(header, (cell.strip() for cell in cells), strict=True)))
    except csv.Error as error:
        raise StateError(f"line {reader.line_num} of the report is not CSV: {error}; export it again") from error
    return rows


def report_account(body: Any) -> str | None:
    """Return the account that the report's ARNs name, or None when it has no rows. Raises StateError."""
    return next((account for row in report_rows(report_text(body)) if (account := account_of(row["arn"]))), None)


def add_report(
    body: Any,
    account_id: str,
    builder: CaptureBuilder,
    *,
    access_keys: Mapping[str, list[dict[str, Any]]] | None = None,
) -> None:
    """Add five credentials per user and root, also those that do not exist (domain.md §6).

    `exists` and `is_active` are null where the report does not tell (root's password in older reports). `N/A` under a
    last use is *never used* and known; `no_information` and `not_supported` are not known. *access_keys* maps user
    names to their `AccessKeyMetadata`, which brings the key ids that the report lacks. Raises StateError.
    """
    for row in report_rows(report_text(body)):
        try:
            _add_user(row, account_id, builder, (access_keys or {}).get(row["user"], []))
        except StateError as error:
            builder.miss(f"{account_id}: credentials of `{row['user']}`", str(error))


def _add_user(row: Mapping[str, str], account_id: str, builder: CaptureBuilder, keys: list[dict[str, Any]]) -> None:
    rows = [_credential(row, kind) for kind in _CREDENTIALS]
    ids = _key_ids({entry["kind"]: entry for entry in rows if entry["kind"].startswith("access_key")}, keys)
    for entry in rows:
        builder.add(
            "credentials",
            account_id=account_of(row["arn"]) or account_id,
            user_arn=row["arn"],
            user_name=row["user"],
            user_created_at=_time(row, "user_creation_time"),
            mfa_active=_bool(row, "mfa_active"),
            access_key_id=ids.get(entry["kind"]),
            **entry,
        )


def _credential(row: Mapping[str, str], kind: str) -> dict[str, Any]:
    if kind == "password":
        active, rotated, used = "password_enabled", "password_last_changed", "password_last_used"
    else:
        active, rotated, used = f"{kind}_active", f"{kind}_last_rotated", f"{kind}_last_used_date"
    is_active = _bool(row, active)
    last_rotated_at, last_used_at = _time(row, rotated), _time(row, used)
    exists = is_active
    if kind != "password" and is_active is False:
        # An inactive key still exists, and only its dates tell it from no key at all.
        exists = last_rotated_at is not None or last_used_at is not None
    return {
        "kind": kind,
        "exists": exists,
        "is_active": is_active,
        "last_rotated_at": last_rotated_at,
        "last_used_at": last_used_at,
        "last_used_known": exists is False or last_used_at is not None or row.get(used, "").lower() == "n/a",
    }


def _key_ids(slots: Mapping[str, dict[str, Any]], keys: list[dict[str, Any]]) -> dict[str, str]:
    """Join key ids to the report's two slots: by creation time, or when there is one of each; never by guess."""
    existing = {kind: slot for kind, slot in slots.items() if slot["exists"]}
    if len(existing) == 1 and len(keys) == 1:
        return {next(iter(existing)): str(keys[0].get("AccessKeyId"))}
    ids: dict[str, str] = {}
    for kind, slot in existing.items():
        same = [key for key in keys if _second(instant(key.get("CreateDate"))) == _second(slot["last_rotated_at"])]
        if len(same) == 1:
            ids[kind] = str(same[0].get("AccessKeyId"))
    return ids if len(set(ids.values())) == len(ids) else {}


def _second(time: datetime | None) -> datetime | None:
    return time and time.replace(microsecond=0)


def _time(row: Mapping[str, str], column: str) -> datetime | None:
    value = row.get(column, "")
    return None if value.lower() in _NOT_A_VALUE else instant(value)


def _bool(row: Mapping[str, str], column: str) -> bool | None:
    value = row.get(column, "").lower()
    if value in {"true", "false"}:
        return value == "true"
    if value in _NOT_A_VALUE:
        return None
    raise StateError(f"`{row[column]}` in column `{column}` is neither true nor false: export the report again")
