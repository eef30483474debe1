"""A thing that several principals hold (a group, a shared policy, a permission set), shrunk to what all of them need."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from iamaudit.model.change import Change
from iamaudit.recommend.arrange import Arranged, Limits, arrange
from iamaudit.recommend.changes import changes_of
from iamaudit.recommend.choices import CONDITION_DAYS, CONDITION_USES
from iamaudit.recommend.evidence import Actions, CurrentPolicy, PrincipalEvidence
from iamaudit.recommend.keep import KeepSet, keep_set
from iamaudit.recommend.kept import Kept
from iamaudit.recommend.known import Known
from iamaudit.recommend.merge import merged
from iamaudit.recommend.offers import Offer, offers_of
from iamaudit.recommend.parts import ProposedPolicy
from iamaudit.recommend.propose import Proposal, granted_actions, ways_out
from iamaudit.recommend.unknown import blindness, without_unknowable


@dataclass(frozen=True, slots=True)
class Holder:
    """One principal that holds the thing: all that is known of it, and what of its policies stays beside the thing."""

    evidence: PrincipalEvidence
    others: tuple[CurrentPolicy, ...] = ()


@dataclass(frozen=True, slots=True)
class Shared:
    """A thing that several hold; `whole` tells of the thing as evidence tells of a principal.

    `whole.arn` is the thing's ARN, `whole.kind` is group, policy or permission_set, `whole.current` are its policies of today,
    protected or fresh where they are so for any holder. `known` stands apart so that it is sent to a worker once.
    """

    whole: PrincipalEvidence
    holders: tuple[Holder, ...] = ()
    known: Known = field(default_factory=Known)

    @property
    def arn(self) -> str:
        """The thing's own."""
        return self.whole.arn


@dataclass(frozen=True, slots=True)
class Needed:
    """What must stay of a shared thing: of all holders together, and of each by its ARN."""

    together: KeepSet
    by_holder: dict[str, KeepSet]


@dataclass(frozen=True, slots=True)
class Options:
    """How a shared thing is shrunk; the meanings are those of `propose`."""

    keep_unknown: bool = True
    level: str = "resource"
    most: int = 10
    wildcards: bool = False
    cross_service: frozenset[str] = frozenset()
    condition_days: int = CONDITION_DAYS
    condition_uses: int = CONDITION_USES


Arranger = Callable[[PrincipalEvidence, KeepSet, Actions, tuple[str, ...]], Arranged]
Changer = Callable[[PrincipalEvidence, Sequence[ProposedPolicy]], tuple[Change, ...]]


def merged_guards(held: Iterable[CurrentPolicy], *, through: str, others: tuple[str, ...] = ()) -> CurrentPolicy:
    """Return one policy as all its holders have it: what is protected or too fresh to judge for one is so for all."""
    every = list(held)
    protected = next((one.protected for one in every if one.protected), "")
    fresh = [one for one in every if one.fresh]
    settled = {one.settled for one in fresh}
    return replace(
        every[0],
        through=through,
        others=others,
        protected=protected,
        fresh=fresh[0].fresh if fresh else "",
        settled=settled.pop() if len(settled) == 1 else None,
    )


def needed(shared: Shared, catalogue: Actions, options: Options) -> Needed:
    """Return what each holder needs of the thing, asked as that holder, and the union.

    A use that a holder's own policies grant as well counts too: its own plan may leave it to the thing.
    """
    by_holder = {one.evidence.arn: _needed_by(one.evidence, shared, catalogue, options) for one in shared.holders}
    if not by_holder:
        return Needed(keep_set(shared.whole, catalogue, keep_unknown=False, level=options.level), {})
    names = {one.evidence.arn: one.evidence.name for one in shared.holders}
    sets = list(by_holder.values())
    actions = frozenset().union(*(one.actions for one in sets))
    kept = [line for arn, one in by_holder.items() for line in told_by(names[arn], one.kept)]
    together = KeepSet(
        grains=merged(grain for one in sets for grain in one.grains),
        whole=sets[0].whole,
        actions=actions,
        kept=tuple(_each_once(kept)),
        used_not_granted=(),
        unknown_kept=tuple(sorted({action for one in sets for action in one.unknown_kept})),
        unknown_dropped=tuple(sorted({action for one in sets for action in one.unknown_dropped} - actions)),
    )
    return Needed(together, by_holder)


def _needed_by(holder: PrincipalEvidence, shared: Shared, catalogue: Actions, options: Options) -> KeepSet:
    offers: tuple[Offer, ...] = ()
    if options.level == "condition":
        limits = {"days": options.condition_days, "least_uses": options.condition_uses}
        offers = offers_of(holder.uses, until=holder.window_end, **limits)
    evidence = _of_thing(shared, holder)
    return keep_set(
        evidence, catalogue, keep_unknown=options.keep_unknown, level=options.level, offers=offers, tells_missing=False
    )


