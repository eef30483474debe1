"""The files of one recommendation: proposed policies, today's, their difference, evidence, certificate, rollback."""

from __future__ import annotations

import csv
import difflib
import hashlib
import io
import json
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from iamaudit.model.policy import Policy
from iamaudit.policy.render import render, to_json
from iamaudit.proof.becomes import becomes
from iamaudit.proof.certificate import Certificate, boundary_arn, counted
from iamaudit.recommend.evidence import CurrentPolicy, PrincipalEvidence
from iamaudit.recommend.kept import Kept
from iamaudit.recommend.parts import ordered
from iamaudit.recommend.propose import Proposal

_EVIDENCE_COLUMNS = (
    "action",
    "resource",
    "origin",
    "reason",
    "outcome",
    "evidence",
    "confidence",
    "via",
    "conditions",
    "count",
    "first_seen",
    "last_seen",
    "event_ids",
)


def bundle_files(evidence: PrincipalEvidence, proposal: Proposal, certificate: Certificate) -> dict[str, bytes]:
    """Return the files of design.md §4 by their path `<account>/<kind>/<name>/<file>`; the same input, the same bytes.

    Names are hostile: whatever IAM would not allow in one becomes `_` and a hash. `main.tf` is the report's to add.
    """
    folder = bundle_path(evidence)
    files: dict[str, bytes] = {}
    untouched = {id(part.policy): part.document for part in proposal.parts if part.is_untouched}
    for number, policy in enumerate(proposal.policies, 1):
        # what is left as it is keeps AWS's very text
        files[f"{folder}/policy-{number}.json"] = _bytes(untouched.get(id(policy)) or to_json(policy))
    if proposal.boundary is not None:
        files[f"{folder}/boundary.json"] = _bytes(to_json(proposal.boundary))
    files[f"{folder}/plan.json"] = _bytes(_pretty(_plan(proposal)))
    files[f"{folder}/current.json"] = _bytes(_pretty(_current(evidence)))
    files[f"{folder}/diff.md"] = _bytes(_diff(evidence, proposal, certificate))
    files[f"{folder}/evidence.csv"] = _bytes(_evidence(proposal))
    files[f"{folder}/certificate.json"] = certificate.to_bytes()
    files[f"{folder}/rollback.json"] = _bytes(_pretty(_rollback(evidence, proposal)))
    return files


def bundle_path(evidence: PrincipalEvidence) -> str:
    """Return `<account>/<kind>/<name>`, three plain folder names; a permission set is of no account: `identity-center/<name>`."""
    if evidence.kind == "permission_set":
        name = f"{evidence.name}-{evidence.arn.rpartition('/')[2]}" if evidence.is_name_shared else evidence.name
        return f"identity-center/{safe_name(name)}"
    return "/".join(safe_name(part) for part in (evidence.account_id, evidence.kind, evidence.name))


def safe_name(text: str) -> str:
    """Return *text* as one folder name; two different texts never give the same one (but for a hash collision).

    IAM names hold `A-Za-z0-9+=,.@_-` only (128 characters at most, domain.md §4), so a true name stays as it is.
    """
    cleaned = re.sub(r"[^A-Za-z0-9+=,@_.-]", "_", text)[:100]
    if cleaned == text and cleaned.strip(".") and not cleaned.startswith("."):
        return cleaned
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"{cleaned.lstrip('.')}-{digest}".lstrip("-")


def _plan(proposal: Proposal) -> dict[str, Any]:
    """Return the steps to the proposal, what each policy file is, and what the steps leave to a group."""
    files = [
        {
            "file": f"policy-{number}.json",
            "name": part.name,
            "kind": part.kind,
            "policy_id": part.policy_id,
            "through": part.through,
            "replaces": list(part.replaces),
            "change": part.change,
        }
        for number, part in enumerate(proposal.parts, 1)
    ]
    plan: dict[str, Any] = {
        "principal": proposal.principal,
        "changes": [change.as_json() for change in proposal.changes],
        "policies": files,
    }
    if proposal.boundary is not None:
        plan["boundary"] = {"file": "boundary.json", "policy_id": boundary_arn(proposal)}
    return plan


