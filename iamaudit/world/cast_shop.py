"""The production account of the shop: an API on ECS, two functions, a web server, deployments from outside."""

from __future__ import annotations

from typing import Final

from iamaudit.world import calls_compute as compute
from iamaudit.world import calls_identity as identity
from iamaudit.world import calls_storage as storage
from iamaudit.world import trust
from iamaudit.world.accounts import ARTIFACTS_BUCKET, ASSETS_BUCKET, MANAGEMENT, SHOP_BUCKET, TOOLS, VENDOR
from iamaudit.world.accounts import SHOP_PROD as ACCOUNT
from iamaudit.world.actors import Actor
from iamaudit.world.behaviour import Cast, Habit
from iamaudit.world.calls import Call, need
from iamaudit.world.ids import guid_of, hexadecimal
from iamaudit.world.nouns import CustomerPolicy, Group, Key, Password, Role, User
from iamaudit.world.policies_aws import allow, deny, document
from iamaudit.world.schedule import around_the_clock, business, daily, monthly, once, quarterly, weekly

KEY_ID: Final = guid_of("kms", ACCOUNT, "shop")
_KEY_ARN = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/{KEY_ID}"
_AWS = "arn:aws:iam::aws:policy"
_SSO_ADMIN = f"AWSReservedSSO_AdministratorAccess_{hexadecimal('sso', ACCOUNT, 'admin', length=16)}"
_SSO_READ = f"AWSReservedSSO_ReadOnly_{hexadecimal('sso', ACCOUNT, 'read', length=16)}"


