"""Resources that no template rule gets right: the services with their own spelling (domain.md §2.3, §2.6)."""

from __future__ import annotations

from collections.abc import Mapping

from iamaudit.model.arn import parse_arn
from iamaudit.usage.answer import Answer, Special, regional_arn, sure
from iamaudit.usage.call import Call
from iamaudit.usage.parameters import Parameters, parameters_of
from iamaudit.usage.special_apigateway import apigateway
from iamaudit.usage.special_cloudformation import cloudformation
from iamaudit.usage.special_dynamodb import dynamodb
from iamaudit.usage.special_ecs import ecs
from iamaudit.usage.special_iam import iam, root
from iamaudit.usage.special_s3 import s3
from iamaudit.usage.special_secrets import secrets
from iamaudit.usage.special_ssm import ssm
from iamaudit.usage.templates import plans_of


def _kms(action: str, call: Call, parameters: Parameters, role: str, listed: tuple[str, ...]) -> Answer | None:
    if action in {"kms:CreateAlias", "kms:DeleteAlias", "kms:UpdateAlias"}:
        return None
    keys = [arn for arn in listed if ":key/" in arn]
    name = {"source": "sourcekeyid", "dest": "destinationkeyid"}.get(role, "keyid")
    given = parameters.first(name) or (parameters.first("targetkeyid") if not role else None)
    if given and not given.startswith("alias/") and ":alias/" not in given:
        return sure(given if given.startswith("arn:") else regional_arn(call, "kms", f"key/{given}"))
    if role and len(keys) > 1:
        other = parameters.first("destinationkeyid" if role == "source" else "sourcekeyid") or "?"
        rest = [arn for arn in keys if not arn.endswith(other)]
        if rest:
            return sure(rest[0] if role == "source" else rest[-1])
    if keys:
        return sure(*keys)
    if given:
        # an alias is no Resource for key actions: the condition names it, the inventory resolves it
        alias = given.rpartition(":")[2]
        return (regional_arn(call, "kms", "key/*"),), "low", {"kms:RequestAlias": alias}
    return None


def _lambda(action: str, call: Call, parameters: Parameters, role: str, listed: tuple[str, ...]) -> Answer | None:
    del role
    if action == "lambda:GetLayerVersion":
        layers = [arn for name in ("arn", "layers") for arn in parameters.every(name) if ":layer:" in arn]
        return sure(*layers) if layers else None
    name = parameters.first("functionname")
    if not name or name.startswith("{") or "EventSourceMapping" in action:
        return None
    qualifier = parameters.first("qualifier") or ""
    if not name.startswith("arn:"):
        # `123456789012:function:name` and `name:alias` are accepted too
        account, found, rest = name.partition(":function:")
        name = regional_arn(call, "lambda", f"function:{rest if found else name}", account if found else "")
    parsed = parse_arn(name)
    if parsed is None:
        return None
    parts = parsed.resource.split(":")
    if len(parts) > 2:
        qualifier, name = parts[2], name[: -len(parts[2]) - 1]
    if not qualifier:
        return sure(*(arn for arn in listed if arn == name or arn.startswith(f"{name}:")), name)
    return sure(name, f"{name}:{qualifier}")


def _kinesis(action: str, call: Call, parameters: Parameters, role: str, listed: tuple[str, ...]) -> Answer | None:
    del call, role
    consumer, stream = parameters.first("consumername"), parameters.first("streamarn")
    kinds = {plan.resource_type for plan in plans_of(action)}
    if not consumer or not stream or "consumer" not in kinds or listed or not stream.startswith("arn:"):
        return None
    # when it was registered is a part of a consumer's ARN
    found = f"{stream}/consumer/{consumer}:*"
    return sure(found) if kinds == {"consumer"} else sure(stream, found)


def _backup(action: str, call: Call, parameters: Parameters, role: str, listed: tuple[str, ...]) -> Answer | None:
    """Return the recovery point, whose ARN is of the service that holds it."""
    del call, role
    point = parameters.first("recoverypointarn")
    is_about = any(plan.resource_type == "recoveryPoint" for plan in plans_of(action))
    return sure(point) if point and is_about and not listed and point.startswith("arn:") else None


