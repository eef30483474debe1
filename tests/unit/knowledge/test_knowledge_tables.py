"""Every fact has a source, and every action a table names exists."""

from __future__ import annotations

import re

import pytest

from iamaudit.knowledge.actions import catalogue
from iamaudit.knowledge.tables import rows, table_names

_WITH_ACTIONS = ("event_actions", "tag_on_create", "data_events", "permission_only", "not_logged", "logged")


def actions_named(table):
    column = "actions" if table == "event_actions" else "action"
    texts = (row[column].removeprefix("+") for row in rows(table))
    named = {part.partition("@")[0] for text in texts for part in re.split(r"[;|]", text)}
    return {action for action in named if "*" not in action}


@pytest.mark.parametrize("table", table_names())
def test_every_row_names_its_source(table):
    missing = [row for row in rows(table) if not row["source"].strip()]

    assert [] == missing


@pytest.mark.parametrize("table", table_names())
def test_no_table_says_the_same_twice(table):
    said = [tuple(row.values()) for row in rows(table)]

    assert len(set(said)) == len(said)


def test_every_action_named_exists_or_is_a_dated_exception():
    known = set(catalogue().all_actions())
    excused = {row["action"] for row in rows("exceptions")}

    unknown = {action for table in _WITH_ACTIONS for action in actions_named(table)} - known - excused

    assert set() == unknown


def test_no_exception_outlives_its_reason():
    """An exception that the catalogue has caught up with, or that no table names any more, must go."""
    named = {action for table in _WITH_ACTIONS for action in actions_named(table)}
    known = set(catalogue().all_actions())

    stale = {row["action"] for row in rows("exceptions") if row["action"] in known or row["action"] not in named}

    assert set() == stale


def test_every_exception_is_dated_and_has_a_reason():
    bad = [r for r in rows("exceptions") if not re.fullmatch(r"\d{4}-\d\d-\d\d", r["since"]) or not r["reason"]]

    assert [] == bad


@pytest.mark.parametrize("table", ["event_sources", "event_actions", "pass_role", "tag_on_create", "arn_parameters"])
def test_every_prefix_is_a_service_of_the_catalogue(table):
    unknown = {row["prefix"] for row in rows(table)} - set(catalogue().services())

    assert set() == unknown


def test_every_variable_to_fill_is_in_a_template_of_its_type():
    known = catalogue()
    strays = []
    for row in rows("arn_parameters"):
        if row["resource_type"] == "*":
            continue
        templates = known.arn_templates(row["prefix"], row["resource_type"])
        if not any("${" + row["variable"] + "}" in template for template in templates):
            strays.append(row)

    assert [] == strays


def test_an_event_that_is_mapped_elsewhere_leaves_no_action_that_nothing_can_show():
    """An action of the event's own name that no row produces would look unused for ever."""
    produced = {action.lower() for action in actions_named("event_actions")}
    own_kept = {  # a row that only adds leaves the event's own action in place
        f"{row['prefix']}:{row['event_name']}".lower()
        for row in rows("event_actions")
        if not any(
            other["event_name"] == row["event_name"] and not other["actions"].startswith("+")
            for other in rows("event_actions")
            if other["prefix"] == row["prefix"]
        )
    }
    unseen = {row["action"].lower() for row in rows("permission_only")}
    silent = {row["action"].lower() for row in rows("not_logged")}
    mapped = {f"{row['prefix']}:{row['event_name']}".lower() for row in rows("event_actions")}

    lost = {
        action
        for action in catalogue().all_actions()
        if action.lower() in mapped - produced - own_kept - unseen - silent
    }

    assert set() == lost


def test_pass_role_names_no_trap():
    """Parameters that grant to a principal pass nothing (domain.md §2.5); these services take roles elsewhere only."""
    traps = {"kms", "lakeformation", "sts", "organizations", "ram", "access-analyzer", "secretsmanager", "ecr", "iam"}

    named = {(row["prefix"], row["event_name"]) for row in rows("pass_role") if row["prefix"] in traps}

    assert named == {
        ("ecr", "CreatePullThroughCacheRule"),
        ("ecr", "CreateRepositoryCreationTemplate"),
        ("ecr", "UpdatePullThroughCacheRule"),
        ("ecr", "UpdateRepositoryCreationTemplate"),
        ("iam", "AddRoleToInstanceProfile"),
        ("lakeformation", "RegisterResource"),
        ("lakeformation", "UpdateResource"),
        ("secretsmanager", "AssociateCrossAccountReplica"),
        ("secretsmanager", "RotateSecret"),
    }
    assert "principalArn" not in {row["parameter"] for row in rows("pass_role") if row["prefix"] == "eks"}


def test_a_service_that_gets_a_role_is_named_as_a_service():
    hosts = {row["passed_to"] for row in rows("pass_role") if row["passed_to"]}

    assert set() == {host for host in hosts if not re.fullmatch(r"[a-z0-9.-]+\.amazonaws\.com", host)}
