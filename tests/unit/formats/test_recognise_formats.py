"""One entry for every log format: what it is called, what is counted, and what is refused (docs/formats.md)."""

from __future__ import annotations

import base64
import gzip
import json
from pathlib import Path

import pytest

from iamaudit.errors import UnreadableObjectError
from iamaudit.formats.cloudwatch import Opener
from iamaudit.formats.json_cuts import cut_values
from iamaudit.formats.query_secrets import mask_cookies, mask_query
from iamaudit.formats.recognise import KINDS, Broken, Pieces, pieces_of
from iamaudit.formats.text_encoding import as_utf8

ONE = {"eventName": "GetObject", "eventTime": "2026-11-01T00:00:00Z"}
TEXT = json.dumps(ONE).encode()
DOCUMENT = (Path(__file__).resolve().parents[3] / "docs" / "formats.md").read_text(encoding="utf-8")


def of(value):
    return pieces_of(value if isinstance(value, bytes) else json.dumps(value).encode())


def control(events=1):
    return {"messageType": "CONTROL_MESSAGE", "logEvents": [{"message": "CWL CONTROL MESSAGE"}] * events}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_documented(kind):
    assert f"`{kind}`" in DOCUMENT


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("cloudtrail", {"Records": [ONE]}),
        ("insight", {"Records": [{**ONE, "eventCategory": "Insight"}]}),
        ("cloudtrail", {"Records": [{**ONE, "eventCategory": "NetworkActivity", "eventType": "AwsVpceEvent"}]}),
        ("digest", {"digestStartTime": "2026-11-01T00:00:00Z", "logFiles": []}),
        ("config", {"fileVersion": "1.0", "configurationItems": []}),
        ("config", {"configurationItemCaptureTime": "t", "configurationItemStatus": "OK", "resourceType": "x"}),
        ("config", [{"configurationItemCaptureTime": "t", "configurationItemStatus": "OK"}] * 2),
        ("state", {"UserDetailList": []}),
        ("cloudtrail", b""),
    ],
)
def test_an_object_has_a_kind(kind, data):
    assert kind == of(data).kind


def test_lines_of_configuration_items_are_of_config():
    item = json.dumps({"configurationItemCaptureTime": "t", "configurationItemStatus": "OK"}).encode()

    assert Pieces("config", [], {}) == pieces_of(item + b"\n" + item + b"\n")


def test_a_configuration_item_among_records_is_set_aside():
    item = json.dumps({"configurationItemCaptureTime": "t", "configurationItemStatus": "OK"}).encode()

    assert [TEXT, Broken("configuration_item", item)] == pieces_of(TEXT + b"\n" + item).pieces


def test_a_control_message_is_ignored_and_counted():
    assert Pieces("cloudtrail", [], {"control_message": 2}) == of(control(2))
    assert Pieces("cloudtrail", [TEXT], {"control_message": 1}) == pieces_of(json.dumps(control()).encode() + TEXT)


@pytest.mark.parametrize("data", [b"Permission Check Successful", b"aws-logs-write-test\n"])
def test_the_mark_of_an_export_is_ignored(data):
    assert Pieces("cloudtrail", [], {"write_test": 1}) == pieces_of(data)


def test_the_mark_of_an_export_among_lines_is_ignored():
    found = pieces_of(b"2026-11-01T00:00:00.000Z " + TEXT + b"\naws-logs-write-test\n")

    assert Pieces("cloudtrail", [TEXT], {"write_test": 1}) == found


def test_a_notice_of_delivery_is_no_record():
    notice = {"TopicArn": "t", "Message": json.dumps({"s3Bucket": "b", "s3ObjectKey": ["k"]})}

    assert {"delivery_notification": 1} == of(notice).ignored


def test_a_message_that_is_no_record_is_set_aside_alone():
    envelope = {
        "messageType": "DATA_MESSAGE",
        "logEvents": [{"message": TEXT.decode()}, {"message": "START RequestId"}, 5],
    }

    assert [TEXT, Broken("not_json", b"START RequestId"), Broken("not_an_object", b"5")] == of(envelope).pieces


def test_what_is_no_record_is_told_with_its_envelope():
    envelope = {"detail-type": "EC2 Instance State-change Notification", "detail": {"state": "running"}}

    assert [Broken("not_a_cloudtrail_record", json.dumps(envelope).encode())] == of(envelope).pieces


