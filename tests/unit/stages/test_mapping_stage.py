"""map: one line out per record in, whatever log the record comes from."""

from __future__ import annotations

import gzip
import json

import pytest

from iamaudit.errors import InputError
from iamaudit.stages.mapping import map_bytes

ACCESS = (
    b"79a5 b1 [06/Feb/2019:00:00:38 +0000] 192.0.2.3 arn:aws:sts::111122223333:assumed-role/reader/s 3E57 "
    b'REST.GET.OBJECT k "GET /k HTTP/1.1" 403 AccessDenied 1 1 1 1 "-" "cli" -\n'
)
EDGE = b"#Version: 1.0\n#Fields: date time cs-method x-edge-request-id\n2026-11-01\t00:00:00\tGET\tid\n"
CALL = {
    "eventName": "ListQueues",
    "eventSource": "sqs.amazonaws.com",
    "eventTime": "2026-11-01T00:00:00Z",
    "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/ann", "accountId": "111122223333"},
}


@pytest.mark.parametrize(
    ("data", "uses", "outcome"),
    [
        (ACCESS, ["s3:GetObject"], "denied"),
        (EDGE, [], "success"),
        (gzip.compress(json.dumps({"detail-type": "x", "detail": CALL}).encode()), ["sqs:ListQueues"], "success"),
        (json.dumps({"messageType": "DATA_MESSAGE", "logEvents": [{"message": json.dumps(CALL)}]}).encode(), ["sqs:ListQueues"], "success"),
    ],
    ids=["access log", "edge log", "EventBridge", "subscription"],
)  # fmt: skip
def test_a_record_of_any_log_has_its_line(data, uses, outcome):
    (line,) = map_bytes(data, name="x")

    assert (uses, outcome) == ([use["action"] for use in line["uses"]], line["outcome"])


def test_a_piece_that_is_no_record_has_a_line_that_says_so():
    lines = list(map_bytes(ACCESS + b"garbage\n" + ACCESS, name="x"))

    assert 3 == len(lines)
    assert ["not a record: not_an_access_log_line"] == lines[1]["notes"]


def test_what_is_no_record_by_design_has_no_line():
    control = json.dumps({"messageType": "CONTROL_MESSAGE", "logEvents": [{}]}).encode()

    assert [] == list(map_bytes(control, name="x"))


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b'{"digestStartTime": ""}', "a digest file"),
        (b'{"configurationItems": []}', "a config file"),
        (b"hello", "cannot read"),
        (b"PAR1", "damaged"),
    ],
)
def test_what_is_no_log_is_refused_in_words(data, word):
    with pytest.raises(InputError, match=word):
        list(map_bytes(data, name="x"))
