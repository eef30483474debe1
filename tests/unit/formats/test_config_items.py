"""Every shape in which AWS Config tells of a resource becomes the same row; what is no item is told, not dropped."""

import json
from datetime import UTC, datetime

import pytest

from iamaudit.errors import UnreadableObjectError
from iamaudit.formats.config_envelopes import is_config
from iamaudit.formats.config_items import config_rows
from iamaudit.formats.recognise import pieces_of

ITEM = {
    "configurationItemVersion": "1.3",
    "configurationItemCaptureTime": "2026-10-01T02:03:04.567Z",
    "configurationItemStatus": "OK",
    "configurationStateId": 1790000000000,
    "awsAccountId": "111122223333",
    "ARN": "arn:aws:iam::111122223333:role/app",
    "resourceType": "AWS::IAM::Role",
    "resourceId": "AROA1",
    "resourceName": "app",
    "awsRegion": "global",
    "availabilityZone": "Not Applicable",
    "resourceCreationTime": "2025-01-01T00:00:00.000Z",
    "tags": {"Team": "a"},
    "relatedEvents": [],
    "relationships": [{"resourceId": "ANPA1", "resourceType": "AWS::IAM::Policy", "name": "Is attached to"}],
    "configuration": {"roleName": "app", "path": "/"},
    "supplementaryConfiguration": {},
}
AS_THE_API = {
    **{name: value for name, value in ITEM.items() if name not in {"awsAccountId", "ARN", "configurationItemVersion"}},
    "accountId": "111122223333",
    "arn": ITEM["ARN"],
    "version": "1.3",
    "configurationStateId": "1790000000000",
    "configuration": json.dumps(ITEM["configuration"], separators=(",", ":")),
    "relationships": [
        {"resourceId": "ANPA1", "resourceType": "AWS::IAM::Policy", "relationshipName": "Is attached to"}
    ],
}
CHANGE = {
    "configurationItemDiff": {"changeType": "UPDATE", "changedProperties": {}},
    "messageType": "ConfigurationItemChangeNotification",
    "recordVersion": "1.3",
}


def text(value):
    return json.dumps(value, separators=(",", ":")).encode()


def sns(message):
    return {"Type": "Notification", "MessageId": "m", "TopicArn": "arn:aws:sns:x", "Message": json.dumps(message)}


def one(data, **more):
    """The only row of *data*."""
    found = config_rows(data if isinstance(data, bytes) else text(data), **more)
    assert ((), 1) == (found.broken, found.rows.num_rows)
    return found.rows.to_pylist()[0]


def only(row, *names):
    return {name: row[name] for name in names}


