"""Who made a request, from the requester of an S3 server access log, as a `userIdentity` (domain.md §7)."""

from __future__ import annotations

import re
from typing import Any

_CANONICAL = re.compile(r"[0-9a-f]{64}")
_ARN = re.compile(r"arn:[^:]+:(iam|sts)::(\d{12}):(.+)")


def identity_of(requester: str | None) -> dict[str, Any]:
    """Return the identity that the log shows; what it does not show (session, issuer, key) is left out.

    A canonical id may be an account's root or any account that an ACL names: it is told as an account, not as root.
    """
    if requester is None:
        return {"type": "AWSAccount", "principalId": "ANONYMOUS_PRINCIPAL"}
    found = _ARN.fullmatch(requester)
    if found is not None:
        kind, _, rest = found[3].partition("/")
        known: dict[str, Any] = {"arn": requester, "accountId": found[2]}
        if found[1] == "iam" and kind == "user":
            return {"type": "IAMUser", **known, "userName": rest.rpartition("/")[2]}
        if found[1] == "iam" and found[3] == "root":
            return {"type": "Root", **known, "principalId": found[2]}
        if found[1] == "sts" and kind == "assumed-role":
            return {"type": "AssumedRole", **known}
        if found[1] == "sts" and kind == "federated-user":
            return {"type": "FederatedUser", **known}
        return {"type": "Unknown", **known}
    if requester.startswith("svc:"):
        return {"type": "AWSService", "invokedBy": requester.removeprefix("svc:")}
    if requester == "AmazonS3":
        return {"type": "AWSService", "invokedBy": "s3.amazonaws.com"}
    if _CANONICAL.fullmatch(requester):
        return {"type": "AWSAccount", "principalId": requester}
    return {"type": "Unknown", "principalId": requester}
