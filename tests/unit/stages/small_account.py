"""An account of two users whose calls fall on chosen days: for what depends on time."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta

from iamaudit.config import Settings
from iamaudit.stages.instants import moment
from iamaudit.stages.workbench import engine_on
from tests.properties.small_lake import ACCOUNT, SmallLake

ANN = f"arn:aws:iam::{ACCOUNT}:user/ann"
BOB = f"arn:aws:iam::{ACCOUNT}:user/bob"
ALL_OF_S3 = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}
# a log of an account has days without a call: they are no gap here
SETTINGS = Settings(window_days=60, tolerated_gap_days=1000)


def call(day, bucket="data", *, user="ann", event="GetBucketPolicy", error=None):
    """Return the record of one call of S3 on *day* (ISO), about a bucket."""
    text = f"{day}{bucket}{user}{event}{error}"
    return {
        "eventVersion": "1.08",
        "eventTime": f"{day}T10:00:00Z",
        "eventSource": "s3.amazonaws.com",
        "eventName": event,
        "eventID": hashlib.sha256(text.encode()).hexdigest()[:32],
        "eventCategory": "Management",
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "readOnly": not event.startswith(("Put", "Delete")),
        "awsRegion": "eu-west-1",
        "recipientAccountId": ACCOUNT,
        "requestParameters": {"bucketName": bucket},
        "userIdentity": {
            "type": "IAMUser",
            "arn": f"arn:aws:iam::{ACCOUNT}:user/{user}",
            "accountId": ACCOUNT,
            "userName": user,
            "principalId": f"AIDA{user.upper()}",
        },
        **({} if error is None else {"errorCode": error}),
    }


def days(first, last):
    """Return the ISO days from *first* to *last*, both included."""
    start, end = date.fromisoformat(first), date.fromisoformat(last)
    return [(start + timedelta(days=number)).isoformat() for number in range((end - start).days + 1)]


def first_and_last(first, last, *, each=4):
    """Return the first and the last days of such a span: where a day is not counted, few folders of a lake say as much.

    They are no rhythm, and the gap between them is one that `SETTINGS` tolerate.
    """
    every = days(first, last)
    return [*every[:each], *every[-each:]]


class SmallAccount(SmallLake):
    """A lake of ann's and bob's calls, both of whom may do everything in S3; use it as a context."""

    def __init__(self, calls, *, document=None, users=("ann", "bob")):
        super().__init__()
        self.document = document or ALL_OF_S3
        self.ingest([calls])
        self.collect(users, self.document)

    def more(self, *calls):
        """Read further calls."""
        self.ingest([list(calls)], into=f"more-{calls[0]['eventID']}")

    def engine(self, as_of, settings=SETTINGS):
        """Return the engine as of the midnight of a day."""
        return engine_on(self.lake, settings, moment(as_of, now=None))
