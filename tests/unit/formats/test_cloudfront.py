"""CloudFront's standard logs: read by their own head, kept as requests, never as uses (domain.md §7)."""

from __future__ import annotations

import json

import pytest

from iamaudit.formats.recognise import Broken, pieces_of
from iamaudit.usage.map import map_record

HEAD = (
    "#Version: 1.0\n#Fields: date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer) "
    "cs(User-Agent) cs-uri-query cs(Cookie) x-edge-result-type x-edge-request-id x-host-header\n"
)


def line(query="-", cookie="-", status="200", referer="-", request_id="id1=="):
    return "\t".join(
        [
            *("2026-11-01", "01:13:11", "FRA2", "182", "192.0.2.10", "GET", "d111.cloudfront.net", "/view/my%20file"),
            *(status, referer, "Mozilla/4.0%20(x;%20y)", query, cookie, "Hit", request_id, "www.example.com"),
        ]
    )


def told(*lines, head=HEAD):
    found = pieces_of((head + "\n".join(lines) + "\n").encode())
    assert "cloudfront" == found.kind
    return [piece if isinstance(piece, Broken) else json.loads(piece) for piece in found.pieces]


def test_a_request_is_a_record_without_a_principal_or_a_use():
    (record,) = told(line())

    mapped = map_record(record)

    assert ("2026-11-01T01:13:11Z", "cloudfront.amazonaws.com", "CloudFrontAccessLog", "AccessLog") == tuple(
        record[name] for name in ("eventTime", "eventSource", "eventType", "eventCategory")
    )
    assert {"host": "www.example.com", "uri": "/view/my%20file", "method": "GET"} == record["requestParameters"]
    assert ("Mozilla/4.0 (x; y)", "192.0.2.10") == (record["userAgent"], record["sourceIPAddress"])
    assert ("unattributed", ()) == (mapped.principal.kind.value, mapped.uses)
    assert any("no IAM permission" in note for note in mapped.notes)


def test_the_head_is_no_record_and_is_counted():
    found = pieces_of((HEAD + line() + "\n").encode())

    assert ({"comment": 2}, 3) == (found.ignored, found.records_in)


def test_the_fields_are_those_the_head_names_not_fixed_places():
    head = "#Version: 1.0\n#Fields: c-ip time date x-edge-request-id\n"

    (record,) = told("192.0.2.1\t00:00:01\t2026-11-02\tid9", head=head)

    assert ("2026-11-02T00:00:01Z", "192.0.2.1", "id9") == (
        record["eventTime"],
        record["sourceIPAddress"],
        record["requestID"],
    )


def test_a_second_head_counts_from_there_on():
    second = "#Fields: date time c-ip\n2026-11-03\t00:00:00\t192.0.2.3"

    assert ["192.0.2.10", "192.0.2.3"] == [record["sourceIPAddress"] for record in told(line(), second)]


def test_a_line_that_does_not_fit_its_head_is_set_aside_without_its_signature():
    found = told(line(), "2026-11-01\t?Signature=hunter2")

    assert Broken("not_a_cloudfront_line", b"2026-11-01\t?Signature=***") == found[1]


def test_of_a_signed_url_the_key_pair_stays_and_the_signature_goes():
    query = "Expires=1&Signature=hunter2~a-b_&Policy=hunter2&Key-Pair-Id=K2ABC"
    cookie = "CloudFront-Signature=hunter2;%20CloudFront-Key-Pair-Id=K2ABC;%20session=hunter2"
    referer = "https://www.example.com/?token=hunter2&next=https%3A%2F%2Fx%2F%3FSignature%3Dhunter2%26a%3D1"

    record = told(line(query=query, cookie=cookie, referer=referer))[0]

    assert "K2ABC" == record["additionalEventData"]["keyPairId"]
    assert "Expires=1&Signature=***&Policy=***&Key-Pair-Id=K2ABC" == record["requestParameters"]["query"]
    assert "hunter2" not in json.dumps(record)


def test_the_key_pair_of_a_signed_cookie_is_kept_too():
    record = told(line(cookie="CloudFront-Key-Pair-Id=K2ABC; CloudFront-Signature=hunter2"))[0]

    assert "K2ABC" == record["additionalEventData"]["keyPairId"]


@pytest.mark.parametrize(
    ("status", "code"), [("200", None), ("304", None), ("403", "403"), ("502", "502"), ("000", None)]
)
def test_a_refused_request_has_its_status_as_error(status, code):
    assert code == told(line(status=status))[0].get("errorCode")


def test_version_2_as_json_is_read():
    as_json = {
        "date": "2026-11-01",
        "time": "01:13:11",
        "c-ip": "192.0.2.10",
        "cs(Host)": "d111.cloudfront.net",
        "cs-method": "GET",
        "cs-uri-stem": "/x",
        "sc-status": "200",
        "x-edge-request-id": "id1==",
    }

    found = pieces_of("\n".join([json.dumps(as_json)] * 2).encode())

    assert "cloudfront" == found.kind
    assert 2 == len(found.pieces)
    assert told(line())[0]["eventID"] == json.loads(found.pieces[0])["eventID"]


@pytest.mark.parametrize("stamp", [{"timestamp": "1793495591"}, {"timestamp(ms)": "1793495591000"}])
def test_version_2_may_tell_the_time_in_seconds_since_1970(stamp):
    found = pieces_of(json.dumps({**stamp, "x-edge-request-id": "i"}).encode())

    assert "2026-11-01T01:13:11Z" == json.loads(found.pieces[0])["eventTime"]
