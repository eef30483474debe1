"""The walk along one chain, from its newest digest back: what is named and not there, and where it does not close."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from iamaudit.integrity.digest import Previous
from iamaudit.integrity.judge import AFTER_SAYS, WRONG_SIGNATURE, Judged
from iamaudit.integrity.names import DigestName, digest_name
from iamaudit.integrity.verdict import Gap

_TIME = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True, slots=True)
class Absent:
    """A digest that the chain names and the source does not list."""

    key: str
    after: Judged  # who names it
    start: datetime
    end: datetime
    elsewhere: str | None = None  # another bucket, where it may well be


Named = tuple[str, DigestName]
Judge = Callable[[int, Previous | None], Judged]


def walk(
    names: Sequence[Named],
    judge: Judge,
    *,
    place_of: Callable[[str], str],
    since: datetime | None = None,
) -> Iterator[Judged | Absent]:
    """Yield every digest of *names* (newest first) with its final verdict, and those that are absent between them.

    *judge* judges the digest at an index, given what the digest after it says; it is called once for each, in order.
    *place_of* turns the key in a digest into one of *names*. A chain that goes on before *since* is not followed.
    """
    position = {key: index for index, (key, _) in enumerate(names)}
    held: Judged | None = None
    link: Previous | None = None
    index = 0
    while index < len(names):
        current = judge(index, link)
        if held is not None:
            if link is not None:
                _compare(held, current)
            yield held
        held, link = current, None
        digest, before = current.digest, None if current.digest is None else current.digest.previous
        following = index + 1
        if digest is None:
            pass
        elif before is None:
            if following < len(names):
                current.gaps.append(_gap(names[following][1].ends_at, digest.starts_at, "the chain begins anew here"))
        else:
            target = position.get(place_of(before.key), -1)
            if target == following:
                link = before
            elif target > following and current.is_authentic:
                for skipped in range(following, target):
                    passed = judge(skipped, None)
                    passed.is_named = False
                    yield passed
                link, following = before, target
            elif target >= 0:
                current.problems.append("the digest that it names before it is not the one before it")
            elif absent := _absent(before, current, names, following, place_of, since):
                yield absent
        index = following
    if held is not None:
        yield held


def _absent(
    before: Previous,
    current: Judged,
    names: Sequence[Named],
    following: int,
    place_of: Callable[[str], str],
    since: datetime | None,
) -> Absent | None:
    """Return the digest that *current* names and nobody finds; None before *since*, and when *current* may be lying."""
    digest = current.digest
    if digest is None or (current.problems and not current.is_authentic):
        return None
    name = digest_name(before.key)
    if since is not None and (digest.starts_at if name is None else name.ends_at) < since:
        return None
    older = names[following][1].ends_at if following < len(names) else digest.starts_at - timedelta(hours=1)
    elsewhere = before.bucket if before.bucket != digest.bucket else None
    return Absent(place_of(before.key), current, min(older, digest.starts_at), digest.starts_at, elsewhere)


def _compare(after: Judged, before: Judged) -> None:
    """Compare two neighbours: windows that do not abut are a gap; a doubtful digest cannot contradict a signed one."""
    if after.digest is None or before.digest is None:
        return
    accused = [problem for problem in before.problems if AFTER_SAYS in problem]
    if accused and before.is_authentic and not after.is_authentic:
        after.problems.append("it says of the digest before it what is not so")
        before.problems = [problem for problem in before.problems if problem not in accused]
    elif after.problems and not after.is_authentic:
        told = [*accused, *([WRONG_SIGNATURE] if not before.signature_is_own else [])]
        before.doubts += [problem for problem in before.problems if problem in told]
        before.problems = [problem for problem in before.problems if problem not in told]
    if before.digest.ends_at != after.digest.starts_at and not after.name.chain.is_backfill:
        after.gaps.append(_gap(before.digest.ends_at, after.digest.starts_at, "the windows do not abut"))


def _gap(end_of_older: datetime, start_of_newer: datetime, why: str) -> Gap:
    start, end = min(end_of_older, start_of_newer), max(end_of_older, start_of_newer)
    if end_of_older > start_of_newer:
        return Gap(start, end, f"{why}: two digests speak of {start:{_TIME}} to {end:{_TIME}}")
    return Gap(start, end, f"{why}: no digest speaks of {start:{_TIME}} to {end:{_TIME}}")
