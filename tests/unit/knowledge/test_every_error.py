"""Every exception of every botocore service has an outcome by a row, or is excused in a list that shrinks."""

from __future__ import annotations

import re

import pytest

from iamaudit.knowledge.events import error_outcome
from iamaudit.knowledge.tables import rows
from tools.map_errors import error_shapes, unclassed

MOST = 513  # the codes of the day the list was closed; lower it with them, never raise it for an old exception
_REFUSAL = re.compile(r"(?i)denied|forbid|unauth|not.?auth|permission|privilege")
# Codes that look like a refusal, by their name or by 401 or 403, and are none by a policy of IAM; read one by one in
# the documentation of botocore 1.44.5 on 2026-11-27.
_LIMITS = {
    "AccessPointLimitExceeded", "DBClusterEndpointQuotaExceededFault", "DBClusterQuotaExceededFault",
    "FileSystemLimitExceeded", "FilterPolicyLimitExceeded", "FilterPolicyLimitExceededException",
    "InsufficientDBClusterCapacityFault", "LimitExceededException", "PermissionLimitExceededException",
    "PermissionVersionsLimitExceededException", "ReplayLimitExceeded", "ReplayLimitExceededException",
    "SubscriptionLimitExceeded", "SubscriptionLimitExceededException", "TopicLimitExceeded",
    "TopicLimitExceededException", "DocumentPermissionLimit",
}  # fmt: skip
_STATE_OF_THE_THING = {
    "InvalidObjectState", "ObjectAlreadyInActiveTierError", "ObjectNotInActiveTierError",
    "PermissionAlreadyExistsException", "RealtimeLogConfigOwnerMismatch",
}  # fmt: skip
_ANOTHER_WAS_REFUSED = {
    "AccessToSnapshotDenied", "AccessToSnapshotDeniedFault", "BucketPermissionException",
    "ChannelInsufficientPermission", "ConnectorAuthenticationException", "EFSMountFailureException",
    "IamRoleMissingPermissions", "IamRoleMissingPermissionsFault", "InsufficientPermissionsException",
    "LogDestinationPermissionException", "S3FilesMountFailureException", "UnauthorizedPartnerIntegration",
    "UnauthorizedPartnerIntegrationFault",
}  # fmt: skip
_SETTINGS_OF_THE_ACCOUNT = {
    "DomainNotWhitelistedException", "IdentityTypeNotSupportedException", "InvalidAccessException",
    "KMSOptInRequired", "OutboundWebIdentityFederationDisabledException", "RegionDisabledException",
    "SubscriptionRequiredException", "UnsupportedPricingPlanException", "UnsupportedUserEditionException",
}  # fmt: skip
_FORM_OF_THE_REQUEST = {
    "DestinationNotAllowedException", "InvalidAuthenticationCode", "InvalidAuthenticationCodeException",
    "InvalidPasswordException", "InvalidPermissionType", "OutboundContactNotPermittedException",
    "PermissionTypeMismatchException", "SessionDurationEscalationException", "UnmatchedPolicyPermissionException",
    "WAFInvalidPermissionPolicyException",
}  # fmt: skip
NO_REFUSAL = _LIMITS | _STATE_OF_THE_THING | _ANOTHER_WAS_REFUSED | _SETTINGS_OF_THE_ACCOUNT | _FORM_OF_THE_REQUEST


def looking_like_a_refusal():
    return {
        shape.code
        for shape in error_shapes()
        if (shape.http_status in {401, 403} or _REFUSAL.search(shape.code))
        and error_outcome(shape.prefix, shape.code) not in {"denied", "unauthenticated"}
    }


def test_the_models_are_there():
    assert len(error_shapes()) > 5_000


def test_every_exception_has_a_row_or_is_excused():
    """`python tools/map_errors.py --accept` lets the exceptions of a newer botocore in, for review."""
    assert set() == set(unclassed()) - {row["code"] for row in rows("unclassed_errors")}


def test_no_excuse_outlives_its_need():
    """`python tools/map_errors.py --write` takes them out."""
    assert set() == {row["code"] for row in rows("unclassed_errors")} - set(unclassed())


def test_the_excuses_only_shrink():
    assert len(rows("unclassed_errors")) <= MOST


def test_every_excuse_has_a_reason_and_a_date():
    bad = [r for r in rows("unclassed_errors") if not re.fullmatch(r"\d{4}-\d\d-\d\d", r["since"]) or not r["reason"]]

    assert [] == bad


def test_what_looks_like_a_refusal_is_one_or_was_read():
    assert set() == looking_like_a_refusal() - NO_REFUSAL


def test_no_reading_outlives_its_need():
    assert set() == NO_REFUSAL - looking_like_a_refusal()


@pytest.mark.parametrize("code", ["NeverHeardOf", "X", ""])
def test_a_code_that_no_row_knows_is_never_a_success(code):
    assert error_outcome("ec2", code) == "indeterminate"


def test_no_row_of_the_codes_stands_behind_one_that_takes_its_place():
    """A plain code whose row comes after a pattern of another outcome would never be asked."""
    plain = [row for row in rows("error_codes") if "*" not in row["pattern"] and not row["pattern"].startswith("re:")]

    shadowed = [row for row in plain if row["outcome"] != error_outcome(row["prefix"], row["pattern"])]

    assert [] == shadowed
