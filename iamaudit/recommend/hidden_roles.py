"""Roles that a call passed without naming them: those of a task definition, of a launch template."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from iamaudit.recommend.evidence import ObservedUse

_PASSING: Final = "iam:passrole"
_TO_TASKS: Final = "ecs-tasks.amazonaws.com"
_TO_INSTANCES: Final = "ec2.amazonaws.com"


def hidden_passes(uses: Iterable[ObservedUse]) -> Iterator[ObservedUse]:
    """Yield `iam:PassRole` on any role for each use that passed roles which no record of it names.

    A task passes the roles of its definition, a group of instances that of its launch template ([K] Amazon ECS and EC2
    Auto Scaling user guides). Who is not known to pass a role needs none of this: there the whole grant is unknown, and
    stays. Whoever is, would be left with the roles that were named.
    """
    known = tuple(uses)
    if not any(use.action.lower() == _PASSING for use in known):
        return
    for use in known:
        service = _passed_to(use)
        if service is not None:
            yield ObservedUse(
                "iam:PassRole",
                "*",
                use.outcome,
                "implied",
                "low",
                use.via,
                {"iam:PassedToService": service},
                use.count,
                use.first_seen,
                use.last_seen,
                use.event_ids,
                use.origin,
                use.rhythm,
            )


def _passed_to(use: ObservedUse) -> str | None:
    action = use.action.lower()
    if action in {"ecs:runtask", "ecs:starttask"}:
        return _TO_TASKS
    if action == "ec2:runinstances" and use.evidence == "implied" and ":launch-template/" in use.resource:
        return _TO_INSTANCES
    return None
