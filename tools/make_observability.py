"""Fill docs/observability.md's tables: how a use of each action of the catalogue could be seen; a test checks them.

Between `<!-- NAME -->` and `<!-- /NAME -->` stands what this makes. Run after the catalogue or a table changed.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from pathlib import Path

from iamaudit.knowledge.actions import catalogue
from iamaudit.knowledge.observability import KINDS, observability

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "observability.md"


def blocks() -> dict[str, str]:
    """Return the generated tables by name."""
    return {"kinds": _kinds(), "reasons": _reasons(), "types": _types(), "also": _also()}


def filled(document: str) -> str:
    """Return *document* with the tables put between their marks."""
    for name, text in blocks().items():
        pattern = rf"<!-- {name} -->.*?<!-- /{name} -->"
        document = re.sub(
            pattern, lambda _, n=name, t=text: f"<!-- {n} -->\n{t}\n<!-- /{n} -->", document, flags=re.DOTALL
        )  # type: ignore[misc]  # defaults bind the loop's values
    return document


def _kinds() -> str:
    counts = Counter(observability(action).kind for action in catalogue().all_actions())
    lines = [f"| `{kind}` | {counts[kind]:,} |" for kind in KINDS]
    return "\n".join(["| `observed` | actions |", "|---|---:|", *lines, f"| all | {sum(counts.values()):,} |"])


def _reasons() -> str:
    counts: Counter[tuple[str, str]] = Counter()
    for action in catalogue().all_actions():
        found = observability(action)
        if found.kind not in {"management", "data"}:
            counts[found.kind, _family(found.reason)] += 1
    lines = [f"| `{kind}` | {reason} | {count:,} |" for (kind, reason), count in sorted(counts.items())]
    return "\n".join(["| `observed` | why | actions |", "|---|---|---:|", *lines])


def _family(reason: str) -> str:
    """Return a reason without the names in it."""
    reason = re.sub(r"data events of AWS::\w+::\w+", "data events of a type", reason)
    reason = re.sub(r"its event counts for \S+, which", "its event counts for another action, which", reason)
    reason = re.sub(r"calls of \S+ make", "calls of its service make", reason)
    return re.sub(r"needs no permission: .*", "needs no permission", reason)


def _types() -> str:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for action in catalogue().all_actions():
        shows = observability(action)
        if shows.kind == "data":
            found[shows.resource_type].append(action)
    lines = [f"| `{kind}` | {len(actions)} | {_some(actions)} |" for kind, actions in sorted(found.items())]
    return "\n".join(["| `resources.type` | actions | such as |", "|---|---:|---|", *lines])


def _some(actions: list[str]) -> str:
    shown = ", ".join(f"`{action}`" for action in actions[:3])
    return shown if len(actions) <= 3 else f"{shown}, …"


def _also() -> str:
    found = ((action, observability(action).also) for action in catalogue().all_actions())
    lines = [f"| `{action}` | {', '.join(f'`{one}`' for one in also)} |" for action, also in found if also]
    return "\n".join(["| action | shows in these categories too |", "|---|---|", *lines])


if __name__ == "__main__":
    DOCUMENT.write_text(filled(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
