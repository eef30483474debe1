"""CloudFormation: a change set may expand transforms, which the template names and the record does not."""

from __future__ import annotations

from iamaudit.usage.answer import Answer, regional_arn, sure
from iamaudit.usage.call import Call
from iamaudit.usage.parameters import Parameters


def cloudformation(
    action: str, call: Call, parameters: Parameters, role: str, listed: tuple[str, ...]
) -> Answer | None:
    """Return the stack of a change set, and AWS's own transforms: each is asked for where the template has it.

    So AWS's refusals name them (`…:aws:transform/Serverless-2016-10-31`), and the SAM guide grants them ([K]).
    """
    del role, listed
    name = parameters.first("stackname")
    if action != "cloudformation:CreateChangeSet" or not name:
        return None
    stack = name if name.startswith("arn:") else regional_arn(call, "cloudformation", f"stack/{name}/*")
    return sure(stack, regional_arn(call, "cloudformation", "transform/*", "aws"))
