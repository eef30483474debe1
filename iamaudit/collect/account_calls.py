"""The calls that read one account: each answer becomes the document that the AWS CLI would have exported."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from botocore.exceptions import ClientError

from iamaudit.collect.capture import Missing
from iamaudit.collect.credential_report import report_rows, report_text
from iamaudit.collect.last_accessed_calls import last_accessed_documents
from iamaudit.collect.raw import Document, lacking
from iamaudit.collect.reader import REFUSED, Reader, code_of, unanswered
from iamaudit.collect.shape import account_of
from iamaudit.collect.tag_calls import tag_documents
from iamaudit.collect.trails import selectors_of, status_of

# AWS makes a report in seconds, or minutes in a large account: about five minutes in all.
BACK_OFF_SECONDS: Final = (1, 2, 4, 8, 15, 30, 60, 60, 60, 60)
_NOT_READY: Final = frozenset({"ReportInProgress", "ReportNotPresent", "ReportExpired"})


def account_documents(
    reader: Reader,
    account_id: str,
    *,
    regions: Sequence[str],
    access_key_ids: bool,
    only_own_trails: bool,
    last_accessed: bool,
    sleep: Callable[[float], None],
) -> list[Document]:
    """Return every document of one account that AWS does not refuse; refusals are in `reader.missing`.

    *last_accessed* runs a job for each principal. *only_own_trails* leaves an organisation's trail to the account that owns it. Raises SourceError.
    """
    details = list(_simple(reader, account_id, "authorization_details", "get_account_authorization_details"))
    documents = [
        *details,
        *tag_documents(reader, account_id, details),
        *_credential_report(reader, account_id, sleep=sleep, access_key_ids=access_key_ids),
        *_simple(reader, account_id, "account_summary", "get_account_summary"),
        *_password_policy(reader, account_id),
        *_simple(reader, account_id, "virtual_mfa_devices", "list_virtual_mfa_devices"),
    ]
    if last_accessed:
        documents += last_accessed_documents(reader, account_id, details, sleep=sleep)
    asked: set[str] = set()
    for region in regions:
        documents += _trails(reader, account_id, region, asked, only_own_trails=only_own_trails)
    return documents


def _simple(reader: Reader, account_id: str, kind: str, operation: str) -> Iterator[Document]:
    body = reader.read("iam", operation, what=lacking(account_id, kind))
    if body is not None:
        yield Document(kind, body, _source(account_id, operation), account_id)


def _source(account_id: str, operation: str, *more: str) -> str:
    return "-".join([account_id, operation.replace("_", "-"), *more]) + ".json"


def _credential_report(
    reader: Reader, account_id: str, *, sleep: Callable[[float], None], access_key_ids: bool
) -> Iterator[Document]:
    what = lacking(account_id, "credential_report")
    body = _report_when_ready(reader, what, sleep)
    if body is None:
        return
    yield Document("credential_report", body, _source(account_id, "get_credential_report"), account_id)
    if not access_key_ids:
        return
    keys: list[dict[str, Any]] = []
    for row in report_rows(report_text(body)):
        if row["user"] == "<root_account>" or not _may_have_keys(row):
            continue
        answer = _keys_of(reader, row["user"], lacking(account_id, "access_keys"))
        if answer is None:
            return
        keys += answer["AccessKeyMetadata"]
    yield Document("access_keys", {"AccessKeyMetadata": keys}, _source(account_id, "list_access_keys"), account_id)


def _report_when_ready(reader: Reader, what: str, sleep: Callable[[float], None]) -> dict[str, Any] | None:
    for seconds in (*BACK_OFF_SECONDS, None):
        started = reader.read("iam", "generate_credential_report", what=what)
        if started is None:
            return None
        if started.get("State") == "COMPLETE":
            try:
                return reader.call("iam", "get_credential_report")
            except ClientError as error:
                if code_of(error) in REFUSED:
                    return reader.read("iam", "get_credential_report", what=what)
                if code_of(error) not in _NOT_READY:
                    raise unanswered("iam", "get_credential_report", error) from error
        if seconds is not None:
            sleep(seconds)
    waited = sum(BACK_OFF_SECONDS)
    reader.missing.append(Missing(what, f"AWS had not made the report after {waited} seconds: collect again later"))
    return None


def _may_have_keys(row: dict[str, str]) -> bool:
    """Spare the call for a user without keys: most users of a large account have none."""
    columns = [f"access_key_{number}_{part}" for number in (1, 2) for part in ("active", "last_rotated")]
    return any(row.get(column, "").lower() not in {"", "false", "n/a"} for column in columns)


def _keys_of(reader: Reader, user_name: str, what: str) -> dict[str, Any] | None:
    try:
        return reader.call("iam", "list_access_keys", UserName=user_name)
    except ClientError as error:
        if code_of(error) == "NoSuchEntity":  # the report is up to four hours old: the user is gone
            return {"AccessKeyMetadata": []}
        return reader.read("iam", "list_access_keys", what=what, UserName=user_name)


def _password_policy(reader: Reader, account_id: str) -> Iterator[Document]:
    source = _source(account_id, "get_account_password_policy")
    try:
        body: dict[str, Any] | None = reader.call("iam", "get_account_password_policy")
    except ClientError as error:
        if code_of(error).startswith("NoSuchEntity"):  # there is none (domain.md §6)
            body = {"PasswordPolicy": None}
        else:
            what = lacking(account_id, "password_policy")
            body = reader.read("iam", "get_account_password_policy", what=what)
    if body is not None:
        yield Document("password_policy", body, source, account_id)


def _trails(
    reader: Reader, account_id: str, region: str, asked: set[str], *, only_own_trails: bool
) -> Iterator[Document]:
    body = reader.read("cloudtrail", "describe_trails", what=lacking(account_id, "trails"), region=region)
    if body is None:
        return
    yield Document("trails", body, _source(account_id, "describe_trails", region), account_id)
    for trail in body.get("trailList", []):
        arn = trail["TrailARN"]
        if arn in asked or (only_own_trails and account_of(arn) != account_id):
            continue
        asked.add(arn)
        home = str(trail.get("HomeRegion") or region)
        names = (home, trail["Name"])
        owner = account_of(arn) or account_id
        status = reader.read("cloudtrail", "get_trail_status", what=status_of(arn), region=region, Name=arn)
        if status is not None:
            # The answer names no trail; with its ARN the file stays unambiguous under any name.
            yield Document(
                "trail_status", {"TrailARN": arn, **status}, _source(owner, "get_trail_status", *names), subject=arn
            )
        selectors = reader.read(
            "cloudtrail", "get_event_selectors", what=selectors_of(arn), region=region, TrailName=arn
        )
        if selectors is not None:
            yield Document(
                "event_selectors",
                {"TrailARN": arn, **selectors},
                _source(owner, "get_event_selectors", *names),
                subject=arn,
            )