def _sqs(action: str, call: Call, parameters: Parameters, role: str, listed: tuple[str, ...]) -> Answer | None:
    del action, role, listed
    url = parameters.first("queueurl")
    if not url:
        return None
    # https://HOST/ACCOUNT/NAME, and a queue may belong to another account
    parts = url.rpartition("://")[2].split("/")
    if len(parts) != 3:
        return None
    return sure(regional_arn(call, "sqs", parts[2], parts[1]))


def _sns(action: str, call: Call, parameters: Parameters, role: str, listed: tuple[str, ...]) -> Answer | None:
    del call, role, listed
    if action == "sns:Publish" and "phonenumber" in parameters.names:
        return sure("*")
    subscription = parameters.first("subscriptionarn")
    if subscription and subscription.count(":") == 6:
        return sure(subscription.rpartition(":")[0])
    return None


def _events(action: str, call: Call, parameters: Parameters, role: str, listed: tuple[str, ...]) -> Answer | None:
    del role, listed
    rule = parameters.top.get("rule") or parameters.top.get("name")
    if not rule or ("Rule" not in action and "Target" not in action):
        return None
    given = parse_arn(parameters.first("eventbusname") or "")
    bus = given.name if given else parameters.first("eventbusname") or "default"
    account = given.account if given else ""
    return sure(regional_arn(call, "events", f"rule/{rule}" if bus == "default" else f"rule/{bus}/{rule}", account))


def _logs(action: str, call: Call, parameters: Parameters, role: str, listed: tuple[str, ...]) -> Answer | None:
    del role
    given = next((found for name in _LOG_GROUPS if (found := parameters.every(name))), ())
    if listed or not given:
        return None
    stream = parameters.first("logstreamname")
    groups = [
        n.removesuffix(":*") if n.startswith("arn:") else regional_arn(call, "logs", f"log-group:{n}") for n in given
    ]
    if (stream and "LogStream" in action) or action in {"logs:PutLogEvents", "logs:GetLogEvents"}:
        return sure(*(f"{group}:log-stream:{stream or '*'}" for group in groups))
    return sure(*(f"{group}:*" for group in groups))


_LOG_GROUPS = ("loggroupname", "loggroupnames", "loggroupidentifier", "loggroupidentifiers")


def _elb(action: str, call: Call, parameters: Parameters, role: str, listed: tuple[str, ...]) -> Answer | None:
    del role, listed
    if action in {"elasticloadbalancing:AddTags", "elasticloadbalancing:RemoveTags"}:
        # the catalogue has the classic balancers' types only, for both APIs have an action so called
        given = [arn for arn in parameters.every("resourcearns") if arn.startswith("arn:")]
        if given:
            return sure(*given)
    classic = parameters.first("loadbalancername")
    if classic and not classic.startswith("arn:"):
        return sure(regional_arn(call, "elasticloadbalancing", f"loadbalancer/{classic}"))
    if action == "elasticloadbalancing:CreateLoadBalancer" and "name" in parameters.top:
        kind = {"network": "net", "gateway": "gwy"}.get(parameters.top.get("type", ""), "app")
        return sure(regional_arn(call, "elasticloadbalancing", f"loadbalancer/{kind}/{parameters.top['name']}/*"))
    return None


def _connect(action: str, call: Call, parameters: Parameters, role: str, listed: tuple[str, ...]) -> Answer | None:
    del action, role, listed
    instance = parameters.first("instanceid")
    return sure(regional_arn(call, "ec2", f"instance/{instance}")) if instance and instance.startswith("i-") else None


