"""simulate and compare: the policy language on files."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from iamaudit.errors import InputError, PolicySyntaxError
from iamaudit.knowledge.actions import catalogue
from iamaudit.model.policy import Policy
from iamaudit.policy.compare import compare
from iamaudit.policy.decide import decide
from iamaudit.policy.parse import parse, read_json
from iamaudit.policy.simulate import policies_of, request_of, simulate_line


def simulate_bytes(data: bytes, *, name: str, open_context: bool = False) -> Iterator[dict[str, object]]:
    """Yield one answer per scenario line; raise `InputError` naming the line that cannot be understood."""
    for number, text in enumerate(data.splitlines(), 1):
        if not text.strip():
            continue
        try:
            line = read_json(text.decode("utf-8-sig"))
        except ValueError as error:
            raise InputError(f"line {number} of `{name}` is not JSON: {error}; give one scenario per line") from error
        if not isinstance(line, dict):
            raise InputError(f"line {number} of `{name}` is not an object: give one scenario per line")
        yield _open(line) if open_context else simulate_line(line)


def _open(line: dict[str, Any]) -> dict[str, object]:
    """Answer a scenario whose context is not complete: `conditional_on` names the keys that were needed."""
    request = dataclasses.replace(request_of(line.get("request")), closed=False)
    verdict = decide(request, policies_of(line.get("policies"), action=request.action))
    return {
        "id": line.get("id"),
        "decision": verdict.decision.value,
        "decided_by": verdict.decided_by,
        "reasons": list(verdict.reasons),
        "conditional_on": list(verdict.conditional_on),
    }


def compare_files(old: Path, new: Path) -> dict[str, Any]:
    """Say whether the policy in *new* allows anything that the one in *old* does not.

    Each file holds a policy document, or a list of them that one principal holds together.
    """
    answer = compare(_policies(old), _policies(new), catalogue().all_actions())
    return {
        "contained": answer.contained,
        "widened": [dataclasses.asdict(witness) for witness in answer.widened],
        "not_proven": list(answer.not_proven),
    }


def _policies(path: Path) -> tuple[Policy, ...]:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot read `{path}`: {error.strerror}; give a policy as JSON") from error
    except UnicodeDecodeError as error:
        raise InputError(f"`{path}` is not text: {error}; give a policy as JSON") from error
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"`{path}` is not JSON: {error}; give a policy document, or a list of them") from error
    documents = content if isinstance(content, list) else [text]
    try:
        return tuple(parse(document, name=f"{path.name}") for document in documents)
    except PolicySyntaxError as error:
        raise PolicySyntaxError(f"in `{path}`: {error}") from error
