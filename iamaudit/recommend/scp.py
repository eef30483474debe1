"""A service control policy that denies what nobody below a unit or account used, and the logs would have shown."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

from iamaudit.errors import ConfigError, PromiseBrokenError
from iamaudit.knowledge.escalation import escalation_actions
from iamaudit.knowledge.spared_services import spared_services
from iamaudit.model.policy import Condition, Effect, Policy, Statement
from iamaudit.policy.expand import matching
from iamaudit.policy.render import size
from iamaudit.recommend.choices import SCP_ATTACHMENTS, SCP_CHARACTERS
from iamaudit.recommend.evidence import Actions
from iamaudit.recommend.scp_evidence import Need, Target, strongest

LEVELS: Final = ("service", "action")
RISKS: Final = ("escalation", "permissions", "write", "read", "granted to nobody")
_ACCESS: Final = (("Permissions management", "permissions"), ("Write", "write"), ("Tagging", "write"))


class RatedActions(Actions, Protocol):
    """A catalogue that also says what an action can do."""

    def access_level(self, action: str) -> str | None:
        """AWS's words, such as "Read" or "Tagging, Write"."""


@dataclass(frozen=True, slots=True)
class Line:
    """What was decided about a service (`sqs:*`) or an action, and why; `state` is denied, no_room, aws or a need's."""

    pattern: str
    state: str
    reason: str
    risk: str
    granted: int = 0  # actions that somebody holds
    principals: int = 0  # that hold most of one of them


@dataclass(frozen=True, slots=True)
class ScpProposal:
    """The policies to attach beside today's; none of them, and `refused`, when there is nothing that can be denied.

    `lines` are all services, and at the level `action` the unused actions of those that are in use. The policies only deny.
    """

    target: Target
    level: str
    policies: tuple[Policy, ...] = ()
    lines: tuple[Line, ...] = ()
    refused: str = ""
    refused_kind: str = ""  # coverage | unreadable | quota | nothing_to_do

    def in_state(self, *states: str) -> tuple[Line, ...]:
        """Return the lines of some states."""
        return tuple(line for line in self.lines if line.state in states)


def propose_scp(
    target: Target,
    catalogue: RatedActions,
    *,
    level: str = "service",
    largest: int = SCP_CHARACTERS,
    most: int = SCP_ATTACHMENTS,
) -> ScpProposal:
    """Return what can be denied at *target* without denying anything that was used, or may have been.

    A service is denied as `service:*` when no action of it is needed by anybody in any account below; *level* `action` also
    denies single actions that are granted to somebody and needed by nobody. What can do most harm comes first when there is
    not room for all: *largest* characters in each of *most* policies, those of today counted but for what an earlier run proposed. Principals that are protected as
    a whole are exempt by their ARN. Raises ConfigError for another level.
    """
    if level not in LEVELS:
        raise ConfigError(f"level `{level}` is not offered for an SCP: choose one of {', '.join(LEVELS)}")
    blind = [account for account in target.accounts if account.blind]
    if blind or not target.accounts:
        words = "; ".join(f"account {one.account_id}: {one.blind}" for one in blind)
        kind = "unreadable" if any(one.blind_kind == "unreadable" for one in blind) else "coverage"
        return ScpProposal(target, level, refused=words or "it has no active member account", refused_kind=kind)
    lines = _judged(target, catalogue, level)
    room = most - len(target.stays)
    wanted = sorted((line for line in lines if line.state == "denied"), key=_by_risk)
    if not wanted:
        why = "every service is in use, or nobody can say that it is not"
        return ScpProposal(target, level, lines=lines, refused=why, refused_kind="nothing_to_do")
    policies, left = _packed([line.pattern for line in wanted], target.exempt, largest, room)
    if not policies:
        why = f"AWS attaches {most} SCPs, and {', '.join(target.stays)} are: join or detach some first"
        if room > 0:
            why = f"the {len(target.exempt)} protected principals that it must spare leave no room in {largest} characters"
        return ScpProposal(target, level, lines=lines, refused=why, refused_kind="quota")
    _check(policies, target, largest)
    why = f"no room: {len(policies)} policies of {largest} characters are full"
    lines = tuple(replace(one, state="no_room", reason=why) if one.pattern in left else one for one in lines)
    return ScpProposal(target, level, policies, lines)


