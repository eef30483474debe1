"""Whether all who hold a managed policy can live with one smaller version of it, or each needs its own."""

from __future__ import annotations

from iamaudit.recommend.joint import Needed, Shared
from iamaudit.recommend.keep import KeepSet

Pair = tuple[str, str]


def why_split(shared: Shared, found: Needed, tolerance: float) -> str:
    """Return why the holders of a policy should each get their own; empty when one version fits all of them.

    One version grants each holder what all of them need: at most *tolerance* times its own need, counted in (action,
    resource) pairs. A holder that needs nothing of it is better off without. *found* is what `needed` says of *shared*.
    """
    for holder in shared.holders:
        evidence = holder.evidence
        if evidence.protected:
            return f"`{evidence.name}` is protected and keeps it as it is"
        if evidence.permission_set is not None:
            return f"the permission set `{evidence.permission_set}` decides what its roles hold"
    return beyond(found, {one.evidence.arn: one.evidence.name for one in shared.holders}, tolerance)


def beyond(found: Needed, names: dict[str, str], tolerance: float) -> str:
    """Return who would be granted too much by the union, and how much; empty when nobody is."""
    together = len(pairs(found.together))
    for arn, one in sorted(found.by_holder.items()):
        own = len(pairs(one))
        if not own and together:
            return f"`{names[arn]}` needs nothing of it"
        if together > tolerance * own:
            return f"`{names[arn]}` needs {own} of the {together} (action, resource) pairs that all need together"
    return ""


def pairs(keep: KeepSet) -> frozenset[Pair]:
    """Return what a keep set must allow, each action on each resource or pattern once; whole statements by their words."""
    found = {(grain.action, one) for grain in keep.grains for one in grain.resources or grain.not_resources}
    for source in keep.whole:
        statement = source.statement
        named = statement.resources or statement.not_resources
        found |= {(action, one) for action in statement.actions or statement.not_actions for one in named}
    return frozenset(found)
