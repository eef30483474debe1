"""What a person can choose about recommendations, and what they exclude from them for a while."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from iamaudit.errors import ConfigError
from iamaudit.policy.match import action_matches, glob_matches

FORMATS: Final = ("json", "terraform", "cloudformation", "cli")  # JSON is always there
FORMS: Final = ("policies", "boundary")
LEVELS: Final = ("service", "action", "resource", "condition")
CONDITION_DAYS: Final = 60  # for how long, and in how many calls, a condition must have held before it is offered
CONDITION_USES: Final = 20
MOST_ATTACHMENTS: Final = 20  # what AWS raises the quota of 10 to (domain.md §4)
# Until 2026-05-14 AWS took 5,120 characters in an SCP and 5 SCPs on one unit or account; since then several say 10,240 and
# 10 while AWS's own pages still say the former (domain.md §4). What fits the smaller is right either way, so it is the default.
SCP_CHARACTERS: Final = 5120
SCP_ATTACHMENTS: Final = 5
OF_SCPS: Final = ("scp_characters", "scp_attachments")  # choices that no user's or role's bundle depends on
LARGEST_SCP_CHARACTERS: Final = 10_240
LARGEST_SCP_ATTACHMENTS: Final = 10


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A rule that keeps grants until a day: of principals (patterns of ARN or name), of actions, or of some for some.

    Who answers for it, why, and when it ends are part of the rule: what nobody owns is never looked at again. On the day
    `expires` it no longer holds.
    """

    owner: str
    reason: str
    expires: date
    principals: tuple[str, ...] = ("*",)
    actions: tuple[str, ...] = ("*",)

    def __post_init__(self) -> None:
        for name in ("owner", "reason"):
            if not getattr(self, name).strip():
                raise ConfigError(f"an exclusion needs its `{name}`: say who answers for it, and why")
        if self.principals == ("*",) and self.actions == ("*",):
            raise ConfigError("an exclusion of every action of everybody excludes all: name `principal` or `action`")

    @property
    def is_of_whole_principals(self) -> bool:
        """Whether all that its principals may do is kept."""
        return "*" in self.actions

    def is_for(self, arn: str) -> bool:
        """Whether the rule names the principal; a pattern without a colon is one of names."""
        name = arn.rpartition("/")[2]
        return any(glob_matches(pattern, arn if ":" in pattern else name) for pattern in self.principals)

    def holds(self, today: date) -> bool:
        """Whether it has not expired."""
        return today < self.expires

    def ended(self) -> str:
        """Return the words for a rule that has expired."""
        return f"an exclusion of {self.owner} ended on {self.expires} and no longer holds: {self.reason}"

    def words(self) -> str:
        """Return who excluded what, for evidence and notes."""
        return f"excluded by {self.owner} until {self.expires}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Choices:
    """How recommendations are made; the defaults are the careful ones.

    `level`: `resource` scopes to what was used, `condition` also to what held for every use (`condition_days` back from the
    window's end or longer, in `condition_uses` calls or more), `action` keeps today's resources, `service` all that is granted
    today of the services that were used. `form`: smaller policies, or a permissions
    boundary around today's. `wildcards`: write actions with wildcards that name exactly them. `attachments`: managed
    policies that AWS lets one user or role have. `formats`: of `FORMATS`, what a bundle is delivered as. `protect_tag`: users, roles and policies with it are left as they are.
    `mine_groups`: users whose own policies a group can stand for move into it, one that exists or a new one. `group_tolerance`: how many times what it needs one holder may be granted for the sake of sharing a policy or a group.
    `scp_characters` and `scp_attachments`: how long an SCP may be, and how many one unit or account may have, FullAWSAccess counted.
    """

    keep_unknown: bool = True
    level: str = "resource"
    wildcards: bool = False
    form: str = "policies"
    attachments: int = 10
    protect_tag: str = "iamaudit:protect"
    exclude: tuple[Exclusion, ...] = ()
    formats: tuple[str, ...] = FORMATS
    condition_days: int = CONDITION_DAYS
    condition_uses: int = CONDITION_USES
    group_tolerance: float = 1.05
    mine_groups: bool = False
    scp_characters: int = SCP_CHARACTERS
    scp_attachments: int = SCP_ATTACHMENTS

    def __post_init__(self) -> None:
        if self.form not in FORMS:
            raise ConfigError(f"form `{self.form}` is not offered: choose one of {', '.join(FORMS)}")
        if self.level not in LEVELS:
            raise ConfigError(f"level `{self.level}` is not offered: choose one of {', '.join(LEVELS)}")
        if unknown := sorted(set(self.formats) - set(FORMATS)):
            raise ConfigError(f"there is no format `{unknown[0]}`: choose of {', '.join(FORMATS)}")
        if type(self.attachments) is not int or not 1 <= self.attachments <= MOST_ATTACHMENTS:
            raise ConfigError(f"`attachments` is `{self.attachments}`: AWS takes from 1 to {MOST_ATTACHMENTS}")
        for name in ("condition_days", "condition_uses"):
            if type(getattr(self, name)) is not int or getattr(self, name) < 1:
                raise ConfigError(f"`{name}` is `{getattr(self, name)}`: give a whole number, 1 or more")
        for name, largest in zip(OF_SCPS, (LARGEST_SCP_CHARACTERS, LARGEST_SCP_ATTACHMENTS), strict=True):
            if type(getattr(self, name)) is not int or not 1 <= getattr(self, name) <= largest:
                raise ConfigError(f"`{name}` is `{getattr(self, name)}`: AWS takes from 1 to {largest}")
        if type(self.group_tolerance) not in {int, float} or self.group_tolerance < 1:
            raise ConfigError(f"`group_tolerance` is `{self.group_tolerance}`: give a number, 1 or more")
        for name in ("keep_unknown", "wildcards", "mine_groups"):
            if not isinstance(getattr(self, name), bool):
                raise ConfigError(f"`{name}` is `{getattr(self, name)}`: give true or false")
        if not isinstance(self.protect_tag, str):
            raise ConfigError(f"`protect_tag` is `{self.protect_tag}`: give the name of a tag in quotes")

    def exclusions_of(self, arn: str, today: date) -> tuple[Exclusion, ...]:
        """Return the rules that hold for the principal."""
        return tuple(one for one in self.exclude if one.holds(today) and one.is_for(arn))

    def expired(self, today: date) -> tuple[Exclusion, ...]:
        """Return the rules that hold no longer."""
        return tuple(one for one in self.exclude if not one.holds(today))


def is_excluded(exclusions: Iterable[Exclusion], action: str) -> bool:
    """Whether a rule names *action*."""
    return any(action_matches(pattern, action) for one in exclusions for pattern in one.actions)
