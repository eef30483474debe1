"""What becomes of a permission set of Identity Center: one inline policy takes what stays, what AWS manages is detached."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Final

from iamaudit.model.change import Change, ChangeKind
from iamaudit.model.policy import Policy
from iamaudit.policy.render import size, to_json
from iamaudit.recommend.arrange import Arranged, Limits, arrange
from iamaudit.recommend.evidence import Actions, PrincipalEvidence
from iamaudit.recommend.group import Versioned, unique_sids_of
from iamaudit.recommend.keep import KeepSet
from iamaudit.recommend.parts import ProposedPolicy, ordered
from iamaudit.recommend.sources import WITHOUT_VARIABLES

INLINE: Final = "AwsSSOInlinePolicy"  # the name that it has in the roles of the accounts [K]
LARGEST_INLINE: Final = 10_240  # characters: it becomes an inline policy of roles (domain.md §4)
UNKNOWN_INSTANCE: Final = "/?/"  # in the ARN of a set that was not captured
_ANY: Final = Limits(sys.maxsize, sys.maxsize)


def set_arn(name: str, *, partition: str = "aws") -> str:
    """Return what stands for the ARN of a set of which the accounts tell the name only."""
    return f"arn:{partition}:sso:::permissionSet{UNKNOWN_INSTANCE}{name}"


def into_inline(whole: PrincipalEvidence, keep: KeepSet, catalogue: Actions, shorten_with: tuple[str, ...]) -> Arranged:
    """Return the parts of a set: attached policies that are wholly needed stay, of all others the one inline policy has what stays.

    A set has one inline policy, and customer-managed ones exist in each account by themselves, so nothing else can be made.
    """
    found = arrange(whole, keep, catalogue, limits=_ANY, shorten_with=shorten_with)
    moved = [part for part in found.parts if part.kind == "inline" or not part.is_untouched]
    if found.refused or all(part.is_untouched for part in moved):
        return found
    versions = {part.policy.version for part in moved}
    if len(versions) > 1:
        return Arranged(refused="one inline policy cannot hold statements of both versions of the policy language")
    version = versions.pop()
    statements = unique_sids_of(
        Versioned(statement, version or WITHOUT_VARIABLES, is_carried=part.is_untouched)
        for part in moved
        for statement in part.policy.statements
    )
    policy = Policy(tuple(one.statement for one in statements), version=version)
    if (length := size(policy)) > LARGEST_INLINE:
        return Arranged(refused=f"its inline policy would have {length} characters, and a role takes {LARGEST_INLINE}")
    inline = ProposedPolicy(
        policy,
        INLINE,
        "inline",
        f"{whole.arn}#{INLINE}",
        whole.arn,
        tuple(dict.fromkeys(key for part in moved for key in part.replaces)),
        "what stays, in the one inline policy that a set can have",
        to_json(policy, indent=None),
    )
    stays = [part for part in found.parts if part.is_untouched and part.kind != "inline"]
    return Arranged((inline, *stays), found.generalised)


def changes_of_set(whole: PrincipalEvidence, parts: Sequence[ProposedPolicy]) -> tuple[Change, ...]:
    """Return the changes of a set, provisioning last; none for a set whose ARN is not known."""
    if UNKNOWN_INSTANCE in whole.arn:
        return ()
    left = {part.policy_id: part for part in parts}
    steps: list[Change] = []
    removed: list[Change] = []
    today = {one.policy_id: one for one in ordered(whole)}
    for part in parts:
        if part.kind == "inline" and not part.is_untouched:
            before = today.get(part.policy_id)
            text = None if before is None else before.document
            steps.append(Change(ChangeKind.PUT_SET_POLICY, whole.arn, INLINE, part.document, text, part.change))
    for key, one in today.items():
        if key in left:
            continue
        is_kept = any(key in part.replaces for part in parts)
        why = "what stays of it is in the inline policy" if is_kept else "nothing of it was used or is needed"
        if one.kind == "inline":
            removed.append(Change(ChangeKind.DELETE_SET_POLICY, whole.arn, INLINE, None, one.document, why))
        else:
            kind = ChangeKind.DETACH_SET_POLICY if one.kind == "aws" else ChangeKind.DETACH_SET_REFERENCE
            removed.append(Change(kind, whole.arn, key, why=why))
    steps += removed
    if steps:
        steps.append(
            Change(ChangeKind.PROVISION_SET, whole.arn, "", why="until then the roles in the accounts are as today")
        )
    return tuple(steps)
