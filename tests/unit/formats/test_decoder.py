"""Records as columns: what each field becomes, and what is set aside and why."""

import gzip
import json
from datetime import UTC, datetime

import pytest

from iamaudit.errors import UnreadableObjectError
from iamaudit.formats import decoder as decoder_module
from iamaudit.formats import identity as identity_module
from iamaudit.formats.cloudtrail import decode
from iamaudit.formats.decoder import WHOLE, BatchDecoder, unreadable
from iamaudit.formats.record import content_id, row_of
from iamaudit.lake.schema import EVENTS_SCHEMA

RECORD = {"eventName": "GetObject", "eventTime": "2026-11-01T10:00:00Z", "eventVersion": "1.08", "eventID": "e-1"}


def row(**fields):
    return decode(json.dumps({**RECORD, **fields}).encode()).table.to_pylist()[0]


def reasons(*records):
    return [piece.reason for piece in decode(json.dumps(list(records)).encode()).set_aside]


def test_the_columns_are_those_of_the_contract():
    found = decode(json.dumps(RECORD).encode(), source_key="key", batch_id="batch")

    assert EVENTS_SCHEMA == found.table.schema
    assert ("key", "batch") == tuple(found.table.to_pylist()[0][name] for name in ("source_key", "batch_id"))


def test_an_unknown_field_is_kept_in_extra():
    assert {"somethingNew": {"a": [1]}} == json.loads(row(somethingNew={"a": [1]})["extra"])


def test_fields_without_a_column_are_kept_in_extra():
    found = row(managementEvent=True, addendum={"reason": "UPDATED_DATA"}, apiVersion=None)

    assert {"managementEvent": True, "addendum": {"reason": "UPDATED_DATA"}} == json.loads(found["extra"])


def test_a_value_of_the_wrong_type_goes_to_extra_and_its_column_is_null():
    found = row(userAgent={"name": "x"}, awsRegion=5)

    assert (None, None) == (found["user_agent"], found["aws_region"])
    assert {"userAgent": {"name": "x"}, "awsRegion": 5} == json.loads(found["extra"])


@pytest.mark.parametrize(("given", "expected"), [("true", True), ("False", False), (True, True), (None, None)])
def test_a_boolean_may_be_spelled_as_text(given, expected):
    found = row(readOnly=given)

    assert (expected, None) == (found["read_only"], found["extra"])


def test_a_boolean_that_is_neither_is_null_and_kept():
    found = row(readOnly="maybe")

    assert (None, '{"readOnly":"maybe"}') == (found["read_only"], found["extra"])


def test_resources_with_an_arn_prefix_keep_the_whole_list_in_extra():
    listed = [{"type": "AWS::S3::Object", "ARNPrefix": "arn:aws:s3:::b/"}, {"ARN": "arn:aws:s3:::b", "accountId": "1"}]

    found = row(resources=listed)

    assert [None, "arn:aws:s3:::b"] == [entry["arn"] for entry in found["resources"]]
    assert listed == json.loads(found["extra"])["resources"]


def test_the_identity_fills_its_columns():
    identity = {
        "type": "AssumedRole",
        "arn": "arn:aws:sts::111122223333:assumed-role/deploy/build-7",
        "principalId": "AROAX:build-7",
        "accountId": "111122223333",
        "accessKeyId": "ASIA1",
        "sessionContext": {
            "sessionIssuer": {"type": "Role", "arn": "arn:aws:iam::111122223333:role/deploy", "principalId": "AROAX"},
            "attributes": {"mfaAuthenticated": "true", "creationDate": "2026-11-01T09:00:00Z"},
            "sourceIdentity": "ann",
        },
    }

    found = row(userIdentity=identity)

    assert "arn:aws:iam::111122223333:role/deploy" == found["issuer_arn"]
    assert ("build-7", "ann", True) == (found["session_name"], found["source_identity"], found["mfa_authenticated"])
    assert datetime(2026, 11, 1, 9, tzinfo=UTC) == found["session_created_at"]
    assert identity == json.loads(found["user_identity"])


def test_the_account_is_the_recipients_else_the_callers():
    assert "1" == row(recipientAccountId="1", userIdentity={"accountId": "2"})["account_id"]
    assert "2" == row(userIdentity={"accountId": "2"})["account_id"]


