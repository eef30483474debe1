"""verify: are the logs what CloudTrail wrote, and are all of them there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final, cast

import pyarrow as pa
import pyarrow.parquet as pq

from iamaudit.errors import ConfigError
from iamaudit.integrity.names import Chain
from iamaudit.integrity.public_keys import KnownKeys, PublicKeys, read_public_keys
from iamaudit.integrity.source import SignedSource
from iamaudit.integrity.summary import Summary, rows_of
from iamaudit.integrity.verdict import GAP, INVALID, MISSING, VALID, ObjectVerdict
from iamaudit.integrity.verify import Listing, list_objects, verify_objects
from iamaudit.lake.lake import Lake
from iamaudit.lake.schema import STATE_SCHEMAS
from iamaudit.lake.state import write_state
from iamaudit.model.place import AwsAccess, Place, is_url
from iamaudit.ports import Progress
from iamaudit.sources.side_cars import SignedFolder
from iamaudit.sources.window import Window

KIND: Final = "log_integrity"
PUBLIC_KEYS: Final = "public-keys.json"
_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class VerifyResult:
    """Counts by kind and verdict, the objects that are bad, and some of those of which nothing can be said."""

    digests: dict[str, int]
    logs: dict[str, int]
    bad: tuple[ObjectVerdict, ...]
    unverified: tuple[ObjectVerdict, ...]  # at most a thousand
    reasons: dict[str, int]  # why objects are unverified
    stored: int = 0  # rows written to the lake
    unread: int = 0  # objects that are there and could not be had

    def count(self, verdict: str) -> int:
        """Return how many objects have a verdict."""
        return self.digests[verdict] + self.logs[verdict]

    @property
    def has_digests(self) -> bool:
        """Whether there was anything to verify by."""
        return any(self.digests.values())

    @property
    def exit_code(self) -> int:
        """1 when anything is invalid or missing (design.md §4), 2 when not everything could be verified."""
        if self.count(INVALID) or self.count(MISSING):
            return 1
        return 0 if self.has_digests and not self.unread else 2

    def problem(self, place: str) -> str | None:
        """Return what a person should know in the morning, or None."""
        parts = [f"{self.count(word)} {word}" for word in (INVALID, MISSING, GAP) if self.count(word)]
        parts += [f"{self.unread} could not be read"] if self.unread else []
        if not parts:
            return None
        return f"the digest chain of `{place}`: {', '.join(parts)}; run `iamaudit verify {place}` and see the findings"


def open_signed(place: Place, access: AwsAccess, *, since: datetime | None, until: datetime | None) -> SignedSource:
    """Return the source behind a folder's path or `s3://bucket/prefix`; raise `ConfigError` for another URL."""
    if not is_url(place):
        return SignedFolder(Path(place))
    # boto3 takes most of a second to start: only who reads from AWS waits for it
    from iamaudit.model.place import bucket_and_prefix  # noqa: PLC0415
    from iamaudit.sources.bucket import open_bucket  # noqa: PLC0415
    from iamaudit.sources.patience import Patience  # noqa: PLC0415
    from iamaudit.sources.signed_bucket import SignedBucket  # noqa: PLC0415

    bucket, prefix = bucket_and_prefix(str(place))
    return SignedBucket(open_bucket(bucket, prefix, access, window=Window(since, until), patience=Patience()))


def open_keys(place: Place, access: AwsAccess, listing: Listing, public_keys: Path | None) -> PublicKeys:
    """Return the public keys: those of a file, of `public-keys.json` beside a folder's logs, or AWS's own answer.

    Raises `ConfigError` when there are none: without them nothing can be verified.
    """
    if public_keys is None and is_url(place):
        return _keys_of_aws(access, listing)
    root = Path(place)
    file = public_keys or (root if root.is_dir() else root.parent) / PUBLIC_KEYS
    try:
        return read_public_keys(file.read_bytes(), name=str(file))
    except OSError as error:
        raise ConfigError(
            f"cannot read the public keys in `{file}`: {error.strerror or error}; save the output of `aws cloudtrail "
            "list-public-keys --start-time … --end-time …` for the digests' regions, and give it with `--public-keys`"
        ) from error


def _keys_of_aws(access: AwsAccess, listing: Listing) -> PublicKeys:
    from iamaudit.collect.public_keys import RegionalKeys  # noqa: PLC0415  # boto3 is slow to start
    from iamaudit.sources.connect import Connection  # noqa: PLC0415  # the same

    ends = [name.ends_at for names in listing.chains.values() for _, name in names]
    client = partial(Connection(access).client, "cloudtrail")
    return cast("PublicKeys", RegionalKeys(client, min(ends) - 24 * _HOUR, max(ends) + 2 * _HOUR))


