"""One policy of today, one part of the proposal: shrunk where it is, replaced, split, left alone or gone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from iamaudit.model.policy import Effect, Policy
from iamaudit.policy.compare import compare
from iamaudit.policy.expand import expand, expand_not
from iamaudit.policy.render import size, to_json
from iamaudit.recommend.evidence import Actions, CurrentPolicy, PrincipalEvidence
from iamaudit.recommend.fit import LARGEST_POLICY, MOST_POLICIES, fit
from iamaudit.recommend.grain import Grain
from iamaudit.recommend.group import Versioned, in_newest, statements_of, unique_sids_of
from iamaudit.recommend.keep import KeepSet
from iamaudit.recommend.names import Names
from iamaudit.recommend.scope import Generalised, Scope, added_up
from iamaudit.recommend.sources import WITH_VARIABLES, WITHOUT_VARIABLES

INLINE_TOTAL: Final = {"user": 2048, "role": 10_240, "group": 5120}  # characters, all inline policies (domain.md §4)
_RANK: Final = {"inline": 0, "customer": 1, "aws": 2}


@dataclass(frozen=True, slots=True)
class ProposedPolicy:
    """One policy that the principal will have.

    `policy_id` and `document` are as in CurrentPolicy: an untouched policy keeps AWS's very text, any other has minified
    JSON. `replaces` are the policy ids of today that it stands for. `through` is the principal, or the group that holds
    the policy: what a group holds is not changed for one member.
    """

    policy: Policy
    name: str
    kind: str  # inline | customer | aws
    policy_id: str
    through: str
    replaces: tuple[str, ...]
    change: str  # what happens, in words
    document: str
    is_untouched: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """AWS's quotas: characters of a managed policy, and how many may be attached; more are taken when today has more."""

    largest: int = LARGEST_POLICY
    most: int = MOST_POLICIES


@dataclass(frozen=True, slots=True)
class Arranged:
    """The parts in a stable order, or why AWS's quotas do not allow them."""

    parts: tuple[ProposedPolicy, ...] = ()
    generalised: tuple[Generalised, ...] = ()
    refused: str = ""
    is_split: bool = False  # whether one policy of today became several

    @property
    def is_untouched(self) -> bool:
        """Whether nothing changes, provided that no policy of today is gone."""
        return all(part.is_untouched for part in self.parts)


@dataclass(frozen=True, slots=True)
class _Draft:
    """What stays of one policy of today."""

    current: CurrentPolicy
    statements: tuple[Versioned, ...]
    generalised: tuple[Generalised, ...]
    is_untouched: bool = False

    @property
    def policies(self) -> tuple[Policy, ...]:
        return tuple(Policy((one.statement,), version=one.version) for one in self.statements)


def arrange(
    evidence: PrincipalEvidence,
    keep: KeepSet,
    catalogue: Actions,
    *,
    threshold: int | None = None,
    limits: Limits = Limits(),
    shorten_with: tuple[str, ...] = (),
    in_place: frozenset[str] = frozenset(),
) -> Arranged:
    """Return what becomes of each policy of today, so that the parts together allow what is to be kept.

    Never touches a policy for all when others hold it, unless it is among *in_place*: policy ids of which the caller knows
    that every holder keeps the same. A policy that allows nothing beyond what is kept is left as it is.
    """
    scope = Scope(keep.grains, evidence.known, threshold)
    drafts = _drafts(evidence, keep, scope, catalogue, shorten_with)
    drafts = [_as_it_is(draft, drafts, keep, catalogue) for draft in drafts]
    return _Fitter(evidence, limits, in_place).fitted(
        [draft for draft in drafts if draft.statements or draft.is_untouched]
    )


def as_today(evidence: PrincipalEvidence) -> tuple[ProposedPolicy, ...]:
    """Return today's policies as parts that do not change."""
    return tuple(_untouched(one) for one in ordered(evidence))


