"""The truth that a tool has to find again: what each principal needed, what the logs cannot show, what lies idle."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from iamaudit.world.calls import Need
from iamaudit.world.entries import Entry
from iamaudit.world.granted import held, serves
from iamaudit.world.moments import stamp
from iamaudit.world.nouns import Role, User
from iamaudit.world.organisation import Organisation

Json = dict[str, Any]
Seen = dict[tuple[str, Need], "Span"]


@dataclass(slots=True)
class Span:
    """How often something happened, and between which times."""

    count: int = 0
    first: str = ""
    last: str = ""

    def take(self, moment: str) -> None:
        """Count one more, at *moment*."""
        self.count += 1
        self.first = min(self.first, moment) if self.first else moment
        self.last = max(self.last, moment)


@dataclass(slots=True)
class Truth:
    """What happened, gathered while it happens; `gap` are the days that the gap account's logs lack."""

    organisation: Organisation
    gap: frozenset[date] = frozenset()
    needed: Seen = field(default_factory=dict)
    unseen: dict[tuple[str, Need], tuple[str, Span]] = field(default_factory=dict)
    denied: Seen = field(default_factory=dict)
    afterwards: Seen = field(default_factory=dict)
    dry_run: Seen = field(default_factory=dict)
    credentials: dict[tuple[str, str], Span] = field(default_factory=dict)
    principals: dict[str, Span] = field(default_factory=dict)
    root_uses: list[Json] = field(default_factory=list)

    def is_delivered(self, entry: Entry) -> bool:
        """Whether the trails deliver *entry*: their selectors catch it, and its day is not in the gap."""
        return entry.is_logged and not (
            entry.account == self.organisation.gap_account and entry.moment.date() in self.gap
        )

    def take(self, entry: Entry) -> None:
        """Remember what *entry* tells about its principal and its credential."""
        moment = stamp(entry.moment)
        if entry.credential:
            self.credentials.setdefault((entry.user, entry.credential), Span()).take(moment)
        if entry.record["userIdentity"].get("type") == "Root":
            self.root_uses.append(
                {"event_id": entry.record["eventID"], "event_name": entry.record["eventName"], "event_time": moment}
            )
        if not entry.principal:
            return
        if entry.outcome != "unauthenticated":
            self.principals.setdefault(entry.principal, Span()).take(moment)
        for need in entry.needs:
            key = (entry.principal, need)
            match entry.outcome:
                case "denied":
                    self.denied.setdefault(key, Span()).take(moment)
                case "dry_run":
                    self.dry_run.setdefault(key, Span()).take(moment)
                case "success" | "failed" if self.is_delivered(entry):
                    self.needed.setdefault(key, Span()).take(moment)
                case "success" | "failed":
                    reason = "no trail logs this data event" if not entry.is_logged else "the day's logs are missing"
                    self.unseen.setdefault(key, (reason, Span()))[1].take(moment)

    def take_afterwards(self, entry: Entry) -> None:
        """Remember what *entry*, which happens after the window, will need: a proposal should not break it."""
        if entry.principal and entry.outcome in {"success", "failed"}:
            for need in entry.needs:
                self.afterwards.setdefault((entry.principal, need), Span()).take(stamp(entry.moment))

    def as_json(self, start: datetime, end: datetime) -> Json:
        """Return the truth as one JSON value."""
        return {
            "window": {"start": stamp(start), "end": stamp(end)},
            "principals": [
                *map(self._principal, self.organisation.users),
                *map(self._principal, self.organisation.roles),
            ],
            "root_uses": self.root_uses,
            "idle_credentials": list(self._idle_credentials()),
            "idle_users": [user.arn for user in self.organisation.users if self._is_idle(user)],
            "idle_roles": [
                {"arn": role.arn, "last_used_days": role.last_used_days}
                for role in self.organisation.roles
                if role.arn not in self.principals and not role.is_service_linked
            ],
            "users_without_mfa": [user.arn for user in self.organisation.users if user.password and not user.has_mfa],
            "old_keys": [
                {"user": user.arn, "slot": slot, "access_key_id": user.key_id(slot), "age_days": key.created_days}
                for user in self.organisation.users
                for slot, key in enumerate(user.keys, start=1)
                if key.active and key.created_days > 90
            ],
            "gap": {"account_id": self.organisation.gap_account, "days": sorted(str(day) for day in self.gap)},
        }

    def _principal(self, principal: User | Role) -> Json:
        arn = principal.arn
        needs = [need for who, need in (*self.needed, *self.unseen) if who == arn]
        unused_policies: list[str] = []
        unused_statements: list[Json] = []
        for policy in held(self.organisation, principal):
            statements = policy.document["Statement"]
            allows = [(n, s) for n, s in enumerate(statements) if s["Effect"] == "Allow"]
            idle = [(n, s) for n, s in allows if not any(serves(s, need.action, need.resource) for need in needs)]
            if len(idle) == len(allows):
                unused_policies.append(policy.policy)
            unused_statements.extend({"policy": policy.policy, "index": n, "sid": s.get("Sid")} for n, s in idle)
        if isinstance(principal, User):
            kind = "user"
        else:
            kind = "service_linked_role" if principal.is_service_linked else "role"
        used = self.principals.get(arn, Span())
        return {
            "principal": arn,
            "kind": kind,
            "account_id": principal.account,
            "first_used": used.first or None,
            "last_used": used.last or None,
            "needed": _rows((need, span) for (who, need), span in self.needed.items() if who == arn),
            "needed_unseen": [
                {**row, "reason": reason}
                for (who, need), (reason, span) in sorted(self.unseen.items(), key=_order)
                if who == arn and (who, need) not in self.needed
                for row in _rows([(need, span)])
            ],
            "needed_afterwards": _rows(
                (need, span)
                for (who, need), span in self.afterwards.items()
                if who == arn and (who, need) not in self.needed and (who, need) not in self.unseen
            ),
            "denied": _rows((need, span) for (who, need), span in self.denied.items() if who == arn),
            "dry_run": _rows((need, span) for (who, need), span in self.dry_run.items() if who == arn),
            "unused_policies": unused_policies,
            "unused_statements": unused_statements,
        }

    def _is_idle(self, user: User) -> bool:
        used = any((user.arn, name) in self.credentials for name in ("password", "access_key_1", "access_key_2"))
        return not used and bool(user.password or any(key.active for key in user.keys))

    def _idle_credentials(self) -> Iterable[Json]:
        """Yield the credentials that nobody used in the window, with the age of their last use, if they ever had one."""
        for user in self.organisation.users:
            if user.password and (user.arn, "password") not in self.credentials:
                yield {
                    "user": user.arn,
                    "credential": "password",
                    "last_used_days": user.password.last_used_days,
                    "age_days": user.password.changed_days,
                }
            for slot, key in enumerate(user.keys, start=1):
                if key.active and (user.arn, f"access_key_{slot}") not in self.credentials:
                    yield {
                        "user": user.arn,
                        "credential": f"access_key_{slot}",
                        "access_key_id": user.key_id(slot),
                        "last_used_days": key.last_used_days,
                        "age_days": key.created_days,
                    }


def _order(item: tuple[tuple[str, Need], object]) -> tuple[str, str, str, tuple[tuple[str, str], ...]]:
    (who, need), _ = item
    return who, need.action, need.resource, need.conditions


def _rows(pairs: Iterable[tuple[Need, Span]]) -> list[Json]:
    rows = [
        {
            "action": need.action,
            "resource": need.resource,
            "conditions": dict(need.conditions),
            "evidence": "implied" if need.implied else "direct",
            "count": span.count,
            "first_seen": span.first,
            "last_seen": span.last,
        }
        for need, span in pairs
    ]
    return sorted(rows, key=lambda row: (row["action"], row["resource"], sorted(row["conditions"].items())))