def _bedrock(action: str, call: Call, parameters: Parameters, role: str, listed: tuple[str, ...]) -> Answer | None:
    del role
    model = parameters.top.get("modelid")
    if not model or not action.startswith("bedrock:Invoke") or listed:
        return None
    if model.startswith("arn:"):
        model_arn, _, profile = model.partition(":inference-profile/")
        area, _, rest = profile.partition(".")
        if area in _BEDROCK_AREAS and rest:
            return sure(model, f"{model_arn.split(':bedrock:')[0]}:bedrock:*::foundation-model/{rest}")
        return sure(model)
    area, _, rest = model.partition(".")
    if area in _BEDROCK_AREAS and "." in rest:
        # a profile is evaluated itself and on the model in each of its regions
        profile = regional_arn(call, "bedrock", f"inference-profile/{model}")
        return sure(profile, f"arn:{call.partition}:bedrock:*::foundation-model/{rest}")
    return sure(f"arn:{call.partition}:bedrock:{call.region}::foundation-model/{model}")


def _cassandra(action: str, call: Call, parameters: Parameters, role: str, listed: tuple[str, ...]) -> Answer | None:
    """Return the table alone where one is named: its keyspace would let the caller drop or alter all of it."""
    del action, role, listed
    keyspace, table = parameters.first("keyspacename"), parameters.first("tablename")
    if not keyspace or not table:
        return None
    return sure(regional_arn(call, "cassandra", f"/keyspace/{keyspace}/table/{table}"))


def _batch(action: str, call: Call, parameters: Parameters, role: str, listed: tuple[str, ...]) -> Answer | None:
    """Return queue and definition of a job; AWS evaluates the revision, too (AWS Batch User Guide, policy examples)."""
    del role, listed
    queue, definition = parameters.top.get("jobqueue"), parameters.top.get("jobdefinition")
    if action != "batch:SubmitJob" or not queue or not definition:
        return None
    found = [
        text if text.startswith("arn:") else regional_arn(call, "batch", f"{kind}/{text}")
        for kind, text in (("job-definition", definition), ("job-queue", queue))
    ]
    if ":" not in found[0].rpartition("/")[2]:
        found[0] += ":*"
    return sure(*found)


def _scaling(action: str, call: Call, parameters: Parameters, role: str, listed: tuple[str, ...]) -> Answer | None:
    """Return the scalable target: AWS gave it an id that is none of what it scales (botocore, `ResourceARN`)."""
    del action, role, listed
    if "resourceid" not in parameters.top:
        return None
    given = parameters_of(call.response).first("scalabletargetarn") or ""
    if given.startswith("arn:"):
        return sure(given)
    return (regional_arn(call, "application-autoscaling", "scalable-target/*"),), "low", {}


def _states(action: str, call: Call, parameters: Parameters, role: str, listed: tuple[str, ...]) -> Answer | None:
    """Return the state machine of an alias that is made: the request names its versions."""
    del call, role, listed
    named = parameters.every("statemachineversionarn", all_depths=True)
    versions = [arn for arn in named if ":stateMachine:" in arn and arn.rpartition(":")[2].isdigit()]
    if action != "states:CreateStateMachineAlias" or not versions:
        return None
    return sure(*(version.rpartition(":")[0] for version in versions))


_BEDROCK_AREAS = frozenset({"us", "eu", "apac", "global", "us-gov", "jp", "au", "ca"})

SPECIAL: Mapping[str, Special] = {
    "s3": s3,
    "kms": _kms,
    "dynamodb": dynamodb,
    "lambda": _lambda,
    "sqs": _sqs,
    "sns": _sns,
    "events": _events,
    "logs": _logs,
    "iam": iam,
    "kinesis": _kinesis,
    "backup": _backup,
    "secretsmanager": secrets,
    "elasticloadbalancing": _elb,
    "ssm": ssm,
    "sts:AssumeRoot": root,
    "ec2-instance-connect": _connect,
    "apigateway": apigateway,
    "bedrock": _bedrock,
    "cassandra": _cassandra,
    "batch": _batch,
    "cloudformation": cloudformation,
    "states": _states,
    "ecs": ecs,
    "application-autoscaling": _scaling,
}
