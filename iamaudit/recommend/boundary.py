"""The keep set as one permissions boundary: today's policies stay, and what nobody needs is cut off around them."""

from __future__ import annotations

from dataclasses import dataclass

from iamaudit.model.change import Change, ChangeKind
from iamaudit.model.policy import Effect, Policy, Statement
from iamaudit.policy.render import to_json
from iamaudit.recommend.evidence import Actions, PrincipalEvidence
from iamaudit.recommend.fit import LARGEST_POLICY, fit
from iamaudit.recommend.glob import literal
from iamaudit.recommend.group import Versioned, in_newest, statements_of, unique_sids_of
from iamaudit.recommend.keep import KeepSet, NotGranted
from iamaudit.recommend.names import Names
from iamaudit.recommend.scope import Generalised, Scope
from iamaudit.recommend.sources import is_pattern

NOTE = (
    "a boundary limits what resource policies grant to the role's ARN too: what only they grant is allowed here as far as the "
    "logs show it"
)


@dataclass(frozen=True, slots=True)
class Boundary:
    """The boundary and how to set it, or why there is none."""

    policy: Policy | None = None
    changes: tuple[Change, ...] = ()
    generalised: tuple[Generalised, ...] = ()
    refused: str = ""


def boundary_of(
    evidence: PrincipalEvidence,
    keep: KeepSet,
    catalogue: Actions,
    *,
    threshold: int | None = None,
    largest: int = LARGEST_POLICY,
    shorten_with: tuple[str, ...] = (),
) -> Boundary:
    """Return one managed policy that allows what is kept, to be the principal's permissions boundary.

    It grants nothing by itself, so nothing can become allowed (domain.md §3.2); what resource policies granted and the logs
    show is allowed in it, since a boundary would refuse it otherwise. A principal that has a boundary keeps it: taking its
    place could allow more.
    """
    if evidence.boundary is not None:
        return Boundary(
            refused="it has a permissions boundary already, and another one could allow more: change that one"
        )
    scope = Scope(keep.grains, evidence.known, threshold)
    statements, made = statements_of(keep.grains, [], scope, catalogue, shorten_with=shorten_with)
    carried = [
        in_newest(Versioned(one.statement, one.version, is_carried=True)) for one in keep.whole if one.statement.actions
    ]
    listed = unique_sids_of([*carried, *statements, *_by_resource_policies(keep.used_not_granted)])
    fitted = fit(listed, largest=largest, most=1)
    if fitted.refused:
        return Boundary(refused=f"as a boundary it must be one policy: {fitted.refused}")
    policy = fitted.policies[0] if fitted.policies else Policy((_NOTHING,))
    names = Names(evidence)
    arn = names.arn_of(names.take_boundary())
    text = to_json(policy, indent=None)
    why = "a boundary around today's policies, which stay"
    changes = (
        Change(ChangeKind.CREATE_POLICY, "", arn, text, None, why),
        Change(ChangeKind.PUT_PERMISSIONS_BOUNDARY, evidence.arn, arn, None, None, why),
    )
    return Boundary(policy, () if evidence.permission_set is not None else changes, made)


_NOTHING = Statement(Effect.DENY, sid="NothingIsNeeded", actions=("*",), resources=("*",))


def _by_resource_policies(missing: tuple[NotGranted, ...]) -> list[Versioned]:
    """Return statements for the uses that no identity policy granted; what a Deny refuses stays refused anyhow."""
    resources: dict[str, set[str]] = {}
    for one in missing:
        if "Deny" not in one.reason:
            name = one.use.resource if is_pattern(one.use) else literal(one.use.resource)
            resources.setdefault(one.use.action, set()).add(name)
    together: dict[tuple[str, ...], set[str]] = {}
    for action, names in resources.items():
        together.setdefault(("*",) if "*" in names else tuple(sorted(names)), set()).add(action)
    return [
        Versioned(
            Statement(
                Effect.ALLOW,
                sid="GrantedByResourcePolicies",
                actions=tuple(sorted(actions)),
                resources=names,
            )
        )
        for names, actions in sorted(together.items())
    ]
