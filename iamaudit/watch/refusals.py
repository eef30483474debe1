"""Whether a change of ours caused a refused call, and the statement that gives it back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from typing import Any

from iamaudit.model.policy import Effect, Policy, Statement
from iamaudit.model.verdict import Decision, PolicySet
from iamaudit.policy.compare import compare
from iamaudit.policy.decide import Decider
from iamaudit.policy.evidence import covers_action
from iamaudit.policy.render import render
from iamaudit.recommend.evidence import Actions, CurrentPolicy, ObservedUse
from iamaudit.recommend.glob import literal
from iamaudit.recommend.sources import (
    WITH_VARIABLES,
    Askers,
    Source,
    Standing,
    context_of,
    is_pattern,
    open_request,
    resources_to_keep,
    sources_of,
)
from iamaudit.watch.applied import Applied


class Cause(Enum):
    """Why a call was refused, as far as our changes are concerned."""

    OURS = "ours"  # the policies before allowed it, the new ones do not
    PERHAPS = "perhaps"  # conditions, the resource, or a plan done in part leave it open
    RESTORED = "restored"  # ours, and given back since
    NOT_OURS = "not_ours"  # refused before the change too, or allowed after it: something else refuses


@dataclass(frozen=True, slots=True)
class Refusal:
    """One kind of refused call since a change; `count_surely` leaves out days of which a part was before the change."""

    principal: str
    use: ObservedUse
    count_surely: int
    first_seen: datetime
    last_seen: datetime


@dataclass(frozen=True, slots=True)
class Judged:
    """A refusal with its cause; `statement` allows it as the policies before the change did, None when not ours."""

    refusal: Refusal
    applied: Applied
    cause: Cause
    why: str
    statement: Statement | None = None
    version: str = WITH_VARIABLES  # the grammar that the statement was written in


def judge_refusal(
    refusal: Refusal, applied: Applied, latest: Applied, catalogue: Actions, given: Sequence[Applied] = ()
) -> Judged:
    """Return whether *applied* caused the refusal; *latest* is the newest change of the same policies for the principal.

    *given* are the bundles of `watch --restore` that were carried out for the principal alone.
    """
    use, principal = refusal.use, applied.principal
    before = _before(applied, use)
    is_untold = any(not one.document for one in applied.taken)
    if before is Standing.NO and not is_untold and not _may_be_of_resource(applied, use):
        whose = "of what is shared " if applied.thing else ""
        return Judged(
            refusal, applied, Cause.NOT_OURS, f"the policies {whose}before the change did not allow it either"
        )
    after = _after(applied, use)
    # what the principal has beside something shared may have been read wrongly: only the thing's own word is sure
    alone = _granted(principal, applied.after, use) if applied.doubt else after
    if after is Standing.YES and alone is Standing.YES:
        return Judged(refusal, applied, Cause.NOT_OURS, _other_reason(applied))
    statement, version = _statement(applied, use, catalogue)
    is_sure = before is Standing.YES and after is Standing.NO and applied.is_whole and not applied.doubt
    cause, why = (Cause.OURS, "") if is_sure else (Cause.PERHAPS, _doubt(applied, before, after))
    giver = next((one.by for one in _givers(refusal, applied, latest, given)), None)
    if giver is not None:
        cause, why = Cause.RESTORED, f"given back by `{giver}`"
    return Judged(refusal, applied, cause, why, statement, version)


def _before(applied: Applied, use: ObservedUse) -> Standing:
    """Return how surely *use* was allowed before; by something shared only what itself allowed counts."""
    changed = (*applied.before, *applied.taken)
    alone = _granted(applied.principal, changed, use)
    if not applied.thing or applied.doubt:  # a Deny beside it that is not known for sure settles nothing
        return alone
    return min(alone, _granted(applied.principal, (*changed, *applied.others), use))


def _after(applied: Applied, use: ObservedUse, *more: CurrentPolicy) -> Standing:
    """Return how surely *use* is allowed after the change and with *more*: by a boundary's bundle, within the boundary."""
    if applied.boundary:
        return _granted(applied.principal, applied.boundary, use)
    return _granted(applied.principal, (*applied.after, *applied.others, *more), use)


def _may_be_of_resource(applied: Applied, use: ObservedUse) -> bool:
    """Whether a resource's own policy may have allowed what the new boundary refuses: to a role only (domain.md §3.2)."""
    if not applied.boundary or ":role/" not in applied.principal or is_pattern(use):
        return False
    denied = _may_be_denied(applied.before, use.action)
    return not denied and _after(applied, use) is not Standing.YES


def _givers(refusal: Refusal, applied: Applied, latest: Applied, given: Sequence[Applied]) -> Iterable[Applied]:
    use = refusal.use
    if applied.doubt:  # what is beside must not pass for what was given back
        latest = replace(latest, others=())
    if latest.at > refusal.last_seen and _after(latest, use) is Standing.YES:
        yield latest
    for one in given if applied.thing else ():
        if one.at > refusal.last_seen and _after(latest, use, *one.given) is Standing.YES:
            yield one


def _other_reason(applied: Applied) -> str:
    if applied.boundary:
        return "the new boundary allows it: an SCP, an RCP, a session's or the resource's own policy, or another change refuses it"
    which = "the new policies allow it" if not applied.thing else "what is held today allows it"
    return f"{which}: a boundary, an SCP, an RCP, a session's or the resource's own policy refuses it"


