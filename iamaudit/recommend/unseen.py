"""What is kept without having been seen: protected and fresh statements, exclusions, and what the logs cannot show."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from iamaudit.policy.expand import expand
from iamaudit.recommend.buckets import fitting
from iamaudit.recommend.evidence import Actions, PrincipalEvidence, UnknownGrant
from iamaudit.recommend.grain import Grain
from iamaudit.recommend.kept import Kept
from iamaudit.recommend.merge import merged_each
from iamaudit.recommend.naming import Naming
from iamaudit.recommend.sources import Source

_Row = tuple[Source, str, str, str]  # statement, action or pattern in it, origin, reason


@dataclass(frozen=True, slots=True)
class Unseen:
    """The part of a keep set that no use bears on; `alone` is what is left of `by_action` where nothing else names the action."""

    by_action: dict[str, list[Grain]]
    alone: dict[str, tuple[Grain, ...]]
    actions: frozenset[str]  # of the grains, patterns expanded
    kept: tuple[Kept, ...]
    unknown: frozenset[str]  # action names


class Unseeing:
    """Finds what one principal keeps unseen; asked again with other unknown grants, it makes no grain twice."""

    def __init__(self, evidence: PrincipalEvidence, catalogue: Actions, naming: Naming) -> None:
        """Look at *evidence* through *naming*, its statements of today."""
        self._evidence = evidence
        self._catalogue = catalogue
        self._naming = naming
        self._places: dict[tuple[int, str, str], tuple[Grain | None, str] | None] = {}
        self._last: tuple[tuple[UnknownGrant, ...], bool, Unseen] | None = None

    def found(self, unknown: tuple[UnknownGrant, ...], *, keep_unknown: bool) -> Unseen:
        """Return what stays, *unknown* being the grants that the logs could not have shown."""
        if self._last is not None and self._last[0] is unknown and self._last[1] is keep_unknown:
            return self._last[2]
        reasons = self._reasons(unknown)
        by_action: defaultdict[str, list[Grain]] = defaultdict(list)
        kept: dict[tuple[str, str, str, str], Kept] = {}
        for source, action, origin, reason in self._rows(reasons if keep_unknown else {}):
            place = self._place(source, action, origin)
            if place is None:
                continue  # the statement names the action and no resource of its type: it grants nothing of it
            grain, resource = place
            if grain is not None:
                by_action[action].append(grain)
            line = (action, resource, origin, reason)
            if line not in kept:
                kept[line] = Kept(*line)
        for source in self._naming.sources:
            if source.whole and source.statement.not_actions:
                everything = (source.statement.resources, source.statement.not_resources, source.statement.conditions)
                for action in self._naming.named_by(source):
                    by_action[action].append(Grain(source, action, *everything, source.whole))
        found = Unseen(
            dict(by_action),
            merged_each(by_action),
            expand(by_action, self._catalogue.all_actions()),
            tuple(kept.values()),
            frozenset(reasons),
        )
        self._last = (unknown, keep_unknown, found)
        return found

    def _place(self, source: Source, action: str, origin: str) -> tuple[Grain | None, str] | None:
        """Return the grain (none of a statement that stays whole) and its resources in words; None where it grants nothing."""
        key = (source.position, action, origin)
        if key not in self._places:
            statement = source.statement
            resources = fitting(action, statement.resources)
            if statement.resources and not resources:
                self._places[key] = None
            else:
                stays = (resources, statement.not_resources, statement.conditions)
                words = " ".join(resources) or "not " + " ".join(statement.not_resources)
                self._places[key] = (None if source.whole else Grain(source, action, *stays, origin), words)
        return self._places[key]

    def _rows(self, reasons: Mapping[str, Sequence[str]]) -> Iterator[_Row]:
        evidence, naming = self._evidence, self._naming
        for source in naming.sources:
            if source.whole:
                listed = source.statement.actions or [f"not {' '.join(source.statement.not_actions)}"]
                yield from ((source, action, source.whole, source.why) for action in listed)
        for rule in evidence.exclusions:
            for source in naming.sources:
                yield from (
                    (source, action, "protected", rule.words()) for action in naming.excluded(source, rule.actions)
                )
        for action in sorted({self._catalogue.spelling(action) or action for action in evidence.fresh}):
            yield from (
                (source, action, "fresh", "granted too recently to be judged") for source in naming.naming(action)
            )
        for action, speaking in sorted(naming.naming_each(reasons).items()):
            for reason in sorted(reasons[action]):
                yield from ((source, action, "unknown", reason) for source in speaking)

    def _reasons(self, unknown: Iterable[UnknownGrant]) -> dict[str, list[str]]:
        """Return why each of *unknown* is, by its action in AWS's spelling."""
        spelled = self._naming.spelled
        found: dict[str, list[str]] = {}
        for one in unknown:
            reasons = found.setdefault(spelled(one.action), [])
            if one.reason not in reasons:
                reasons.append(one.reason)
        return found
