"""One change of a plan for people: what, for whom, why, what is risky, and what it does to the document."""

from __future__ import annotations

from typing import Any

from rich.text import Text

from iamaudit.apply.judge import risk
from iamaudit.model.change import Change
from iamaudit.report.diff import STYLES, diff_lines, unified_diff
from iamaudit.report.visible import one_line

_STANDINGS = {"ready": "green", "done": "dim", "drifted": "bold yellow"}


def headline(change: Change) -> str:
    """Return the change on one line."""
    whose = f" of {change.holder}" if change.holder else ""
    return one_line(f"{change.kind.value.replace('_', ' ')} {change.policy}{whose}")


def change_text(change: Change, *, number: int | None = None, standing: str = "", why: str = "") -> Text:
    """Return what a person reads before saying yes; colours only, every character of the plan made visible."""
    text = Text()
    if number is not None:
        text.append(f"{number + 1:>3}. ")
    text.append(headline(change), style="bold")
    if standing:
        text.append(f"  [{standing}]", style=_STANDINGS.get(standing, ""))
    text.append("\n")
    for label, value in (("but", why), ("why", change.why), ("risk", risk(change))):
        if value:
            text.append(f"     {label}: {one_line(value)}\n")
    before = [] if change.before is None else [change.before]
    after = [] if change.document is None else [change.document]
    for line in diff_lines(unified_diff(before, after)):
        if line.kind != "file":
            text.append(f"     {line.text}\n", style=STYLES[line.kind])
    return text


def planned_json(number: int, change: Change, standing: str, why: str) -> dict[str, Any]:
    """Return one change of `apply --plan --json`."""
    return {"n": number, **change.as_json(), "standing": standing, "but": why, "risk": risk(change)}
