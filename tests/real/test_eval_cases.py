"""Decisions and matches that other projects recorded, replayed."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from iamaudit.model.policy import PolicyKind
from iamaudit.model.verdict import Decision
from iamaudit.policy.decide import decide
from iamaudit.policy.formats import fits_format, fits_format_strictly
from iamaudit.policy.parse import parse
from iamaudit.policy.render import render
from iamaudit.policy.simulate import policies_of, request_of, simulate_line

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
KEYS_OF_A_LINE = ("id", "request", "policies")


def lines_of(name):
    path = DATA / name
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def documents_in(content):
    """Every policy document of an authorization-details export, with its kind."""
    if isinstance(content, list):
        for each in content:
            yield from documents_in(each)
    if isinstance(content, dict):
        for key, value in content.items():
            if key in {"PolicyDocument", "Document"}:
                yield value, PolicyKind.IDENTITY
            elif key == "AssumeRolePolicyDocument":
                yield value, PolicyKind.TRUST
            else:
                yield from documents_in(value)


needs_data = pytest.mark.skipif(not DATA.exists(), reason="the folder of real data is not beside this repository")


@pytest.mark.parametrize("case", lines_of("eval_cases.jsonl"), ids=lambda case: case["id"])
def test_a_recorded_decision_comes_out_again(case):
    request = request_of(case["request"])
    is_closed = case["mode"] != "ExistsContext"

    verdict = decide(replace(request, closed=is_closed), policies_of(case["policies"], action=request.action))

    could_be_allowed = verdict.decision is Decision.IMPLICITLY_DENIED and verdict.conditional_on != ()
    is_allowed = verdict.decision is Decision.ALLOWED or could_be_allowed
    assert case["expected"] == ("Allowed" if is_allowed else "Denied")


@pytest.mark.parametrize("case", lines_of("eval_cases.jsonl"), ids=lambda case: case["id"])
def test_simulate_answers_every_recorded_line(case):
    line = {key: case[key] for key in KEYS_OF_A_LINE}

    answer = simulate_line(line)

    assert list(answer) == ["id", "decision", "decided_by", "reasons"]
    assert case["id"] == answer["id"]


@pytest.mark.parametrize("case", lines_of("eval_unit_cases.jsonl"), ids=lambda case: case["id"])
def test_a_recorded_match_comes_out_again(case):
    _, arn_format, pattern = case["args"]
    check = fits_format_strictly if case["kind"] == "is_arn_strictly_valid" else fits_format

    fits = check(arn_format, pattern)

    assert case["expected"] == fits


@needs_data
def test_the_corpus_is_not_empty():
    sizes = {name: len(lines_of(name)) for name in ("eval_cases.jsonl", "eval_unit_cases.jsonl")}

    assert sizes == {"eval_cases.jsonl": 22, "eval_unit_cases.jsonl": 28}


@needs_data
def test_every_document_of_the_authorization_details_survives_a_round_trip():
    exports = [json.loads(p.read_text()) for p in sorted((DATA / "account_authorization_details").glob("*.json"))]

    policies = [(parse(document, kind=kind), kind) for document, kind in documents_in(exports)]

    assert len(policies) > 50
    assert [p for p, _ in policies] == [parse(render(p), kind=kind) for p, kind in policies]
