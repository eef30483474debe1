"""Rows of CloudTrail Lake become the records they were made of (domain.md §1.9)."""

from __future__ import annotations

import json

import pytest

from iamaudit.formats.recognise import Broken, pieces_of
from iamaudit.formats.record import row_of
from iamaudit.usage.map import map_record

ARN = "arn:aws:sts::111122223333:assumed-role/app/s"
ISSUER = "arn:aws:iam::111122223333:role/team/app"
RECORD = {
    "eventVersion": "1.08",
    "userIdentity": {
        "type": "AssumedRole",
        "principalId": "AROAX:s",
        "arn": ARN,
        "accountId": "111122223333",
        "sessionContext": {
            "attributes": {"creationDate": "2026-11-01T00:00:00Z", "mfaAuthenticated": "false"},
            "sessionIssuer": {"type": "Role", "principalId": "AROAX", "arn": ISSUER, "accountId": "111122223333"},
        },
    },
    "eventTime": "2026-11-01T10:00:00.000Z",
    "eventSource": "s3.amazonaws.com",
    "eventName": "GetObject",
    "awsRegion": "eu-west-1",
    "eventID": "e1",
    "readOnly": True,
    "recipientAccountId": "111122223333",
    "requestParameters": {"bucketName": "b", "key": "k"},
    "resources": [{"ARN": "arn:aws:s3:::b/k", "accountId": "111122223333", "type": "AWS::S3::Object"}],
}


def lower(value):
    return {name.lower(): lower(inner) for name, inner in value.items()} if isinstance(value, dict) else value


ROW = {
    "eventversion": "1.08",
    "useridentity": lower(RECORD["userIdentity"]),
    "eventtime": "2026-11-01 10:00:00.000",
    "eventsource": "s3.amazonaws.com",
    "eventname": "GetObject",
    "awsregion": "eu-west-1",
    "eventid": "e1",
    "readonly": "true",
    "recipientaccountid": "111122223333",
    "requestparameters": {"bucketName": "b", "key": "k"},
    "resources": [{"arn": "arn:aws:s3:::b/k", "accountid": "111122223333", "type": "AWS::S3::Object"}],
    "errorcode": None,
    "errormessage": "",
    "eventjsonchecksum": "abc",
}
PRINTED = {
    **ROW,
    "useridentity": f"{{type=AssumedRole, principalid=AROAX:s, arn={ARN}, accountid=111122223333, accesskeyid=null, "
    "sessioncontext={attributes={creationdate=2026-11-01T00:00:00Z, mfaauthenticated=false}, "
    f"sessionissuer={{type=Role, principalid=AROAX, arn={ISSUER}, accountid=111122223333}}}}}}",
    "requestparameters": "{bucketName=b, key=k}",
    "resources": "[{accountid=111122223333, type=AWS::S3::Object, arn=arn:aws:s3:::b/k}]",
}


def as_csv(row):
    cells = ['"' + str("" if value is None else value).replace('"', '""') + '"' for value in row.values()]
    return f"{','.join(row)}\n{','.join(cells)}\n".encode()


def as_text(row):
    return {name: json.dumps(value) if isinstance(value, (dict, list)) else value for name, value in row.items()}


def parsed(row):
    names = ("user_identity", "request_parameters", "extra")
    return {name: json.loads(value) if name in names and value is not None else value for name, value in row.items()}


@pytest.mark.parametrize(
    "data",
    [
        json.dumps(ROW).encode(),
        json.dumps([ROW]).encode(),
        json.dumps(ROW).encode() + b"\n",
        json.dumps(as_text(ROW)).encode(),
        json.dumps(PRINTED).encode(),
        json.dumps({"QueryResultRows": [[{name: value} for name, value in as_text(ROW).items()]]}).encode(),
        as_csv(as_text(ROW)),
        as_csv(PRINTED),
        as_csv({"eventtime": "2026-11-01 10:00:00.000", "eventid": "e1", "eventjson": json.dumps(RECORD)}),
    ],
    ids=[
        "object",
        "list",
        "lines",
        "JSON in text",
        "Presto's print",
        "GetQueryResults",
        "CSV",
        "CSV of Presto",
        "eventjson",
    ],
)
def test_a_row_becomes_the_record_it_was_made_of(data):
    found = pieces_of(data)

    assert "cloudtrail" == found.kind
    assert [parsed(row_of(json.dumps(RECORD).encode()))] == [parsed(row_of(piece)) for piece in found.pieces]


def test_a_row_is_attributed_to_the_role_with_its_path():
    (piece,) = pieces_of(as_csv(PRINTED)).pieces

    assert ISSUER == map_record(json.loads(piece)).principal.arn


def test_a_column_nobody_knows_is_kept():
    (piece,) = pieces_of(json.dumps({**ROW, "newColumn": "x"}).encode()).pieces

    assert {"newColumn": "x"} == json.loads(row_of(piece)["extra"])


def test_json_inside_a_map_of_texts_is_json_again():
    row = {**ROW, "requestparameters": {"tagSpecificationSet": '{"items": []}', "name": "plain"}}

    (piece,) = pieces_of(json.dumps(row).encode()).pieces

    assert {"tagSpecificationSet": {"items": []}, "name": "plain"} == json.loads(piece)["requestParameters"]


def test_an_event_from_outside_aws_needs_no_permission():
    data = {
        "version": "1.0",
        "useridentity": {"type": "x"},
        "eventsource": "my.app",
        "eventname": "Login",
        "eventtime": "t",
    }
    row = {
        "eventid": "e",
        "eventtime": "2026-11-01 10:00:00.000",
        "eventcategory": "ActivityAuditLog",
        "eventtype": "ActivityLog",
        "eventdata": data,
    }

    (piece,) = pieces_of(json.dumps(row).encode()).pieces
    mapped = map_record(json.loads(piece))

    assert ("Login", "my.app") == (row_of(piece)["event_name"], row_of(piece)["event_source"])
    assert () == mapped.uses
    assert any("outside AWS" in note for note in mapped.notes)


def test_a_row_with_a_cell_too_many_is_set_aside():
    found = pieces_of(b"eventtime,eventname\n2026-11-01 00:00:00,GetObject\n2026-11-01 00:00:00,GetObject,extra\n")

    assert [False, True] == [isinstance(piece, Broken) for piece in found.pieces]


def test_items_of_config_in_a_lake_are_not_calls():
    found = pieces_of(json.dumps({"eventid": "e", "eventtime": "t", "eventcategory": "ConfigurationItem"}).encode())

    assert ("config", []) == (found.kind, found.pieces)
