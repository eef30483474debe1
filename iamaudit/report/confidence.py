"""The hold-out evaluation as Markdown: one table for the estate, one line per principal that would have been refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from iamaudit.report.visible import one_line


def confidence_markdown(found: Mapping[str, Any]) -> str:
    """Return the page for a confidence.json; names from logs cannot break its tables."""
    tests = ", ".join(f"{test['start']} to {test['end']}" for test in found["tests"])
    lines = [
        "# How well policies learnt from earlier days fit later ones",
        "",
        f"As of {found['as_of']}; later days: {tests} (the last day not included).",
        f"{_sentence(found['method'])}",
        "",
        f"**Advice:** {found['advice']['words']}.",
        "",
        "| learnt from | later uses | denied | later calls | denied | only as unknown | denied, maybe not needed | tests without a proposal |",
        "|---:|---:|---:|---:|---:|---:|---:|---:|",
        *(_score_line(f"{score['learn_days']} days", score) for score in found["scores"]),
        "",
    ]
    lines += _denied(found["principals"])
    return "\n".join(lines) + "\n"


def _score_line(first: str, score: Mapping[str, Any]) -> str:
    names = ("uses", "denied_uses", "calls", "denied_calls", "as_unknown", "denied_doubtful", "unjudged")
    return f"| {first} | " + " | ".join(f"{score[name]:,}" for name in names) + " |"


def _denied(principals: Sequence[Mapping[str, Any]]) -> list[str]:
    lines: list[str] = []
    for principal in principals:
        if not principal["surprises"]:
            continue
        lines += [f"## {_code(principal['principal'])}", "", f"{_sentence(principal['advice']['words'])}", ""]
        lines += ["| learnt from | later days from | call | times | why it was not kept |", "|---:|---|---|---:|---|"]
        for one in principal["surprises"]:
            call = f"{_code(one['action'])} on {_code(one['resource'])}"
            lines.append(
                f"| {one['learn_days']} days | {one['test_start']} | {call} | {one['calls']:,} | {_cell(one['why'])} |"
            )
        lines.append("")
    return lines or ["Nothing of the later days would have been denied."]


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."


def _cell(text: str) -> str:
    return one_line(text).replace("\\", "\\\\").replace("|", "\\|")


def _code(text: str) -> str:
    return f"`{_cell(text).replace('`', chr(39))}`"
