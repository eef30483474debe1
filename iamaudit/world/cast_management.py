"""The management account: administrators and auditors as users, the organisation's own calls, and one root sign-in."""

from __future__ import annotations

import json
from typing import Final

from iamaudit.world import calls_compute as compute
from iamaudit.world import calls_identity as identity
from iamaudit.world import calls_storage as storage
from iamaudit.world import trust
from iamaudit.world.accounts import MANAGEMENT as ACCOUNT
from iamaudit.world.actors import Actor
from iamaudit.world.behaviour import Cast, Habit
from iamaudit.world.nouns import CustomerPolicy, Group, Key, Password, Role, User
from iamaudit.world.policies_aws import allow, document
from iamaudit.world.schedule import business, daily, monthly, once, weekly

_AWS = "arn:aws:iam::aws:policy"

POLICIES: Final = (
    CustomerPolicy(
        ACCOUNT, "assume-audit", document(allow("Audit", "sts:AssumeRole", ("arn:aws:iam::*:role/audit-readonly",)))
    ),
)

GROUPS: Final = (
    Group(ACCOUNT, "admins", managed=(f"{_AWS}/AdministratorAccess",)),
    Group(ACCOUNT, "auditors", managed=(f"{_AWS}/SecurityAudit", POLICIES[0].arn, f"{_AWS}/IAMUserChangePassword")),
)

USERS: Final = (
    User(ACCOUNT, "alice", groups=("admins",), password=Password(40), has_mfa=True, created_days=1200),
    User(ACCOUNT, "carol", groups=("auditors",), password=Password(75), has_mfa=True, created_days=900),
    User(
        ACCOUNT,
        "victor",
        groups=("admins",),
        password=Password(500, last_used_days=320),
        keys=(Key(500),),
        created_days=501,
    ),  # an idle administrator
)

ROLES: Final = (
    Role(
        ACCOUNT,
        "org-inventory",
        trust.service("lambda.amazonaws.com"),
        managed=(f"{_AWS}/SecurityAudit", f"{_AWS}/service-role/AWSLambdaBasicExecutionRole"),
        inline=(("logs", document(allow("Groups", "logs:DescribeLogGroups"))),),  # alice puts it in the window
    ),
    Role(  # what AWS creates with an organisation
        ACCOUNT,
        "AWSServiceRoleForOrganizations",
        trust.service("organizations.amazonaws.com"),
        path="/aws-service-role/organizations.amazonaws.com/",
        inline=(),
    ),
    Role(
        ACCOUNT,
        "billing-export",
        trust.service("lambda.amazonaws.com"),
        managed=(f"{_AWS}/AmazonS3FullAccess",),
        last_used_days=160,
        created_days=700,
    ),  # idle
)

_CHROME = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
_BOTO = "Boto3/1.42.8 md/Botocore#1.42.8 ua/2.0 os/linux lang/python#3.13.1 exec-env/AWS_Lambda_python3.13"

ACTORS: Final = (
    Actor("root", "root", ACCOUNT, "root", address="203.0.113.5", agent=_CHROME, has_mfa=True),
    Actor("alice", "console", ACCOUNT, "alice", address="203.0.113.21", agent=_CHROME, has_mfa=True),
    Actor("carol", "console", ACCOUNT, "carol", address="203.0.113.24", agent=_CHROME, has_mfa=True),
    Actor(
        "inventory", "service", ACCOUNT, "org-inventory", "org-inventory", "lambda.amazonaws.com", "3.250.40.7", _BOTO
    ),
)

_POLICY_TEXT = json.dumps(ROLES[0].inline[0][1])

HABITS: Final = (
    Habit("root", identity.GET_ACCOUNT_SUMMARY, once(0.3, 10)),
    Habit("alice", identity.LIST_USERS, business(1)),
    Habit("alice", identity.LIST_ACCOUNTS, business(0.7)),
    Habit("alice", identity.LIST_ACCESS_KEYS, business(0.5), {"user": ("victor", "carol")}),
    Habit("alice", identity.CREATE_ACCESS_KEY, once(0.2, 11), {"user": ("victor",)}, (("invalid", 1.0),)),
    Habit(
        "alice",
        identity.PUT_ROLE_POLICY,
        once(0.62, 11),
        {"role_name": ("org-inventory",), "policy": ("logs",), "document": (_POLICY_TEXT,)},
    ),
    Habit("carol", identity.GENERATE_CREDENTIAL_REPORT, weekly(0, 9)),
    Habit("carol", identity.GET_CREDENTIAL_REPORT, weekly(0, 9)),
    Habit("carol", identity.GET_AUTHORIZATION_DETAILS, weekly(0, 10)),
    Habit("carol", identity.LOOKUP_EVENTS, business(1), troubles=(("throttled", 0.1),)),
    Habit("carol", identity.DELETE_ACCESS_KEY, once(0.5, 15), {"user": ("victor",)}, refused="identity"),
    Habit("inventory", identity.LIST_ACCOUNTS, daily(6)),
    Habit("inventory", identity.DESCRIBE_ORGANIZATION, daily(6)),
    Habit("inventory", identity.DESCRIBE_TRAILS, daily(6)),
    Habit("inventory", storage.LIST_BUCKETS, monthly(1, 6), region="us-east-1"),
    Habit("inventory", compute.CREATE_LOG_STREAM, daily(6), {"log_group": ("/aws/lambda/org-inventory",)}),
)

CAST: Final = Cast(POLICIES, GROUPS, USERS, ROLES, ACTORS, HABITS)
