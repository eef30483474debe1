"""The decision: its words, its caller's side, and its callers."""

from dataclasses import replace

import pytest

from iamaudit.errors import InputError
from iamaudit.model.verdict import Decision, PolicySet, Request
from iamaudit.policy.decide import Decider, decide
from iamaudit.policy.parse import parse
from iamaudit.policy.principals import CallerKind, identify
from iamaudit.policy.simulate import simulate_line

USER = "arn:aws:iam::111122223333:user/ann"
REQUEST = Request(USER, "s3:GetObject", "arn:aws:s3:::reports/may.csv", "111122223333")


def policy_of(*statements, name=""):
    bodies = [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", **statement} for statement in statements]
    return parse({"Version": "2012-10-17", "Statement": bodies}, name=name)


def test_an_allow_says_which_statement_gave_it():
    policy = policy_of({"Action": "ec2:*"}, {"Sid": "Reports"}, name="Reading")

    verdict = decide(REQUEST, PolicySet(identity=(policy,)))

    expected = (
        "identity policy `Reading`, statement 2 (`Reports`) allows `s3:GetObject` on `arn:aws:s3:::reports/may.csv`"
    )
    assert verdict.reasons == (expected,)


def test_a_denial_says_why_the_near_ones_did_not_match():
    policy = policy_of(
        {"Resource": "arn:aws:s3:::logs/*"},
        {"Sid": "Office", "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}},
        name="Reading",
    )

    verdict = decide(REQUEST, PolicySet(identity=(policy,)))

    assert verdict.reasons == (
        "no identity policy allows `s3:GetObject` on `arn:aws:s3:::reports/may.csv`",
        "identity policy `Reading`, statement 1 does not name the resource `arn:aws:s3:::reports/may.csv`",
        (
            "identity policy `Reading`, statement 2 (`Office`) has a condition that does not hold: "
            "`IpAddress` on `aws:SourceIp`"
        ),
    )


def test_the_callers_side_does_not_miss_a_key_policy():
    request = replace(REQUEST, action="kms:Decrypt", resource="arn:aws:kms:eu-west-1:111122223333:key/1")
    decider = Decider(PolicySet(identity=(policy_of({"Action": "kms:*"}),)))

    whole, own = decider.decide(request), decider.decide_for_caller(request)

    assert (whole.decision, whole.decided_by) == (Decision.IMPLICITLY_DENIED, "resource")
    assert own.decision is Decision.ALLOWED


def test_the_callers_side_keeps_its_limits():
    found = PolicySet(identity=(policy_of({}),), boundary=(policy_of({"Action": "ec2:*"}),))

    verdict = Decider(found).decide_for_caller(replace(REQUEST, resource_account="444455556666"))

    assert (verdict.decision, verdict.decided_by) == (Decision.IMPLICITLY_DENIED, "boundary")


def test_a_resource_without_known_account_is_taken_as_the_callers_own():
    verdict = decide(replace(REQUEST, resource_account=None), PolicySet(identity=(policy_of({}),)))

    assert verdict.decision is Decision.ALLOWED


@pytest.mark.parametrize(
    ("principal", "kind"),
    [
        ("111122223333", CallerKind.ROOT),
        ("arn:aws:iam::111122223333:root", CallerKind.ROOT),
        ("arn:aws-cn:iam::111122223333:user/path/ann", CallerKind.USER),
        ("arn:aws:iam::111122223333:role/path/app", CallerKind.ROLE),
        ("arn:aws:sts::111122223333:assumed-role/app/run", CallerKind.SESSION),
        ("arn:aws:sts::111122223333:federated-user/fay", CallerKind.FEDERATED_USER),
        ("arn:aws:iam::111122223333:saml-provider/idp", CallerKind.IDENTITY_PROVIDER),
        ({"type": "AWS", "arn": USER}, CallerKind.USER),
        ({"type": "Service", "service": "ec2.amazonaws.com"}, CallerKind.SERVICE),
        ({"type": "Anonymous"}, CallerKind.ANONYMOUS),
    ],
)
def test_every_kind_of_caller_is_identified(principal, kind):
    assert kind is identify(principal).kind


@pytest.mark.parametrize(
    "principal", ["", "*", "ann", "arn:aws:s3:::bucket", "arn:aws:iam::111122223333:group/g", {"type": "Service"}, {}]
)
def test_a_principal_that_cannot_ask_is_refused(principal):
    with pytest.raises(InputError, match="cannot be understood"):
        identify(principal)


def line(**changes):
    request = {"principal": USER, "action": "s3:GetObject", "resource": "*", "resource_account": "111122223333"}
    return {"id": "one", "request": {**request, **changes}, "policies": {"identity": []}}


def test_simulate_answers_in_the_form_of_its_contract():
    answer = simulate_line(line())

    expected = {
        "id": "one",
        "decision": "ImplicitlyDenied",
        "decided_by": "identity",
        "reasons": ["no identity policy allows `s3:GetObject` on `*`"],
    }
    assert expected == answer


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        ({"id": "one"}, "line `one`: `request` is missing"),
        (line(principal=None), "line `one`: request: `principal` is missing"),
        (line(principal="ann"), "line `one`: the principal `ann` cannot be understood"),
        (line(action=""), "line `one`: request: `action` is missing"),
        (line(Action="x"), "line `one`: request: `Action` is not known"),
        ({**line(), "policies": {"identities": []}}, "line `one`: policies: `identities` is not known"),
        ({**line(), "policies": {"identity": [{}]}}, "line `one`: policy: there is no statement"),
        ({**line(), "policies": {"scp": "x"}}, "line `one`: policies: `scp` is no list"),
    ],
)
def test_simulate_names_the_line_that_cannot_be_understood(broken, words):
    with pytest.raises(InputError) as caught:
        simulate_line(broken)

    assert str(caught.value).startswith(words)


def test_simulate_refuses_a_line_that_is_no_object():
    with pytest.raises(InputError, match="`line` is missing or no object"):
        simulate_line(["one"])


def test_a_null_in_the_context_is_an_absent_key():
    condition = {"Condition": {"Null": {"aws:SourceVpce": "true"}}}
    request = replace(REQUEST, context={"aws:SourceVpce": None}, closed=False)

    verdict = decide(request, PolicySet(identity=(policy_of(condition),)))

    assert (verdict.decision, verdict.conditional_on) == (Decision.ALLOWED, ())


def test_a_denial_says_at_which_place_of_the_organisation_and_how_many_statements_do_not_matter():
    level = policy_of({"Action": ["ec2:*"]})
    found = PolicySet(
        identity=(policy_of({}),), scp=((policy_of({}),), (level,)), scp_places=("root r-1", "ou-x (dev)")
    )

    verdict = decide(REQUEST, found)

    expected = (
        "no service control policy at ou-x (dev) allows `s3:GetObject` on `arn:aws:s3:::reports/may.csv`",
        "1 other statement does not name the action",
    )
    assert expected == verdict.reasons


def test_a_grant_without_operations_is_refused():
    broken = {**line(action="kms:Decrypt"), "policies": {"grants": [{"GranteePrincipal": "arn:aws:iam::1:user/a"}]}}

    with pytest.raises(InputError, match="line `one`: grant 1: GranteePrincipal or Operations is missing"):
        simulate_line(broken)