def test_an_odd_part_of_an_identity_costs_only_itself():
    found = row(userIdentity={"type": "IAMUser", "accountId": 12, "sessionContext": "x", "userName": "ann"})

    assert ("IAMUser", None, "ann") == (found["identity_type"], found["identity_account_id"], found["user_name"])


def test_a_record_without_an_id_gets_one_from_its_content():
    text = json.dumps({**RECORD, "eventID": None}).encode()

    alone, in_envelope, in_lines = (
        decode(text + b"\n"),
        decode(b'{"Records":[' + text + b"]}"),
        decode(text + b"\n" * 2),
    )

    ids = {found.table["event_id"][0].as_py() for found in (alone, in_envelope, in_lines)}
    assert {content_id(text)} == ids


@pytest.mark.parametrize("time", ["2026-11-01T10:00:00Z", "2026-11-01T12:00:00+02:00", "20261101T100000Z"])
def test_times_are_instants_in_utc(time):
    assert datetime(2026, 11, 1, 10, tzinfo=UTC) == row(eventTime=time)["event_time"]


def test_the_last_of_two_equal_names_counts():
    text = b'{"eventName":"A","eventName":"B","eventTime":"2026-11-01T10:00:00Z"}'

    assert "B" == row_of(text)["event_name"]


def test_huge_numbers_stay_as_they_were_written():
    text = (
        b'{"eventName":"A","eventTime":"2026-11-01T10:00:00Z","requestParameters":{"n":123456789012345678901234567890}}'
    )

    assert '{"n":123456789012345678901234567890}' == row_of(text)["request_parameters"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"eventTime": None}, "no_event_time"),
        ({"eventTime": "yesterday"}, "bad_event_time"),
        ({"eventTime": 5}, "bad_event_time"),
        ({"eventTime": "9999-12-31T23:59:59-01:00"}, "bad_event_time"),
        ({"eventVersion": "2.0"}, "unknown_event_version"),
        ({"eventVersion": 2}, "unknown_event_version"),
    ],
)
def test_a_record_is_set_aside_with_a_reason(change, reason):
    assert [reason] == reasons({**RECORD, **change})


@pytest.mark.parametrize("version", ["1.0", "1.08", "1.11", "1.99", None, 1.08])
def test_every_minor_version_is_accepted(version):
    assert [] == reasons({**RECORD, "eventVersion": version})


def test_text_that_is_not_utf8_is_set_aside():
    found = decode(b'{"eventName":"A","eventTime":"2026-11-01T10:00:00Z","userAgent":"\xff"}')

    assert {"invalid_utf8": 1} == found.tally.set_aside


@pytest.mark.parametrize(
    "field",
    ["responseElements", "requestParameters", "additionalEventData", "serviceEventDetails", "userIdentity", "brandNew"],
)
@pytest.mark.parametrize("name", ["sessionToken", "secretAccessKey", "SecretAccessKey", "session\\u0054oken"])
def test_no_secret_reaches_the_table(field, name):
    text = json.dumps({**RECORD, field: {"credentials": [{"NAME": "hunter2", "accessKeyId": "ASIA1"}]}})

    found = decode(text.replace("NAME", name).encode()).table.to_pylist()[0]

    assert "hunter2" not in str(found)
    assert "ASIA1" in str(found)


def test_no_secret_reaches_the_quarantine():
    found = decode(json.dumps({**RECORD, "eventTime": "?", "x": {"sessionToken": "hunter2"}}).encode())

    assert [b'"***"' in piece.data and b"hunter2" not in piece.data for piece in found.set_aside] == [True]


@pytest.mark.parametrize(
    ("data", "word"),
    [
        pytest.param(gzip.compress(json.dumps(RECORD).encode())[:-9], "damaged_gzip", id="half a gzip"),
        pytest.param(gzip.compress(json.dumps(RECORD).encode()) + b"x", "damaged_gzip", id="bytes after the gzip"),
        (b"not a log", "not_json"),
    ],
)
def test_an_object_that_cannot_be_read_has_a_reason_word(data, word):
    with pytest.raises(UnreadableObjectError) as raised:
        decode(data)

    assert word == unreadable(raised.value)


@pytest.mark.parametrize("name", ["GetObject", ["odd"]], ids=["quick path", "careful path"])
def test_a_null_in_a_resource_fits_its_column(name):
    found = row(eventName=name, requestParameters={}, resources=[{"ARN": None, "type": "x"}])

    assert [{"arn": None, "account_id": None, "type": "x"}] == found["resources"]
    assert "resources" not in (found["extra"] or "")


