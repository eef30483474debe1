"""The words of a verdict: which statement decided, and why the others did not."""

from __future__ import annotations

from collections.abc import Iterable

from iamaudit.model.policy import Effect, PolicyKind
from iamaudit.policy.evidence import Answer, Asked, Entry, Evidence

WORDS = {
    PolicyKind.IDENTITY: "identity policy",
    PolicyKind.RESOURCE: "resource policy",
    PolicyKind.TRUST: "trust policy",
    PolicyKind.BOUNDARY: "permissions boundary",
    PolicyKind.SESSION: "session policy",
    PolicyKind.SCP: "service control policy",
    PolicyKind.RCP: "resource control policy",
    PolicyKind.ENDPOINT: "endpoint policy",
}


def place(entry: Entry) -> str:
    """Return where a statement stands: kind, policy, number and Sid."""
    sid = f" (`{entry.statement.sid}`)" if entry.statement.sid else ""
    return f"{WORDS[entry.kind]} `{entry.policy}`, statement {entry.number}{sid}"


def matched(answers: Iterable[Answer], asked: Asked) -> tuple[str, ...]:
    """Return one sentence per statement that allows or denies the request."""
    verbs = {Effect.ALLOW: "allows", Effect.DENY: "denies"}
    return tuple(
        f"{place(a.entry)} {verbs[a.entry.statement.effect]} `{asked.action}` on `{asked.resource}`" for a in answers
    )


def not_allowed(kind: PolicyKind, evidence: Iterable[Evidence], asked: Asked, *, place: str = "") -> tuple[str, ...]:
    """Return why nothing of a kind, or of its level at *place*, allows the request.

    The sentence itself, then one for each statement that names the action and does not match, then how many do not.
    """
    where = f" at {place}" if place else ""
    words = f"no {WORDS[kind]}{where} allows `{asked.action}` on `{asked.resource}`"
    found = list(evidence)
    others = sum(one.others for one in found)
    rest = {0: (), 1: ("1 other statement does not name the action",)}.get(
        others, (f"{others} other statements do not name the action",)
    )
    return (words, *(near for one in found for near in _near_misses(one)), *rest)


def _near_misses(evidence: Evidence) -> tuple[str, ...]:
    return tuple(
        f"{place(a.entry)} {a.missed or 'hangs on a value nobody knows: ' + ', '.join(f'`{k}`' for k in a.unknown)}"
        for a in evidence.answers
        if a.entry.statement.effect is Effect.ALLOW and not a.matches
    )
