"""Which resources AWS would have evaluated for an action of a call (domain.md §2.6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from iamaudit.knowledge.always_evaluated import always_evaluated
from iamaudit.knowledge.arn_parameters import account_parameters
from iamaudit.usage.actions import spelling
from iamaudit.usage.call import Call, text
from iamaudit.usage.ec2_ids import copied, fill_ids, ids_by_type, names_another
from iamaudit.usage.fill import Filled, fill, open_arn
from iamaudit.usage.parameters import Parameters, arns_in, parameters_of
from iamaudit.usage.special import SPECIAL
from iamaudit.usage.templates import Plan, plans_of

ANY = ("*",)
_ACCOUNT_DIGITS = 12
_MAKES = ("create", "run", "allocate", "request", "import", "register", "copy", "provision", "purchase", "startnetwork")
_CHANGES = ("delete", "modify", "update", "stop", "cancel", "reboot")
_CREATES = ("create", "run", "allocate", "request", "import", "register", "copy", "provision", "start", "put")


@dataclass(frozen=True, slots=True)
class Resolved:
    """The resources of one use, how sure they are, and conditions that stand for a resource that has no ARN."""

    resources: tuple[str, ...]
    confidence: str = "high"
    conditions: Mapping[str, str] = field(default_factory=dict)


def listed_arns(call: Call) -> tuple[tuple[str, str], ...]:
    """Return (ARN, account) of the record's own `resources`; entries without an ARN are left out."""
    found = []
    if isinstance(call.resources, list):
        for entry in call.resources:
            if isinstance(entry, (dict, Mapping)):
                arn = text(entry.get("ARN")) or text(entry.get("arn"))
                if not arn and entry.get("ARNPrefix"):
                    arn = text(entry["ARNPrefix"]) + "*"
                if arn.startswith("arn:"):
                    found.append((arn, text(entry.get("accountId"))))
    return tuple(found)


def resources_of(action: str, call: Call, parameters: Parameters, role: str = "") -> Resolved:
    """Return the resources of *action* in *call*; `*` exactly where the action takes none, or with low confidence.

    *role* is "source" or "dest" for calls such as CopyObject that act on two resources.
    """
    if spelling(action) is None:
        return Resolved(ANY, "low")
    plans = plans_of(action)
    if not plans:
        return Resolved(ANY)
    special = SPECIAL.get(action) or SPECIAL.get(action.partition(":")[0])
    listed = listed_arns(call)
    if special is not None:
        answer = special(action, call, parameters, role, tuple(arn for arn, _ in listed))
        if answer is not None:
            return Resolved(*answer)
    matching = tuple(dict.fromkeys(arn for arn, _ in listed if any(p.pattern.fullmatch(arn) for p in plans)))
    if matching and not action.startswith("glue:"):
        return Resolved(matching)
    account = next((owner for _, owner in listed if owner), "") or _account(action, call, parameters)
    filled = _from_parameters(action, plans, call, parameters, account)
    if matching:
        # the catalogue and the database are evaluated beside the table that a record lists (domain.md §2.3)
        rest = filled.resources if filled.confidence == "high" else ()
        return Resolved(tuple(dict.fromkeys((*matching, *rest))))
    return filled


def _account(action: str, call: Call, parameters: Parameters) -> str:
    """Return the account that the request names as the owner (another's registry or catalogue), else the call's."""
    for name in account_parameters(action.partition(":")[0]):
        given = parameters.first(name) or ""
        if len(given) == _ACCOUNT_DIGITS and given.isdigit():
            return given
    return call.account_id


def _from_parameters(
    action: str, plans: tuple[Plan, ...], call: Call, parameters: Parameters, account: str
) -> Resolved:
    is_ec2 = action.startswith("ec2:")
    plans = tuple(p for p in plans if not _is_other(action, p, parameters))
    filled = [(p, fill(p, parameters, call, account, all_depths=action == "ec2:RunInstances")) for p in plans]
    verb = action.partition(":")[2].lower()
    if is_ec2 and verb.startswith("copy"):
        return Resolved(copied(plans, call, parameters, account))
    by_id = ids_by_type(plans, parameters) if is_ec2 else {}
    whole: list[tuple[Plan, Filled]] = []
    open_plans: list[tuple[Plan, Filled]] = []
    kept: list[str] = []
    for plan, found in filled:
        result = found if found.found else _by_default(action, plan, call, account) or found
        if by_id and result.is_whole and names_another(result.arns, plan, by_id):
            result = Filled((), 0, len(plan.slots))
        if result.is_whole:
            whole.append((plan, result))
        elif plan.resource_type in by_id:
            kept += fill_ids(plan, by_id[plan.resource_type], call, account)
        elif _is_asked(action, plan, result, parameters) or (result.found and len(plans) == 1):
            open_plans.append((plan, result))
    confidence = "low" if len(whole) > 1 and _are_alternatives(whole) else "high"
    for plan, result in whole:
        # a type that leaves its end open (`…/queue/*`) stands for all; not where one is named
        if not (len(whole) > 1 and plan.pieces[-1].endswith("*") and not plan.is_required):
            kept += result.arns
    # an ARN of the request names a thing of its type, whatever its parameter is called (domain.md §2.6 step 4)
    matched = _matching(parameters, plans if not kept else _unnamed(filled))
    kept += matched
    creates = verb.startswith(_CREATES)
    if not kept and not is_ec2 and creates:
        kept += _created(call, plans, account)
        if kept:
            open_plans = []
    if not kept and len(plans) == 1 and verb.startswith(_CHANGES):
        # by an id of another kind than its ARN has; the answer describes the one thing that was changed
        answered = _matching(parameters_of(call.response), plans)
        if len(answered) == 1:
            return Resolved(tuple(answered))
    # the same thing under two names, or the other kinds of a thing that was given by its ARN
    by_arn = [plan for plan, result in filled if result.is_by_arn or any(map(plan.pattern.fullmatch, matched))]
    is_given = not creates and bool(by_arn)
    given = set() if is_ec2 else {_variables(plan) for plan in by_arn}
    open_plans = [
        (plan, result)
        for plan, result in open_plans
        if not any(plan.pattern.fullmatch(arn) for arn in kept)
        and (result.found or not plan.slots or not (is_given or _variables(plan) in given))
    ]
    # when the request tells of one type, AWS evaluates the others that it requires too (domain.md §2.6): all are kept
    is_told = bool(kept) or any(result.found or not plan.slots for plan, result in open_plans)
    for plan, result in open_plans:
        if not plan.slots:
            kept += result.arns
        elif is_ec2 and verb.startswith(_MAKES):
            # AWS evaluates `type/*` for what does not exist yet
            kept.append(open_arn(plan, call, account))
        elif is_told:
            kept += result.arns
            confidence = "low"
    if not kept:
        # what a table says AWS evaluates when the request names nothing
        kept += [arn for plan, result in filled if plan.slots and not result.missing for arn in result.arns]
    if not kept:
        return Resolved(ANY, "low")
    return Resolved(tuple(dict.fromkeys(kept)), confidence)


