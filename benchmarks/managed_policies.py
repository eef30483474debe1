"""Managed policies of true size: what AWS's own look like, made by their rules out of the catalogue of actions.

AWS's texts are not copied. PowerUserAccess is all but three services, ReadOnlyAccess names the reading verbs of every
service in more than a thousand patterns, and the two policies of a service are `service:*` with what it needs of others,
and its reading verbs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from random import Random
from typing import Any

from iamaudit.knowledge.actions import ActionCatalogue
from iamaudit.world.policies_aws import AWS_MANAGED, allow, document

Document = dict[str, Any]
_READING = {"Read", "List"}
_VERB = re.compile(r"[A-Z][a-z]+(?=[A-Z])")
_SERVICES = (
    "athena autoscaling backup cloudformation cloudfront cloudtrail cloudwatch codebuild codecommit codedeploy codepipeline "
    "cognito-idp config dynamodb ec2 ecr ecs eks elasticache elasticfilesystem elasticloadbalancing events firehose glue guardduty "
    "kinesis kms lambda logs rds redshift route53 s3 sagemaker secretsmanager sns sqs ssm states wafv2 xray"
)
_COMPANIONS = (
    "cloudwatch:GetMetricData cloudwatch:GetMetricStatistics cloudwatch:ListMetrics ec2:DescribeAccountAttributes "
    "ec2:DescribeSecurityGroups ec2:DescribeSubnets ec2:DescribeVpcs iam:GetPolicy iam:GetRole iam:ListPolicies iam:ListRoles "
    "kms:DescribeKey kms:ListAliases logs:DescribeLogGroups s3:ListAllMyBuckets tag:GetResources"
)


def aws_managed(catalogue: ActionCatalogue) -> dict[str, Document]:
    """Return the documents by name: three for whole jobs, two for each of forty services."""
    made = {
        "PowerUserAccess": AWS_MANAGED["PowerUserAccess"][1],
        "ReadOnlyAccess": document(allow("ReadOnlyActions", " ".join(_reading(catalogue, catalogue.services())))),
        "SecurityAudit": AWS_MANAGED["SecurityAudit"][1],
    }
    for service in _SERVICES.split():
        title = f"Amazon{service.replace('-', ' ').title().replace(' ', '')}"
        passes = allow("PassRole", "iam:PassRole", Condition={"StringEquals": {"iam:PassedToService": _host(service)}})
        made[f"{title}FullAccess"] = document(
            allow("All", f"{service}:*"),
            allow("WhatItNeeds", _COMPANIONS),
            passes if service != "kms" else allow("Tags", "tag:*"),
        )
        made[f"{title}ReadOnlyAccess"] = document(allow("Reads", " ".join(_reading(catalogue, (service,)))))
    return made


def team_policy(account: str, region: str, rng: Random) -> Document:
    """Return what a team writes for itself: six services, each with its actions by name, on resources by pattern."""
    by_service = {service: _ACTIONS[service].split() for service in rng.sample(sorted(_ACTIONS), 6)}
    statements = []
    for service, actions in sorted(by_service.items()):
        names = " ".join(f"{service}:{action}" for action in sorted(actions))
        where = (
            f"arn:aws:s3:::team-{rng.randrange(90)}-*" if service == "s3" else f"arn:aws:{service}:{region}:{account}:*"
        )
        statements.append(allow(f"Team{service.title()}", names, where))
    return document(*statements)


_ACTIONS = {
    "dynamodb": "BatchGetItem BatchWriteItem DescribeTable GetItem PutItem Query Scan UpdateItem",
    "ecr": "BatchGetImage CompleteLayerUpload GetDownloadUrlForLayer InitiateLayerUpload PutImage UploadLayerPart",
    "ecs": "DescribeServices DescribeTasks ListTasks RunTask StopTask UpdateService",
    "events": "DescribeRule DisableRule EnableRule ListRules PutEvents PutRule PutTargets",
    "kms": "Decrypt DescribeKey Encrypt GenerateDataKey ReEncryptFrom ReEncryptTo",
    "lambda": "GetFunction InvokeFunction ListVersionsByFunction PublishVersion UpdateFunctionCode UpdateFunctionConfiguration",
    "logs": "CreateLogGroup CreateLogStream FilterLogEvents GetLogEvents PutLogEvents PutRetentionPolicy",
    "rds": "CreateDBSnapshot DescribeDBInstances ModifyDBInstance RebootDBInstance",
    "s3": "DeleteObject GetBucketLocation GetObject ListBucket PutObject PutObjectTagging",
    "secretsmanager": "DescribeSecret GetSecretValue ListSecretVersionIds PutSecretValue",
    "sns": "GetTopicAttributes ListSubscriptionsByTopic Publish Subscribe",
    "sqs": "ChangeMessageVisibility DeleteMessage GetQueueAttributes ReceiveMessage SendMessage",
    "ssm": "GetParameter GetParameters GetParametersByPath PutParameter",
    "states": "DescribeExecution ListExecutions StartExecution StopExecution",
}


def _host(service: str) -> str:
    return f"{'ecs-tasks' if service == 'ecs' else service}.amazonaws.com"


def _reading(catalogue: ActionCatalogue, services: tuple[str, ...]) -> Iterator[str]:
    """Yield `service:Verb*` where the verb only reads, and the names of the other reading actions."""
    every = [action.partition(":") for action in catalogue.all_actions()]
    for service in services:
        names = [name for prefix, _, name in every if prefix == service]
        reads = {
            name for name in names if _READING & set((catalogue.access_level(f"{service}:{name}") or "").split(", "))
        }
        verbs = {found[0] for name in reads if (found := _VERB.match(name))}
        only = {verb for verb in verbs if all(name in reads for name in names if name.startswith(verb))}
        yield from (f"{service}:{verb}*" for verb in sorted(only))
        yield from (f"{service}:{name}" for name in sorted(reads) if not any(name.startswith(verb) for verb in only))
