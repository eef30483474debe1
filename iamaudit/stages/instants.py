"""Instants as people write them, and as `--json` tells them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from iamaudit.errors import ConfigError


def moment(text: str | None, *, now: datetime) -> datetime:
    """Return the instant of `--as-of`, or *now*; a date means its midnight in UTC."""
    if text is None:
        return now
    try:
        found = datetime.fromisoformat(text)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ConfigError(f"`{text}` is not a time: write it like 2026-11-23 or 2026-11-23T02:15:00Z") from None


def iso(value: datetime | None) -> str | None:
    """Return a time as ISO 8601 UTC with Z, whole seconds."""
    return None if value is None else value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def json_row(row: Mapping[str, object]) -> dict[str, object]:
    """Return a row with its times as text."""
    return {name: iso(value) if isinstance(value, datetime) else value for name, value in row.items()}
