"""Which of AWS Config's messages tell nothing about a resource, and the word for them in the books."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from iamaudit.knowledge.tables import rows


@cache
def _reasons() -> Mapping[str, str]:
    return {row["message_type"]: row["reason"] for row in rows("config_messages")}


def message_reason(message_type: str) -> str | None:
    """Return why a message holds no configuration item, or None for a type that may hold one or is not known."""
    return _reasons().get(message_type)
