"""The production account of the shop: an API on ECS, two functions, a web server, deployments from outside."""

from __future__ import annotations

from typing import Final

from iamaudit.world import trust
from iamaudit.world.accounts import ARTIFACTS_BUCKET, ASSETS_BUCKET, MANAGEMENT, SHOP_BUCKET, TOOLS, VENDOR
from iamaudit.world.accounts import SHOP_PROD as ACCOUNT
from iamaudit.world.behaviour import Cast
from iamaudit.world.cast_shop_habits import ACTORS, HABITS
from iamaudit.world.cast_shop_names import KEY_ID, SSO_ADMIN, SSO_READ
from iamaudit.world.nouns import CustomerPolicy, Group, Key, Password, Role, User
from iamaudit.world.policies_aws import allow, deny, document

_KEY_ARN = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/{KEY_ID}"
_AWS = "arn:aws:iam::aws:policy"


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
        tags=(("owner", "security"),),
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
        SSO_ADMIN,
        trust.identity_center(ACCOUNT),
        managed=(f"{_AWS}/AdministratorAccess",),
        path="/aws-reserved/sso.amazonaws.com/eu-west-1/",
    ),
    Role(
        ACCOUNT,
        SSO_READ,
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

CAST: Final = Cast(POLICIES, GROUPS, USERS, ROLES, ACTORS, HABITS)
