"""What every `ObjectStore` owes its callers (ports.py)."""

import pytest

from iamaudit.errors import InputError


class ObjectStoreContract:
    """An adapter's test class inherits this and gives a fixture `store`: an empty one."""

    def test_what_was_written_is_read(self, store):
        store.write("a/b.bin", b"\x00\xff")

        assert b"\x00\xff" == store.read("a/b.bin")
        assert store.exists("a/b.bin")

    def test_an_empty_object_is_an_object(self, store):
        store.write("empty", b"")

        assert b"" == store.read("empty")
        assert ["empty"] == list(store.list(""))

    def test_the_last_write_counts(self, store):
        store.write("a", b"first, and longer")
        store.write("a", b"second")

        assert b"second" == store.read("a")
        assert ["a"] == list(store.list(""))

    @pytest.mark.parametrize("key", ["missing", "a", "a/b/c"])
    def test_a_missing_object_is_a_key_error(self, store, key):
        store.write("a/b", b"")

        assert not store.exists(key)
        with pytest.raises(KeyError):
            store.read(key)

    @pytest.mark.parametrize(
        ("prefix", "expected"),
        [
            ("", ["a/1", "a/2", "a/b/3", "ab/4"]),
            ("a/", ["a/1", "a/2", "a/b/3"]),
            ("a", ["a/1", "a/2", "a/b/3", "ab/4"]),
            ("a/b/", ["a/b/3"]),
            ("ab/4", ["ab/4"]),
            ("nothing/", []),
            ("a/2/", []),
        ],
    )
    def test_keys_with_a_prefix_are_listed_in_order(self, store, prefix, expected):
        for key in ("ab/4", "a/b/3", "a/2", "a/1"):
            store.write(key, b"x")

        assert expected == list(store.list(prefix))

    def test_an_empty_store_lists_nothing(self, store):
        assert [] == list(store.list("")) == list(store.list("a/"))

    def test_a_new_object_is_written_once(self, store):
        assert store.write_new("a/b", b"first")
        assert not store.write_new("a/b", b"second")

        assert b"first" == store.read("a/b")
        assert ["a/b"] == list(store.list(""))

    def test_what_is_deleted_is_gone(self, store):
        store.write("a/b", b"x")

        store.delete("a/b")
        store.delete("a/b")

        assert not store.exists("a/b")
        assert [] == list(store.list(""))

    def test_an_object_has_an_age(self, store):
        store.write("a", b"x")

        assert -5 < store.age("a") < 60
        with pytest.raises(KeyError):
            store.age("b")

    @pytest.mark.parametrize("key", ["../out", "a/../../out", "/etc/passwd", "a/.."])
    def test_no_key_leads_out_of_the_store(self, store, key):
        for reach in (store.read, store.exists, lambda k: store.write(k, b""), lambda k: list(store.list(k))):
            with pytest.raises(InputError, match="leads out of the lake"):
                reach(key)
