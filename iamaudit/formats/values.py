"""Single values of a record: raw JSON parts as text, truth words, instants; and the word for one that cannot be."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache

import msgspec

Raw = msgspec.Raw
NULL = Raw(b"null")  # `Raw | None` would take nothing but null


class UnusableError(Exception):
    """A record that cannot become a row; the reason goes into the books."""


def raw_text(raw: Raw | None) -> str | None:
    """Return the JSON text of a raw part; nothing and `null` are None."""
    if raw is None:
        return None
    text = bytes(raw).decode()
    return None if text == "null" else text


def truth(value: object) -> bool | None:
    """Return a flag that may be written as a word, else None."""
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.lower())
    return value if isinstance(value, bool) else None


@lru_cache(maxsize=65_536)
def instant(text: str) -> datetime:
    """Return the UTC instant that *text* names (ISO 8601, basic or extended); raise `UnusableError` otherwise."""
    found = instant_or_none(text)
    if found is None:
        raise UnusableError("bad_event_time")
    return found


def instant_or_none(text: str) -> datetime | None:
    """Return the UTC instant that *text* names, or None."""
    try:
        found = datetime.fromisoformat(text)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):  # not a time, or one before the year 1 or after 9999 in UTC
        return None