def propose_shared(
    shared: Shared,
    catalogue: Actions,
    options: Options,
    way: tuple[Arranger, Changer] | None = None,
    found_needed: Needed | None = None,
) -> Proposal:
    """Return the proposal for the thing: the union of what its holders need, inside what it grants today.

    Without holders everything is taken from it. Refused like a principal's own: when it or a holder is protected, when
    the logs cannot tell of a holder, and when AWS's quotas do not allow it. *way*: how policies are arranged and changes made
    where it is not as for a principal. *found_needed*: what `needed` says of it, where the caller knows that already.
    """
    whole = replace(shared.whole, known=shared.known)
    before = granted_actions(whole, catalogue)

    def refusal(kind: str, why: str) -> Proposal:
        return Proposal(whole.arn, granted=tuple(sorted(before)), refused=why, refused_kind=kind, level=options.level)

    if whole.protected:
        return refusal("protected", whole.protected)
    for one in shared.holders:
        if one.evidence.protected:
            return refusal("protected", f"`{one.evidence.name}` holds it: {one.evidence.protected}")
        if options.keep_unknown and (why := blindness(one.evidence)):
            return refusal("coverage", f"of `{one.evidence.name}`: {why}")

    every = catalogue.all_actions() if options.wildcards else ()
    arranger, changer = way or _in_its_place(options.most)
    notes: list[str] = []
    found_needed = found_needed or needed(shared, catalogue, options)
    found = arranger(whole, found_needed.together, catalogue, every)
    forgone: tuple[str, ...] = ()
    if found.refused and options.keep_unknown:
        smaller, forgone = _without_unknowable(shared, catalogue, options.cross_service)
        if forgone:
            found_needed = needed(smaller, catalogue, options)
            found = arranger(whole, found_needed.together, catalogue, every)
            notes.append(
                f"did not fit: permission-only actions of services that were never used are left out: {len(forgone)}"
            )
    if found.refused:
        ways = ways_out(wildcards=options.wildcards, keep_unknown=options.keep_unknown, has_conditions=False)
        return refusal("quota", "; ".join([*notes, found.refused, *ways]))
    if len(found.parts) == len(whole.current) and found.is_untouched:
        return refusal("nothing_to_do", "it allows nothing beyond what its holders used or what cannot be judged")
    keep = found_needed.together
    return Proposal(
        principal=whole.arn,
        policies=tuple(part.policy for part in found.parts),
        parts=found.parts,
        changes=changer(whole, found.parts),
        kept=keep.kept,
        granted=tuple(sorted(before)),
        dropped=tuple(sorted(before - keep.actions)),
        unknown_kept=keep.unknown_kept,
        unknown_dropped=tuple(sorted({*keep.unknown_dropped, *forgone} - keep.actions)),
        generalised=found.generalised,
        notes=(*notes, *_notes(shared, found_needed), *whole.caveats),
        level=options.level,
    )


def _in_its_place(most: int) -> tuple[Arranger, Changer]:
    def arranger(whole: PrincipalEvidence, keep: KeepSet, catalogue: Actions, every: tuple[str, ...]) -> Arranged:
        return arrange(whole, keep, catalogue, limits=Limits(most=most), shorten_with=every)

    return arranger, partial(changes_of, most=most)


def _of_thing(shared: Shared, holder: PrincipalEvidence) -> PrincipalEvidence:
    """Return a holder as if it held the thing alone."""
    rules = dict.fromkeys((*holder.exclusions, *shared.whole.exclusions))
    return replace(holder, current=shared.whole.current, exclusions=tuple(rules))


def _without_unknowable(
    shared: Shared, catalogue: Actions, cross_service: frozenset[str]
) -> tuple[Shared, tuple[str, ...]]:
    holders = []
    left_out: set[str] = set()
    for one in shared.holders:
        smaller, forgone = without_unknowable(one.evidence, catalogue, cross_service)
        holders.append(replace(one, evidence=smaller))
        left_out.update(forgone)
    return replace(shared, holders=tuple(holders)), tuple(sorted(left_out))


def told_by(name: str, kept: Iterable[Kept]) -> Iterable[Kept]:
    """Say who used it; what nobody was seen to use is the same for all holders and stands once."""
    return (one if one.use is None else replace(one, reason=f"{one.reason}; by `{name}`") for one in kept)


def _each_once(kept: Iterable[Kept]) -> Iterable[Kept]:
    seen = set()
    for one in kept:
        key = (one.action, one.resource, one.origin, one.reason) if one.use is None else id(one)
        if key not in seen:
            seen.add(key)
            yield one


def _notes(shared: Shared, found: Needed) -> list[str]:
    if not shared.holders:
        return ["nobody holds it: all that it grants can be taken away"]
    idle = sorted(
        one.evidence.name
        for one in shared.holders
        if not any(line.use is not None for line in found.by_holder[one.evidence.arn].kept)
    )
    count, who = len(shared.holders), "member" if shared.whole.kind == "group" else "holder"
    its = f"its {who}" if count == 1 else f"its {count} {who}s together"
    notes = [f"it keeps what {its} used of it"]
    if idle:
        shown = ", ".join(f"`{name}`" for name in idle[:10])
        more = f" and {len(idle) - 10} more" if len(idle) > 10 else ""
        notes.append(f"{len(idle)} of {count} used nothing of it: {shown}{more}")
    return notes
