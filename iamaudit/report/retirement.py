"""The plan for idle credentials as a page that people read: what is due when, and what was left out and why."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

from iamaudit.recommend.retire_plan import LeftOut, Retirement, RetirePlan
from iamaudit.report.visible import one_line

_HOW: Final = (
    "Nothing is done by itself: `iamaudit apply retire.json --plan` shows what is due on a day, and without `--plan` it asks for "
    "each step."
)
_PLAIN: Final = re.compile(r"[A-Za-z0-9:/+=,.*_@ -]+")


def retirement_markdown(plan: RetirePlan) -> str:
    """Return `retire.md`: one table of what is due, the commands by day, one table of what was left out.

    Names come from AWS and logs: what could steer Markdown is escaped.
    """
    count = len(plan.retirements)
    left = len(plan.left_out)
    parts = [
        "# Credentials that nobody uses",
        f"As of {plan.as_of}: {count} to retire, {left} left out. {_HOW}",
        _table(plan.retirements),
        _commands(plan.retirements),
        _left_out(plan.left_out),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _table(retirements: Iterable[Retirement]) -> str:
    rows = [
        (
            entry.idle.account_id,
            _who(entry.idle.arn),
            entry.idle.title,
            *(next((str(step.due) for step in entry.steps if step.what == what), "") for what in _DAYS),
        )
        for entry in retirements
    ]
    return _rows(("Account", "Who", "Why", "Notice", "Disable", "Delete"), rows)


def _who(arn: str) -> str:
    return arn.split(":", 5)[-1]


_DAYS: Final = ("notify", "disable", "delete")


def _commands(retirements: Iterable[Retirement]) -> str:
    """Return the commands by day and step, so that one day is one errand."""
    due: dict[tuple[str, str], list[str]] = defaultdict(list)
    for entry in retirements:
        for step in entry.steps:
            # the commands of a day are of several accounts, and each needs its own credentials
            whose = f"# {entry.idle.account_id} {_who(entry.idle.arn)}: {step.note}"
            due[str(step.due), step.what] += [one_line(text) for text in (whose, *step.commands)]
    sections = []
    for (day, what), lines in sorted(due.items(), key=lambda pair: (pair[0][0], _DAYS.index(pair[0][1]))):
        fence = "`" * max(3, 1 + max((len(run) for line in lines for run in re.findall("`+", line)), default=0))
        sections.append("\n".join([f"## {day}: {what}", "", f"{fence}sh", *lines, fence]))
    return "\n\n".join(sections)


def _left_out(entries: Iterable[LeftOut]) -> str:
    table = _rows(
        ("Account", "Who", "What", "Why it is left out"),
        [(entry.account_id, _who(entry.arn), entry.what, entry.why) for entry in entries],
    )
    return f"## Left out\n\n{table}" if table else ""


def _rows(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    if not rows:
        return ""
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    return "\n".join([*lines, *(f"| {' | '.join(_cell(text) for text in row)} |" for row in rows)])


def _cell(text: str) -> str:
    shown = one_line(text, limit=300)
    return shown if _PLAIN.fullmatch(shown) else re.sub(r"([\\`*_{}\[\]<>()#!|@&~$])", r"\\\1", shown)
