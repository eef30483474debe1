"""The record of a console sign-in (domain.md §1.5)."""

from __future__ import annotations

from datetime import datetime
from random import Random
from typing import Any

from iamaudit.world.actors import Actor
from iamaudit.world.ids import guid
from iamaudit.world.moments import stamp
from iamaudit.world.records import VERSION

Json = dict[str, Any]


def console_login(person: Json, actor: Actor, region: str, moment: datetime, rng: Random, failure: str = "") -> Json:
    """Return a ConsoleLogin record; *failure* is the error message of one that failed."""
    made: Json = {
        "eventVersion": VERSION,
        "userIdentity": person,
        "eventTime": stamp(moment),
        "eventSource": "signin.amazonaws.com",
        "eventName": "ConsoleLogin",
        "awsRegion": region,
        "sourceIPAddress": actor.address,
        "userAgent": actor.agent,
    }
    if failure:
        made["errorMessage"] = failure
    return made | {
        "requestParameters": None,
        "responseElements": {"ConsoleLogin": "Failure" if failure else "Success"},
        "additionalEventData": {
            "LoginTo": "https://console.aws.amazon.com/console/home",
            "MobileVersion": "No",
            "MFAUsed": "Yes" if actor.has_mfa else "No",
        },
        "eventID": guid(rng),
        "readOnly": False,
        "eventType": "AwsConsoleSignIn",
        "managementEvent": True,
        "recipientAccountId": actor.account,
        "eventCategory": "Management",
        "tlsDetails": {
            "tlsVersion": "TLSv1.3",
            "cipherSuite": "TLS_AES_128_GCM_SHA256",
            "clientProvidedHostHeader": f"{region}.signin.aws.amazon.com",
        },
    }
