"""One line out for each record in, whatever the record looks like (design.md §4, `map`)."""

from __future__ import annotations

import json

import pytest

from iamaudit.model.usage import Outcome, PrincipalKind
from iamaudit.usage.call import Call
from iamaudit.usage.map import map_call, map_line, map_record

ACCOUNT = "111122223333"


def record(source, name, request=None, **more):
    user = {"type": "IAMUser", "arn": f"arn:aws:iam::{ACCOUNT}:user/bob", "accountId": ACCOUNT, "principalId": "AIDAB"}
    return {
        "eventVersion": "1.08",
        "eventID": "id-1",
        "eventTime": "2026-01-02T03:04:05Z",
        "eventSource": f"{source}.amazonaws.com",
        "eventName": name,
        "eventType": "AwsApiCall",
        "awsRegion": "eu-west-1",
        "recipientAccountId": ACCOUNT,
        "userIdentity": user,
        "requestParameters": request,
        **more,
    }


def actions(mapped):
    return [use.action for use in mapped.uses]


@pytest.mark.parametrize(
    "odd", [None, 1, "text", [], [{}], {}, {"eventName": "X"}, {"eventSource": "s3.amazonaws.com"}]
)
def test_an_odd_record_has_no_uses_and_says_why(odd):
    mapped = map_record(odd)

    assert () == mapped.uses
    assert mapped.notes


@pytest.mark.parametrize("wrong", [[], {}, 3, True, "x", [[]], {"a": {"b": []}}])
@pytest.mark.parametrize(
    "field",
    [
        "eventType", "eventCategory", "eventName", "eventSource", "awsRegion", "userIdentity", "requestParameters",
        "responseElements", "resources", "errorCode", "errorMessage", "eventVersion", "eventID", "recipientAccountId",
    ],
)  # fmt: skip
def test_a_field_of_the_wrong_type_is_no_accident(field, wrong):
    mapped = map_record({**record("s3", "GetObject", {"bucketName": "b", "key": "k"}), field: wrong})

    assert json.dumps(map_line(mapped))


def test_deep_parameters_do_not_break_the_stack():
    deep: object = "x"
    for _ in range(400):
        deep = {"a": [deep]}

    mapped = map_record(record("ec2", "RunInstances", deep))

    assert "ec2:RunInstances" in actions(mapped)


def test_an_unknown_major_version_is_noted_and_an_unknown_minor_is_not():
    other = map_record({**record("s3", "ListBuckets"), "eventVersion": "2.0"})
    later = map_record({**record("s3", "ListBuckets"), "eventVersion": "1.99"})

    assert any("event version" in note for note in other.notes)
    assert not any("event version" in note for note in later.notes)


def test_the_line_has_the_contracts_shape():
    line = map_line(map_record(record("s3", "GetObject", {"bucketName": "b", "key": "k"})))

    assert ["event_id", "event_time", "principal", "outcome", "uses", "notes"] == list(line)
    assert {"kind", "arn", "id", "account_id", "session", "actor"} == set(line["principal"])
    assert {"kind", "name"} == set(line["principal"]["actor"])
    assert {"action", "resources", "evidence", "confidence", "conditions"} <= set(line["uses"][0])
    assert ("id-1", "success", "user") == (line["event_id"], line["outcome"], line["principal"]["kind"])


def test_what_aws_says_in_a_denial_beats_every_table():
    """RunInstances was refused for want of PassRole: that is what was missing, and where."""
    message = f"User: x is not authorized to perform: iam:PassRole on resource: arn:aws:iam::{ACCOUNT}:role/r"

    mapped = map_record(
        record("ec2", "RunInstances", {}, errorCode="Client.UnauthorizedOperation", errorMessage=message)
    )

    assert mapped.outcome is Outcome.DENIED
    assert ["iam:PassRole"] == actions(mapped)
    assert (f"arn:aws:iam::{ACCOUNT}:role/r",) == mapped.uses[0].resources


def test_a_denial_without_words_is_mapped_by_the_tables():
    mapped = map_record(record("s3", "HeadBucket", {"bucketName": "b"}, errorCode="AccessDenied"))

    assert ["s3:ListBucket"] == actions(mapped)


