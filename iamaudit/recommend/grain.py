"""A grain: the smallest piece of a keep set, one action of one statement of today."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from iamaudit.model.policy import Condition
from iamaudit.recommend.sources import Source

PASS_ROLE: Final = "iam:PassRole"  # noqa: S105 - the name of an action
PASSED_TO: Final = "iam:PassedToService"


@dataclass(frozen=True, slots=True)
class Grain:
    """One action, or pattern of actions, that one statement of today must go on allowing, on these resources, under these conditions."""

    source: Source
    action: str
    resources: tuple[str, ...]
    not_resources: tuple[str, ...]
    conditions: tuple[Condition, ...]
    origin: str  # used | granted: in use, and kept as wide as today by the level | protected | fresh | unknown

    @property
    def limits(self) -> tuple[tuple[str, ...], tuple[str, ...], tuple[Condition, ...]]:
        """Return what the action is limited to."""
        return self.resources, self.not_resources, self.conditions
