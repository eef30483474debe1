"""Resources that no template rule gets right: the services with their own spelling (domain.md §2.3, §2.6)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from urllib.parse import unquote

from iamaudit.knowledge.events import fold
from iamaudit.model.arn import parse_arn
from iamaudit.usage.call import Call
from iamaudit.usage.parameters import Parameters, entries_in, parameters_of
from iamaudit.usage.templates import plans_of

Answer = tuple[tuple[str, ...], str, dict[str, str]]
Special = Callable[[str, Call, Parameters, str, tuple[str, ...]], Answer | None]

_TABLE = re.compile(
    r"(?:from|into|update)\s+[\"'`]?([A-Za-z0-9_.-]+)[\"'`]?(?:\s*\.\s*[\"']([A-Za-z0-9_.-]+)[\"'])?", re.IGNORECASE
)
_GLOBAL_S3 = "arn:{}:s3:::{}"


def _sure(*arns: str) -> Answer:
    return tuple(dict.fromkeys(arns)), "high", {}


def _arn(call: Call, service: str, resource: str, account: str = "") -> str:
    return f"arn:{call.partition}:{service}:{call.region}:{account or call.account_id}:{resource}"


def _s3(action: str, call: Call, parameters: Parameters, role: str, listed: tuple[str, ...]) -> Answer | None:
    if role == "source":
        return _s3_source(call, parameters)
    bucket = parameters.first("bucketname") or parameters.first("bucket") or ""
    is_object = ("Object" in action and "Bucket" not in action) or action in _ON_OBJECTS
    if not is_object:
        if bucket.startswith("arn:"):
            return _sure(bucket)
        return None
    keys = _keys(parameters)
    if bucket.startswith("arn:"):
        return _sure(*(f"{bucket}/object/{key}" for key in keys or ("*",)))
    if bucket and keys:
        return _sure(*(_GLOBAL_S3.format(call.partition, f"{bucket}/{key}") for key in keys))
    named = tuple(arn for arn in listed if "/" in arn.rpartition(":::")[2] or "/object/" in arn)
    if named:
        return _sure(*named)
    if bucket:
        # a batch without its keys in the record: all that is known is the bucket
        return (_GLOBAL_S3.format(call.partition, f"{bucket}/*"),), "low", {}
    return None


_ON_OBJECTS = frozenset({"s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:BypassGovernanceRetention"})


def _keys(parameters: Parameters) -> tuple[str, ...]:
    top = parameters.top.get("key")
    if top:
        return (top,)
    return parameters.every("key") or parameters.every("objectkey")


def _s3_source(call: Call, parameters: Parameters) -> Answer | None:
    source = parameters.first("xamzcopysource") or parameters.first("copysource")
    if not source:
        return ("*",), "low", {}
    path = unquote(source.partition("?")[0]).lstrip("/")
    if path.startswith("arn:"):
        return _sure(path)
    return _sure(_GLOBAL_S3.format(call.partition, path))


def _kms(action: str, call: Call, parameters: Parameters, role: str, listed: tuple[str, ...]) -> Answer | None:
    if action in {"kms:CreateAlias", "kms:DeleteAlias", "kms:UpdateAlias"}:
        return None
    keys = [arn for arn in listed if ":key/" in arn]
    name = {"source": "sourcekeyid", "dest": "destinationkeyid"}.get(role, "keyid")
    given = parameters.first(name) or (parameters.first("targetkeyid") if not role else None)
    if given and not given.startswith("alias/") and ":alias/" not in given:
        return _sure(given if given.startswith("arn:") else _arn(call, "kms", f"key/{given}"))
    if role and len(keys) > 1:
        other = parameters.first("destinationkeyid" if role == "source" else "sourcekeyid") or "?"
        rest = [arn for arn in keys if not arn.endswith(other)]
        return _sure(rest[0] if role == "source" else rest[-1])
    if keys:
        return _sure(*keys)
    if given:
        # an alias is no Resource for key actions: the condition names it, the inventory resolves it
        alias = given.rpartition(":")[2]
        return (_arn(call, "kms", "key/*"),), "low", {"kms:RequestAlias": alias}
    return None


def _dynamodb(action: str, call: Call, parameters: Parameters, role: str, listed: tuple[str, ...]) -> Answer | None:
    index = parameters.first("indexname")
    table = parameters.first("tablename")
    if role.startswith("under:"):
        below = _under(parameters.raw, fold(role[6:]))
        return _sure(*(_table(call, name) for name in below)) if below else None
    if action.startswith("dynamodb:PartiQL"):
        verb = action.removeprefix("dynamodb:PartiQL").lower()
        statements = [s for s in parameters.every("statement") if s.lstrip(" (\n\t").lower().startswith(verb)]
        found = [m for statement in statements if (m := _TABLE.search(statement))]
        arns = (_table(call, m[1]) + (f"/index/{m[2]}" if m[2] else "") for m in found)
        return _sure(*arns) if found else None
    if action in {"dynamodb:Query", "dynamodb:Scan"} and index and table:
        return _sure(f"{_table(call, table)}/index/{index}")
    request = next((v for k, v in parameters.raw.items() if str(k).lower() == "requestitems"), None)
    if isinstance(request, Mapping) and request:
        return _sure(*(_table(call, str(name)) for name in sorted(request)))
    tables = list(parameters.every("tablename"))
    if tables and not listed:
        return _sure(*(_table(call, name) for name in tables))
    return None


def _under(request: Mapping[str, object], key: str) -> list[str]:
    inner = (value for name, value in entries_in(request) if name == key.lower() and isinstance(value, Mapping))
    tables = (text for value in inner for name, text in value.items() if str(name).lower() == "tablename")
    return sorted({text for text in tables if isinstance(text, str)})


def _table(call: Call, name: str) -> str:
    return name if name.startswith("arn:") else _arn(call, "dynamodb", f"table/{name}")


def _lambda(action: str, call: Call, parameters: Parameters, role: str, listed: tuple[str, ...]) -> Answer | None:
    del role
    if action == "lambda:GetLayerVersion":
        layers = [arn for name in ("arn", "layers") for arn in parameters.every(name) if ":layer:" in arn]
        return _sure(*layers) if layers else None
    name = parameters.first("functionname")
    if not name or name.startswith("{"):
        return None
    qualifier = parameters.first("qualifier") or ""
    if not name.startswith("arn:"):
        # `123456789012:function:name` and `name:alias` are accepted too
        account, found, rest = name.partition(":function:")
        name = _arn(call, "lambda", f"function:{rest if found else name}", account if found else "")
    parsed = parse_arn(name)
    if parsed is None:
        return None
    parts = parsed.resource.split(":")
    if len(parts) > 2:
        qualifier, name = parts[2], name[: -len(parts[2]) - 1]
    if not qualifier:
        return _sure(*(arn for arn in listed if arn.startswith(name)), name) if listed else _sure(name)
    return _sure(name, f"{name}:{qualifier}")


def _sqs(action: str, call: Call, parameters: Parameters, role: str, listed: tuple[str, ...]) -> Answer | None:
    del action, role, listed
    url = parameters.first("queueurl")
    if not url:
        return None
    # https://HOST/ACCOUNT/NAME, and a queue may belong to another account
    parts = url.rpartition("://")[2].split("/")
    if len(parts) != 3:
        return None
    return _sure(_arn(call, "sqs", parts[2], parts[1]))


def _sns(action: str, call: Call, parameters: Parameters, role: str, listed: tuple[str, ...]) -> Answer | None:
    del call, role, listed
    if action == "sns:Publish" and "phonenumber" in parameters.names:
        return _sure("*")
    subscription = parameters.first("subscriptionarn")
    if subscription and subscription.count(":") == 6:
        return _sure(subscription.rpartition(":")[0])
    return None


def _events(action: str, call: Call, parameters: Parameters, role: str, listed: tuple[str, ...]) -> Answer | None:
    del role, listed
    rule = parameters.top.get("rule") or parameters.top.get("name")
    if not rule or ("Rule" not in action and "Target" not in action):
        return None
    bus = (parameters.first("eventbusname") or "default").rpartition("/")[2]
    return _sure(_arn(call, "events", f"rule/{rule}" if bus == "default" else f"rule/{bus}/{rule}"))


def _logs(action: str, call: Call, parameters: Parameters, role: str, listed: tuple[str, ...]) -> Answer | None:
    del role
    if listed or not parameters.names & {"loggroupname", "loggroupnames"}:
        return None
    stream = parameters.first("logstreamname")
    names = parameters.every("loggroupname") or parameters.every("loggroupnames")
    if (stream and "LogStream" in action) or action in {"logs:PutLogEvents", "logs:GetLogEvents"}:
        return _sure(*(_arn(call, "logs", f"log-group:{name}:log-stream:{stream or '*'}") for name in names))
    return _sure(*(_arn(call, "logs", f"log-group:{name}:*") for name in names))


def _iam(action: str, call: Call, parameters: Parameters, role: str, listed: tuple[str, ...]) -> Answer | None:
    del role
    kind = _IAM_NAMES.get(_iam_subject(action))
    if kind is None or listed:
        return None
    parameter, word = kind
    name = parameters.first(parameter)
    if name is None:
        mine = parse_arn(call.identity_arn)
        if word == "user" and mine is not None and mine.resource.startswith("user/"):
            return _sure(call.identity_arn)
        return None
    path = parameters.top.get("path", "")
    for arn in parameters_of(call.response).every("arn", all_depths=True):
        parsed = parse_arn(arn)
        if parsed is not None and parsed.resource.startswith(f"{word}/") and parsed.name == name:
            return _sure(arn)
    account = f"arn:{call.partition}:iam::{call.account_id}"
    if path:
        return _sure(f"{account}:{word}{path if path.endswith('/') else path + '/'}{name}")
    is_new = action in {"iam:CreateUser", "iam:CreateRole", "iam:CreateGroup", "iam:CreateInstanceProfile"}
    # the request names it without its path: only the inventory knows that
    return (f"{account}:{word}/{name}",), "high" if is_new else "low", {}


_IAM_NAMES = {
    "user": ("username", "user"),
    "role": ("rolename", "role"),
    "group": ("groupname", "group"),
    "instance-profile": ("instanceprofilename", "instance-profile"),
}


def _iam_subject(action: str) -> str:
    kinds = {plan.resource_type for plan in plans_of(action)}
    return next(iter(kinds)) if len(kinds) == 1 else ""


def _elb(action: str, call: Call, parameters: Parameters, role: str, listed: tuple[str, ...]) -> Answer | None:
    del role, listed
    classic = parameters.first("loadbalancername")
    if classic and not classic.startswith("arn:"):
        return _sure(_arn(call, "elasticloadbalancing", f"loadbalancer/{classic}"))
    if action == "elasticloadbalancing:CreateLoadBalancer" and "name" in parameters.top:
        kind = {"network": "net", "gateway": "gwy"}.get(parameters.top.get("type", ""), "app")
        return _sure(_arn(call, "elasticloadbalancing", f"loadbalancer/{kind}/{parameters.top['name']}/*"))
    return None


def _ssm_session(action: str, call: Call, parameters: Parameters, role: str, listed: tuple[str, ...]) -> Answer | None:
    del action, role, listed
    target = parameters.first("target")
    if not target:
        return None
    instance = (
        _arn(call, "ssm", f"managed-instance/{target}")
        if target.startswith("mi-")
        else _arn(call, "ec2", f"instance/{target}")
    )
    document = parameters.first("documentname") or "SSM-SessionManagerRunShell"
    owner = call.account_id if not document.startswith("AWS-") else ""
    return _sure(instance, f"arn:{call.partition}:ssm:{call.region}:{owner}:document/{document}")


def _connect(action: str, call: Call, parameters: Parameters, role: str, listed: tuple[str, ...]) -> Answer | None:
    del action, role, listed
    instance = parameters.first("instanceid")
    return _sure(_arn(call, "ec2", f"instance/{instance}")) if instance and instance.startswith("i-") else None


def _apigateway(action: str, call: Call, parameters: Parameters, role: str, listed: tuple[str, ...]) -> Answer | None:
    del action, listed
    if not role.startswith("/"):
        return None
    is_open = False
    pieces = []
    for piece in role.split("/"):
        if piece.startswith("{"):
            value = parameters.first("".join(c for c in piece.lower() if c.isalnum()))
            is_open = is_open or value is None
            pieces.append(value or "*")
        else:
            pieces.append(piece)
    return (f"arn:{call.partition}:apigateway:{call.region}::{'/'.join(pieces)}",), "low" if is_open else "high", {}


def _bedrock(action: str, call: Call, parameters: Parameters, role: str, listed: tuple[str, ...]) -> Answer | None:
    del role
    model = parameters.top.get("modelid")
    if not model or not action.startswith("bedrock:Invoke") or listed:
        return None
    if model.startswith("arn:"):
        return _sure(model)
    area, _, rest = model.partition(".")
    if area in _BEDROCK_AREAS and "." in rest:
        # a profile is evaluated itself and on the model in each of its regions
        profile = _arn(call, "bedrock", f"inference-profile/{model}")
        return _sure(profile, f"arn:{call.partition}:bedrock:*::foundation-model/{rest}")
    return _sure(f"arn:{call.partition}:bedrock:{call.region}::foundation-model/{model}")


_BEDROCK_AREAS = frozenset({"us", "eu", "apac", "global", "us-gov", "jp", "au", "ca"})

SPECIAL: Mapping[str, Special] = {
    "s3": _s3,
    "kms": _kms,
    "dynamodb": _dynamodb,
    "lambda": _lambda,
    "sqs": _sqs,
    "sns": _sns,
    "events": _events,
    "logs": _logs,
    "iam": _iam,
    "elasticloadbalancing": _elb,
    "ssm:StartSession": _ssm_session,
    "ec2-instance-connect": _connect,
    "apigateway": _apigateway,
    "bedrock": _bedrock,
}
