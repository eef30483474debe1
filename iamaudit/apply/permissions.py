"""The smallest IAM policy that `iamaudit apply` needs: separate from what reading needs, for the hour of the change."""

from __future__ import annotations

from typing import Any, Final

# Every operation that is called, and the kinds of things whose ARN it is asked for (Service Authorization Reference:
# AWS Identity and Access Management). iam:ListPolicyVersions and its like take the policy, keys and groups their user.
OPERATIONS: Final[dict[str, tuple[str, ...]]] = {
    "AddUserToGroup": ("group",),
    "AttachGroupPolicy": ("group",),
    "AttachRolePolicy": ("role",),
    "AttachUserPolicy": ("user",),
    "CreateGroup": ("group",),
    "CreatePolicy": ("policy",),
    "CreatePolicyVersion": ("policy",),
    "DeleteAccessKey": ("user",),
    "DeleteGroup": ("group",),
    "DeleteGroupPolicy": ("group",),
    "DeleteLoginProfile": ("user",),
    "DeletePolicy": ("policy",),
    "DeletePolicyVersion": ("policy",),
    "DeleteRolePermissionsBoundary": ("role",),
    "DeleteRolePolicy": ("role",),
    "DeleteUserPermissionsBoundary": ("user",),
    "DeleteUserPolicy": ("user",),
    "DetachGroupPolicy": ("group",),
    "DetachRolePolicy": ("role",),
    "DetachUserPolicy": ("user",),
    "GetAccessKeyLastUsed": ("user",),
    "GetGroup": ("group",),
    "GetGroupPolicy": ("group",),
    "GetLoginProfile": ("user",),
    "GetPolicy": ("policy",),
    "GetPolicyVersion": ("policy",),
    "GetRole": ("role",),
    "GetRolePolicy": ("role",),
    "GetUser": ("user",),
    "GetUserPolicy": ("user",),
    "ListAccessKeys": ("user",),
    "ListAttachedGroupPolicies": ("group",),
    "ListAttachedRolePolicies": ("role",),
    "ListAttachedUserPolicies": ("user",),
    "ListGroupsForUser": ("user",),
    "ListPolicyVersions": ("policy",),
    "PutGroupPolicy": ("group",),
    "PutRolePermissionsBoundary": ("role",),
    "PutRolePolicy": ("role",),
    "PutUserPermissionsBoundary": ("user",),
    "PutUserPolicy": ("user",),
    "RemoveUserFromGroup": ("group",),
    "SetDefaultPolicyVersion": ("policy",),
    "UpdateAccessKey": ("user",),
}
# What changes a permission set (Service Authorization Reference: AWS IAM Identity Center); each is asked for both ARNs.
SET_OPERATIONS: Final = (
    "AttachCustomerManagedPolicyReferenceToPermissionSet",
    "AttachManagedPolicyToPermissionSet",
    "DeleteInlinePolicyFromPermissionSet",
    "DescribePermissionSet",
    "DetachCustomerManagedPolicyReferenceFromPermissionSet",
    "DetachManagedPolicyFromPermissionSet",
    "GetInlinePolicyForPermissionSet",
    "ListCustomerManagedPolicyReferencesInPermissionSet",
    "ListManagedPoliciesInPermissionSet",
    "ProvisionPermissionSet",
    "PutInlinePolicyToPermissionSet",
)
IRREVERSIBLE: Final = ("DeleteAccessKey", "DeleteLoginProfile")


def apply_policy(
    account_id: str, *, partition: str = "aws", irreversible: bool = False, permission_sets: bool = False
) -> dict[str, Any]:
    """Return the policy document for the principal that applies plans in *account_id*.

    Whoever has it can give itself anything: hand it out for the hour of the change. Without *irreversible* keys and
    passwords can be deactivated but not deleted. *permission_sets*: for the account that administers Identity Center. `sts:GetCallerIdentity` needs no permission.
    """
    kinds = {"role": "ChangeRoles", "user": "ChangeUsers", "group": "ChangeGroups", "policy": "ChangePolicies"}
    statements: list[dict[str, Any]] = []
    for kind, sid in kinds.items():
        names = [name for name, taken in OPERATIONS.items() if kind in taken]
        actions = sorted(f"iam:{name}" for name in names if irreversible or name not in IRREVERSIBLE)
        resource = f"arn:{partition}:iam::{account_id}:{kind}/*"
        statements.append({"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resource})
    # the documents of AWS's own policies are looked at before they are detached
    own = {"Sid": "ReadPoliciesOfAws", "Effect": "Allow", "Action": ["iam:GetPolicy", "iam:GetPolicyVersion"]}
    statements.append({**own, "Resource": f"arn:{partition}:iam::aws:policy/*"})
    if permission_sets:
        actions = [f"sso:{name}" for name in SET_OPERATIONS]
        resources = [f"arn:{partition}:sso:::{what}" for what in ("account/*", "instance/*", "permissionSet/*")]
        statements.append({"Sid": "ChangePermissionSets", "Effect": "Allow", "Action": actions, "Resource": resources})
    return {"Version": "2012-10-17", "Statement": statements}
