"""Manifests: the commits of the lake."""

import pytest

from iamaudit.errors import BooksDoNotBalanceError, PromiseBrokenError
from iamaudit.lake.manifest import EventsManifest, Part, SourceObject, UsageManifest, from_bytes, to_bytes

OBJECT = SourceObject("key", "etag", 10, "ingested", None, 3, 2, {}, {"not_json": 1})
PART = Part("events/dt=2026-11-01/x.parquet", "events", 2, 100, "sha", "2026-11-01")
MANIFEST = EventsManifest("batch", (OBJECT,), (PART,))


def test_a_manifest_is_read_as_it_was_written():
    assert MANIFEST == from_bytes(to_bytes(MANIFEST), EventsManifest, key="k")


def test_the_same_content_is_the_same_text():
    first = SourceObject("k", "e", 1, "ingested", set_aside={"a": 1, "b": 2}, records_in=3)
    second = SourceObject("k", "e", 1, "ingested", set_aside={"b": 2, "a": 1}, records_in=3)

    assert to_bytes(first) == to_bytes(second)


def test_books_that_balance_pass():
    MANIFEST.check()


@pytest.mark.parametrize("kept", [1, 3])
def test_rows_written_must_be_records_kept(kept):
    entry = SourceObject("key", "etag", 10, "ingested", None, kept, kept)

    with pytest.raises(BooksDoNotBalanceError, match=f"kept {kept} records and wrote 2"):
        EventsManifest("batch", (entry,), (PART,)).check()


def test_an_entry_whose_sum_is_wrong_is_noticed():
    with pytest.raises(BooksDoNotBalanceError, match="5 records came in, 2 are accounted for"):
        _ = SourceObject("key", "etag", 10, "ingested", None, 5, 2).tally


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"dt": 5}', b"\xff"])
def test_a_manifest_that_cannot_be_read_is_named_with_a_remedy(data):
    with pytest.raises(PromiseBrokenError, match=r"`manifests/x` cannot be read: .*restore it or delete it"):
        from_bytes(data, UsageManifest, key="manifests/x")