def _variables(plan: Plan) -> tuple[str, ...]:
    """Return what a type's ARN is made of: a listener of the one kind of balancer is none of the other."""
    return tuple(slot.variable for slot in plan.slots)


def _unnamed(filled: list[tuple[Plan, Filled]]) -> tuple[Plan, ...]:
    """Return the types that no parameter's name tells of; not those of other services' things, under any name."""
    return tuple(plan for plan, found in filled if not found.found and "Vendor" not in plan.pieces)


def _matching(parameters: Parameters, plans: tuple[Plan, ...]) -> list[str]:
    """Return the ARNs among the parameters that the action can be limited to."""
    return list(dict.fromkeys(arn for arn in arns_in(parameters) if any(p.pattern.fullmatch(arn) for p in plans)))


def _created(call: Call, plans: tuple[Plan, ...], account: str) -> list[str]:
    """Return what the answer of a creation names, by ARN or else by the id that AWS gave (domain.md §2.6 step 5)."""
    response = parameters_of(call.response)
    arns = _matching(response, plans)
    if arns or not response.values:
        return arns
    results = [fill(plan, response, call, account) for plan in plans if plan.is_required]
    return [arn for result in results if result.is_whole and result.named_by for arn in result.arns]


def _by_default(action: str, plan: Plan, call: Call, account: str) -> Filled | None:
    """Return what the answer says was taken of a type that is always evaluated and that the request does not name."""
    if plan.resource_type not in always_evaluated(action) or action.startswith("ec2:"):
        return None
    found = fill(plan, parameters_of(call.response), call, account)
    return found if found.is_whole and found.named_by else None


def _are_alternatives(whole: list[tuple[Plan, Filled]]) -> bool:
    """Say whether one parameter gave the name of things of several types, of which it can only name one."""
    named: dict[str, set[tuple[str, ...]]] = {}
    for _, result in whole:
        if result.named_by:
            named.setdefault(result.named_by, set()).add(result.arns)
    return any(len(of_one) > 1 for of_one in named.values())


def _is_other(action: str, plan: Plan, parameters: Parameters) -> bool:
    """Say whether a type only shares a word with what the request names."""
    if plan.resource_type == "group":
        # a resource group is no security group, and is only ever given by its ARN
        return action.startswith("ec2:")
    if plan.resource_type == "catalog":
        # the account's own catalogue is called by the account's id, and has an ARN without a name
        return action.startswith("glue:") and ":" not in (parameters.first("catalogid") or "")
    return False


def _is_asked(action: str, plan: Plan, result: Filled, parameters: Parameters) -> bool:
    """Say whether a type is evaluated, although the request does not tell all of its ARN."""
    if result.named_by or (plan.is_required and "Tag" not in action):
        # a tagging action lists every type as required, but is called on one
        return True
    if action == "ec2:RunInstances" and plan.resource_type == "launch-template":
        return "launchtemplatename" in parameters.names
    return plan.resource_type in always_evaluated(action)


def fitting(action: str, resources: tuple[str, ...]) -> tuple[str, ...]:
    """Return those of *resources* that *action* can be limited to."""
    plans = plans_of(action)
    return tuple(arn for arn in resources if any(plan.pattern.fullmatch(arn) for plan in plans))


def made(action: str, resources: tuple[str, ...]) -> tuple[str, ...]:
    """Return those of *resources* of a creation that it makes: what it only stands in or goes by gets no tags."""
    types = always_evaluated(action) if not action.startswith("ec2:") else frozenset()
    beside = [plan for plan in plans_of(action) if plan.resource_type in types]
    return tuple(arn for arn in resources if not any(plan.pattern.fullmatch(arn) for plan in beside))
