"""The decision: all evidence first, then one walk through AWS's flow chart (domain.md §3.2)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Protocol

from iamaudit.knowledge.rcp import takes_rcps
from iamaudit.model.arn import Arn, parse_arn
from iamaudit.model.policy import Effect, Policy, PolicyKind
from iamaudit.model.verdict import Decision, PolicySet, Request, Verdict
from iamaudit.policy.acl import acl_grant, blocks, is_foreign_object
from iamaudit.policy.context import context_of
from iamaudit.policy.evidence import Asked, Evidence, StatementIndex, index_of
from iamaudit.policy.principals import Caller, CallerKind, Grant, identify
from iamaudit.policy.public_access import is_public
from iamaudit.policy.reasons import matched, not_allowed

VIA_SERVICE = "aws:viaawsservice"  # lower case: a service calls in the caller's name
_ASSUMING = frozenset(
    {
        "sts:assumerole",
        "sts:assumerolewithsaml",
        "sts:assumerolewithwebidentity",
        "sts:setsourceidentity",
        "sts:tagsession",
    }
)
_OWNERS_OF_BUCKETS_MAY = frozenset({"s3:deleteobject", "s3:deleteobjectversion"})  # also what others own
_CALLER_IDENTITY = ("`sts:GetCallerIdentity` needs no permission and cannot be denied",)
_OUTSIDERS = frozenset({CallerKind.SERVICE, CallerKind.IDENTITY_PROVIDER, CallerKind.ANONYMOUS})


@dataclass(frozen=True, slots=True)
class Case:
    """Everything that bears on one request; None is a kind of policy that does not apply."""

    asked: Asked
    is_same_account: bool
    needs_resource_policy: bool  # a role's trust policy and a KMS key policy: without their word nothing is allowed
    ignores_resource_allows: str  # why a bucket policy that allows does not count here, or nothing
    acl_grant: Grant
    identity: Evidence
    boundaries: tuple[Evidence, ...]  # each must allow
    session: Evidence | None
    scp: tuple[Evidence, ...] | None  # levels from the root down: each must allow
    scp_places: tuple[str, ...]  # what the levels are called, when it is known
    rcp: tuple[Evidence, ...] | None
    resource: Evidence | None
    endpoint: Evidence | None

    def all_evidence(self) -> tuple[Evidence, ...]:
        """Return the evidence in the order in which a Deny is reported."""
        single = (self.resource, self.identity, *self.boundaries, self.session, self.endpoint)
        return (*(self.scp or ()), *(self.rcp or ()), *(one for one in single if one is not None))


class Way(Protocol):
    """A walk through the flow chart, or a part of it; *hopeful* counts an unknown Allow as one."""

    def __call__(self, case: Case, *, hopeful: bool) -> Verdict:
        """Return where the walk ends."""


def decide(request: Request, policies: PolicySet) -> Verdict:
    """Return what *policies* say about *request*, who decided it and why (domain.md §3.2).

    A condition key that an open request does not tell is unknown: its Allow does not match, its Deny does not match,
    and `conditional_on` lists the keys whenever another value of them could turn an allowed request into a denied
    one or a denied one into an allowed one. A boundary list is an intersection, an empty one no boundary; an
    empty SCP level allows nothing; every RCP level holds RCPFullAWSAccess. Raises InputError for a principal that
    cannot be understood.
    """
    return Decider(policies).decide(request)


class Decider:
    """Decides many requests against the same policies: statements are indexed by service and action once."""

    def __init__(self, policies: PolicySet) -> None:
        """Index *policies*."""
        self._acl = policies.acl
        self._identity = index_of(policies.identity, PolicyKind.IDENTITY)
        self._boundaries = tuple(index_of([policy], PolicyKind.BOUNDARY) for policy in policies.boundary or ())
        self._session = _index_or_none(policies.session, PolicyKind.SESSION)
        self._scp_places = policies.scp_places
        self._is_public = policies.resource is not None and is_public(policies.resource)
        self._scp = _levels_or_none(policies.scp, PolicyKind.SCP)
        self._rcp = _levels_or_none(policies.rcp, PolicyKind.RCP)
        self._resource = _index_or_none(None if policies.resource is None else [policies.resource], PolicyKind.RESOURCE)
        self._endpoint = _index_or_none(policies.endpoint or None, PolicyKind.ENDPOINT)

    def decide(self, request: Request) -> Verdict:
        """Return the verdict of `decide`."""
        return _settled(self._collect(request), _whole_way)

    def decide_for_caller(self, request: Request) -> Verdict:
        """Return what the caller's own side says: Denies, SCPs, identity policies, boundary and session policy.

        For comparing two sets of identity policies when resource policies are not known: a resource policy in the
        set may still deny, but grants nothing and is not missed.
        """
        return _settled(self._collect(request), _callers_way)

    def _collect(self, request: Request) -> Case:
        caller = identify(request.principal)
        arn = parse_arn(request.resource)
        resource_account = request.resource_account or (arn.account if arn else None) or caller.account
        context = context_of(request, caller, resource_account)
        asked = Asked(caller, request.action, request.resource, context, bool(self._boundaries))
        is_same_account = caller.account == resource_account
        has_scp = _scp_reaches(caller) and not request.principal_in_management_account
        owner_is_management = is_same_account and request.principal_in_management_account
        has_rcp = not caller.is_service_linked and not owner_is_management and _rcp_reaches(request)
        is_foreign = is_foreign_object(self._acl, request.resource, resource_account)
        return Case(
            asked=asked,
            is_same_account=is_same_account,
            needs_resource_policy=_needs_resource_policy(request.action.lower(), arn)
            or (is_foreign and request.action.lower() not in _OWNERS_OF_BUCKETS_MAY),
            ignores_resource_allows=self._why_no_allows(caller, is_foreign=is_foreign, is_own=is_same_account),
            acl_grant=acl_grant(self._acl, caller, request.action, request.resource),
            identity=self._identity.evidence(asked),
            boundaries=tuple(index.evidence(asked) for index in self._boundaries),
            session=_evidence_or_none(self._session, asked),
            scp=tuple(level.evidence(asked) for level in self._scp) if has_scp and self._scp is not None else None,
            scp_places=self._scp_places,
            rcp=tuple(level.evidence(asked) for level in self._rcp) if has_rcp and self._rcp is not None else None,
            resource=_evidence_or_none(self._resource, asked),
            endpoint=None if _passes_no_endpoint(caller, request) else _evidence_or_none(self._endpoint, asked),
        )

    def _why_no_allows(self, caller: Caller, *, is_foreign: bool, is_own: bool) -> str:
        """Return why the Allows of a bucket policy do not count for *caller*, or an empty text."""
        if is_foreign:
            return "the object belongs to another account than the bucket, whose policy grants nothing on it"
        is_let_in = is_own or caller.kind is CallerKind.SERVICE
        if self._is_public and not is_let_in and blocks(self._acl, "RestrictPublicBuckets"):
            return "the bucket policy is public and RestrictPublicBuckets keeps out everybody but the owner's account"
        return ""


def _whole_way(case: Case, *, hopeful: bool) -> Verdict:
    """Walk through the flow chart of domain.md §3.2, top to bottom."""
    guarded = _guardrails(case, hopeful=hopeful)
    if guarded is not None:
        return guarded

    grant, by_resource = _resource_side(case, hopeful=hopeful)

    if case.asked.caller.kind is CallerKind.ROOT and case.asked.action.lower() == "sts:assumerole":
        return _denied("service_rule", ("a root user can assume no role: do it as a user or another role",))

    if case.asked.caller.kind in _OUTSIDERS:  # no policies of their own: the resource's word is enough, and needed
        return by_resource if grant is Grant.DIRECT else _missing_resource(case)

    if not case.is_same_account:  # both sides must allow; a direct grant does not replace the caller's side
        if grant is Grant.NONE:
            return _missing_resource(case)
        own = _own_policies(case, hopeful=hopeful)
        return replace(by_resource, reasons=by_resource.reasons + own.reasons) if _is_allowed(own) else own

    if grant is Grant.DIRECT:  # implicit denies of identity, boundary and session policies do not matter
        return by_resource
    if grant is Grant.ROLE:  # the identity policies are not needed, the limits hold
        return _limits(case, hopeful=hopeful) or by_resource
    if grant is Grant.NONE and case.needs_resource_policy:
        return _missing_resource(case)
    return _own_policies(case, hopeful=hopeful)


def _callers_way(case: Case, *, hopeful: bool) -> Verdict:
    """Walk through the part of the flow chart that the caller's own policies decide."""
    guarded = _guardrails(case, hopeful=hopeful)
    if guarded is not None:
        return guarded
    if case.asked.caller.kind in _OUTSIDERS:
        return _denied("identity", (f"the caller ({case.asked.caller.kind.value}) has no policies of its own",))
    return _own_policies(case, hopeful=hopeful)


