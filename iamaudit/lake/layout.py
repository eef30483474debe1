"""The names of log objects: what the ledger calls them, and what AWS's layout says in them (domain.md §1.7, §5, §7)."""

from __future__ import annotations

import re

_TRAIL_LOG = re.compile(r"/CloudTrail/[a-z0-9-]+/\d{4}/\d{2}/\d{2}/\d{12}_CloudTrail_[^/]+\.json\.gz$")
_DAY = re.compile(r"/(\d{4})/(\d{1,2})/(\d{1,2})/")  # Config's months and days are not zero-padded


def ledger_key(path: str, *, otherwise: str | None = None) -> str:
    """Return the name under which the ledger counts an object: from its last `AWSLogs/`, else *otherwise*, else its name.

    The same object has the same key from whichever folder or prefix above it one starts; a prefix may itself contain
    `AWSLogs/`.
    """
    _, mark, rest = path.rpartition("AWSLogs/")
    if mark:
        return mark + rest
    return path.rpartition("/")[2] if otherwise is None else otherwise


def is_trail_log(key: str) -> bool:
    """Say whether a key is that of a log object which a trail delivers."""
    return _TRAIL_LOG.search(key) is not None


def delivery_day(key: str) -> str:
    """Return the day of delivery that a key's path names, as `YYYY-MM-DD`; an empty text when it names none."""
    found = _DAY.search(key)
    return "" if found is None else f"{found[1]}-{int(found[2]):02}-{int(found[3]):02}"
