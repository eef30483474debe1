"""A name for the evidence on one principal: as long as it is the same, so is the recommendation."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import msgspec

from iamaudit.knowledge.generalise import care_of
from iamaudit.recommend.evidence import PrincipalEvidence
from iamaudit.recommend.generalise import prefixes_of
from iamaudit.recommend.joint import Shared
from iamaudit.recommend.known import Known

# of the coverage: what a certificate judges by; how many days and events there were moves every night and changes nothing
_JUDGED_BY: Final = ("days_without_logs", "trails_known_since")


def evidence_key(evidence: PrincipalEvidence, made_with: Mapping[str, Any]) -> str:
    """Return the key of *evidence* and of what a recommendation is *made_with*: options and versions, JSON-ready.

    The window moves every night: its length counts, its days do not. The words of a rhythm say how long ago it was and
    are left out. What is known to exist grows with everybody's use: it counts as far as it decides which siblings may
    become a pattern, and not as far as it measures them. Uses, counts, policies and reasons all count, and so does
    every field that evidence may get.
    """
    uses = tuple(sorted((replace(use, rhythm="") for use in evidence.uses), key=repr))
    start, end = evidence.window_start, evidence.window_end
    plain = replace(
        evidence,
        uses=uses,
        window_start=None,
        window_end=None,
        known=Known(),
        coverage={name: evidence.coverage.get(name) for name in _JUDGED_BY},
    )
    days = None if start is None or end is None else (end - start).days
    return digest_of([plain, days, list(_crowded(evidence)), made_with])


def shared_key(
    shared: Shared,
    made_with: Mapping[str, Any],
    key_of: Callable[[PrincipalEvidence], str],
    joining: Sequence[PrincipalEvidence] = (),
) -> str:
    """Return the key of a thing that several hold: of the thing itself, and of all that is known of each holder.

    *key_of* is `evidence_key` of a holder, other agreements that it has part in included; *joining* are those who will hold it
    instead of policies of their own. Siblings are judged over the uses of all holders together, and so is what is beside them.
    """
    holders = [
        [key_of(one.evidence), [[other.policy_id, other.through] for other in one.others]] for one in shared.holders
    ]
    everybody = [*(one.evidence for one in shared.holders), *joining]
    together = replace(shared.whole, known=shared.known, uses=tuple(use for one in everybody for use in one.uses))
    whole = evidence_key(shared.whole, made_with)
    return digest_of(["shared", whole, holders, [key_of(one) for one in joining], list(_crowded(together))])


def digest_of(value: object) -> str:
    """Return a name for a value of plain data, the same for equal ones."""
    text = msgspec.json.encode(value, order="deterministic", enc_hook=str)
    return hashlib.sha256(text).hexdigest()[:32]


def _crowded(evidence: PrincipalEvidence) -> Iterator[tuple[str, str]]:
    """Yield (action, prefix) where so much else is known beside the used siblings that they stay names (see `Scope`)."""
    names: defaultdict[str, set[str]] = defaultdict(set)
    for use in evidence.uses:
        names[use.action].add(use.resource)
    for action, used in sorted(names.items()):
        care = care_of(action.partition(":")[0])
        if care.threshold is None or len(used) <= care.threshold:
            continue
        members: defaultdict[str, list[str]] = defaultdict(list)
        for name in used:
            for prefix in prefixes_of(name):
                members[prefix].append(name)
        for prefix, siblings in sorted(members.items()):
            is_many = len(siblings) > care.threshold
            if is_many and evidence.known.others(prefix, siblings) > care.tolerance * len(siblings):
                yield action, prefix