def _passes_no_endpoint(caller: Caller, request: Request) -> bool:
    """Say whether a service makes the call, for itself or in the caller's name: it does not come by the endpoint (§3.2)."""
    if caller.kind is CallerKind.SERVICE:
        return True
    values = [value for key, value in request.context.items() if key.lower() == VIA_SERVICE]
    return any(str(value).lower() == "true" for value in values)


def _guardrails(case: Case, *, hopeful: bool) -> Verdict | None:
    """Return the verdict of what stands before every grant: special rules, Denies, SCPs, the endpoint policy."""
    if case.asked.action.lower() == "sts:getcalleridentity" and case.asked.caller.kind is not CallerKind.ANONYMOUS:
        return _allowed("service_rule", _CALLER_IDENTITY)
    for one in case.all_evidence():
        denies = one.denies()
        if denies:
            decided_by = _decided_by(one.kind)
            return Verdict(Decision.EXPLICITLY_DENIED, decided_by, matched(denies, case.asked))
    for number, level in enumerate(case.scp or (), 1):
        if not level.allows(hopeful=hopeful):
            place = case.scp_places[number - 1] if number <= len(case.scp_places) else f"level {number} from the root"
            return _denied("scp", not_allowed(PolicyKind.SCP, [level], case.asked, place=place))
    # an RCP level always holds RCPFullAWSAccess, so RCPs deny explicitly or not at all
    if case.endpoint is not None and not case.endpoint.allows(hopeful=hopeful):
        return _denied("endpoint", not_allowed(PolicyKind.ENDPOINT, [case.endpoint], case.asked))
    return None


