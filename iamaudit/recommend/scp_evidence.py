"""What a service control policy for a unit or an account is made from: who below it needs what, and what nobody knows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

_STRENGTH: Final = {state: rank for rank, state in enumerate(("used", "periodic", "protected", "fresh", "unknown"))}


@dataclass(frozen=True, slots=True)
class Need:
    """Why an action must not be denied: `state` is used, periodic, protected, fresh or unknown."""

    state: str
    reason: str

    @property
    def rank(self) -> tuple[int, str]:
        """Order needs, the strongest first."""
        return _STRENGTH[self.state], self.reason


@dataclass(frozen=True, slots=True)
class BoundUse:
    """What one principal that SCPs bind did in the window: *uses* are distinct resources, *calls* all its calls."""

    account_id: str
    principal: str  # ARN or id, empty when nobody knows
    action: str
    uses: int
    calls: int


@dataclass(frozen=True, slots=True)
class BoundAccount:
    """One member account: `needs` by action in AWS's spelling, `of_aws` by service that runs there by other signs.

    `blind` says why nothing can be judged, `exempt` are the ARNs of principals that are protected as a whole.
    """

    account_id: str
    needs: Mapping[str, Need] = field(default_factory=dict)
    of_aws: Mapping[str, str] = field(default_factory=dict)
    uses: tuple[BoundUse, ...] = ()
    exempt: tuple[str, ...] = ()
    blind: str = ""
    blind_kind: str = ""  # coverage | unreadable


@dataclass(frozen=True, slots=True)
class EarlierScp:
    """A policy of today that an earlier run proposed for the same target and nobody attached elsewhere: a new one takes its place."""

    policy_id: str
    name: str
    document: str


@dataclass(frozen=True, slots=True)
class Target:
    """An organisational unit or an account, the accounts that a policy there binds, and what is attached there today.

    `granted` counts the principals of these accounts that hold each action. `earlier` are those of `attached` that an earlier run
    proposed; `taken` are the names of all other SCPs of the organisation. `left_out` says of accounts below it why they
    have no say.
    """

    id: str
    kind: str  # unit | account
    accounts: tuple[BoundAccount, ...]
    granted: Mapping[str, int] = field(default_factory=dict)
    attached: tuple[str, ...] = ()  # names of the SCPs attached there
    earlier: tuple[EarlierScp, ...] = ()
    taken: frozenset[str] = frozenset()
    left_out: tuple[str, ...] = ()
    window_start: datetime | None = None
    window_end: datetime | None = None

    @property
    def stays(self) -> tuple[str, ...]:
        """The names of the SCPs attached there that a new one does not replace."""
        ours = {one.name for one in self.earlier}
        return tuple(name for name in self.attached if name not in ours)

    @property
    def exempt(self) -> tuple[str, ...]:
        """The ARNs that the policy spares, sorted."""
        return tuple(sorted({arn for account in self.accounts for arn in account.exempt}))

    @property
    def uses(self) -> tuple[BoundUse, ...]:
        """What all accounts did."""
        return tuple(use for account in self.accounts for use in account.uses)


def earlier_name(target_id: str, number: int) -> str:
    """Return the name that the *number*-th policy for a target has, by which a later run knows it again."""
    return f"iamaudit-unused-{target_id}{f'-{number}' if number > 1 else ''}"


def strongest(needs: Iterable[tuple[str, Need]]) -> dict[str, Need]:
    """Return the strongest need of each action, whatever the order they come in."""
    found: dict[str, Need] = {}
    for action, need in needs:
        known = found.get(action)
        if known is None or need.rank < known.rank:
            found[action] = need
    return found
