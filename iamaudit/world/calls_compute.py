"""The API calls on machinery that the example organisation makes: Lambda, EC2, ECS, CloudFormation, queues, monitoring."""

from __future__ import annotations

from typing import Final

from iamaudit.world.calls import Call, need, passes, through

_FUNCTION = "arn:aws:lambda:{region}:{account}:function:{function}"
_FUNCTION_RESOURCE = (("AWS::Lambda::Function", _FUNCTION),)
INVOKE: Final = Call(
    "lambda",
    "Invoke",
    (need("lambda:InvokeFunction", _FUNCTION),),
    {"functionName": _FUNCTION, "invocationType": "RequestResponse"},
    resources=_FUNCTION_RESOURCE,
    extra={"apiVersion": "2015-03-31"},
    read_only=False,
    data="AWS::Lambda::Function",
)
CREATE_FUNCTION: Final = Call(
    "lambda",
    "CreateFunction20150331",
    (need("lambda:CreateFunction", _FUNCTION), passes("{role}", "lambda.amazonaws.com")),
    {
        "functionName": "{function}",
        "runtime": "python3.13",
        "role": "{role}",
        "handler": "app.handler",
        "code": {"s3Bucket": "{code_bucket}", "s3Key": "functions/{function}.zip"},
        "timeout": 30,
        "memorySize": 256,
        "publish": False,
        "environment": {},
    },
    response={"functionName": "{function}", "functionArn": _FUNCTION, "role": "{role}", "version": "$LATEST"},
    extra={"apiVersion": "2015-03-31"},
    read_only=False,
)
UPDATE_FUNCTION_CODE: Final = Call(
    "lambda",
    "UpdateFunctionCode20150331v2",
    (need("lambda:UpdateFunctionCode", _FUNCTION),),
    {"functionName": _FUNCTION, "s3Bucket": "{code_bucket}", "s3Key": "functions/{function}.zip", "dryRun": False},
    response={"functionName": "{function}", "functionArn": _FUNCTION, "version": "$LATEST"},
    extra={"apiVersion": "2015-03-31"},
    read_only=False,
)
GET_FUNCTION: Final = Call(
    "lambda",
    "GetFunction20150331v2",
    (need("lambda:GetFunction", _FUNCTION),),
    {"functionName": _FUNCTION},
    extra={"apiVersion": "2015-03-31"},
)
LIST_FUNCTIONS: Final = Call(
    "lambda",
    "ListFunctions20150331",
    (need("lambda:ListFunctions"),),
    {"maxItems": 50},
    extra={"apiVersion": "2015-03-31"},
)

_INSTANCE = "arn:aws:ec2:{region}:{account}:instance/{instance}"


def _describe(event: str, **request: object) -> Call:
    return Call("ec2", event, (need(f"ec2:{event}"),), {**request, "filterSet": {}})


