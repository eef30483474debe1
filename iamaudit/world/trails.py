"""The trails, their status and their selectors, as the AWS CLI prints them: what the logs can and cannot show."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from iamaudit.world.accounts import HOME_REGION, LOGGED_OBJECTS, MANAGEMENT, ORGANISATION_TRAIL, SHOP_PROD, TRAIL_BUCKET
from iamaudit.world.delivery import SECOND_PREFIX
from iamaudit.world.moments import iso, stamp
from iamaudit.world.organisation import Organisation

Json = dict[str, Any]
SECOND_TRAIL: Final = "shop-copy"


def trail_files(organisation: Organisation, captured_at: datetime) -> dict[str, Json]:
    """Return {file name: value} for describe-trails, and for each trail its status and its event selectors."""
    trails = [_trail(ORGANISATION_TRAIL, MANAGEMENT, "", is_organisation=True)]
    if any(account.id == SHOP_PROD for account in organisation.accounts):
        trails.append(_trail(SECOND_TRAIL, SHOP_PROD, SECOND_PREFIX, is_organisation=False))
    files: dict[str, Json] = {"trails.json": {"trailList": trails}}
    for trail in trails:
        name = trail["Name"]
        files[f"trail-status-{name}.json"] = _status(captured_at, is_logging=name == ORGANISATION_TRAIL)
        files[f"event-selectors-{name}.json"] = {"TrailARN": trail["TrailARN"], "AdvancedEventSelectors": _selectors()}
    return files


def _trail(name: str, account: str, prefix: str, *, is_organisation: bool) -> Json:
    trail: Json = {
        "Name": name,
        "S3BucketName": TRAIL_BUCKET,
        "IncludeGlobalServiceEvents": True,
        "IsMultiRegionTrail": True,
        "HomeRegion": HOME_REGION,
        "TrailARN": f"arn:aws:cloudtrail:{HOME_REGION}:{account}:trail/{name}",
        "LogFileValidationEnabled": is_organisation,
        "HasCustomEventSelectors": True,
        "HasInsightSelectors": False,
        "IsOrganizationTrail": is_organisation,
    }
    if prefix:
        trail["S3KeyPrefix"] = prefix
    return trail


def _status(captured_at: datetime, *, is_logging: bool) -> Json:
    """A trail that logs delivered minutes ago; the other was stopped."""
    started = captured_at - timedelta(days=900)
    status: Json = {
        "IsLogging": is_logging,
        "LatestDeliveryTime": iso(captured_at - timedelta(minutes=4)),
        "StartLoggingTime": iso(started),
        "LatestDeliveryAttemptTime": stamp(captured_at - timedelta(minutes=4)),
        "LatestDeliveryAttemptSucceeded": stamp(captured_at - timedelta(minutes=4)),
        "TimeLoggingStarted": stamp(started),
        "TimeLoggingStopped": "",
    }
    if not is_logging:
        stopped = captured_at - timedelta(days=30)
        status |= {"StopLoggingTime": iso(stopped), "TimeLoggingStopped": stamp(stopped)}
    return status


def _selectors() -> list[Json]:
    return [
        {"Name": "Management events", "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]},
        {
            "Name": "Objects of the data buckets",
            "FieldSelectors": [
                {"Field": "eventCategory", "Equals": ["Data"]},
                {"Field": "resources.type", "Equals": ["AWS::S3::Object"]},
                {"Field": "resources.ARN", "StartsWith": [LOGGED_OBJECTS]},
            ],
        },
        {
            "Name": "All functions",
            "FieldSelectors": [
                {"Field": "eventCategory", "Equals": ["Data"]},
                {"Field": "resources.type", "Equals": ["AWS::Lambda::Function"]},
            ],
        },
    ]
