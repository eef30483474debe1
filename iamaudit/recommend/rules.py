"""Exclusion rules as a person writes them in TOML, each checked before it counts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from iamaudit.errors import ConfigError
from iamaudit.recommend.choices import Exclusion

_KEYS: Final = ("principal", "action", "owner", "reason", "expires")


def exclusion_from(entry: Mapping[str, Any]) -> Exclusion:
    """Return the rule of one `[[exclude]]` table; `principal` and `action` are patterns or lists of them.

    Raises ConfigError that names what is missing or wrong.
    """
    if unknown := sorted(entry.keys() - set(_KEYS)):
        raise ConfigError(f"has unknown keys {unknown}: known are {list(_KEYS)}")
    if missing := [name for name in ("owner", "reason", "expires") if entry.get(name) in (None, "")]:
        raise ConfigError(
            f"lacks {' and '.join(f'`{name}`' for name in missing)}: an exclusion needs an owner, a reason and the date on "
            "which it ends"
        )
    for name in ("owner", "reason"):
        if not isinstance(entry[name], str):
            raise ConfigError(f"`{name}` is `{entry[name]}`: give a text in quotes")
    return Exclusion(
        owner=entry["owner"],
        reason=entry["reason"],
        expires=_day(entry["expires"]),
        principals=_patterns(entry, "principal"),
        actions=_patterns(entry, "action"),
    )


def _patterns(entry: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = entry.get(name, "*")
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, list) or not listed or not all(isinstance(one, str) and one for one in listed):
        raise ConfigError(f"`{name}` is `{value}`: give a pattern in quotes, or a list of patterns")
    if name == "action" and (wrong := [one for one in listed if one != "*" and ":" not in one]):
        raise ConfigError(f"`{wrong[0]}` is not an action: write it like s3:GetObject or s3:*")
    return tuple(listed)


def _day(value: Any) -> date:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise ConfigError(f"`expires` is `{value}`: give a date like 2027-03-31") from None