def _current(evidence: PrincipalEvidence) -> dict[str, Any]:
    policies = [
        {
            "policy_id": one.policy_id,
            "name": one.name,
            "kind": one.kind,
            "through": one.through,
            "document": render(one.policy),
        }
        for one in ordered(evidence)
    ]
    return {"principal": evidence.arn, "policies": policies}


def _rollback(evidence: PrincipalEvidence, proposal: Proposal) -> dict[str, Any]:
    """Return what restores today: attachments by id, documents as the very text that AWS gave."""
    every = ordered(evidence)
    return {
        "principal": evidence.arn,
        "attachments": [
            {"policy_id": one.policy_id, "kind": one.kind, "name": one.name, "holder_arn": one.through} for one in every
        ],
        "documents": {one.policy_id: one.document for one in every},
        # one is only proposed where there is none
        **({} if proposal.boundary is None else {"permissions_boundary": None}),
    }


def _diff(evidence: PrincipalEvidence, proposal: Proposal, certificate: Certificate) -> str:
    fields = certificate.as_json()
    lines = list(_changed(evidence, proposal, fields))
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", "\n".join(lines))), default=0))
    window = fields["window"]
    replayed = (
        f"Still allowed: {fields['allowed']:,} of {counted(fields['replayed'], 'observed use')} "
        f"({counted(fields['calls'], 'call')}); newly allowed: {counted(fields['widened'], 'request')}."
    )
    reasons = "".join(f"; {one}" for one in fields["confidence_reasons"]).replace("; ", ", since ", 1)
    numbers = (
        f"{counted(fields['actions_before'], 'action')} granted before, {fields['actions_after']:,} "
        f"{'after' if proposal.boundary is None else 'within the boundary'}"
        f"{_unknown(fields)}; "
        f"{_sizes(fields)}. "
        f"{replayed} Window {_day(window['start'])} to {_day(window['end'])}; confidence {fields['confidence']}"
        f"{reasons}."
    )
    name = evidence.name.replace("`", "'").replace("\n", " ").replace("\r", " ")
    where = f" of account {evidence.account_id}" if evidence.account_id else ""
    title = f"{evidence.kind.replace('_', ' ').capitalize()} `{name}`{where}"
    body = "\n".join(lines) if lines else "no difference"
    notes = "".join(f"- {_one_line(note)}\n" for note in (*becomes(evidence, proposal), *fields["notes"]))
    notes += _offered(proposal, fields)
    return f"# {title}\n\n{numbers}\n\n{notes}{chr(10) if notes else ''}{fence}diff\n{body}\n{fence}\n"


def _changed(evidence: PrincipalEvidence, proposal: Proposal, fields: dict[str, Any]) -> Iterator[str]:
    """Yield the unified diff: of all policies, or of the boundary alone where those stay as they are."""
    if proposal.boundary is not None:
        name = fields["boundary"]["name"]
        after = _pretty(render(proposal.boundary)).split("\n")
        return difflib.unified_diff([], after, "no boundary", f"boundary {name or 'boundary.json'}", lineterm="")
    if not proposal.parts:
        before, after = _lines(one.policy for one in ordered(evidence)), _lines(proposal.policies)
        return difflib.unified_diff(before, after, "today", "proposed", lineterm="")
    return _policy_by_policy(evidence, proposal)


