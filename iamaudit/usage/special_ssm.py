"""Systems Manager: documents of Amazon have no account, commands run on machines that tags choose (domain.md §2.3)."""

from __future__ import annotations

from iamaudit.usage.answer import Answer, regional_arn, sure
from iamaudit.usage.call import Call
from iamaudit.usage.parameters import Parameters
from iamaudit.usage.templates import plans_of

# nobody else may begin a document's name so ([K] API reference of CreateDocument)
_AMAZONS = ("aws", "amazon", "amzn")
# parameters that AWS publishes for all ([K] Systems Manager user guide, Discovering public parameters)
_PUBLIC = "/aws/service/"


def ssm(action: str, call: Call, parameters: Parameters, role: str, listed: tuple[str, ...]) -> Answer | None:
    """Return the document that an action reads or runs and the machines it runs on, or a public parameter."""
    del role
    if action.startswith("ssm:GetParameter"):
        return _public(action, call, parameters, listed)
    if action == "ssm:StartSession":
        return _session(call, parameters)
    kinds = {plan.resource_type for plan in plans_of(action)}
    if "document" not in kinds or listed:
        return None
    if "association" in kinds or action == "ssm:CreateAssociationBatch":
        return _association(action, call, parameters)
    name = parameters.first("documentname") or (parameters.top.get("name") if "Document" in action else None)
    if not name:
        return None
    document = _document(call, name)
    if action == "ssm:StartAutomationExecution":
        version = parameters.first("documentversion") or "$DEFAULT"
        definition = document.replace(":document/", ":automation-definition/") + f":{version}"
        # which of these an account's calls are checked on changed over the years
        return (document, definition, regional_arn(call, "ssm", "automation-execution/*")), "low", {}
    if "instance" not in kinds:
        return sure(document) if kinds == {"document"} else None
    instances = parameters.every("instanceids") or parameters.every("instanceid")
    if instances:
        return sure(document, *(_machine(call, one) for one in instances))
    if "targets" in parameters.names and action == "ssm:SendCommand":
        # tags choose the machines: the record does not tell which
        return (document, _machine(call, "*"), _machine(call, "mi-*").replace("/mi-*", "/*")), "low", {}
    return None


def _association(action: str, call: Call, parameters: Parameters) -> Answer | None:
    """Return the document that is associated, the association, and the machines, which targets mostly only describe."""
    documents = [_document(call, name) for name in parameters.every("name", all_depths=True)]
    known = parameters.first("associationid") if action == "ssm:UpdateAssociation" else None
    if not documents and not known:
        return None
    one = parameters.first("instanceid")
    machines = [_machine(call, one)] if one else [_machine(call, "*"), regional_arn(call, "ssm", "managed-instance/*")]
    own = [] if action == "ssm:CreateAssociationBatch" else [regional_arn(call, "ssm", f"association/{known or '*'}")]
    return (*documents, *own, *machines), "high" if one else "low", {}


def _public(action: str, call: Call, parameters: Parameters, listed: tuple[str, ...]) -> Answer | None:
    """Return the parameters that are read, where one is AWS's own: its ARN has no account."""
    given = parameters.every("names") or parameters.every("name") or parameters.every("path")
    if listed or not any(name.startswith(_PUBLIC) for name in given):
        return None
    kinds = {plan.resource_type for plan in plans_of(action)}
    return sure(*(_parameter(call, name) for name in given)) if kinds == {"parameter"} else None


def _parameter(call: Call, name: str) -> str:
    if name.startswith("arn:"):
        return name
    owner = "" if name.startswith(_PUBLIC) else call.account_id
    return f"arn:{call.partition}:ssm:{call.region}:{owner}:parameter/{name.partition(':')[0].strip('/')}"


def _session(call: Call, parameters: Parameters) -> Answer | None:
    target = parameters.first("target")
    if not target:
        return None
    return sure(
        target if target.startswith("arn:") else _machine(call, target),
        _document(call, parameters.first("documentname") or "SSM-SessionManagerRunShell"),
    )


def _machine(call: Call, name: str) -> str:
    if name.startswith("mi-"):
        return regional_arn(call, "ssm", f"managed-instance/{name}")
    return regional_arn(call, "ec2", f"instance/{name}")


def _document(call: Call, name: str) -> str:
    if name.startswith("arn:"):
        return name
    owner = "" if name.lower().startswith(_AMAZONS) else call.account_id
    return f"arn:{call.partition}:ssm:{call.region}:{owner}:document/{name}"
