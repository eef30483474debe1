"""The proof of a service control policy: every observed use of everybody it binds is still allowed with it added."""

from __future__ import annotations

import csv
import difflib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from iamaudit.errors import InputError, ProofFailedError
from iamaudit.model.policy import Effect, Policy, Statement
from iamaudit.model.verdict import Decision, PolicySet, Request
from iamaudit.policy.decide import Decider
from iamaudit.policy.principals import identify
from iamaudit.policy.render import size, to_json
from iamaudit.proof.bundle import safe_name
from iamaudit.proof.certificate import FULL_WINDOW_DAYS, SHORT_WINDOW_DAYS, counted
from iamaudit.recommend.scp import Line, ScpProposal
from iamaudit.recommend.scp_evidence import BoundUse
from iamaudit.recommend.sources import open_request

EVERYTHING: Final = Policy((Statement(Effect.ALLOW, actions=("*",), resources=("*",)),), name="FullAWSAccess")
REPLAY_RULE: Final = (
    "every observed use of every principal of the accounts below, but for AWS's own services and service-linked roles, is "
    "decided with everything else allowed and the proposed policies as SCPs; they name no resource and no condition but "
    "aws:PrincipalArn, so principal and action decide; one whose ARN is not told is asked for as one that is not exempt"
)
WIDENING_RULE: Final = "every statement is a Deny, and a Deny allows nothing"
_COLUMNS: Final = ("pattern", "state", "reason", "risk", "granted_actions", "principals")
_NOTES: Final = (
    "SCPs do not bind the management account, service-linked roles and AWS's own services",
    "whole services are denied with what AWS adds to them later, too",
    "the root user may do everything: a use by root that no log shows is not known",
    "`iamaudit apply` does not attach SCPs, `main.tf` and `template.json` do: attach it to one unit first, and look for denials with `iamaudit watch`",
)


@dataclass(frozen=True, slots=True)
class ScpReplay:
    """Counts of uses (a principal, an action and a resource) and of calls; `failures` are the uses that would be denied."""

    replayed: int
    denied: int
    calls: int
    failures: tuple[BoundUse, ...]


def replay_scp(proposal: ScpProposal) -> ScpReplay:
    """Decide every use below the target with the proposed policies added; what the log does not settle counts as denied."""
    decider = Decider(PolicySet(identity=(EVERYTHING,), scp=((EVERYTHING, *proposal.policies),)))
    failures = []
    for use in proposal.target.uses:
        verdict = decider.decide_for_caller(_request(use))
        if verdict.decision is not Decision.ALLOWED or verdict.conditional_on:
            failures.append(use)
    uses = proposal.target.uses
    return ScpReplay(
        sum(use.uses for use in uses),
        sum(use.uses for use in failures),
        sum(use.calls for use in uses),
        tuple(failures),
    )


def prove_scp(proposal: ScpProposal, *, versions: Mapping[str, str]) -> dict[str, Any]:
    """Return certificate.json's fields. Raises ProofFailedError when a use would be denied, or a statement allows."""
    found = replay_scp(proposal)
    statements = [statement for policy in proposal.policies for statement in policy.statements]
    if found.failures:
        names = ", ".join(f"`{one.action}` by `{one.principal}`" for one in found.failures[:5])
        raise ProofFailedError(
            f"the SCP for `{proposal.target.id}` would deny {found.denied} observed uses ({names}): report this"
        )
    if any(one.effect is not Effect.DENY for one in statements):
        raise ProofFailedError(f"the SCP for `{proposal.target.id}` has a statement that allows: report this")
    return _fields(proposal, found, len(statements), versions)


