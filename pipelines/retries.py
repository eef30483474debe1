"""When to try again: only when AWS or the disk did not answer."""

from __future__ import annotations

from typing import Any

from prefect.client.schemas.objects import State, TaskRun

from iamaudit.errors import SourceError

DELAYS: list[float] = [1, 4, 16]  # seconds


def did_not_answer(task: Any, run: TaskRun, state: State[Any]) -> bool:  # noqa: ARG001  # Prefect's signature
    """Say whether the failure may pass by itself; bad input and broken promises do not."""
    failure = state.data
    return isinstance(failure, SourceError) or isinstance(getattr(failure, "__cause__", None), SourceError)
