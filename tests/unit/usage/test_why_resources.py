"""How resources, callers and outcomes were found, in words that name the field or the row."""

import json

import pytest

from iamaudit.usage.call import call_of
from iamaudit.usage.leaves import Leaves
from iamaudit.usage.map import map_record
from iamaudit.usage.why_caller import why_caller, why_conditions, why_outcome
from iamaudit.usage.why_resources import NOT_TOLD, why_resources
from tests.unit.usage import hand_tables

ACCOUNT = "111122223333"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/ops/deploy"
CASES = hand_tables.cases("mapping")


def record(source, name, request=None, **more):
    who = {"type": "IAMUser", "arn": f"arn:aws:iam::{ACCOUNT}:user/ann", "accountId": ACCOUNT, "principalId": "AIDAANN"}
    return {
        "eventSource": f"{source}.amazonaws.com",
        "eventName": name,
        "awsRegion": "eu-west-1",
        "recipientAccountId": ACCOUNT,
        "requestParameters": request,
        "userIdentity": who,
        **more,
    }


def found_in(event):
    mapped, call = map_record(event), call_of(event)
    own = mapped.uses[0].resources
    return {
        (use.action, found.value): found
        for use in mapped.uses
        for found in why_resources(use, call, mapped.outcome, own=own)
    }


def only(event):
    [found] = found_in(event).values()
    return found.by, found.words


