"""The smallest policies that would still have allowed everything a principal really did, inside what it may today."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from iamaudit.errors import ConfigError
from iamaudit.model.change import Change
from iamaudit.model.policy import Effect, Policy
from iamaudit.policy.expand import expand, expand_not
from iamaudit.policy.render import size
from iamaudit.recommend.arrange import Arranged, Limits
from iamaudit.recommend.boundary import NOTE, Boundary, boundary_of
from iamaudit.recommend.changes import changes_of
from iamaudit.recommend.choices import CONDITION_DAYS, CONDITION_USES, LEVELS
from iamaudit.recommend.evidence import Actions, PrincipalEvidence
from iamaudit.recommend.fit import LARGEST_POLICY, MOST_POLICIES
from iamaudit.recommend.keep import Keeper, KeepSet, NotGranted
from iamaudit.recommend.kept import Kept
from iamaudit.recommend.observed import narrowing
from iamaudit.recommend.offers import Offer, offers_of
from iamaudit.recommend.parts import ProposedPolicy, as_today
from iamaudit.recommend.scope import Generalised
from iamaudit.recommend.tries import Tries
from iamaudit.recommend.unknown import blindness

_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Proposal:
    """What should become of every identity policy of one principal; no policies at all means: detach everything.

    `parts` say it policy by policy, `policies` are the documents of all parts in their order: the complete set that the proof
    is about, what groups must go on granting included. `changes` bring the principal's own parts about. `granted` and `dropped` are action names as the catalogue knows them. `refused` says why there is no proposal.
    """

    principal: str
    policies: tuple[Policy, ...] = ()
    parts: tuple[ProposedPolicy, ...] = ()
    changes: tuple[Change, ...] = ()
    kept: tuple[Kept, ...] = ()
    granted: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    used_not_granted: tuple[NotGranted, ...] = ()
    unknown_kept: tuple[str, ...] = ()
    unknown_dropped: tuple[str, ...] = ()
    generalised: tuple[Generalised, ...] = ()
    notes: tuple[str, ...] = ()
    refused: str = ""
    refused_kind: str = (
        ""  # quota | coverage | protected | boundary | nothing_to_do, with `refused`: none of them is a failed proof
    )
    level: str = "resource"
    boundary: Policy | None = None  # around `policies`, when that is what was asked for
    offered: tuple[Offer, ...] = ()  # conditions that held for every use; put in at the level `condition`

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
    threshold: int | None = None,
    largest: int = LARGEST_POLICY,
    most: int = MOST_POLICIES,
    cross_service: frozenset[str] = frozenset(),
    wildcards: bool = False,
    form: str = "policies",
    condition_days: int = CONDITION_DAYS,
    condition_uses: int = CONDITION_USES,
) -> Proposal:
    """Return the proposal for one principal; the same evidence in any order gives the same proposal.

    Never allows what today's identity policies do not allow, never drops a Deny, never writes an Allow with NotAction
    (domain.md §2.7). *level*: see `Choices`; raises ConfigError for another one. A proposal that does not fit AWS's quotas goes
    without the conditions on the calling service, or without the permission-only actions of services that were never used (but
    for *cross_service*), or without both. *wildcards*: actions are
    written with wildcards that name exactly them in the catalogue, checked each time. *form* `boundary`: today's policies stay, and
    the keep set becomes a permissions boundary. *condition_days* and *condition_uses*: for how long and in how many calls a further
    condition must have held. What has no policies in the end says why
    in `refused`, and in `refused_kind` what kind of reason that is.
    """
    if level not in LEVELS:
        raise ConfigError(f"level `{level}` is not offered: choose one of {', '.join(LEVELS)}")
    before = granted_actions(evidence, catalogue)
    if evidence.protected:
        return _refusal(evidence, before, "protected", evidence.protected, level)
    if evidence.moved_to:
        why = f"it moves into the group `{evidence.moved_to}`, whose bundle takes the place of its policies"
        return _refusal(evidence, before, "moved", why, level)
    if keep_unknown and (why := blindness(evidence)):
        return _refusal(evidence, before, "coverage", why, level)
    every = catalogue.all_actions() if wildcards else ()
    offers = offers_of(evidence.uses, until=evidence.window_end, days=condition_days, least_uses=condition_uses)
    asked_for = offers if level == "condition" else ()
    keeper = Keeper(evidence, catalogue, keep_unknown=keep_unknown, level=level, offers=asked_for)
    if form == "boundary":
        keep = keeper.keep_set()
        around = boundary_of(evidence, keep, catalogue, threshold=threshold, largest=largest, shorten_with=every)
        return replace(_bounded(evidence, keep, around, before, level), offered=narrowing(offers, keep.grains))
    tried = Tries(
        evidence, catalogue, keeper, Limits(largest, most), keep_unknown, threshold, every, cross_service
    ).first_that_fits()
    if isinstance(tried, str):
        ways = ways_out(wildcards=wildcards, keep_unknown=keep_unknown, has_conditions=bool(asked_for))
        return _refusal(evidence, before, "quota", "; ".join([tried, *ways]), level)
    keep, found = tried.keep, tried.found
    if len(found.parts) == len(evidence.current) and found.is_untouched:
        why = "today's policies allow nothing beyond what was used or cannot be judged: there is nothing to take away"
        return _refusal(evidence, before, "nothing_to_do", why, level)
    after = keep.actions
    changes = changes_of(evidence, found.parts, most=most)
    return Proposal(
        principal=evidence.arn,
        policies=tuple(part.policy for part in found.parts),
        parts=found.parts,
        changes=changes,
        kept=keep.kept,
        granted=tuple(sorted(before)),
        dropped=tuple(sorted(before - after)),
        used_not_granted=keep.used_not_granted,
        unknown_kept=keep.unknown_kept,
        unknown_dropped=tuple(sorted({*keep.unknown_dropped, *tried.forgone} - after)),
        generalised=found.generalised,
        notes=(*tried.steps, *_notes(evidence, found), *_on_everything(keep, catalogue)),
        level=level,
        offered=narrowing(offers, keep.grains),
    )


def _bounded(
    evidence: PrincipalEvidence, keep: KeepSet, around: Boundary, before: frozenset[str], level: str
) -> Proposal:
    if around.policy is None:
        return _refusal(
            evidence, before, "boundary" if evidence.boundary is not None else "quota", around.refused, level
        )
    parts = as_today(evidence)
    return Proposal(
        principal=evidence.arn,
        policies=tuple(part.policy for part in parts),
        parts=parts,
        changes=around.changes,
        kept=keep.kept,
        granted=tuple(sorted(before)),
        dropped=tuple(sorted(before - keep.actions)),
        used_not_granted=keep.used_not_granted,
        unknown_kept=keep.unknown_kept,
        unknown_dropped=keep.unknown_dropped,
        generalised=around.generalised,
        # what a resource policy grants to a user's ARN no boundary limits (domain.md §3.2)
        notes=(*((NOTE,) if evidence.kind == "role" else ()), *evidence.caveats),
        level=level,
        boundary=around.policy,
    )


def _on_everything(keep: KeepSet, catalogue: Actions) -> list[str]:
    """Say which actions are allowed on every resource although they could be limited."""
    wide = {grain.action for grain in keep.grains if grain.origin == "used" and grain.resources == ("*",)}
    untold = sorted(action for action in wide if catalogue.takes_resource(action))
    shown = ", ".join(f"`{action}`" for action in untold[:_SHOWN])
    more = f" and {len(untold) - _SHOWN} more" if len(untold) > _SHOWN else ""
    return (
        [f"on every resource, since the logs do not tell which and today grants all: {shown}{more}"] if untold else []
    )


def ways_out(*, wildcards: bool, keep_unknown: bool, has_conditions: bool) -> list[str]:
    """Say what may help a proposal that is too long."""
    ways = [] if wildcards else ["`--wildcards` writes them shorter"]
    if has_conditions:
        ways.append("`--level resource` leaves out the conditions")
    if keep_unknown:
        ways.append("`--drop-unknown` leaves out what cannot be known")
    return [", ".join([*ways, "`--attachments 20` if AWS has raised the quota"])]


def _refusal(evidence: PrincipalEvidence, granted: frozenset[str], kind: str, why: str, level: str) -> Proposal:
    return Proposal(evidence.arn, granted=tuple(sorted(granted)), refused=why, refused_kind=kind, level=level)


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


def _notes(evidence: PrincipalEvidence, found: Arranged) -> tuple[str, ...]:
    groups = sorted({one.through for one in evidence.current if one.through != evidence.arn})
    notes = [
        f"`{group}` grants too and is not changed for one member: its own bundle shrinks it to what all members use; this "
        "proposal holds once the group grants no more than its part here, or the user has that part and leaves the group"
        for group in groups
    ]
    if evidence.permission_set is not None:
        notes.append(
            f"the permission set `{evidence.permission_set}` of Identity Center owns the role's policies: change the set, "
            f"not the role; its own bundle, where there is one, is `identity-center/{evidence.permission_set}`"
        )
    notes += [f"`{part.name}` is {part.change}" for part in found.parts if part.is_elsewhere]
    if found.generalised:
        names = sum(one.names for one in found.generalised)
        what = "a pattern" if len(found.generalised) == 1 else f"{len(found.generalised)} patterns"
        notes.append(f"{names} observed names with dates, one-off ids or a common beginning became {what}")
    if not found.parts:
        notes.append("nothing was used and nothing is unknown: every policy can be detached")
    return (*notes, *evidence.caveats)