DESCRIBE_INSTANCES: Final = _describe("DescribeInstances", instancesSet={}, maxResults=100)
DESCRIBE_TAGS: Final = _describe("DescribeTags")
DESCRIBE_SECURITY_GROUPS: Final = _describe("DescribeSecurityGroups", securityGroupSet={}, securityGroupIdSet={})
DESCRIBE_VPCS: Final = _describe("DescribeVpcs", vpcSet={})
DESCRIBE_SUBNETS: Final = _describe("DescribeSubnets", subnetSet={})
DESCRIBE_VOLUMES: Final = _describe("DescribeVolumes", volumeSet={})
RUN_INSTANCES: Final = Call(
    "ec2",
    "RunInstances",
    (
        need("ec2:RunInstances", "arn:aws:ec2:{region}::image/{image}"),
        need("ec2:RunInstances", "arn:aws:ec2:{region}:{account}:instance/*"),
        need("ec2:RunInstances", "arn:aws:ec2:{region}:{account}:network-interface/*"),
        need("ec2:RunInstances", "arn:aws:ec2:{region}:{account}:security-group/{group}"),
        need("ec2:RunInstances", "arn:aws:ec2:{region}:{account}:subnet/{subnet}"),
        need("ec2:RunInstances", "arn:aws:ec2:{region}:{account}:volume/*"),
        passes("{role}", "ec2.amazonaws.com"),
    ),
    {
        "instancesSet": {"items": [{"imageId": "{image}", "minCount": 1, "maxCount": 1}]},
        "instanceType": "t3.small",
        "groupSet": {"items": [{"groupId": "{group}"}]},
        "subnetId": "{subnet}",
        "iamInstanceProfile": {"name": "{profile}"},
        "monitoring": {"enabled": False},
        "disableApiTermination": False,
        "clientToken": "{guid}",
    },
    response={
        "reservationId": "r-0{hex16}",
        "ownerId": "{account}",
        "instancesSet": {"items": [{"instanceId": "i-0{hex16}", "imageId": "{image}", "instanceType": "t3.small"}]},
    },
    read_only=False,
)
START_INSTANCES: Final = Call(
    "ec2",
    "StartInstances",
    (need("ec2:StartInstances", _INSTANCE),),
    {"instancesSet": {"items": [{"instanceId": "{instance}"}]}},
    response={
        "instancesSet": {"items": [{"instanceId": "{instance}", "currentState": {"code": 0, "name": "pending"}}]}
    },
    read_only=False,
)
STOP_INSTANCES: Final = Call(
    "ec2",
    "StopInstances",
    (need("ec2:StopInstances", _INSTANCE),),
    {"instancesSet": {"items": [{"instanceId": "{instance}"}]}, "force": False},
    response={
        "instancesSet": {"items": [{"instanceId": "{instance}", "currentState": {"code": 64, "name": "stopping"}}]}
    },
    read_only=False,
)
TERMINATE_INSTANCES_DRY: Final = Call(
    "ec2",
    "TerminateInstances",
    (need("ec2:TerminateInstances", _INSTANCE),),
    {"instancesSet": {"items": [{"instanceId": "{instance}"}]}},
    read_only=False,
)
CREATE_TAGS: Final = Call(
    "ec2",
    "CreateTags",
    (need("ec2:CreateTags", _INSTANCE),),
    {
        "resourcesSet": {"items": [{"resourceId": "{instance}"}]},
        "tagSet": {"items": [{"key": "team", "value": "shop"}]},
    },
    response={"_return": True},
    read_only=False,
)

_CLUSTER = "arn:aws:ecs:{region}:{account}:cluster/{cluster}"
_SERVICE = "arn:aws:ecs:{region}:{account}:service/{cluster}/{service}"
_TASK_DEFINITION = "arn:aws:ecs:{region}:{account}:task-definition/{family}"
REGISTER_TASK_DEFINITION: Final = Call(
    "ecs",
    "RegisterTaskDefinition",
    (
        need("ecs:RegisterTaskDefinition", _TASK_DEFINITION + ":*"),
        passes("{task_role}", "ecs-tasks.amazonaws.com"),
        passes("{execution_role}", "ecs-tasks.amazonaws.com"),
    ),
    {
        "family": "{family}",
        "taskRoleArn": "{task_role}",
        "executionRoleArn": "{execution_role}",
        "networkMode": "awsvpc",
        "containerDefinitions": [
            {"name": "app", "image": "{account}.dkr.ecr.{region}.amazonaws.com/{repository}:{day}"}
        ],
        "requiresCompatibilities": ["FARGATE"],
        "cpu": "256",
        "memory": "512",
    },
    response={
        "taskDefinition": {"taskDefinitionArn": _TASK_DEFINITION + ":{n}", "family": "{family}", "status": "ACTIVE"}
    },
    read_only=False,
)
UPDATE_SERVICE: Final = Call(
    "ecs",
    "UpdateService",
    (need("ecs:UpdateService", _SERVICE),),
    {"cluster": "{cluster}", "service": "{service}", "taskDefinition": "{family}:{n}", "forceNewDeployment": False},
    response={"service": {"serviceArn": _SERVICE, "clusterArn": _CLUSTER, "status": "ACTIVE"}},
    read_only=False,
)
RUN_TASK: Final = Call(
    "ecs",
    "RunTask",
    (need("ecs:RunTask", _TASK_DEFINITION + ":{n}"),),
    {"cluster": "{cluster}", "taskDefinition": _TASK_DEFINITION + ":{n}", "launchType": "FARGATE", "count": 1},
    response={"tasks": [{"clusterArn": _CLUSTER, "lastStatus": "PROVISIONING"}], "failures": []},
    read_only=False,
)
DESCRIBE_SERVICES: Final = Call(
    "ecs",
    "DescribeServices",
    (need("ecs:DescribeServices", _SERVICE),),
    {"cluster": "{cluster}", "services": ["{service}"]},
)

