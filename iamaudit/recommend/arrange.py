"""Drafts into policies as attached: shrunk where they are, replaced, split or put together, within AWS's quotas."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from iamaudit.model.policy import Policy
from iamaudit.policy.render import size, to_json
from iamaudit.recommend.drafts import Draft, drafts_of
from iamaudit.recommend.evidence import Actions, CurrentPolicy, PrincipalEvidence
from iamaudit.recommend.fit import LARGEST_POLICY, MOST_POLICIES, fit
from iamaudit.recommend.group import unique_sids_of
from iamaudit.recommend.keep import KeepSet
from iamaudit.recommend.names import Names
from iamaudit.recommend.parts import INLINE_TOTAL, ProposedPolicy, agreed, untouched
from iamaudit.recommend.scope import Generalised, Scope, added_up

_REPLACED: Final = {
    "inline": "a managed policy of its own, since the inline ones would be longer than AWS allows",
    "customer": "a policy of its own instead of one that others hold too, or what one version has no room for",
    "aws": "a policy of its own instead of one that AWS manages",
}


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
    drafts = drafts_of(evidence, keep, scope, catalogue, shorten_with)
    return _Fitter(evidence, limits, in_place).fitted(
        [draft for draft in drafts if draft.statements or draft.is_untouched or draft.current.agreed is not None]
    )


class _Fitter:
    """Puts drafts into policies within AWS's quotas."""

    def __init__(self, evidence: PrincipalEvidence, limits: Limits, in_place: frozenset[str]) -> None:
        self._evidence = evidence
        self._in_place = in_place
        self._largest = limits.largest
        held = {one.policy_id for one in evidence.current if one.through == evidence.arn and one.kind != "inline"}
        self._most = max(limits.most, len(held))  # who has more today has a higher quota

    def fitted(self, drafts: Sequence[Draft]) -> Arranged:
        """Return the parts; when they are too many, what needs a new policy anyhow is put together."""
        generalised = added_up(made for draft in drafts for made in draft.generalised)
        moved = self._too_long_inline(drafts)
        for together in (False, True):
            parts, refused = self._parts(drafts, moved, together=together)
            managed = sum(one.kind != "inline" and one.through == self._evidence.arn for one in parts)
            if refused or managed <= self._most:
                break
            refused = f"it would take {managed} managed policies, and AWS attaches at most {self._most}"
        refused = refused or self._too_long_group(parts)
        if refused:
            return Arranged(refused=refused)
        ids = [one for part in parts for one in part.replaces]
        return Arranged(tuple(parts), generalised, is_split=len(ids) > len(set(ids)))

    def _too_long_group(self, parts: Iterable[ProposedPolicy]) -> str:
        """Return which group's share is more than any group can hold, and how much it is; else an empty text."""
        lengths: dict[str, int] = {}
        for one in parts:
            if one.through != self._evidence.arn and not one.is_untouched:
                lengths[one.through] = lengths.get(one.through, 0) + size(one.policy)
        room = self._largest * self._most
        for group, length in sorted(lengths.items()):
            if length > room:
                return (
                    f"what `{group}` must go on granting has {length} characters, and its policies hold at most {room}"
                )
        return ""

    def _too_long_inline(self, drafts: Iterable[Draft]) -> set[str]:
        """Return the inline policies that must become managed ones: the longest first, until the rest fits."""
        inline = [one for one in drafts if one.current.kind == "inline" and one.current.through == self._evidence.arn]
        lengths = {one.current.policy_id: one.length for one in inline}
        changed = [one for one in inline if not one.is_untouched]
        moved = {one.current.policy_id for one in changed if len({each.version for each in one.statements}) > 1}
        room = INLINE_TOTAL.get(self._evidence.kind, 0)  # a managed policy has no inline ones
        for one in sorted(changed, key=lambda draft: (-draft.length, draft.current.policy_id)):
            if sum(length for key, length in lengths.items() if key not in moved) <= room:
                break
            moved.add(one.current.policy_id)
        return moved

    def _parts(self, drafts: Iterable[Draft], moved: set[str], *, together: bool) -> tuple[list[ProposedPolicy], str]:
        names = Names(self._evidence)
        parts: list[ProposedPolicy] = []
        pooled: list[Draft] = []
        for draft in drafts:
            current = draft.current
            if current.agreed is not None:
                parts.append(agreed(current, current.agreed))
            elif draft.is_untouched:
                parts.append(untouched(current))
            elif current.through != self._evidence.arn or (current.kind == "inline" and current.policy_id not in moved):
                parts += _where_it_is(draft, is_own=current.through == self._evidence.arn)
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

    def _managed(self, draft: Draft, names: Names) -> tuple[list[ProposedPolicy], str]:
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

    def _pooled(self, drafts: Sequence[Draft], names: Names) -> tuple[list[ProposedPolicy], str]:
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


def _where_it_is(draft: Draft, *, is_own: bool) -> list[ProposedPolicy]:
    """Return an inline policy shrunk in place, or what this member needs of a group's policy."""
    current = draft.current
    change = "less, in its place" if is_own else "what this member needs of the group's policy, which stays"
    found = []
    for version in dict.fromkeys(one.version for one in draft.statements):
        policy = Policy(tuple(one.statement for one in draft.statements if one.version == version), version=version)
        ids = (current.policy_id,)
        text = _text(policy)
        found.append(
            ProposedPolicy(policy, current.name, current.kind, current.policy_id, current.through, ids, change, text)
        )
    return found


def _text(policy: Policy) -> str:
    return to_json(policy, indent=None)