EXPECTED = {
    "account_id": "111122223333",
    "region": "global",
    "resource_type": "AWS::IAM::Role",
    "resource_id": "AROA1",
    "resource_name": "app",
    "arn": "arn:aws:iam::111122223333:role/app",
    "status": "OK",
    "captured_at": datetime(2026, 10, 1, 2, 3, 4, 567000, tzinfo=UTC),
    "state_id": "1790000000000",
    "created_at": datetime(2025, 1, 1, tzinfo=UTC),
    "configuration": '{"roleName":"app","path":"/"}',
    "supplementary": None,
    "tags": '{"Team":"a"}',
    "relationships": '[{"resourceId":"ANPA1","resourceType":"AWS::IAM::Policy","relationshipName":"Is attached to"}]',
}
SHAPES = {
    "snapshot": {"fileVersion": "1.0", "configSnapshotId": "s", "configurationItems": [ITEM]},
    "history": {"fileVersion": "1.0", "requestId": "r", "configurationItems": [ITEM]},
    "message with an object": {**CHANGE, "configurationItem": ITEM},
    "message with a list": {**CHANGE, "configurationItem": [ITEM]},
    "SNS": sns({**CHANGE, "configurationItem": ITEM}),
    "SNS to a function": {"Records": [{"EventSource": "aws:sns", "Sns": sns({**CHANGE, "configurationItem": ITEM})}]},
    "SQS to a function": {"Records": [{"body": json.dumps(sns({**CHANGE, "configurationItem": ITEM}))}]},
    "SQS": {"Messages": [{"Body": json.dumps(sns({**CHANGE, "configurationItem": ITEM}))}]},
    "EventBridge": {
        "source": "aws.config",
        "detail-type": "Config Configuration Item Change",
        "detail": {**CHANGE, "configurationItem": ITEM},
    },
    "event of a rule": {"invokingEvent": json.dumps({**CHANGE, "configurationItem": ITEM}), "ruleParameters": "{}"},
    "GetResourceConfigHistory": {"configurationItems": [AS_THE_API], "nextToken": "t"},
    "BatchGetResourceConfig": {"baseConfigurationItems": [AS_THE_API], "unprocessedResourceKeys": []},
    "GetAggregateResourceConfig": {"ConfigurationItem": AS_THE_API},
    "SelectResourceConfig": {"Results": [json.dumps(AS_THE_API)], "QueryInfo": {"SelectFields": []}},
    "list": [ITEM],
    "item": ITEM,
    "item of the API": AS_THE_API,
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=list(SHAPES))
def test_every_shape_of_an_item_is_the_same_row(shape):
    data = text(shape)

    row = one(data, source_key="k", batch_id="b")

    assert EXPECTED == only(row, *EXPECTED)
    assert {"source_key": "k", "batch_id": "b"} == only(row, "source_key", "batch_id")
    assert is_config(data)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=list(SHAPES))
def test_every_shape_is_told_from_logs(shape):
    found = pieces_of(text(shape))

    assert ("config", []) == (found.kind, found.pieces)


def test_lines_and_documents_in_a_row_are_read_one_by_one():
    lines = text(ITEM) + b"\n" + text(sns({**CHANGE, "configurationItem": ITEM})) + b"\n{broken\n"
    row = (json.dumps(SHAPES["snapshot"], indent=1) + "\n" + json.dumps(SHAPES["history"], indent=1)).encode()

    by_line, in_a_row = config_rows(lines), config_rows(row)

    assert (3, 2, ["not_json"]) == (by_line.records_in, by_line.rows.num_rows, [b.reason for b in by_line.broken])
    assert (2, 2) == (in_a_row.records_in, in_a_row.rows.num_rows)


def test_what_powershell_wrote_is_read():
    row = one(json.dumps(SHAPES["GetResourceConfigHistory"]).encode("utf-16"))

    assert EXPECTED == only(row, *EXPECTED)


def test_an_item_that_is_not_json_does_not_take_its_neighbours_with_it():
    data = b'{"configSnapshotId":"s","configurationItems":[' + text(ITEM) + b',{"resourceType":x},' + text(ITEM) + b"]}"

    found = config_rows(data)

    assert 2 == found.rows.num_rows
    assert [("not_json", b'{"resourceType":x}')] == [(piece.reason, piece.data) for piece in found.broken]


MESSAGES = {
    "ConfigurationHistoryDeliveryCompleted": "history_delivery",
    "ConfigurationSnapshotDeliveryCompleted": "snapshot_delivery",
    "ComplianceChangeNotification": "compliance_change",
    "OversizedConfigurationItemChangeNotification": "oversized_summary",
}


@pytest.mark.parametrize(("message_type", "reason"), MESSAGES.items())
def test_a_message_without_an_item_is_ignored_with_its_reason(message_type, reason):
    message = {"messageType": message_type, "resourceType": "AWS::IAM::Role", "resourceId": "AROA1"}

    found = config_rows(text(sns(message)))

    assert (1, 0, {reason: 1}, ()) == (found.records_in, found.rows.num_rows, found.ignored, found.broken)
    assert "config" == pieces_of(text(sns(message))).kind


def test_what_a_batch_could_not_answer_is_counted():
    found = config_rows(text({"baseConfigurationItems": [], "unprocessedResourceKeys": [{"resourceId": "x"}]}))

    assert (1, {"unprocessed_resource_key": 1}) == (found.records_in, found.ignored)