def _policy_by_policy(evidence: PrincipalEvidence, proposal: Proposal) -> Iterator[str]:
    """Yield a difference for each policy that changes: what it replaces, or nothing, beside it; then what goes without one."""
    left = {(one.through, one.policy_id): one for one in ordered(evidence)}
    for number, part in enumerate(proposal.parts, 1):
        replaced = [left.pop((part.through, key)) for key in part.replaces if (part.through, key) in left]
        if not part.is_untouched:
            names = f"{', '.join(_whose(one, evidence) for one in replaced)} today" if replaced else "nothing today"
            before, after = _lines(one.policy for one in replaced), _lines([part.policy])
            yield from difflib.unified_diff(before, after, _label(names), f"policy-{number}.json", lineterm="")
    for one in left.values():
        yield from difflib.unified_diff(
            _lines([one.policy]), [], _label(f"{_whose(one, evidence)} today"), "taken away", lineterm=""
        )


def _whose(one: CurrentPolicy, evidence: PrincipalEvidence) -> str:
    return one.name if one.through == evidence.arn else f"{one.name} of {one.through.rpartition(':')[2]}"


def _lines(policies: Iterable[Policy]) -> list[str]:
    return [line for policy in policies for line in _pretty(render(policy)).split("\n")]


def _label(text: str) -> str:
    return "".join(character if character.isprintable() else "_" for character in text)


def _unknown(fields: dict[str, Any]) -> str:
    count = len(fields["unknown_kept"])
    return f", {count:,} of them kept because the logs cannot show their use" if count else ""


def _sizes(fields: dict[str, Any]) -> str:
    policies, statements = counted(fields["policies"], "policy"), counted(fields["statements"], "statement")
    characters = counted(fields["characters"], "character")
    if "boundary" not in fields:
        return f"{statements} in {policies}, {characters}"
    around = fields["boundary"]
    named = "a boundary" if around["name"] is None else f"the boundary `{around['name']}`"
    verb = "stays" if fields["policies"] == 1 else "stay"
    return (
        f"today's {policies} of {statements} {verb} as {'it is' if verb == 'stays' else 'they are'}, under {named} of "
        f"{counted(around['statements'], 'statement')}, {counted(around['characters'], 'character')}"
    )


def _offered(proposal: Proposal, fields: dict[str, Any]) -> str:
    """Return what further conditions held for every use, those that the policies have and those to ask for."""
    offers = list(zip(proposal.offered, fields["offered_conditions"], strict=True))
    put = [one.words() for one, entry in offers if entry["put"]]
    left = [one.words() for one, entry in offers if not entry["put"]]
    lines = [f"condition put in: {words}" for words in put]
    lines += [f"`--level condition` would put in: {words}" for words in left]
    return "".join(f"- {_one_line(line)}\n" for line in lines)


def _evidence(proposal: Proposal) -> str:
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(_EVIDENCE_COLUMNS)
    for kept in proposal.kept:
        writer.writerow([_cell(value) for value in _row(kept)])
    for missing in proposal.used_not_granted:
        entry = Kept(missing.use.action, missing.use.resource, "used_not_granted", missing.reason, missing.use)
        writer.writerow([_cell(value) for value in _row(entry)])
    return table.getvalue()


def _row(kept: Kept) -> tuple[str, ...]:
    head = (kept.action, kept.resource, kept.origin, kept.reason)
    use = kept.use
    if use is None:
        return (*head, "", "", "", "", "", "0", "", "", "")
    return (
        *head,
        use.outcome,
        use.evidence,
        use.confidence,
        use.via or "",
        json.dumps(dict(sorted(use.conditions.items()))) if use.conditions else "",
        str(use.count),
        _time(use.first_seen),
        _time(use.last_seen),
        " ".join(use.event_ids),
    )


def _cell(text: str) -> str:
    """Keep a spreadsheet from reading a hostile name as a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _time(moment: datetime | None) -> str:
    return "" if moment is None else moment.isoformat().replace("+00:00", "Z")


def _day(moment: str | None) -> str:
    """Return the day of an instant at midnight, any other as it is."""
    return "unknown" if moment is None else moment.removesuffix("T00:00:00Z")


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _pretty(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _bytes(text: str) -> bytes:
    # a lone surrogate in a log's name has no UTF-8; JSON's own escape stands for it
    return (text if text.endswith("\n") else text + "\n").encode("utf-8", "backslashreplace")
