"""What to do this morning: the few sentences that stand first, most urgent first."""

from __future__ import annotations

from dataclasses import dataclass

from iamaudit.report.content import ReportContent, by_urgency


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do; `place` is where the page shows it (an anchor), `tone` is bad, warn, good or plain."""

    tone: str
    text: str
    place: str


def steps(content: ReportContent) -> tuple[Step, ...]:
    """Return what to do first; never empty."""
    todo: list[Step] = []
    if content.problems:
        todo.append(
            Step(
                "bad",
                f"Repair what failed tonight ({len(content.problems):,}): the numbers may be incomplete.",
                "problems",
            )
        )
    urgent = [f for f in by_urgency(content.findings) if f.severity in {"critical", "high"}]
    if urgent:
        todo.append(
            Step(
                "bad",
                f"Look at {_count(len(urgent), 'critical or high finding')}, first: {_sentence(urgent[0].title)}",
                "findings",
            )
        )
    ready = [r for r in content.recommendations if r.is_ready]
    if ready:
        fewer = sum(max(0, r.actions_before - r.actions_after) for r in ready)
        verb = "takes" if len(ready) == 1 else "take"
        todo.append(
            Step(
                "good",
                f"Review {_count(len(ready), 'proven proposal')}: {'it' if len(ready) == 1 else 'together they'} {verb} "
                f"{_count(fewer, 'action')} away and would have denied none of the observed calls.",
                "recommendations",
            )
        )
    blind = [c for c in content.coverage if c.days_covered < c.days_in_window or c.has_data_events is not True]
    if blind:
        todo.append(
            Step(
                "warn",
                f"Close the gaps in the logs of {_count(len(blind), 'account')}: missing days and data events that are not "
                "logged are why an answer is “unknown”.",
                "coverage",
            )
        )
    elif not content.coverage:
        todo.append(
            Step(
                "warn",
                "Find out which days the logs cover: without that, nothing is called unused for lack of calls.",
                "coverage",
            )
        )
    if content.missing:
        todo.append(
            Step(
                "warn",
                f"See why {_count(len(content.missing), 'source')} could not be read: what depends on it is unknown.",
                "problems",
            )
        )
    if not todo:
        todo.append(
            Step(
                "good",
                "Nothing to do: no finding is urgent, no proposal waits, and every day of the window is covered.",
                "coverage",
            )
        )
    return tuple(todo)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."