def test_a_denied_call_implies_nothing():
    request = {"functionName": "f", "role": f"arn:aws:iam::{ACCOUNT}:role/r"}

    mapped = map_record(record("lambda", "CreateFunction20150331", request, errorCode="AccessDenied"))

    assert ["lambda:CreateFunction"] == actions(mapped)


def test_an_unknown_event_keeps_its_name_with_low_confidence_and_a_note():
    mapped = map_record(record("s3", "InventedCall"))

    assert ("s3:InventedCall", "low") == (mapped.uses[0].action, mapped.uses[0].confidence)
    assert mapped.notes


def test_a_service_using_the_callers_identity_leaves_its_name_as_a_condition():
    who = {"type": "IAMUser", "accountId": ACCOUNT, "invokedBy": "secretsmanager.amazonaws.com"}
    key = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/k"

    kms = map_record({**record("kms", "Decrypt", {"keyId": key}), "userIdentity": who})
    glue = map_record({**record("glue", "GetTables", {"databaseName": "d"}), "userIdentity": who})

    assert kms.uses[0].conditions == {"kms:ViaService": "secretsmanager.eu-west-1.amazonaws.com"}
    assert glue.uses[0].conditions == {"aws:CalledVia": "secretsmanager.amazonaws.com"}
    assert kms.principal.kind is PrincipalKind.USER


def test_the_console_is_no_calling_service():
    who = {"type": "IAMUser", "accountId": ACCOUNT, "invokedBy": "signin.amazonaws.com"}

    mapped = map_record({**record("s3", "ListBuckets"), "userIdentity": who})

    assert {} == mapped.uses[0].conditions


def test_pass_role_carries_the_service_it_was_passed_to():
    request = {"functionName": "f", "role": f"arn:aws:iam::{ACCOUNT}:role/r"}

    passed = map_record(record("lambda", "CreateFunction20150331", request)).uses[1]

    assert ("iam:PassRole", "implied") == (passed.action, passed.evidence)
    assert passed.conditions == {"iam:PassedToService": "lambda.amazonaws.com"}


def test_an_instance_profile_hides_its_role():
    """The roll-up keeps the profile for an inventory to resolve; the line says what the record alone tells: any role."""
    mapped = map_record(record("ec2", "RunInstances", {"iamInstanceProfile": {"name": "web"}}))

    passed, told = mapped.uses[-1], map_line(mapped)["uses"][-1]
    assert ("iam:PassRole", "low") == (passed.action, passed.confidence)
    assert (f"arn:aws:iam::{ACCOUNT}:instance-profile/web",) == passed.resources
    assert (["*"], True) == (told["resources"], "`web`" in told["rule"])


def test_tags_on_create_name_the_types_that_are_tagged():
    tags = {"items": [{"resourceType": "instance", "tags": [{"key": "a", "value": "b"}]}]}

    tagged = map_record(record("ec2", "RunInstances", {"tagSpecificationSet": tags})).uses[-1]

    assert ("ec2:CreateTags", (f"arn:aws:ec2:eu-west-1:{ACCOUNT}:instance/*",)) == (tagged.action, tagged.resources)
    assert tagged.conditions == {"ec2:CreateAction": "RunInstances"}


@pytest.mark.parametrize(
    ("event", "why"),
    [
        ({"eventType": "AwsServiceEvent"}, "service event"),
        ({"eventCategory": "Insight"}, "insight"),
        ({"eventCategory": "NetworkActivity"}, "network activity"),
        ({"eventType": "AwsConsoleAction", "eventName": "ShowThing"}, "console action"),
    ],
)
def test_what_is_no_use_says_so(event, why):
    mapped = map_record({**record("s3", "GetObject"), **event})

    assert () == mapped.uses
    assert any(why in note for note in mapped.notes)


def test_a_refusal_by_a_vpc_endpoint_is_told_because_nothing_else_tells_it():
    event = {"eventCategory": "NetworkActivity", "eventType": "AwsVpceEvent", "errorCode": "VpceAccessDenied"}

    mapped = map_record({**record("s3", "GetObject"), **event})

    assert (Outcome.DENIED, ["s3:GetObject"]) == (mapped.outcome, actions(mapped))


def test_a_service_that_assumes_a_role_uses_nobodys_permission():
    who = {"type": "AWSService", "invokedBy": "ec2.amazonaws.com"}

    mapped = map_record({**record("sts", "AssumeRole"), "userIdentity": who})

    assert () == mapped.uses


