"""A call on which a rule of ours fails ends nothing, and leaves every action of its service in doubt."""

from __future__ import annotations

import pyarrow as pa
import pytest

from iamaudit.errors import PromiseBrokenError
from iamaudit.knowledge.actions import catalogue
from iamaudit.usage import map as mapping
from iamaudit.usage.map import map_record
from iamaudit.usage.shapes import SHAPE_COLUMNS, ShapeMapper

ACCOUNT = "111122223333"
ARN = f"arn:aws:iam::{ACCOUNT}:user/ann"
RECORD = {
    "eventID": "e",
    "eventSource": "sqs.amazonaws.com",
    "eventName": "PurgeQueue",
    "eventType": "AwsApiCall",
    "awsRegion": "eu-west-1",
    "recipientAccountId": ACCOUNT,
    "userIdentity": {"type": "IAMUser", "arn": ARN, "accountId": ACCOUNT, "principalId": "AIDA", "userName": "ann"},
}
OF_SQS = {name for name in catalogue().all_actions() if name.startswith("sqs:")}


@pytest.fixture
def fails(monkeypatch):
    def failing(error):
        def actions_of(*_):
            raise error

        monkeypatch.setattr(mapping, "actions_of", actions_of)

    return failing


def test_any_action_of_the_service_may_have_been_used(fails):
    fails(KeyError("sourceRegion"))

    mapped = map_record(RECORD)

    assert {use.action for use in mapped.uses} == OF_SQS
    assert {("low", True, ("*",))} == {(use.confidence, use.is_alternative, use.resources) for use in mapped.uses}
    assert [
        "our mapping failed on this call (KeyError('sourceRegion')): any action of the service may have been used"
    ] == [note for note in mapped.notes if "failed" in note]


def test_of_a_service_that_nobody_knows_the_call_itself_is_named(fails):
    fails(RecursionError())

    (use,) = map_record({**RECORD, "eventSource": "brandnew.amazonaws.com", "eventName": "Begin"}).uses

    assert "brandnew:Begin" == use.action


def test_the_roll_up_goes_on_and_says_so_once(fails, caplog):
    fails(ValueError("odd one out"))
    call = dict.fromkeys(SHAPE_COLUMNS) | {
        "identity_type": "IAMUser",
        "identity_arn": ARN,
        "identity_account_id": ACCOUNT,
        "event_type": "AwsApiCall",
        "event_source": "sqs.amazonaws.com",
        "event_name": "PurgeQueue",
        "account_id": ACCOUNT,
    }
    shapes = pa.Table.from_pylist([{**call, "shape": n, "aws_region": region} for n, region in enumerate(("a", "b"))])

    rows = ShapeMapper().rows(shapes).to_pylist()

    assert {0: OF_SQS, 1: OF_SQS} == {n: {row["action"] for row in rows if row["shape"] == n} for n in (0, 1)}
    assert {"either"} == {row["confidence"] for row in rows}
    assert 1 == len([one for one in caplog.records if "sqs.amazonaws.com PurgeQueue" in one.getMessage()])


def test_what_is_broken_in_ourselves_is_no_strange_call(fails):
    fails(PromiseBrokenError("a table is missing"))

    with pytest.raises(PromiseBrokenError):
        map_record(RECORD)
