"""The production account of the data lake: nightly loads, a state machine, analysts through SAML and Identity Center."""

from __future__ import annotations

from typing import Final

from iamaudit.world import calls_compute as compute
from iamaudit.world import calls_identity as identity
from iamaudit.world import calls_storage as storage
from iamaudit.world import trust
from iamaudit.world.accounts import DATA_PROD as ACCOUNT
from iamaudit.world.accounts import LAKE_BUCKET, MANAGEMENT
from iamaudit.world.actors import Actor
from iamaudit.world.behaviour import Cast, Habit
from iamaudit.world.ids import guid_of, hexadecimal
from iamaudit.world.nouns import CustomerPolicy, Group, Key, Password, Role, User
from iamaudit.world.policies_aws import allow, deny, document
from iamaudit.world.schedule import business, daily, monthly, once, weekly

KEY_ID: Final = guid_of("kms", ACCOUNT, "lake")
_AWS = "arn:aws:iam::aws:policy"
_SSO_SCIENCE = f"AWSReservedSSO_DataScientist_{hexadecimal('sso', ACCOUNT, 'science', length=16)}"
_LAKE = (f"arn:aws:s3:::{LAKE_BUCKET}", f"arn:aws:s3:::{LAKE_BUCKET}/*")


def _role(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


POLICIES: Final = (
    CustomerPolicy(
        ACCOUNT,
        "lake-loader",
        document(
            allow("Lake", "s3:*", _LAKE),
            allow("Keys", "kms:*", (f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/{KEY_ID}",)),
            allow("Catalogue", "glue:*"),
            allow("Queries", "athena:*"),
            allow("State", "dynamodb:*", (f"arn:aws:dynamodb:eu-west-1:{ACCOUNT}:table/load-*",)),
        ),
    ),
    CustomerPolicy(
        ACCOUNT,
        "lake-administration",
        document(
            allow("Lake", "s3:*"),
            allow("Pass", "iam:PassRole", (_role("lake-replication"), _role("load-nightly"))),
            allow("Roles", "iam:Get* iam:List*"),
            deny("KeepTheLake", "s3:DeleteBucket s3:PutBucketPolicy s3:DeleteObject", _LAKE),
        ),
    ),
)

GROUPS: Final = (Group(ACCOUNT, "readers", managed=(f"{_AWS}/ReadOnlyAccess",)),)

USERS: Final = (
    User(ACCOUNT, "nina", groups=("readers",), password=Password(80), has_mfa=False, created_days=300),  # no MFA
    *(  # two who do the same work by a policy of their own each
        User(ACCOUNT, name, inline=(("watch", document(allow("Watch", actions))),), keys=(Key(age),), created_days=180)
        for name, actions, age in (
            ("olga", "ec2:Describe* iam:List* lambda:List*", 75),
            ("peggy", "cloudwatch:Describe* ec2:Describe* iam:List* lambda:List*", 40),
        )
    ),
    User(ACCOUNT, "tableau", groups=("readers",), keys=(Key(430), Key(430, last_used_days=180)), created_days=430),
)

ROLES: Final = (
    Role(
        ACCOUNT,
        "load-nightly",
        trust.service("lambda.amazonaws.com"),
        managed=(POLICIES[0].arn, f"{_AWS}/service-role/AWSLambdaBasicExecutionRole"),
    ),
    Role(
        ACCOUNT,
        "load-orchestrator",
        trust.service("states.amazonaws.com"),
        inline=(
            (
                "invoke",
                document(
                    allow("Invoke", "lambda:InvokeFunction", (f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:*",)),
                    allow("Nested", "states:StartExecution events:*"),
                ),
            ),
        ),
    ),
    Role(
        ACCOUNT,
        "lake-replication",
        trust.service("s3.amazonaws.com"),
        inline=(
            (
                "replicate",
                document(
                    allow(
                        "Replicate",
                        "s3:GetReplicationConfiguration s3:ListBucket s3:GetObjectVersion* s3:Replicate*",
                        _LAKE,
                    )
                ),
            ),
        ),
    ),
    Role(ACCOUNT, "lake-admin", trust.saml(ACCOUNT), managed=(POLICIES[1].arn,)),
    Role(  # everything but, and nobody remembers why
        ACCOUNT,
        "analyst",
        trust.saml(ACCOUNT),
        inline=(
            (
                "everything-but",
                document(
                    {
                        "Sid": "Most",
                        "Effect": "Allow",
                        "NotAction": ["iam:*", "organizations:*", "account:*", "kms:*", "s3:Delete*"],
                        "Resource": "*",
                    },
                    allow("Read", "kms:Decrypt"),
                ),
            ),
        ),
    ),
    Role(ACCOUNT, "compact-weekly", trust.service("lambda.amazonaws.com"), managed=(POLICIES[0].arn,)),
    Role(
        ACCOUNT,
        "export-to-partner",
        trust.service("lambda.amazonaws.com"),
        managed=(f"{_AWS}/AmazonS3FullAccess",),
        last_used_days=240,
        created_days=900,
    ),  # idle
    Role(ACCOUNT, "audit-readonly", trust.account_with_mfa(MANAGEMENT), managed=(f"{_AWS}/SecurityAudit",)),
    Role(
        ACCOUNT,
        _SSO_SCIENCE,
        trust.identity_center(ACCOUNT),
        managed=(f"{_AWS}/PowerUserAccess",),
        path="/aws-reserved/sso.amazonaws.com/eu-west-1/",
    ),
    Role(
        ACCOUNT,
        "AWSServiceRoleForRDS",
        trust.service("rds.amazonaws.com"),
        managed=(f"{_AWS}/aws-service-role/AmazonRDSServiceRolePolicy",),
        path="/aws-service-role/rds.amazonaws.com/",
    ),
)

_CLI = "aws-cli/2.31.2 md/awscrt#0.27.6 ua/2.1 os/linux lang/python#3.13.7"
_BOTO = "Boto3/1.42.8 md/Botocore#1.42.8 ua/2.0 os/linux lang/python#3.13.1 exec-env/AWS_Lambda_python3.13"
_CHROME = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Safari/605.1.15"

ACTORS: Final = (
    Actor("load", "service", ACCOUNT, "load-nightly", "load-nightly", "lambda.amazonaws.com", "3.250.20.7", _BOTO),
    Actor(
        "orchestrator",
        "service",
        ACCOUNT,
        "load-orchestrator",
        hexadecimal("states", length=32),
        "states.amazonaws.com",
        "states.amazonaws.com",
        "states.amazonaws.com",
    ),
    Actor(
        "replication",
        "service",
        ACCOUNT,
        "lake-replication",
        "s3-replication",
        "s3.amazonaws.com",
        "s3.amazonaws.com",
        "s3.amazonaws.com",
    ),
    Actor(
        "compact", "service", ACCOUNT, "compact-weekly", "compact-weekly", "lambda.amazonaws.com", "3.250.20.9", _BOTO
    ),
    Actor(
        "lake-admin-lena",
        "saml",
        ACCOUNT,
        "lake-admin",
        "lena@example.com",
        trust.SAML_PROVIDER,
        "203.0.113.70",
        _CHROME,
    ),
    Actor("analyst-milo", "saml", ACCOUNT, "analyst", "milo@example.com", trust.SAML_PROVIDER, "203.0.113.71", _CHROME),
    Actor("analyst-noor", "saml", ACCOUNT, "analyst", "noor@example.com", trust.SAML_PROVIDER, "203.0.113.72", _CHROME),
    Actor("sso-pia", "sso", ACCOUNT, _SSO_SCIENCE, "pia@example.com", "", "203.0.113.73", _CHROME, has_mfa=True),
    Actor("carol-data", "assumed", ACCOUNT, "audit-readonly", "carol", "carol", "203.0.113.24", _CHROME, has_mfa=True),
    Actor(
        "rds-linked",
        "service",
        ACCOUNT,
        "AWSServiceRoleForRDS",
        "RDS-Network",
        "rds.amazonaws.com",
        "rds.amazonaws.com",
        "rds.amazonaws.com",
    ),
    Actor("nina", "console", ACCOUNT, "nina", address="203.0.113.33", agent=_CHROME),
    Actor("olga-key", "key", ACCOUNT, "olga", "1", address="203.0.113.34", agent=_CLI),
    Actor("peggy-key", "key", ACCOUNT, "peggy", "1", address="203.0.113.35", agent=_CLI),
    Actor(
        "tableau",
        "key",
        ACCOUNT,
        "tableau",
        "1",
        address="192.0.2.80",
        agent="aws-sdk-java/1.12.261 Linux/4.18 OpenJDK_64-Bit_Server_VM/11.0.20",
    ),
)

_LAKE_OBJECT = {"bucket": (LAKE_BUCKET,), "kms_key": (KEY_ID,), "app": ("lake",)}
_RAW = {**_LAKE_OBJECT, "key": tuple(f"raw/{{day}}/orders-{n}.json.gz" for n in range(8))}
_CURATED = {**_LAKE_OBJECT, "key": tuple(f"curated/{{day}}/part-{n}.parquet" for n in range(8))}
_REPORT = {**_LAKE_OBJECT, "key": ("reports/sales.parquet", "reports/returns.parquet", "reports/margin.parquet")}
_COMPACTED = {
    **_LAKE_OBJECT,
    "source_key": tuple(f"curated/{{day}}/part-{n}.parquet" for n in range(8)),
    "key": ("compacted/{day}.parquet",),
}

HABITS: Final = (
    Habit(
        "orchestrator", compute.INVOKE, daily(1, 8), {"function": ("load-orders", "load-customers", "check-quality")}
    ),
    Habit("load", storage.LIST_OBJECTS, daily(1, 4), {"bucket": (LAKE_BUCKET,), "prefix": ("raw/",)}),
    Habit(
        "load", storage.GET_OBJECT, daily(1, 24), _RAW, (("not_found", 0.01),), then=((storage.DECRYPT_FOR_S3, 0.2),)
    ),
    Habit("load", storage.PUT_OBJECT, daily(2, 24), _CURATED, then=((storage.DATA_KEY_FOR_S3, 0.2),)),
    Habit("load", storage.DELETE_OBJECT, daily(3, 6), {**_LAKE_OBJECT, "key": tuple(f"tmp/{n}" for n in range(6))}),
    Habit("load", storage.PUT_ITEM, daily(1, 6), {"table": ("load-state",)}),
    Habit("load", storage.GET_ITEM, daily(1, 6), {"table": ("load-state",)}),
    Habit("load", compute.CREATE_LOG_STREAM, daily(1, 3), {"log_group": ("/aws/lambda/load-nightly",)}),
    Habit("load", storage.DECRYPT, daily(1), {"kms_key": (KEY_ID,), "app": ("lake",)}),
    Habit("compact", storage.LIST_OBJECTS, weekly(6, 4), {"bucket": (LAKE_BUCKET,), "prefix": ("curated/",)}),
    Habit("compact", storage.COPY_OBJECT, weekly(6, 4, 20), _COMPACTED),
    Habit(
        "compact",
        storage.DELETE_OBJECT,
        weekly(6, 5, 20),
        {**_LAKE_OBJECT, "key": tuple(f"curated/old/part-{n}.parquet" for n in range(8))},
    ),
    Habit("lake-admin-lena", storage.LIST_BUCKETS, business(0.4), region="us-east-1"),
    Habit("lake-admin-lena", storage.GET_BUCKET_LOCATION, business(0.4), {"bucket": (LAKE_BUCKET,)}),
    Habit("lake-admin-lena", storage.PUT_BUCKET_LIFECYCLE, monthly(15, 13), {"bucket": (LAKE_BUCKET,)}),
    Habit(
        "lake-admin-lena",
        storage.PUT_BUCKET_REPLICATION,
        once(0.55, 10),
        {"bucket": (LAKE_BUCKET,), "role": (_role("lake-replication"),), "target": ("example-data-lake-copy",)},
    ),
    Habit(
        "lake-admin-lena",
        storage.DELETE_OBJECT,
        once(0.57, 10),
        {**_LAKE_OBJECT, "key": ("raw/2019-01-01/orders-0.json.gz",)},
        refused="deny",
    ),
    Habit("lake-admin-lena", identity.GET_ROLE, weekly(3, 10), {"role_name": ("lake-replication",)}),
    Habit("replication", storage.GET_BUCKET_REPLICATION, daily(7), {"bucket": (LAKE_BUCKET,)}),
    Habit("analyst-milo", storage.GET_OBJECT, business(8), _REPORT, then=((storage.DECRYPT_FOR_S3, 0.3),)),
    Habit("analyst-milo", storage.LIST_OBJECTS, business(3), {"bucket": (LAKE_BUCKET,), "prefix": ("reports/",)}),
    Habit("analyst-noor", storage.GET_OBJECT, business(8), _REPORT, then=((storage.DECRYPT_FOR_S3, 0.3),)),
    Habit("analyst-noor", storage.DELETE_OBJECT, weekly(1, 14), _REPORT, refused="identity"),
    Habit("sso-pia", storage.GET_OBJECT, business(6), _CURATED),
    Habit("sso-pia", storage.LIST_OBJECTS, business(3), {"bucket": (LAKE_BUCKET,), "prefix": ("curated/",)}),
    Habit("sso-pia", compute.LIST_FUNCTIONS, business(1)),
    Habit("sso-pia", compute.DESCRIBE_INSTANCES, business(1), region="eu-central-1"),
    Habit("sso-pia", identity.CREATE_ACCESS_KEY, once(0.65, 15), {"user": ("tableau",)}, refused="identity"),
    Habit("carol-data", identity.LIST_ROLES, business(0.5)),
    Habit("carol-data", storage.LIST_KEYS, business(0.5)),
    Habit("rds-linked", compute.DESCRIBE_SUBNETS, daily(5, 2)),
    Habit("nina", storage.LIST_BUCKETS, business(1.5), region="us-east-1"),
    Habit("nina", storage.PUT_OBJECT, weekly(2, 12), _REPORT, refused="identity"),
    *(
        Habit(actor, call, business(2))
        for actor in ("olga-key", "peggy-key")
        for call in (compute.LIST_FUNCTIONS, compute.DESCRIBE_INSTANCES, identity.LIST_ROLES)
    ),
    Habit("tableau", storage.GET_OBJECT, daily(6, 12), _REPORT),
    Habit("tableau", storage.LIST_OBJECTS, daily(6, 2), {"bucket": (LAKE_BUCKET,), "prefix": ("reports/",)}),
)

CAST: Final = Cast(POLICIES, GROUPS, USERS, ROLES, ACTORS, HABITS)
