"""The calls that ask IAM when each principal last used each service: a job for each, so it takes minutes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from botocore.exceptions import ClientError

from iamaudit.collect.capture import Missing
from iamaudit.collect.raw import Document, lacking
from iamaudit.collect.reader import Reader, code_of, unanswered
from iamaudit.model.arn import parse_arn

# A job is ready in seconds; about two minutes in all before it is given up.
WAITS_SECONDS: Final = (1, 1, 2, 4, 8, 15, 30, 60)
# IAM's calls are limited for the whole account: few at a time, so that nobody else is slowed down.
_WORKERS: Final = 4
_GENERATE: Final = "generate_service_last_accessed_details"
_GET: Final = "get_service_last_accessed_details"
_SERVICE_LINKED: Final = "/aws-service-role/"


def last_accessed_documents(
    reader: Reader, account_id: str, details: Iterable[Document], *, sleep: Callable[[float], None]
) -> Iterator[Document]:
    """Yield the answer for each user and role of *details* that is not service-linked, action by action.

    At least two calls for each principal. A refusal or a job that does not end is a gap; raises SourceError when AWS
    does not answer.
    """
    arns = [
        str(entry["Arn"])
        for document in details
        for member in ("UserDetailList", "RoleDetailList")
        for entry in document.body.get(member, [])
        if not str(entry.get("Path")).startswith(_SERVICE_LINKED)
    ]
    asker = _Asker(reader, account_id, sleep)
    with ThreadPoolExecutor(_WORKERS) as pool:
        for arn, body in zip(arns, pool.map(asker.answer, arns), strict=True):
            if body is not None:
                # The answer names its principal only where it used something.
                yield Document(
                    "service_last_accessed", {"PrincipalArn": arn, **body}, _source(account_id, arn), account_id, arn
                )


def _source(account_id: str, arn: str) -> str:
    parsed = parse_arn(arn)
    kind, _, name = (parsed.resource if parsed else arn).partition("/")
    return f"{account_id}-get-service-last-accessed-details-{kind}-{name.rpartition('/')[2]}.json"


class _Asker:
    """Runs the job of one principal; after the first refusal nothing is asked any more."""

    def __init__(self, reader: Reader, account_id: str, sleep: Callable[[float], None]) -> None:
        self._reader, self._sleep = reader, sleep
        self._what = lacking(account_id, "service_last_accessed")
        self._is_refused = False

    def answer(self, arn: str) -> dict[str, Any] | None:
        """Return all pages as one answer, or None for a refusal and for a principal that is gone."""
        started = self._call(_GENERATE, Arn=arn, Granularity="ACTION_LEVEL")
        if started is None:
            return None
        for seconds in (*WAITS_SECONDS, None):
            found = self._call(_GET, JobId=started["JobId"])
            if found is None or found.get("JobStatus") != "IN_PROGRESS":
                return found if found is None else self._with_all_pages(found, started["JobId"])
            if seconds is not None:
                self._sleep(seconds)
        why = f"AWS had not finished the job after {sum(WAITS_SECONDS)} seconds: collect again later"
        self._reader.missing.append(Missing(f"service last accessed of `{arn}`", why))
        return None

    def _with_all_pages(self, first: dict[str, Any], job: str) -> dict[str, Any] | None:
        services, page = list(first.get("ServicesLastAccessed", [])), first
        while page.get("IsTruncated"):
            more = self._call(_GET, JobId=job, Marker=page["Marker"])
            if more is None:
                return None
            services, page = [*services, *more.get("ServicesLastAccessed", [])], more
        body = {name: value for name, value in first.items() if name not in {"IsTruncated", "Marker"}}
        return {**body, "ServicesLastAccessed": services}

    def _call(self, operation: str, **parameters: str) -> dict[str, Any] | None:
        if self._is_refused:
            return None
        try:
            return self._reader.call("iam", operation, **parameters)
        except ClientError as error:
            if code_of(error) == "NoSuchEntity":
                return None
            if not self._reader.note_refusal("iam", operation, error, what=self._what):
                raise unanswered("iam", operation, error) from error
            self._is_refused = True
            return None
