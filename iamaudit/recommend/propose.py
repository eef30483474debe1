"""The smallest policies that would still have allowed everything a principal really did, inside what it may today."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from iamaudit.errors import ConfigError
from iamaudit.model.policy import Effect, Policy
from iamaudit.policy.compare import compare
from iamaudit.policy.expand import expand, expand_not
from iamaudit.policy.render import size
from iamaudit.recommend.evidence import Actions, PrincipalEvidence
from iamaudit.recommend.fit import LARGEST_POLICY, MOST_POLICIES, fit
from iamaudit.recommend.generalise import THRESHOLD
from iamaudit.recommend.group import Generalised, statements_of
from iamaudit.recommend.keep import Kept, NotGranted, keep_set
from iamaudit.recommend.unknown import blindness, without_unknowable

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
    refused_kind: str = ""  # quota | coverage | nothing_to_do, with `refused`: none of them is a failed proof
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
    cross_service: frozenset[str] = frozenset(),
) -> Proposal:
    """Return the proposal for one principal; the same evidence in any order gives the same proposal.

    Never allows what today's identity policies do not allow, never drops a Deny, never writes an Allow with NotAction
    (domain.md §2.7). *level*: `resource` scopes to the observed resources, `action` keeps today's. Raises ConfigError
    for another level. A proposal that does not fit AWS's quotas goes without the permission-only actions of services that
    were never used (but for *cross_service*), then with wildcards that name exactly the rest. What has no policies in the end
    says why in `refused`, and in `refused_kind` what kind of reason that is.
    """
    if level not in LEVELS:
        raise ConfigError(f"level `{level}` is not offered: choose one of {', '.join(LEVELS)}")
    before = granted_actions(evidence, catalogue)
    if keep_unknown and (why := blindness(evidence)):
        return _refusal(evidence, before, "coverage", why, level)
    steps: list[str] = []
    forgone: tuple[str, ...] = ()
    keep = keep_set(evidence, catalogue, keep_unknown=keep_unknown, level=level)
    statements, generalised = statements_of(keep.grains, evidence.current, threshold=threshold)
    fitted = fit(statements, largest=largest, most=most)
    if fitted.refused and keep_unknown:
        smaller, forgone = without_unknowable(evidence, catalogue, cross_service)
        if forgone:
            keep = keep_set(smaller, catalogue, keep_unknown=True, level=level)
            statements, generalised = statements_of(keep.grains, evidence.current, threshold=threshold)
            fitted = fit(statements, largest=largest, most=most)
            steps.append(
                f"did not fit: permission-only actions of services that were never used are left out: {len(forgone)}"
            )
    if keep_unknown and (fitted.refused or len(fitted.policies) > 1):
        every = catalogue.all_actions()
        short, made = statements_of(keep.grains, evidence.current, threshold=threshold, shorten_with=every)
        refitted = fit(short, largest=largest, most=most)
        if fitted.refused or (not refitted.refused and len(refitted.policies) < len(fitted.policies)):
            why = "did not fit" if fitted.refused else f"would take {len(fitted.policies)} policies"
            steps.append(f"{why}: actions whose use cannot be known are written with wildcards that name exactly them")
            fitted, generalised = refitted, made
    if fitted.refused:
        return _refusal(evidence, before, "quota", "; ".join([*steps, fitted.refused]), level)
    after = {grain.action for grain in keep.grains}
    if fitted.policies and before <= after and _allows_as_much(fitted.policies, evidence, catalogue):
        why = "today's policies allow nothing beyond what was used or cannot be judged: there is nothing to take away"
        return _refusal(evidence, before, "nothing_to_do", why, level)
    return Proposal(
        principal=evidence.arn,
        policies=fitted.policies,
        kept=keep.kept,
        granted=tuple(sorted(before)),
        dropped=tuple(sorted(before - after)),
        used_not_granted=keep.used_not_granted,
        unknown_kept=keep.unknown_kept,
        unknown_dropped=tuple(sorted({*keep.unknown_dropped, *forgone} - after)),
        generalised=generalised,
        notes=(*steps, *_notes(evidence, generalised, is_empty=not fitted.policies)),
        level=level,
    )


def _refusal(evidence: PrincipalEvidence, granted: frozenset[str], kind: str, why: str, level: str) -> Proposal:
    return Proposal(evidence.arn, granted=tuple(sorted(granted)), refused=why, refused_kind=kind, level=level)


def _allows_as_much(policies: Sequence[Policy], evidence: PrincipalEvidence, catalogue: Actions) -> bool:
    """Whether it is proven that today's policies allow nothing that the proposed do not."""
    today = [one.policy for one in evidence.current]
    return compare(policies, today, catalogue.all_actions()).contained


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
