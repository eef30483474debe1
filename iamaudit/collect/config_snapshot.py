"""IAM items of AWS Config files become the authorization details that their accounts would have exported."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from iamaudit.collect.documents import compact, is_unicode
from iamaudit.collect.shape import account_of, instant, listing, spelled, text
from iamaudit.errors import StateError

# domain.md §5: the four types, and the list of authorization details that each belongs to
_LISTS: Final[Mapping[str, str]] = {
    "AWS::IAM::User": "UserDetailList",
    "AWS::IAM::Group": "GroupDetailList",
    "AWS::IAM::Role": "RoleDetailList",
    "AWS::IAM::Policy": "Policies",
}
IAM_TYPES: Final = tuple(_LISTS)
_STANDING: Final = frozenset({"OK", "ResourceDiscovered", None})  # a selection may leave the status out
_NOT_RECORDED: Final = "ResourceNotRecorded"


def details_of_items(bodies: Iterable[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return authorization details by account, in IAM's spelling, of the newest state of each IAM resource.

    The same resource is recorded once per region that records global resources: the newest capture time counts, then
    the highest state id; deleted resources are gone, and so is the former holder of an ARN that was made anew. Raises
    StateError for an item without type, id or account.
    """
    standing: dict[tuple[str, str, str], tuple[_Age, dict[str, Any]]] = {}
    for (account, kind, _), (age, item) in sorted(_newest(bodies).items(), key=lambda pair: pair[0]):
        if text(item, "configurationItemStatus") not in _STANDING:
            continue
        entry = _entry(item)
        key = (account, _LISTS[kind], str(entry["Arn"] or item.get("resourceId")))
        if key not in standing or age > standing[key][0]:
            standing[key] = (age, entry)
    details: dict[str, dict[str, Any]] = {}
    for (account, member, _), (_, entry) in standing.items():
        details.setdefault(account, {}).setdefault(member, []).append(entry)
    return details


def unrecorded(bodies: Iterable[dict[str, Any]]) -> list[tuple[str, str, str]]:
    """Return account, type and id of the IAM resources that Config saw and stopped recording: their state is unknown."""
    found = _newest(bodies).items()
    return sorted(key for key, (_, item) in found if text(item, "configurationItemStatus") == _NOT_RECORDED)


_Age = tuple[datetime, int]


def _newest(bodies: Iterable[dict[str, Any]]) -> dict[tuple[str, str, str], tuple[_Age, dict[str, Any]]]:
    """Return the newest item of each IAM resource, by account, type and id. Raises StateError."""
    newest: dict[tuple[str, str, str], tuple[_Age, dict[str, Any]]] = {}
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
    return newest


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
    if not is_unicode(compact(configuration)):
        raise StateError(
            f"the configuration of `{item.get('resourceId')}` holds text that is no Unicode: fetch it again"
        )
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
