"""explain --action without a principal: how a use of the action could be seen at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from iamaudit.errors import InputError
from iamaudit.knowledge.actions import catalogue
from iamaudit.knowledge.observability import Observability, observability
from iamaudit.knowledge.regions import recorded


@dataclass(frozen=True, slots=True)
class ActionExplanation:
    """Where a use of an action shows, in one kind and in sentences for a person."""

    action: str
    access: str  # AWS's words, such as "Read"; empty for an unknown action
    shows: Observability
    recorded: str  # regional | global | both: in which regions its events are

    def as_json(self) -> dict[str, Any]:
        """Return the shape of `explain --action --json`."""
        return {
            "action": self.action,
            "access": self.access,
            "observed": self.shows.kind,
            "resource_type": self.shows.resource_type,
            "also": list(self.shows.also),
            "recorded": self.recorded,
            "why": self.shows.reason,
            "source": self.shows.source,
            "events": list(self.shows.events),
            "implied_by": list(self.shows.implied_by),
        }


def explain_action(action: str) -> ActionExplanation:
    """Say how a use of *action* could be seen, whatever its case; raise `InputError` for what is no action's name."""
    asked = named_action(action)
    regions = recorded(asked.partition(":")[0])
    return ActionExplanation(asked, catalogue().access_level(asked) or "", observability(asked), regions)


def named_action(action: str) -> str:
    """Return *action* in AWS's spelling, or as it is when the catalogue has none; raise `InputError` for a pattern."""
    if action.count(":") != 1 or action.startswith(":") or action.endswith(":") or "*" in action or "?" in action:
        raise InputError(f"`{action}` is no action: write it as service:Name, like s3:GetObject")
    return catalogue().spelling(action) or action
