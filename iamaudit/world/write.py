"""Writes a world: logs, state and the truth about both."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

from iamaudit.errors import ConfigError
from iamaudit.world.accounts import SHOP_PROD
from iamaudit.world.delivery import Delivery
from iamaudit.world.digests import Digests
from iamaudit.world.organisation import Organisation, example_organisation
from iamaudit.world.play import play_day
from iamaudit.world.rsa_key import signing_key
from iamaudit.world.state import write_state
from iamaudit.world.truth import Truth

_GAP_DAYS = 3
_DAYS_AFTERWARDS = 31  # a month on: long enough that dated names turn over
_THINNED = 0.2  # of the usual frequency: the month after is only a sample
_SHORTEST_WITH_GAP = 20  # days


@dataclass(frozen=True, slots=True)
class World:
    """Where a world lies and how big it is; the window is [start, end), UTC."""

    directory: Path
    logs: Path
    state: Path
    truth: Path
    window_start: datetime
    window_end: datetime
    accounts: tuple[str, ...]
    objects: int  # log objects, copies counted
    events: int  # different event ids
    late_events: int  # delivered a day or more after they happened
    state_files: int


def write_world(
    directory: Path,
    *,
    seed: int = 7,
    days: int = 120,
    end: date,
    scale: float = 1.0,
    progress: Callable[[int, int], None] | None = None,
) -> World:
    """Write the example organisation's *days* days before *end* under *directory* and return what was written.

    `logs/` holds CloudTrail objects and signed digests in AWS's layout, `state/` what the AWS CLI would export at *end* (00:00 UTC),
    `truth.json` what the principals really needed, and new needs of the month after (`needed_afterwards`). The same arguments give byte-identical files. *scale* multiplies
    how often frequent things happen; *progress* is called with (days done, days). Raises ConfigError when *days* or
    *scale* is not positive, or when a finished world lies there already.
    """
    return write_organisation(
        directory, example_organisation(), seed=seed, days=days, end=end, scale=scale, progress=progress
    )


def write_organisation(
    directory: Path,
    organisation: Organisation,
    *,
    seed: int,
    days: int,
    end: date,
    scale: float = 1.0,
    progress: Callable[[int, int], None] | None = None,
) -> World:
    """Write any *organisation* in the way of `write_world`."""
    if days < 1 or scale <= 0:
        raise ConfigError(
            f"cannot make a world of `{days}` days at scale `{scale}`: both must be positive; give e.g. 120 and 1.0"
        )
    if (directory / "truth.json").exists():
        raise ConfigError(
            f"there is a world in `{directory}` already: two would mix; choose an empty folder or remove it"
        )
    window_end = datetime(end.year, end.month, end.day, tzinfo=UTC)
    window_start = window_end - timedelta(days=days)
    all_days = [window_start.date() + timedelta(days=n) for n in range(days)]
    gap_start = int(days * 0.4)
    gap = all_days[gap_start : gap_start + _GAP_DAYS] if days >= _SHORTEST_WITH_GAP and organisation.gap_account else []
    truth = Truth(organisation, frozenset(gap))
    known = {account.id for account in organisation.accounts}
    silent = frozenset((organisation.gap_account, day) for day in gap)
    digests = Digests(directory / "logs", signing_key(seed), silent)
    delivery = Delivery(
        directory / "logs",
        seed,
        window_end,
        frozenset((SHOP_PROD, day) for day in all_days[days // 2 : days // 2 + 4]),
        digests,
    )
    for index, day in enumerate(all_days):
        rng = Random(f"{seed}/{day}/delivery")
        for entry in play_day(organisation, day, index=index, days=days, seed=seed, scale=scale):
            if entry.account not in known:
                continue
            truth.take(entry)
            if truth.is_delivered(entry):
                delivery.add(entry.account, entry.region, entry.moment, entry.record, rng)
        delivery.flush(before=day + timedelta(days=1))
        if progress:
            progress(index + 1, days)
    delivery.finish()
    digests.finish(window_start, window_end)
    for n in range(_DAYS_AFTERWARDS):
        day = window_end.date() + timedelta(days=n)
        for entry in play_day(organisation, day, index=days + n, days=days, seed=seed, scale=scale * _THINNED):
            truth.take_afterwards(entry)
    state_files = write_state(directory / "state", organisation, truth, window_end)
    truth_path = directory / "truth.json"
    truth_path.write_text(json.dumps(truth.as_json(window_start, window_end), indent=1) + "\n", encoding="utf-8")
    return World(
        directory=directory,
        logs=directory / "logs",
        state=directory / "state",
        truth=truth_path,
        window_start=window_start,
        window_end=window_end,
        accounts=tuple(account.id for account in organisation.accounts),
        objects=delivery.objects,
        events=delivery.records,
        late_events=delivery.late,
        state_files=state_files,
    )
