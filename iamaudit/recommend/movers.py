"""Users whose own policies a group could stand for: what each needs of them, and what its groups grant beside."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from iamaudit.model.change import Change, ChangeKind
from iamaudit.model.policy import Effect, Policy, Statement
from iamaudit.policy.expand import expand
from iamaudit.recommend.evidence import Actions, CurrentPolicy, PrincipalEvidence
from iamaudit.recommend.joint import told_by
from iamaudit.recommend.kept import Kept
from iamaudit.recommend.parts import ProposedPolicy, ordered, untouched
from iamaudit.recommend.propose import Proposal, granted_actions

Triple = tuple[str, str, object]
_WHOLE: Final = "the whole statement"  # in the place of an action


@dataclass(frozen=True, slots=True)
class Mover:
    """A user who could get from a group what its own policies grant.

    `parts` are what its own proposal leaves of its own policies, `needs` the same as (action, resource, conditions).
    `covered` is the part of `needs` that its groups go on granting, too: their bundles keep what each member uses of them.
    `kept` and `unknown_kept` are those of its proposal.
    """

    evidence: PrincipalEvidence
    parts: tuple[ProposedPolicy, ...]
    needs: frozenset[Triple]
    covered: frozenset[Triple] = frozenset()
    kept: tuple[Kept, ...] = ()
    unknown_kept: tuple[str, ...] = ()

    @property
    def arn(self) -> str:
        """The user's."""
        return self.evidence.arn

    @property
    def policies(self) -> tuple[Policy, ...]:
        """What must be left of its own policies."""
        return tuple(part.policy for part in self.parts)

    @property
    def own(self) -> tuple[CurrentPolicy, ...]:
        """Its own policies of today, which would go."""
        return tuple(one for one in ordered(self.evidence) if one.through == self.arn)

    @property
    def beside(self) -> tuple[CurrentPolicy, ...]:
        """What it has through groups, and keeps."""
        return tuple(one for one in ordered(self.evidence) if one.through != self.arn)

    def granted(self, catalogue: Actions) -> frozenset[str]:
        """Return the actions that its own policies of today allow."""
        return granted_by(self.evidence, (one.policy for one in self.own), catalogue)

    def told(self, granted: frozenset[str]) -> Iterable[Kept]:
        """Yield what of its evidence is about actions that a group grants, with its name."""
        return told_by(self.evidence.name, (line for line in self.kept if line.action in granted))

    def joins(self, group: str) -> Change:
        """Return the step that puts it into a group."""
        return Change(ChangeKind.ADD_USER_TO_GROUP, self.arn, group, why="has it from the group")

    def gives_up(self, group: str) -> Iterable[Change]:
        """Yield the steps that take its own policies away."""
        why = f"replaced by the group `{group}`"
        for one in self.own:
            if one.kind == "inline":
                yield Change(ChangeKind.DELETE_INLINE_POLICY, self.arn, one.name, None, one.document, why)
            else:
                yield Change(ChangeKind.DETACH_POLICY, self.arn, one.policy_id, why=why)


def mover_of(
    evidence: PrincipalEvidence, proposal: Proposal, catalogue: Actions, *, of_groups: Proposal | None = None
) -> Mover | None:
    """Return the user as one who could move, or None for one who stays as it is.

    *of_groups* is the proposal for the user as if it had nothing but its groups. Who stays is whoever has a boundary, holds what is protected, fresh or agreed upon with others, cannot be judged, or
    needs nothing of its own policies. Of a user with nothing to take away its policies of today are what it needs.
    """
    if evidence.kind != "user" or evidence.boundary is not None or evidence.protected or evidence.exclusions:
        return None
    if proposal.refused_kind not in {"", "nothing_to_do"}:
        return None
    own = [one for one in ordered(evidence) if one.through == evidence.arn]
    if any(one.protected or one.fresh or one.agreed is not None for one in own):
        return None
    found = [untouched(one) for one in own] if proposal.refused else proposal.parts
    parts = tuple(part for part in found if part.through == evidence.arn)
    needs = triples((part.policy for part in parts), catalogue)
    covered = frozenset() if of_groups is None else needs & triples(_left(evidence, of_groups), catalogue)
    if needs == covered:
        return None
    return Mover(evidence, parts, needs, covered, proposal.kept, proposal.unknown_kept)


def _left(evidence: PrincipalEvidence, of_groups: Proposal) -> Iterable[Policy]:
    """Return what a user's groups certainly keep for it."""
    if of_groups.refused_kind == "nothing_to_do":
        return (one.policy for one in evidence.current if one.through != evidence.arn)
    return of_groups.policies


def granted_by(evidence: PrincipalEvidence, policies: Iterable[Policy], catalogue: Actions) -> frozenset[str]:
    """Return the actions that *policies* alone allow a principal or group."""
    current = tuple(CurrentPolicy("", "", "inline", evidence.arn, one, "") for one in policies)
    return granted_actions(replace(evidence, current=current), catalogue)


def stands_for(granted: frozenset[Triple], user: Mover, tolerance: float) -> bool:
    """Whether what is granted has all that the user's groups do not grant, little besides, and refuses nothing besides.

    It is little when *granted* is at most *tolerance* times as much as what of it the user needs.
    """
    refuses = any(action == _WHOLE for action, _, _ in granted - user.needs)
    has_all = user.needs - user.covered <= granted
    return has_all and len(granted) <= tolerance * len(granted & user.needs) and not refuses


def triples(policies: Iterable[Policy], catalogue: Actions) -> frozenset[Triple]:
    """Return each action on each resource under its conditions; a Deny stands for itself, so that it is never lost."""
    every = catalogue.all_actions()
    return frozenset(one for policy in policies for each in policy.statements for one in _of(each, every))


def _of(statement: Statement, every: tuple[str, ...]) -> list[Triple]:
    if statement.effect is Effect.DENY or statement.not_actions:
        return [(_WHOLE, "", replace(statement, sid=None))]
    named = statement.resources or tuple(f"not {one}" for one in statement.not_resources)
    conditions = frozenset(statement.conditions)
    return [(action, one, conditions) for action in expand(statement.actions, every) for one in named]