def test_the_file_with_which_config_tries_a_bucket_is_ignored():
    found = config_rows(b"", source_key="111122223333/Config/ConfigWritabilityCheckFile")

    assert (1, {"writability_check": 1}) == (found.records_in, found.ignored)


UNUSABLE = {
    "no_resource": {"resourceId": None},
    "no_capture_time": {"configurationItemCaptureTime": None},
    "bad_capture_time": {"configurationItemCaptureTime": "yesterday"},
}


@pytest.mark.parametrize(("reason", "change"), UNUSABLE.items())
def test_an_item_that_cannot_be_placed_is_set_aside_with_its_bytes(reason, change):
    odd = text({**ITEM, **change})

    found = config_rows(b'{"configurationItems":[' + odd + b"]}")

    assert [(reason, odd)] == [(piece.reason, piece.data) for piece in found.broken]
    assert {reason: 1} == found.tally.set_aside


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ({"Records": [{"eventName": "GetUser", "eventVersion": "1.08"}]}, "not_a_config_item"),
        ({"messageType": "SomethingNew"}, "unknown_config_message"),
        ({"messageType": "ConfigurationItemChangeNotification", "configurationItem": None}, "no_configuration_item"),
        ([1], "not_an_object"),
        ({"Message": "hello"}, "not_json"),
    ],
)
def test_what_is_not_understood_is_set_aside(data, reason):
    found = config_rows(text(data))

    assert [reason] == [piece.reason for piece in found.broken]


def test_what_is_no_json_at_all_is_unreadable():
    with pytest.raises(UnreadableObjectError, match="neither JSON nor JSON lines"):
        config_rows(b"\x00\x01 nothing")


@pytest.mark.parametrize(
    "value", ["2026-10-01T02:03:04.567Z", "2026-10-01T04:03:04.567+02:00", 1790820184.567, "20261001T020304.567Z"]
)
def test_a_time_may_be_text_or_epoch_seconds(value):
    row = one({**ITEM, "configurationItemCaptureTime": value})

    assert EXPECTED["captured_at"] == row["captured_at"]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"BucketPolicy": {"policyText": "{}"}}, '{"BucketPolicy":{"policyText":"{}"}}'),
        ({"BucketPolicy": '{"policyText":"{}"}'}, '{"BucketPolicy":{"policyText":"{}"}}'),
        ({"Acl": json.dumps(json.dumps({"owner": "o"}, separators=(",", ":")))}, '{"Acl":{"owner":"o"}}'),
        ({"IsRequesterPaysEnabled": "false"}, '{"IsRequesterPaysEnabled":"false"}'),
    ],
)
def test_supplementary_values_are_opened_as_often_as_they_are_wrapped(given, kept):
    row = one({**ITEM, "supplementaryConfiguration": given})

    assert kept == row["supplementary"]


def test_tags_of_a_selection_are_tags():
    row = one({**ITEM, "tags": [{"key": "Team", "value": "a", "tag": "Team=a"}]})

    assert '{"Team":"a"}' == row["tags"]


def test_what_has_no_column_stays_and_what_does_not_fit_its_column_too():
    row = one({**CHANGE, "configurationItem": {**ITEM, "new": 10**30, "resourceName": ["x"]}})

    extra = json.loads(row["extra"])

    assert row["resource_name"] is None
    assert (10**30, ["x"], "1.3") == (extra["new"], extra["resourceName"], extra["configurationItemVersion"])
    assert CHANGE["configurationItemDiff"] == extra["configurationItemDiff"]


def test_two_spellings_of_one_member_are_both_kept():
    row = one({**ITEM, "arn": "arn:aws:iam::111122223333:role/other"})

    assert ITEM["ARN"] == row["arn"]
    assert {"arn (again)": "arn:aws:iam::111122223333:role/other"}.items() <= json.loads(row["extra"]).items()