def _drafts(
    evidence: PrincipalEvidence, keep: KeepSet, scope: Scope, catalogue: Actions, shorten_with: tuple[str, ...]
) -> list[_Draft]:
    of_policy: defaultdict[tuple[str, str], list[Grain]] = defaultdict(list)
    whole: defaultdict[tuple[str, str], list[Versioned]] = defaultdict(list)
    for grain in keep.grains:
        of_policy[grain.source.policy.through, grain.source.policy.policy_id].append(grain)
    for source in keep.whole:
        if source.statement.actions:  # one with NotAction was written out
            carried = Versioned(source.statement, source.version, is_carried=True)
            whole[source.policy.through, source.policy.policy_id].append(in_newest(carried))
    found = []
    for one in ordered(evidence):
        own = of_policy[one.through, one.policy_id]
        statements, made = statements_of(own, [one], scope, catalogue, shorten_with=shorten_with)
        together = (*whole[one.through, one.policy_id], *statements)
        found.append(_Draft(one, unique_sids_of(_in_one_grammar(together)), made))
    return found


def ordered(evidence: PrincipalEvidence) -> list[CurrentPolicy]:
    """Return today's policies: the principal's own first, inline before managed, by name."""

    def key(one: CurrentPolicy) -> tuple[bool, str, int, str, str, str]:
        return (one.through != evidence.arn, one.through, _RANK.get(one.kind, 3), one.name, one.policy_id, one.document)

    return sorted(evidence.current, key=key)


def _in_one_grammar(statements: tuple[Versioned, ...]) -> tuple[Versioned, ...]:
    """Let a policy of the old grammar stay one policy, where its new statements mean the same in it."""
    versions = {one.version for one in statements}
    if len(versions) == 1 or any(one.version == WITH_VARIABLES and _has_dollar(one) for one in statements):
        return statements
    return tuple(replace(one, version=WITHOUT_VARIABLES) for one in statements)


def _has_dollar(one: Versioned) -> bool:
    texts = [*one.statement.resources, *one.statement.not_resources]
    texts += [value for condition in one.statement.conditions for value in condition.values]
    return any("${" in text for text in texts)


def _as_it_is(draft: _Draft, every: Iterable[_Draft], keep: KeepSet, catalogue: Actions) -> _Draft:
    """Leave the policy untouched when it is protected, or proven to allow nothing that the parts together do not."""
    allows = [one for one in draft.current.policy.statements if one.effect is Effect.ALLOW]
    whole = sum(source.policy is draft.current for source in keep.whole)
    if whole == len(allows):
        return replace(draft, generalised=(), is_untouched=True)
    has_all_but = any(one.not_actions for one in allows)  # it grows with AWS: always written out
    if not draft.statements or has_all_but or not _named(draft.current.policy, catalogue) <= keep.actions:
        return draft
    together = [policy for one in every for policy in one.policies]
    denies = [
        policy for policy in together if policy.statements[0].effect is Effect.DENY
    ]  # they stay, whoever holds them
    if not compare(together, [draft.current.policy, *denies], catalogue.all_actions()).contained:
        return draft
    return replace(draft, generalised=(), is_untouched=True)


def _named(policy: Policy, catalogue: Actions) -> frozenset[str]:
    known = catalogue.all_actions()
    allows = [one for one in policy.statements if one.effect is Effect.ALLOW]
    return frozenset().union(
        *(expand_not(one.not_actions, known) if one.not_actions else expand(one.actions, known) for one in allows)
    )


