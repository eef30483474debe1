"""What is kept, and how it is arranged: from the try that keeps most to the one that keeps least, until one fits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from iamaudit.recommend.arrange import Arranged, Limits, arrange
from iamaudit.recommend.evidence import Actions, PrincipalEvidence, UnknownGrant
from iamaudit.recommend.fit import too_many
from iamaudit.recommend.keep import Keeper, KeepSet
from iamaudit.recommend.too_long import least_policies
from iamaudit.recommend.unknown import without_unknowable

_PLAIN = "did not fit: conditions on the service that a call came through are left out"
_KNOWABLE = "did not fit: permission-only actions of services that were never used are left out: {}"


@dataclass(frozen=True, slots=True)
class Tried:
    """One try: what it keeps, what `arrange` made of it, what was left out to get there, and the actions among that."""

    keep: KeepSet
    found: Arranged
    steps: tuple[str, ...]
    forgone: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tries:
    """The ways to shrink one principal's policies; the meanings are those of `propose`."""

    evidence: PrincipalEvidence
    catalogue: Actions
    keeper: Keeper
    limits: Limits
    keep_unknown: bool = True
    threshold: int | None = None
    shorten_with: tuple[str, ...] = ()
    cross_service: frozenset[str] = frozenset()

    def first_that_fits(self) -> Tried | str:
        """Return the first try that fits AWS's quotas, or in words why the last of them does not."""
        refused = ""
        for unknown, forgone, steps in self._unknown():
            if least := self._at_least(unknown):
                refused = "; ".join((*steps, too_many(least, self.limits.most)))
                continue
            for keep, more in self._by_way(unknown):
                found = self._arranged(keep)
                if not found.refused:
                    return Tried(keep, found, (*steps, *more), forgone)
                refused = "; ".join((*steps, *more, found.refused))
        return refused

    def _unknown(self) -> Iterator[tuple[tuple[UnknownGrant, ...], tuple[str, ...], tuple[str, ...]]]:
        """Yield the unknown grants to keep, the actions forgone with the others, and that in words."""
        yield self.evidence.unknown, (), ()
        if self.keep_unknown:
            smaller, forgone = without_unknowable(self.evidence, self.catalogue, self.cross_service)
            if forgone:
                yield smaller.unknown, forgone, (_KNOWABLE.format(len(forgone)),)

    def _by_way(self, unknown: tuple[UnknownGrant, ...]) -> Iterator[tuple[KeepSet, tuple[str, ...]]]:
        """Yield what is kept with the conditions on the service that calls came through, and without where that differs."""
        keep = self.keeper.keep_set(unknown)
        yield keep, ()
        if _is_narrowed(keep) and (plain := self.keeper.keep_set(unknown, by_way=False)) != keep:
            yield plain, (_PLAIN,)

    def _at_least(self, unknown: tuple[UnknownGrant, ...]) -> int:
        """Return how many managed policies the names of *unknown* take alone, where that is too many, else 0."""
        if not self.keep_unknown or self.shorten_with:
            return 0
        names = {self.keeper.naming.spelled(one.action) for one in unknown}
        return least_policies(self.evidence, self.keeper, self.catalogue, names, self.limits)

    def _arranged(self, keep: KeepSet) -> Arranged:
        return arrange(
            self.evidence,
            keep,
            self.catalogue,
            threshold=self.threshold,
            limits=self.limits,
            shorten_with=self.shorten_with,
        )


def _is_narrowed(keep: KeepSet) -> bool:
    """Whether some grain has conditions that its statement of today has not."""
    return any(len(grain.conditions) > len(grain.source.statement.conditions) for grain in keep.grains)
