"""ECS: a task definition that is called by its family alone is its latest revision, and runs are tagged (domain.md §2.6)."""

from __future__ import annotations

from iamaudit.usage.answer import Answer, regional_arn, sure
from iamaudit.usage.call import Call
from iamaudit.usage.parameters import Parameters

_RUNS = frozenset({"ecs:RunTask", "ecs:StartTask"})


def ecs(action: str, call: Call, parameters: Parameters, role: str, listed: tuple[str, ...]) -> Answer | None:
    """Return the task definition of a run that names no revision, with any and, as AWS's refusals have it, without.

    The tags of a run are put on its tasks, which have no ids yet ([K] AWS's refusals).
    """
    del role, listed
    given = parameters.first("taskdefinition")
    if action == "ecs:TagResource" and given and call.event_name in {"RunTask", "StartTask"}:
        cluster = (parameters.first("cluster") or "default").rpartition("/")[2]
        return sure(regional_arn(call, "ecs", f"task/{cluster}/*"))
    if action not in _RUNS or not given:
        return None
    arn = given if given.startswith("arn:") else regional_arn(call, "ecs", f"task-definition/{given}")
    return None if ":" in arn.rpartition("/")[2] else sure(f"{arn}:*", arn)