def test_what_is_long_beside_the_items_is_kept_once():
    data = text({"configSnapshotId": "s", "note": "n" * 1000, "configurationItems": [ITEM, ITEM]})

    first, second = (json.loads(row["extra"]) for row in config_rows(data).rows.to_pylist())

    assert ("s", "n" * 1000) == (first["configSnapshotId"], first["note"])
    assert ("s", False) == (second["configSnapshotId"], "note" in second)


@pytest.mark.parametrize(
    ("change", "source_key", "account"),
    [
        ({"awsAccountId": None}, "", "111122223333"),
        ({"awsAccountId": 123456789}, "", "000123456789"),
        (
            {"awsAccountId": None, "ARN": None},
            "444455556666/Config/eu-west-1/2026/10/1/ConfigHistory/x",
            "444455556666",
        ),
        ({"awsAccountId": None, "ARN": None}, "444455556666_Config_eu-west-1_ConfigHistory_x.json", "444455556666"),
        ({"awsAccountId": None, "ARN": "arn:aws:s3:::bucket"}, "", None),
    ],
)
def test_the_account_is_told_by_the_item_its_arn_or_its_file(change, source_key, account):
    row = one({**ITEM, **change}, source_key=source_key)

    assert account == row["account_id"]


def test_no_secret_reaches_a_row_or_what_is_set_aside():
    secret = {"credentials": {"secretAccessKey": "hush", "accessKeyId": "AKIA1"}}
    held = {**AS_THE_API, "configuration": json.dumps(secret), "supplementaryConfiguration": {"a": json.dumps(secret)}}

    row = one(held)
    aside = config_rows(text({**ITEM, "configurationItemCaptureTime": None, "configuration": secret}))

    assert "hush" not in str(row)
    assert "AKIA1" in row["configuration"]
    assert b"hush" not in aside.broken[0].data


def test_a_deleted_resource_may_lack_nearly_everything():
    gone = {
        "configurationItemCaptureTime": "2026-10-01T00:00:00Z",
        "configurationItemStatus": "ResourceDeleted",
        "awsAccountId": "111122223333",
        "resourceType": "AWS::IAM::User",
        "resourceId": "AIDA1",
        "configuration": None,
    }

    row = one({"configurationItems": [gone]})

    assert ("AIDA1", "ResourceDeleted", None, None) == tuple(
        row[name] for name in ("resource_id", "status", "arn", "configuration")
    )


@pytest.mark.parametrize(
    "data",
    [
        b'{"Records":[{"eventVersion":"1.08","eventName":"PutEvaluations","eventSource":"config.amazonaws.com"}]}',
        b'{"UserDetailList":[]}',
        b"[]",
        b"{}",
        b"nothing",
        b"[" * 100_000,
    ],
)
def test_other_files_are_not_of_config(data):
    assert not is_config(data)


def test_odd_values_stay_as_they_came():
    odd = b'{"big":100000000000000000000000000000001,"fine":1.10e+400,"sign":"\\u00e9\\/","none":null}'

    row = one(text(ITEM).replace(b'{"roleName":"app","path":"/"}', odd))

    assert odd.decode() == row["configuration"]


def test_half_of_a_character_is_set_aside_with_its_item():
    half = text(ITEM).replace(b'"path":"/"', b'"path":"\\ud800"')

    found = config_rows(b'{"configurationItems":[' + text(ITEM) + b"," + half + b"]}")

    assert (1, [("not_json", half)]) == (found.rows.num_rows, [(piece.reason, piece.data) for piece in found.broken])


def test_nesting_without_end_is_set_aside():
    deep = text(ITEM).replace(b'{"roleName":"app","path":"/"}', b"[" * 5000 + b"]" * 5000)

    found = config_rows(b'{"configurationItems":[' + text(ITEM) + b"," + deep + b"]}")

    assert (2, 1, ["nested_too_deeply"]) == (
        found.records_in,
        found.rows.num_rows,
        [piece.reason for piece in found.broken],
    )
