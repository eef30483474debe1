"""Resources that are known to exist, so that a pattern can be measured: what it covers beyond what was used."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from iamaudit.policy.match import resource_matches
from iamaudit.recommend.glob import has_variable

_END = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Known:
    """Names of resources, sorted: `seen` in the logs, by whomever, and `listed` in the state of the accounts."""

    seen: tuple[str, ...] = ()
    listed: tuple[str, ...] = ()

    def covered(self, pattern: str) -> tuple[int, int]:
        """Return how many seen resources *pattern* covers, and how many that are known at all."""
        seen = set(_matching(self.seen, pattern))
        return len(seen), len(seen.union(_matching(self.listed, pattern)))

    def beyond(self, pattern: str, used: Iterable[str]) -> int:
        """Return how many known resources *pattern* covers that are not among the *used*."""
        found = set(_matching(self.seen, pattern))
        found.update(_matching(self.listed, pattern))
        return len(found.difference(used))

    def others(self, prefix: str, used: Iterable[str]) -> int:
        """Return what `beyond` does for *prefix* and `*`, without looking at every name: *used* are distinct and begin so."""
        seen, listed = (_span(names, prefix) for names in (self.seen, self.listed))
        more = sum(not _holds(self.seen, self.listed[at]) for at in listed)
        return len(seen) + more - sum(_holds(self.seen, one) or _holds(self.listed, one) for one in used)


def _span(names: Sequence[str], prefix: str) -> range:
    return range(bisect_left(names, prefix), bisect_left(names, prefix + _END))


def _holds(names: Sequence[str], name: str) -> bool:
    at = bisect_left(names, name)
    return at < len(names) and names[at] == name


def known_resources(seen: Iterable[str], listed: Iterable[str]) -> Known:
    """Return the names that are ARNs of one thing each: what holds a wildcard or is cut off names nothing that exists."""

    def names(texts: Iterable[str]) -> tuple[str, ...]:
        return tuple(sorted({text for text in texts if text.count(":") >= 5 and not set("*?") & set(text)}))

    return Known(names(seen), names(listed))


def _matching(names: Sequence[str], pattern: str) -> Iterator[str]:
    """Yield the names that *pattern* matches; only those that begin like it are looked at."""
    if has_variable(pattern):
        return
    start = pattern[: min((at for at in map(pattern.find, "*?$") if at >= 0), default=len(pattern))]
    is_prefix = pattern == f"{start}*" and start.count(":") >= 5
    for at in range(bisect_left(names, start), bisect_left(names, start + _END)):
        if is_prefix or resource_matches(pattern, names[at], pad_short=True):
            yield names[at]
