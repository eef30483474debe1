"""Idle credentials, unused permissions and least-privilege policies with their proof, from CloudTrail and Config logs.

The public API: every name of `__all__`. The command line and the flows call nothing else. Names are imported when
they are first used, so that `import iamaudit` is quick.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from iamaudit.api import (
        OpenLake,
        apply,
        audit,
        collect,
        compare,
        decide,
        evaluate,
        explain,
        grants,
        history,
        ingest,
        lake_check,
        lake_compact,
        lake_status,
        lake_sweep,
        open_lake,
        recommend,
        report,
        roll_back,
        usage,
        verify,
        watch,
    )
    from iamaudit.config import Settings
    from iamaudit.errors import IamAuditError
    from iamaudit.model.finding import Finding
    from iamaudit.model.verdict import PolicySet, Request, Verdict
    from iamaudit.policy.parse import parse
    from iamaudit.stages.explain_event import explain_event
    from iamaudit.usage.map import map_record

_HOMES = {
    "Finding": "iamaudit.model.finding",
    "IamAuditError": "iamaudit.errors",
    "OpenLake": "iamaudit.api",
    "PolicySet": "iamaudit.model.verdict",
    "Request": "iamaudit.model.verdict",
    "Settings": "iamaudit.config",
    "Verdict": "iamaudit.model.verdict",
    "apply": "iamaudit.api",
    "audit": "iamaudit.api",
    "collect": "iamaudit.api",
    "compare": "iamaudit.api",
    "decide": "iamaudit.api",
    "evaluate": "iamaudit.api",
    "explain": "iamaudit.api",
    "explain_event": "iamaudit.stages.explain_event",
    "grants": "iamaudit.api",
    "history": "iamaudit.api",
    "ingest": "iamaudit.api",
    "lake_check": "iamaudit.api",
    "lake_compact": "iamaudit.api",
    "lake_status": "iamaudit.api",
    "lake_sweep": "iamaudit.api",
    "map_record": "iamaudit.usage.map",
    "open_lake": "iamaudit.api",
    "parse": "iamaudit.policy.parse",
    "recommend": "iamaudit.api",
    "report": "iamaudit.api",
    "roll_back": "iamaudit.api",
    "usage": "iamaudit.api",
    "verify": "iamaudit.api",
    "watch": "iamaudit.api",
}

__all__ = [
    "Finding",
    "IamAuditError",
    "OpenLake",
    "PolicySet",
    "Request",
    "Settings",
    "Verdict",
    "apply",
    "audit",
    "collect",
    "compare",
    "decide",
    "evaluate",
    "explain",
    "explain_event",
    "grants",
    "history",
    "ingest",
    "lake_check",
    "lake_compact",
    "lake_status",
    "lake_sweep",
    "map_record",
    "open_lake",
    "parse",
    "recommend",
    "report",
    "roll_back",
    "usage",
    "verify",
    "watch",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module `iamaudit` has no public name `{name}`: it has {', '.join(__all__)}")
    return getattr(import_module(home), name)


def __dir__() -> list[str]:
    """Return the public names: what a notebook offers to complete."""
    return list(__all__)


class _Package(ModuleType):
    """Keeps public functions functions: `iamaudit.collect` is a function and a room, and Python would bind the room."""

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in _HOMES and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
