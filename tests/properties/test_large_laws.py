"""An object that is cut while it streams gives the rows and the books of the whole, wherever its parts begin and end."""

from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamaudit.formats import large
from iamaudit.formats.cloudtrail import decode
from iamaudit.formats.decoder import BatchDecoder
from iamaudit.lake.schema import EVENTS_SCHEMA
from iamaudit.model.tally import total
from tests.amount import examples
from tests.properties.strategies_records import record_texts

GOOD = {"eventName": "GetRole", "eventVersion": "1.08", "eventTime": "2026-11-01T10:00:00Z"}
broken = st.sampled_from(
    [
        b"5",
        b'"a \\\\\\" ],[ string"',
        b"{}",
        b'{"eventName":"GetObject","eventTime":"2026-11-01T00:00:00Z","userAgent":"\\ud800"}',
        b'{"eventName":"GetObject","eventTime":"2026-11-01T00:00:00Z","requestParameters":{"a":NaN}}',
    ]
)
HEADER = b"eventTime,eventName,eventID,userAgent\n"
WORDS = (b"eventTime", b"GetRole", b"GET r")
EDGE = "#Version: 1.0\n#Fields: date time c-ip cs-method x-edge-request-id\n"


@st.composite
def good_texts(draw):
    note = draw(st.text(alphabet='\\"{}[],a ü', max_size=20))
    return json.dumps({**GOOD, "eventID": str(draw(st.uuids())), "requestParameters": {"note": note}}).encode()


elements = st.lists(good_texts() | good_texts() | record_texts() | broken, min_size=1, max_size=8)


@st.composite
def objects(draw):
    """Return an object in one of the shapes that are cut, with a good record among its own."""
    lines = [draw(good_texts()), *draw(elements)]
    comma = draw(st.sampled_from([b",", b" ,\n"]))
    listed = b"[" + comma.join(lines) + b"]"
    lines_only = [json.dumps(json.loads(line)).encode() for line in lines if b"NaN" not in line]
    shape = draw(st.integers(0, 8))
    if shape == 0:
        return b'{"Records":' + listed + b"}"
    if shape == 1:
        return b"\xef\xbb\xbf" + listed + b"\n"
    if shape == 2:
        return b"\n".join(line for line in lines_only if line.startswith(b"{"))
    # of an object that is no JSON, the whole sets aside what stands behind its list, and the cut object reads it
    valid = b"[" + comma.join(line for line in lines if b"NaN" not in line and b"ud800" not in line) + b"]"
    if shape == 3:
        return b'{ "Events" : ' + valid + b', "NextToken": "x]}", "n": {"a": [1]}}'
    if shape == 4:
        return b'{"Records":' + valid + b',"Records": ' + b"[" + draw(good_texts()) + b"]}"
    if shape == 5:
        good = b'{"Records":[' + draw(good_texts()) + b"]}"
        return good + draw(st.sampled_from([b"", b"\n", b"\r\n\r\n"])) + good
    if shape == 6:
        return b"".join(draw(st.lists(good_texts(), min_size=2, max_size=6)))
    rows = draw(st.lists(st.sampled_from([f"2026-11-01 10:00:0{n} 1.2.3.4 GET r{n}" for n in range(9)] + ["x", EDGE])))
    if shape == 7:
        return (EDGE + "\n".join(rows) + "\n").encode()
    cells = st.text(alphabet='a,\n"', max_size=6).map(lambda cell: '"' + cell.replace('"', '""') + '"')
    table = draw(st.lists(cells, min_size=1, max_size=8))
    return (
        HEADER
        + "".join(f"2026-11-01T10:00:00Z,GetRole,e-{number},{cell}\n" for number, cell in enumerate(table)).encode()
    )


@pytest.fixture(autouse=True, scope="module")
def small_blocks():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(large, "BLOCK", 300)
        patch.setattr(large, "_HEAD", 150)
        yield


def chunked(data, cuts):
    edges = [0, *sorted({cut % (len(data) + 1) for cut in cuts}), len(data)]
    return [data[start:end] for start, end in itertools.pairwise(edges) if start < end]


def rows_of(table):
    return sorted(json.dumps(row, sort_keys=True, default=str) for row in table.cast(EVENTS_SCHEMA).to_pylist())


def held_by(blocks):
    """Return what the blocks hold together; a table's header stands in each of them and is no row."""
    return b"".join(block.text.removeprefix(HEADER) for block in blocks)


@settings(max_examples=examples(300))
@given(objects(), st.lists(st.integers(0, 5_000), max_size=40))
def test_a_cut_object_is_the_whole_object(data, cuts):
    whole = decode(data, source_key="key", batch_id="batch")
    decoder = BatchDecoder("batch")

    for block in large.blocks(chunked(data, cuts)):
        decoder._add_text("key", block.text)
        decoder.flush()
        decoder._block_read("key", block)

    assert rows_of(whole.table) == rows_of(decoder.table())
    assert whole.tally == total(found.tally for found in decoder.found)


@settings(max_examples=examples(100))
@given(objects(), st.lists(st.integers(0, 5_000), max_size=40))
def test_where_the_parts_begin_does_not_matter(data, cuts):
    at_once = held_by(large.blocks([data]))

    in_parts = held_by(large.blocks(chunked(data, cuts)))

    assert [at_once.count(word) for word in WORDS] == [in_parts.count(word) for word in WORDS]