_REPOSITORY = "arn:aws:ecr:{region}:{account}:repository/{repository}"
_REPOSITORY_RESOURCE = (("AWS::ECR::Repository", _REPOSITORY),)
ECR_TOKEN: Final = Call("ecr", "GetAuthorizationToken", (need("ecr:GetAuthorizationToken"),), {})


def _image(event: str, *, read_only: bool = True) -> Call:
    return Call(
        "ecr",
        event,
        (need(f"ecr:{event}", _REPOSITORY),),
        {"registryId": "{account}", "repositoryName": "{repository}"},
        resources=_REPOSITORY_RESOURCE,
        read_only=read_only,
    )


ECR_CHECK_LAYERS: Final = _image("BatchCheckLayerAvailability")
ECR_LAYER_URL: Final = _image("GetDownloadUrlForLayer")
ECR_GET_IMAGE: Final = _image("BatchGetImage")
ECR_INITIATE: Final = _image("InitiateLayerUpload", read_only=False)
ECR_UPLOAD: Final = _image("UploadLayerPart", read_only=False)
ECR_COMPLETE: Final = _image("CompleteLayerUpload", read_only=False)
ECR_PUT_IMAGE: Final = _image("PutImage", read_only=False)

_STACK = "arn:aws:cloudformation:{region}:{account}:stack/{stack}/{stack_id}"
CREATE_STACK: Final = Call(
    "cloudformation",
    "CreateStack",
    (need("cloudformation:CreateStack", "arn:aws:cloudformation:{region}:{account}:stack/{stack}/*"),),
    {"stackName": "{stack}", "templateURL": "https://{code_bucket}.s3.amazonaws.com/{stack}.yaml", "parameters": []},
    response={"stackId": _STACK},
    read_only=False,
)
UPDATE_STACK: Final = Call(
    "cloudformation",
    "UpdateStack",
    (need("cloudformation:UpdateStack", "arn:aws:cloudformation:{region}:{account}:stack/{stack}/*"),),
    {"stackName": "{stack}", "usePreviousTemplate": False, "parameters": []},
    response={"stackId": _STACK},
    read_only=False,
)
DESCRIBE_STACKS: Final = Call(
    "cloudformation",
    "DescribeStacks",
    (need("cloudformation:DescribeStacks", "arn:aws:cloudformation:{region}:{account}:stack/{stack}/*"),),
    {"stackName": "{stack}"},
)

_QUEUE = "arn:aws:sqs:{region}:{account}:{queue}"
GET_QUEUE: Final = Call(
    "sqs",
    "GetQueueAttributes",
    (need("sqs:GetQueueAttributes", _QUEUE),),
    {"queueUrl": "https://sqs.{region}.amazonaws.com/{account}/{queue}", "attributeNames": ["All"]},
    resources=(("AWS::SQS::Queue", _QUEUE),),
)
CREATE_QUEUE: Final = Call(
    "sqs",
    "CreateQueue",
    (need("sqs:CreateQueue", _QUEUE),),
    {"queueName": "{queue}", "attribute": {"VisibilityTimeout": "60"}},
    response={"queueUrl": "https://sqs.{region}.amazonaws.com/{account}/{queue}"},
    read_only=False,
)
_TOPIC = "arn:aws:sns:{region}:{account}:{topic}"
GET_TOPIC: Final = Call("sns", "GetTopicAttributes", (need("sns:GetTopicAttributes", _TOPIC),), {"topicArn": _TOPIC})
SUBSCRIBE: Final = Call(
    "sns",
    "Subscribe",
    (need("sns:Subscribe", _TOPIC),),
    {"topicArn": _TOPIC, "protocol": "sqs", "endpoint": _QUEUE},
    response={"subscriptionArn": _TOPIC + ":{guid}"},
    read_only=False,
)

