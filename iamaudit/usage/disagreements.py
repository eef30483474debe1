"""Where AWS's own words about a refused call name another action than our tables do (domain.md §1.4, §2.1 step 6)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from iamaudit.knowledge.actions import catalogue
from iamaudit.usage.call import Call
from iamaudit.usage.denials import Denial, parse_denial
from iamaudit.usage.map import map_call
from iamaudit.usage.parameters import parameters_of

OTHER = "other action"
SECONDARY = "action of another service"
UNKNOWN = "action that the catalogue does not have"


@dataclass(frozen=True, slots=True)
class Disagreement:
    """What AWS evaluated, what our tables would have said, and what kind of difference that is."""

    named: str
    ours: tuple[str, ...]
    kind: str  # OTHER is a row that is wrong or missing; SECONDARY one that lacks a companion


def disagreement(call: Call) -> Disagreement | None:
    """Return how AWS's words about a refused call differ from our tables, or None when they agree or say nothing."""
    denial = parse_denial(call.error_message)
    if denial is None or _is_of_a_missing_key(call, denial):
        return None
    # as if it had succeeded: a message may also name a companion that only a success implies, such as iam:PassRole
    ours = tuple(sorted({use.action for use in map_call(replace(call, error_code="", error_message=""))}))
    if denial.action.lower() in {action.lower() for action in ours}:
        return None
    spelt = catalogue().spelling(denial.action)
    if spelt is None:
        return Disagreement(denial.action, ours, UNKNOWN)
    own = {action.partition(":")[0] for action in ours}
    return Disagreement(spelt, ours, OTHER if spelt.partition(":")[0] in own else SECONDARY)


def disagreement_notes(call: Call) -> tuple[str, ...]:
    """Return the disagreement in words, for who looks at the event."""
    differs = disagreement(call)
    if differs is None:
        return ()
    ours = " and ".join(f"`{action}`" for action in differs.ours)
    meaning = {
        OTHER: "their row of the event is wrong, or lacks a companion",
        SECONDARY: "it may be a companion that they lack",
        UNKNOWN: "the action catalogue does not have it",
    }[differs.kind]
    return (f"AWS evaluated `{differs.named}`, our tables say {ours}: {meaning}",)


def _is_of_a_missing_key(call: Call, denial: Denial) -> bool:
    """S3 asks for s3:ListBucket to say that a key is missing, whatever the call needs (domain.md §1.4)."""
    asks = call.prefix == "s3" and denial.action.lower() == "s3:listbucket"
    return asks and parameters_of(call.request).first("key") is not None
