"""ingest over many objects: batches, rounds and processes change nothing, and every object counts once."""

import gzip
import json
from dataclasses import dataclass, field
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamaudit.errors import SourceError
from iamaudit.lake.lake import create_lake
from iamaudit.lake.ledger import Ledger
from iamaudit.ports import Listed
from iamaudit.sources.folder import Folder
from iamaudit.stages import ingest as ingest_module
from iamaudit.stages import ingest_batch as batch_module
from iamaudit.stages.ingest import ingest
from tests.amount import examples

RECORD = {"eventName": "GetRole", "eventTime": "2026-11-01T10:00:00Z", "eventVersion": "1.08"}


@pytest.fixture
def lake(tmp_path):
    return create_lake(tmp_path / "lake")


@dataclass
class InMemory:
    """A source of a few objects; what it lists may be wrong."""

    objects: list
    sizes: dict = field(default_factory=dict)
    problems: tuple = ()
    opened: list = field(default_factory=list)
    finished: list = field(default_factory=list)

    def describe(self):
        return "memory"

    def list(self):
        for number, (key, data) in enumerate(self.objects):
            yield Listed(f"{number}", key, self.sizes.get(key, len(data)))

    def open(self, entry):
        self.opened.append(entry.path)
        return BytesIO(self.objects[int(entry.path)][1])

    def done(self, entries):
        self.finished += [entry.path for entry in entries]

    def __reduce__(self):
        raise TypeError("stays here")


def data(*ids, **fields):
    return json.dumps({"Records": [{**RECORD, "eventID": f"e-{one}", **fields} for one in ids]}).encode()


def test_an_object_listed_twice_far_apart_counts_once(lake, monkeypatch):
    """What is listed is looked up in a ledger that has all of what was listed before."""
    monkeypatch.setattr(ingest_module, "LISTED_AT_ONCE", 2)
    source = InMemory([(f"key-{n % 3}", data(n % 3)) for n in range(9)])

    result = ingest([source], lake, batch_bytes=1)

    assert (9, 3, 6) == (result.seen, result.ingested, result.already_ingested)
    assert 3 == sum(part.rows for part in lake.event_parts())
    assert sorted(map(str, range(9))) == sorted(source.finished)


def test_two_places_with_the_same_objects_do_not_cost_a_ledger_each(lake, monkeypatch):
    made = []
    before = Ledger.__init__
    monkeypatch.setattr(Ledger, "__init__", lambda self, store: made.append(1) or before(self, store))
    objects = [(f"key-{n}", data(n)) for n in range(100)]

    result = ingest([InMemory(objects), InMemory(objects)], lake)

    assert (200, 100, 100) == (result.seen, result.ingested, result.already_ingested)
    assert len(made) <= 4


def test_different_bytes_under_one_key_are_all_read(lake):
    source = InMemory([("key", data(n)) for n in (1, 2, 1, 3)])

    result = ingest([source], lake)

    assert (4, 3, 1) == (result.seen, result.ingested, result.already_ingested)
    assert 3 == result.records.kept


def test_what_a_source_has_to_say_is_among_the_problems(lake):
    result = ingest([InMemory([("key", data(1))], problems=("cannot understand a message",))], lake)

    assert ("cannot understand a message",) == result.problems


def test_a_source_that_is_paced_is_read_in_one_process(lake, monkeypatch):
    workers = []
    pool = ingest_module._Pool
    monkeypatch.setattr(ingest_module, "_Pool", lambda *given: workers.append(given[2]) or pool(*given))
    source = InMemory([("key", data(1))])
    source.one_process = True

    ingest([source], lake, workers=4)

    assert [1] == workers


@pytest.mark.parametrize("told", [0, 10])
def test_an_object_larger_than_its_listing_says_is_not_held(lake, monkeypatch, told):
    monkeypatch.setattr(batch_module, "HELD", 1_000)
    source = InMemory([("key", data(*range(200)))], sizes={"key": told})

    result = ingest([source], lake)

    assert 200 == result.records.kept
    assert 3 == len(source.opened)  # to find it too large, for its etag, and to decode it
    (entry,) = lake.ledger().objects()
    assert len(source.objects[0][1]) == entry.size


def test_a_large_object_that_is_written_to_meanwhile_is_tried_again(lake, monkeypatch):
    monkeypatch.setattr(batch_module, "HELD", 1_000)

    class Written(InMemory):
        def open(self, entry):
            file = super().open(entry)
            return file if self.opened.count("0") != 2 else BytesIO(data(*range(90)))

    source = Written([("key", data(*range(200))), ("other", data("x"))])

    first = ingest([source], lake)
    second = ingest([source], lake)

    assert (1, 1, 1) == (first.ingested, first.unread, first.records.kept)
    assert "written to while it was read" in first.problems[0]
    assert ["1"] == source.finished[:1]
    assert (1, 200) == (second.ingested, second.records.kept)