def _own_policies(case: Case, *, hopeful: bool) -> Verdict:
    """Return what identity policies, boundary and session policy say together."""
    if case.asked.caller.kind is CallerKind.ROOT:
        return _allowed("service_rule", ("the account's root user needs no identity policy",))
    allows = case.identity.allows(hopeful=hopeful)
    if not allows:
        return _denied("identity", not_allowed(PolicyKind.IDENTITY, [case.identity], case.asked))
    return _limits(case, hopeful=hopeful) or _allowed("identity", matched(allows, case.asked))


def _limits(case: Case, *, hopeful: bool) -> Verdict | None:
    """Return the verdict of a boundary or session policy that does not allow, or None when both do."""
    if case.asked.caller.kind is CallerKind.ROOT:
        return None
    for boundary in case.boundaries:
        if not boundary.allows(hopeful=hopeful):
            return _denied("boundary", not_allowed(PolicyKind.BOUNDARY, [boundary], case.asked))
    if case.session is None:
        if case.asked.caller.kind is CallerKind.FEDERATED_USER:
            return _denied("session", ("a federated user without a session policy has no permissions of its own",))
        return None
    if not case.session.allows(hopeful=hopeful):
        return _denied("session", not_allowed(PolicyKind.SESSION, [case.session], case.asked))
    return None


