"""What every `LogSource` owes its callers (ports.py)."""

import pickle
from typing import ClassVar

import pytest

from iamaudit.errors import SourceError
from iamaudit.ports import Listed


class LogSourceContract:
    """An adapter's test class inherits this and gives a fixture `source` that holds `OBJECTS`."""

    OBJECTS: ClassVar = {
        "2026/11/01/b.json.gz": b"\x1f\x8b",
        "2026/11/01/a.json.gz": b"",
        "2026/10/31/c.json": b"{}",
        "d ö.json": b"[]",
    }

    def test_every_object_is_listed_once(self, source):
        assert sorted(self.OBJECTS) == sorted(entry.path for entry in source.list())

    def test_sizes_are_those_that_are_stored(self, source):
        assert {key: len(data) for key, data in self.OBJECTS.items()} == {e.path: e.size for e in source.list()}

    def test_the_order_is_the_same_each_time(self, source):
        assert list(source.list()) == list(source.list())

    def test_the_bytes_are_those_that_are_stored(self, source):
        assert self.OBJECTS == {entry.path: source.open(entry).read() for entry in source.list()}

    def test_a_source_goes_to_another_process(self, source):
        twin = pickle.loads(pickle.dumps(source))

        assert self.OBJECTS == {entry.path: twin.open(entry).read() for entry in twin.list()}

    def test_what_is_done_stays(self, source):
        source.done(source.list())

        assert len(self.OBJECTS) == len(list(source.list()))

    def test_an_object_that_cannot_be_had_is_a_source_error(self, source):
        with pytest.raises(SourceError, match="cannot read"):
            source.open(Listed("2026/11/01/gone.json.gz", "gone.json.gz", 1))
