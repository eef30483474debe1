"""Whatever S3 does wrong ends in a retry that succeeds or in one clear error, and then a rerun completes."""

from io import BytesIO

import localbucket
import pytest
from botocore.exceptions import ConnectionClosedError

from iamaudit.errors import ConfigError, SourceError
from iamaudit.sources import s3
from iamaudit.sources.bucket import Bucket
from iamaudit.sources.patience import Patience
from iamaudit.sources.read_ahead import read_ahead
from iamaudit.sources.s3_store import open_store
from tests.conformance.s3_servers import PATIENT, access_to, faulty_server, fill, hadro_server, s3_at

PASSING = (
    "500 InternalError",
    "503 ServiceUnavailable",
    "503 SlowDown",
    "400 RequestTimeout",
    "dropped before",
    "dropped after",
    "cut off",
)
PAGE = 80
OBJECTS = {f"k{number:04}": str(number).encode() * 50 for number in range(100)}  # two pages


@pytest.fixture(scope="module")
def server(aws_keys, tmp_path_factory):
    root = tmp_path_factory.mktemp("faulty")
    (root / "logs").mkdir()
    (root / "lake").mkdir()
    for key, data in OBJECTS.items():
        (root / "logs" / key).write_bytes(data)
    with pytest.MonkeyPatch.context() as patch, faulty_server(root) as (url, faults):
        patch.setattr(localbucket, "MAX_KEYS_LIMIT", PAGE)
        yield url, faults


@pytest.fixture
def faults(server):
    server[1].clear()
    return server[1]


@pytest.fixture
def source(server, faults):
    return Bucket(s3_at(server[0], "logs"))


@pytest.fixture
def store(server, faults, tmp_path):
    return open_store("lake", tmp_path.name, access_to(server[0]), cache=tmp_path, patience=PATIENT)


@pytest.mark.parametrize("fault", PASSING)
def test_a_read_that_fails_in_passing_succeeds(source, faults, fault):
    entry = next(source.list())
    faults += [fault] * 6

    assert OBJECTS[entry.path] == source.open(entry).read()
    assert not faults


@pytest.mark.parametrize("fault", ["", *PASSING])
def test_a_large_object_is_read_through_a_file_and_complete(source, faults, fault, monkeypatch):
    monkeypatch.setattr(s3, "IN_MEMORY", 10)
    entry = next(source.list())
    faults += [fault]

    with source.open(entry) as file:
        assert not isinstance(file, BytesIO)
        assert OBJECTS[entry.path] == file.read()


@pytest.mark.parametrize("fault", [*PASSING, "first page again"])
def test_a_listing_that_fails_in_passing_is_complete(source, faults, fault):
    list(source.list())  # so that there is a first page to repeat
    faults += ["", *[fault] * 6, "", *[fault] * 6]

    assert sorted(OBJECTS) == [entry.path for entry in source.list()]


def test_a_listing_that_is_cut_off_in_good_order_is_complete(source, faults):
    faults += ["", "cut off in good order"]

    assert len(OBJECTS) == len(list(source.list()))


@pytest.mark.parametrize("fault", PASSING)
def test_what_does_not_pass_is_one_clear_error_and_a_rerun_completes(source, faults, fault):
    entry = next(source.list())
    faults += [fault] * 7

    with pytest.raises(SourceError, match=r"cannot read `s3://logs/k0000`: after 7 tries, .*try again later$") as told:
        source.open(entry)

    assert "\n" not in str(told.value)
    assert OBJECTS["k0000"] == source.open(entry).read()


def test_a_listing_that_goes_on_repeating_itself_neither_loops_nor_doubles(source, faults):
    list(source.list())
    faults += ["", "", *["first page again"] * 7]

    with pytest.raises(SourceError, match="repeats what an earlier one had"):
        list(source.list())


def test_a_refusal_is_told_at_once_with_the_permission_to_allow(source, faults):
    entry = next(source.list())
    faults += ["403 AccessDenied"]

    with pytest.raises(SourceError, match="allow `s3:GetObject on logs` to the reading principal"):
        source.open(entry)


def test_a_server_that_is_not_there_is_a_source_error():
    nowhere = Bucket(s3_at("http://127.0.0.1:9", "logs", patience=Patience(attempts=2, sleep=lambda _: None)))

    with pytest.raises(SourceError, match="after 2 tries"):
        list(nowhere.list())


def test_without_credentials_the_arguments_are_wrong(server, monkeypatch, tmp_path):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))

    with pytest.raises(ConfigError, match="name a profile"):
        list(Bucket(s3_at(server[0], "logs")).list())


def test_reading_ahead_gives_each_object_or_why_not_in_order(source, faults):
    entries = list(source.list())[:40]

    found = list(read_ahead(source, entries, threads=4, budget_bytes=1000))

    assert [(entry, OBJECTS[entry.path]) for entry in entries] == found


@pytest.mark.parametrize("fault", [fault for fault in PASSING if fault != "cut off"])
def test_a_write_that_fails_in_passing_succeeds(store, faults, fault):
    faults += [fault] * 6

    store.write("a", b"x")

    assert b"x" == store.read("a")


def test_a_new_object_whose_answer_was_lost_is_still_ours(moto_url, tmp_path):
    fill(moto_url, "answers", {})
    store = open_store("answers", "lake", access_to(moto_url), cache=tmp_path, patience=PATIENT)
    losses = [ConnectionClosedError(endpoint_url=moto_url)]

    def lose(**_) -> None:
        if losses:
            raise losses.pop()

    store.s3.connection.client("s3").meta.events.register("after-call.s3.PutObject", lose)

    assert store.write_new("a", b"ours")
    assert not losses
    assert not store.write_new("a", b"ours")


def test_a_new_object_of_another_writer_is_not_ours_even_after_a_fault(store, faults):
    store.write("a", b"theirs")
    faults += ["503 SlowDown"]

    assert not store.write_new("a", b"theirs")
    assert b"theirs" == store.read("a")


def test_a_copy_that_cannot_be_fetched_leaves_nothing(store, faults):
    store.write("a", b"x" * 1000)
    faults += ["cut off"] * 7

    with pytest.raises(SourceError):
        store.location("a")

    assert [] == [path for path in store.cache.rglob("*") if path.is_file()]


def test_a_server_that_fails_every_third_request_loses_nothing(aws_keys, tmp_path):
    for key, data in list(OBJECTS.items())[:60]:
        (tmp_path / "logs").mkdir(exist_ok=True)
        (tmp_path / "logs" / key).write_bytes(data)

    with hadro_server(tmp_path, error_rate=0.33, fault_seed=7) as url:
        source = Bucket(s3_at(url, "logs", patience=Patience(attempts=12, sleep=lambda _: None)))
        found = {entry.path: data for entry, data in read_ahead(source, source.list())}

    assert dict(list(OBJECTS.items())[:60]) == found
