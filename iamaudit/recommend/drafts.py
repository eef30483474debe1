"""What stays of each policy of today, before AWS's quotas are looked at."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace

from iamaudit.model.policy import Effect, Policy
from iamaudit.policy.compare import compare
from iamaudit.policy.expand import expand, expand_not
from iamaudit.policy.render import size
from iamaudit.recommend.evidence import Actions, CurrentPolicy, PrincipalEvidence
from iamaudit.recommend.grain import Grain
from iamaudit.recommend.group import Versioned, in_newest, statements_of, unique_sids_of
from iamaudit.recommend.keep import KeepSet
from iamaudit.recommend.parts import ordered
from iamaudit.recommend.scope import Generalised, Scope
from iamaudit.recommend.sources import WITH_VARIABLES, WITHOUT_VARIABLES


@dataclass(frozen=True, slots=True)
class Draft:
    """What stays of one policy of today."""

    current: CurrentPolicy
    statements: tuple[Versioned, ...]
    generalised: tuple[Generalised, ...]
    is_untouched: bool = False

    @property
    def policies(self) -> tuple[Policy, ...]:
        """Each statement as a policy of its own, since their grammars may differ."""
        return tuple(Policy((one.statement,), version=one.version) for one in self.statements)

    @property
    def length(self) -> int:
        """Characters of minified JSON, as one policy."""
        if self.is_untouched:
            return size(self.current.policy)
        return size(Policy(tuple(one.statement for one in self.statements)))


def drafts_of(
    evidence: PrincipalEvidence, keep: KeepSet, scope: Scope, catalogue: Actions, shorten_with: tuple[str, ...]
) -> list[Draft]:
    """Return a draft for each policy of today, the untouched ones marked, in the order of `ordered`."""
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
        found.append(Draft(one, unique_sids_of(_in_one_grammar(together)), made))
    return [_as_it_is(draft, found, keep, catalogue) for draft in found]


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


def _as_it_is(draft: Draft, every: Iterable[Draft], keep: KeepSet, catalogue: Actions) -> Draft:
    """Leave the policy untouched when it is protected, or proven to allow nothing that the parts together do not."""
    allows = [one for one in draft.current.policy.statements if one.effect is Effect.ALLOW]
    whole = sum(source.policy is draft.current for source in keep.whole)
    if whole == len(allows):
        return replace(draft, generalised=(), is_untouched=True)
    has_all_but = any(one.not_actions for one in allows)  # it grows with AWS: always written out
    if not draft.statements or has_all_but or not named_by_allows(draft.current.policy, catalogue) <= keep.actions:
        return draft
    together = [policy for one in every for policy in one.policies]
    denies = [
        policy for policy in together if policy.statements[0].effect is Effect.DENY
    ]  # they stay, whoever holds them
    if not compare(together, [draft.current.policy, *denies], catalogue.all_actions()).contained:
        return draft
    return replace(draft, generalised=(), is_untouched=True)


def named_by_allows(policy: Policy, catalogue: Actions) -> frozenset[str]:
    """Return the actions that the Allow statements of *policy* name."""
    known = catalogue.all_actions()
    allows = [one for one in policy.statements if one.effect is Effect.ALLOW]
    return frozenset().union(
        *(expand_not(one.not_actions, known) if one.not_actions else expand(one.actions, known) for one in allows)
    )
