"""Both stores keep the contract, and the folder also keeps it when a write is cut off."""

import os

import pytest

from iamaudit.errors import InputError, SourceError
from iamaudit.lake.store import LocalStore, MemoryStore
from tests.conformance.object_store_contract import ObjectStoreContract


class TestLocalStore(ObjectStoreContract):
    @pytest.fixture
    def store(self, tmp_path):
        return LocalStore(tmp_path / "lake")

    def test_a_location_can_be_opened(self, store):
        store.write("a/b", b"x")

        with open(store.location("a/b"), "rb") as file:  # noqa: PTH123  # an engine opens a plain path too
            assert b"x" == file.read()

    def test_a_write_that_dies_leaves_the_old_object_and_nothing_else(self, store, monkeypatch):
        store.write("a", b"old")

        def die(_):
            raise KeyboardInterrupt

        monkeypatch.setattr(os, "fsync", die)
        with pytest.raises(KeyboardInterrupt):
            store.write("a", b"new")

        assert b"old" == store.read("a")
        assert ["a"] == list(store.list("")) == [path.name for path in store.root.iterdir()]

    def test_a_half_written_file_of_a_killed_process_is_no_object(self, store):
        store.write("a", b"x")
        (store.root / ".writing-abc").write_bytes(b"half")

        assert ["a"] == list(store.list(""))

    def test_a_disk_that_does_not_take_it_is_a_source_error(self, store):
        store.write("a", b"x")

        with pytest.raises(SourceError, match=r"cannot write .*free some space"):
            store.write("a/b", b"y")


class TestMemoryStore(ObjectStoreContract):
    @pytest.fixture
    def store(self):
        return MemoryStore()

    def test_memory_has_no_location(self, store):
        store.write("a", b"x")

        with pytest.raises(InputError, match="in memory only"):
            store.location("a")
