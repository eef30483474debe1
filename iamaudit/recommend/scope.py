"""How far the resources of one action reach: the names that were used, or the patterns that a person would write."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from math import inf

from iamaudit.knowledge.generalise import Care, care_of
from iamaudit.recommend.generalise import NEVER, generalise
from iamaudit.recommend.glob import has_wildcard, inside
from iamaudit.recommend.grain import Grain
from iamaudit.recommend.known import Known
from iamaudit.recommend.sources import Source, is_within
from iamaudit.recommend.volatile import counted, creations, without_volatile


@dataclass(frozen=True, slots=True)
class Generalised:
    """A pattern of the proposal that stands for several observed names, or for one that will not come again.

    `covers_seen`: resources that the lake's logs name and the pattern covers, used by whomever; `covers_known`: those, and
    the ones that the state of the accounts lists.
    """

    action: str
    pattern: str
    names: int
    covers_seen: int = 0
    covers_known: int = 0


class Scope:
    """Turns names into patterns, and remembers which."""

    def __init__(self, grains: Iterable[Grain], known: Known, threshold: int | None) -> None:
        """*grains* are all of the principal: what it makes, it names anew. *threshold*: instead of each service's own."""
        self._created = creations(sorted({grain.action for grain in grains if grain.origin == "used"}))
        self._known = known
        self._threshold = threshold

    def of(self, source: Source, action: str, named: frozenset[str]) -> tuple[frozenset[str], tuple[Generalised, ...]]:
        """Return what an observed action of one statement is limited to, and the patterns among it that were made.

        A pattern is inside what the statement grants, and siblings are put together only where not too much comes with them.
        """
        if action.lower() in NEVER or source.is_frozen:
            return named, ()
        is_granted = partial(is_within, source)
        own = named & set(source.statement.resources)  # today's patterns are not observed names
        patterns = without_volatile(named - own, action, self._created, is_granted)
        care = self._care(action)
        wanted = {*own, *patterns}
        if care.threshold is not None:
            is_fine = partial(self._is_fine, care, named, is_granted)
            wanted = set(generalise(wanted, is_fine, threshold=care.threshold))
        wide = [one for one in wanted if has_wildcard(one)]
        wanted = {one for one in wanted if one in own or not any(one != other and inside(one, other) for other in wide)}
        counts = counted(patterns, wanted - own)
        made = (Generalised(action, pattern, count, *self._known.covered(pattern)) for pattern, count in counts.items())
        wanted |= {bare for one in wanted if (bare := _bare_log_group(one)) and is_granted(bare)}
        return frozenset(wanted), tuple(made)

    def _care(self, action: str) -> Care:
        return care_of(action.partition(":")[0]) if self._threshold is None else Care(self._threshold, inf)

    def _is_fine(self, care: Care, named: frozenset[str], is_granted: partial[bool], pattern: str) -> bool:
        if not is_granted(pattern):
            return False
        start = pattern.removesuffix("*")
        used = {one for one in named if one.startswith(start)}
        return care.tolerance == inf or self._known.beyond(pattern, used) <= care.tolerance * len(used)


def _bare_log_group(resource: str) -> str:
    """Return a log group's ARN without the star that most actions have there, or nothing.

    AWS's own pages and policies write it both ways (domain.md §2.3), and a group without its streams is no wider.
    """
    is_group = resource.startswith("arn:") and ":log-group:" in resource and ":log-stream:" not in resource
    return resource.removesuffix(":*") if is_group and resource.endswith(":*") else ""


def added_up(made: Iterable[Generalised]) -> tuple[Generalised, ...]:
    """Return each pattern of each action once, with all names that it stands for."""
    names: defaultdict[tuple[str, str], int] = defaultdict(int)
    covers: dict[tuple[str, str], tuple[int, int]] = {}
    for one in made:
        names[one.action, one.pattern] += one.names
        covers[one.action, one.pattern] = (one.covers_seen, one.covers_known)
    return tuple(Generalised(*key, count, *covers[key]) for key, count in sorted(names.items()))
