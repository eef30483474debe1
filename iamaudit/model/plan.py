"""What is to be changed for one principal, in order: the content of `plan.json`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from iamaudit.errors import InputError
from iamaudit.model.arn import parse_arn
from iamaudit.model.change import Change, change_from_json


@dataclass(frozen=True, slots=True)
class Plan:
    """The changes of one principal, grants before removals, so that stopping anywhere denies nothing new."""

    principal: str
    changes: tuple[Change, ...]

    @property
    def account_id(self) -> str:
        """The account of the principal, empty when its ARN has none."""
        parts = parse_arn(self.principal)
        return parts.account if parts else ""

    def as_json(self) -> dict[str, Any]:
        """Return the content of `plan.json`."""
        return {"principal": self.principal, "changes": [change.as_json() for change in self.changes]}


def plan_from_json(text: str | bytes | Mapping[str, Any], *, where: str = "the plan") -> Plan:
    """Return the plan of a `plan.json`; raise InputError, which names *where*, for anything else."""
    try:
        body = text if isinstance(text, Mapping) else json.loads(text)
        changes = tuple(change_from_json(entry) for entry in body["changes"])
        principal = str(body["principal"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(
            f"{where} is not a plan: {error!r}; write the bundle anew with `iamaudit recommend`"
        ) from error
    for change in changes:
        if not all(text is None or isinstance(text, str) for text in (change.document, change.before)):
            raise InputError(f"{where} is not a plan: a document is JSON text or null; write the bundle anew")
    return Plan(principal, changes)
