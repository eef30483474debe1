"""Who acts in the production account of the shop, and what they do there."""

from __future__ import annotations

from typing import Final

from iamaudit.world import calls_compute as compute
from iamaudit.world import calls_identity as identity
from iamaudit.world import calls_storage as storage
from iamaudit.world.accounts import ARTIFACTS_BUCKET, ASSETS_BUCKET, SHOP_BUCKET, VENDOR
from iamaudit.world.accounts import SHOP_PROD as ACCOUNT
from iamaudit.world.actors import Actor
from iamaudit.world.behaviour import Habit
from iamaudit.world.calls import Call, need
from iamaudit.world.cast_shop_names import KEY_ID, SSO_ADMIN, SSO_READ
from iamaudit.world.ids import guid_of, hexadecimal
from iamaudit.world.schedule import around_the_clock, business, daily, monthly, once, quarterly, weekly


def _role(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


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
    Actor("sso-anna", "sso", ACCOUNT, SSO_ADMIN, "anna@example.com", "", "203.0.113.60", _CHROME, has_mfa=True),
    Actor("sso-ben", "sso", ACCOUNT, SSO_READ, "ben@example.com", "", "203.0.113.61", _CHROME, has_mfa=True),
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
    Habit("orders", storage.PUT_OBJECT, around_the_clock(24), _ORDER_KEYS, then=((storage.DATA_KEY_FOR_S3, 0.1),)),
    Habit(
        "orders",
        storage.GET_OBJECT,
        around_the_clock(34),
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
    Habit("thumbs", storage.GET_OBJECT, around_the_clock(18), _IMAGE_KEYS, (("not_found", 0.02),)),
    Habit("thumbs", storage.PUT_OBJECT, around_the_clock(18), _THUMB_KEYS),
    Habit("thumbs", compute.CREATE_LOG_STREAM, around_the_clock(3), {"log_group": ("/aws/lambda/thumbnailer",)}),
    Habit("invoices", storage.LIST_OBJECTS, weekly(0, 5), {"bucket": (SHOP_BUCKET,), "prefix": ("invoices/",)}),
    Habit(
        "invoices",
        storage.GET_OBJECT,
        weekly(0, 5, 12),
        {**_S3, "key": tuple(f"invoices/{{day}}/{n}.pdf" for n in range(12))},
    ),
    Habit("invoices", compute.START_EXECUTION, weekly(0, 5), {"machine": ("send-invoices",)}),
    Habit("web", storage.GET_PARAMETER, around_the_clock(16), {"parameter": ("/web/config",)}),
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
    Habit("vendor", compute.DESCRIBE_ALARMS, around_the_clock(16)),
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
    Habit("sso-anna", compute.GET_TOPIC, weekly(3, 14), {"topic": ("orders-placed",)}),
    Habit("sso-anna", storage.GENERATE_DATA_KEY, weekly(3, 15), {"kms_key": (KEY_ID,), "app": ("shop",)}),
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
