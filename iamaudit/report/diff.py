"""What a proposal changes: today's policies beside the proposed ones, as numbers and as a unified diff."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from rich.text import Text

from iamaudit.errors import PolicySyntaxError
from iamaudit.policy.parse import parse
from iamaudit.policy.render import to_json
from iamaudit.report.visible import block, one_line

STYLES: Final = {"added": "green", "removed": "red", "place": "cyan", "file": "bold", "same": ""}


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One line of a unified diff; `kind` is added, removed, place (`@@`), file (`---`, `+++`) or same."""

    kind: str
    text: str


def policy_diff(current: Sequence[str], proposed: Sequence[str]) -> str:
    """Return Markdown: one paragraph of numbers, then the fenced unified diff of the policies' pretty JSON.

    The characters are counted without white space, as AWS counts a policy's size. A text that is not JSON is
    compared as it is.
    """
    changes = unified_diff(current, proposed)
    numbers = f"{_measure(current)} become {_measure(proposed)}."
    if not changes:
        return f"{numbers} Nothing changes.\n"
    ticks = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", changes)), default=0))
    return f"{numbers}\n\n{ticks}diff\n{changes}{ticks}\n"


def unified_diff(current: Sequence[str], proposed: Sequence[str]) -> str:
    """Return the unified diff of the documents' pretty JSON with three lines of context; empty when they are equal."""
    before, after = _lines(current), _lines(proposed)
    names = (
        f"current ({_count(len(current), 'policy', 'policies')})",
        f"proposed ({_count(len(proposed), 'policy', 'policies')})",
    )
    return "".join(f"{line}\n" for line in difflib.unified_diff(before, after, *names, lineterm=""))


def diff_lines(diff: str) -> tuple[DiffLine, ...]:
    """Return the lines of a unified diff, bare or inside the Markdown of `policy_diff`, each with its kind."""
    lines = diff.split("\n")
    fence = next((line for line in lines if re.fullmatch("`{3,}diff", line)), None)
    if fence:
        start = lines.index(fence) + 1
        closing = fence.removesuffix("diff")
        lines = lines[start : lines.index(closing, start) if closing in lines[start:] else None]
    # only the two lines at the top are file names: a removed line may itself begin with two dashes
    return tuple(DiffLine(_kind(line, place), line) for place, line in enumerate(lines) if line)


def coloured(title: str, current: Sequence[str], proposed: Sequence[str]) -> Text:
    """Return the diff for a terminal; without colours (`NO_COLOR`, a file) it is the same text."""
    text = Text()
    text.append(f"{one_line(title)}\n", style="bold")
    lines = diff_lines(unified_diff(current, proposed))
    for line in lines:
        text.append(f"{line.text}\n", style=STYLES[line.kind])
    if not lines:
        text.append("nothing changes\n")
    return text


def policy_texts(current: Mapping[str, Any], proposed: Iterable[Any]) -> tuple[list[str], list[str]]:
    """Return the documents of a bundle's `current.json` and of its `policy-N.json` as texts, each policy once.

    Both are laid out alike: what is left as it is keeps AWS's very text in its file, and would look changed.
    """
    today = {one["policy_id"]: _laid_out(one["document"]) for one in current.get("policies", [])}
    return list(today.values()), [_laid_out(document) for document in proposed]


def _laid_out(document: Any) -> str:
    try:
        return to_json(parse(document))
    except PolicySyntaxError:
        return json.dumps(document, ensure_ascii=False)


def pretty(policy: str) -> str:
    """Return a policy's JSON with two spaces of indentation, keys in their own order; a text that is not JSON as it is."""
    document = _document(policy)
    return block(policy if document is None else json.dumps(document, indent=2, ensure_ascii=False))


def _kind(line: str, place: int) -> str:
    if place < 2 and line.startswith(("--- ", "+++ ")):
        return "file"
    return {"+": "added", "-": "removed", "@": "place"}.get(line[0], "same")


def _lines(policies: Sequence[str]) -> list[str]:
    return [line for policy in policies for line in pretty(policy).split("\n")]


def _measure(policies: Sequence[str]) -> str:
    documents = [_document(policy) for policy in policies]
    statements = [statement for document in documents for statement in _statements(document)]
    actions = {name.lower() for statement in statements for name in _strings(statement.get("Action"))}
    characters = sum(len("".join(policy.split())) for policy in policies)
    return (
        f"{_count(len(policies), 'policy', 'policies')} ({_count(len(statements), 'statement', 'statements')}, "
        f"{_count(len(actions), 'action pattern', 'action patterns')}, {_count(characters, 'character', 'characters')})"
    )


def _statements(document: object) -> Iterable[dict[str, Any]]:
    statements = document.get("Statement", []) if isinstance(document, dict) else []
    return [s for s in (statements if isinstance(statements, list) else [statements]) if isinstance(s, dict)]


def _strings(value: object) -> list[str]:
    return [text for text in (value if isinstance(value, list) else [value]) if isinstance(text, str)]


def _document(policy: str) -> object:
    try:
        document: object = json.loads(policy)
    except ValueError:
        return None
    return document


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"
