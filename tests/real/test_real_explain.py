"""Every real event is explained to the last resource, and what it needs is a policy."""

import gzip
import json
from pathlib import Path

import pytest

import iamaudit
from iamaudit.model.usage import PrincipalKind
from iamaudit.stages.explain_event import explain_event
from iamaudit.usage.why_resources import NOT_TOLD

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the real data is not beside the repository")
# who is not allowed by an identity policy of their own
_WITHOUT = {
    PrincipalKind.ROOT,
    PrincipalKind.SERVICE,
    PrincipalKind.SERVICE_LINKED_ROLE,
    PrincipalKind.IDP,
    PrincipalKind.IDENTITY_CENTER,
}


@pytest.fixture(scope="module")
def explanations():
    """One explanation for each record of the real logs; a shape that was met before is left out."""
    with gzip.open(DATA / "cloudtrail" / "mixed_real.jsonl.gz", "rt", encoding="utf-8") as file:
        records = [json.loads(line) for line in file]
    for path in sorted((DATA / "cloudtrail" / "invictus").rglob("*.gz")):
        records += json.loads(gzip.decompress(path.read_bytes()))["Records"]
    found = {}
    for record in records:
        key = (record.get("eventSource"), record.get("eventName"), record.get("errorCode"))
        found.setdefault(key, []).append(record)
    return [explain_event(record) for several in found.values() for record in several[:3]]


def test_there_are_events_to_explain(explanations):
    assert 500 < len(explanations)


def test_every_resource_comes_from_a_step(explanations):
    untold = [
        (use.use.action, found.value)
        for one in explanations
        for use in one.uses
        for found in use.resources
        if found.by == NOT_TOLD
    ]

    assert [] == untold


def test_every_rule_names_a_row_with_its_source(explanations):
    rules = {use.use.rule for one in explanations for use in one.uses if not use.rule_source}

    assert [] == [rule for rule in sorted(rules) if not rule.startswith("no rule")]


def test_what_an_event_needs_is_a_policy_that_the_decision_allows(explanations):
    without = [
        (one.call.event_name, one.needs.words)
        for one in explanations
        if one.uses and one.needs.document is None and one.mapped.principal.kind not in _WITHOUT
    ]

    assert [] == without


def test_an_event_of_the_lake_is_in_the_roll_up_with_each_of_its_uses(tmp_path):
    """The roll-up works on shapes, the explanation on the record that the lake gives back: both must say the same."""
    logs = sorted((DATA / "cloudtrail" / "invictus").rglob("*.gz"))[:12]
    iamaudit.ingest(logs, tmp_path / "lake")

    with iamaudit.open_lake(tmp_path / "lake", as_of="2023-07-12") as opened:
        ids = opened.query("select event_id from events order by hash(event_id) limit 12").event_id
        found = [opened.explain_event(event_id) for event_id in ids]

    uses = [(use.use.action, one) for event in found for use in event.uses for one in use.in_lake]
    assert uses
    assert [] == [action for action, one in uses if one.count == 0]
    assert all(event.copies for event in found)
