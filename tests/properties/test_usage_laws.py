"""What holds for every record that is mapped."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from iamaudit.knowledge.actions import catalogue
from iamaudit.usage.map import map_line, map_record
from tests.properties.strategies_usage import json_values, record_of, requests

FIELDS = (
    "eventVersion", "eventType", "eventCategory", "eventSource", "eventName", "awsRegion", "userIdentity", "errorCode",
    "errorMessage", "requestParameters", "responseElements", "resources", "recipientAccountId", "additionalEventData",
)  # fmt: skip


def shuffled(node, random):
    if isinstance(node, dict):
        keys = list(node)
        random.shuffle(keys)
        return {key: shuffled(node[key], random) for key in keys}
    if isinstance(node, list):
        return [shuffled(value, random) for value in node]
    return node


def recased(node, random):
    if isinstance(node, dict):
        return {
            "".join(c.upper() if random.random() < 0.5 else c.lower() for c in key): recased(value, random)
            for key, value in node.items()
        }
    if isinstance(node, list):
        return [recased(value, random) for value in node]
    return node


@given(requests, st.randoms(use_true_random=False))
def test_the_order_of_keys_does_not_matter(call, random):
    record = record_of(*call)

    assert map_record(record) == map_record(shuffled(record, random))


@given(requests, st.randoms(use_true_random=False))
def test_the_case_of_parameter_names_does_not_matter(call, random):
    source, name, request = call

    plain, changed = (
        map_record(record_of(source, name, request)),
        map_record(record_of(source, name, recased(request, random))),
    )

    assert plain.uses == changed.uses


@given(requests, st.dictionaries(st.text(max_size=10).map(lambda key: f"x-{key}"), json_values, max_size=4))
def test_fields_nobody_knows_change_nothing(call, unknown):
    record = record_of(*call)

    assert map_record(record) == map_record({**unknown, **record})


@given(st.dictionaries(st.sampled_from(FIELDS), json_values, max_size=8))
def test_no_record_is_too_odd_to_map(record):
    line = map_line(map_record(record))

    assert json.loads(json.dumps(line)) == line


@given(requests)
def test_a_star_alone_stands_for_an_action_without_resource_or_for_not_knowing(call):
    for use in map_record(record_of(*call)).uses:
        if use.resources == ("*",):
            assert use.confidence == "low" or not catalogue().takes_resource(use.action)


@given(requests, st.sampled_from(["AccessDenied", "ThrottlingException", "ExpiredToken"]))
def test_what_was_not_authorised_implies_nothing(call, code):
    record = {**record_of(*call), "errorCode": code}

    assert all(use.evidence == "direct" for use in map_record(record).uses)
