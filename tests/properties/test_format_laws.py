"""The laws of the formats: nothing is lost, nothing is raised but a refusal, and the wrapping does not matter."""

from __future__ import annotations

import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from iamaudit.errors import UnreadableObjectError
from iamaudit.formats.cloudfront import edge_lines
from iamaudit.formats.presto_text import parsed_text
from iamaudit.formats.recognise import KINDS, Broken, pieces_of
from iamaudit.formats.record import row_of
from iamaudit.formats.s3_access import FIRST, LAST, MIDDLE, access_lines, fields_of
from tests.amount import examples
from tests.properties.strategies_formats import TRANSPORTS, scraps
from tests.properties.strategies_records import good_records

few = settings(deadline=None, max_examples=examples(40))


@settings(deadline=None, max_examples=examples(300))
@given(scraps | st.binary(max_size=200))
@example(b"PAR1" + b"\0" * 40 + b"PAR1")
@example(b'{"detail-type":"x","detail":' * 500 + b"{}" + b"}" * 500)
@example(b"[" * 5000)
@example(b'{"Records":' * 3000)
@example(b"\xff\xfe\x00")
def test_any_bytes_are_pieces_or_refused(data):
    holds(data)


@pytest.mark.parametrize("depth", [50, 300, 600, 900, 1500, 100_000])
@pytest.mark.parametrize(
    "around",
    [
        b"%b",
        b'{"class_uid":1,"metadata":{"product":{"name":"CloudTrail"}},"x":%b}',
        b'{"eventtime":"x","eventname":"y","useridentity":%b}',
        b'{"QueryResultRows":[[{"useridentity":%b}]]}',
        b'{"operation":"o","request_id":"r","bucket_name":"b","request_time":"2026-11-01","key_name":%b}',
        b'{"x-edge-request-id":"e","date":"2026-11-01","time":"00:00:00","x":%b}',
        b'{"messageType":"DATA_MESSAGE","logEvents":[{"message":%b}]}',
        b'{"TopicArn":"t","Message":%b}',
        b'{"eventName":"x","requestParameters":%b}',
    ],
)
def test_no_depth_is_too_deep_to_be_told(around, depth):
    holds(around % (b"[" * depth + b"]" * depth))
    holds(around % (b'{"a":' * depth + b"{}" + b"}" * depth))


def holds(data):
    try:
        found = pieces_of(data)
    except UnreadableObjectError:
        return

    assert found.kind in KINDS
    assert all(isinstance(piece, (bytes, Broken)) for piece in found.pieces)
    assert found.records_in == len(found.pieces) + sum(found.ignored.values())


@pytest.mark.parametrize("transport", TRANSPORTS)
@few
@given(records=st.lists(good_records(), min_size=1, max_size=4))
def test_the_wrapping_does_not_matter(transport, records):
    """The same records through every transport give the same rows, in the same order."""
    texts = [json.dumps(record).encode() for record in records]
    expected = [row_of(text) for text in texts]

    found = pieces_of(TRANSPORTS[transport](texts))

    assert ("cloudtrail", {}) == (found.kind, found.ignored)
    assert not any(isinstance(piece, Broken) for piece in found.pieces)
    told = [row_of(piece) for piece in found.pieces]
    assert [plain(row) for row in expected] == [plain(row) for row in told]


def plain(row):
    """JSON columns as values: an envelope may write the same JSON with other blanks."""
    texts = ("user_identity", "request_parameters", "extra")
    return {name: json.loads(value) if name in texts and value is not None else value for name, value in row.items()}


@few
@given(st.lists(good_records(), min_size=1, max_size=3), st.integers(0, 3), st.sampled_from(sorted(TRANSPORTS)))
def test_one_broken_line_does_not_take_its_neighbours_with_it(records, at, transport):
    texts = [json.dumps(record).encode() for record in records]
    whole = [*texts[:at], b'{"eventName": nope}', *texts[at:]]

    found = pieces_of(b"\n".join(whole))

    assert len(whole) == found.records_in
    assert texts == [piece for piece in found.pieces if not isinstance(piece, Broken)]


WORD = st.text(alphabet="abcXYZ019/_.%=&?", min_size=1, max_size=12)
QUOTED = st.text(alphabet='abc XYZ/"09(;', max_size=20)
AGENT = QUOTED.filter(lambda text: text not in {"", "-"} and not text.startswith('"'))


@few
@given(
    first=st.tuples(*[WORD] * 5),
    status=st.sampled_from(["200", "403", "-"]),
    agent=AGENT,
    rest=st.lists(WORD, min_size=1, max_size=14),
)
def test_the_fields_of_an_access_line_come_back(first, status, agent, rest):
    """Whatever stands between the user agent's quotes, and however many fields follow."""
    owner, bucket, requester, request_id, key = first
    line = (
        f"{owner} {bucket} [06/Feb/2019:00:00:38 +0000] 192.0.2.3 {requester} {request_id} REST.GET.OBJECT {key} "
        f'"GET /{bucket}/{key} HTTP/1.1" {status} - 113 - 7 - "-" "{agent}" {" ".join(rest)}'
    )

    fields = fields_of(line.encode())

    assert fields is not None
    assert (owner, bucket, requester, request_id, key, agent) == tuple(
        fields.get(name) for name in ("bucket_owner", "bucket", "requester", "request_id", "key", "user_agent")
    )
    names = [*LAST, *(f"field_{number}" for number in range(28, 40))]
    assert dict(zip(names, rest, strict=False)) == {name: fields[name] for name in fields if name in names}
    assert set(fields) <= {*FIRST, *MIDDLE, *names, "referer", "user_agent"}


@few
@given(st.text(max_size=60).map(str.encode) | st.binary(max_size=60))
def test_every_line_of_an_access_log_is_told(noise):
    """A line is a record or is set aside with its bytes: as many come out as went in."""
    head = b"o b [06/Feb/2019:00:00:38 +0000] 1.2.3.4 - R REST.GET.OBJECT k - 200 - - - - - - - -\n"
    came = [line for line in (head + noise).splitlines() if line.strip()]

    assert len(came) == len(list(access_lines(head + noise)))


@few
@given(st.lists(st.text(alphabet="abc\t-/%", max_size=12).map(str.encode), max_size=6))
def test_every_line_of_an_edge_log_is_told(noise):
    text = b"\n".join([b"#Version: 1.0", b"#Fields: date time c-ip", *noise])
    came = [line for line in text.splitlines() if line.strip()]

    assert len(came) == len(list(edge_lines(text)))


@few
@given(st.text(alphabet="{}[]=, abn1", max_size=30))
def test_text_that_is_no_map_stays_the_text_it_was(text):
    found = parsed_text(text)

    assert isinstance(found, (dict, list)) or text == found


@few
@given(st.binary(max_size=40), st.integers(4, 400))
def test_a_damaged_parquet_file_is_refused_or_read(noise, at):
    buffer = io.BytesIO()
    row = {"class_uid": 6003, "metadata": {"uid": "e1", "product": {"name": "CloudTrail"}}, "time": 1}
    pq.write_table(pa.Table.from_pylist([row]), buffer)
    data = buffer.getvalue()

    try:
        found = pieces_of(data[:at] + noise + data[at + len(noise) :])
    except UnreadableObjectError:
        return

    assert found.kind in KINDS
