"""The example organisation's accounts, organisational units, regions and buckets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

ORGANISATION_ID: Final = "o-exampleorg01"
ROOT_ID: Final = "r-ex01"
HOME_REGION: Final = "eu-west-1"
GLOBAL_REGION: Final = "us-east-1"
ORGANISATION_TRAIL: Final = "organization-trail"
TRAIL_BUCKET: Final = "example-trail-logs"
ALLOWED_REGIONS: Final = ("eu-west-1", "eu-central-1", "us-east-1")

MANAGEMENT: Final = "111122223333"
SHOP_PROD: Final = "222233334444"
DATA_PROD: Final = "333344445555"
SHOP_DEV: Final = "444455556666"
TOOLS: Final = "555566667777"
VENDOR: Final = "999988887777"  # not ours: a monitoring company

SHOP_BUCKET: Final = "example-data-shop"  # S3 data events are logged for buckets that begin with `example-data-`
LAKE_BUCKET: Final = "example-data-lake"
ASSETS_BUCKET: Final = "example-private-assets"  # not logged
SCRATCH_BUCKET: Final = "example-dev-scratch"  # not logged
ARTIFACTS_BUCKET: Final = "example-build-artifacts"  # not logged
LOGGED_OBJECTS: Final = "arn:aws:s3:::example-data-"


@dataclass(frozen=True, slots=True)
class Unit:
    """An organisational unit; parent is the root or another unit."""

    id: str
    name: str
    parent: str


@dataclass(frozen=True, slots=True)
class Account:
    """An account of the organisation, and where it hangs."""

    id: str
    name: str
    parent: str
    has_password_policy: bool = True
    root_has_mfa: bool = True
    percent_encoded: bool = False  # its exports hold documents as percent-encoded text, as the wire does
    report_as_json: bool = False  # the credential report as the CLI prints it, not as plain CSV


PROD_UNIT: Final = Unit("ou-ex01-prod0001", "prod", ROOT_ID)
DEV_UNIT: Final = Unit("ou-ex01-dev00001", "dev", ROOT_ID)
UNITS: Final = (PROD_UNIT, DEV_UNIT)

ACCOUNTS: Final = (
    Account(MANAGEMENT, "example-management", ROOT_ID, report_as_json=True),
    Account(SHOP_PROD, "shop-prod", PROD_UNIT.id, report_as_json=True),
    Account(DATA_PROD, "data-prod", PROD_UNIT.id, percent_encoded=True),
    Account(SHOP_DEV, "shop-dev", DEV_UNIT.id, has_password_policy=False, root_has_mfa=False),
    Account(TOOLS, "tools", DEV_UNIT.id),
)
