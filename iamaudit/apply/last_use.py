"""When AWS itself saw a user, role or key last used: asked before anything idle is taken away."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from iamaudit.apply.account import Account
from iamaudit.model.holder import holder_of


@dataclass(frozen=True, slots=True)
class LastUse:
    """Whether it is there still, and when it was last used; `at` is None when AWS knows of no use."""

    exists: bool
    at: datetime | None = None


def last_use(account: Account, arn: str, *, credential: str = "", keys: Iterable[str] = ()) -> LastUse:
    """Return the last use of a whole user or role, or of one *credential* (`password`, else the *keys*) of a user.

    IAM tells the last use of a role, of a password and of a key (some hours late); a role's counts attempts too ([K]).
    Raises SourceError when AWS refuses, InputError for an ARN that names neither.
    """
    holder = holder_of(arn)
    name = {f"{holder.kind.capitalize()}Name": holder.name}
    found = account.read(f"get_{holder.kind}", **name)
    if found is None:
        return LastUse(exists=False)
    if holder.kind == "role":
        return LastUse(exists=True, at=found["Role"].get("RoleLastUsed", {}).get("LastUsedDate"))
    times = []
    if credential in {"", "password"}:
        times.append(found["User"].get("PasswordLastUsed"))
    if not credential:
        listed = account.read("list_access_keys", **name) or {}
        keys = {*keys, *(one["AccessKeyId"] for one in listed.get("AccessKeyMetadata", []))}
    if credential != "password":
        times += [_of_key(account, key) for key in sorted(keys)]
    return LastUse(exists=True, at=max((time for time in times if time is not None), default=None))


def _of_key(account: Account, key: str) -> datetime | None:
    found = account.read("get_access_key_last_used", AccessKeyId=key) or {}
    at: datetime | None = found.get("AccessKeyLastUsed", {}).get("LastUsedDate")
    return at
