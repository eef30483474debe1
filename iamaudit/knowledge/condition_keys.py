"""What is known of condition keys whose values a log may tell: which services a key can name, where it says nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Final

from iamaudit.knowledge.tables import rows

CALLED_VIA: Final = "aws:CalledVia"
VIA_SERVICE: Final = "kms:ViaService"
_REGIONAL: Final = re.compile(r"([a-z0-9-]+)\.[a-z]{2}(?:-[a-z]+)+-\d\.amazonaws\.com")


@cache
def _services() -> Mapping[tuple[str, str], str]:
    return {(row["condition_key"], row["service"]): row["prefix"] for row in rows("via_services")}


def calling_service(key: str, value: str) -> str | None:
    """Return the action prefix of the service that *value* names under *key*, or None where AWS may not know the name.

    `aws:CalledVia` knows a handful of service principals only, `kms:ViaService` the services that call KMS, as
    `s3.eu-west-1.amazonaws.com` in all partitions. A condition on any other name would refuse the call.
    """
    if key == VIA_SERVICE:
        named = _REGIONAL.fullmatch(value)
        return None if named is None else _services().get((key, named[1]))
    return _services().get((key, value))


@cache
def _single() -> frozenset[str]:
    return frozenset(row["action"].lower() for row in rows("single_endpoint_actions"))


def has_single_endpoint(action: str) -> bool:
    """Return whether calls of an action go, or may go, to one Region whatever Region they are about.

    For those `aws:RequestedRegion` tells where the endpoint is (us-east-1, us-west-2), and nothing of the caller.
    """
    lowered = action.lower()
    return lowered in _single() or f"{lowered.partition(':')[0]}:*" in _single()
