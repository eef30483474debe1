"""The person or workload inside a role (domain.md §1.2, table of the runtimes), and what nobody can know."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamaudit.knowledge.session_names import named_runtime, stable_name
from iamaudit.knowledge.tables import rows
from iamaudit.model.usage import Actor, ActorKind
from iamaudit.usage.actor import actor_of
from iamaudit.usage.map import map_line, map_record
from tests.properties.strategies_usage import json_values

ACCOUNT = "111122223333"
UUID = "01234567-89ab-cdef-0123-456789abcdef"
HEX = "0ebb429fa86d481c2630fac53db1c91c"
SSO = "AWSReservedSSO_ReadOnly_0123456789abcdef"
LAMBDA = {
    "issuerType": "AWS::Lambda::Function",
    "credentialsIssuedTo": f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:resize:live",
}


def session(name, role="r", **more):
    return {
        "type": "AssumedRole",
        "principalId": f"AROAX:{name}",
        "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{name}",
        **more,
    }


SESSIONS = (
    ("i-0e7b4702e8a0149b5", "", "instance", "i-0e7b4702e8a0149b5"),
    ("i-0e7b4702", "", "instance", "i-0e7b4702"),
    ("i-am-ann", "", "session", "i-am-ann"),
    (HEX, "", "task", None),
    (HEX, "ecs-tasks.amazonaws.com", "task", None),
    (HEX, "events.amazonaws.com", "service_session", "events.amazonaws.com"),
    ("resize", "lambda.amazonaws.com", "function", "resize"),
    ("resize", "", "session", "resize"),
    (f"eks-shop-web-7d9f8b6c5-x2v4q-{UUID}", "", "pod", "shop-web-*"),
    (f"eks-shop-web-0-{UUID}", "", "pod", "shop-web-0"),
    ("AWSCloudFormation", "", "service_session", "AWSCloudFormation"),
    ("AWSCloudFormation", "cloudformation.amazonaws.com", "service_session", "AWSCloudFormation"),
    (f"AWSCodeBuild-{UUID}", "codebuild.amazonaws.com", "service_session", "AWSCodeBuild"),
    ("GlueJobRunnerSession", "", "service_session", "GlueJobRunnerSession"),
    ("botocore-session-1732579200", "", "session", "botocore-session-*"),
    ("aws-sdk-java-1732579200123", "", "session", "aws-sdk-java-*"),
    (f"run-{UUID}", "", "session", "run-*"),
    ("deploy-2026-11-25T10:00:00Z", "", "session", "deploy-*"),
    ("deploy-20261125-100000", "", "session", "deploy-*"),
    ("deploy-202611251000", "", "session", "deploy-*"),
    ("worker-17", "", "session", "worker-*"),
    ("build-9f86d081884c", "", "session", "build-*"),
    ("StateMachineRandomAbC123dEf456GhI7", "", "session", "*"),
    ("ann.lee@example.com", "", "session", "ann.lee@example.com"),
    (f"audit-of-{ACCOUNT}", "", "session", f"audit-of-{ACCOUNT}"),
    ("deadbeef", "", "session", "deadbeef"),
    ("GitHubActions", "", "session", "GitHubActions"),
)


@pytest.mark.parametrize(("name", "issued_by", "kind", "actor"), SESSIONS, ids=[f"{s[0]} {s[1]}" for s in SESSIONS])
def test_a_session_is_what_its_name_and_its_issuer_tell(name, issued_by, kind, actor):
    assert actor_of(session(name), issued_by) == Actor(ActorKind(kind), actor)


@pytest.mark.parametrize("issued_by", ["", "sso.amazonaws.com"])
def test_the_session_of_an_identity_center_role_is_the_persons_name(issued_by):
    found = actor_of(session("ann@example.com", SSO), issued_by)

    assert found == Actor(ActorKind.IDENTITY_CENTER, "ann@example.com")


def test_the_person_that_a_service_acts_for_is_named_by_the_user_id():
    found = actor_of(session("emr", onBehalfOf={"userId": "u-1", "identityStoreArn": "x"}))

    assert found == Actor(ActorKind.IDENTITY_CENTER, "u-1")


def test_a_source_identity_is_a_person_whatever_the_session_is_called():
    context = {"sourceIdentity": "ann"}

    assert actor_of(session("i-0e7b4702", sessionContext=context)) == Actor(ActorKind.PERSON, "ann")


def test_a_function_is_named_without_its_alias():
    assert actor_of(session("anything", inScopeOf=LAMBDA)) == Actor(ActorKind.FUNCTION, "resize")


IDENTITIES = (
    ({"type": "IAMUser", "arn": f"arn:aws:iam::{ACCOUNT}:user/p/bob"}, ActorKind.USER, "bob"),
    ({"type": "IAMUser", "userName": "HIDDEN_DUE_TO_SECURITY_REASONS"}, ActorKind.USER, None),
    ({"type": "Root", "userName": "alias"}, ActorKind.ROOT, None),
    ({"type": "SAMLUser", "userName": "ann@example.com"}, ActorKind.PERSON, "ann@example.com"),
    ({"type": "WebIdentityUser", "userName": "system:serviceaccount:shop:web"}, ActorKind.POD, "shop/web"),
    ({"type": "WebIdentityUser", "userName": "repo:o/r:ref:refs/heads/main"}, ActorKind.IDP, "repo:o/r:ref:refs/heads/main"),
    ({"type": "WebIdentityUser", "userName": f"eu-west-1:{UUID}"}, ActorKind.IDP, "eu-west-1:*"),
    ({"type": "IdentityCenterUser", "onBehalfOf": {"userId": "u-1"}}, ActorKind.IDENTITY_CENTER, "u-1"),
    ({"type": "AWSService", "invokedBy": "ec2.amazonaws.com"}, ActorKind.SERVICE, "ec2.amazonaws.com"),
    ({"invokedBy": "kms.amazonaws.com"}, ActorKind.SERVICE, "kms.amazonaws.com"),
    ({"type": "AWSAccount", "principalId": "AROAFAR:poller-7"}, ActorKind.EXTERNAL, "poller-*"),
    ({"type": "AWSAccount", "principalId": "AIDAFAR"}, ActorKind.EXTERNAL, None),
    ({"type": "FederatedUser", "arn": f"arn:aws:sts::{ACCOUNT}:federated-user/carol"}, ActorKind.SESSION, "carol"),
    ({"type": "AssumedRole"}, ActorKind.SESSION, None),
    ({"type": "Directory"}, None, None),
    ({"type": "Unknown"}, None, None),
    ({}, None, None),
)  # fmt: skip


@pytest.mark.parametrize(
    ("identity", "kind", "name"), IDENTITIES, ids=[f"{n} {case[0].get('type')}" for n, case in enumerate(IDENTITIES)]
)
def test_every_type_of_identity_has_its_actor(identity, kind, name):
    assert actor_of(identity) == Actor(kind, name)


def test_the_line_of_map_names_the_actor():
    line = map_line(map_record({"userIdentity": session("worker-17")}))

    assert {"kind": "session", "name": "worker-*"} == line["principal"]["actor"]
    assert line["principal"]["session"] == "worker-17"


@given(json_values | st.dictionaries(st.sampled_from(["type", "arn", "principalId", "inScopeOf"]), json_values))
def test_no_identity_is_too_odd(identity):
    assert isinstance(actor_of(identity), Actor)


@given(st.uuids(), st.integers(1_000_000_000, 2_000_000_000), st.uuids(), st.integers(1_000_000_000, 2_000_000_000))
def test_two_runs_of_one_workload_are_one_actor(first, second, third, fourth):
    pattern = "job-{}-at-{}"

    assert actor_of(session(pattern.format(first, second))) == actor_of(session(pattern.format(third, fourth)))


@given(st.text(alphabet=st.characters(codec="ascii"), max_size=40))
def test_a_stable_name_is_stable(name):
    assert stable_name(stable_name(name)) == stable_name(name)


def test_every_row_of_the_session_names_has_a_kind_and_a_source():
    for row in rows("session_names"):
        assert re.compile(row["pattern"])
        assert ActorKind(row["kind"])
        assert row["source"]


def test_a_rule_of_one_service_holds_for_no_other():
    assert named_runtime("resize") is None
    assert named_runtime("resize", "glue.amazonaws.com") == ("service_session", "glue.amazonaws.com")
