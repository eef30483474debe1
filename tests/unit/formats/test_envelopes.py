"""Every shape in which CloudTrail records come (domain.md §1.1, §1.9)."""

import json

import pytest

from iamaudit.errors import UnreadableObjectError
from iamaudit.formats.envelopes import Broken, OtherKind, records_of

ONE = {"eventName": "GetObject", "eventTime": "2026-11-01T00:00:00Z"}
TWO = {"eventName": "PutObject", "eventTime": "2026-11-01T00:00:01Z"}


def found(data):
    text = data if isinstance(data, bytes) else json.dumps(data).encode()
    return [piece if isinstance(piece, Broken) else json.loads(piece) for piece in records_of(text)]


@pytest.mark.parametrize(
    ("shape", "data"),
    [
        ("AWS's own", {"Records": [ONE, TWO]}),
        ("pretty-printed", json.dumps({"Records": [ONE, TWO]}, indent=2).encode()),
        ("with a byte order mark", b"\xef\xbb\xbf" + json.dumps({"Records": [ONE, TWO]}).encode()),
        ("other fields beside", {"@timestamp": 1, "Records": [ONE, TWO]}),
        ("a bare list", [ONE, TWO]),
        ("JSON lines", json.dumps(ONE).encode() + b"\n\n" + json.dumps(TWO).encode() + b"\n"),
        ("JSON lines of Windows", json.dumps(ONE).encode() + b"\r\n" + json.dumps(TWO).encode() + b"\r\n"),
        ("JSON lines of envelopes", b"\n".join(json.dumps({"Records": [r]}).encode() for r in (ONE, TWO))),
        ("LookupEvents", {"Events": [{"EventId": "1", "CloudTrailEvent": json.dumps(r)} for r in (ONE, TWO)]}),
        ("EventBridge", [{"detail-type": "AWS API Call via CloudTrail", "detail": r} for r in (ONE, TWO)]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_records_are_found_in(shape, data):
    assert [ONE, TWO] == found(data)


@pytest.mark.parametrize("data", [ONE, json.dumps(ONE, indent=1).encode(), {"detail-type": "x", "detail": ONE}])
def test_a_single_record_is_a_log(data):
    assert [ONE] == found(data)


@pytest.mark.parametrize("data", [b"", b" \n", b"\xef\xbb\xbf", b"[]", b'{"Records":[]}'])
def test_an_empty_object_has_no_records(data):
    assert [] == records_of(data)


@pytest.mark.parametrize(
    ("field", "kind"),
    [
        ("digestStartTime", "digest"),
        ("configurationItems", "config"),
        ("UserDetailList", "state"),
        ("SummaryMap", "state"),
    ],
)
def test_other_files_of_aws_are_told_apart(field, kind):
    assert OtherKind(kind) == records_of(json.dumps({field: []}).encode())


@pytest.mark.parametrize(
    "data",
    [b"hello", b"5", b'"text"', b"null", b'{"Records":5}', b'{"Records":null}', b"{", b"\x00\xff", b"a,b\n1,2\n"],
)
def test_what_is_not_a_log_is_refused_in_words(data):
    with pytest.raises(UnreadableObjectError):
        records_of(data)


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (b"5", "not_an_object"),
        (b"null", "not_an_object"),
        (b'"x"', "not_an_object"),
        (b'{"some": "thing"}', "not_a_cloudtrail_record"),
        (b'{"CloudTrailEvent": 5}', "not_an_object"),
    ],
)
def test_a_piece_that_is_no_record_is_told_with_its_bytes(bad, reason):
    one = json.dumps(ONE).encode()

    in_list = records_of(b"[" + one + b"," + bad + b"]")
    in_lines = records_of(one + b"\n" + bad + b"\n")

    assert [one, Broken(reason, bad)] == in_list == in_lines


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (b'{"eventName":"\\ud800 alone"}', "not_json"),
        (b'{"eventName":"\\x"}', "not_json"),
        (b'{"eventName":nope}', "not_json"),
        (b'{"eventName":"GetObject","requestParameters":' + b"[" * 5000 + b"]" * 5000 + b"}", "nested_too_deeply"),
    ],
    ids=["lone surrogate", "bad escape", "bad word", "deep"],
)
def test_a_record_that_is_not_json_does_not_take_its_neighbours_with_it(bad, reason):
    one, two = json.dumps(ONE).encode(), json.dumps({**TWO, "userAgent": 'a "quote", ]}'}).encode()

    pieces = records_of(b'{"Records": [' + one + b", " + bad + b" ," + two + b"]}")

    assert [one, Broken(reason, bad), two] == pieces


def test_of_a_list_without_its_end_the_whole_records_are_kept():
    text = json.dumps({"Records": [ONE, TWO]}).encode()

    pieces = records_of(text[:-20])

    assert ONE == json.loads(pieces[0])
    assert ["not_json"] == [piece.reason for piece in pieces[1:]]


def test_what_follows_the_end_of_a_list_is_set_aside():
    pieces = records_of(json.dumps({"Records": [ONE]}).encode() + b"garbage")

    assert [ONE] == [json.loads(piece) for piece in pieces if not isinstance(piece, Broken)]
    assert [Broken("not_json", b"garbage")] == pieces[1:]
