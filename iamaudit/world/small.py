"""A small world for quick tests: the development account alone, ten days, a few hundred events."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from iamaudit.world import cast_dev
from iamaudit.world.accounts import ACCOUNTS, SHOP_DEV
from iamaudit.world.behaviour import Cast
from iamaudit.world.organisation import Guardrail, Organisation, example_organisation
from iamaudit.world.write import World, write_organisation


def small_world(
    directory: Path, *, seed: int = 7, days: int = 10, end: date = date(2026, 11, 23), scale: float = 1.0
) -> World:
    """Write the small world under *directory*; see `write_world` for what lies where."""
    return write_organisation(directory, small_organisation(), seed=seed, days=days, end=end, scale=scale)


def small_organisation() -> Organisation:
    """Return the development account without what comes from other accounts."""
    cast = cast_dev.CAST
    actors = tuple(actor for actor in cast.actors if actor.by not in {"github", "carol"})
    names = {actor.name for actor in actors}
    guardrails: tuple[Guardrail, ...] = example_organisation().guardrails
    return Organisation(
        accounts=tuple(account for account in ACCOUNTS if account.id == SHOP_DEV),
        casts={
            SHOP_DEV: Cast(
                cast.policies,
                cast.groups,
                cast.users,
                cast.roles,
                actors,
                tuple(habit for habit in cast.habits if habit.actor in names),
            )
        },
        guardrails=guardrails,
    )
