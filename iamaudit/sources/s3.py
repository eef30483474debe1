"""The calls to one bucket, each asked until it is answered whole."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from io import BytesIO
from itertools import pairwise
from typing import Any, BinaryIO, Final, cast

from iamaudit.sources.connect import Connection
from iamaudit.sources.patience import ContradictionError, Patience, ask

IN_MEMORY: Final = 64 << 20  # larger objects go to a temporary file
_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Found:
    """One object of a listing."""

    key: str
    size: int
    etag: str


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a listing: the objects, and with a delimiter the folders (with their `/`)."""

    objects: tuple[Found, ...]
    folders: tuple[str, ...]
    is_last: bool
    token: str | None


@dataclass(frozen=True, slots=True)
class S3:
    """One bucket. Goes to another process; several threads may use it."""

    bucket: str
    connection: Connection
    patience: Patience = field(default_factory=Patience)

    def url(self, key: str = "") -> str:
        """Return the name of a key for people."""
        return f"s3://{self.bucket}/{key}"

    def pages(self, prefix: str, *, delimiter: str = "", start_after: str = "") -> Iterator[Page]:
        """Yield the pages of a listing; raise rather than skip or double a key.

        S3 lists in the order of the keys' bytes; a page that does not go on after the one before is asked for again.
        """
        last, token = start_after, None
        while True:
            page = self._page(prefix, delimiter, start_after, token, last)
            yield page
            if page.is_last:
                return
            last = max((last, *(entry.key for entry in page.objects), *page.folders), key=str.encode)
            token = page.token

    def _page(self, prefix: str, delimiter: str, start_after: str, token: str | None, last: str) -> Page:
        place = {"Bucket": self.bucket, "Prefix": prefix, **self._payer()}
        if delimiter:
            place["Delimiter"] = delimiter
        if token is not None:
            place["ContinuationToken"] = token
        elif start_after:
            place["StartAfter"] = start_after

        def call() -> Page:
            return _checked(self._client.list_objects_v2(**place), last=last, token=token)

        return ask(
            call, f"cannot list `{self.url(prefix)}`", allow=f"s3:ListBucket on {self.bucket}", patience=self.patience
        )

    def objects(self, prefix: str, *, start_after: str = "") -> Iterator[Found]:
        """Yield every object below a prefix; the console's folder marks are none."""
        for page in self.pages(prefix, start_after=start_after):
            yield from page.objects

    def get(self, key: str) -> BinaryIO:
        """Return an object's bytes, complete: in memory, or in a temporary file when it is large."""

        def call() -> BinaryIO:
            return _whole(self._client.get_object(Bucket=self.bucket, Key=key, **self._payer()))

        return ask(
            call, f"cannot read `{self.url(key)}`", allow=f"s3:GetObject on {self.bucket}", patience=self.patience
        )

    def head(self, key: str) -> Mapping[str, Any]:
        """Return what S3 knows of an object without its bytes."""

        def call() -> Mapping[str, Any]:
            return cast("Mapping[str, Any]", self._client.head_object(Bucket=self.bucket, Key=key, **self._payer()))

        return ask(
            call, f"cannot look at `{self.url(key)}`", allow=f"s3:GetObject on {self.bucket}", patience=self.patience
        )

    def put(self, key: str, data: bytes, **conditions: Any) -> None:
        """Store an object in one step."""
        ask(
            lambda: self._client.put_object(Bucket=self.bucket, Key=key, Body=data, **conditions),
            f"cannot write `{self.url(key)}`",
            allow=f"s3:PutObject on {self.bucket}",
            patience=self.patience,
        )

    def delete(self, key: str) -> None:
        """Take an object away; S3 does not mind when there is none."""
        ask(
            lambda: self._client.delete_object(Bucket=self.bucket, Key=key),
            f"cannot delete `{self.url(key)}`",
            allow=f"s3:DeleteObject on {self.bucket}",
            patience=self.patience,
        )

    @property
    def _client(self) -> Any:
        return self.connection.client("s3")

    def _payer(self) -> dict[str, str]:
        return {"RequestPayer": "requester"} if self.connection.access.requester_pays else {}


def age_of(head: Mapping[str, Any]) -> float:
    """Return the seconds since an object was written, by the server's own clock."""
    now = parsedate_to_datetime(head["ResponseMetadata"]["HTTPHeaders"]["date"])
    return float((now - head["LastModified"]).total_seconds())


def _checked(answer: Mapping[str, Any], *, last: str, token: str | None) -> Page:
    """Return a page that goes on where the one before ended; raise `ContradictionError` for any other."""
    found = tuple(Found(e["Key"], int(e["Size"]), e.get("ETag", "").strip('"')) for e in answer.get("Contents", ()))
    folders = tuple(str(entry["Prefix"]) for entry in answer.get("CommonPrefixes", ()))
    for names in ([entry.key for entry in found], folders):
        order = [last.encode(), *(name.encode() for name in names)]
        if any(later <= earlier for earlier, later in pairwise(order)):
            raise ContradictionError("a page of the listing repeats what an earlier one had")
    is_last = not answer.get("IsTruncated", False)
    following = answer.get("NextContinuationToken")
    if not is_last and (following is None or following == token):
        raise ContradictionError("the listing says that it goes on, and not where")
    marks = tuple(entry for entry in found if entry.size or not entry.key.endswith("/"))
    return Page(marks, folders, is_last, following)


def _whole(answer: Mapping[str, Any]) -> BinaryIO:
    length = int(answer["ContentLength"])
    file = cast("BinaryIO", BytesIO() if length <= IN_MEMORY else tempfile.TemporaryFile())  # noqa: SIM115  # the reader closes it
    try:
        with closing(answer["Body"]) as body:
            while chunk := body.read(_CHUNK):
                file.write(chunk)
        _check_length(file.tell(), length)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file


def _check_length(came: int, told: int) -> None:
    if came != told:
        raise ContradictionError(f"{came} of {told} bytes came")
