"""Whose policies authorised a call, for every identity type CloudTrail writes (domain.md §1.2)."""

from __future__ import annotations

import pytest

from iamaudit.model.usage import Principal, PrincipalKind
from iamaudit.usage.attribute import ROLE_PATH_UNKNOWN, attribute, attribute_with_notes

ACCOUNT = "111122223333"


def record(**identity):
    return {"eventType": "AwsApiCall", "awsRegion": "eu-west-1", "userIdentity": {"accountId": ACCOUNT, **identity}}


def role_session(issuer, **more):
    return record(
        type="AssumedRole",
        principalId="AROAEXAMPLE:alice",
        arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/Admin/alice",
        sessionContext={"sessionIssuer": issuer},
        **more,
    )


def issuer(arn):
    return {"type": "Role", "arn": arn, "principalId": "AROAEXAMPLE", "accountId": ACCOUNT}


def test_a_user_is_its_arn():
    found = attribute(record(type="IAMUser", arn=f"arn:aws:iam::{ACCOUNT}:user/p/bob", principalId="AIDAB"))

    assert found == Principal(PrincipalKind.USER, f"arn:aws:iam::{ACCOUNT}:user/p/bob", "AIDAB", ACCOUNT)


def test_a_user_without_arn_is_built_from_its_name_and_says_so():
    found, notes = attribute_with_notes(record(type="IAMUser", userName="bob"))

    assert found.arn == f"arn:aws:iam::{ACCOUNT}:user/bob"
    assert ("user path unknown",) == notes


def test_a_hidden_user_name_is_no_name():
    found = attribute(record(type="IAMUser", userName="HIDDEN_DUE_TO_SECURITY_REASONS"))

    assert found.arn is None


def test_a_role_is_its_session_issuer_with_the_path():
    found, notes = attribute_with_notes(role_session(issuer(f"arn:aws:iam::{ACCOUNT}:role/deep/Admin")))

    assert found.kind is PrincipalKind.ROLE
    assert (f"arn:aws:iam::{ACCOUNT}:role/deep/Admin", "AROAEXAMPLE", "alice") == (found.arn, found.id, found.session)
    assert () == notes


@pytest.mark.parametrize("empty", [{}, None, [], "x"])
def test_a_role_without_issuer_is_built_from_the_session_and_says_that_the_path_is_unknown(empty):
    found, notes = attribute_with_notes(role_session(empty))

    assert (f"arn:aws:iam::{ACCOUNT}:role/Admin", "AROAEXAMPLE") == (found.arn, found.id)
    assert (ROLE_PATH_UNKNOWN,) == notes


def test_a_role_known_by_its_id_alone_gets_no_arn():
    found = attribute(record(type="AssumedRole", principalId="AROAEXAMPLE:alice"))

    assert (None, "AROAEXAMPLE", "alice") == (found.arn, found.id, found.session)


def test_a_service_linked_role_is_its_own_kind():
    arn = f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS"

    found = attribute(role_session(issuer(arn)))

    assert found.kind is PrincipalKind.SERVICE_LINKED_ROLE


def test_an_identity_center_role_says_which_permission_set_to_change():
    arn = f"arn:aws:iam::{ACCOUNT}:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_My_Set_0123456789abcdef"

    found, notes = attribute_with_notes(role_session(issuer(arn)))

    assert found.kind is PrincipalKind.ROLE
    assert any("`My_Set`" in note for note in notes)


def test_a_forward_access_session_keeps_its_caller():
    """The service re-used the caller's identity: the caller's policies had to allow it."""
    found = attribute(role_session(issuer(f"arn:aws:iam::{ACCOUNT}:role/Admin"), invokedBy="athena.amazonaws.com"))

    assert found.kind is PrincipalKind.ROLE


def test_a_service_is_a_service():
    found = attribute({"userIdentity": {"type": "AWSService", "invokedBy": "ec2.amazonaws.com"}})

    assert found == Principal(PrincipalKind.SERVICE, None, "ec2.amazonaws.com", None)


def test_a_service_event_without_type_is_the_services():
    event = {
        "eventType": "AwsServiceEvent",
        "eventSource": "kms.amazonaws.com",
        "userIdentity": {"accountId": ACCOUNT, "invokedBy": "AWS Internal"},
    }

    assert attribute(event).kind is PrincipalKind.SERVICE


def test_root_is_root_even_in_a_session_of_assume_root():
    plain = attribute(record(type="Root", arn=f"arn:aws:iam::{ACCOUNT}:root"))
    assumed, notes = attribute_with_notes(record(type="Root", sessionContext={"assumedRoot": "true"}))

    assert (PrincipalKind.ROOT, f"arn:aws:iam::{ACCOUNT}:root") == (plain.kind, plain.arn)
    assert (PrincipalKind.ROOT, f"arn:aws:iam::{ACCOUNT}:root") == (assumed.kind, assumed.arn)
    assert any("AssumeRoot" in note for note in notes)


def test_a_federated_user_is_its_issuer_and_keeps_its_name():
    found = attribute(
        record(
            type="FederatedUser",
            arn=f"arn:aws:sts::{ACCOUNT}:federated-user/carol",
            sessionContext={"sessionIssuer": {"type": "IAMUser", "arn": f"arn:aws:iam::{ACCOUNT}:user/broker"}},
        )
    )

    assert (PrincipalKind.FEDERATED, f"arn:aws:iam::{ACCOUNT}:user/broker", "carol") == (
        found.kind,
        found.arn,
        found.session,
    )


def test_another_account_is_external():
    found = attribute(record(type="AWSAccount", principalId="AIDAFAR"))

    assert (PrincipalKind.EXTERNAL, "AIDAFAR", ACCOUNT) == (found.kind, found.id, found.account_id)


def test_nobody_in_particular_is_external_and_anonymous():
    who = {"type": "AWSAccount", "principalId": "", "accountId": "ANONYMOUS_PRINCIPAL"}

    found, notes = attribute_with_notes({"userIdentity": who})

    assert found.kind is PrincipalKind.EXTERNAL
    assert ("anonymous caller",) == notes


@pytest.mark.parametrize("kind", ["SAMLUser", "WebIdentityUser"])
def test_an_identity_provider_user_is_idp(kind):
    assert attribute(record(type=kind, userName="x")).kind is PrincipalKind.IDP


def test_an_identity_center_user_is_known_by_its_user_id():
    found = attribute(record(type="IdentityCenterUser", onBehalfOf={"userId": "u-1"}))

    assert (PrincipalKind.IDENTITY_CENTER, "u-1") == (found.kind, found.id)


@pytest.mark.parametrize("kind", ["Unknown", "Directory", "", None, 3])
def test_what_is_not_understood_is_unattributed_with_a_note(kind):
    found, notes = attribute_with_notes(record(type=kind))

    assert found.kind is PrincipalKind.UNATTRIBUTED
    assert notes


def test_an_insight_is_nobodys_call():
    assert attribute({"eventType": "AwsCloudTrailInsight"}).kind is PrincipalKind.UNATTRIBUTED
