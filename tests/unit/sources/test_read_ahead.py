"""Reading ahead keeps the order, its budget and every failure."""

import threading
from io import BytesIO

import pytest

from iamaudit.errors import SourceError
from iamaudit.ports import Listed
from iamaudit.sources.read_ahead import read_ahead


class Watched:
    """A source that counts what is read and not yet taken."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.held = self.most = 0

    def open(self, entry: Listed) -> BytesIO:
        with self.lock:
            self.held += entry.size
            self.most = max(self.most, self.held)
        if entry.path.endswith("7"):
            raise SourceError(f"cannot read `{entry.path}`")
        return BytesIO(b"x" * entry.size)


@pytest.fixture
def source() -> Watched:
    return Watched()


def entries(*sizes: int) -> list[Listed]:
    return [Listed(f"k{number}", f"k{number}", size) for number, size in enumerate(sizes)]


def test_objects_come_in_order_with_their_failures(source):
    wanted = entries(*range(1, 31))

    found = list(read_ahead(source, wanted, threads=4))

    assert wanted == [entry for entry, _ in found]
    assert [7, 17, 27] == [number for number, (_, answer) in enumerate(found) if isinstance(answer, SourceError)]
    assert all(len(answer) == e.size for e, answer in found if isinstance(answer, bytes))


def test_what_is_read_and_not_taken_is_within_the_budget(source):
    for entry, _ in read_ahead(source, entries(*[10] * 50), threads=8, budget_bytes=40):
        with source.lock:
            source.held -= entry.size

    assert 10 <= source.most <= 50  # the budget, and what the consumer holds


def test_an_object_larger_than_the_budget_is_read_alone(source):
    found = [len(data) for _, data in read_ahead(source, entries(5, 500, 5), budget_bytes=100)]

    assert [5, 500, 5] == found


def test_a_reader_that_stops_early_leaves_no_threads(source):
    before = threading.active_count()
    ahead = read_ahead(source, entries(*[10] * 100), threads=4)

    next(ahead)
    ahead.close()

    assert before == threading.active_count()


def test_a_failure_of_another_kind_is_raised(source):
    source.open = lambda entry: 1 / 0

    with pytest.raises(ZeroDivisionError):
        list(read_ahead(source, entries(1)))
