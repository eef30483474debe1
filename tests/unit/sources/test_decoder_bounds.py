"""The decoder in a lake's hands: nothing is lost silently, and nothing makes it hold more than it may."""

import json

import pytest

from iamaudit.errors import UnreadableObjectError
from iamaudit.sources import columns as columns_module
from iamaudit.sources import decoder as decoder_module
from iamaudit.sources.cloudtrail import decode
from iamaudit.sources.decoder import BatchDecoder, unreadable
from iamaudit.sources.formats import pieces_of

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