@pytest.mark.parametrize(
    ("event", "by", "words"),
    [
        (record("ec2", "DescribeInstances", {}), "none_taken", "the action takes no resource"),
        (
            record("ec2", "TerminateInstances", {"instancesSet": {"items": [{"instanceId": "i-0abc1234"}]}}),
            "template",
            "InstanceId from `requestParameters.instancesSet.items[0].instanceId`",
        ),
        (
            record("sns", "Publish", {"topicArn": f"arn:aws:sns:eu-west-1:{ACCOUNT}:news"}),
            "given",
            "`requestParameters.topicArn` is its ARN",
        ),
        (
            record("lambda", "Invoke", {"functionName": "thumb"}),
            "special",
            "the rule for lambda (domain.md §2.3, §2.6): FunctionName from `requestParameters.functionName`",
        ),
        (
            record(
                "secretsmanager",
                "GetSecretValue",
                {"secretId": "db"},
                resources=[{"ARN": f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:db-AbCdEf"}],
            ),
            "listed",
            "the record's own `resources` list it",
        ),
        (
            record(
                "iam",
                "GetRole",
                {"roleName": "x"},
                errorCode="AccessDenied",
                errorMessage=f"User: x is not authorized to perform: iam:GetRole on resource: {ROLE} because no",
            ),
            "denial",
            "AWS names it in errorMessage",
        ),
        (record("glue", "GetNothingKnown", {"a": "b"}), "unknown", "the catalogue does not have the action"),
    ],
    ids=["none-taken", "template", "given", "special", "listed", "denial", "no-action"],
)
def test_each_step_says_what_it_found_where(event, by, words):
    found = only(event)

    assert by == found[0]
    assert words in found[1]


def test_a_special_rule_says_when_the_request_has_the_arn_itself():
    arn = f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:thumb"

    found = only(record("lambda", "GetFunction20150331v2", {"functionName": arn}))

    assert "the rule for lambda (domain.md §2.3, §2.6): `requestParameters.functionName` is its ARN" == found[1]


def test_a_passed_role_is_found_at_its_parameter():
    event = record("lambda", "CreateFunction20150331", {"functionName": "thumb", "role": ROLE})

    found = found_in(event)["iam:PassRole", ROLE]

    assert ("rule", "the role that `requestParameters.role` names") == (found.by, found.words)


def test_a_passed_profile_is_told_to_be_one():
    event = record(
        "ec2", "AssociateIamInstanceProfile", {"iamInstanceProfile": {"name": "p"}, "instanceId": "i-0abc1234"}
    )

    [found] = [one for (action, _), one in found_in(event).items() if action == "iam:PassRole"]

    assert found.by in {"rule", "unknown"}
    assert "instance profile" in found.words


def test_the_caller_itself_is_named_as_such():
    found = only(record("iam", "GetUser", None))

    assert "the caller itself, whom `userIdentity.arn` names" in found[1]


@pytest.mark.parametrize("case", CASES, ids=[f"{n}-{row['event_name']}" for n, row in enumerate(CASES)])
def test_every_hand_checked_resource_is_given_by_a_step(case):
    """What no step gives would be an explanation that explains nothing."""
    event = record("", "", json.loads(case["request_parameters"] or "null"))
    event |= {"eventSource": case["event_source"], "eventName": case["event_name"]}
    mapped = map_record(event)

    found = found_in(event) if mapped.uses else {}

    assert [] == [one for one in found.values() if one.by == NOT_TOLD]


def test_a_session_is_attributed_to_the_issuer_field():
    issuer = {"type": "Role", "arn": ROLE, "principalId": "AROAX", "accountId": ACCOUNT, "userName": "deploy"}
    who = {
        "type": "AssumedRole",
        "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy/ann",
        "principalId": "AROAX:ann",
        "accountId": ACCOUNT,
        "sessionContext": {"sessionIssuer": issuer},
    }
    event = record("ec2", "DescribeInstances", {}, userIdentity=who)

    found = {one.by: one.words for one in why_caller(event, map_record(event).principal)}

    assert "userIdentity.sessionContext.sessionIssuer.arn" == found["arn"]
    assert "part of userIdentity.principalId" == found["session"]
    assert found["kind"].startswith("userIdentity.type is `AssumedRole`")


@pytest.mark.parametrize(
    ("session", "value", "words"),
    [
        ("i-0abc1234def567890", "instance i-0abc1234def567890", "part of userIdentity.arn"),
        ("job-1688990082523310002", "session job-*", "what changes with each run as `*` (session_name_parts.csv)"),
    ],
    ids=["instance", "changing-name"],
)
def test_who_is_inside_a_role_is_told_with_its_place(session, value, words):
    who = {"type": "AssumedRole", "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/app/{session}", "accountId": ACCOUNT}
    event = record("ec2", "DescribeInstances", {}, userIdentity=who)
    mapped = map_record(event)

    found = {one.by: one for one in why_caller(event, mapped.principal, mapped.actor)}["actor"]

    assert value == found.value
    assert words in found.words


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({}, "the record has no error"),
        ({"errorCode": "AccessDenied"}, "error_codes.csv: AccessDenied (domain.md §1.4)"),
        ({"errorCode": "NeverHeardOfIt"}, "is in no row of error_codes.csv"),
        ({"eventType": "AwsServiceEvent"}, "eventType `AwsServiceEvent`: nobody's permission was asked for"),
        ({"requestParameters": {"dryRun": True}}, "asks for a rehearsal"),
        ({"responseElements": {"error": {"code": "AccessDenied"}}}, "responseElements.error.code `AccessDenied`"),
    ],
    ids=["success", "denied", "unknown", "service-event", "rehearsal", "in-the-response"],
)
def test_an_outcome_names_its_field_and_row(more, words):
    event = record("iam", "GetRole", {"roleName": "r"}, **more)

    assert words in why_outcome(event, map_record(event).outcome)


def test_a_service_that_called_for_the_caller_is_the_reason_of_its_condition():
    event = record("kms", "Decrypt", {"keyId": "k"})
    event["userIdentity"] = {**event["userIdentity"], "invokedBy": "s3.amazonaws.com"}
    [use] = map_record(event).uses

    found = {one.by: one.words for one in why_conditions(use, call_of(event), event)}

    assert "userIdentity.invokedBy is `s3.amazonaws.com`" in found["kms:ViaService"]


def test_a_place_is_the_same_text_before_a_longer_one():
    request = Leaves({"a": "name-of-all", "b": {"list": [{"c": "name"}]}}, "request")

    assert "request.b.list[0].c" == request.place_of("name")
    assert request.place_of("absent") is None


def test_a_place_under_an_expected_name_goes_before_others():
    request = Leaves({"tag": "thumb", "functionName": "thumb"}, "request")

    assert "request.functionName" == request.place_of("thumb", {"functionname"})
