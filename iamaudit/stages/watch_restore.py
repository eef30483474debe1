"""What gives back the calls that our changes refuse: bundles for principals, for what they share, and for boundaries."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from iamaudit.deliver.files import delivery_files
from iamaudit.errors import InputError
from iamaudit.knowledge.actions import catalogue
from iamaudit.model.change import Change, ChangeKind
from iamaudit.model.holder import holder_of
from iamaudit.model.plan import Plan
from iamaudit.model.policy import Policy
from iamaudit.policy.render import render, size, to_json
from iamaudit.proof.bundle import safe_name
from iamaudit.proof.write import write_bundle
from iamaudit.recommend.evidence import CurrentPolicy
from iamaudit.stages.inline_room import fits_inline
from iamaudit.stages.watch import Watched
from iamaudit.watch.applied import Applied, named
from iamaudit.watch.places import Placed, into_boundary, into_policy, into_set
from iamaudit.watch.refusals import Cause, Judged, never_more, restoring

Result = tuple[str, Path | None, str]
RESTORED: Final = "iamaudit-restored"
_NO_STATEMENT: Final = "no statement of the policies before surely granted it"
_NOT_PROVEN: Final = "it is not proven that what is given back was granted before the change"


def give_back(watched: Watched, out: Path, *, perhaps: bool = False) -> list[Result]:
    """Write bundles that give back what we caused; return what each is for, its folder or None, and what is to be said of it.

    Below *out* in `restore/<account>/<kind>/<name>`. What something shared took away goes back into it, and where that has no
    room or no proof, to those alone who were refused it. Never allows what the policies before the change did not: a bundle for
    which that is not proven is not written.
    """
    results: list[Result] = []
    by_key: defaultdict[str, list[Judged]] = defaultdict(list)
    alone: defaultdict[str, list[Judged]] = defaultdict(list)
    for one in watched.of(Cause.OURS, *([Cause.PERHAPS] if perhaps else [])):
        # what was taken from one who moved into a group goes back to that one, not to all who are in it
        if one.applied.taken:
            alone[one.refusal.principal].append(one)
        else:
            by_key[one.applied.key].append(one)
    notes: defaultdict[str, list[str]] = defaultdict(list)
    for key, judged in sorted(by_key.items()):
        if judged[0].applied.boundary:
            results.append(_to_boundary(watched.latest[key], judged, out, perhaps=perhaps))
        elif judged[0].applied.thing:
            result = _to_thing(watched, key, judged, out, perhaps=perhaps)
            if result[1] is not None:
                results.append(result)
                continue
            for one in judged:
                alone[one.refusal.principal].append(one)
            for principal in {one.refusal.principal for one in judged}:
                notes[principal].append(f"not into {named(key)}: {result[2]}; for {principal} alone")
    for principal in sorted({*alone, *(key for key in by_key if key.startswith("arn:") and _is_own(by_key[key]))}):
        own = by_key.get(principal, [])
        results.append(_to_principal(watched, principal, own, alone[principal], out, notes[principal], perhaps=perhaps))
    return sorted(results, key=lambda one: one[0])


def _is_own(judged: Sequence[Judged]) -> bool:
    return any(not one.applied.thing and not one.applied.boundary for one in judged)


def _to_principal(
    watched: Watched,
    principal: str,
    own: Sequence[Judged],
    alone: Sequence[Judged],
    out: Path,
    notes: Sequence[str],
    *,
    perhaps: bool,
) -> Result:
    """Give back to one user or role what its own bundle took, and what could not go back into something shared."""
    known, said = catalogue(), "; ".join(notes)
    restored = restoring([*own, *alone], perhaps=perhaps)
    if not restored:
        return principal, None, "; ".join([*notes, _NO_STATEMENT])
    mine = restoring(own, perhaps=perhaps)
    proofs = [never_more(one.applied, watched.latest[principal], mine, known) for one in own]
    for one in alone:
        newest = _newest(watched, one)
        same = [each for each in alone if each.applied.thing == one.applied.thing]
        proofs.append(never_more(one.applied, newest, restoring(same, perhaps=perhaps), known))
    if not all(proofs):
        return principal, None, "; ".join([*notes, f"{_NOT_PROVEN}: look at it by hand"])
    newest = watched.latest[principal] if principal in watched.latest else _newest(watched, alone[0])
    held = replace(newest, after=(*newest.after, *newest.others), others=())
    try:
        return principal, _for_holder(held, restored, out, watched.inline.get(principal)), said
    except InputError as error:  # a role of a permission set: nobody may change it
        return principal, None, "; ".join([*notes, str(error)])


def _newest(watched: Watched, judged: Judged) -> Applied:
    """Return the newest change of what is shared, as the refused principal has it."""
    return replace(judged.applied, after=watched.latest[judged.applied.key].after)


def _to_thing(watched: Watched, thing: str, judged: Sequence[Judged], out: Path, *, perhaps: bool) -> Result:
    latest, restored = watched.latest[thing], restoring(judged, perhaps=perhaps)
    if not restored:
        return thing, None, _NO_STATEMENT
    if not all(never_more(replace(one.applied, others=()), latest, restored, catalogue()) for one in judged):
        return thing, None, _NOT_PROVEN
    who = f"{named(thing)}: for everybody who has it, as before the change"
    if ":group/" in thing:
        return thing, _for_holder(latest, restored, out, watched.inline.get(thing)), who
    placed = into_policy(latest, restored) if ":policy/" in thing else into_set(latest, restored)
    if placed.refused:
        return thing, None, placed.refused
    return thing, _for_placed(latest, placed, out), who


def _to_boundary(latest: Applied, judged: Sequence[Judged], out: Path, *, perhaps: bool) -> Result:
    """Give back within a boundary, which grants nothing: what is allowed is what the policies allowed before it."""
    restored = restoring(judged, perhaps=perhaps)
    if not restored:
        return latest.principal, None, _NO_STATEMENT
    placed = into_boundary(latest, restored)
    if placed.refused:
        return latest.principal, None, f"{placed.refused}: change the boundary by hand"
    policies = tuple(one.policy for one in latest.after)
    boundary = {"boundary.json": _bytes(render(placed.policies[0]))}
    folder = _for_placed(latest, replace(placed, policies=policies), out, kind="boundary", more=boundary)
    return latest.principal, folder, f"into the boundary `{latest.boundary[0].policy_id}`"


def _for_holder(latest: Applied, restored: Sequence[Policy], out: Path, inline: int | None) -> Path:
    """Write the bundle of policies of their own for a user, role or group."""
    holder = holder_of(latest.principal)
    changes: list[Change] = []
    why = "gives back what was refused since the last change"
    is_inline = fits_inline(holder, inline, sum(size(policy) for policy in restored))
    for policy in restored:
        text = to_json(policy, indent=None)
        # named after its content, so that a second one never replaces the first
        name = f"{RESTORED}-{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"
        if is_inline:
            changes.append(Change(ChangeKind.PUT_INLINE_POLICY, latest.principal, name, text, None, why))
        else:
            arn = f"arn:{holder.partition}:iam::{holder.account}:policy/{holder.name[:90]}-{name}"
            changes.append(Change(ChangeKind.CREATE_POLICY, "", arn, text, None, why))
            changes.append(Change(ChangeKind.ATTACH_POLICY, latest.principal, arn, None, None, why))
    policies = (*(one.policy for one in latest.after), *restored)
    return _for_placed(latest, Placed(tuple(changes), policies), out)


def _for_placed(
    latest: Applied, placed: Placed, out: Path, *, kind: str = "", more: Mapping[str, bytes] | None = None
) -> Path:
    plan = Plan(latest.principal, placed.changes)
    if latest.principal.split(":")[2:3] == ["sso"]:
        parts = ["identity-center", latest.principal.rpartition("/")[2]]
    else:
        holder = holder_of(latest.principal)
        parts = [holder.account, kind or holder.kind, holder.name]
    folder = "/".join(["restore", *map(safe_name, parts)])
    files: dict[str, bytes] = {"plan.json": _bytes(plan.as_json()), "current.json": _bytes(_current(latest))}
    documents = [render(policy) for policy in placed.policies]
    files |= {f"policy-{number}.json": _bytes(document) for number, document in enumerate(documents, 1)}
    # nothing is taken away, so what else is held does not matter
    files |= delivery_files(plan, None, title=f"what {latest.principal} was refused") | dict(more or {})
    return write_bundle({f"{folder}/{name}": content for name, content in files.items()}, out)


def _current(latest: Applied) -> dict[str, Any]:
    return {"principal": latest.principal, "policies": [_entry(one) for one in latest.after]}


def _entry(one: CurrentPolicy) -> dict[str, Any]:
    fields = {"policy_id": one.policy_id, "name": one.name, "kind": one.kind, "through": one.through}
    return {**fields, "document": render(one.policy)}


def _bytes(value: object) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode("utf-8", "backslashreplace")
