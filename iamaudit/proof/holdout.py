"""Hold-out: a policy learnt from earlier days is asked for the calls of later days, which it has not seen.

Today's grants stand for both, since the lake may not know older ones: a call that today's policies refuse is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from iamaudit.proof.replay import Replay, replay
from iamaudit.recommend.evidence import Actions, ObservedUse, PrincipalEvidence
from iamaudit.recommend.holdout import Surprise
from iamaudit.recommend.keep import as_evaluated
from iamaudit.recommend.propose import Proposal
from iamaudit.recommend.score import Score

LastUse = Mapping[tuple[str, str | None], date]  # (action, resource), or (action, None): the last day before the window


@dataclass(frozen=True, slots=True)
class Test:
    """What came of one principal, one learning window and one stretch of later days."""

    principal: str
    test_start: date
    score: Score
    surprises: tuple[Surprise, ...] = ()

    __test__ = False  # pytest collects by name


def held_out(
    learned: PrincipalEvidence,
    proposal: Proposal,
    later: Sequence[ObservedUse],
    catalogue: Actions,
    *,
    learn_days: int,
    test_start: date,
    last_used: LastUse,
) -> Test:
    """Replay *later* uses against the *proposal* that was made from *learned* alone.

    Says of each denied use what was new about it. A proposal that was refused leaves today's policies: nothing to deny.
    Uses that may not have been needed are replayed apart: what is denied of them is one count, and no surprise for sure.
    """
    if proposal.refused:
        return Test(learned.arn, test_start, Score(learn_days, unjudged=1))
    sure, doubtful = _apart(later)
    result = replay(replace(learned, uses=sure), proposal, catalogue)
    guessed = replay(replace(learned, uses=doubtful), proposal, catalogue) if doubtful else None
    score = Score(
        learn_days,
        uses=result.replayed,
        calls=result.calls,
        denied_uses=result.denied,
        denied_calls=result.denied_calls,
        as_unknown=_as_unknown(learned, sure, proposal, catalogue),
        denied_doubtful=guessed.denied if guessed else 0,
    )
    seen = _Seen(learned, catalogue)
    failures = (*result.failures, *(guessed.failures if guessed else ()))
    firsts = {(one.use.action, one.use.resource, one.use.via, str(one.use.conditions)): one for one in failures}
    surprises = tuple(
        Surprise(
            learned.arn,
            one.use,
            one.calls,
            kind := seen.kind_of(one.use),
            learn_days,
            test_start,
            last_used.get((one.use.action, None if kind == "new_action" else one.use.resource)),
        )
        for one in firsts.values()
    )
    return Test(learned.arn, test_start, score, surprises)


def _apart(later: Iterable[ObservedUse]) -> tuple[tuple[ObservedUse, ...], tuple[ObservedUse, ...]]:
    """Return the uses that were surely needed, and the others but for those that a sure one asks for anyway."""
    uses = tuple(later)
    sure = tuple(use for use in uses if not use.is_doubtful)
    asked = {(use.action, use.resource, use.via, str(use.conditions)) for use in sure}
    return sure, tuple(
        use for use in uses if use.is_doubtful and (use.action, use.resource, use.via, str(use.conditions)) not in asked
    )


def _as_unknown(
    learned: PrincipalEvidence, later: Iterable[ObservedUse], proposal: Proposal, catalogue: Actions
) -> int:
    """Count the later uses of actions that were not seen, and kept because the logs could not have shown them."""
    used = {use.action for use in as_evaluated(learned.uses, catalogue)}
    unseen = set(proposal.unknown_kept) - used
    chosen = tuple(use for use in as_evaluated(later, catalogue) if use.action in unseen)
    if not chosen:
        return 0
    found: Replay = replay(replace(learned, uses=chosen), proposal, catalogue)
    return found.allowed


class _Seen:
    """What the learning window had."""

    def __init__(self, learned: PrincipalEvidence, catalogue: Actions) -> None:
        uses = as_evaluated(learned.uses, catalogue)
        self._actions = {use.action for use in uses}
        self._pairs = {(use.action, use.resource) for use in uses}

    def kind_of(self, use: ObservedUse) -> str:
        if use.action not in self._actions:
            return "new_action"
        return "new_condition" if (use.action, use.resource) in self._pairs else "new_resource"