class _Fitter:
    """Puts drafts into policies within AWS's quotas."""

    def __init__(self, evidence: PrincipalEvidence, limits: Limits, in_place: frozenset[str]) -> None:
        self._evidence = evidence
        self._in_place = in_place
        self._largest = limits.largest
        held = {one.policy_id for one in evidence.current if one.through == evidence.arn and one.kind != "inline"}
        self._most = max(limits.most, len(held))  # who has more today has a higher quota

    def fitted(self, drafts: Sequence[_Draft]) -> Arranged:
        """Return the parts; when they are too many, what needs a new policy anyhow is put together."""
        generalised = added_up(made for draft in drafts for made in draft.generalised)
        moved = self._too_long_inline(drafts)
        for together in (False, True):
            parts, refused = self._parts(drafts, moved, together=together)
            managed = sum(one.kind != "inline" and one.through == self._evidence.arn for one in parts)
            if refused or managed <= self._most:
                break
            refused = f"it would take {managed} managed policies, and AWS attaches at most {self._most}"
        if refused:
            return Arranged(refused=refused)
        ids = [one for part in parts for one in part.replaces]
        return Arranged(tuple(parts), generalised, is_split=len(ids) > len(set(ids)))

    def _too_long_inline(self, drafts: Iterable[_Draft]) -> set[str]:
        """Return the inline policies that must become managed ones: the longest first, until the rest fits."""
        inline = [one for one in drafts if one.current.kind == "inline" and one.current.through == self._evidence.arn]
        lengths = {one.current.policy_id: _length(one) for one in inline}
        changed = [one for one in inline if not one.is_untouched]
        moved = {one.current.policy_id for one in changed if len({each.version for each in one.statements}) > 1}
        room = INLINE_TOTAL[self._evidence.kind]
        for one in sorted(changed, key=lambda draft: (-_length(draft), draft.current.policy_id)):
            if sum(length for key, length in lengths.items() if key not in moved) <= room:
                break
            moved.add(one.current.policy_id)
        return moved

    def _parts(self, drafts: Iterable[_Draft], moved: set[str], *, together: bool) -> tuple[list[ProposedPolicy], str]:
        names = Names(self._evidence)
        parts: list[ProposedPolicy] = []
        pooled: list[_Draft] = []
        for draft in drafts:
            current = draft.current
            if draft.is_untouched:
                parts.append(_untouched(current))
            elif current.through != self._evidence.arn or (current.kind == "inline" and current.policy_id not in moved):
                parts += _where_it_is(draft)
            elif together and not self._is_own(current):
                pooled.append(draft)
            else:
                found, refused = self._managed(draft, names)
                if refused:
                    return [], refused
                parts += found
        if pooled:
            found, refused = self._pooled(pooled, names)
            return [*parts, *found], refused
        return parts, ""

    def _is_own(self, current: CurrentPolicy) -> bool:
        return current.kind == "customer" and (not current.others or current.policy_id in self._in_place)

    def _managed(self, draft: _Draft, names: Names) -> tuple[list[ProposedPolicy], str]:
        current = draft.current
        fitted = fit(draft.statements, largest=self._largest, most=self._most)
        found = []
        for number, policy in enumerate(fitted.policies):
            if number == 0 and self._is_own(current):
                name, arn, change = current.name, current.policy_id, "a new version with less"
            else:
                name = names.take(current.name)
                arn, change = names.arn_of(name), _REPLACED[current.kind]
            ids = (current.policy_id,)
            found.append(ProposedPolicy(policy, name, "customer", arn, current.through, ids, change, _text(policy)))
        return found, fitted.refused

    def _pooled(self, drafts: Sequence[_Draft], names: Names) -> tuple[list[ProposedPolicy], str]:
        statements = unique_sids_of([one for draft in drafts for one in draft.statements])
        fitted = fit(statements, largest=self._largest, most=self._most)
        ids = tuple(draft.current.policy_id for draft in drafts)
        found = []
        for policy in fitted.policies:
            name = names.take(f"{len(drafts)}-policies")
            change = f"stands for {len(drafts)} policies of today, which would be too many one by one"
            arn, holder = names.arn_of(name), self._evidence.arn
            found.append(ProposedPolicy(policy, name, "customer", arn, holder, ids, change, _text(policy)))
        return found, fitted.refused


_REPLACED: Final = {
    "inline": "the principal's own managed policy, since the inline ones would be longer than AWS allows",
    "customer": "the principal's own policy instead of one that others hold too, or what one version has no room for",
    "aws": "the principal's own policy instead of one that AWS manages",
}


def _untouched(current: CurrentPolicy) -> ProposedPolicy:
    return ProposedPolicy(
        current.policy,
        current.name,
        current.kind,
        current.policy_id,
        current.through,
        (current.policy_id,),
        "left as it is",
        current.document,
        is_untouched=True,
    )


def _where_it_is(draft: _Draft) -> list[ProposedPolicy]:
    """Return an inline policy shrunk in place, or what this member needs of a group's policy."""
    current = draft.current
    is_group = current.kind != "inline" or ":group/" in current.through
    change = "what this member needs of the group's policy, which stays" if is_group else "less, in its place"
    found = []
    for version in dict.fromkeys(one.version for one in draft.statements):
        policy = Policy(tuple(one.statement for one in draft.statements if one.version == version), version=version)
        ids = (current.policy_id,)
        text = _text(policy)
        found.append(
            ProposedPolicy(policy, current.name, current.kind, current.policy_id, current.through, ids, change, text)
        )
    return found


def _length(draft: _Draft) -> int:
    if draft.is_untouched:
        return size(draft.current.policy)
    return size(Policy(tuple(one.statement for one in draft.statements)))


def _text(policy: Policy) -> str:
    return to_json(policy, indent=None)