def _role(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


POLICIES: Final = (
    CustomerPolicy(
        ACCOUNT,
        "orders-api",
        document(
            allow("Objects", "s3:*", (f"arn:aws:s3:::{SHOP_BUCKET}", f"arn:aws:s3:::{SHOP_BUCKET}/*")),
            allow(
                "Orders",
                "dynamodb:*",
                (
                    f"arn:aws:dynamodb:eu-west-1:{ACCOUNT}:table/orders",
                    f"arn:aws:dynamodb:eu-west-1:{ACCOUNT}:table/orders/index/*",
                ),
            ),
            allow("Queues", "sqs:*", (f"arn:aws:sqs:eu-west-1:{ACCOUNT}:orders*",)),
            allow(
                "Secrets",
                "secretsmanager:GetSecretValue secretsmanager:DescribeSecret",
                (f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:orders/*",),
            ),
            allow(
                "Parameters",
                "ssm:GetParameter ssm:GetParameters ssm:GetParametersByPath",
                (f"arn:aws:ssm:eu-west-1:{ACCOUNT}:parameter/orders/*",),
            ),
            allow("Keys", "kms:Decrypt kms:GenerateDataKey* kms:Encrypt kms:ReEncrypt*", (_KEY_ARN,)),
            allow("Mail", "ses:SendEmail ses:SendRawEmail"),
        ),
        older=(document(allow("All", "s3:* dynamodb:* sqs:*")),),
    ),
    CustomerPolicy(
        ACCOUNT,
        "deploy-shop",
        document(
            allow("Stacks", "cloudformation:*"),
            allow("Functions", "lambda:*"),
            allow("Containers", "ecs:* ecr:*"),
            allow("Plumbing", "sqs:* sns:* logs:* cloudwatch:* events:* states:*"),
            allow("Edge", "cloudfront:* apigateway:*"),
            allow(
                "Roles",
                "iam:PassRole iam:GetRole iam:CreateRole iam:PutRolePolicy iam:AttachRolePolicy",
                (f"arn:aws:iam::{ACCOUNT}:role/*",),
            ),
            allow("Network", "ec2:Describe* ec2:CreateSecurityGroup ec2:AuthorizeSecurityGroupIngress"),
            allow(
                "Artifacts",
                "s3:GetObject s3:ListBucket",
                (f"arn:aws:s3:::{ARTIFACTS_BUCKET}", f"arn:aws:s3:::{ARTIFACTS_BUCKET}/*"),
            ),
        ),
    ),
    CustomerPolicy(
        ACCOUNT,
        "operations",
        document(
            allow(
                "Look",
                "ec2:Describe* rds:Describe* cloudwatch:Describe* cloudwatch:Get* logs:Describe* logs:Get* ecs:Describe* ecs:List*",
            ),
            allow(
                "Instances",
                "ec2:StartInstances ec2:StopInstances ec2:RebootInstances ec2:CreateTags ec2:TerminateInstances",
            ),
            allow("Launch", "ec2:RunInstances"),
            allow("PassProfile", "iam:PassRole", (_role("web-server"),)),
            allow("Databases", "rds:*"),
            allow("Sessions", "ssm:StartSession ssm:TerminateSession ssm:SendCommand"),
        ),
    ),
    CustomerPolicy(
        ACCOUNT, "legacy-ftp-import", document(allow("Import", "transfer:* s3:PutObject"))
    ),  # attached to nobody
)

GROUPS: Final = (
    Group(ACCOUNT, "ops", managed=(f"arn:aws:iam::{ACCOUNT}:policy/operations", f"{_AWS}/IAMUserChangePassword")),
    Group(ACCOUNT, "auditors", managed=(f"{_AWS}/SecurityAudit",)),
)

USERS: Final = (
    User(ACCOUNT, "olivia", groups=("ops",), password=Password(60), keys=(Key(45),), has_mfa=True),
    User(ACCOUNT, "peter", groups=("ops",), password=Password(310, last_used_days=210), has_mfa=True, created_days=900),
    User(  # a script on a machine in the cellar: direct inline policy, one old key
        ACCOUNT,
        "svc-backup",
        inline=(
            (
                "backup",
                document(
                    allow(
                        "Snapshots",
                        "rds:CreateDBSnapshot rds:DescribeDBSnapshots rds:DescribeDBInstances rds:DeleteDBSnapshot",
                    ),
                    allow(
                        "Copies", "s3:PutObject s3:GetObject s3:DeleteObject", (f"arn:aws:s3:::{SHOP_BUCKET}/backup/*",)
                    ),
                ),
            ),
        ),
        keys=(Key(620), Key(800, last_used_days=500, active=False)),
        created_days=810,
    ),
    User(ACCOUNT, "judy", groups=("auditors",), keys=(Key(200),), created_days=201),  # the key was never used
)

ROLES: Final = (
    Role(ACCOUNT, "orders-api-task", trust.service("ecs-tasks.amazonaws.com"), managed=(POLICIES[0].arn,)),
    Role(
        ACCOUNT,
        "orders-api-execution",
        trust.service("ecs-tasks.amazonaws.com"),
        managed=(f"{_AWS}/service-role/AmazonECSTaskExecutionRolePolicy",),
    ),
    Role(
        ACCOUNT,
        "thumbnailer",
        trust.service("lambda.amazonaws.com"),
        managed=(f"{_AWS}/service-role/AWSLambdaBasicExecutionRole", f"{_AWS}/AmazonS3FullAccess"),
    ),
    Role(
        ACCOUNT,
        "invoice-mailer",
        trust.service("lambda.amazonaws.com"),
        managed=(f"{_AWS}/service-role/AWSLambdaBasicExecutionRole",),
        inline=(
            (
                "invoices",
                document(
                    allow(
                        "Read",
                        "s3:GetObject s3:ListBucket",
                        (f"arn:aws:s3:::{SHOP_BUCKET}", f"arn:aws:s3:::{SHOP_BUCKET}/*"),
                    ),
                    allow("Flow", "states:*"),
                    allow("Mail", "ses:*"),
                ),
            ),
        ),
    ),
    Role(
        ACCOUNT,
        "web-server",
        trust.service("ec2.amazonaws.com"),
        managed=(f"{_AWS}/AmazonSSMManagedInstanceCore",),
        inline=(
            (
                "web",
                document(
                    allow(
                        "Assets",
                        "s3:Get* s3:List*",
                        (
                            f"arn:aws:s3:::{SHOP_BUCKET}",
                            f"arn:aws:s3:::{SHOP_BUCKET}/*",
                            f"arn:aws:s3:::{ASSETS_BUCKET}/*",
                        ),
                    ),
                    allow("Self", "ec2:Describe*"),
                ),
            ),
        ),
        instance_profile="web-server",
    ),
    Role(
        ACCOUNT,
        "deploy",
        trust.account_with_external_id(f"arn:aws:iam::{TOOLS}:role/github-deploy", "example-deploy-7f3a"),
        managed=(POLICIES[1].arn,),
    ),
    Role(
        ACCOUNT,
        "vendor-monitoring",
        trust.account_with_external_id(f"arn:aws:iam::{VENDOR}:root", "vendor-41c2"),
        inline=(
            (
                "read-metrics",
                document(
                    allow(
                        "Metrics",
                        "cloudwatch:Get* cloudwatch:List* cloudwatch:Describe* logs:Describe* tag:GetResources",
                    )
                ),
            ),
        ),
    ),
    Role(
        ACCOUNT,
        "audit-readonly",
        trust.account_with_mfa(MANAGEMENT),
        managed=(f"{_AWS}/SecurityAudit", f"{_AWS}/ReadOnlyAccess"),
    ),
    Role(
        ACCOUNT,
        "break-glass-admin",
        trust.account_with_mfa(MANAGEMENT),
        managed=(f"{_AWS}/AdministratorAccess",),
        description="For emergencies only",
    ),
    Role(
        ACCOUNT,
        "quarterly-report",
        trust.service("lambda.amazonaws.com"),
        managed=(f"{_AWS}/service-role/AWSLambdaBasicExecutionRole", f"{_AWS}/ReadOnlyAccess"),
        last_used_days=130,
    ),
    Role(
        ACCOUNT,
        "monthly-snapshots",
        trust.service("lambda.amazonaws.com"),
        inline=(
            (
                "snapshots",
                document(
                    allow("Databases", "rds:*"), allow("Volumes", "ec2:CreateSnapshot ec2:Describe* ec2:DeleteSnapshot")
                ),
            ),
        ),
        managed=(f"{_AWS}/service-role/AWSLambdaBasicExecutionRole",),
        last_used_days=125,
    ),
    Role(
        ACCOUNT,
        "events-start-orders",
        trust.service("events.amazonaws.com"),
        inline=(
            (
                "start",
                document(
                    allow("Start", "states:StartExecution", (f"arn:aws:states:eu-west-1:{ACCOUNT}:stateMachine:*",))
                ),
            ),
        ),
    ),
    Role(
        ACCOUNT,
        "network-admin",
        trust.account_with_mfa(MANAGEMENT),
        inline=(
            (
                "network",
                document(
                    allow("Network", "ec2:*"),
                    deny(
                        "KeepTheTransitGateway",
                        "ec2:DeleteVpc ec2:DeleteTransitGateway ec2:RunInstances ec2:TerminateInstances",
                    ),
                ),
            ),
        ),
    ),
    Role(
        ACCOUNT,
        _SSO_ADMIN,
        trust.identity_center(ACCOUNT),
        managed=(f"{_AWS}/AdministratorAccess",),
        path="/aws-reserved/sso.amazonaws.com/eu-west-1/",
    ),
    Role(
        ACCOUNT,
        _SSO_READ,
        trust.identity_center(ACCOUNT),
        managed=(f"{_AWS}/ReadOnlyAccess",),
        path="/aws-reserved/sso.amazonaws.com/eu-west-1/",
    ),
    Role(
        ACCOUNT,
        "AWSServiceRoleForECS",
        trust.service("ecs.amazonaws.com"),
        managed=(f"{_AWS}/aws-service-role/AmazonECSServiceRolePolicy",),
        path="/aws-service-role/ecs.amazonaws.com/",
    ),
    Role(
        ACCOUNT,
        "AWSServiceRoleForAutoScaling",
        trust.service("autoscaling.amazonaws.com"),
        managed=(f"{_AWS}/aws-service-role/AutoScalingServiceRolePolicy",),
        path="/aws-service-role/autoscaling.amazonaws.com/",
    ),
)

_INSTANCES = tuple(f"i-0{hexadecimal('instance', ACCOUNT, str(n), length=16)}" for n in range(4))
_SDK = "aws-sdk-java/2.28.11 Linux/5.10 OpenJDK_64-Bit_Server_VM/21.0.4 exec-env/AWS_ECS_FARGATE"
_BOTO = "Boto3/1.42.8 md/Botocore#1.42.8 ua/2.0 os/linux lang/python#3.13.1 exec-env/AWS_Lambda_python3.13"
_CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
_CLI = "aws-cli/2.31.2 md/awscrt#0.27.6 ua/2.1 os/linux lang/python#3.13.7"

ACTORS: Final = (
    Actor(
        "orders",
        "service",
        ACCOUNT,
        "orders-api-task",
        hexadecimal("task", length=32),
        "ecs-tasks.amazonaws.com",
        "10.20.4.17",
        _SDK,
    ),
    Actor(
        "orders-start",
        "service",
        ACCOUNT,
        "orders-api-execution",
        hexadecimal("exec", length=32),
        "ecs-tasks.amazonaws.com",
        "10.20.4.17",
        _SDK,
    ),
    Actor("thumbs", "service", ACCOUNT, "thumbnailer", "thumbnailer", "lambda.amazonaws.com", "3.250.10.7", _BOTO),
    Actor(
        "invoices", "service", ACCOUNT, "invoice-mailer", "invoice-mailer", "lambda.amazonaws.com", "3.250.10.9", _BOTO
    ),
    Actor(
        "web",
        "instance",
        ACCOUNT,
        "web-server",
        _INSTANCES[0],
        "ec2.amazonaws.com",
        "10.20.1.12",
        "aws-sdk-go-v2/1.39.2 os/linux lang/go#1.25.1",
    ),
    Actor(
        "deploy-shop",
        "assumed",
        ACCOUNT,
        "deploy",
        "deploy-shop",
        "github",
        "20.55.14.3",
        _CLI,
        external_id="example-deploy-7f3a",
    ),
    Actor(
        "vendor",
        "external",
        ACCOUNT,
        "vendor-monitoring",
        "vendor-poller",
        VENDOR,
        "198.51.100.40",
        "aws-sdk-go/1.55.5",
        external_id="vendor-41c2",
    ),
    Actor("carol-shop", "assumed", ACCOUNT, "audit-readonly", "carol", "carol", "203.0.113.24", _CHROME, has_mfa=True),
    Actor(
        "alice-network", "assumed", ACCOUNT, "network-admin", "alice", "alice", "203.0.113.21", _CHROME, has_mfa=True
    ),
    Actor(
        "quarterly",
        "service",
        ACCOUNT,
        "quarterly-report",
        "quarterly-report",
        "lambda.amazonaws.com",
        "3.250.10.11",
        _BOTO,
    ),
    Actor(
        "monthly",
        "service",
        ACCOUNT,
        "monthly-snapshots",
        "monthly-snapshots",
        "lambda.amazonaws.com",
        "3.250.10.12",
        _BOTO,
    ),
    Actor(
        "rule",
        "service",
        ACCOUNT,
        "events-start-orders",
        hexadecimal("rule", length=32),
        "events.amazonaws.com",
        "events.amazonaws.com",
        "events.amazonaws.com",
    ),
    Actor("sso-anna", "sso", ACCOUNT, _SSO_ADMIN, "anna@example.com", "", "203.0.113.60", _CHROME, has_mfa=True),
    Actor("sso-ben", "sso", ACCOUNT, _SSO_READ, "ben@example.com", "", "203.0.113.61", _CHROME, has_mfa=True),
    Actor(
        "ecs-linked",
        "service",
        ACCOUNT,
        "AWSServiceRoleForECS",
        "ecs-service-scheduler",
        "ecs.amazonaws.com",
        "ecs.amazonaws.com",
        "ecs.amazonaws.com",
    ),
    Actor(
        "scaling-linked",
        "service",
        ACCOUNT,
        "AWSServiceRoleForAutoScaling",
        "AutoScaling",
        "autoscaling.amazonaws.com",
        "autoscaling.amazonaws.com",
        "autoscaling.amazonaws.com",
    ),
    Actor("olivia", "console", ACCOUNT, "olivia", address="203.0.113.30", agent=_CHROME, has_mfa=True),
    Actor("olivia-key", "key", ACCOUNT, "olivia", "1", address="203.0.113.30", agent=_CLI),
    Actor(
        "backup",
        "key",
        ACCOUNT,
        "svc-backup",
        "1",
        address="192.0.2.44",
        agent="aws-cli/1.18.69 Python/3.8.10 Linux/5.4.0-42-generic botocore/1.16.19",
    ),
)

_S3 = {"bucket": (SHOP_BUCKET,), "kms_key": (KEY_ID,), "app": ("shop",)}
_ORDER_KEYS = {**_S3, "key": tuple(f"orders/{{ymd}}/batch-{n}.json" for n in range(6))}
_IMAGE_KEYS = {**_S3, "key": tuple(f"images/original/{n:04d}.jpg" for n in range(60))}
_THUMB_KEYS = {**_S3, "key": tuple(f"images/small/{n:04d}.jpg" for n in range(60))}
_SECRET = {"secret": ("orders/database-Ab12Cd", "orders/payment-Ef34Gh"), "kms_key": (KEY_ID,), "app": ("shop",)}
_TABLE = {"table": ("orders",)}
_STACK = {
    "stack": ("shop-orders", "shop-web"),
    "stack_id": (guid_of("stack", ACCOUNT),),
    "code_bucket": (ARTIFACTS_BUCKET,),
}
_CHILDREN = {
    **_STACK,
    "queue": ("orders-events", "orders-retry"),
    "topic": ("orders-placed",),
    "log_group": ("/shop/orders", "/shop/web"),
    "alarm": ("orders-errors", "orders-latency"),
    "function": ("thumbnailer", "invoice-mailer"),
    "role": (_role("thumbnailer"),),
}
_ECS = {
    "cluster": ("shop",),
    "service": ("orders-api",),
    "family": ("orders-api",),
    "repository": ("orders-api",),
    "n": ("41", "42", "43"),
}
_TASK_ROLES = {"task_role": (_role("orders-api-task"),), "execution_role": (_role("orders-api-execution"),)}
_LAUNCH = {
    "image": ("ami-0a1b2c3d4e5f60718",),
    "group": ("sg-0f1e2d3c4b5a69788",),
    "subnet": ("subnet-0123456789abcdef0", "subnet-0fedcba9876543210"),
    "profile": ("web-server",),
    "role": (_role("web-server"),),
}
_INSTANCE = {"instance": _INSTANCES}
_DESCRIBE_INTERFACES = Call(
    "ec2",
    "DescribeNetworkInterfaces",
    (need("ec2:DescribeNetworkInterfaces"),),
    {"networkInterfaceIdSet": {}, "filterSet": {}},
)

HABITS: Final = (
    Habit("orders", storage.PUT_OBJECT, around_the_clock(34), _ORDER_KEYS, then=((storage.DATA_KEY_FOR_S3, 0.1),)),
    Habit(
        "orders",
        storage.GET_OBJECT,
        around_the_clock(48),
        _ORDER_KEYS,
        (("not_found", 0.03),),
        then=((storage.DECRYPT_FOR_S3, 0.1),),
    ),
    Habit("orders", storage.HEAD_OBJECT, around_the_clock(8), _ORDER_KEYS, (("not_found", 0.2),)),
    Habit("orders", storage.GET_SECRET, around_the_clock(12), _SECRET, then=((storage.DECRYPT_FOR_SECRETS, 1.0),)),
    Habit(
        "orders",
        storage.GET_PARAMETER,
        around_the_clock(14),
        {"parameter": ("/orders/feature-flags", "/orders/limits")},
        (("throttled", 0.04),),
    ),
    Habit("orders", storage.DESCRIBE_TABLE, daily(4), _TABLE),
    Habit("orders", storage.GET_ITEM, around_the_clock(6), _TABLE),
    Habit("orders", storage.PUT_ITEM, around_the_clock(6), _TABLE),
    Habit("orders", storage.QUERY, around_the_clock(3), _TABLE),
    Habit("orders", compute.GET_QUEUE, around_the_clock(10), {"queue": ("orders-events",)}),
    Habit("orders-start", compute.ECR_TOKEN, around_the_clock(4)),
    Habit("orders-start", compute.ECR_CHECK_LAYERS, around_the_clock(4), _ECS),
    Habit("orders-start", compute.ECR_LAYER_URL, around_the_clock(8), _ECS),
    Habit("orders-start", compute.ECR_GET_IMAGE, around_the_clock(4), _ECS),
    Habit("orders-start", compute.CREATE_LOG_STREAM, around_the_clock(4), {"log_group": ("/ecs/orders-api",)}),
    Habit("thumbs", storage.GET_OBJECT, around_the_clock(28), _IMAGE_KEYS, (("not_found", 0.02),)),
    Habit("thumbs", storage.PUT_OBJECT, around_the_clock(28), _THUMB_KEYS),
    Habit("thumbs", compute.CREATE_LOG_STREAM, around_the_clock(3), {"log_group": ("/aws/lambda/thumbnailer",)}),
    Habit("invoices", storage.LIST_OBJECTS, weekly(0, 5), {"bucket": (SHOP_BUCKET,), "prefix": ("invoices/",)}),
    Habit(
        "invoices",
        storage.GET_OBJECT,
        weekly(0, 5, 12),
        {**_S3, "key": tuple(f"invoices/{{day}}/{n}.pdf" for n in range(12))},
    ),
    Habit("invoices", compute.START_EXECUTION, weekly(0, 5), {"machine": ("send-invoices",)}),
    Habit("web", storage.GET_PARAMETER, around_the_clock(24), {"parameter": ("/web/config",)}),
    Habit(
        "web",
        storage.GET_OBJECT,
        around_the_clock(24),
        {**_S3, "key": ("site/index.html", "site/app.js", "site/logo.svg")},
    ),
    Habit(
        "web",
        storage.GET_OBJECT,
        around_the_clock(2),
        {"bucket": (ASSETS_BUCKET,), "key": ("fonts/a.woff2", "fonts/b.woff2")},
    ),
    Habit("web", compute.DESCRIBE_TAGS, around_the_clock(12)),
    Habit("web", identity.GET_CALLER_IDENTITY, around_the_clock(2)),
    Habit("web", storage.GET_SECRET, daily(6), _SECRET, refused="identity"),
    Habit(
        "deploy-shop",
        compute.UPDATE_STACK,
        business(1.2),
        _CHILDREN,
        then=(
            (compute.STACK_CREATES_QUEUE, 0.2),
            (compute.STACK_CREATES_LOG_GROUP, 0.4),
            (compute.STACK_PUTS_ALARM, 0.5),
        ),
    ),
    Habit(
        "deploy-shop",
        compute.CREATE_STACK,
        monthly(12, 10),
        _CHILDREN,
        then=(
            (compute.STACK_CREATES_QUEUE, 1.0),
            (compute.STACK_SUBSCRIBES, 1.0),
            (compute.STACK_CREATES_FUNCTION, 1.0),
        ),
    ),
    Habit("deploy-shop", compute.DESCRIBE_STACKS, business(5), _STACK, (("throttled", 0.1),)),
    Habit("deploy-shop", compute.REGISTER_TASK_DEFINITION, business(1.2), {**_ECS, **_TASK_ROLES}),
    Habit("deploy-shop", compute.UPDATE_SERVICE, business(1.2), _ECS),
    Habit("deploy-shop", compute.DESCRIBE_SERVICES, business(4), _ECS),
    Habit(
        "deploy-shop",
        compute.UPDATE_FUNCTION_CODE,
        business(0.8),
        {"function": ("thumbnailer", "invoice-mailer"), "code_bucket": (ARTIFACTS_BUCKET,)},
    ),
    Habit("deploy-shop", compute.GET_FUNCTION, business(2), {"function": ("thumbnailer", "invoice-mailer")}),
    Habit("deploy-shop", compute.RUN_TASK, weekly(2, 11), _ECS),
    Habit("deploy-shop", compute.PUT_RULE, once(0.6, 11), {"rule": ("nightly-orders",)}),
    Habit(
        "deploy-shop",
        compute.CREATE_INVALIDATION,
        business(0.7),
        {"distribution": ("E1EXAMPLE2345",)},
        region="us-east-1",
    ),
    Habit("deploy-shop", compute.CREATE_DISTRIBUTION, once(0.7, 14), region="us-east-1"),
    Habit("deploy-shop", compute.GET_REST_APIS, weekly(3, 9)),
    Habit("vendor", compute.DESCRIBE_ALARMS, around_the_clock(24)),
    Habit("vendor", compute.DESCRIBE_LOG_GROUPS, daily(7)),
    Habit("vendor", storage.LIST_BUCKETS, weekly(1, 7), refused="identity", region="us-east-1"),
    Habit("carol-shop", identity.LIST_ROLES, business(0.6)),
    Habit(
        "carol-shop",
        storage.GET_BUCKET_POLICY,
        business(0.6),
        {"bucket": (SHOP_BUCKET, ASSETS_BUCKET)},
        (("not_found", 0.3),),
    ),
    Habit("carol-shop", storage.GET_BUCKET_ENCRYPTION, business(0.4), {"bucket": (SHOP_BUCKET, ASSETS_BUCKET)}),
    Habit("carol-shop", compute.LIST_FUNCTIONS, business(0.3)),
    Habit("carol-shop", storage.GET_SECRET, weekly(4, 15), _SECRET, refused="identity"),
    Habit("alice-network", compute.DESCRIBE_VPCS, weekly(1, 9, 2)),
    Habit("alice-network", compute.DESCRIBE_SUBNETS, weekly(1, 9, 2)),
    Habit("alice-network", compute.RUN_INSTANCES, once(0.5, 9), _LAUNCH, refused="deny"),
    Habit("quarterly", storage.LIST_BUCKETS, quarterly(3), region="us-east-1"),
    Habit("quarterly", storage.DESCRIBE_DB_INSTANCES, quarterly(3), {"database": ("shop",)}),
    Habit("quarterly", storage.LIST_OBJECTS, quarterly(3), {"bucket": (SHOP_BUCKET,), "prefix": ("orders/",)}),
    Habit("monthly", storage.CREATE_DB_SNAPSHOT, monthly(1, 1), {"database": ("shop",)}),
    Habit("monthly", compute.DESCRIBE_VOLUMES, monthly(1, 1)),
    Habit("rule", compute.START_EXECUTION, daily(1), {"machine": ("close-orders",)}),
    Habit("sso-anna", compute.DESCRIBE_INSTANCES, business(3)),
    Habit("sso-anna", identity.GET_ROLE, business(0.5), {"role_name": ("orders-api-task", "thumbnailer")}),
    Habit("sso-anna", compute.DESCRIBE_SECURITY_GROUPS, business(2)),
    Habit("sso-ben", compute.DESCRIBE_INSTANCES, business(4)),
    Habit("sso-ben", compute.LIST_FUNCTIONS, business(2)),
    Habit("sso-ben", compute.STOP_INSTANCES, once(0.45, 10), _INSTANCE, refused="identity"),
    Habit("ecs-linked", _DESCRIBE_INTERFACES, around_the_clock(12)),
    Habit("scaling-linked", compute.DESCRIBE_INSTANCES, around_the_clock(12)),
    Habit("olivia", compute.DESCRIBE_INSTANCES, business(4)),
    Habit("olivia", compute.DESCRIBE_ALARMS, business(3)),
    Habit("olivia", compute.START_INSTANCES, weekly(0, 9), _INSTANCE),
    Habit("olivia", compute.STOP_INSTANCES, weekly(4, 17), _INSTANCE),
    Habit("olivia-key", compute.RUN_INSTANCES, weekly(2, 13), _LAUNCH),
    Habit("olivia-key", compute.CREATE_TAGS, weekly(2, 14), _INSTANCE),
    Habit("olivia-key", compute.TERMINATE_INSTANCES_DRY, once(0.35, 10), _INSTANCE, (("dry_run", 1.0),)),
    Habit("olivia-key", compute.DESCRIBE_INSTANCES, business(3), troubles=(("throttled", 0.05),)),
    Habit("backup", storage.DESCRIBE_DB_INSTANCES, daily(2), {"database": ("shop",)}),
    Habit("backup", storage.CREATE_DB_SNAPSHOT, daily(2), {"database": ("shop",)}),
    Habit(
        "backup",
        storage.PUT_OBJECT,
        daily(3, 3),
        {**_S3, "key": tuple(f"backup/{{day}}/part-{n}.gz" for n in range(3))},
    ),
    Habit("backup", storage.DELETE_OBJECT, weekly(6, 3), {**_S3, "key": ("backup/oldest.gz",)}),
)

CAST: Final = Cast(POLICIES, GROUPS, USERS, ROLES, ACTORS, HABITS)