def _judged(target: Target, catalogue: RatedActions, level: str) -> tuple[Line, ...]:
    needs: defaultdict[str, dict[str, Need]] = defaultdict(dict)
    every = ((action, need) for account in target.accounts for action, need in account.needs.items())
    for action, need in strongest(every).items():
        needs[_service(action)][action] = need
    of_aws = {name: why for one in target.accounts for name, why in sorted(one.of_aws.items())}
    services: defaultdict[str, list[str]] = defaultdict(list)
    for action in catalogue.all_actions():
        services[_service(action)].append(action)
    lines: list[Line] = []
    for service, actions in sorted(services.items()):
        granted = [action for action in actions if target.granted.get(action)]
        line = _line(f"{service}:*", granted, target.granted, catalogue)
        spared = spared_services().get(service) or of_aws.get(service)
        if not needs[service]:
            lines.append(replace(line, state="aws", reason=spared) if spared else line)
        else:
            action, need = min(needs[service].items(), key=lambda pair: (pair[1].rank[0], pair[0]))
            lines.append(replace(line, state=need.state, reason=f"{action}: {need.reason}"))
            if level == "action" and service not in spared_services():
                idle = (action for action in granted if action not in needs[service])
                lines += [_line(action, [action], target.granted, catalogue) for action in idle]
    return tuple(lines)


def _line(pattern: str, granted: Sequence[str], holders: Mapping[str, int], catalogue: RatedActions) -> Line:
    why = "granted, and not used by anybody in the window, which the logs would have shown"
    if not granted:
        why = "granted to nobody, and used by nobody"
    risk = min((_risk(action, catalogue) for action in granted), key=RISKS.index, default=RISKS[-1])
    most = max((holders[action] for action in granted), default=0)
    return Line(pattern, "denied", why, risk, len(granted), most)


def _risk(action: str, catalogue: RatedActions) -> str:
    if action in escalation_actions():
        return "escalation"
    level = catalogue.access_level(action) or ""
    return next((risk for word, risk in _ACCESS if word in level), "read")


def _by_risk(line: Line) -> tuple[int, bool, int, int, str]:
    """Order by harm; of the same harm whole services come first, since one pattern denies more."""
    return RISKS.index(line.risk), not line.pattern.endswith(":*"), -line.principals, -line.granted, line.pattern


def _service(action: str) -> str:
    return action.partition(":")[0].lower()


def _packed(
    patterns: Sequence[str], exempt: Sequence[str], largest: int, room: int
) -> tuple[tuple[Policy, ...], frozenset[str]]:
    """Return policies that hold *patterns*, the first first, and those for which there was no room."""
    frame = size(_policy(("a:*", "b:*", "a:B", "b:B"), exempt)) - _length(("a:*", "b:*", "a:B", "b:B"))
    bins: list[tuple[list[str], int]] = []
    left: set[str] = set()
    for pattern in patterns:
        needed = _length((pattern,))
        for number, (held, used) in enumerate(bins):
            if used + needed <= largest:
                bins[number] = ([*held, pattern], used + needed)
                break
        else:
            if len(bins) < room and frame + needed <= largest:
                bins.append(([pattern], frame + needed))
            else:
                left.add(pattern)
    return tuple(_policy(held, exempt) for held, _ in bins), frozenset(left)


def _length(patterns: Iterable[str]) -> int:
    return sum(len(json.dumps(pattern)) + 1 for pattern in patterns)  # the comma


def _policy(patterns: Iterable[str], exempt: Sequence[str]) -> Policy:
    """Return one policy: whole services, then single actions, sorted.

    The exemption is by `aws:PrincipalArn`, which of a role's session is the role's ARN (domain.md §3.3).
    """
    listed = sorted(patterns)
    conditions = (Condition("ArnNotLike", "aws:PrincipalArn", tuple(exempt)),) if exempt else ()
    parts = (
        ("DenyUnusedServices", tuple(one for one in listed if one.endswith(":*"))),
        ("DenyUnusedActions", tuple(one for one in listed if not one.endswith(":*"))),
    )
    return Policy(
        tuple(
            Statement(Effect.DENY, sid=sid, actions=actions, resources=("*",), conditions=conditions)
            for sid, actions in parts
            if actions
        )
    )


def _check(policies: Iterable[Policy], target: Target, largest: int) -> None:
    """Raise PromiseBrokenError when the policies name an action that somebody needs, or are longer than AWS takes."""
    needed = tuple(sorted({action for account in target.accounts for action in account.needs}))
    for policy in policies:
        if size(policy) > largest:
            raise PromiseBrokenError(f"an SCP has {size(policy)} characters, AWS takes {largest}: report this")
        patterns = [pattern for statement in policy.statements for pattern in statement.actions]
        if wrong := sorted(matching(patterns, needed)):
            raise PromiseBrokenError(f"an SCP denies `{wrong[0]}`, which is needed: report this")
