"""The bucket keeps the contract of a log source, and the lake in a bucket that of an object store, on two servers."""

import pickle
import uuid
from pathlib import Path

import pytest

from iamaudit.errors import InputError
from iamaudit.sources.bucket import Bucket
from iamaudit.sources.s3_store import S3Store, open_store
from tests.conformance.log_source_contract import LogSourceContract
from tests.conformance.object_store_contract import ObjectStoreContract
from tests.conformance.s3_servers import PATIENT, access_to, fill, s3_at


@pytest.fixture(params=["moto_url", "localbucket_url"])
def url(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def bucket() -> str:
    return f"b-{uuid.uuid4().hex[:12]}"


class TestBucket(LogSourceContract):
    @pytest.fixture
    def source(self, url, bucket):
        fill(
            url,
            bucket,
            {f"logs/{key}": data for key, data in self.OBJECTS.items()}
            | {"logs-of-others/x.json": b"{}", "logs/2026/11/01/d.json.gz.metadata.json": b"{}"},
        )
        return Bucket(s3_at(url, bucket), "logs/")

    @pytest.fixture(params=["logs", "logs/"])
    def prefix(self, request):
        return request.param

    def test_a_folder_is_the_same_with_and_without_its_slash(self, source, prefix):
        assert {key.rpartition("/")[2] for key in self.OBJECTS} == {
            entry.path.rpartition("/")[2] for entry in Bucket(source.s3, prefix).list()
        }

    def test_one_object_is_a_source_of_one(self, source):
        alone = Bucket(source.s3, "logs/2026/10/31/c.json")

        assert {"c.json": b"{}"} == {entry.path: alone.open(entry).read() for entry in alone.list()}

    def test_the_beginning_of_names_is_a_place_too(self, source):
        assert ["x.json"] == [entry.path.rpartition("/")[2] for entry in Bucket(source.s3, "logs-of").list()]

    def test_an_empty_place_is_an_input_error(self, source):
        with pytest.raises(InputError, match=r"there is nothing at `s3://.*/nowhere/`"):
            list(Bucket(source.s3, "nowhere/").list())

    def test_a_missing_bucket_is_an_input_error(self, url, bucket):
        with pytest.raises(InputError, match=r"NoSuchBucket.*check the name"):
            list(Bucket(s3_at(url, bucket)).list())

    def test_other_bytes_are_another_version(self, source):
        before = {entry.path: entry.version for entry in source.list()}
        source.s3.put("logs/d ö.json", b"[1]")

        after = {entry.path: entry.version for entry in source.list()}

        assert {"d ö.json"} == {path for path, version in after.items() if version != before[path]}


class TestS3Store(ObjectStoreContract):
    @pytest.fixture
    def store(self, url, bucket, tmp_path) -> S3Store:
        fill(url, bucket, {"other/a": b"another lake's"})
        return open_store(bucket, "some/lake", access_to(url), cache=tmp_path / "cache", patience=PATIENT)

    def test_a_location_is_a_copy_with_the_same_bytes(self, store):
        store.write("events/x", b"PAR1")

        first, second = store.location("events/x"), store.location("events/x")

        assert first == second
        assert b"PAR1" == Path(first).read_bytes()

    def test_a_location_of_nothing_is_a_key_error_and_leaves_no_copy(self, store):
        with pytest.raises(KeyError):
            store.location("events/x.parquet")

        assert [] == [path for path in store.cache.rglob("*") if path.is_file()]

    def test_what_is_written_need_not_be_fetched(self, store):
        store.write("events/x.parquet", b"PAR1")

        assert b"PAR1" == (store.cache / "events/x.parquet").read_bytes()

    def test_many_copies_are_fetched_at_once(self, store):
        for name in "abc":
            store.write(name, name.encode())

        store.fetch("abc")

        assert {"a", "b", "c"} == {path.name for path in store.cache.iterdir()}

    def test_two_lakes_have_two_caches(self, store, url, tmp_path):
        other = open_store(store.s3.bucket, "other", access_to(url), cache=tmp_path / "cache", patience=PATIENT)

        assert store.cache != other.cache

    def test_a_store_goes_to_another_process(self, store):
        store.write("a", b"x")

        assert b"x" == pickle.loads(pickle.dumps(store)).read("a")
