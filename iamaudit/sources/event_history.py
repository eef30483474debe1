"""The event history of an account without a trail: CloudTrail's LookupEvents, day by day as if it were log objects.

Management events of the last 90 days, each region by itself, two calls a second (domain.md §1.9). A day that is over
never changes, so it keeps its version; a day that may still grow has another one in every run and is read again.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, BinaryIO, ClassVar, Final

from iamaudit.errors import SourceError
from iamaudit.ports import Listed
from iamaudit.sources.pace import Pace
from iamaudit.sources.patience import ContradictionError, Patience, ask
from iamaudit.sources.window import Window

DAYS: Final = 90
SECONDS_BETWEEN_CALLS: Final = 0.5
_SETTLED: Final = timedelta(hours=24)  # records come late, rarely by more (domain.md §1.7)
_KIND: Final = "CloudTrail-LookupEvents"

Clients = Callable[[str, str | None], Any]  # (service, region) -> a boto3 client


@dataclass(frozen=True, slots=True)
class EventHistory:
    """A `LogSource` over LookupEvents: one object per account, region and day; *as_of* is now."""

    one_process: ClassVar[bool] = True  # AWS counts the calls of an account: they are paced together

    clients: Clients
    as_of: datetime
    regions: tuple[str, ...] = ()  # all that are enabled, when none is named
    window: Window = field(default_factory=Window)
    patience: Patience = field(default_factory=lambda: Patience(attempts=10))
    pace_seconds: float = SECONDS_BETWEEN_CALLS
    _paces: dict[str, Pace] = field(default_factory=dict, compare=False, repr=False)

    def describe(self) -> str:
        """Return the source as it is written on the command line."""
        return f"lookup://{','.join(self.regions)}"

    def list(self) -> Iterator[Listed]:
        """Yield the days of every region, oldest first; nothing of them has been asked for yet."""
        account = str(self._call("sts", None, "get_caller_identity", "sts:GetCallerIdentity")["Account"])
        regions = self.regions or self._enabled()
        today = self.as_of.astimezone(UTC).date()
        for back in range(DAYS, -1, -1):
            day = today - timedelta(days=back)
            if self.window.first_day <= day.isoformat() <= self.window.last_day:
                for region in sorted(regions):
                    path = (
                        f"AWSLogs/{account}/{_KIND}/{region}/{day:%Y/%m/%d}/"
                        f"{account}_{_KIND}_{region}_{day:%Y%m%d}.json"
                    )
                    yield Listed(path, path, 0, self._version(day))

    def open(self, entry: Listed) -> BinaryIO:
        """Ask for one day's events; the same events always make the same bytes."""
        parts = entry.path.split("/")
        region, day = parts[3], date(*map(int, parts[4:7]))
        start = datetime(day.year, day.month, day.day, tzinfo=UTC)
        events: dict[str, dict[str, Any]] = {}
        token: str | None = None
        while True:
            page = self._page(region, start, token)
            events.update((str(event["EventId"]), _plain(event)) for event in page.get("Events", ()))
            token = page.get("NextToken")
            if token is None:
                break
        ordered = sorted(events.values(), key=lambda event: (str(event.get("EventTime")), str(event["EventId"])))
        return io.BytesIO(json.dumps({"Events": ordered}, ensure_ascii=False, separators=(",", ":")).encode())

    def done(self, entries: Iterable[Listed]) -> None:
        """The history stays where it is."""

    def __reduce__(self) -> tuple[Any, ...]:
        return EventHistory, (
            self.clients,
            self.as_of,
            self.regions,
            self.window,
            self.patience,
            self.pace_seconds,
        )

    def _version(self, day: date) -> str:
        end = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
        return "closed" if end + _SETTLED <= self.as_of else f"open-{self.as_of.astimezone(UTC):%Y%m%dT%H%M%SZ}"

    def _page(self, region: str, start: datetime, token: str | None) -> dict[str, Any]:
        arguments: dict[str, Any] = {
            "StartTime": start,
            "EndTime": start + timedelta(days=1, seconds=-1),  # both ends count, and times are whole seconds
            "MaxResults": 50,
        }
        if token is not None:
            arguments["NextToken"] = token
        pace = self._paces.setdefault(region, Pace(self.pace_seconds, sleep=self.patience.sleep))
        page = self._call("cloudtrail", region, "lookup_events", "cloudtrail:LookupEvents", pace=pace, **arguments)
        if token is not None and page.get("NextToken") == token:
            raise SourceError(
                f"cannot read the event history of `{region}`: the page after `{token[:20]}` repeats itself; try again later"
            )
        return page

    def _enabled(self) -> tuple[str, ...]:
        answer = self._call("ec2", None, "describe_regions", "ec2:DescribeRegions")
        return tuple(sorted(str(entry["RegionName"]) for entry in answer["Regions"]))

    def _call(
        self,
        service: str,
        region: str | None,
        operation: str,
        allow: str,
        *,
        pace: Pace | None = None,
        **arguments: Any,
    ) -> dict[str, Any]:
        def call() -> dict[str, Any]:
            if pace is not None:
                pace.wait()
            answer = getattr(self.clients(service, region), operation)(**arguments)
            if not isinstance(answer, dict):
                raise ContradictionError("the answer is empty")
            return answer

        what = f"cannot read the event history{'' if region is None else f' of `{region}`'}"
        return ask(call, what, allow=allow, patience=self.patience)


def _plain(event: dict[str, Any]) -> dict[str, Any]:
    """Return an event as the AWS CLI prints it."""
    when = event.get("EventTime")
    return {**event, "EventTime": when.astimezone(UTC).isoformat()} if isinstance(when, datetime) else dict(event)