_LOG_GROUP = "arn:aws:logs:{region}:{account}:log-group:{log_group}"
CREATE_LOG_GROUP: Final = Call(
    "logs",
    "CreateLogGroup",
    (need("logs:CreateLogGroup", _LOG_GROUP + ":*"),),
    {"logGroupName": "{log_group}"},
    extra={"apiVersion": "20140328"},
    read_only=False,
)
CREATE_LOG_STREAM: Final = Call(
    "logs",
    "CreateLogStream",
    (need("logs:CreateLogStream", _LOG_GROUP + ":log-stream:{ymd}/[$LATEST]{stream}"),),
    {"logGroupName": "{log_group}", "logStreamName": "{ymd}/[$LATEST]{stream}"},
    extra={"apiVersion": "20140328"},
    read_only=False,
)
DESCRIBE_LOG_GROUPS: Final = Call(
    "logs",
    "DescribeLogGroups",
    (need("logs:DescribeLogGroups"),),
    {"limit": 50},
    extra={"apiVersion": "20140328"},
)
DESCRIBE_ALARMS: Final = Call(
    "monitoring",
    "DescribeAlarms",
    (need("cloudwatch:DescribeAlarms", "arn:aws:cloudwatch:{region}:{account}:alarm:*"),),
    {"maxRecords": 100},
    extra={"apiVersion": "2010-08-01"},
)
PUT_METRIC_ALARM: Final = Call(
    "monitoring",
    "PutMetricAlarm",
    (need("cloudwatch:PutMetricAlarm", "arn:aws:cloudwatch:{region}:{account}:alarm:{alarm}"),),
    {"alarmName": "{alarm}", "metricName": "Errors", "namespace": "AWS/Lambda", "period": 60, "threshold": 1.0},
    extra={"apiVersion": "2010-08-01"},
    read_only=False,
)

_MACHINE = "arn:aws:states:{region}:{account}:stateMachine:{machine}"
START_EXECUTION: Final = Call(
    "states",
    "StartExecution",
    (need("states:StartExecution", _MACHINE),),
    {"stateMachineArn": _MACHINE, "name": "{guid}", "input": "HIDDEN_DUE_TO_SECURITY_REASONS"},
    response={"executionArn": "arn:aws:states:{region}:{account}:execution:{machine}:{guid}"},
    read_only=False,
)
PUT_RULE: Final = Call(
    "events",
    "PutRule",
    (need("events:PutRule", "arn:aws:events:{region}:{account}:rule/{rule}"),),
    {"name": "{rule}", "scheduleExpression": "rate(1 day)", "state": "ENABLED"},
    response={"ruleArn": "arn:aws:events:{region}:{account}:rule/{rule}"},
    read_only=False,
)
CREATE_DISTRIBUTION: Final = Call(
    "cloudfront",
    "CreateDistribution2020_05_31",
    (need("cloudfront:CreateDistribution"),),
    {"distributionConfig": {"callerReference": "{guid}", "comment": "shop assets", "enabled": True}},
    response={"distribution": {"aRN": "arn:aws:cloudfront::{account}:distribution/E{hex12}", "status": "InProgress"}},
    extra={"apiVersion": "2020_05_31"},
    read_only=False,
    is_global=True,
)
CREATE_INVALIDATION: Final = Call(
    "cloudfront",
    "CreateInvalidation2020_05_31",
    (need("cloudfront:CreateInvalidation", "arn:aws:cloudfront::{account}:distribution/{distribution}"),),
    {"distributionId": "{distribution}", "invalidationBatch": {"paths": {"items": ["/*"], "quantity": 1}}},
    extra={"apiVersion": "2020_05_31"},
    read_only=False,
    is_global=True,
)
GET_REST_APIS: Final = Call(
    "apigateway", "GetRestApis", (need("apigateway:GET", "arn:aws:apigateway:{region}::/restapis"),), {"limit": 100}
)

# what CloudFormation does with the identity of whoever created or updated the stack
STACK_CREATES_QUEUE: Final = through(CREATE_QUEUE, "cloudformation.amazonaws.com")
STACK_CREATES_LOG_GROUP: Final = through(CREATE_LOG_GROUP, "cloudformation.amazonaws.com")
STACK_SUBSCRIBES: Final = through(SUBSCRIBE, "cloudformation.amazonaws.com")
STACK_PUTS_ALARM: Final = through(PUT_METRIC_ALARM, "cloudformation.amazonaws.com")
STACK_CREATES_FUNCTION: Final = through(CREATE_FUNCTION, "cloudformation.amazonaws.com")
