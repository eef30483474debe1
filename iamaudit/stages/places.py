"""What stands behind a text such as `logs/`, `s3://bucket/prefix`, a queue's URL or `lookup://`: a source or a lake."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import platformdirs

from iamaudit.errors import ConfigError, LakeNotFoundError
from iamaudit.lake.lake import MARK, MARK_TEXT, Lake
from iamaudit.lake.lake import create_lake as create_lake_in_folder
from iamaudit.lake.lake import find_lake as find_lake_in_folder
from iamaudit.model.place import AwsAccess, Place, bucket_and_prefix, is_url
from iamaudit.ports import LogSource, ObjectStore
from iamaudit.sources.folder import Folder
from iamaudit.sources.window import Window, Within
from iamaudit.stages.instants import moment

_OWN_SETTINGS: Final = AwsAccess()
_ALWAYS: Final = Window()
_QUEUE_HOST: Final = re.compile(r"(?:^|//)sqs\.([a-z0-9-]+)\.")


def open_source(
    place: Place, access: AwsAccess = _OWN_SETTINGS, *, as_of: datetime, window: Window = _ALWAYS
) -> LogSource:
    """Return the log source that *place* names: a file or folder, `s3://bucket/prefix`, a queue or the event history.

    A queue is `sqs://REGION/ACCOUNT/NAME` or its URL; `lookup://` (or `cloudtrail://`) is the event history, of the
    regions named after it or of all. *as_of* is now. Nothing is asked yet. Raises `ConfigError` for other texts.
    """
    text = str(place)
    if not is_url(place):
        folder = Folder(Path(place))
        return folder if window.is_open else Within(folder, window)
    scheme, _, rest = text.partition("://")
    # boto3 takes most of a second to start: only who reads from AWS waits for it
    from iamaudit.sources.connect import Connection  # noqa: PLC0415
    from iamaudit.sources.patience import Patience  # noqa: PLC0415

    if scheme == "s3":
        from iamaudit.sources.bucket import open_bucket  # noqa: PLC0415

        return open_bucket(*bucket_and_prefix(text), access, window=window, patience=Patience())
    if scheme in {"sqs", "http", "https"}:
        from iamaudit.sources.queue import Queue  # noqa: PLC0415

        url = _queue_url(text)
        region = _QUEUE_HOST.search(url)
        return Queue(url, Connection(access), region[1] if region else access.region)
    if scheme in {"lookup", "cloudtrail"}:
        from iamaudit.sources.event_history import EventHistory  # noqa: PLC0415

        regions = tuple(name for name in rest.split(",") if name)
        return EventHistory(Connection(access).client, as_of, regions, window)
    raise ConfigError(
        f"`{text}` is not a place that logs can be read from: give a folder, `s3://bucket/prefix`, "
        "`sqs://region/account/queue` or `lookup://`"
    )


def open_sources(
    places: Iterable[Place], access: AwsAccess = _OWN_SETTINGS, *, as_of: datetime, window: Window = _ALWAYS
) -> list[LogSource]:
    """Return the log sources of several places, as `open_source` does."""
    return [open_source(place, access, as_of=as_of, window=window) for place in places]


def window_of(
    since: str | None = None, until: str | None = None, *, now: datetime, since_days: int | None = None
) -> Window:
    """Return the days of delivery to read, from texts or from a number of days before *now*; None is open."""
    first = None if since is None else moment(since, now=now)
    if since_days is not None:
        first = max(filter(None, (first, now - timedelta(days=since_days))))
    return Window(first, None if until is None else moment(until, now=now))


def create_lake(place: Place, access: AwsAccess = _OWN_SETTINGS, *, cache: Path | None = None) -> Lake:
    """Return the lake at *place*, a folder or `s3://bucket/prefix`, made if there is none.

    *cache* is where copies of an S3 lake's parts are kept (default: the user's cache folder).
    """
    if not is_url(place):
        return create_lake_in_folder(Path(place))
    store = _store(str(place), access, cache)
    if not store.exists(MARK):
        if next(iter(store.list("")), None) is not None:
            raise LakeNotFoundError(f"`{place}` holds objects and is not a lake: give an empty or a new prefix")
        store.write_new(MARK, MARK_TEXT)
    return Lake(store)


def find_lake(place: Place, access: AwsAccess = _OWN_SETTINGS, *, cache: Path | None = None) -> Lake:
    """Return the lake at *place*, a folder or `s3://bucket/prefix`; raise `LakeNotFoundError` when there is none."""
    if not is_url(place):
        return find_lake_in_folder(Path(place))
    store = _store(str(place), access, cache)
    if not store.exists(MARK):
        raise LakeNotFoundError(f"there is no lake at `{place}`: run `iamaudit ingest SOURCE --lake {place}` first")
    return Lake(store)


def _store(place: str, access: AwsAccess, cache: Path | None) -> ObjectStore:
    from iamaudit.sources.patience import Patience  # noqa: PLC0415  # boto3 is slow to start
    from iamaudit.sources.s3_store import open_store  # noqa: PLC0415  # the same

    bucket, prefix = bucket_and_prefix(place)
    own = AwsAccess(profile=access.profile, region=access.region, endpoint_url=access.endpoint_url)
    return open_store(bucket, prefix, own, cache=cache or platformdirs.user_cache_path("iamaudit"), patience=Patience())


def _queue_url(text: str) -> str:
    scheme, _, rest = text.partition("://")
    parts = rest.strip("/").split("/")
    if len(parts) != 3 or not parts[1].isdigit():
        raise ConfigError(
            f"`{text}` is not a queue: write it like `sqs://eu-west-1/111122223333/name`, or give its URL"
        )
    if scheme != "sqs":
        return text
    host, account, name = parts
    if "." in host:
        return f"https://{rest}"
    return f"https://sqs.{host}.amazonaws.com{'.cn' if host.startswith('cn-') else ''}/{account}/{name}"
