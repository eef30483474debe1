"""The smallest policies that would still have allowed everything a principal really did, inside what it may today."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from iamaudit.errors import ConfigError
from iamaudit.model.policy import Effect, Policy
from iamaudit.policy.expand import expand, expand_not
from iamaudit.policy.render import size
from iamaudit.recommend.evidence import Actions, PrincipalEvidence
from iamaudit.recommend.fit import LARGEST_POLICY, MOST_POLICIES, fit
from iamaudit.recommend.generalise import THRESHOLD
from iamaudit.recommend.group import Generalised, statements_of
from iamaudit.recommend.keep import Kept, NotGranted, keep_set

LEVELS: Final = ("action", "resource")


@dataclass(frozen=True, slots=True)
class Proposal:
    """What should replace every identity policy of one principal; no policies at all means: detach everything.

    `granted` and `dropped` are action names as the catalogue knows them. `refused` says why there is no proposal.
    """

    principal: str
    policies: tuple[Policy, ...] = ()
    kept: tuple[Kept, ...] = ()
    granted: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    used_not_granted: tuple[NotGranted, ...] = ()
    unknown_kept: tuple[str, ...] = ()
    unknown_dropped: tuple[str, ...] = ()
    generalised: tuple[Generalised, ...] = ()
    notes: tuple[str, ...] = ()
    refused: str = ""
    level: str = "resource"

    @property
    def characters(self) -> int:
        """Minified JSON, all policies together (domain.md §4)."""
        return sum(size(policy) for policy in self.policies)

    @property
    def statement_count(self) -> int:
        """Statements of all policies together."""
        return sum(len(policy.statements) for policy in self.policies)

    @property
    def allowed_actions(self) -> tuple[str, ...]:
        """Actions that the proposed policies allow, sorted; none of them has a wildcard unless today's has it."""
        statements = (statement for policy in self.policies for statement in policy.statements)
        return tuple(sorted({action for one in statements if one.effect is Effect.ALLOW for action in one.actions}))


def propose(
    evidence: PrincipalEvidence,
    catalogue: Actions,
    *,
    keep_unknown: bool = True,
    level: str = "resource",
    threshold: int = THRESHOLD,
    largest: int = LARGEST_POLICY,
    most: int = MOST_POLICIES,
) -> Proposal:
    """Return the proposal for one principal; the same evidence in any order gives the same proposal.

    Never allows what today's identity policies do not allow, never drops a Deny, never writes an Allow with NotAction
    (domain.md §2.7). *level*: `resource` scopes to the observed resources, `action` keeps today's. Raises ConfigError
    for another level. A proposal that does not fit AWS's quotas is returned without policies, `refused` says why.
    """
    if level not in LEVELS:
        raise ConfigError(f"level `{level}` is not offered: choose one of {', '.join(LEVELS)}")
    keep = keep_set(evidence, catalogue, keep_unknown=keep_unknown, level=level)
    statements, generalised = statements_of(keep.grains, evidence.current, threshold=threshold)
    fitted = fit(statements, largest=largest, most=most)
    before = granted_actions(evidence, catalogue)
    after = {grain.action for grain in keep.grains}
    return Proposal(
        principal=evidence.arn,
        policies=fitted.policies,
        kept=keep.kept,
        granted=tuple(sorted(before)),
        dropped=tuple(sorted(before - after)),
        used_not_granted=keep.used_not_granted,
        unknown_kept=keep.unknown_kept,
        unknown_dropped=keep.unknown_dropped,
        generalised=generalised,
        notes=_notes(evidence, generalised, is_empty=not fitted.policies and not fitted.refused),
        refused=fitted.refused,
        level=level,
    )


def granted_actions(evidence: PrincipalEvidence, catalogue: Actions) -> frozenset[str]:
    """Return every action that some Allow of today names and no Deny refuses on everything without a condition."""
    known = catalogue.all_actions()
    allowed: set[str] = set()
    denied: set[str] = set()
    for one in evidence.current:
        for statement in one.policy.statements:
            named = (
                expand_not(statement.not_actions, known) if statement.not_actions else expand(statement.actions, known)
            )
            if statement.effect is Effect.ALLOW:
                allowed |= named
            elif not statement.conditions and "*" in statement.resources:
                denied |= named
    return frozenset(allowed - denied)


def _notes(evidence: PrincipalEvidence, generalised: Sequence[Generalised], *, is_empty: bool) -> tuple[str, ...]:
    groups = sorted({one.through for one in evidence.current if one.through != evidence.arn})
    notes = [f"`{group}` grants too: the proposal holds only when the user leaves it" for group in groups]
    if generalised:
        names = sum(one.names for one in generalised)
        what = "a pattern" if len(generalised) == 1 else f"{len(generalised)} patterns"
        notes.append(f"{names} observed names with dates, one-off ids or a common beginning became {what}")
    if is_empty:
        notes.append("nothing was used and nothing is unknown: every policy can be detached")
    return tuple(notes)