def verify(
    place: Place,
    *,
    access: AwsAccess | None = None,
    public_keys: Path | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    lake: Lake | None = None,
    captured_at: datetime,
    each: Callable[[ObjectVerdict], None] | None = None,
    progress: Progress | None = None,
) -> VerifyResult:
    """Verify the digests of *place* and the logs they name; tell *each* of every verdict as it is found.

    With *lake* the verdicts become a state of that lake, as of *captured_at*. Raises `InputError` when there is no such
    place, `ConfigError` when there are no public keys.
    """
    wanted = access or AwsAccess()
    source = open_signed(place, wanted, since=since, until=until)
    listing = list_objects(source, since=since, until=until)
    keys: PublicKeys = KnownKeys({})
    if listing.digests:
        keys = open_keys(place, wanted, listing, public_keys)
    troubled = frozenset[str]() if lake is None else troubled_logs(lake)
    expected = (lambda _: None) if lake is None else expectation(lake)
    summary = Summary()
    rows: list[dict[str, Any]] = []
    done = 0
    for verdict in verify_objects(source, keys, listing, since=since, until=until, expected_until=expected):
        summary.take(verdict)
        if lake is not None:
            rows += rows_of(verdict, troubled)
        if each is not None:
            each(verdict)
        done += verdict.is_listed
        if progress is not None:
            progress(done, listing.size, "log objects and digests")
    if lake is not None and rows:
        store(lake, rows, captured_at=captured_at)
    kinds = summary.by_kind()
    return VerifyResult(
        kinds["digest"],
        kinds["log"],
        tuple(summary.bad),
        tuple(summary.unverified),
        dict(summary.reasons.most_common()),
        len(rows),
        summary.unread,
    )


def verify_lately(
    place: Place,
    lake: Lake,
    *,
    access: AwsAccess | None = None,
    public_keys: Path | None = None,
    days: int,
    captured_at: datetime,
) -> VerifyResult | None:
    """Verify what was delivered in the last *days*, or everything when the lake has no verdicts; for the nightly run.

    Return None when the place holds no digests, or is one that cannot (a queue, the event history).
    """
    if is_url(place) and not str(place).startswith("s3://"):
        return None
    since = captured_at - timedelta(days=days) if has_verdicts(lake, before=captured_at) else None
    result = verify(place, access=access, public_keys=public_keys, since=since, lake=lake, captured_at=captured_at)
    return result if result.has_digests else None


def store(lake: Lake, rows: list[dict[str, Any]], *, captured_at: datetime) -> None:
    """Write the verdicts of one run as a state of the lake; of two runs as of one instant the second is the later."""
    moment = captured_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    before = [m for m in lake.state_manifests() if m.captured_at == moment and any(p.table == KIND for p in m.parts)]
    at = captured_at + timedelta(microseconds=len(before))
    schema = STATE_SCHEMAS[KIND]
    ordered = sorted(
        rows, key=lambda row: (row["account_id"], row["region"], row["trail"], row["object"], row["verdict"])
    )
    table = pa.Table.from_pylist([{"captured_at": at, **row} for row in ordered], schema=schema)
    write_state(lake, {KIND: table}, captured_at=captured_at, accounts={}, missing=())


def has_verdicts(lake: Lake, *, before: datetime) -> bool:
    """Say whether a run as of an earlier instant left its verdicts in the lake."""
    moment = before.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return any(
        manifest.captured_at < moment and any(part.table == KIND for part in manifest.parts)
        for manifest in lake.state_manifests()
    )


def troubled_logs(lake: Lake) -> frozenset[str]:
    """Return the logs that an earlier run said something bad of: when they are mended, that must be said too."""
    rows = _rows(lake, KIND, ["object", "kind", "verdict"])
    return frozenset(row["object"] for row in rows if row["kind"] == "log" and row["verdict"] != VALID)


def expectation(lake: Lake) -> Callable[[Chain], datetime | None]:
    """Return until when a chain must have digests: until its trail was last seen logging, with validation on."""
    seen: dict[tuple[str, str], datetime] = {}
    for row in sorted(_rows(lake, "trails", None), key=lambda row: row["captured_at"]):
        if row["is_logging"] and row["validates_files"] and row["name"] and row["home_region"]:
            seen[row["name"], row["home_region"]] = row["captured_at"]
        else:
            seen.pop((row["name"], row["home_region"]), None)
    return lambda chain: seen.get((chain.trail, chain.home_region))


def _rows(lake: Lake, kind: str, columns: list[str] | None) -> list[dict[str, Any]]:
    return [
        row
        for location in lake.locations(lake.state_parts(kind))
        for row in pq.read_table(location, columns=columns, partitioning=None).to_pylist()
    ]
