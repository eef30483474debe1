"""The certificate: what was proven about a proposal, over which window, and how far it can be relied on."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from iamaudit.model.change import ChangeKind
from iamaudit.model.policy import Policy
from iamaudit.policy.render import size
from iamaudit.proof.replay import Failure, Replay
from iamaudit.proof.widening import Widening
from iamaudit.recommend.evidence import ObservedUse, PrincipalEvidence
from iamaudit.recommend.keep import sort_key
from iamaudit.recommend.offers import Offer
from iamaudit.recommend.propose import Proposal
from iamaudit.recommend.score import HeldOut

FULL_WINDOW_DAYS: Final = 90  # what Access Analyzer's generation uses (domain.md §2.7)
SHORT_WINDOW_DAYS: Final = 30
MUCH_DENIED: Final = 0.05  # of the later uses in a hold-out
REPLAY_RULE: Final = (
    "every distinct observed use is decided against today's policies and the proposed ones with what the log tells; missing "
    "condition keys are unknown; a use on an open resource is asked for every resource pattern of today that it can meet"
)
_OF_BOUNDARY: Final = {
    "replay": "every distinct observed use is decided against today's policies, and against the same policies under the proposed "
    "permissions boundary, with what the log tells; missing condition keys are unknown; a use on an open resource is asked for "
    "every resource pattern of today that it can meet",
    "widening": "today's policies stay as they are, and a permissions boundary allows nothing that they do not",
}


@dataclass(frozen=True, slots=True)
class Certificate:
    """The proof as a value; `as_json` is certificate.json."""

    fields: Mapping[str, Any]

    def as_json(self) -> dict[str, Any]:
        """Return a copy of the fields, in their stable order."""
        return dict(self.fields)

    def to_bytes(self) -> bytes:
        """Return certificate.json; the same proof gives the same bytes."""
        return (json.dumps(self.fields, indent=2, ensure_ascii=False) + "\n").encode("utf-8", "backslashreplace")


def certificate(
    evidence: PrincipalEvidence,
    proposal: Proposal,
    replayed: Replay,
    widened: Widening,
    *,
    versions: Mapping[str, str],
) -> dict[str, Any]:
    """Return the fields of design.md §4, JSON-ready: times are ISO 8601 UTC, counts are uses unless they say calls.

    `allowed` includes `conditional` (the same unknown conditions as today); `replayed` = `allowed` + `denied`. Uses that
    today's identity policies do not allow are in `not_allowed_today` and not in `replayed`.
    """
    confidence, reasons = confidence_of(evidence, replayed, left_out=proposal.unknown_dropped)
    around = proposal.boundary
    rare = sorted((use for use in evidence.uses if use.rhythm), key=sort_key)
    return {
        "principal": evidence.arn,
        "account_id": evidence.account_id,
        "window": {
            "start": _time(evidence.window_start),
            "end": _time(evidence.window_end),
            "days": _days(evidence),
        },
        "coverage": _stable(evidence.coverage),
        "versions": dict(sorted(versions.items())),
        "level": proposal.level,
        "method": {"replay": REPLAY_RULE, "widening": widened.method} if around is None else dict(_OF_BOUNDARY),
        "replayed": replayed.replayed,
        "allowed": replayed.allowed,
        "denied": replayed.denied,
        "conditional": replayed.conditional,
        "by_pattern": replayed.by_pattern,
        "not_allowed_today": replayed.not_allowed_today,
        "calls": replayed.calls,
        "widened": len(widened.widened),
        "not_proven": list(widened.not_proven),
        "failures": [failure_as_json(failure) for failure in replayed.failures],
        "witnesses": [{"action": one.action, "resource": one.resource, "note": one.note} for one in widened.widened],
        "policies": len(proposal.policies),
        "statements": proposal.statement_count,
        "characters": proposal.characters,
        **({} if around is None else {"boundary": _boundary(proposal, around)}),
        "actions_before": len(proposal.granted),
        "actions_after": len(set(proposal.granted) - set(proposal.dropped)),
        "unknown_kept": list(proposal.unknown_kept),
        "unknown_dropped": list(proposal.unknown_dropped),
        "generalised": [
            {
                "action": one.action,
                "pattern": one.pattern,
                "names": one.names,
                "covers_seen": one.covers_seen,
                "covers_known": one.covers_known,
            }
            for one in proposal.generalised
        ],
        "offered_conditions": [one.as_json(is_put=_is_put(one, proposal)) for one in proposal.offered],
        "periodic": [periodic_as_json(use) for use in rare],
        "holdout": None if evidence.held_out is None else holdout_as_json(evidence.held_out),
        "confidence": confidence,
        "confidence_reasons": list(reasons),
        "notes": [*proposal.notes, *(_beyond_the_window(use) for use in rare if use.origin == "periodic")],
    }


def boundary_arn(proposal: Proposal) -> str | None:
    """Return the ARN that the proposed boundary will have; None when nothing is planned."""
    return next((one.policy for one in proposal.changes if one.kind is ChangeKind.PUT_PERMISSIONS_BOUNDARY), None)


def _boundary(proposal: Proposal, around: Policy) -> dict[str, Any]:
    """Return what becomes the boundary; `policies`, `statements` and `characters` of the certificate are those of today, which stay."""
    made = boundary_arn(proposal)
    return {
        "name": None if made is None else made.rpartition("/")[2],
        "arn": made,
        "statements": len(around.statements),
        "characters": size(around),
        "policies_stay": True,
    }


def _is_put(offer: Offer, proposal: Proposal) -> bool:
    around = () if proposal.boundary is None else (proposal.boundary,)
    statements = (statement for policy in (*proposal.policies, *around) for statement in policy.statements)
    return any(offer.condition in statement.conditions for statement in statements)


def failure_as_json(failure: Failure) -> dict[str, Any]:
    """Return one failing use, with what was asked and why it is denied."""
    return {
        "action": failure.use.action,
        "resource": failure.use.resource,
        "asked": failure.resource,
        "today": failure.today,
        "proposed": failure.proposed,
        "conditions": dict(sorted(failure.use.conditions.items())),
        "event_ids": list(failure.use.event_ids),
        "reasons": list(failure.reasons),
    }


def periodic_as_json(use: ObservedUse) -> dict[str, Any]:
    """Return a use whose days show a rhythm; `is_outside` says that it is kept although the window does not hold it."""
    outside = use.origin == "periodic"
    return {"action": use.action, "resource": use.resource, "rhythm": use.rhythm, "is_outside": outside}


def holdout_as_json(held_out: HeldOut) -> dict[str, Any]:
    """Return how policies learnt from earlier days would have fared on later ones, by length of the learning window."""
    return {
        "as_of": _time(held_out.as_of),
        "scores": [score.as_json() for score in held_out.scores],
        "advice": held_out.advice,
    }


def _beyond_the_window(use: ObservedUse) -> str:
    return f"`{use.action}` is kept although the window does not hold it: {use.rhythm}"


def confidence_of(
    evidence: PrincipalEvidence, replayed: Replay, *, left_out: Collection[str] = ()
) -> tuple[str, tuple[str, ...]]:
    """Return high, medium or low, and why it is not more: window, gaps in the logs, unknown resources, the hold-out.

    Rare use is kept where its days show a rhythm; a quarterly job's first run needs a window that holds a quarter.
    *left_out* are actions that the proposal takes away although the logs could not have shown their use.
    """
    days = _days(evidence)
    low, medium = [], []
    if days is None:
        low.append("the window is not known")
    elif days < SHORT_WINDOW_DAYS:
        low.append(f"the window has only {counted(days, 'day')}")
    elif days < FULL_WINDOW_DAYS:
        medium.append(f"the window has {days} days, less than {FULL_WINDOW_DAYS}")
    if not replayed.replayed:
        low.append("no use was observed")
    if not evidence.coverage:
        medium.append("what the logs cover is not known")
    low += [f"the logs have gaps: {name}" for name in ("gaps", "missing_days") if evidence.coverage.get(name)]
    if replayed.by_pattern:
        medium.append(f"of {counted(replayed.by_pattern, 'use')} the logs do not tell the resource")
    if replayed.conditional:
        medium.append(
            f"of {counted(replayed.conditional, 'use')} the logs do not tell what conditions ask for; today's are kept"
        )
    if left_out:
        in_use = {use.action.partition(":")[0].lower() for use in evidence.uses}
        likely = [action for action in left_out if action.partition(":")[0].lower() in in_use]
        is_one = len(left_out) == 1
        words = f"{'is' if is_one else 'are'} left out although the logs could not have shown {'its' if is_one else 'their'} use"
        of_them = f", {len(likely)} of them of services in use" if likely else ""
        (low if likely else medium).append(f"{counted(len(left_out), 'action')} {words}{of_them}")
    score = None if evidence.held_out is None else evidence.held_out.score_for(days)
    if score is not None and score.denied_uses:
        words = f"learnt from {score.learn_days} earlier days it would have denied {score.denied_calls:,} of {score.calls:,} later calls"
        (low if score.share > MUCH_DENIED else medium).append(f"{words} ({score.denied_uses} of {score.uses} uses)")
    return ("low" if low else "medium" if medium else "high"), tuple(low + medium)


def counted(number: int, noun: str) -> str:
    """Return the number with its noun: `1 use`, `1,204 uses`, `2 policies`."""
    plural = f"{noun[:-1]}ies" if noun.endswith("y") and not noun.endswith("ay") else f"{noun}s"
    return f"{number:,} {noun if number == 1 else plural}"


def _days(evidence: PrincipalEvidence) -> int | None:
    if evidence.window_start is None or evidence.window_end is None:
        return None
    return round((evidence.window_end - evidence.window_start).total_seconds() / 86_400)


def _time(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _stable(value: object) -> Any:
    """Return *value* with sorted keys and nothing that JSON cannot say."""
    if isinstance(value, Mapping):
        return {str(key): _stable(value[key]) for key in sorted(value, key=str)}
    if isinstance(value, set | frozenset):
        return sorted((_stable(one) for one in value), key=str)
    if isinstance(value, list | tuple):
        return [_stable(one) for one in value]
    if isinstance(value, datetime):
        return _time(value)
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)