def test_a_documented_record_takes_the_quick_path(monkeypatch):
    """The careful path is several times slower: it is for the odd ones."""
    monkeypatch.setattr(decoder_module, "pieces_of", None)
    monkeypatch.setattr(identity_module, "_careful_identity", None)
    identity = {"type": "IdentityCenterUser", "onBehalfOf": {"userId": "u", "identityStoreArn": "a"}}
    record = {
        **RECORD,
        "userIdentity": identity,
        "requestParameters": {"a": 1},
        "responseElements": None,
        "addendum": {"reason": "x"},
        "resources": [{"ARNPrefix": "arn:aws:s3:::b/"}],
    }

    found = decode(json.dumps({"Records": [record]}).encode()).table.to_pylist()[0]

    assert ('{"a": 1}', None) == (found["request_parameters"], found["response_elements"])
    assert identity["onBehalfOf"] == json.loads(found["on_behalf_of"])
    assert [{"ARNPrefix": "arn:aws:s3:::b/"}] == json.loads(found["extra"])["resources"]


def log(*records):
    return json.dumps({"Records": list(records)}).encode()


def test_an_odd_record_among_many_objects_spoils_none():
    """Objects are made columns together: one that is odd is looked for, and only it takes the careful path."""
    decoder = BatchDecoder("batch")
    odd = {**RECORD, "eventTime": "2026-11-01T12:00:00+02:00"}
    for number in range(5):
        decoder.add(
            f"key-{number}",
            log(RECORD, odd if number == 3 else RECORD, {**RECORD, "eventTime": "?"} if number == 4 else RECORD),
        )

    table = decoder.table()

    assert 14 == table.num_rows
    assert [3, 3, 3, 3, 2] == [found.tally.kept for found in decoder.found]
    assert {datetime(2026, 11, 1, 10, tzinfo=UTC)} == set(table["event_time"].to_pylist())
    assert {f"key-{n}": 2 if n == 4 else 3 for n in range(5)} == {
        key: table["source_key"].to_pylist().count(key) for key in set(table["source_key"].to_pylist())
    }


@pytest.mark.parametrize("shape", ["records", "list", "lines", "gzip"])
def test_an_object_too_large_to_hold_is_cut_and_nothing_of_it_is_lost(monkeypatch, shape):
    monkeypatch.setattr(decoder_module, "WHOLE", 1_000)
    monkeypatch.setattr("iamaudit.formats.large.BLOCK", 500)
    records = [{**RECORD, "eventID": f"e-{n}", "requestParameters": {"text": "}],[{" * n}} for n in range(40)]
    records[7]["eventTime"] = "?"
    data = {
        "records": log(*records),
        "list": json.dumps(records).encode(),
        "lines": b"\n".join(json.dumps(record).encode() for record in records),
        "gzip": gzip.compress(log(*records)),
    }[shape]
    spilled = []
    kept = []
    monkeypatch.setattr(decoder_module, "SPILL", 1)
    decoder = BatchDecoder("batch", spill=spilled.append, keep=lambda key, piece: kept.append((key, piece.reason)))

    decoder.add("key", data)

    (found,) = decoder.found
    assert (40, 39, {"bad_event_time": 1}) == (found.tally.records_in, found.tally.kept, found.tally.set_aside)
    assert [("key", "bad_event_time")] == kept
    ids = [event for table in spilled for event in table["event_id"].to_pylist()]
    assert sorted(record["eventID"] for record in records if record["eventTime"] != "?") == sorted(ids)


def test_a_damaged_object_gives_no_rows_even_when_it_streams(monkeypatch):
    monkeypatch.setattr(decoder_module, "WHOLE", 1_000)
    data = gzip.compress(log(*[{**RECORD, "eventID": f"{n}-" + "x" * n} for n in range(99)]))
    decoder = BatchDecoder("batch")

    decoder.add("key", data[:-4])

    assert decoder.found[0].error.startswith("damaged_gzip")
    assert 0 == decoder.table().num_rows


def test_a_gzip_bomb_is_refused_unread(monkeypatch):
    monkeypatch.setattr(decoder_module, "LIMIT", WHOLE + 1)
    bomb = gzip.compress(bytes(2 * WHOLE))
    decoder = BatchDecoder("batch")

    decoder.add("key", bomb)

    assert decoder.found[0].error.startswith("too_large")
