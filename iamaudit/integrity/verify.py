"""Everything of one place: its chains of digests, the logs that they name, and the logs that no digest names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from iamaudit.errors import InputError
from iamaudit.integrity.chain import Absent, Named, walk
from iamaudit.integrity.digest import LogFile, Previous
from iamaudit.integrity.judge import Judged, judge
from iamaudit.integrity.logs import judge_log
from iamaudit.integrity.names import Chain, digest_name, is_digest_place, log_name
from iamaudit.integrity.public_keys import PublicKeys
from iamaudit.integrity.reading import in_order, read_digest
from iamaudit.integrity.source import SignedSource
from iamaudit.integrity.verdict import INVALID, MISSING, UNVERIFIED, VALID, Gap, ObjectVerdict
from iamaudit.integrity.windows import Window, holds, is_closed, united
from iamaudit.lake.layout import ledger_key
from iamaudit.ports import Listed

DELIVERED_WITHIN = timedelta(hours=1)  # the digest of an hour comes within the next
LATE = timedelta(hours=2)  # a chain that ends longer ago than this has stopped


@dataclass(frozen=True, slots=True)
class Listing:
    """The objects of a place by name: chains with their digests, logs, and things among digests that are none."""

    chains: dict[Chain, list[Named]]  # newest first
    digests: dict[str, list[Listed]]
    logs: dict[str, list[Listed]]
    strays: list[str]

    @property
    def size(self) -> int:
        """How many objects there are to judge."""
        return len(self.digests) + len(self.logs) + len(self.strays)


def list_objects(source: SignedSource, *, since: datetime | None = None, until: datetime | None = None) -> Listing:
    """List a place; digests that end, and logs that were delivered, outside [since, until + 1 h] are left out."""
    listing = Listing({}, {}, {}, [])
    outside: list[str] = []
    for entry in source.list():
        key = _key(source, entry)
        if (name := digest_name(key)) is not None:
            if "AWSLogs/" not in entry.key:
                outside.append(entry.path)
            elif _within(name.ends_at, since, until):
                if key not in listing.digests:
                    listing.chains.setdefault(name.chain, []).append((key, name))
                listing.digests.setdefault(key, []).append(entry)
        elif is_digest_place(key):
            listing.strays.append(key)
        elif (log := log_name(key)) is not None and _within(log.delivered_at, since, until):
            listing.logs.setdefault(key, []).append(entry)
    if outside and not listing.digests:
        raise InputError(
            f"the digest `{outside[0]}` in `{source.describe()}` does not lie below an `AWSLogs` folder, and where it lies "
            "is a part of what is signed: keep the bucket's layout, and give the folder above `AWSLogs`"
        )
    for names in listing.chains.values():
        names.sort(key=lambda item: (item[1].ends_at, item[0]), reverse=True)
    return listing


def verify_objects(
    source: SignedSource,
    keys: PublicKeys,
    listing: Listing,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    expected_until: Callable[[Chain], datetime | None] = lambda _: None,
) -> Iterator[ObjectVerdict]:
    """Yield a verdict for every digest and log of *listing*, and for every one that is named and not there.

    *expected_until* says until when a chain must have digests, when that is known. Bounded: what is kept of an object
    is its name, and of a digest its window.
    """
    visited: dict[str, str] = {}
    doubtful: dict[str, Callable[[], ObjectVerdict]] = {}
    windows: dict[tuple[str, str], list[Window]] = defaultdict(list)

    def work() -> Iterator[Callable[[], ObjectVerdict]]:
        backfilled: dict[Chain, list[Window]] = defaultdict(list)
        for chain in sorted(listing.chains, key=lambda entry: (not entry.is_backfill, entry)):
            names = listing.chains[chain]
            standard = replace(chain, is_backfill=False)
            for found in _walk(source, keys, listing, names, since):
                if isinstance(found, Absent):
                    # of another chain, if it is listed: its own verdict says more
                    if found.key not in listing.digests and visited.get(found.key) != MISSING:
                        visited[found.key] = MISSING
                        yield partial(_absent, chain, found)
                    continue
                if found.digest is not None:
                    window = (found.digest.starts_at, found.digest.ends_at)
                    windows[chain.account_id, chain.region].append(window)
                    if chain.is_backfill and found.is_authentic:
                        backfilled[standard].append(window)
                if found.name == names[0][1] and (until or expected_until(chain)) and not chain.is_backfill:
                    _end(found, until or expected_until(chain))
                closed = united(backfilled[standard])
                found.gaps = [gap for gap in found.gaps if not is_closed(gap, closed)]
                verdict = found.verdict()
                yield partial(_same, verdict)
                yield from _logs_of(source, listing, found, verdict, visited, doubtful, since)
        yield from (check for key, check in doubtful.items() if key not in visited)
        visited.update(dict.fromkeys(doubtful, ""))

    yield from in_order(work())
    for key in listing.strays:
        yield ObjectVerdict(key, "digest", UNVERIFIED, "it lies among the digests and its name is not that of one")
    spoken = {place: united(found) for place, found in windows.items()}
    for key in listing.logs:
        if key not in visited:
            yield _unnamed(key, spoken)


def _walk(
    source: SignedSource, keys: PublicKeys, listing: Listing, names: Sequence[Named], since: datetime | None
) -> Iterator[Judged | Absent]:
    readings = in_order(partial(read_digest, source, listing.digests[key]) for key, _ in names)

    def at(index: int, link: Previous | None) -> Judged:
        key, name = names[index]
        reading = next(readings)
        in_place = reading.digest is not None and _place(source, reading.digest.bucket, reading.digest.key) == key
        return judge(key, name, reading, keys, is_in_place=in_place, link=link)

    with closing(readings):
        yield from walk(names, at, place_of=partial(_reference, source), since=since)


def _logs_of(
    source: SignedSource,
    listing: Listing,
    judged: Judged,
    digest: ObjectVerdict,
    visited: dict[str, str],
    doubtful: dict[str, Callable[[], ObjectVerdict]],
    since: datetime | None,
) -> Iterator[Callable[[], ObjectVerdict]]:
    """Yield the checks of the logs that an authentic digest names; those of another wait in *doubtful*.

    What a false digest says counts for nothing: a log that it alone names is not missed.
    """
    for named in () if judged.digest is None else judged.digest.logs:
        key = _reference(source, named.key)
        verdict = replace(digest, object=key, kind="log", verdict=VALID, reason="", gaps=(), logs=None, is_unread=False)
        is_elsewhere = source.bucket is not None and named.bucket != source.bucket
        entries = [] if is_elsewhere else listing.logs.get(key) or []
        if not entries:
            log = log_name(key)
            is_before = (
                since is not None and log is not None and log.delivered_at is not None and log.delivered_at < since
            )
            if (digest.verdict == INVALID and not judged.is_authentic) or is_before or visited.get(key) == MISSING:
                continue
            visited[key] = MISSING
            word, reason = MISSING, "its digest names it, and it is not there"
            if is_elsewhere:
                word, reason = UNVERIFIED, f"it lies in the bucket `{named.bucket}`: verify that too"
            yield partial(_same, replace(verdict, verdict=word, reason=reason, is_listed=False))
            continue
        if visited.get(key) == named.sha256:
            continue
        check = partial(_check_log, source, entries, named, verdict, judged.is_authentic, digest.verdict == INVALID)
        if judged.is_authentic:
            visited[key] = named.sha256
            yield check
        else:
            doubtful.setdefault(key, check)  # an authentic digest may name it yet, and has the last word


def _check_log(
    source: SignedSource,
    entries: Sequence[Listed],
    named: LogFile,
    verdict: ObjectVerdict,
    is_authentic: bool,  # noqa: FBT001  # bound by position above
    is_false: bool,  # noqa: FBT001  # the same
) -> ObjectVerdict:
    word, reason, is_unread = judge_log(source, entries, named)
    if not is_authentic and word == VALID:
        word, reason = UNVERIFIED, "it is what its digest says, and that is not authentic"
    elif not is_authentic and word == INVALID and is_false:
        word, reason = UNVERIFIED, "it is not what its digest says, and that is not authentic"
    return replace(verdict, verdict=word, reason=reason, is_unread=is_unread)


def _absent(chain: Chain, found: Absent) -> ObjectVerdict:
    word, reason = MISSING, "not found: the digest after it names it"
    if found.elsewhere is not None:
        word, reason = UNVERIFIED, f"it lies in the bucket `{found.elsewhere}`: verify that too"
    return ObjectVerdict(
        found.key,
        "digest",
        word,
        reason,
        account_id=chain.account_id,
        region=chain.region,
        trail=chain.trail,
        window_start=found.start,
        window_end=found.end,
        is_listed=False,
    )


def _end(newest: Judged, expected: datetime | None) -> None:
    ended = newest.name.ends_at if newest.digest is None else newest.digest.ends_at
    if expected is not None and ended + LATE < expected:
        newest.gaps.append(
            Gap(
                ended,
                expected,
                f"the chain ends here, and digests until {expected:%Y-%m-%dT%H:%M:%SZ} are expected",
            )
        )


def _unnamed(key: str, spoken: dict[tuple[str, str], list[Window]]) -> ObjectVerdict:
    """Return the verdict on a log that no digest names, with the likeliest reason."""
    log = log_name(key)
    place = ("", "") if log is None else (log.account_id, log.region)
    verdict = ObjectVerdict(key, "log", UNVERIFIED, "", account_id=place[0], region=place[1])
    found = spoken.get(place)
    if not found:
        return replace(verdict, reason="there is no digest of its account and region")
    if log is None or log.delivered_at is None:
        return replace(verdict, reason="no digest names it, and its name is not that of a log", is_suspicious=True)
    at = log.delivered_at
    verdict = replace(verdict, window_start=at, window_end=at + timedelta(minutes=1))
    if at >= found[-1][1]:
        return replace(verdict, reason="it was delivered after the newest digest")
    if at < found[0][0]:
        return replace(verdict, reason="it was delivered before the oldest digest")
    if not holds(found, at):
        return replace(verdict, reason="there is no digest of its hour")
    return replace(verdict, reason="there is a digest of its hour, and it does not name it", is_suspicious=True)


def _same(verdict: ObjectVerdict) -> ObjectVerdict:
    return verdict


def _key(source: SignedSource, entry: Listed) -> str:
    return entry.key if source.bucket is None else entry.path


def _reference(source: SignedSource, key: str) -> str:
    """Return the name under which an object of that key is listed: a copy is compared from the last `AWSLogs/`."""
    return ledger_key(key, otherwise=key) if source.bucket is None else key


def _place(source: SignedSource, bucket: str, key: str) -> str | None:
    return None if source.bucket not in {None, bucket} else _reference(source, key)


def _within(moment: datetime | None, since: datetime | None, until: datetime | None) -> bool:
    if moment is None:
        return True
    return (since is None or moment >= since) and (until is None or moment <= until + DELIVERED_WITHIN)
