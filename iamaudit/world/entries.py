"""A record with what the truth knows about it and the record itself does not say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from iamaudit.world.calls import Need

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Entry:
    """A record that stands in somebody's log, with the permission that it needed."""

    account: str  # whose trail writes it
    region: str
    moment: datetime
    record: Json
    principal: str = ""  # ARN of the principal whose policies allowed it, if any
    needs: tuple[Need, ...] = ()  # filled, no templates left
    outcome: str = "success"
    is_logged: bool = True
    credential: str = ""  # `password` or `access_key_N`: which credential of a user was used
    user: str = ""  # ARN of that user, or of the account's root
