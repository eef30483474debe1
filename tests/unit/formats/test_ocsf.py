"""Security Lake's Parquet of CloudTrail, both of its mappings, back to CloudTrail's shape (domain.md §1.9)."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from iamaudit.errors import UnreadableObjectError
from iamaudit.formats.masking import mask_bytes
from iamaudit.formats.parquet_rows import parquet_rows
from iamaudit.formats.recognise import Broken, pieces_of
from iamaudit.formats.record import row_of
from iamaudit.usage.map import map_record

ARN = "arn:aws:sts::111122223333:assumed-role/app/s"
ISSUER = "arn:aws:iam::111122223333:role/team/app"
AT = datetime(2026, 11, 1, 10, tzinfo=UTC)
MILLISECONDS = int(AT.timestamp() * 1000)
REQUEST = {"bucketName": "b", "key": "k"}

VERSION_2 = {
    "metadata": {
        "product": {"version": "1.09", "name": "CloudTrail", "vendor_name": "AWS", "feature": {"name": "Data"}},
        "event_code": "AwsApiCall",
        "uid": "e1",
        "version": "1.1.0",
    },
    "time": MILLISECONDS,
    "time_dt": AT,
    "cloud": {"region": "eu-west-1", "provider": "AWS"},
    "api": {
        "response": {"error": None, "message": None, "data": None},
        "operation": "GetObject",
        "version": None,
        "service": {"name": "s3.amazonaws.com"},
        "request": {"data": json.dumps(REQUEST), "uid": "R1"},
    },
    "actor": {
        "user": {
            "type": "AssumedRole",
            "uid_alt": "AROAX:s",
            "uid": ARN,
            "account": {"uid": "111122223333"},
            "credential_uid": "ASIAX",
        },
        "session": {"created_time_dt": AT, "is_mfa": False, "issuer": ISSUER},
        "invoked_by": None,
        "idp": {"name": None},
    },
    "http_request": {"user_agent": "aws-cli/2"},
    "src_endpoint": {"uid": "vpce-1", "ip": "192.0.2.1", "domain": None},
    "resources": [
        {"uid": "arn:aws:s3:::b/k", "owner": {"account": {"uid": "111122223333"}}, "type": "AWS::S3::Object"}
    ],
    "class_name": "API Activity",
    "class_uid": 6003,
    "status": "Success",
    "accountid": "111122223333",
    "region": "eu-west-1",
    "unmapped": [("readOnly", "true"), ("recipientAccountId", "111122223333"), ("tlsDetails.tlsVersion", "TLSv1.3")],
}
VERSION_1 = {
    "metadata": {"product": {"version": "1.08", "name": "CloudTrail", "feature": {"name": "Data"}}, "uid": "e1"},
    "time": MILLISECONDS,
    "cloud": {"region": "eu-west-1", "account_uid": "111122223333"},
    "api": {"operation": "GetObject", "service": {"name": "s3.amazonaws.com"}, "request": {"uid": "R1"}},
    "actor": {
        "user": {
            "type": "AssumedRole",
            "uuid": ARN,
            "uid": "AROAX:s",
            "account_uid": "111122223333",
            "credential_uid": "ASIAX",
        },
        "session": {"created_time": MILLISECONDS, "mfa": False, "issuer": ISSUER},
    },
    "http_request": {"user_agent": "aws-cli/2"},
    "src_endpoint": {"uid": "vpce-1", "ip": "192.0.2.1"},
    "resources": [{"uid": "arn:aws:s3:::b/k", "account_uid": "111122223333", "type": "AWS::S3::Object"}],
    "class_uid": 3005,
    "unmapped": [
        ("eventType", "AwsApiCall"),
        ("readOnly", "true"),
        ("requestParameters.bucketName", "b"),
        ("requestParameters.key", "k"),
        ("tlsDetails.tlsVersion", "TLSv1.3"),
    ],
}


def parquet(*rows):
    kind = pa.map_(pa.string(), pa.string())
    table = pa.Table.from_pylist([{name: value for name, value in row.items() if name != "unmapped"} for row in rows])
    table = table.append_column("unmapped", pa.array([row.get("unmapped") for row in rows], kind))
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="gzip", row_group_size=1)
    return buffer.getvalue()


@pytest.mark.parametrize("row", [VERSION_1, VERSION_2], ids=["OCSF 1.0.0-rc.2", "OCSF 1.1"])
def test_an_event_becomes_the_record_it_was_made_of(row):
    found = pieces_of(parquet(row))
    columns = row_of(found.pieces[0])

    assert ("ocsf", 1, {}) == (found.kind, len(found.pieces), found.ignored)
    assert {
        "event_id": "e1",
        "event_time": AT,
        "event_source": "s3.amazonaws.com",
        "event_name": "GetObject",
        "event_type": "AwsApiCall",
        "event_category": "Data",
        "aws_region": "eu-west-1",
        "account_id": "111122223333",
        "read_only": True,
        "source_ip": "192.0.2.1",
        "user_agent": "aws-cli/2",
        "request_id": "R1",
        "vpc_endpoint_id": "vpce-1",
        "identity_type": "AssumedRole",
        "identity_arn": ARN,
        "principal_id": "AROAX:s",
        "access_key_id": "ASIAX",
        "issuer_arn": ISSUER,
        "issuer_type": "Role",
        "issuer_id": "AROAX",
        "session_name": "s",
        "mfa_authenticated": False,
        "session_created_at": AT,
        "resources": [{"arn": "arn:aws:s3:::b/k", "account_id": "111122223333", "type": "AWS::S3::Object"}],
    }.items() <= columns.items()
    assert REQUEST == json.loads(columns["request_parameters"])
    assert {"tlsVersion": "TLSv1.3"} == json.loads(columns["tls_details"])


@pytest.mark.parametrize("row", [VERSION_1, VERSION_2], ids=["OCSF 1.0.0-rc.2", "OCSF 1.1"])
def test_an_event_is_mapped_as_its_record_would_be(row):
    mapped = map_record(json.loads(pieces_of(parquet(row)).pieces[0]))

    assert (ISSUER, "AROAX", "s") == (mapped.principal.arn, mapped.principal.id, mapped.principal.session)
    assert [("s3:GetObject", ("arn:aws:s3:::b/k",))] == [(use.action, use.resources) for use in mapped.uses]


def test_a_refused_call_keeps_its_error():
    row = {
        **VERSION_2,
        "api": {**VERSION_2["api"], "response": {"error": "AccessDenied", "message": "no", "data": None}},
    }

    record = json.loads(pieces_of(parquet(row)).pieces[0])

    assert ("AccessDenied", "no", "denied") == (
        record["errorCode"],
        record["errorMessage"],
        map_record(record).outcome.value,
    )


def test_what_has_no_place_in_a_record_is_kept():
    (piece,) = pieces_of(parquet({**VERSION_2, "something": {"new": 5}})).pieces

    kept = json.loads(row_of(piece)["extra"])["ocsf"]

    assert {"something": {"new": 5}, "class_name": "API Activity", "status": "Success"}.items() <= kept.items()


@pytest.mark.parametrize(
    "flat",
    [
        [
            ("responseElements.credentials.sessionToken", "hunter2"),
            ("responseElements.credentials.accessKeyId", "ASIAY"),
        ],
        [("responseElements.credentials", "ASIAY"), ("responseElements.credentials.sessionToken", "hunter2")],
    ],
    ids=["nested", "a name that is both a value and a parent"],
)
def test_no_credential_leaves_the_flat_map(flat):
    columns = row_of(pieces_of(parquet({**VERSION_1, "unmapped": flat})).pieces[0])

    assert "hunter2" not in str(columns)
    assert "ASIAY" in str(columns)


def test_events_of_other_sources_are_ignored_and_counted():
    other = {**VERSION_2, "metadata": {**VERSION_2["metadata"], "product": {"name": "Amazon VPC"}}, "class_uid": 4001}

    found = pieces_of(parquet(VERSION_2, other, other))

    assert (1, {"ocsf_of_another_source": 2}, 3) == (len(found.pieces), found.ignored, found.records_in)


def test_events_as_json_lines_are_read_too():
    row = {**VERSION_1, "unmapped": dict(VERSION_1["unmapped"])}

    found = pieces_of((json.dumps(row) + "\n").encode() * 2)

    assert ("ocsf", 2) == (found.kind, len(found.pieces))
    assert pieces_of(parquet(VERSION_1)).pieces[0] == found.pieces[0]


def test_an_event_that_is_set_aside_shows_its_credentials_to_the_mask():
    row = {**VERSION_1, "time": 1e300, "unmapped": {"a.sessionToken": "hunter2"}}
    row["api"] = {**row["api"], "response": {"data": '{"credentials": {"sessionToken": "hunter2"}}'}}

    (piece,) = pieces_of(json.dumps(row).encode()).pieces

    assert "not_an_ocsf_event" == piece.reason
    assert b"s3.amazonaws.com" in piece.data
    assert b"hunter2" not in mask_bytes(piece.data)


def test_an_event_that_cannot_be_a_record_is_set_aside():
    broken = json.dumps({"class_uid": 6003, "metadata": {"product": {"name": "CloudTrail"}}, "time": 1e300}).encode()

    assert [Broken] == [type(piece) for piece in pieces_of(broken).pieces]


@pytest.mark.parametrize("data", [b"PAR1", b"PAR1 and nothing of the kind PAR1"])
def test_a_damaged_file_is_refused(data):
    with pytest.raises(UnreadableObjectError, match="damaged"):
        pieces_of(data)


def test_parquet_of_something_else_is_refused():
    buffer = io.BytesIO()
    pq.write_table(pa.table({"a": [1]}), buffer)

    with pytest.raises(UnreadableObjectError, match="no columns of OCSF"):
        pieces_of(buffer.getvalue())


def test_a_file_that_unpacks_to_too_much_is_refused():
    wide = {**VERSION_2, "class_name": "x" * 1_000_000}

    with pytest.raises(UnreadableObjectError, match="come out"):
        list(parquet_rows(parquet(*[wide] * 8), limit=5_000_000))
