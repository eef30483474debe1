"""The decoder in a lake's hands: nothing is lost silently, and nothing makes it hold more than it may."""

import gzip
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from iamaudit.errors import UnreadableObjectError
from iamaudit.formats import columns as columns_module
from iamaudit.formats import decoder as decoder_module
from iamaudit.formats import large
from iamaudit.formats.cloudtrail import decode
from iamaudit.formats.decoder import BatchDecoder, unreadable
from iamaudit.formats.recognise import pieces_of

RECORD = {"eventName": "GetRole", "eventTime": "2026-11-01T10:00:00Z", "eventVersion": "1.08", "eventID": "e-1"}


def text(number, **fields):
    return json.dumps({**RECORD, "eventID": f"e-{number}", **fields}).encode()


@pytest.mark.parametrize("names", [("Records", "Records"), ("Events", "Events"), ("Records", "Events")])
@pytest.mark.parametrize("behind", [b"", b',"NextToken":"]}"', b"\n"])
def test_every_list_of_records_in_an_object_is_read(names, behind):
    first, second = (f'"{name}":'.encode() for name in names)
    data = b"{" + first + b"[" + text(1) + b"]," + second + b"[" + text(2) + b"," + text(3) + b"]" + behind + b"}"

    found = decode(data)

    assert ["e-1", "e-2", "e-3"] == sorted(found.table["event_id"].to_pylist())
    assert 3 == found.tally.records_in


def test_a_name_inside_a_record_is_no_list_of_records():
    record = {**RECORD, "requestParameters": {"Records": [RECORD], "text": '"Records":['}}

    found = decode(json.dumps({"Records": [record], "NextToken": "x"}).encode())

    assert (1, 1) == (found.tally.records_in, found.tally.kept)


def test_objects_wait_for_their_neighbours_within_bounds(monkeypatch):
    """A few records may be as large as thousands: what waits is counted in bytes too."""
    monkeypatch.setattr(decoder_module, "WAITING", 10_000)
    decoder = BatchDecoder("batch")
    most = 0

    for number in range(20):
        decoder.add(f"key-{number}", b'{"Records":[' + text(number, userAgent="x" * 3_000) + b"]}")
        most = max(most, sum(len(entry.text) for entry in decoder._waiting))

    assert most < 10_000
    assert 20 == decoder.table().num_rows


def test_empty_objects_do_not_wait_for_ever(monkeypatch):
    monkeypatch.setattr(decoder_module, "WAITING", 1_000)
    decoder = BatchDecoder("batch")

    for number in range(200):
        decoder.add(f"key-{number}", b'{"Records":[]}')

    assert len(decoder._waiting) < 100
    assert 0 == decoder.table().num_rows
    assert 200 == len(decoder.found)


def test_identities_count_among_the_bytes_that_are_spilled(monkeypatch):
    monkeypatch.setattr(decoder_module, "SPILL", 100_000)
    spilled = []
    decoder = BatchDecoder("batch", spill=spilled.append)

    for number in range(50):
        identity = {"type": "IAMUser", "userName": f"{number}" + "x" * 10_000}
        decoder.add(f"key-{number}", b'{"Records":[' + text(number, userIdentity=identity) + b"]}")
        decoder.flush()

    assert len(spilled) >= 4
    assert 50 == sum(table.num_rows for table in spilled) + decoder.table().num_rows


@pytest.mark.parametrize("count", [3, 500])
def test_what_is_set_aside_is_kept_in_few_places(count):
    """Each quarantined piece costs two synced files: of many, those with one reason go together."""
    kept = []
    decoder = BatchDecoder("batch", keep=lambda key, piece: kept.append((key, piece)))

    decoder.add("key", b"\n".join([text(0), *(text(n, eventTime="?") for n in range(count))]))

    assert {"bad_event_time": count} == decoder.found[0].tally.set_aside
    assert len(kept) <= 100
    lines = b"\n".join(piece.data for _, piece in kept).splitlines()
    assert {f"e-{n}" for n in range(count)} == {json.loads(line)["eventID"] for line in lines}
    assert {("key", "bad_event_time")} == {(key, piece.reason) for key, piece in kept}