def restoring(judged: Iterable[Judged], *, perhaps: bool = False) -> tuple[Policy, ...]:
    """Return the policies that give back what was caused by us, one for each grammar; with *perhaps* the doubtful too."""
    wanted = {Cause.OURS, Cause.PERHAPS} if perhaps else {Cause.OURS}
    by_version: dict[str, list[Statement]] = {}
    for one in judged:
        if one.cause in wanted and one.statement is not None:
            by_version.setdefault(one.version, []).append(one.statement)
    return tuple(
        Policy(_merged(statements), version=version) for version, statements in sorted(by_version.items(), reverse=True)
    )


def never_more(applied: Applied, latest: Applied, restored: Sequence[Policy], catalogue: Actions) -> bool:
    """Whether it is proven that today's policies with *restored* allow nothing that those before the change did not."""
    before = [one.policy for one in (*applied.before, *applied.taken, *applied.others)]
    after = [*(one.policy for one in (*latest.after, *latest.others)), *restored]
    return compare(before, after, catalogue.all_actions()).contained


def statement_json(judged: Judged) -> dict[str, Any] | None:
    """Return the statement to restore as it is written in a policy."""
    if judged.statement is None:
        return None
    statement: dict[str, Any] = render(Policy((judged.statement,)))["Statement"][0]
    return statement


def _granted(principal: str, policies: Sequence[CurrentPolicy], use: ObservedUse) -> Standing:
    """Return how surely the policies together allow *use*."""
    asker = Askers(principal)
    naming = [source for source in sources_of(policies) if source.names(use.action)]
    best = max((asker.standing(source, use) for source in naming), default=Standing.NO)
    if best is Standing.NO:
        return best
    if is_pattern(use):
        return Standing.MAYBE if _may_be_denied(policies, use.action) else best
    decider = Decider(PolicySet(identity=tuple(one.policy for one in policies)))
    verdict = decider.decide_for_caller(open_request(principal, use.action, use.resource, context_of(use)))
    if verdict.decision is Decision.ALLOWED:
        return Standing.YES
    return Standing.MAYBE if verdict.conditional_on else Standing.NO


def _may_be_denied(policies: Iterable[CurrentPolicy], action: str) -> bool:
    denies = (one for policy in policies for one in policy.policy.statements if one.effect is Effect.DENY)
    return any(covers_action(one, action) for one in denies)


def _statement(applied: Applied, use: ObservedUse, catalogue: Actions) -> tuple[Statement | None, str]:
    """Return the narrowest statement that allows *use* inside what granted it before, with that statement's conditions."""
    asker = Askers(applied.principal)
    naming = [
        (asker.standing(source, use), source)
        for source in sources_of((*applied.before, *applied.taken))
        if source.names(use.action)
    ]
    granting = [(standing, source) for standing, source in naming if standing is not Standing.NO]
    if not granting and _may_be_of_resource(applied, use):
        # the boundary grants nothing: whatever allowed it before decides again
        action = catalogue.spelling(use.action) or use.action
        return Statement(
            Effect.ALLOW, sid=_sid((action,)), actions=(action,), resources=(literal(use.resource),)
        ), WITH_VARIABLES
    if not granting:
        return None, WITH_VARIABLES
    best: Source = min(granting, key=lambda pair: (-pair[0], pair[1].preference))[1]
    resources, not_resources = resources_to_keep(best, use)
    action = catalogue.spelling(use.action) or use.action
    statement = Statement(
        Effect.ALLOW,
        sid=_sid((action,)),
        actions=(action,),
        resources=resources,
        not_resources=not_resources,
        conditions=best.statement.conditions,
    )
    return statement, best.version if best.is_frozen else WITH_VARIABLES


def _merged(statements: Iterable[Statement]) -> tuple[Statement, ...]:
    """Put the actions and then the resources of alike statements together; Sids are unique, the order is stable."""
    by_place: dict[Any, set[str]] = {}
    for one in statements:
        by_place.setdefault((one.resources, one.not_resources, one.conditions), set()).update(one.actions)
    by_actions: dict[Any, set[str]] = {}
    for (resources, not_resources, conditions), actions in by_place.items():
        # of NotResource each list stands alone: two lists are no list of both
        key = (tuple(sorted(actions)), not_resources, conditions)
        by_actions.setdefault(key, set()).update(resources)
    merged: list[Statement] = []
    taken: set[str] = set()
    for (actions, not_resources, conditions), resources in sorted(by_actions.items(), key=repr):
        sid, number = _sid(actions), 1
        while sid in taken:
            number += 1
            sid = f"{_sid(actions)}{number}"
        taken.add(sid)
        merged.append(
            Statement(
                Effect.ALLOW,
                sid=sid,
                actions=actions,
                resources=tuple(sorted(resources)),
                not_resources=not_resources,
                conditions=conditions,
            )
        )
    return tuple(merged)


def _sid(actions: Sequence[str]) -> str:
    """Return `RestoredS3GetObject`, or `RestoredS3` for several actions."""
    service, _, name = actions[0].partition(":")
    words = service.capitalize() + (name if len(actions) == 1 else "")
    return "Restored" + re.sub(r"[^A-Za-z0-9]", "", words)


def _doubt(applied: Applied, before: Standing, after: Standing) -> str:
    if not applied.is_whole:
        return "only a part of the plan was carried out"
    if applied.doubt:
        return applied.doubt
    if before is Standing.NO:
        return (
            "the role's policies did not allow it before; the resource's own policy may have, which the boundary limits"
        )
    if before is Standing.MAYBE:
        return "whether the policies before allowed it hangs on conditions or on a resource that the logs do not tell"
    if after is Standing.MAYBE:
        return "whether the new policies allow it hangs on conditions or on a resource that the logs do not tell"
    return "the logs do not tell enough"
