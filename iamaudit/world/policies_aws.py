"""Documents in the style of AWS-managed policies, shortened: what many organisations attach because it is there."""

from __future__ import annotations

from typing import Any, Final

Document = dict[str, Any]


def allow(sid: str, actions: str, resources: str | tuple[str, ...] = "*", **more: Any) -> Document:
    """Return an Allow statement; *actions* are separated by blanks, *more* is e.g. Condition."""
    names = actions.split()
    chosen = resources if isinstance(resources, str) else list(resources)
    return {"Sid": sid, "Effect": "Allow", "Action": names if len(names) > 1 else names[0], "Resource": chosen, **more}


def deny(sid: str, actions: str, resources: str | tuple[str, ...] = "*", **more: Any) -> Document:
    """Return a Deny statement."""
    return {**allow(sid, actions, resources, **more), "Effect": "Deny"}


def document(*statements: Document) -> Document:
    """Return a policy document of the current language version."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


# name -> (path, document)
AWS_MANAGED: Final[dict[str, tuple[str, Document]]] = {
    "AdministratorAccess": ("/", document({"Effect": "Allow", "Action": "*", "Resource": "*"})),
    "PowerUserAccess": (
        "/",
        document(
            {"Effect": "Allow", "NotAction": ["iam:*", "organizations:*", "account:*"], "Resource": "*"},
            {
                "Effect": "Allow",
                "Action": [
                    "account:GetAccountInformation",
                    "account:ListRegions",
                    "iam:CreateServiceLinkedRole",
                    "iam:DeleteServiceLinkedRole",
                    "iam:ListRoles",
                    "organizations:DescribeOrganization",
                ],
                "Resource": "*",
            },
        ),
    ),
    "ReadOnlyAccess": (
        "/",
        document(
            allow(
                "ReadOnlyActions",
                "apigateway:GET athena:BatchGet* athena:Get* athena:List* autoscaling:Describe* autoscaling:GetPredictiveScalingForecast "
                "cloudformation:Describe* cloudformation:Get* cloudformation:List* cloudfront:Describe* cloudfront:Get* cloudfront:List* "
                "cloudtrail:DescribeTrails cloudtrail:Get* cloudtrail:List* cloudtrail:LookupEvents cloudwatch:Describe* cloudwatch:Get* "
                "cloudwatch:List* config:Describe* config:Get* config:List* dynamodb:BatchGetItem dynamodb:Describe* dynamodb:GetItem "
                "dynamodb:List* dynamodb:Query dynamodb:Scan ec2:Describe* ec2:Get* ecr:BatchCheck* ecr:BatchGet* ecr:Describe* ecr:Get* "
                "ecr:List* ecs:Describe* ecs:List* elasticloadbalancing:Describe* events:Describe* events:List* glue:BatchGet* glue:Get* "
                "iam:Generate* iam:Get* iam:List* iam:Simulate* kms:Describe* kms:Get* kms:List* lambda:Get* lambda:List* logs:Describe* "
                "logs:FilterLogEvents logs:Get* logs:List* organizations:Describe* organizations:List* rds:Describe* rds:List* "
                "route53:Get* route53:List* s3:DescribeJob s3:Get* s3:List* secretsmanager:Describe* secretsmanager:List* "
                "sns:Get* sns:List* sqs:Get* sqs:List* sqs:Receive* ssm:Describe* ssm:Get* ssm:List* states:Describe* states:Get* "
                "states:List* sts:GetAccessKeyInfo sts:GetCallerIdentity sts:GetSessionToken tag:Get* xray:BatchGet* xray:Get*",
            )
        ),
    ),
    "SecurityAudit": (
        "/",
        document(
            allow(
                "BaseSecurityAuditStatement",
                "access-analyzer:Get* access-analyzer:List* cloudtrail:DescribeTrails cloudtrail:GetEventSelectors cloudtrail:GetTrail "
                "cloudtrail:GetTrailStatus cloudtrail:ListTrails cloudtrail:LookupEvents config:Describe* config:Get* dynamodb:DescribeTable "
                "dynamodb:ListTables ec2:Describe* ecr:DescribeRepositories ecr:GetRepositoryPolicy ecs:Describe* ecs:List* "
                "iam:GenerateCredentialReport iam:GenerateServiceLastAccessedDetails iam:Get* iam:List* iam:SimulateCustomPolicy "
                "iam:SimulatePrincipalPolicy kms:Describe* kms:Get* kms:List* lambda:GetFunctionConfiguration lambda:GetPolicy lambda:List* "
                "logs:Describe* organizations:Describe* organizations:List* rds:Describe* s3:GetAccountPublicAccessBlock s3:GetBucket* "
                "s3:GetEncryptionConfiguration s3:GetLifecycleConfiguration s3:GetReplicationConfiguration s3:ListAllMyBuckets "
                "secretsmanager:DescribeSecret secretsmanager:GetResourcePolicy secretsmanager:ListSecrets sns:Get* sns:List* "
                "sqs:GetQueueAttributes sqs:ListQueues ssm:Describe*",
            ),
            allow(
                "APIGatewayAccess",
                "apigateway:GET",
                ("arn:aws:apigateway:*::/restapis", "arn:aws:apigateway:*::/restapis/*", "arn:aws:apigateway:*::/apis"),
            ),
        ),
    ),
    "AmazonS3FullAccess": ("/", document(allow("FullAccess", "s3:* s3-object-lambda:*"))),
    "AmazonDynamoDBFullAccess": (
        "/",
        document(
            allow(
                "Tables",
                "dynamodb:* dax:* application-autoscaling:Describe* cloudwatch:DescribeAlarms kms:ListAliases iam:ListRoles",
            ),
            allow(
                "PassAutoscalingRole",
                "iam:PassRole",
                Condition={
                    "StringLike": {
                        "iam:PassedToService": ["application-autoscaling.amazonaws.com", "dax.amazonaws.com"]
                    }
                },
            ),
        ),
    ),
    "IAMUserChangePassword": (
        "/",
        document(
            allow("ChangeOwnPassword", "iam:ChangePassword", ("arn:aws:iam::*:user/${aws:username}",)),
            allow("ReadPasswordPolicy", "iam:GetAccountPasswordPolicy"),
        ),
    ),
    "AWSLambdaBasicExecutionRole": (
        "/service-role/",
        document(allow("Logs", "logs:CreateLogGroup logs:CreateLogStream logs:PutLogEvents")),
    ),
    "AmazonECSTaskExecutionRolePolicy": (
        "/service-role/",
        document(
            allow(
                "PullAndLog",
                "ecr:GetAuthorizationToken ecr:BatchCheckLayerAvailability ecr:GetDownloadUrlForLayer ecr:BatchGetImage "
                "logs:CreateLogStream logs:PutLogEvents",
            )
        ),
    ),
    "AmazonSSMManagedInstanceCore": (
        "/",
        document(
            allow(
                "Agent",
                "ssm:DescribeAssociation ssm:GetDeployablePatchSnapshotForInstance ssm:GetDocument ssm:DescribeDocument ssm:GetManifest "
                "ssm:GetParameter ssm:GetParameters ssm:ListAssociations ssm:ListInstanceAssociations ssm:PutInventory "
                "ssm:PutComplianceItems ssm:PutConfigurePackageResult ssm:UpdateAssociationStatus ssm:UpdateInstanceInformation",
            ),
            allow(
                "Channels",
                "ssmmessages:CreateControlChannel ssmmessages:CreateDataChannel ssmmessages:OpenControlChannel ssmmessages:OpenDataChannel",
            ),
            allow(
                "Messages",
                "ec2messages:AcknowledgeMessage ec2messages:GetEndpoint ec2messages:GetMessages ec2messages:SendReply",
            ),
        ),
    ),
    "AmazonECSServiceRolePolicy": (
        "/aws-service-role/",
        document(
            allow(
                "ECSTaskManagement",
                "ec2:AttachNetworkInterface ec2:CreateNetworkInterface ec2:CreateNetworkInterfacePermission ec2:DeleteNetworkInterface "
                "ec2:Describe* ec2:DetachNetworkInterface elasticloadbalancing:DeregisterTargets elasticloadbalancing:Describe* "
                "elasticloadbalancing:RegisterTargets route53:Get* route53:List* servicediscovery:Get* servicediscovery:List*",
            ),
            allow(
                "CWAlarmManagement",
                "cloudwatch:DeleteAlarms cloudwatch:DescribeAlarms cloudwatch:PutMetricAlarm",
                ("arn:aws:cloudwatch:*:*:alarm:*",),
            ),
        ),
    ),
    "AutoScalingServiceRolePolicy": (
        "/aws-service-role/",
        document(
            allow(
                "EC2InstanceManagement",
                "ec2:AttachClassicLinkVpc ec2:CancelSpotInstanceRequests ec2:CreateFleet ec2:CreateTags ec2:DeleteTags ec2:Describe* "
                "ec2:ModifyInstanceAttribute ec2:RequestSpotInstances ec2:RunInstances ec2:StartInstances ec2:StopInstances ec2:TerminateInstances",
            ),
            allow(
                "EC2InstanceProfileManagement",
                "iam:PassRole",
                Condition={"StringLike": {"iam:PassedToService": "ec2.amazonaws.com*"}},
            ),
        ),
    ),
    "AmazonRDSServiceRolePolicy": (
        "/aws-service-role/",
        document(
            allow(
                "Network",
                "ec2:AllocateAddress ec2:CreateNetworkInterface ec2:Describe* ec2:ModifyNetworkInterfaceAttribute sns:Publish",
            )
        ),
    ),
}
