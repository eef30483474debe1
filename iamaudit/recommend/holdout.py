"""What a hold-out came to: what was denied and why, and which window to take."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from iamaudit.recommend.evidence import ObservedUse
from iamaudit.recommend.score import Score

TOLERANCE: Final = 0.001  # of the later uses: windows whose shares differ by no more are equally good


@dataclass(frozen=True, slots=True)
class Surprise:
    """A later use that the learnt policies would deny although today's allow it.

    `kind` is new_action, new_resource or new_condition: the first that the learning window had not seen. `seen_before`
    is the last day of it before that window: a longer one would have had it.
    """

    principal: str
    use: ObservedUse
    calls: int
    kind: str
    learn_days: int
    test_start: date
    seen_before: date | None
    rhythm: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return one entry of `surprises` in confidence.json."""
        return {
            "principal": self.principal,
            "action": self.use.action,
            "resource": self.use.resource,
            "calls": self.calls,
            "kind": self.kind,
            "learn_days": self.learn_days,
            "test_start": self.test_start.isoformat(),
            "seen_before": None if self.seen_before is None else self.seen_before.isoformat(),
            "rhythm": self.rhythm or None,
            "is_doubtful": self.use.is_doubtful,
            "event_ids": list(self.use.event_ids),
        }

    @property
    def why(self) -> str:
        """Say why it was not kept."""
        words = {
            "new_action": "the action had not been seen in the learning window",
            "new_resource": "the action had been seen, but not on this resource",
            "new_condition": "it had been seen, but not under these conditions",
        }[self.kind]
        if self.use.is_doubtful:
            words = f"nothing says for sure that a call needed it; {words}"
        if self.seen_before is not None:
            words += f"; it was last used on {self.seen_before.isoformat()}: a longer window would have had it"
        return f"{words}; {self.rhythm}" if self.rhythm else words


@dataclass(frozen=True, slots=True)
class Advice:
    """Which window to learn from; `longer_helps` is None when the lake has no older logs to say it from."""

    learn_days: int | None
    longer_helps: bool | None
    words: str

    def as_json(self) -> dict[str, Any]:
        """Return `advice` of confidence.json."""
        return {"learn_days": self.learn_days, "longer_helps": self.longer_helps, "words": self.words}


def advice(
    scores: Sequence[Score],
    surprises: Iterable[Surprise],
    *,
    has_older_logs: bool,
    tolerance: float = TOLERANCE,
) -> Advice:
    """Return the shortest window that is as good as the longest, and whether a longer one would help.

    *scores* are of the same tests at several lengths. Never says that a longer window would not help when no older logs
    are there to tell.
    """
    tried = sorted((one for one in scores if one.uses), key=lambda one: one.learn_days)
    if not tried:
        return Advice(None, None, "no later use to judge by")
    longest = tried[-1]
    best = next(one for one in tried if one.share <= longest.share + tolerance)
    verdict = f"{best.learn_days} days do as well as {longest.learn_days}" if best is not longest else ""
    verdict = verdict or (
        f"{longest.learn_days} days are better than fewer"
        if len(tried) > 1
        else f"only {longest.learn_days} days could be judged"
    )
    if not longest.denied_uses:
        words = f"after learning from {longest.learn_days} nothing of the later days would have been denied"
        return Advice(best.learn_days, False, f"{verdict}; {words}")
    of_longest = [one for one in surprises if one.learn_days == longest.learn_days and not one.use.is_doubtful]
    known = sum(one.seen_before is not None for one in of_longest)
    if known:
        words = f"a longer window would have had {known} of the {len(of_longest)} denied uses"
        return Advice(best.learn_days, True, f"{verdict}; {words}")
    if not has_older_logs:
        return Advice(
            best.learn_days, None, f"{verdict}; the lake has no older logs to tell whether more days would help"
        )
    return Advice(best.learn_days, False, f"{verdict}; a longer window would not help: what is denied was new")
