"""Every scenario beside this file decides as it says; a scenario is data: name, why, source, request, policies, expected."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from iamaudit.policy.decide import decide
from iamaudit.policy.simulate import policies_of, request_of

FOLDER = Path(__file__).parent
SCENARIOS = [
    pytest.param(scenario, id=f"{path.stem}: {scenario['name']}")
    for path in sorted(FOLDER.glob("*.json"))
    for scenario in json.loads(path.read_text())
]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_scenario_decides_as_it_says(scenario):
    request = replace(request_of(scenario["request"]), closed=not scenario.get("open", False))
    policies = policies_of(scenario["policies"], action=request.action)

    verdict = decide(request, policies)

    answer = {
        "decision": verdict.decision.value,
        "decided_by": verdict.decided_by,
        "conditional_on": list(verdict.conditional_on),
    }
    assert scenario["expected"] == {key: answer[key] for key in scenario["expected"]}
    assert verdict.reasons != ()


def test_names_are_unique_and_every_scenario_has_its_why_and_source():
    scenarios = [parameter.values[0] for parameter in SCENARIOS]

    twice = [name for name, count in Counter(s["name"] for s in scenarios).items() if count > 1]

    assert twice == []
    assert [s["name"] for s in scenarios if not s["why"] or not s["source"].startswith("domain.md §3")] == []
    assert len(scenarios) >= 400
