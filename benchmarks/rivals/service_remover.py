"""What a remover of whole services leaves, as Netflix's repokid does it: what of each statement is of services in use.

Written from the description alone. The witness is IAM's service last accessed, which knows services and no actions or
resources of most: a service that was asked for in the window keeps all that today grants of it, every other loses all.
repokid does so in inline policies of roles; here it may touch every identity policy of users and roles.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from iamaudit.model.policy import Effect, Policy, Statement
from iamaudit.policy.match import action_matches

_HANDS_OFF = "NOREPO"  # the beginning of a Sid that keeps its statement


def without_unused_services(policy: Policy, used: Collection[str], actions: Sequence[str]) -> Policy | None:
    """Return *policy* without the services that are not *used* (prefixes), or None when nothing of it is left."""
    kept = [left for one in policy.statements if (left := _left(one, used, actions)) is not None]
    allows = any(one.effect is Effect.ALLOW for one in kept)
    return replace(policy, statements=tuple(kept)) if allows or any(one.effect is Effect.DENY for one in kept) else None


def _left(statement: Statement, used: Collection[str], actions: Sequence[str]) -> Statement | None:
    if statement.effect is Effect.DENY or (statement.sid or "").startswith(_HANDS_OFF):
        return statement
    if statement.not_actions:
        names = [one for one in actions if not any(action_matches(not_one, one) for not_one in statement.not_actions)]
        names = [one for one in names if one.partition(":")[0] in used]
    else:
        names = [left for pattern in statement.actions for left in _of_used(pattern, used)]
    return replace(statement, actions=tuple(dict.fromkeys(names)), not_actions=()) if names else None


def _of_used(pattern: str, used: Collection[str]) -> list[str]:
    service, _, name = pattern.lower().partition(":")
    if "*" in service or "?" in service:
        return [f"{one}:{name or '*'}" for one in sorted(used) if action_matches(f"{service}:x", f"{one}:x")]
    return [pattern] if service in used else []
