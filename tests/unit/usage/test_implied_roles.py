"""Roles that a call hands to a service (domain.md §2.5): found wherever they stand, and never where nothing is passed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamaudit.knowledge.events import pass_role_rows
from iamaudit.knowledge.tables import rows
from iamaudit.model.usage import Outcome
from iamaudit.usage.call import Call
from iamaudit.usage.implied import hidden_role_notes, without_inventory
from iamaudit.usage.map import map_call

ACCOUNT = "111122223333"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/svc/r"
PASSING = tuple((row["prefix"], row["event_name"], row["parameter"]) for row in rows("pass_role"))


def call(source, name, request, region="eu-west-1"):
    return Call(f"{source}.amazonaws.com", name, region, ACCOUNT, request=request)


def passed(source, name, request, ended=Outcome.SUCCESS, **more):
    return [use for use in map_call(call(source, name, request, **more), ended) if use.action == "iam:PassRole"]


@given(st.sampled_from(PASSING))
def test_every_row_finds_its_role_under_its_own_path(row):
    """Whatever the nesting: a path of the table, filled with a role, passes exactly that role."""
    prefix, name, path = row
    request: object = ROLE
    for part in reversed(path.split(".")):
        bare = part.replace("[]", "").replace("{}", "")
        request = {bare: [request] if "[]" in part else {"a": request} if "{}" in part else request}

    uses = passed(prefix, name, request)

    assert [(ROLE,)] == [use.resources for use in uses if use.confidence == "high"]
    assert all(use.evidence == "implied" and use.rule.startswith("pass_role.csv: ") for use in uses)


@pytest.mark.parametrize("ended", [Outcome.SUCCESS, Outcome.FAILED, Outcome.DRY_RUN])
def test_a_call_that_got_past_authorisation_passed_its_role(ended):
    assert len(passed("lambda", "CreateFunction20150331", {"role": ROLE}, ended)) == 1


@pytest.mark.parametrize("ended", [Outcome.DENIED, Outcome.INDETERMINATE, Outcome.UNAUTHENTICATED])
def test_a_call_that_may_not_have_got_there_implies_nothing(ended):
    assert [] == passed("lambda", "CreateFunction20150331", {"role": ROLE}, ended)


def test_a_role_of_another_account_was_not_passed():
    assert [] == passed("lambda", "CreateFunction20150331", {"role": "arn:aws:iam::444455556666:role/r"})


def test_a_role_inside_a_policy_of_the_request_is_found():
    job = {"ImportAssetsFromLakeFormationTagPolicy": {"RoleArn": ROLE}}

    assert len(passed("dataexchange", "CreateJob", {"Details": job})) == 1


def test_a_hidden_value_passes_nothing():
    assert [] == passed("lambda", "CreateFunction20150331", {"role": "HIDDEN_DUE_TO_SECURITY_REASONS"})


def test_a_name_with_its_path_keeps_it():
    use = passed("glue", "CreateJob", {"role": "service-role/AWSGlueServiceRole-x"})[0]

    assert (f"arn:aws:iam::{ACCOUNT}:role/service-role/AWSGlueServiceRole-x",) == use.resources
    assert use.confidence == "low"


def test_in_china_the_service_is_not_told():
    role = f"arn:aws-cn:iam::{ACCOUNT}:role/r"

    use = passed("lambda", "CreateFunction20150331", {"role": role}, region="cn-north-1")[0]

    assert ({}, (role,)) == (use.conditions, use.resources)


@pytest.mark.parametrize(
    ("source", "name", "request_"),
    [
        ("kms", "CreateGrant", {"granteePrincipal": ROLE}),
        ("lakeformation", "GrantPermissions", {"principal": {"dataLakePrincipalIdentifier": ROLE}}),
        ("eks", "CreateAccessEntry", {"principalArn": ROLE}),
        ("ram", "CreateResourceShare", {"principals": [ROLE]}),
        ("iam", "UpdateAssumeRolePolicy", {"roleName": "r", "policyDocument": ROLE}),
        ("sts", "AssumeRole", {"roleArn": ROLE}),
        ("organizations", "CreateAccount", {"roleName": "r"}),
        ("s3", "PutBucketPolicy", {"bucketPolicy": {"Statement": {"Principal": {"AWS": ROLE}}}}),
        ("access-analyzer", "CreateAccessPreview", {"configurations": {ROLE: {"iamRole": {}}}}),
    ],
)
def test_a_principal_that_is_granted_something_is_not_passed(source, name, request_):
    assert [] == passed(source, name, request_)


@pytest.mark.parametrize(
    ("prefix", "name", "request_", "holder"),
    [
        ("ec2", "RunInstances", {"launchTemplate": {"launchTemplateId": "lt-1"}}, "launch template"),
        ("ecs", "RunTask", {"taskDefinition": "app:3"}, "task definition"),
        ("autoscaling", "CreateAutoScalingGroup", {"launchConfigurationName": "x"}, "launch configuration"),
    ],
)
def test_what_may_hide_a_role_is_noted_as_unknown(prefix, name, request_, holder):
    note = hidden_role_notes(prefix, name, request_)[0]

    assert note.startswith("unknown")
    assert holder in note


def test_a_launch_without_a_template_hides_nothing():
    assert () == hidden_role_notes("ec2", "RunInstances", {"imageId": "ami-1"})


def test_what_may_hide_a_role_is_not_also_what_passes_one():
    for row in rows("hidden_roles"):
        known = {found.parameter for found in pass_role_rows(row["prefix"], row["event_name"])}
        assert row["parameter"].lower() not in known


@pytest.mark.parametrize(
    "given",
    [{"name": "web"}, {"arn": f"arn:aws:iam::{ACCOUNT}:instance-profile/web"}],
    ids=["by its name", "by its ARN"],
)
def test_an_instance_profile_stands_for_the_role_that_only_an_inventory_knows(given):
    use = passed("ec2", "RunInstances", {"iamInstanceProfile": given})[0]

    assert ((f"arn:aws:iam::{ACCOUNT}:instance-profile/web",), "low") == (use.resources, use.confidence)
    assert use.conditions == {"iam:PassedToService": "ec2.amazonaws.com"}
    assert without_inventory(use).resources == ("*",)


def test_the_answer_of_a_launch_template_tells_its_instance_profile():
    profile = f"arn:aws:iam::{ACCOUNT}:instance-profile/web"
    started = {
        "instancesSet": {"items": [{"instanceId": "i-1", "iamInstanceProfile": {"arn": profile, "id": "AIPAX"}}]}
    }
    template = Call(
        "ec2.amazonaws.com",
        "RunInstances",
        "eu-west-1",
        ACCOUNT,
        request={"launchTemplate": {"launchTemplateId": "lt-1"}},
        response=started,
    )
    named = replace(template, request={"iamInstanceProfile": {"arn": profile}})

    for one in (template, named):
        found = [use for use in map_call(one) if use.action == "iam:PassRole"]
        assert [((profile,), "low")] == [(use.resources, use.confidence) for use in found]