@pytest.mark.parametrize("error", [OSError(5, "Input/output error"), SourceError("it is gone")])
@pytest.mark.parametrize("opening", [1, 2])
def test_a_large_object_that_cannot_be_read_costs_only_itself(lake, monkeypatch, error, opening):
    monkeypatch.setattr(batch_module, "HELD", 1_000)

    class Breaking(InMemory):
        def open(self, entry):
            file = super().open(entry)
            if entry.path == "0" and self.opened.count("0") >= opening:
                if isinstance(error, SourceError):
                    raise error
                file.read = broken
            return file

    def broken(size=-1):
        raise error

    result = ingest([Breaking([("key", data(*range(200))), ("other", data("x"))])], lake)

    assert (1, 1) == (result.ingested, result.unread)
    assert "the next run tries it again" in result.problems[0]


def test_a_listing_that_breaks_off_is_one_error_and_a_rerun_completes(lake, tmp_path):
    folder = tmp_path / "logs"
    folder.mkdir()
    for number in range(30):
        (folder / f"{number}.json").write_bytes(data(number))

    class BreaksOff:
        def __getattr__(self, name):
            return getattr(Folder(folder), name)

        def list(self):
            yield from list(Folder(folder).list())[:20]
            raise SourceError("no answer")

        def __reduce__(self):
            return Folder, (folder,)

    with pytest.raises(SourceError, match="no answer"):
        ingest([BreaksOff()], lake, workers=2, batch_bytes=1)
    ingest([folder], lake)

    assert 30 == sum(part.rows for part in lake.event_parts())


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_an_unreadable_object_in_the_quarantine_has_no_secret(lake, pack):
    text = b'nothing that is JSON, "sessionToken": "hunter2", kept'

    ingest([InMemory([("key", pack(text))])], lake)

    kept = [lake.store.read(key) for key in lake.store.list("quarantine/")]
    assert any(b"kept" in one for one in kept)
    assert all(b"hunter2" not in one for one in kept)


def test_progress_ends_at_its_end(lake):
    told = []
    objects = [(f"key-{n % 7}", data(n % 7)) for n in range(10)]

    ingest([InMemory(objects)], lake, batch_bytes=1, progress=lambda done, of, what: told.append((done, of)))

    assert (10, 10) == told[-1]
    assert all(done <= of for done, of in told)


@settings(max_examples=examples(6, least=3), deadline=None)
@given(st.randoms(use_true_random=False))
def test_processes_and_batches_change_nothing(tmp_path_factory, random):
    folder = tmp_path_factory.mktemp("logs")
    for number in range(12):
        odd = {"eventTime": "?"} if random.random() < 0.2 else {}
        path = folder / "AWSLogs" / "1" / "CloudTrail" / "eu-west-1" / "2026" / "11" / f"0{number % 4 + 1}"
        path.mkdir(parents=True, exist_ok=True)
        day = {"eventTime": f"2026-11-0{random.randint(1, 4)}T10:00:00Z"}
        (path / f"{number}.json.gz").write_bytes(
            gzip.compress(data(f"{number}-a", **day) if number % 2 else data(f"{number}-b", f"{number}-c", **odd))
        )
    (folder / "broken.json.gz").write_bytes(b"\x1f\x8b and no more")
    alone = create_lake(tmp_path_factory.mktemp("one") / "lake")
    beside = create_lake(tmp_path_factory.mktemp("two") / "lake")

    expected = ingest([folder], alone, workers=1)
    found = ingest([folder], beside, workers=2, batch_bytes=1)

    assert (expected.objects, expected.records) == (found.objects, found.records)
    assert len(found.batches) > len(expected.batches)
    assert books(alone) == books(beside)
    assert {day: rows(alone, held) for day, held in alone.days().items()} == {
        day: rows(beside, held) for day, held in beside.days().items()
    }
    assert list(alone.store.list("quarantine/")) == list(beside.store.list("quarantine/"))


def books(lake):
    return sorted(
        (one.key, one.etag, one.status, one.tally.kept, str(one.set_aside)) for one in lake.ledger().objects()
    )


def rows(lake, day):
    import pyarrow.parquet as pq

    found = [row for where in lake.locations(list(day.parts)) for row in pq.read_table(where).to_pylist()]
    return sorted(str({**row, "batch_id": None}) for row in found)