def test_the_records_own_resources_are_taken_when_the_action_supports_them():
    own = [
        {"ARN": "arn:aws:s3:::b/k", "type": "AWS::S3::Object"},
        {"ARN": "arn:aws:s3:::b", "type": "AWS::S3::Bucket", "accountId": ACCOUNT},
    ]

    get = map_record({**record("s3", "GetObject"), "resources": own})
    listing = map_record({**record("s3", "ListObjects"), "resources": own})

    assert ("arn:aws:s3:::b/k",) == get.uses[0].resources
    assert ("arn:aws:s3:::b",) == listing.uses[0].resources


def test_a_call_on_oneself_is_on_ones_own_user():
    mapped = map_record(record("iam", "ChangePassword"))

    assert (f"arn:aws:iam::{ACCOUNT}:user/bob",) == mapped.uses[0].resources


def test_a_name_without_its_path_is_not_sure():
    by_name = map_record(record("iam", "GetRole", {"roleName": "r"})).uses[0]
    answered = {"role": {"arn": f"arn:aws:iam::{ACCOUNT}:role/svc/r", "roleName": "r"}}
    created = map_record(record("iam", "CreateRole", {"roleName": "r"}, responseElements=answered)).uses[0]

    assert ("low", "high") == (by_name.confidence, created.confidence)
    assert (f"arn:aws:iam::{ACCOUNT}:role/svc/r",) == created.resources


def test_china_has_its_own_partition():
    mapped = map_record({**record("sqs", "CreateQueue", {"queueName": "q"}), "awsRegion": "cn-north-1"})

    assert (f"arn:aws-cn:sqs:cn-north-1:{ACCOUNT}:q",) == mapped.uses[0].resources


def test_a_call_maps_alike_each_time_and_names_its_rule():
    call = Call("s3.amazonaws.com", "HeadObject", request={"bucketName": "b", "key": "k"})

    first, second = map_call(call), map_call(call)

    assert first == second
    assert first[0].rule == "event_actions.csv: s3 HeadObject"


def test_a_missing_key_in_s3_looks_like_a_denial_and_is_noted():
    mapped = map_record(record("s3", "GetObject", {"bucketName": "b", "key": "k"}, errorCode="AccessDenied"))

    assert any("missing key" in note for note in mapped.notes)


def test_a_hostile_arn_of_any_length_is_looked_at_in_one_pass():
    long = "arn:aws:eks:eu-west-1:111122223333:access-entry/" + "a/" * 20_000 + ":"

    mapped = map_record(record("eks", "DescribeAccessEntry", {"clusterName": long, "principalArn": long}))

    assert ["eks:DescribeAccessEntry"] == actions(mapped)


def test_reencrypt_tells_its_two_keys_apart_by_the_records_own_resources():
    keys = [f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/{name}" for name in ("from", "to")]
    listed = [{"ARN": key, "type": "AWS::KMS::Key"} for key in keys]

    mapped = map_record(record("kms", "ReEncrypt", {"destinationKeyId": "alias/to"}, resources=listed))

    assert [("kms:ReEncryptFrom", (keys[0],)), ("kms:ReEncryptTo", (keys[1],))] == [
        (use.action, use.resources) for use in mapped.uses
    ]


def test_a_service_linked_role_calls_through_nobody():
    linked = f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS"
    who = {
        "type": "AssumedRole",
        "accountId": ACCOUNT,
        "invokedBy": "ecs.amazonaws.com",
        "sessionContext": {"sessionIssuer": {"arn": linked}},
    }

    mapped = map_record({**record("ec2", "DescribeSubnets"), "userIdentity": who})

    assert {} == mapped.uses[0].conditions


def test_an_alias_of_no_version_is_of_the_state_machines_that_nobody_named():
    """A hostile or masked request gives no empty resource."""
    request = {"name": "prod", "routingConfiguration": [{"stateMachineVersionArn": "5"}]}
    record = {
        "eventSource": "states.amazonaws.com",
        "eventName": "CreateStateMachineAlias",
        "eventType": "AwsApiCall",
        "requestParameters": request,
    }

    assert all(resource for use in map_record(record).uses for resource in use.resources)
