"""What a call that does not succeed says: error codes and messages in AWS's grammar (domain.md §1.4)."""

from __future__ import annotations

from typing import Final

from iamaudit.world.behaviour import Refusal, Trouble
from iamaudit.world.calls import Call

# source -> (code, message) when the thing is not there; authorised, then failed
_NOT_FOUND: Final = {
    "s3": ("NoSuchKey", "The specified key does not exist."),
    "lambda": ("ResourceNotFoundException", "Function not found"),
    "ssm": ("ParameterNotFound", "Parameter not found"),
    "iam": ("NoSuchEntityException", "The entity cannot be found."),
}
_NO_POLICY: Final = ("NoSuchBucketPolicy", "The bucket policy does not exist")
_DENIED_CODES: Final = {
    "ec2": "Client.UnauthorizedOperation",
    "iam": "AccessDenied",
    "s3": "AccessDenied",
    "sts": "AccessDenied",
    "rds": "AccessDenied",
    "monitoring": "AccessDenied",
    "cloudformation": "AccessDenied",
    "sns": "AuthorizationError",
}
_REASONS: Final = {
    "identity": "because no identity-based policy allows the {action} action",
    "boundary": "because no permissions boundary allows the {action} action",
    "deny": "with an explicit deny in an identity-based policy",
    "scp": "with an explicit deny in a service control policy",
}
# services that drop the parameters of a refused request from the record
DROPS_PARAMETERS: Final = frozenset({"iam", "secretsmanager", "lambda", "dynamodb", "sts"})


def denied(call: Call, refusal: Refusal, caller_arn: str, action: str, resource: str) -> tuple[str, str]:
    """Return the error code and message of a call that a policy of the kind *refusal* refused."""
    code = _DENIED_CODES.get(call.source, "AccessDeniedException")
    where = "" if resource == "*" else f" on resource: {resource}"
    reason = _REASONS[refusal].format(action=action)
    message = f"User: {caller_arn} is not authorized to perform: {action}{where} {reason}"
    if call.source == "ec2":
        message = f"You are not authorized to perform this operation. {message}"
    return code, message


def trouble(call: Call, kind: Trouble) -> tuple[str, str]:
    """Return the error code and message of a call that went wrong in another way than by a policy."""
    match kind:
        case "not_found":
            if call.event == "GetBucketPolicy":
                return _NO_POLICY
            return _NOT_FOUND[call.source]
        case "throttled":
            return ("Client.RequestLimitExceeded" if call.source == "ec2" else "ThrottlingException"), "Rate exceeded"
        case "dry_run":
            return "Client.DryRunOperation", "Request would have succeeded, but DryRun flag is set."
        case "expired":
            return "ExpiredTokenException", "The security token included in the request is expired"
        case "invalid":
            return "ValidationError", "1 validation error detected: the request is not valid."
