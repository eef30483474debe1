"""What the name of a role session tells of who is inside (domain.md §1.2, table of the runtimes)."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from iamaudit.knowledge.tables import rows

LONGEST_KEPT = 256  # characters: sts takes 64; what is longer was made up, and thousands of such are not remembered


@cache
def _rules() -> tuple[tuple[str, re.Pattern[str], str, str], ...]:
    return tuple(
        (row["service"], re.compile(row["pattern"]), row["kind"], row["name"]) for row in rows("session_names")
    )


@cache
def _changing_parts() -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(row["pattern"]) for row in rows("session_name_parts"))


def named_runtime(session: str, issued_by: str = "") -> tuple[str, str | None] | None:
    """Return (kind, name) of the workload in a *session*, or None when no row knows its name.

    *issued_by* is the service that the session's credentials were given to, where a log of the AssumeRole call tells
    it: a row that names a service holds for no other, and for none where that is not known. The first row decides.
    """
    known = _named_runtime if len(session) <= LONGEST_KEPT else _named_runtime.__wrapped__
    return known(session, issued_by)


def stable_name(session: str) -> str:
    """Return a session's name with each part that another run would have otherwise as `*`."""
    known = _stable_name if len(session) <= LONGEST_KEPT else _stable_name.__wrapped__
    return known(session)


@lru_cache(maxsize=16384)
def _named_runtime(session: str, issued_by: str) -> tuple[str, str | None] | None:
    for service, pattern, kind, name in _rules():
        if service not in {"", issued_by} and not (service == "*" and issued_by):
            continue
        found = pattern.fullmatch(session)
        if found is not None:
            return kind, (issued_by if name == "{service}" else found.expand(name)) or None
    return None


@lru_cache(maxsize=16384)
def _stable_name(session: str) -> str:
    for pattern in _changing_parts():
        session = pattern.sub("*", session)
    return re.sub(r"\*(?:[-_.:]?\*)+", "*", session)
