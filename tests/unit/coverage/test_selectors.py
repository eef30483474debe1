"""What a trail logs, from its selectors (domain.md §1.3)."""

import json

import pytest

from iamaudit.coverage.selectors import INFERRED, LOGGED, NONE, PARTIAL, CategoryCoverage, best_of, trail_coverage


def trail(**changed):
    return {
        "name": "main",
        "trail_arn": "arn:aws:cloudtrail:eu-west-1:111122223333:trail/main",
        "account_id": "111122223333",
        "home_region": "eu-west-1",
        "is_multi_region": True,
        "is_organization": False,
        "is_logging": True,
        "event_selectors": None,
        "advanced_event_selectors": None,
        **changed,
    }


def basic(*selectors):
    return trail(event_selectors=json.dumps(list(selectors)))


def advanced(*selectors):
    made = [
        {"FieldSelectors": [{"Field": field, **operators} for field, operators in selector.items()]}
        for selector in selectors
    ]
    return trail(advanced_event_selectors=json.dumps(made))


def statuses(row):
    return {category: entry.status for category, entry in best_of(trail_coverage(row)).items()}


def test_a_trail_that_does_not_log_covers_nothing():
    assert {} == statuses(trail(is_logging=False))


def test_without_selectors_management_events_are_inferred_and_data_events_are_not():
    assert {"management:read": INFERRED, "management:write": INFERRED} == statuses(trail())


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("All", {"read", "write"}), ("ReadOnly", {"read"}), ("WriteOnly", {"write"}), ("Nonsense", set())],
)
def test_a_basic_selector_logs_the_calls_of_its_type(kind, expected):
    assert {f"management:{access}": LOGGED for access in expected} == statuses(basic({"ReadWriteType": kind}))


def test_a_basic_selector_may_leave_management_events_out():
    assert {} == statuses(basic({"ReadWriteType": "All", "IncludeManagementEvents": False}))


@pytest.mark.parametrize(
    ("kind", "values", "read_write", "expected"),
    [
        ("AWS::S3::Object", ["arn:aws:s3"], "All", LOGGED),
        ("AWS::S3::Object", ["arn:aws:s3:::"], "All", LOGGED),
        ("AWS::Lambda::Function", ["arn:aws:lambda"], "All", LOGGED),
        ("AWS::S3::Object", ["arn:aws:s3:::one-bucket/"], "All", PARTIAL),
        ("AWS::S3::Object", ["arn:aws:s3:::one/", "arn:aws:s3"], "All", LOGGED),
        ("AWS::S3::Object", ["arn:aws:s3"], "ReadOnly", PARTIAL),
        ("AWS::S3::Object", [], "All", PARTIAL),
    ],
)
def test_data_events_are_covered_only_when_every_resource_and_call_is(kind, values, read_write, expected):
    row = basic({"ReadWriteType": read_write, "DataResources": [{"Type": kind, "Values": values}]})

    assert expected == statuses(row)[f"data:{kind}"]


def test_excluded_sources_are_remembered():
    row = basic({"ReadWriteType": "All", "ExcludeManagementEventSources": ["kms.amazonaws.com"]})

    assert [frozenset({"kms"})] * 2 == [entry.excluded_sources for entry in trail_coverage(row)]


def test_what_one_trail_leaves_out_another_may_log():
    without = CategoryCoverage("management:read", LOGGED, "a", frozenset({"kms", "rdsdata"}))
    another = CategoryCoverage("management:read", LOGGED, "b", frozenset({"kms"}))

    assert frozenset({"kms"}) == best_of([without, another])["management:read"].excluded_sources


def test_the_better_of_two_trails_counts():
    part, whole = (CategoryCoverage("data:x", status, status) for status in (PARTIAL, LOGGED))

    assert whole == best_of([part, whole])["data:x"] == best_of([whole, part])["data:x"]


def test_a_trail_of_one_region_covers_in_part():
    assert {"management:read": PARTIAL, "management:write": PARTIAL} == statuses(trail(is_multi_region=False))


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ({"eventCategory": {"Equals": ["Management"]}}, {"management:read": LOGGED, "management:write": LOGGED}),
        (
            {"eventCategory": {"Equals": ["Management"]}, "readOnly": {"Equals": ["false"]}},
            {"management:write": LOGGED},
        ),
        (
            {"eventCategory": {"Equals": ["Management"]}, "eventSource": {"NotEquals": ["kms.amazonaws.com"]}},
            {"management:read": LOGGED, "management:write": LOGGED},
        ),
        (
            {"eventCategory": {"Equals": ["Management"]}, "userIdentity.arn": {"NotStartsWith": ["arn:x"]}},
            {"management:read": PARTIAL, "management:write": PARTIAL},
        ),
        (
            {"eventCategory": {"Equals": ["Data"]}, "resources.type": {"Equals": ["AWS::S3::Object"]}},
            {"data:AWS::S3::Object": LOGGED},
        ),
        (
            {
                "eventCategory": {"Equals": ["Data"]},
                "resources.type": {"Equals": ["AWS::S3::Object"]},
                "readOnly": {"Equals": ["true"]},
            },
            {"data:AWS::S3::Object": PARTIAL},
        ),
        (
            {
                "eventCategory": {"Equals": ["Data"]},
                "resources.type": {"Equals": ["AWS::S3::Object"]},
                "resources.ARN": {"StartsWith": ["arn:aws:s3:::b/"]},
            },
            {"data:AWS::S3::Object": PARTIAL},
        ),
        ({"eventCategory": {"Equals": ["NetworkActivity"]}}, {}),
        ({}, {}),
    ],
)
def test_an_advanced_selector_logs_what_its_fields_say(selector, expected):
    assert expected == statuses(advanced(selector))