def _fields(proposal: ScpProposal, found: ScpReplay, statements: int, versions: Mapping[str, str]) -> dict[str, Any]:
    target = proposal.target
    start, end = target.window_start, target.window_end
    days = (end - start).days if start is not None and end is not None else 0
    confidence = "low" if days < SHORT_WINDOW_DAYS else "medium" if days < FULL_WINDOW_DAYS else "high"
    denied = proposal.in_state("denied")
    return {
        "target": target.id,
        "kind": target.kind,
        "accounts": [account.account_id for account in target.accounts],
        "window": {
            "start": start and start.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "end": end and end.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "days": days,
        },
        "versions": dict(sorted(versions.items())),
        "level": proposal.level,
        "method": {"replay": REPLAY_RULE, "widening": WIDENING_RULE},
        "replayed": found.replayed,
        "allowed": found.replayed - found.denied,
        "denied": found.denied,
        "calls": found.calls,
        "widened": 0,
        "policies": len(proposal.policies),
        "statements": statements,
        "characters": [size(policy) for policy in proposal.policies],
        "denied_services": [line.pattern.removesuffix(":*") for line in denied if line.pattern.endswith(":*")],
        "denied_actions": [line.pattern for line in denied if not line.pattern.endswith(":*")],
        "no_room": [line.pattern for line in proposal.in_state("no_room")],
        "unknown_services": [
            line.pattern.removesuffix(":*") for line in proposal.in_state("unknown") if line.pattern.endswith(":*")
        ],
        "exempt": list(target.exempt),
        "attached_today": list(target.attached),
        "replaces": [one.name for one in target.earlier],
        "confidence": confidence,
        "notes": [*target.left_out, *_NOTES],
    }


def scp_files(proposal: ScpProposal, certificate: Mapping[str, Any]) -> dict[str, bytes]:
    """Return the files by their path `organization/<id>/<file>`; the same input, the same bytes.

    `scp.json`, and `scp-2.json` and on where one is not enough, are minified: the API counts white space (domain.md §4).
    """
    folder = f"organization/{safe_name(proposal.target.id)}"
    files = {
        f"{folder}/scp{f'-{number}' if number > 1 else ''}.json": _bytes(to_json(policy, indent=None))
        for number, policy in enumerate(proposal.policies, 1)
    }
    files[f"{folder}/certificate.json"] = _bytes(json.dumps(certificate, indent=2, ensure_ascii=False) + "\n")
    files[f"{folder}/evidence.csv"] = _bytes(_evidence(proposal.lines))
    files[f"{folder}/diff.md"] = _bytes(_diff(proposal, certificate))
    return files


def _request(use: BoundUse) -> Request:
    try:
        identify(use.principal)
        who = use.principal
    except InputError:
        who = f"arn:aws:iam::{use.account_id or '000000000000'}:user/somebody"
    return open_request(who, use.action, "*", {})


def _evidence(lines: tuple[Line, ...]) -> str:
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows(
        (one.pattern, one.state, " ".join(one.reason.split()), one.risk, one.granted, one.principals) for one in lines
    )
    return table.getvalue()


def _diff(proposal: ScpProposal, certificate: Mapping[str, Any]) -> str:
    window = certificate["window"]
    services, single = len(certificate["denied_services"]), len(certificate["denied_actions"])
    denied = [counted(services, "service"), *([counted(single, "single action")] if single else [])]
    replaced = certificate["replaces"]
    today = ", ".join(certificate["attached_today"]) or "not known"
    head = (
        f"# SCP for {certificate['kind']} `{certificate['target']}`\n\n"
        f"Denies {' and '.join(denied)} in {counted(len(certificate['accounts']), 'account')}: "
        f"{', '.join(certificate['accounts'])}. Still allowed: {certificate['allowed']:,} of "
        f"{counted(certificate['replayed'], 'observed use')} ({counted(certificate['calls'], 'call')}); newly allowed: nothing, "
        f"since it only denies. Window {window['start']} to {window['end']}; confidence {certificate['confidence']}. "
        f"Attached today: {today}{f'; of these {listed} is replaced' if (listed := ', '.join(replaced)) else ''}.\n\n"
    )
    notes = [
        *(f"`{arn}` is exempt: it is protected" for arn in certificate["exempt"]),
        *(
            [f"{len(certificate['no_room'])} more have no room; evidence.csv lists them"]
            if certificate["no_room"]
            else []
        ),
        f"{counted(len(certificate['unknown_services']), 'service')} left alone because the logs cannot show that nobody used them",
        *certificate["notes"],
    ]
    before = [line for one in proposal.target.earlier for line in _pretty(one.document)]
    after = [line for policy in proposal.policies for line in to_json(policy).split("\n")]
    changed = list(difflib.unified_diff(before, after, "today", "proposed", lineterm=""))
    shown = changed or ["no difference"]
    return head + "".join(f"- {note}\n" for note in notes) + "\n```diff\n" + "\n".join(shown) + "\n```\n"


def _pretty(document: str) -> list[str]:
    try:
        return json.dumps(json.loads(document), indent=2, ensure_ascii=False).split("\n")
    except ValueError:
        return document.split("\n")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "backslashreplace")
