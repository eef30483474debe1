"""What is known of one principal: its policies of today, its observed uses, and what the logs could not show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from iamaudit.model.policy import Policy
from iamaudit.recommend.choices import Exclusion
from iamaudit.recommend.known import Known
from iamaudit.recommend.score import HeldOut
from iamaudit.recommend.told import Told


@dataclass(frozen=True, slots=True)
class ObservedUse:
    """One permission used on one resource, added up over the window.

    `resource` is what AWS evaluated, `*` when the action takes none or when the logs do not tell. `conditions` maps
    the condition keys that the use itself tells (`iam:PassedToService`, ...) to their values; `told` are those that its calls
    had around them, of all calls of the action on the resource by the same way. `event_ids` are samples.
    A use with origin `periodic` is of earlier days than the window's.
    """

    action: str
    resource: str
    outcome: str = "success"  # success | failed (authorised, then failed)
    evidence: str = "direct"  # direct | implied
    confidence: str = "high"  # high | low: how sure the resource is | either: one of several actions, not known which
    via: str | None = None  # the AWS service that called with the principal's identity
    conditions: Mapping[str, str] = field(default_factory=dict)
    count: int = 1
    first_seen: datetime | None = None
    last_seen: datetime | None = None
    event_ids: tuple[str, ...] = ()
    origin: str = "used"  # used | periodic: not in the window, but its rhythm says that it is due again
    rhythm: str = ""  # in words, when the days of use show one
    told: tuple[Told, ...] = ()

    @property
    def is_doubtful(self) -> bool:
        """Whether nothing says for sure that a call needed it; that a role was passed is sure, if not always which."""
        is_guess = self.confidence == "either" or (self.evidence == "implied" and self.confidence == "low")
        return is_guess and self.action.lower() != "iam:passrole"


@dataclass(frozen=True, slots=True)
class UnknownGrant:
    """A granted action whose use the logs could not have shown, and why not."""

    action: str
    reason: str


@dataclass(frozen=True, slots=True)
class CurrentPolicy:
    """One identity policy of today; `through` is the ARN that holds it (the principal, or one of its groups).

    `others` are the ARNs of everyone else that holds the same policy or has it as permissions boundary. `protected` says why
    nothing of it may change; `fresh` why it was granted too recently to be judged, but for the statements that `settled` holds too:
    what it said before. `agreed` is what the policy's own bundle makes of it for all who hold it, where all of them can live with that.
    """

    policy_id: str
    name: str
    kind: str  # inline | customer | aws
    through: str
    policy: Policy
    document: str  # the text as AWS gave it, for the rollback
    others: tuple[str, ...] = ()
    protected: str = ""
    fresh: str = ""
    settled: Policy | None = None
    agreed: Policy | None = None


@dataclass(frozen=True, slots=True)
class PrincipalEvidence:
    """Everything a proposal for one principal is made from; two equal values make two equal proposals."""

    arn: str
    account_id: str
    kind: str  # user | role
    name: str
    current: tuple[CurrentPolicy, ...] = ()
    boundary: Policy | None = None
    uses: tuple[ObservedUse, ...] = ()
    unknown: tuple[UnknownGrant, ...] = ()
    window_start: datetime | None = None
    window_end: datetime | None = None
    coverage: Mapping[str, object] = field(default_factory=dict)
    fresh: tuple[str, ...] = ()  # actions granted too recently to be judged, whoever says so: kept
    exclusions: tuple[Exclusion, ...] = ()  # rules of today that name actions of this principal
    protected: str = ""  # why nothing of the principal may change
    known: Known = field(default_factory=Known)  # resources of the accounts: what a pattern covers is measured by them
    caveats: tuple[str, ...] = ()  # what is not known, or no longer holds: for the notes
    taken_names: frozenset[str] = frozenset()  # the account's customer-managed policies, lower case
    is_name_shared: bool = False  # whether another user or role of the account has the same name but for case
    permission_set: str | None = None  # of Identity Center, which owns the role's policies
    moved_to: str = ""  # the group that takes the place of all its policies
    held_out: HeldOut | None = None  # how policies learnt from earlier days fared, when that was evaluated
    serves: frozenset[str] | None = None  # services that may assume a role, none for a user; None when not known


class Actions(Protocol):
    """What a proposal must know of the action catalogue; `iamaudit.knowledge.actions` has it."""

    def spelling(self, action: str) -> str | None:
        """AWS's own capitalisation of *action*, or None when the catalogue has no such action."""

    def takes_resource(self, action: str) -> bool:
        """Whether the Resource element can name anything but `*` for *action*."""

    def all_actions(self) -> tuple[str, ...]:
        """Every action of the catalogue."""
