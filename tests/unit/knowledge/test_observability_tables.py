"""Every action of the catalogue has an answer how its use shows, and the tables behind it agree with one another."""

import re
from collections import Counter

import pytest

from iamaudit.knowledge.actions import catalogue
from iamaudit.knowledge.carriers import carriers_of
from iamaudit.knowledge.observability import KINDS, observability
from iamaudit.knowledge.tables import rows
from tools.make_observability import DOCUMENT, filled

ACTIONS = catalogue().all_actions()


def test_every_action_has_a_kind_a_reason_and_a_source():
    bare = [
        action
        for action in ACTIONS
        if not ((found := observability(action)).kind in KINDS and found.reason and found.source)
    ]

    assert 20_000 < len(ACTIONS)
    assert [] == bare


def test_each_kind_but_the_endpoints_own_has_actions():
    assert set(KINDS) - {"network"} == set(Counter(observability(action).kind for action in ACTIONS))


def test_what_an_event_of_another_name_carries_is_never_called_invisible():
    """`s3:GetObjectVersion` is seen in GetObject with a version."""
    hidden = [action for action in ACTIONS if carriers_of(action).events and observability(action).kind == "never"]

    assert [] == hidden


@pytest.mark.parametrize(
    ("action", "kind", "also"),
    [
        ("timestream:ListMeasures", "data", ()),  # has no operation of its own: a statement of Query
        (
            "timestream:ListTables",
            "management",
            ("data:AWS::Timestream::Table",),
        ),  # an operation, and a statement of Query
        ("s3:ListBucketVersions", "data", ()),
        ("lambda:InvokeFunction", "data", ()),
    ],
    ids=lambda value: value if isinstance(value, str) else "also" if value else "alone",
)
def test_an_action_shows_where_the_events_that_carry_it_show(action, kind, also):
    found = observability(action)

    assert (kind, also) == (found.kind, found.also)


def test_what_a_rule_infers_is_implied_and_not_invisible():
    by_rule = {action for action in ACTIONS if carriers_of(action).implied_by}

    assert "iam:PassRole" in by_rule
    assert [] == [action for action in by_rule if observability(action).kind == "never"]
    assert {action for action in ACTIONS if observability(action).kind == "implied"} <= by_rule


def test_an_event_is_of_one_category_whichever_of_its_actions_is_asked():
    """The rows that map an event to another action must not put that action into another category, but for those of
    which nobody knows whether both actions are checked."""
    apart = set()
    for row in rows("event_actions"):
        own = catalogue().spelling(f"{row['prefix']}:{row['event_name']}")
        if own is None or row["actions"].startswith("+"):
            continue
        for text in re.split(r"[;|]", row["actions"]):
            action = text.partition("@")[0]
            one, other = observability(own), observability(action)
            if (one.kind, one.resource_type) != (other.kind, other.resource_type):
                apart.add(own)

    unsure = {row["action"] for row in rows("not_logged") if "cannot be excluded" in row["reason"]}
    assert unsure == apart


@pytest.mark.parametrize("table", ["data_events", "also_seen"])
def test_every_type_is_one_that_a_selector_can_name(table):
    listed = {row["resource_type"] for row in rows("data_event_types")}

    named = {row.get("resource_type") or row["category"].removeprefix("data:") for row in rows(table)}

    assert set() == named - listed


def test_no_type_stands_in_two_spellings():
    """A selector compares types letter by letter: of two spellings one would never be covered."""
    spellings = Counter(row["resource_type"].lower() for row in rows("data_event_types"))

    assert [] == [name for name, times in spellings.items() if times > 1]


def test_what_is_also_seen_elsewhere_is_seen_at_all():
    actions = {row["action"] for row in rows("also_seen")}

    assert actions
    assert {"management", "data"} >= {observability(action).kind for action in actions}
    assert all(observability(action).also for action in actions)


def test_an_event_that_is_documented_belongs_to_an_action_without_an_operation():
    """A row for an action that the catalogue of operations has anyway would say nothing."""
    bare = {row["action"] for row in rows("permission_only")}

    assert set() == {row["action"] for row in rows("logged")} - bare


def test_a_tag_permission_whose_calls_are_not_known_is_unknown():
    """Otherwise a role that only ever makes things with tags would lose what it needs for that."""
    known = {row["action"] for row in rows("tag_on_create")}
    tags_at_once = {row["prefix"] for row in rows("tags_at_creation")}

    wrong = [
        action
        for action in ACTIONS
        if action.endswith((":TagResource", ":AddTags", ":AddTagsToResource", ":CreateTags"))
        and "Tagging" in (catalogue().access_level(action) or "")
        and action.partition(":")[0] in tags_at_once
        and action not in known
        and observability(action).kind == "management"
    ]

    assert [] == wrong


def test_the_document_has_the_counts_of_today():
    document = DOCUMENT.read_text(encoding="utf-8")

    assert filled(document) == document


def test_the_document_names_every_kind_and_every_column():
    document = DOCUMENT.read_text(encoding="utf-8")

    assert all(
        f"`{word}`" in document for word in (*KINDS, "observed", "category", "why", "recorded", "access", "prefix")
    )