@pytest.mark.parametrize(
    "payload",
    ["####", "e30", base64.b64encode(gzip.compress(TEXT, mtime=0)[:-5]).decode()],
    ids=["no base64", "no gzip", "cut off"],
)
def test_a_damaged_payload_is_set_aside_with_its_bytes(payload):
    whole = json.dumps({"awslogs": {"data": payload}}).encode()

    assert [Broken("damaged_payload", whole)] == pieces_of(whole).pieces


def test_a_payload_that_unzips_to_too_much_is_set_aside():
    bomb = base64.b64encode(gzip.compress(b" " * 200_000_000, compresslevel=1)).decode()

    assert ["damaged_payload"] == [piece.reason for piece in of({"awslogs": {"data": bomb}}).pieces]


def test_all_payloads_of_an_object_together_are_bounded():
    opener = Opener(limit=10)
    payload = base64.b64encode(gzip.compress(b"1234567")).decode()

    assert b"1234567" == opener.opened(payload)
    with pytest.raises(UnreadableObjectError, match="come out"):
        opener.opened(payload)


def test_payloads_in_payloads_have_an_end():
    data = TEXT
    for _ in range(12):
        data = json.dumps({"awslogs": {"data": base64.b64encode(gzip.compress(data)).decode()}}).encode()

    assert ["nested_too_deeply"] == [piece.reason for piece in pieces_of(data).pieces]


def test_a_record_of_cloudtrail_is_never_taken_for_a_carrier():
    record = {**ONE, "kinesis": {"data": "e30="}, "Records": [], "messageType": "x"}

    assert [record] == [json.loads(piece) for piece in of({"Records": [record]}).pieces]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_text_with_a_byte_order_mark_is_read(encoding):
    assert [TEXT] == pieces_of(json.dumps(ONE).encode(encoding)).pieces


@pytest.mark.parametrize(
    "data", [json.dumps(ONE).encode("utf-16-le"), b"\xff\xfe\x00", b"\xff\xfe", json.dumps([ONE]).encode("utf-16-be")]
)
def test_utf_16_that_cannot_be_told_is_refused_with_what_to_do(data):
    with pytest.raises(UnreadableObjectError, match="save it as UTF-8"):
        as_utf8(data)


@pytest.mark.parametrize(
    "data",
    [
        b"hello",
        b"5",
        b"null",
        b'{"Records":5}',
        b"{",
        b"\x00\xff",
        b"a,b\n1,2\n",
        b"2026-11-01T00:00:00Z START RequestId\n",
    ],
)
def test_what_is_no_log_is_refused_in_words(data):
    with pytest.raises(UnreadableObjectError):
        pieces_of(data)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        (b'{"a":1}{"b":"}{"}', [b'{"a":1}', b'{"b":"}{"}']),
        (b'{"a":1},\n[2] ', [b'{"a":1}', b"[2]"]),
        (b'{"a":1} oops {"b":2}', [b'{"a":1}', b"oops", b'{"b":2}']),
        (b'{"a":1}{"b":', [b'{"a":1}', b'{"b":']),
        (b'{"a":1}"open', [b'{"a":1}', b'"open']),
        (b"}", [b"}"]),
        (b"", []),
    ],
)
def test_values_one_behind_the_other_are_cut_apart(text, values):
    assert values == cut_values(text)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("GET /a?Signature=s&x=1 HTTP/1.1", "GET /a?Signature=***&x=1 HTTP/1.1"),
        ("X-Amz-Signature=s", "X-Amz-Signature=***"),
        ("a=1;access_token=s;b=2", "a=1;access_token=***;b=2"),
        ("https%3A%2F%2Fx%2F%3Ftoken%3Ds%26y%3D1", "https%3A%2F%2Fx%2F%3Ftoken%3D***%26y%3D1"),
        ("X-Amz-Credential=AKIA%2F1&Key-Pair-Id=K2", "X-Amz-Credential=AKIA%2F1&Key-Pair-Id=K2"),
        ("list-type=2&prefix=a", "list-type=2&prefix=a"),
        ("", ""),
    ],
)
def test_of_a_url_only_what_grants_access_is_taken_out(text, masked):
    assert masked == mask_query(text)


def test_of_a_cookie_only_the_names_stay():
    assert "a=***; b=***" == mask_cookies("a=1; b=2=3")
    assert ("***", "") == (mask_cookies("bare"), mask_cookies(""))
