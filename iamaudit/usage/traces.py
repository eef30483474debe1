"""What a pure function looked at, so that its answer is found again wherever those values are the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from typing import Any, Generic, TypeVar

from iamaudit.usage.call import Call

Answer = TypeVar("Answer")


class Traces(Generic[Answer]):
    """The answers of one function, by the fields that it read on the way to each.

    A function of a record that reads equal values reads the same fields and answers the same: what it did not read
    may differ. None is never an answer.
    """

    def __init__(self) -> None:
        self.known: dict[tuple[str, ...], dict[tuple[Any, ...], Answer]] = {}

    def find(self, values: Mapping[str, Any]) -> Answer | None:
        """Return the answer for *values*, or None when the function has to be asked."""
        for names, answers in self.known.items():
            found = answers.get(tuple([values.get(name) for name in names]))
            if found is not None:
                return found
        return None

    def keep(self, read: set[str], values: Mapping[str, Any], answer: Answer) -> None:
        """Remember that the function, having *read* these of the *values* and no other, gave this answer."""
        names = tuple(sorted(read))
        self.known.setdefault(names, {})[tuple([values.get(name) for name in names])] = answer


class WatchedRecord(Mapping[str, Any]):
    """A record that notes which of its fields are looked at."""

    def __init__(self, record: Mapping[str, Any]) -> None:
        self.record = record
        self.read: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        self.read.add(name)
        return self.record[name]

    def __iter__(self) -> Iterator[str]:
        self.read.update(self.record)
        return iter(self.record)

    def __len__(self) -> int:
        self.read.update(self.record)
        return len(self.record)


class WatchedCall(Call):
    """A call that notes which of its fields are looked at, and makes each when it is first looked at.

    `event_source` and `event_name` are not noted: whoever keeps traces of calls keeps them by these two.
    """

    __slots__ = ("_make", "_partition", "read")

    def __init__(self, event_source: str, event_name: str, make: Callable[[str], Any]) -> None:
        put = object.__setattr__  # the class is frozen
        put(self, "event_source", event_source)
        put(self, "event_name", event_name)
        put(self, "_make", make)
        put(self, "read", set[str]())

    def __getattr__(self, name: str) -> Any:
        """Make a field; asked for those that are not there yet only, so that a field is noted and made once."""
        if name not in _FIELDS:
            raise AttributeError(name)
        self.read.add(name)
        value = self._make(name)
        object.__setattr__(self, name, value)
        return value

    @property
    def partition(self) -> str:
        """The partition of the region: many regions are one for whoever asks no more."""
        if "partition" not in self.read:
            self.read.add("partition")
            object.__setattr__(self, "_partition", self._make("partition"))
        return str(self._partition)


_FIELDS = frozenset(field.name for field in fields(Call))
