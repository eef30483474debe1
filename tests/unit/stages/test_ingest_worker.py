"""Workers: whatever goes wrong there is one clear error here, and nothing is lost on the way."""

import os
import sys
import time
from dataclasses import dataclass
from io import BytesIO

import pytest

from iamaudit.errors import BooksDoNotBalanceError, PromiseBrokenError, SourceError
from iamaudit.lake.lake import Lake, create_lake
from iamaudit.lake.store import MemoryStore
from iamaudit.ports import Listed
from iamaudit.stages.ingest import ingest
from iamaudit.stages.ingest_batch import Wanted
from iamaudit.stages.ingest_worker import Worker, pickled_error

RECORD = b'{"eventName":"GetRole","eventTime":"2026-11-01T10:00:00Z","eventID":"%d"}'


@dataclass(frozen=True)
class Acting:
    """A source whose objects do something in the process that opens them."""

    act: str = ""
    count: int = 1

    def describe(self):
        return "acting"

    def list(self):
        for number in range(self.count):
            yield Listed(f"{number}", f"{number}", 5 << 20, "v1")

    def open(self, entry):
        if self.act == "die":
            os._exit(7)
        if self.act == "fail":
            raise ZeroDivisionError("by nothing")
        if self.act == "refuse":
            raise HardToCarryError("a", "b")
        if self.act == "print":
            print("a stray word")  # noqa: T201  # this is what is tried
            os.write(sys.stdout.fileno(), b"another")
        if self.act == "who":
            return BytesIO(b'{"eventName":"%d","eventTime":"2026-11-01T10:00:00Z"}' % os.getpid())
        return BytesIO(RECORD % int(entry.path))

    def done(self, entries):
        pass


class HardToCarryError(PromiseBrokenError):
    """An error that is not made of its words."""

    def __init__(self, one, two):
        super().__init__(f"{one} and {two}")


@dataclass(frozen=True)
class Homely(Acting):
    """A source that only its own process can make."""

    def __reduce__(self):
        return eval, ("no_such_thing",)


@pytest.fixture
def work(tmp_path):
    started = []

    def run(source):
        started.append(Worker(create_lake(tmp_path / "lake"), [source]))
        return started[-1].run([Wanted(0, entry) for entry in source.list()])

    yield run
    for worker in started:
        worker.stop()


def test_a_worker_gives_back_what_it_committed(work):
    assert [1] == [entry.kept for entry in work(Acting()).manifest.objects]


def test_an_error_there_is_raised_here_with_its_place(work):
    with pytest.raises(RuntimeError, match=r"(?s)by nothing.*in a worker process.*ZeroDivisionError"):
        work(Acting("fail"))


def test_an_error_of_ours_that_cannot_be_carried_keeps_its_kind_and_its_words(work):
    with pytest.raises(PromiseBrokenError, match=r"^a and b$"):
        work(Acting("refuse"))


def test_an_error_of_ours_stays_what_it_is():
    assert b"BooksDoNotBalanceError" in pickled_error(BooksDoNotBalanceError("x"), "x")


def test_a_death_is_one_clear_error(work):
    with pytest.raises(SourceError, match="a worker process ended with code 7"):
        work(Acting("die"))


def test_a_stray_print_does_no_harm(work):
    assert [1] == [entry.kept for entry in work(Acting("print")).manifest.objects]


def test_a_source_that_cannot_leave_is_read_here(tmp_path):
    lake = create_lake(tmp_path / "lake")

    result = ingest([Homely("who", count=3)], lake, workers=2, batch_bytes=1)

    (name,) = {row for part in lake.event_parts() for row in names_in(lake, part)}
    assert str(os.getpid()) == name
    assert 3 == result.records.kept


def names_in(lake, part):
    import pyarrow.parquet as pq

    return pq.read_table(lake.locations([part])[0])["event_name"].to_pylist()


def test_a_lake_in_memory_is_written_here():
    lake = Lake(MemoryStore())

    result = ingest([Acting(count=4)], lake, workers=2, batch_bytes=1)

    assert (4, 4) == (result.records.kept, sum(part.rows for part in lake.event_parts()))


def test_a_worker_imports_nothing_from_the_current_folder(tmp_path, monkeypatch, work):
    (tmp_path / "iamaudit.py").write_text("raise SystemExit(9)")
    (tmp_path / "pickle.py").write_text("raise SystemExit(9)")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", ["", *sys.path])

    assert [1] == [entry.kept for entry in work(Acting()).manifest.objects]


def test_a_worker_that_is_stopped_ends_at_once(tmp_path):
    worker = Worker(create_lake(tmp_path / "lake"), [Acting()])
    since = time.monotonic()

    worker.stop()

    assert worker.process.returncode is not None
    assert time.monotonic() - since < 5


def test_one_batch_starts_one_worker(tmp_path, monkeypatch):
    started = []
    monkeypatch.setattr("iamaudit.stages.ingest.Worker", lambda *given: started.append(1) or Worker(*given))

    monkeypatch.setattr("iamaudit.stages.ingest.WORTH_A_PROCESS", 1)

    ingest([Acting()], create_lake(tmp_path / "lake"), workers=4)

    assert [1] == started