def test_many_odd_records_do_not_make_the_search_for_them_slow(monkeypatch):
    """Halving down to one record costs a dozen passes when all of them are odd."""
    calls = []
    add = columns_module.Columns.add

    def counted(self, events, keys):
        calls.append(len(events))
        add(self, events, keys)

    monkeypatch.setattr(columns_module.Columns, "add", counted)
    records = [text(n, eventTime="2026-11-01T10:00:00.5Z") for n in range(1_000)]

    found = decode(b'{"Records":[' + b",".join(records) + b"]}")

    assert 1_000 == found.tally.kept
    assert len(calls) < 200


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"\xff\xfea", "not_utf8"),
        ('{"Records":[]}'.encode("utf-16-le"), "not_utf8"),
        (b"PAR1 and no more", "damaged_parquet"),
        (b"nothing", "not_json"),
    ],
)
def test_an_object_that_cannot_be_read_has_the_word_for_its_reason(data, word):
    with pytest.raises(UnreadableObjectError) as raised:
        pieces_of(data)

    assert word == unreadable(raised.value)


def cut(monkeypatch, data, *, block=200, held=2_000):
    monkeypatch.setattr(decoder_module, "WHOLE", 500)
    monkeypatch.setattr("iamaudit.formats.large.BLOCK", block)
    monkeypatch.setattr("iamaudit.formats.held.HELD", held)
    decoder = BatchDecoder("batch")
    decoder.add("key", data)
    (found,) = decoder.found
    return found, decoder


def test_a_record_too_large_to_wait_for_is_told_in_the_word_for_it(monkeypatch):
    found, _ = cut(monkeypatch, gzip.compress(b'{"Records":[' + text(1, userAgent="x" * 5_000) + b"]}"))

    assert "too_large" == found.error.partition(":")[0]


def test_a_parquet_file_is_never_cut(monkeypatch):
    table = pa.table(
        {"metadata": [{"product": {"name": "CloudTrail"}}] * 50, "noise": [f"{n:0100}" for n in range(50)]}
    )
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    data = sink.getvalue().to_pybytes()

    found, _ = cut(monkeypatch, data)

    assert (None if (e := decode_error(data)) is None else e) == found.error
    assert "cannot be cut" not in str(found.error)


def decode_error(data):
    decoder = BatchDecoder("batch")
    decoder.add("key", data)
    return decoder.found[0].error


def test_the_lines_of_an_edge_are_cut_under_their_head_and_its_lines_count_once(monkeypatch):
    head = b"#Version: 1.0\n#Fields: date time c-ip cs-method x-edge-request-id\n"
    lines = b"".join(b"2026-11-01\t10:00:00\t1.2.3.4\tGET\tr%d\n" % n for n in range(60))

    found, decoder = cut(monkeypatch, gzip.compress(head + lines))

    assert ("cloudfront", 62, 60, {"comment": 2}) == (
        found.kind,
        found.tally.records_in,
        found.tally.kept,
        found.tally.ignored,
    )
    assert {f"edge-r{n}" for n in range(60)} == set(decoder.table()["event_id"].to_pylist())


def test_utf16_that_is_too_large_is_told_in_words(monkeypatch):
    found, _ = cut(monkeypatch, ("\ufeff" + '{"Records":[]}' * 200).encode("utf-16-le"))

    assert "UTF-8" in found.error


def test_a_stream_of_small_objects_is_never_held_whole(monkeypatch):
    """Firehose writes objects one behind the other; what follows the first is not collected."""
    data = (b'{"Records":[' + text(1) + b"]}\n") * 500
    most = 0

    def watched(parts):
        nonlocal most
        held = large.Held(iter([data[n : n + 100] for n in range(0, len(data), 100)]))
        monkeypatch.setattr(large, "Held", lambda parts: held)
        for block in blocks(parts):
            most = max(most, len(held.pending))
            yield block

    blocks = large.blocks
    monkeypatch.setattr(large, "BLOCK", 200)
    monkeypatch.setattr(large, "_HEAD", 100)
    found = list(watched([]))

    assert 500 == sum(block.text.count(b"eventName") for block in found)
    assert most < 1_000
