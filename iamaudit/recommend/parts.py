"""A part of a proposal: what one policy of today becomes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from iamaudit.model.policy import Policy
from iamaudit.policy.render import to_json
from iamaudit.recommend.evidence import CurrentPolicy, PrincipalEvidence

INLINE_TOTAL: Final = {"user": 2048, "role": 10_240, "group": 5120}  # characters, all inline policies (domain.md §4)
_RANK: Final = {"inline": 0, "customer": 1, "aws": 2}


@dataclass(frozen=True, slots=True)
class ProposedPolicy:
    """One policy that the principal will have.

    `policy_id` and `document` are as in CurrentPolicy: an untouched policy keeps AWS's very text, any other has minified
    JSON. `replaces` are the policy ids of today that it stands for. `through` is the principal, or the group that holds
    the policy: what a group holds is not changed for one member.
    """

    policy: Policy
    name: str
    kind: str  # inline | customer | aws
    policy_id: str
    through: str
    replaces: tuple[str, ...]
    change: str  # what happens, in words
    document: str
    is_untouched: bool = False
    is_elsewhere: bool = False  # changed by the policy's own bundle, for all who hold it


def as_today(evidence: PrincipalEvidence) -> tuple[ProposedPolicy, ...]:
    """Return today's policies as parts that do not change."""
    return tuple(untouched(one) for one in ordered(evidence))


def ordered(evidence: PrincipalEvidence) -> list[CurrentPolicy]:
    """Return today's policies: the principal's own first, inline before managed, by name."""

    def key(one: CurrentPolicy) -> tuple[bool, str, int, str, str, str]:
        return (one.through != evidence.arn, one.through, _RANK.get(one.kind, 3), one.name, one.policy_id, one.document)

    return sorted(evidence.current, key=key)


def untouched(current: CurrentPolicy) -> ProposedPolicy:
    """Return the part of a policy that stays as it is."""
    return ProposedPolicy(
        current.policy,
        current.name,
        current.kind,
        current.policy_id,
        current.through,
        (current.policy_id,),
        "left as it is",
        current.document,
        is_untouched=True,
    )


def agreed(current: CurrentPolicy, policy: Policy) -> ProposedPolicy:
    """Return the part of a policy that its own bundle shrinks to *policy* for all who hold it."""
    return ProposedPolicy(
        policy,
        current.name,
        current.kind,
        current.policy_id,
        current.through,
        (current.policy_id,),
        f"shrunk for all who hold it, by its own bundle `policy/{current.name}`",
        to_json(policy, indent=None),
        is_elsewhere=True,
    )
