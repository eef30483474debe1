"""How a call ended (domain.md §1.4, §1.5)."""

from __future__ import annotations

import pytest

from iamaudit.model.usage import Outcome
from iamaudit.usage.outcome import outcome


def event(source="ec2.amazonaws.com", name="RunInstances", **more):
    return {"eventSource": source, "eventName": name, "eventType": "AwsApiCall", **more}


@pytest.mark.parametrize("code", [None, ""])
def test_no_error_is_success(code):
    assert outcome(event(errorCode=code)) is Outcome.SUCCESS


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("AccessDenied", Outcome.DENIED),
        ("Client.DryRunOperation", Outcome.DRY_RUN),
        ("NoSuchEntityException", Outcome.FAILED),
        ("ExpiredTokenException", Outcome.UNAUTHENTICATED),
        ("ThrottlingException", Outcome.INDETERMINATE),
        ("NeverSeenBefore", Outcome.INDETERMINATE),
    ],
)
def test_an_error_code_decides(code, expected):
    assert expected is outcome(event(errorCode=code))


@pytest.mark.parametrize("kind", ["AwsServiceEvent", "AwsCloudTrailInsight"])
def test_a_service_event_took_no_permission_decision(kind):
    assert outcome({**event(), "eventType": kind}) is Outcome.NOT_AUTHORISED_API


def test_a_failed_sign_in_is_no_policy_outcome():
    failed = event("signin.amazonaws.com", "ConsoleLogin", responseElements={"ConsoleLogin": "Failure"})
    without_response = event("signin.amazonaws.com", "ConsoleLogin", errorMessage="Failed authentication")
    good = event("signin.amazonaws.com", "ConsoleLogin", responseElements={"ConsoleLogin": "Success"})

    assert [Outcome.UNAUTHENTICATED, Outcome.UNAUTHENTICATED, Outcome.SUCCESS] == [
        outcome(failed),
        outcome(without_response),
        outcome(good),
    ]


def test_a_wrong_password_in_cognito_is_not_a_denial():
    wrong = event("cognito-idp.amazonaws.com", "AdminInitiateAuth", errorCode="NotAuthorizedException")

    assert outcome(wrong) is Outcome.UNAUTHENTICATED


def test_an_error_in_the_response_counts():
    hidden = event(responseElements={"errorCode": "AccessDenied"})

    assert outcome(hidden) is Outcome.DENIED
