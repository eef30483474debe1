"""What the rest of an account means for one principal's policies: who else holds them, and which names are taken."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Row = Mapping[str, Any]
Key = tuple[str, str]  # account, and a policy id or a lower-case name


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Holders and names by account; IAM tells the names of an account apart without regard to case."""

    holders: Mapping[Key, frozenset[str]]
    bounded: Mapping[Key, frozenset[str]]
    policy_names: Mapping[str, frozenset[str]]
    principal_names: Mapping[Key, int]

    def others(self, policy: Row, holder: str) -> tuple[str, ...]:
        """Return who is touched when *policy* changes, but for *holder* as its holder.

        A policy that is a permissions boundary too is shared even when the same principal has it as both: the boundary
        is not what is being shrunk.
        """
        key = (policy["account_id"], policy["policy_id"])
        return tuple(sorted((self.holders.get(key, frozenset()) - {holder}) | self.bounded.get(key, frozenset())))

    def is_shared(self, principal: Row) -> bool:
        """Whether another user or role of the account has the same name but for case."""
        return self.principal_names[principal["account_id"], principal["name"].lower()] > 1


def neighbours_of(principals: Iterable[Row], policies: Iterable[Row], attachments: Iterable[Row]) -> Neighbours:
    """Return the neighbours from rows of `stg_principals`, `stg_policies` and `stg_attachments`."""
    holders: defaultdict[Key, set[str]] = defaultdict(set)
    bounded: defaultdict[Key, set[str]] = defaultdict(set)
    named: defaultdict[str, set[str]] = defaultdict(set)
    counts: defaultdict[Key, int] = defaultdict(int)
    for row in attachments:
        holders[row["account_id"], row["policy_id"]].add(row["holder_arn"])
    for row in principals:
        if row["boundary_arn"] is not None:
            bounded[row["account_id"], row["boundary_arn"]].add(row["arn"])
        if row["kind"] in {"user", "role"}:
            counts[row["account_id"], row["name"].lower()] += 1
        named[row["account_id"]] |= set()  # an account without policies of its own has no names either
    for row in policies:
        if row["kind"] == "customer":
            named[row["account_id"]].add((row["name"] or row["policy_id"].rpartition("/")[2]).lower())
    return Neighbours(
        {key: frozenset(found) for key, found in holders.items()},
        {key: frozenset(found) for key, found in bounded.items()},
        {account: frozenset(found) for account, found in named.items()},
        dict(counts),
    )
