"""What logs hold besides people's and programs' calls: services on their own authority, service events, failed sign-ins."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any, Final

from iamaudit.world.accounts import HOME_REGION, MANAGEMENT, SHOP_PROD
from iamaudit.world.actors import Actor
from iamaudit.world.calls import Call
from iamaudit.world.entries import Entry
from iamaudit.world.ids import guid, guid_of
from iamaudit.world.moments import stamp
from iamaudit.world.nouns import User
from iamaudit.world.records import VERSION, record
from iamaudit.world.sign_in import console_login

Json = dict[str, Any]
_TRAIL_BUCKET: Final = "example-trail-logs"
_GET_BUCKET_ACL: Final = Call(
    "s3",
    "GetBucketAcl",
    request={"bucketName": _TRAIL_BUCKET, "Host": f"{_TRAIL_BUCKET}.s3.eu-west-1.amazonaws.com", "acl": ""},
    resources=(("AWS::S3::Bucket", f"arn:aws:s3:::{_TRAIL_BUCKET}"),),
)
_STRANGER: Final = Actor("stranger", "console", MANAGEMENT, "", address="192.0.2.200", agent="Mozilla/5.0 (compatible)")


def background(day: date, users: dict[tuple[str, str], User], rng: Random) -> list[Entry]:
    """Return the day's entries that no identity policy decides; none of them is a use of a permission."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    entries = [
        _check_of_the_trail_bucket(midnight + timedelta(hours=hour, seconds=rng.randrange(3000)), rng)
        for hour in (3, 11, 19)
    ]
    if day.day == 20:
        entries.append(_key_rotation(midnight + timedelta(hours=5, seconds=rng.randrange(3000)), rng))
    if rng.random() < 0.15:
        entries.append(_failed_sign_in(midnight + timedelta(seconds=rng.randrange(86400)), users, rng))
    return entries


def _check_of_the_trail_bucket(moment: datetime, rng: Random) -> Entry:
    service = {"type": "AWSService", "invokedBy": "cloudtrail.amazonaws.com"}
    host = "cloudtrail.amazonaws.com"
    made = record(
        _GET_BUCKET_ACL,
        {},
        moment=moment,
        region=HOME_REGION,
        account=MANAGEMENT,
        user_identity=service,
        address=host,
        agent=host,
        rng=rng,
    )
    made["sharedEventID"] = guid(rng)
    return Entry(MANAGEMENT, HOME_REGION, moment, made)


def _key_rotation(moment: datetime, rng: Random) -> Entry:
    """KMS rotated the shop's key: an AwsServiceEvent, whose identity has no type."""
    key = guid_of("kms", SHOP_PROD, "shop")
    made: Json = {
        "eventVersion": VERSION,
        "userIdentity": {"accountId": SHOP_PROD, "invokedBy": "AWS Internal"},
        "eventTime": stamp(moment),
        "eventSource": "kms.amazonaws.com",
        "eventName": "RotateKey",
        "awsRegion": HOME_REGION,
        "sourceIPAddress": "AWS Internal",
        "userAgent": "AWS Internal",
        "requestParameters": None,
        "responseElements": None,
        "eventID": guid(rng),
        "readOnly": False,
        "resources": [
            {"accountId": SHOP_PROD, "type": "AWS::KMS::Key", "ARN": f"arn:aws:kms:{HOME_REGION}:{SHOP_PROD}:key/{key}"}
        ],
        "eventType": "AwsServiceEvent",
        "managementEvent": True,
        "recipientAccountId": SHOP_PROD,
        "serviceEventDetails": {"keyId": key},
        "eventCategory": "Management",
    }
    return Entry(SHOP_PROD, HOME_REGION, moment, made)


def _failed_sign_in(moment: datetime, users: dict[tuple[str, str], User], rng: Random) -> Entry:
    """A wrong password of an administrator who left, or a name that does not exist."""
    victor = users.get((MANAGEMENT, "victor"))
    if victor and rng.random() < 0.5:
        person: Json = {
            "type": "IAMUser",
            "principalId": victor.unique_id,
            "arn": victor.arn,
            "accountId": MANAGEMENT,
            "userName": victor.name,
        }
        failure = "Failed authentication"
    else:
        person = {
            "type": "IAMUser",
            "accountId": MANAGEMENT,
            "accessKeyId": "",
            "userName": "HIDDEN_DUE_TO_SECURITY_REASONS",
        }
        failure = "No username found in supplied account"
    made = console_login(person, _STRANGER, HOME_REGION, moment, rng, failure)
    return Entry(MANAGEMENT, HOME_REGION, moment, made)