def _resource_side(case: Case, *, hopeful: bool) -> tuple[Grant, Verdict]:
    """Return the closest grant of the resource's side, and the verdict if that is enough."""
    is_heard = case.resource is not None and not case.ignores_resource_allows
    allows = case.resource.allows(hopeful=hopeful) if case.resource is not None and is_heard else ()
    grant = max((answer.grant for answer in allows), default=Grant.NONE)
    if case.acl_grant > grant:
        to_whom = "a group of principals" if case.acl_grant is Grant.DIRECT else "the caller's account"
        return case.acl_grant, _allowed("acl", (f"the access control list grants it to {to_whom}",))
    closest = tuple(answer for answer in allows if answer.grant is grant)
    return grant, _allowed("resource", matched(closest, case.asked))


def _missing_resource(case: Case) -> Verdict:
    """Return the verdict of a resource policy that would have to allow and does not."""
    if case.ignores_resource_allows:
        return _denied("resource", (case.ignores_resource_allows,))
    if case.resource is None:
        return _denied("resource", ("no resource policy is given, and without one this caller has no access",))
    return _denied("resource", not_allowed(PolicyKind.RESOURCE, [case.resource], case.asked))


def _settled(case: Case, way: Way) -> Verdict:
    """Return the verdict of *way*, with the keys that could turn it around.

    The way is walked twice when there are unknown Allows: the second time they count. More Allows never take access
    away, so an answer that stays the same does not hang on them.
    """
    verdict = way(case, hopeful=False)
    if verdict.decided_by == "service_rule" and verdict.reasons == _CALLER_IDENTITY:
        return verdict
    evidence = case.all_evidence()
    unknown_denies = [key for one in evidence for key in one.unknown(Effect.DENY)]
    if _is_allowed(verdict):
        return replace(verdict, conditional_on=tuple(dict.fromkeys(unknown_denies))) if unknown_denies else verdict
    unknown_allows = [key for one in evidence for key in one.unknown(Effect.ALLOW)]
    if verdict.decision is Decision.EXPLICITLY_DENIED or not unknown_allows:
        return verdict
    if not _is_allowed(way(case, hopeful=True)):
        return verdict
    return replace(verdict, conditional_on=tuple(dict.fromkeys(unknown_allows + unknown_denies)))


def _needs_resource_policy(action: str, resource: Arn | None) -> bool:
    if action in _ASSUMING:
        return True
    return action.startswith("kms:") and resource is not None and resource.resource_type == "key"


def _rcp_reaches(request: Request) -> bool:
    """Return whether RCPs limit the request: of some services all, but no keys of AWS's own (domain.md §3.2)."""
    action = request.action.lower()
    is_awss_own_key = action.startswith("kms:") and ":alias/aws/" in request.resource
    return action != "kms:retiregrant" and not is_awss_own_key and takes_rcps(action.partition(":")[0])


def _scp_reaches(caller: Caller) -> bool:
    return caller.kind not in _OUTSIDERS and not caller.is_service_linked


def _decided_by(kind: PolicyKind) -> str:
    return "resource" if kind is PolicyKind.TRUST else kind.value


def _is_allowed(verdict: Verdict) -> bool:
    return verdict.decision is Decision.ALLOWED


def _allowed(decided_by: str, reasons: tuple[str, ...]) -> Verdict:
    return Verdict(Decision.ALLOWED, decided_by, reasons)


def _denied(decided_by: str, reasons: tuple[str, ...]) -> Verdict:
    return Verdict(Decision.IMPLICITLY_DENIED, decided_by, reasons)


def _index_or_none(policies: Iterable[Policy] | None, kind: PolicyKind) -> StatementIndex | None:
    return None if policies is None else index_of(policies, kind)


def _levels_or_none(levels: Iterable[Iterable[Policy]] | None, kind: PolicyKind) -> tuple[StatementIndex, ...] | None:
    return None if levels is None else tuple(index_of(level, kind) for level in levels)


def _evidence_or_none(index: StatementIndex | None, asked: Asked) -> Evidence | None:
    return None if index is None else index.evidence(asked)
