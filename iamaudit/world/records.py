"""One CloudTrail record (domain.md §1.1)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from random import Random
from typing import Any, Final

from iamaudit.world.calls import Call, fill
from iamaudit.world.ids import guid
from iamaudit.world.moments import stamp

VERSION: Final = "1.11"
_S3_ID = "ABCDEFGHJKMNPQRSTVWXYZ0123456789"

Json = dict[str, Any]


def record(
    call: Call,
    values: Mapping[str, str],
    *,
    moment: datetime,
    region: str,
    account: str,
    user_identity: Json,
    address: str,
    agent: str,
    rng: Random,
    error: tuple[str, str] | None = None,
    with_parameters: bool = True,
) -> Json:
    """Return the record of *call* as the trail of *account* writes it; *error* is its code and message."""
    if call.via:
        address = agent = call.via
    made: Json = {
        "eventVersion": VERSION,
        "userIdentity": user_identity,
        "eventTime": stamp(moment),
        "eventSource": f"{call.source}.amazonaws.com",
        "eventName": call.event,
        "awsRegion": region,
        "sourceIPAddress": address,
        "userAgent": agent,
    }
    if error:
        made["errorCode"], made["errorMessage"] = error
    parameters = fill(call.request, values) if call.request is not None and with_parameters else None
    if error and error[0] == "Client.DryRunOperation" and parameters is not None:
        parameters["dryRun"] = True
    made["requestParameters"] = parameters
    made["responseElements"] = fill(call.response, values) if call.response is not None and not error else None
    if call.source == "s3":
        made["additionalEventData"] = _s3_details(call, rng)
        made["requestID"] = "".join(_S3_ID[(bits >> 3) & 31] for bits in rng.randbytes(16))
    else:
        made["requestID"] = guid(rng)
    made["eventID"] = guid(rng)
    made["readOnly"] = call.read_only
    if call.resources:
        made["resources"] = [_resource(kind, arn.format_map(values), account) for kind, arn in call.resources]
    made["eventType"] = "AwsApiCall"
    made.update(call.extra)
    made["managementEvent"] = not call.data
    made["recipientAccountId"] = account
    made["eventCategory"] = "Data" if call.data else "Management"
    if not call.via and "." in address and not address.endswith(".com"):
        host = f"{call.source}.{region}.amazonaws.com" if not call.is_global else f"{call.source}.amazonaws.com"
        made["tlsDetails"] = {
            "tlsVersion": "TLSv1.3",
            "cipherSuite": "TLS_AES_128_GCM_SHA256",
            "clientProvidedHostHeader": host,
        }
    return made


def _resource(kind: str, arn: str, account: str) -> Json:
    if kind == "AWS::S3::Object":
        # objects carry no account; a listing names the prefix of what it may show
        return {"type": kind, "ARNPrefix": arn} if arn.endswith("/") else {"type": kind, "ARN": arn}
    return {"accountId": account, "type": kind, "ARN": arn}


def _s3_details(call: Call, rng: Random) -> Json:
    size = rng.randrange(200, 2_000_000)
    return {
        "SignatureVersion": "SigV4",
        "CipherSuite": "TLS_AES_128_GCM_SHA256",
        "bytesTransferredIn": 0 if call.read_only else size,
        "AuthenticationMethod": "AuthHeader",
        "x-amz-id-2": rng.randbytes(24).hex(),
        "bytesTransferredOut": size if call.read_only else 0,
    }
