"""A slow and obvious twin of the shape mapper: every shape is made a record again and mapped on its own."""

import json

from iamaudit.usage.actor import actor_of
from iamaudit.usage.map import map_record


def slow_rows(shape):
    """Return the roll-up's columns for each action and resource of a shape, in the order of `MAPPED_SCHEMA`."""
    mapped = map_record(record_of(shape))
    who = mapped.principal
    found = actor_of(record_of(shape)["userIdentity"], shape["issued_by"] or "")
    actor = (found.kind.value if found.kind else None, found.name)
    return [
        (
            shape["shape"],
            who.account_id or shape["account_id"],
            who.arn or who.id or who.kind.value,
            who.id,
            who.kind.value,
            None if shape["invoked_by"] == "signin.amazonaws.com" else shape["invoked_by"],
            *actor,
            use.action,
            resource,
            mapped.outcome.value,
            use.evidence,
            "either" if use.is_alternative else use.confidence,
            json.dumps(dict(use.conditions), sort_keys=True) if use.conditions else None,
        )
        for use in mapped.uses
        for resource in use.resources
    ]


def record_of(shape):
    """Return a CloudTrail record with what the columns of a shape tell."""
    issuer = present(type=shape["issuer_type"], arn=shape["issuer_arn"], principalId=shape["issuer_id"])
    return present(
        eventSource=shape["event_source"],
        eventName=shape["event_name"],
        eventType=shape["event_type"],
        awsRegion=shape["aws_region"],
        recipientAccountId=shape["account_id"],
        errorCode=shape["error_code"],
        errorMessage=shape["error_message"],
        userIdentity=present(
            type=shape["identity_type"],
            arn=shape["identity_arn"],
            principalId=shape["principal_id"],
            accountId=shape["identity_account_id"],
            userName=shape["user_name"],
            invokedBy=shape["invoked_by"],
            onBehalfOf=parsed(shape["on_behalf_of"]),
            inScopeOf=parsed(shape["in_scope_of"]),
            sessionContext=present(sessionIssuer=issuer or None, sourceIdentity=shape["source_identity"]) or None,
        ),
        resources=[
            {"ARN": entry["arn"], "accountId": entry["account_id"], "type": entry["type"]}
            for entry in parsed(shape["resources"]) or ()
        ],
        requestParameters=parsed(shape["request_parameters"]),
        responseElements=parsed(shape["response_elements"]),
    )


def present(**fields):
    """Return the fields that are there."""
    return {name: value for name, value in fields.items() if value is not None}


def parsed(text):
    """Return what a JSON text stands for."""
    return None if text is None else json.loads(text)
