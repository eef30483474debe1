"""The API calls on identity and audit that the example organisation makes: IAM, STS, Organizations, CloudTrail."""

from __future__ import annotations

from typing import Any, Final

from iamaudit.world.calls import Call, need


def _iam(event: str, resource: str = "*", *, read_only: bool = True, **request: Any) -> Call:
    return Call("iam", event, (need(f"iam:{event}", resource),), request or None, read_only=read_only, is_global=True)


_USER = "arn:aws:iam::{account}:user/{user}"
_ROLE = "arn:aws:iam::{account}:role/{role_name}"
LIST_ROLES: Final = _iam("ListRoles", maxItems=100)
LIST_USERS: Final = _iam("ListUsers", maxItems=100)
LIST_POLICIES: Final = _iam("ListPolicies", onlyAttached=True)
GET_USER: Final = _iam("GetUser", _USER, userName="{user}")
GET_ROLE: Final = _iam("GetRole", _ROLE, roleName="{role_name}")
GET_ACCOUNT_SUMMARY: Final = _iam("GetAccountSummary")
GENERATE_CREDENTIAL_REPORT: Final = _iam("GenerateCredentialReport", read_only=False)
GET_CREDENTIAL_REPORT: Final = _iam("GetCredentialReport")
GET_AUTHORIZATION_DETAILS: Final = _iam("GetAccountAuthorizationDetails", maxItems=1000)
CREATE_ACCESS_KEY: Final = _iam("CreateAccessKey", _USER, read_only=False, userName="{user}")
DELETE_ACCESS_KEY: Final = _iam("DeleteAccessKey", _USER, read_only=False, userName="{user}")
PUT_ROLE_POLICY: Final = _iam(
    "PutRolePolicy", _ROLE, read_only=False, roleName="{role_name}", policyName="{policy}", policyDocument="{document}"
)
LIST_ACCESS_KEYS: Final = _iam("ListAccessKeys", _USER, userName="{user}")

GET_CALLER_IDENTITY: Final = Call("sts", "GetCallerIdentity")

LIST_ACCOUNTS: Final = Call("organizations", "ListAccounts", (need("organizations:ListAccounts"),), {}, is_global=True)
DESCRIBE_ORGANIZATION: Final = Call(
    "organizations", "DescribeOrganization", (need("organizations:DescribeOrganization"),), None, is_global=True
)
DESCRIBE_TRAILS: Final = Call(
    "cloudtrail", "DescribeTrails", (need("cloudtrail:DescribeTrails"),), {"includeShadowTrails": True}
)
LOOKUP_EVENTS: Final = Call("cloudtrail", "LookupEvents", (need("cloudtrail:LookupEvents"),), {"maxResults": 50})
