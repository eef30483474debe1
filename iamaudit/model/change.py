"""One step from today's IAM state to a recommended one: what a plan lists, Terraform writes and `apply` does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final


class ChangeKind(Enum):
    """What is done; the values are the words of `plan.json`."""

    CREATE_POLICY = "create_policy"
    CREATE_POLICY_VERSION = "create_policy_version"
    PUT_INLINE_POLICY = "put_inline_policy"
    ATTACH_POLICY = "attach_policy"
    PUT_PERMISSIONS_BOUNDARY = "put_permissions_boundary"
    CREATE_GROUP = "create_group"
    ADD_USER_TO_GROUP = "add_user_to_group"
    REMOVE_USER_FROM_GROUP = "remove_user_from_group"
    DETACH_POLICY = "detach_policy"
    DELETE_INLINE_POLICY = "delete_inline_policy"
    DEACTIVATE_ACCESS_KEY = "deactivate_access_key"
    DELETE_ACCESS_KEY = "delete_access_key"
    DELETE_LOGIN_PROFILE = "delete_login_profile"
    PUT_SET_POLICY = "put_inline_policy_to_permission_set"
    DELETE_SET_POLICY = "delete_inline_policy_from_permission_set"
    DETACH_SET_POLICY = "detach_managed_policy_from_permission_set"
    DETACH_SET_REFERENCE = "detach_customer_managed_policy_reference_from_permission_set"
    PROVISION_SET = "provision_permission_set"


# made through Identity Center (`sso-admin`), not through IAM; `holder` is the permission set's ARN
OF_PERMISSION_SETS: Final = frozenset(
    {
        ChangeKind.PUT_SET_POLICY,
        ChangeKind.DELETE_SET_POLICY,
        ChangeKind.DETACH_SET_POLICY,
        ChangeKind.DETACH_SET_REFERENCE,
        ChangeKind.PROVISION_SET,
    }
)


@dataclass(frozen=True, slots=True)
class Change:
    """One change, small enough to be approved, done and undone alone.

    `holder` is the ARN of the user, role, group or permission set that is changed; empty for a policy that is only
    created or versioned. `policy` is the name of an inline policy, the ARN of a managed one (of one that does not exist
    yet: the ARN that it will have), a group's name or a key's id; of a customer-managed policy that a permission set refers to, its
    path and name (`/path/name`), and empty where a permission set is provisioned. `document` is the JSON text to put, `before` the very
    text that it replaces; both are None where the change has none.
    """

    kind: ChangeKind
    holder: str
    policy: str
    document: str | None = None
    before: str | None = None
    why: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the entry of `plan.json`."""
        return {
            "change": self.kind.value,
            "holder": self.holder,
            "policy": self.policy,
            "document": self.document,
            "before": self.before,
            "why": self.why,
        }


def change_from_json(entry: Mapping[str, Any]) -> Change:
    """Return the change of one entry of `plan.json`; raises KeyError or ValueError for what is none."""
    return Change(
        ChangeKind(entry["change"]),
        str(entry["holder"]),
        str(entry["policy"]),
        entry.get("document"),
        entry.get("before"),
        str(entry.get("why", "")),
    )
