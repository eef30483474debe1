"""A batch of objects, good, odd and broken, gives what a slow twin gives for each record of each of them."""

from __future__ import annotations

import json
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from iamaudit.formats.decoder import BatchDecoder
from tests.amount import examples
from tests.oracles.slow_decoder import slow_row
from tests.properties.strategies_records import broken_texts, good_records, record_texts
from tests.properties.test_decoder_laws import parsed

good_texts = good_records().map(lambda record: json.dumps(record).encode())
edge_times = st.sampled_from(
    [
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "2026-02-29T00:00:00Z",
        "2026-11-01T24:00:00Z",
        "2026-11-01T10:00:60Z",
        "2026-11-01 10:00:00Z",
        "2026-11-01T10:00:00z",
        "2026-11-01t10:00:00Z",
        " 2026-11-01T10:00:00",
        "2026-11-01T10:00:00 ",
        "2026-W44-7T10:00:00Z",
        "2026-11-01T1000+0200",
        "2026-11-01T10:00.00Z",
        "-026-11-01T10:00:00Z",
        "\uff12026-11-01T10:00:00",
    ]
)
timed_texts = edge_times.map(lambda time: json.dumps({"eventName": "A", "eventID": "e", "eventTime": time}).encode())
# (an empty object has a word of its own: it is not known to be a record)
whole = broken_texts.filter(
    lambda text: text != b"{}" and text.endswith(b"}") and b"[[" not in text and b"NaN" not in text
)
objects = st.lists(good_texts | good_texts | record_texts() | timed_texts | whole, max_size=6)


@settings(max_examples=examples(150))
@given(st.lists(objects, max_size=6), st.randoms(use_true_random=False))
def test_a_batch_agrees_with_the_slow_twin(batch, random):
    rows, books = Counter(), {}
    for number, records in enumerate(batch):
        told = [slow_row(record) for record in records]
        rows.update(line(f"key-{number}", row) for row, _ in told if row is not None)
        books[f"key-{number}"] = (len(told), Counter(reason for _, reason in told if reason is not None))
    spilled = []
    decoder = BatchDecoder("batch", spill=spilled.append)

    for number, records in enumerate(batch):
        left, right = (b'{"Records":[', b"]}") if random.random() < 0.7 else (b"[", b"]")
        decoder.add(f"key-{number}", left + b",".join(records) + right)
        if random.random() < 0.3:
            decoder.flush()

    found = [row for table in [*spilled, decoder.table()] for row in table.to_pylist()]
    assert rows == Counter(line(row["source_key"], parsed(row)) for row in found)
    assert books == {one.key: (one.tally.records_in, Counter(one.tally.set_aside)) for one in decoder.found}
    assert all(one.error is None for one in decoder.found)


def line(key, row):
    return key + " " + json.dumps(row, sort_keys=True, default=str)
