"""Parts on their way: few are held, and one that fails stops the commit."""

import threading

import pyarrow as pa
import pytest

from iamaudit.errors import SourceError
from iamaudit.lake.lake import Lake, create_lake
from iamaudit.lake.parts import THREADS, WAITING, PartWriter
from iamaudit.lake.store import LocalStore, MemoryStore
from iamaudit.stages.ingest import ingest


def rows(number):
    return pa.table({"n": [number]})


class Failing(MemoryStore):
    def write(self, key, data):
        if key.startswith("events/"):
            raise SourceError("the disk is full")
        super().write(key, data)


class Slow(MemoryStore):
    def __init__(self):
        super().__init__()
        self.gate = threading.Event()

    def write(self, key, data):
        self.gate.wait(10)
        super().write(key, data)


def test_all_parts_are_there_when_the_block_ends():
    lake = Lake(MemoryStore())

    with PartWriter(lake) as writer:
        for number in range(100):
            writer.add("events", rows(number), folder="events/dt=x")

    assert {part.key for part in writer.parts} == set(lake.store.list("events/"))
    assert 100 == len(writer.parts)


def test_a_part_that_fails_stops_the_commit(tmp_path):
    (tmp_path / "a.json").write_text('{"eventName":"A","eventTime":"2026-11-01T10:00:00Z"}')
    lake = Lake(Failing())

    with pytest.raises(SourceError, match="the disk is full"):
        ingest([tmp_path], lake)

    assert [] == list(lake.store.list("manifests/"))


def test_a_slow_store_holds_the_writer_up():
    lake = Lake(Slow())
    added = []

    def write():
        with PartWriter(lake) as writer:
            for number in range(100):
                writer.add("events", rows(number), folder="events/dt=x")
                added.append(number)

    thread = threading.Thread(target=write)
    thread.start()
    thread.join(0.5)
    held = len(added)
    lake.store.gate.set()
    thread.join()

    assert THREADS <= held <= WAITING
    assert 100 == len(list(lake.store.list("events/")))


def test_of_many_writers_of_one_object_one_wins_and_it_stays_whole(tmp_path):
    store = create_lake(tmp_path / "lake").store
    start = threading.Barrier(8)
    won = []

    def write(number):
        start.wait()
        won.extend((round_, number) for round_ in range(30) if store.write_new(f"m/{round_}", b"%d" % number * 10_000))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert list(range(30)) == sorted(round_ for round_, _ in won)
    assert all(store.read(f"m/{round_}") == b"%d" % number * 10_000 for round_, number in won)
    assert 30 == len(list(LocalStore(tmp_path / "lake").list("m/")))