@pytest.mark.parametrize("text", ["{}", "null", '"x"', "[5]"])
def test_selectors_of_a_strange_shape_count_as_not_collected(text):
    assert {INFERRED} == set(statuses(trail(event_selectors=text)).values())


def test_nothing_is_the_least():
    some, none = (CategoryCoverage("x", status, "") for status in (PARTIAL, NONE))

    assert some == best_of([none, some])["x"]


def test_an_excluded_source_is_known_by_the_prefix_of_its_actions():
    """The host of the RDS Data API is `rdsdata`, its actions begin with `rds-data`."""
    row = trail(event_selectors=json.dumps([{"ExcludeManagementEventSources": ["rdsdata.amazonaws.com"]}]))

    assert {frozenset({"rds-data"})} == {entry.excluded_sources for entry in trail_coverage(row)}


def test_a_selector_of_tables_logs_the_reads_of_their_streams():
    """CloudTrail user guide, Logging data events: the record of a stream names its table."""
    row = basic({"DataResources": [{"Type": "AWS::DynamoDB::Table", "Values": ["arn:aws:dynamodb"]}]})

    assert LOGGED == statuses(row)["data:AWS::DynamoDB::Stream"]


def scopes(row):
    return sorted(best_of(trail_coverage(row))["data:AWS::S3::Object"].scopes)


OBJECTS = {"eventCategory": {"Equals": ["Data"]}, "resources.type": {"Equals": ["AWS::S3::Object"]}}
ONE, OTHER = "arn:aws:s3:::one/", "arn:aws:s3:::other/in/"


def test_the_buckets_of_a_selector_are_logged_as_a_whole():
    arns = {"resources.ARN": {"StartsWith": [ONE], "Equals": ["arn:aws:s3:::x/y"]}}

    assert ["arn:aws:s3:::one/*", "arn:aws:s3:::x/y"] == scopes(advanced({**OBJECTS, **arns}))
    assert ["arn:aws:s3:::one/*", "arn:aws:s3:::other/in/*"] == scopes(
        basic({"DataResources": [{"Type": "AWS::S3::Object", "Values": [ONE, OTHER]}]})
    )


def test_the_buckets_of_several_selectors_add_up():
    both = [{**OBJECTS, "resources.ARN": {"StartsWith": [one]}} for one in (ONE, OTHER)]

    assert ["arn:aws:s3:::one/*", "arn:aws:s3:::other/in/*"] == scopes(advanced(*both))


@pytest.mark.parametrize(
    "narrower",
    [
        {"resources.ARN": {"NotStartsWith": [ONE]}},
        {"resources.ARN": {"StartsWith": [ONE], "NotEquals": ["arn:aws:s3:::one/secret"]}},
        {"resources.ARN": {"StartsWith": [ONE]}, "readOnly": {"Equals": ["true"]}},
        {"resources.ARN": {"StartsWith": [ONE]}, "eventName": {"Equals": ["GetObject"]}},
        {"resources.ARN": {"StartsWith": [ONE]}, "eventSource": {"Equals": ["s3.amazonaws.com"]}},
        {"eventName": {"Equals": ["GetObject"]}},
        {},
    ],
    ids=["all but these", "all but one", "reads", "one call", "one source", "one call of all", "everything"],
)
def test_a_selector_that_leaves_out_more_speaks_for_no_bucket(narrower):
    assert [] == scopes(advanced({**OBJECTS, **narrower}))


def test_a_trail_of_one_region_and_a_basic_selector_of_reads_speak_for_no_bucket():
    reads = {"ReadWriteType": "ReadOnly", "DataResources": [{"Type": "AWS::S3::Object", "Values": [ONE]}]}
    of_one = advanced({**OBJECTS, "resources.ARN": {"StartsWith": [ONE]}})

    assert [[], []] == [scopes(basic(reads)), scopes({**of_one, "is_multi_region": False})]
