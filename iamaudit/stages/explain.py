"""explain: can a principal do something, why, and has it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from iamaudit.engine.duck import Engine
from iamaudit.errors import InputError
from iamaudit.knowledge.actions import catalogue
from iamaudit.model.arn import parse_arn
from iamaudit.model.policy import Effect
from iamaudit.model.verdict import Decision, Request, Verdict
from iamaudit.policy.decide import Decider
from iamaudit.policy.match import action_matches
from iamaudit.stages.few_at_a_time import answers
from iamaudit.stages.held import Held, held_by
from iamaudit.stages.instants import json_row
from iamaudit.stages.namesakes import namesakes
from iamaudit.stages.quiet import SURE, last_before

_USES = f"""
    select resource, outcome, evidence, confidence, not ({SURE}) as is_doubtful, count, first_seen, last_seen
    from usage_actions
    where principal = $principal and lower(action) = lower($action) order by last_seen desc, resource
"""  # noqa: S608  # a condition of ours
_STATE = "select lower(action) as action, state, reason from grant_verdicts where list_contains($principals, principal)"


@dataclass(frozen=True, slots=True)
class Explanation:
    """The answer: the verdict on *resource*, what is not known, and what the logs of the window show."""

    principal: str
    action: str
    resource: str
    verdict: Verdict
    caveats: tuple[str, ...]
    state: str | None  # used | unused | unknown | used_not_granted; None: neither granted nor used
    state_reason: str | None
    uses: tuple[dict[str, Any], ...]
    last_before: date | None = None  # the last day of use before the window, when the window shows none
    not_counted: tuple[str, ...] = ()  # whose calls under the principal's name are not its own, in words

    @property
    def can(self) -> str:
        """Yes, no, or `if` when it hangs on condition keys that nobody has given."""
        if self.verdict.conditional_on:
            return "if"
        return "yes" if self.verdict.decision is Decision.ALLOWED else "no"

    def as_json(self) -> dict[str, object]:
        """Return the shape of `explain --json`."""
        return {
            "principal": self.principal,
            "action": self.action,
            "resource": self.resource,
            "can": self.can,
            "decision": self.verdict.decision.value,
            "decided_by": self.verdict.decided_by,
            "reasons": list(self.verdict.reasons),
            "conditional_on": list(self.verdict.conditional_on),
            "caveats": list(self.caveats),
            "has": {
                "state": self.state,
                "reason": self.state_reason,
                "uses": [json_row(use) for use in self.uses],
                "last_before_window": None if self.last_before is None else self.last_before.isoformat(),
                "not_counted": list(self.not_counted),
            },
        }


def explain(engine: Engine, principal: str, action: str, resource: str | None = None) -> Explanation:
    """Answer from the lake's state and logs whether *principal* can do *action*, why, and whether it has.

    Without a *resource* the question is whether there is any: each pattern of its Allow statements is asked as a name,
    and the most favourable answer is told. Raises `InputError` for a principal that is not in the lake, for what is no
    action and for a resource that is no ARN.
    """
    if action.count(":") != 1 or action.startswith(":") or action.endswith(":") or "*" in action or "?" in action:
        raise InputError(f"`{action}` is no action: write it as service:Name, like s3:GetObject")
    if resource is not None and resource != "*" and parse_arn(resource) is None:
        raise InputError(f"`{resource}` is no ARN: write the resource like arn:aws:s3:::bucket/key, or leave it out")
    asked = catalogue().spelling(action) or action
    held = held_by(engine, principal, resource=resource or "*")
    decider = Decider(held.policies)
    names = [resource] if resource is not None else list(dict.fromkeys(_names(held, asked)))
    verdict, name = max(
        ((_decide(decider, held, principal, asked, name), name) for name in names), key=lambda found: _favour(found[0])
    )
    holder = {"principal": principal, "action": asked}
    told = (row for rows in answers(engine, "grant_verdicts", _STATE, [principal]) for row in rows.to_pylist())
    states = [row for row in told if row["action"] == asked.lower()]
    uses = tuple(use for use in engine.query(_USES, holder).to_pylist() if resource in {None, use["resource"]})
    is_quiet = not any(use["outcome"] in {"success", "failed"} and not use["is_doubtful"] for use in uses)
    return Explanation(
        principal=principal,
        action=asked,
        resource=name,
        verdict=verdict,
        caveats=(*held.caveats, *_unseen(held, asked, resource)),
        state=states[0]["state"] if states else None,
        state_reason=states[0]["reason"] if states else None,
        uses=uses,
        last_before=last_before(engine, principal, asked) if is_quiet else None,
        not_counted=namesakes(engine).get(principal, ()),
    )


def _decide(decider: Decider, held: Held, principal: str, action: str, resource: str) -> Verdict:
    request = Request(
        principal,
        action,
        resource,
        principal_in_management_account=held.is_in_management_account,
        principal_tags=held.tags,
        closed=False,
    )
    is_known = held.policies.resource is not None  # a trust policy, without which nobody assumes the role
    return decider.decide(request) if is_known else decider.decide_for_caller(request)


def _names(held: Held, action: str) -> Iterator[str]:
    """Yield what to ask for when no resource is given."""
    yield "*"
    if not catalogue().takes_resource(action):
        return
    for policy in held.policies.identity:
        for statement in policy.statements:
            if statement.effect is Effect.ALLOW and any(action_matches(p, action) for p in statement.actions):
                yield from statement.resources


def _favour(verdict: Verdict) -> tuple[bool, bool]:
    is_allowed = verdict.decision is Decision.ALLOWED
    return (is_allowed, not verdict.conditional_on) if is_allowed else (False, bool(verdict.conditional_on))


def _unseen(held: Held, action: str, resource: str | None) -> Iterator[str]:
    if held.policies.resource is None and catalogue().takes_resource(action):
        yield "resource policies are not collected: the resource's own policy may allow it, or deny it"
    if resource is None and catalogue().takes_resource(action):
        yield "no resource was given: the answer is the most favourable one of those that the policies name"
