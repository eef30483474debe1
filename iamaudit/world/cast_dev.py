"""The development account: developers in a group, a bounded role, forgotten credentials, and three days without logs."""

from __future__ import annotations

from typing import Final

from iamaudit.world import calls_compute as compute
from iamaudit.world import calls_identity as identity
from iamaudit.world import calls_storage as storage
from iamaudit.world import trust
from iamaudit.world.accounts import MANAGEMENT, SCRATCH_BUCKET, SHOP_BUCKET, TOOLS
from iamaudit.world.accounts import SHOP_DEV as ACCOUNT
from iamaudit.world.actors import Actor
from iamaudit.world.behaviour import Cast, Habit
from iamaudit.world.ids import guid_of, hexadecimal
from iamaudit.world.nouns import CustomerPolicy, Group, Key, Password, Role, User
from iamaudit.world.policies_aws import allow, document
from iamaudit.world.schedule import around_the_clock, business, daily, once, weekly

KEY_ID: Final = guid_of("kms", ACCOUNT, "dev")
_AWS = "arn:aws:iam::aws:policy"
_SSO_POWER = f"AWSReservedSSO_PowerUserAccess_{hexadecimal('sso', ACCOUNT, 'power', length=16)}"


def _role(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


POLICIES: Final = (
    CustomerPolicy(
        ACCOUNT,
        "developers",
        document(
            allow("Build", "lambda:* apigateway:* sqs:* sns:* dynamodb:* logs:* cloudwatch:* events:* states:*"),
            allow("Look", "ec2:Describe* rds:Describe* iam:Get* iam:List* s3:ListAllMyBuckets kms:List*"),
            allow(
                "PassFunctionRoles",
                "iam:PassRole",
                (f"arn:aws:iam::{ACCOUNT}:role/dev-*",),
                Condition={"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}},
            ),
            allow("Sandbox", "sts:AssumeRole", (_role("dev-sandbox"),)),
            allow("Scratch", "s3:*", (f"arn:aws:s3:::{SCRATCH_BUCKET}", f"arn:aws:s3:::{SCRATCH_BUCKET}/*")),
            allow("Configuration", "ssm:*", (f"arn:aws:ssm:*:{ACCOUNT}:parameter/dev/*",)),
            allow("Secrets", "secretsmanager:GetSecretValue", (f"arn:aws:secretsmanager:*:{ACCOUNT}:secret:dev/*",)),
            allow("Keys", "kms:Decrypt kms:GenerateDataKey", (f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/{KEY_ID}",)),
        ),
    ),
    CustomerPolicy(
        ACCOUNT,
        "developer-boundary",
        document(
            allow("Services", "lambda:* logs:* s3:* sqs:* ssm:GetParameter* ec2:Describe*"),
        ),
    ),
)

GROUPS: Final = (
    Group(ACCOUNT, "developers", managed=(POLICIES[0].arn, f"{_AWS}/IAMUserChangePassword")),
    Group(ACCOUNT, "contractors"),  # no policy, nobody in it
)

USERS: Final = (
    User(ACCOUNT, "dave", groups=("developers",), password=Password(50), keys=(Key(70),), has_mfa=True),
    User(ACCOUNT, "erin", groups=("developers",), keys=(Key(150),)),
    User(
        ACCOUNT,
        "frank",
        groups=("developers",),
        password=Password(400, last_used_days=260),
        keys=(Key(400, last_used_days=255),),
        created_days=410,
    ),  # idle
    User(
        ACCOUNT,
        "heidi",
        groups=("developers",),
        password=Password(250, last_used_days=190),
        keys=(Key(30),),
        has_mfa=True,
    ),  # the key lives, the password does not
    User(
        ACCOUNT, "ivan", groups=("developers",), password=Password(20), has_mfa=False, created_days=20 + 400
    ),  # no MFA
    User(
        ACCOUNT,
        "ci-legacy",
        inline=(
            (
                "everything-lambda",
                document(
                    allow("Functions", "lambda:* iam:PassRole"),
                    allow("Code", "s3:*", (f"arn:aws:s3:::{SCRATCH_BUCKET}/*",)),
                ),
            ),
        ),
        keys=(Key(365), Key(300, active=False)),
        created_days=366,
    ),
)

ROLES: Final = (
    Role(
        ACCOUNT,
        "dev-function",
        trust.service("lambda.amazonaws.com"),
        managed=(f"{_AWS}/service-role/AWSLambdaBasicExecutionRole", f"{_AWS}/AmazonDynamoDBFullAccess"),
    ),
    Role(  # AdministratorAccess, but only inside the boundary
        ACCOUNT,
        "dev-sandbox",
        trust.arn(f"arn:aws:iam::{ACCOUNT}:root"),
        managed=(f"{_AWS}/AdministratorAccess",),
        boundary=POLICIES[1].arn,
    ),
    Role(
        ACCOUNT,
        "dev-old-worker",
        trust.service("ecs-tasks.amazonaws.com"),
        managed=(f"{_AWS}/AmazonS3FullAccess",),
        created_days=800,
    ),  # never used
    Role(
        ACCOUNT,
        "deploy",
        trust.account_with_external_id(f"arn:aws:iam::{TOOLS}:role/github-deploy", "example-deploy-dev-19be"),
        managed=(f"{_AWS}/PowerUserAccess",),
        inline=(("pass", document(allow("Pass", "iam:PassRole", (_role("dev-function"),)))),),
    ),
    Role(ACCOUNT, "audit-readonly", trust.account_with_mfa(MANAGEMENT), managed=(f"{_AWS}/SecurityAudit",)),
    Role(
        ACCOUNT,
        _SSO_POWER,
        trust.identity_center(ACCOUNT),
        managed=(f"{_AWS}/PowerUserAccess",),
        path="/aws-reserved/sso.amazonaws.com/eu-west-1/",
    ),
)

_CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
)
_CLI = "aws-cli/2.31.2 md/awscrt#0.27.6 ua/2.1 os/macos#25.1.0 lang/python#3.13.7"
_BOTO = "Boto3/1.42.8 md/Botocore#1.42.8 ua/2.0 os/linux lang/python#3.13.1 exec-env/AWS_Lambda_python3.13"

ACTORS: Final = (
    Actor("dave", "console", ACCOUNT, "dave", address="203.0.113.41", agent=_CHROME, has_mfa=True),
    Actor("dave-key", "key", ACCOUNT, "dave", "1", address="203.0.113.41", agent=_CLI),
    Actor("erin-key", "key", ACCOUNT, "erin", "1", address="203.0.113.42", agent=_CLI),
    Actor("heidi-key", "key", ACCOUNT, "heidi", "1", address="203.0.113.43", agent=_CLI),
    Actor("ivan", "console", ACCOUNT, "ivan", address="203.0.113.44", agent=_CHROME),
    Actor(
        "ci-legacy",
        "key",
        ACCOUNT,
        "ci-legacy",
        "1",
        address="192.0.2.90",
        agent="aws-cli/1.22.34 Python/3.10.12 Linux/5.15 botocore/1.23.34",
    ),
    Actor("dave-sandbox", "assumed", ACCOUNT, "dev-sandbox", "dave", "dave-key", "203.0.113.41", _CLI),
    Actor("function", "service", ACCOUNT, "dev-function", "dev-orders", "lambda.amazonaws.com", "3.250.30.7", _BOTO),
    Actor(
        "deploy-dev",
        "assumed",
        ACCOUNT,
        "deploy",
        "deploy-dev",
        "github",
        "20.55.14.9",
        _CLI,
        external_id="example-deploy-dev-19be",
    ),
    Actor("carol-dev", "assumed", ACCOUNT, "audit-readonly", "carol", "carol", "203.0.113.24", _CHROME, has_mfa=True),
    Actor("sso-quinn", "sso", ACCOUNT, _SSO_POWER, "quinn@example.com", "", "203.0.113.62", _CHROME, has_mfa=True),
)

_FUNCTIONS = {
    "function": ("dev-orders", "dev-search", "dev-mail"),
    "role": (_role("dev-function"),),
    "code_bucket": (SCRATCH_BUCKET,),
}
_SCRATCH = {"bucket": (SCRATCH_BUCKET,), "key": ("a.json", "b.json", "functions/dev-orders.zip")}

HABITS: Final = (
    Habit("dave", compute.LIST_FUNCTIONS, business(3)),
    Habit("dave", compute.GET_FUNCTION, business(3), _FUNCTIONS),
    Habit("dave", compute.DESCRIBE_LOG_GROUPS, business(2)),
    Habit("dave-key", compute.UPDATE_FUNCTION_CODE, business(2), _FUNCTIONS),
    Habit("dave-key", storage.PUT_OBJECT, business(2), _SCRATCH),
    Habit("dave-key", identity.GET_CALLER_IDENTITY, business(1)),
    Habit("dave-sandbox", compute.DESCRIBE_INSTANCES, business(1)),
    Habit("dave-sandbox", compute.CREATE_QUEUE, weekly(2, 10), {"queue": ("dev-test",)}),
    Habit("dave-sandbox", storage.DESCRIBE_TABLE, weekly(3, 10), {"table": ("orders",)}, refused="boundary"),
    Habit("erin-key", compute.CREATE_FUNCTION, weekly(1, 13), _FUNCTIONS),
    Habit("erin-key", compute.INVOKE, business(6), _FUNCTIONS, (("throttled", 0.05), ("not_found", 0.05))),
    Habit(
        "erin-key",
        storage.GET_PARAMETER,
        business(3),
        {"parameter": ("/dev/orders/url", "/dev/search/url"), "kms_key": (KEY_ID,), "app": ("dev",)},
        (("not_found", 0.1),),
        then=((storage.DECRYPT_FOR_SSM, 1.0),),
    ),
    Habit(
        "erin-key",
        storage.GET_SECRET,
        business(1),
        {"secret": ("dev/database-Zz99Yy",), "kms_key": (KEY_ID,), "app": ("dev",)},
        then=((storage.DECRYPT_FOR_SECRETS, 1.0),),
    ),
    Habit("erin-key", compute.DESCRIBE_INSTANCES, weekly(4, 11), refused="scp", region="us-west-2"),
    Habit(
        "erin-key",
        storage.GET_OBJECT,
        weekly(4, 12),
        {"bucket": (SHOP_BUCKET,), "key": ("orders/secret.json",)},
        refused="identity",
    ),
    Habit("heidi-key", compute.INVOKE, business(4), _FUNCTIONS),
    Habit("heidi-key", identity.GET_USER, business(0.5), {"user": ("heidi",)}),
    Habit(
        "heidi-key", compute.PUT_METRIC_ALARM, once(0.41, 12), {"alarm": ("dev-orders-errors",)}
    ),  # only while the logs have a gap
    Habit("sso-quinn", compute.LIST_FUNCTIONS, once(0.8, 12), troubles=(("expired", 1.0),)),
    Habit("ivan", compute.DESCRIBE_ALARMS, business(2)),
    Habit("ivan", compute.GET_REST_APIS, business(1)),
    Habit("ivan", identity.LIST_USERS, business(0.5)),
    Habit("ivan", identity.CREATE_ACCESS_KEY, once(0.25, 16), {"user": ("ivan",)}, refused="identity"),
    Habit("ci-legacy", compute.UPDATE_FUNCTION_CODE, daily(5), _FUNCTIONS),
    Habit("ci-legacy", storage.PUT_OBJECT, daily(5), _SCRATCH),
    Habit("function", compute.CREATE_LOG_GROUP, once(0.1, 9), {"log_group": ("/aws/lambda/dev-orders",)}),
    Habit("function", compute.CREATE_LOG_STREAM, around_the_clock(6), {"log_group": ("/aws/lambda/dev-orders",)}),
    Habit("function", storage.GET_ITEM, around_the_clock(4), {"table": ("orders",)}),
    Habit("deploy-dev", compute.DESCRIBE_STACKS, business(4), {"stack": ("dev-orders",)}),
    Habit(
        "deploy-dev",
        compute.UPDATE_STACK,
        business(1),
        {
            **_FUNCTIONS,
            "stack": ("dev-orders",),
            "stack_id": (guid_of("stack", ACCOUNT),),
            "log_group": ("/aws/lambda/dev-orders",),
        },
        then=((compute.STACK_CREATES_LOG_GROUP, 0.3), (compute.STACK_CREATES_FUNCTION, 0.3)),
    ),
    Habit("carol-dev", identity.LIST_ROLES, business(0.4)),
    Habit("sso-quinn", compute.LIST_FUNCTIONS, business(3)),
    Habit("sso-quinn", compute.DESCRIBE_INSTANCES, business(2), region="eu-central-1"),
)

CAST: Final = Cast(POLICIES, GROUPS, USERS, ROLES, ACTORS, HABITS)
