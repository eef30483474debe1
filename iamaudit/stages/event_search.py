"""Where an event stands in the lake: its day is found by ids alone, newest first, and only that day's rows are read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from iamaudit.engine.duck import Engine, ParquetFiles
from iamaudit.errors import InputError
from iamaudit.formats.restored import restored_record
from iamaudit.lake.lake import Day, Lake
from iamaudit.lake.schema import EVENTS_SCHEMA

_MOST_DAYS: Final = 64  # that are read at once: enough for all cores, and little to fetch in vain from far away
_UTC_DAY: Final = re.compile(r"(\d{4}-\d{2}-\d{2})T[\d:.]+Z")
_IDS: Final = "select distinct strftime(event_time, '%Y-%m-%d') as dt from deliveries where event_id = $id"
# what may make an event an echo: the other side's copy, an endpoint's view, the trail's record of a line of an access log
_SAME_CALL: Final = "event_id in ($id, $call_id) or shared_event_id = $call_id or request_id = $request_id"


@dataclass(frozen=True, slots=True)
class Standing:
    """How often the lake has an event, and whether it tells of no call or of one that another event tells."""

    copies: int
    is_echo: bool


class EventSearch:
    """Looks for events of *lake*, whose parts are listed once; all copies of an event are of one day, its own."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake

    @cached_property
    def _days(self) -> dict[str, Day]:
        return self._lake.days()

    def record(self, event_id: str) -> dict[str, Any]:
        """Return the record of an event as AWS wrote it; raise `InputError` when the lake has none of that id."""
        days = self._days_of(event_id)
        if not days:
            raise InputError(
                f"the lake has no event `{event_id}`: give the eventID as the record has it, or a file with the record"
            )
        with self._engine(days) as engine:
            [row] = engine.narrowed(
                "events", "select * from events", reads={"deliveries": "event_id = $id"}, parameters={"id": event_id}
            ).to_pylist()
        return restored_record(row)

    def standing(self, record: Mapping[str, Any]) -> Standing:
        """Return how *record*, of the lake or of a file, stands in the lake: on its own day, if it tells a time."""
        event_id = _text(record.get("eventID"))
        own = _UTC_DAY.fullmatch(_text(record.get("eventTime")))
        days = [own[1]] if own else self._days_of(event_id)
        asked = {
            "id": event_id,
            "call_id": _text(record.get("sharedEventID")) or event_id,
            "request_id": _text(record.get("requestID")) or None,
        }
        with self._engine(days) as engine:
            copies = engine.query("select event_id from deliveries where event_id = $id", {"id": event_id}).num_rows
            echoes = engine.narrowed(
                "stg_echoes",
                "select event_id from stg_echoes where event_id = $id",
                reads={"deliveries": _SAME_CALL},
                parameters=asked,
            )
        return Standing(copies, is_echo=echoes.num_rows > 0)

    def _days_of(self, event_id: str) -> list[str]:
        """Return the day of the event, by its ids alone; none when the lake has no such event."""
        for days in _newest_first(self._days):
            with self._engine(days) as engine:
                found = engine.query(_IDS, {"id": event_id})
            if found.num_rows:
                return sorted(str(day) for day in found["dt"].to_pylist())
        return []

    def _engine(self, days: Iterable[str]) -> Engine:
        parts = [part for day in days if day in self._days for part in self._days[day].parts]
        return Engine({"deliveries": lambda: ParquetFiles(self._lake.locations(parts), EVENTS_SCHEMA)}, {})


def _newest_first(days: Iterable[str]) -> Iterator[list[str]]:
    """Yield the days in groups that grow: people mostly ask for what is new."""
    left, several = sorted(days, reverse=True), 1
    while left:
        yield left[:several]
        left, several = left[several:], min(2 * several, _MOST_DAYS)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
