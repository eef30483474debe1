"""One day of the organisation: every habit that is due, as log entries in the order of time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from random import Random

from iamaudit.world.accounts import GLOBAL_REGION, LOGGED_OBJECTS
from iamaudit.world.background import background
from iamaudit.world.behaviour import Habit, Trouble
from iamaudit.world.calls import Call, Need, fill
from iamaudit.world.entries import Entry
from iamaudit.world.ids import guid, hexadecimal
from iamaudit.world.organisation import Organisation
from iamaudit.world.records import record
from iamaudit.world.schedule import seconds_of_day
from iamaudit.world.sessions import Sessions, principal_arn
from iamaudit.world.troubles import DROPS_PARAMETERS, denied, trouble

_OUTCOMES = {
    "not_found": "failed",
    "throttled": "indeterminate",
    "invalid": "indeterminate",
    "dry_run": "dry_run",
    "expired": "unauthenticated",
}


def play_day(organisation: Organisation, day: date, *, index: int, days: int, seed: int, scale: float) -> list[Entry]:
    """Return the entries of *day*, the *index*-th of *days*; the same arguments always give the same entries."""
    rng = Random(f"{seed}/{day}/play")
    users = {(u.account, u.name): u for u in organisation.users}
    roles = {(r.account, r.name): r for r in organisation.roles}
    actors = organisation.actors
    entries: list[Entry] = []
    sessions = Sessions(actors, users, roles, rng, entries.append)
    due: list[tuple[int, int, Habit]] = []
    for number, habit in enumerate(organisation.habits):
        timing = Random(f"{seed}/{day}/{number}")
        due.extend(
            (second, number, habit) for second in seconds_of_day(habit.schedule, day, index, days, scale, timing)
        )
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    moments = {"day": f"{day:%Y-%m-%d}", "ymd": f"{day:%Y/%m/%d}"}
    for second, _, habit in sorted(due, key=lambda item: item[:2]):
        moment = midnight + timedelta(seconds=second)
        actor = actors[habit.actor]
        principal = principal_arn(actor, users, roles)
        values = _values(habit, actor.account, moments, rng)
        kind = _trouble_of(habit, rng)
        calls: list[Call] = [habit.call]
        if not kind and not habit.refused:
            calls += [call for call, probability in habit.then if rng.random() < probability]
        for call in calls:
            identity = sessions.identity(actor, moment)
            needs = tuple(_filled(need, values) for need in call.needs)
            outcome = "success"
            error = None
            if habit.refused:
                outcome = "denied"
                error = denied(call, habit.refused, identity.get("arn", ""), needs[0].action, needs[0].resource)
                needs = needs[:1]
            elif kind:
                outcome = _OUTCOMES[kind]
                error = trouble(call, kind)
            region = GLOBAL_REGION if call.is_global else habit.region
            made = record(
                call,
                values,
                moment=moment,
                region=region,
                account=actor.account,
                user_identity={**identity, "invokedBy": call.via} if call.via else identity,
                address=actor.address,
                agent=actor.agent,
                rng=rng,
                error=error,
                with_parameters=not (habit.refused and call.source in DROPS_PARAMETERS),
            )
            entries.append(
                Entry(
                    actor.account,
                    region,
                    moment,
                    made,
                    principal,
                    needs,
                    outcome,
                    is_logged(call, needs),
                    f"access_key_{actor.session}" if actor.how == "key" else "",
                    principal if actor.how == "key" else "",
                )
            )
    entries.extend(background(day, users, Random(f"{seed}/{day}/background")))
    return entries


def is_logged(call: Call, needs: tuple[Need, ...]) -> bool:
    """Whether the trail's selectors catch *call*: all management events, two kinds of data event, never DynamoDB items."""
    match call.data:
        case "" | "AWS::Lambda::Function":
            return True
        case "AWS::S3::Object":
            return any(need.resource.startswith(LOGGED_OBJECTS) for need in needs)
        case _:
            return False


def _values(habit: Habit, account: str, moments: Mapping[str, str], rng: Random) -> Mapping[str, str]:
    """Return a value for each placeholder; a picked value may hold placeholders of the day itself."""
    bits = rng.randbytes(8).hex()
    values = {
        **moments,
        "account": account,
        "region": GLOBAL_REGION if habit.call.is_global else habit.region,
        "stream": hexadecimal("stream", account, moments["day"], length=32),  # one log stream a day
        "guid": guid(rng),
        "hex16": bits,
        "hex12": bits[:12].upper(),
    }
    for name, options in habit.picks.items():
        text = options[int(rng.random() * len(options))]
        values[name] = text.format_map(moments) if "{day}" in text or "{ymd}" in text else text
    return values


def _trouble_of(habit: Habit, rng: Random) -> Trouble | None:
    if not habit.troubles:
        return None
    draw = rng.random()
    for kind, probability in habit.troubles:
        if draw < probability:
            return kind
        draw -= probability
    return None


def _filled(need: Need, values: Mapping[str, str]) -> Need:
    conditions = tuple((key, fill(value, values)) for key, value in need.conditions) if need.conditions else ()
    return Need(need.action, fill(need.resource, values), conditions, need.implied)
