"""IAM items of AWS Config files become the authorization details that their accounts would have exported."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from iamaudit.collect.shape import account_of, instant, listing, spelled, text
from iamaudit.errors import StateError

# domain.md §5: the four types, and the list of authorization details that each belongs to
_LISTS: Final[Mapping[str, str]] = {
    "AWS::IAM::User": "UserDetailList",
    "AWS::IAM::Group": "GroupDetailList",
    "AWS::IAM::Role": "RoleDetailList",
    "AWS::IAM::Policy": "Policies",
}
_STANDING: Final = frozenset({"OK", "ResourceDiscovered"})


def details_of_items(bodies: Iterable[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return authorization details by account, in IAM's spelling, of the newest state of each IAM resource.

    The same resource is recorded once per region that records global resources: the newest capture time counts, then
    the highest state id; deleted resources are gone. Raises StateError for an item without type, id or account.
    """
    newest: dict[tuple[str, str, str], tuple[tuple[datetime, int], dict[str, Any]]] = {}
    for body in bodies:
        for item in listing(body, "configurationItems"):
            kind = text(item, "resourceType")
            if kind is None or kind not in _LISTS:
                continue
            account = _account(item)
            key = (account, kind, str(item.get("resourceId")))
            age = (
                instant(item.get("configurationItemCaptureTime")) or datetime.min.replace(tzinfo=UTC),
                _state_id(item),
            )
            if key not in newest or age > newest[key][0]:
                newest[key] = (age, item)
    details: dict[str, dict[str, Any]] = {}
    for (account, kind, _), (_, item) in sorted(newest.items(), key=lambda pair: pair[0]):
        if text(item, "configurationItemStatus") in _STANDING:
            details.setdefault(account, {}).setdefault(_LISTS[kind], []).append(_entry(item))
    return details


def has_iam_items(body: dict[str, Any]) -> bool:
    """Tell whether a file says anything about IAM, be it that a resource is gone. Raises StateError."""
    return any(text(item, "resourceType") in _LISTS for item in listing(body, "configurationItems"))


def _entry(item: dict[str, Any]) -> dict[str, Any]:
    configuration = item.get("configuration")
    if isinstance(configuration, str):  # the API gives text where the files have an object
        try:
            configuration = json.loads(configuration)
        except (ValueError, RecursionError) as error:
            raise StateError(
                f"the configuration of `{item.get('resourceId')}` is not JSON: {error}; fetch it again"
            ) from error
    if not isinstance(configuration, dict):
        raise StateError(f"the item `{item.get('resourceId')}` has no configuration: fetch the snapshot again")
    entry: dict[str, Any] = spelled(configuration)
    entry.setdefault("Arn", item.get("ARN") or item.get("arn"))
    return entry


def _account(item: dict[str, Any]) -> str:
    account = (
        text(item, "awsAccountId") or text(item, "accountId") or account_of(text(item, "ARN") or text(item, "arn"))
    )
    if account is None:
        raise StateError(f"the item `{item.get('resourceId')}` names no account: fetch the snapshot again")
    return account


def _state_id(item: dict[str, Any]) -> int:
    value = str(item.get("configurationStateId") or item.get("configurationStateID") or "0")
    return int(value) if value.isdecimal() else 0
