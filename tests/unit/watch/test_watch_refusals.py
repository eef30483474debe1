"""A refused call is ours when the policies before allowed it and the new ones do not; what gives it back is never more."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamaudit.knowledge.actions import catalogue
from iamaudit.model.change import Change, ChangeKind
from iamaudit.model.plan import Plan
from iamaudit.policy.parse import parse
from iamaudit.policy.render import render
from iamaudit.recommend.evidence import CurrentPolicy, ObservedUse
from iamaudit.watch.applied import Applied, applied_from, seen_in_events
from iamaudit.watch.refusals import Cause, Refusal, judge_refusal, never_more, restoring, statement_json

ROLE = "arn:aws:iam::111122223333:role/app"
AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
LATER = AT + timedelta(days=2)
KNOWN = catalogue()


def statement(action="s3:*", resource="*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def held(name, *statements):
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    return CurrentPolicy(f"{ROLE}#{name}", name, "inline", ROLE, parse(document), json.dumps(document))


BEFORE = (statement(),)
AFTER = (statement("s3:GetObject", "arn:aws:s3:::b/*"),)


def change(before=BEFORE, after=AFTER, **more):
    return Applied(ROLE, AT, "bundle", (held("p", *before),), (held("p", *after),) if after else (), **more)


def refused(action="s3:PutObject", resource="arn:aws:s3:::b/k", **more):
    use = ObservedUse(action, resource, outcome="denied", count=14, **more)
    return Refusal(ROLE, use, 14, AT + timedelta(hours=1), AT + timedelta(days=1))


def judged(applied, refusal, latest=None):
    return judge_refusal(refusal, applied, latest or applied, KNOWN)


def test_what_was_allowed_and_is_no_longer_is_ours_and_comes_with_the_statement_to_restore():
    found = judged(change(), refused())

    assert Cause.OURS is found.cause
    assert {
        "Sid": "RestoredS3PutObject",
        "Effect": "Allow",
        "Action": "s3:PutObject",
        "Resource": "arn:aws:s3:::b/k",
    } == statement_json(found)


def test_what_was_refused_before_too_is_not_ours():
    found = judged(change(before=(statement("s3:Get*"),)), refused())

    assert (Cause.NOT_OURS, None) == (found.cause, found.statement)
    assert "did not allow it either" in found.why


def test_what_a_deny_of_before_refused_is_not_ours():
    deny = {"Effect": "Deny", "Action": "s3:Put*", "Resource": "*"}

    assert Cause.NOT_OURS is judged(change(before=(statement(), deny)), refused()).cause


def test_what_the_new_policies_allow_is_refused_by_something_else():
    found = judged(change(), refused("s3:GetObject"))

    assert Cause.NOT_OURS is found.cause
    assert "SCP" in found.why


@pytest.mark.parametrize(
    ("applied", "refusal"),
    [
        (change(before=(statement(Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}),)), refused()),
        (change(after=(statement("s3:Put*", Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}),)), refused()),
        (change(before=(statement(resource="arn:aws:s3:::b/*"),)), refused(resource="*")),
        (change(is_whole=False), refused()),
    ],
    ids=["condition before", "condition after", "resource not told", "plan done in part"],
)
def test_what_the_logs_leave_open_is_perhaps_ours(applied, refusal):
    found = judged(applied, refusal)

    assert Cause.PERHAPS is found.cause
    assert found.why
    assert found.statement is not None


def test_the_statement_keeps_the_conditions_of_what_granted_it():
    condition = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}

    found = judged(change(before=(statement(Condition=condition),)), refused())

    assert condition == statement_json(found)["Condition"]


def test_what_was_given_back_since_is_told_apart():
    latest = replace(change(after=(statement("s3:PutObject", "arn:aws:s3:::b/*"),)), at=LATER, by="restore")

    assert Cause.RESTORED is judged(change(), refused(), latest).cause
    assert Cause.OURS is judged(change(), refused(), replace(latest, at=AT)).cause


def test_alike_statements_are_put_together():
    found = [
        judged(change(), refused(action, f"arn:aws:s3:::b/{key}"))
        for action in ("s3:PutObject", "s3:DeleteObject")
        for key in ("x", "y")
    ]

    policy = render(restoring(found)[0])

    assert [
        {
            "Sid": "RestoredS3",
            "Effect": "Allow",
            "Action": ["s3:DeleteObject", "s3:PutObject"],
            "Resource": ["arn:aws:s3:::b/x", "arn:aws:s3:::b/y"],
        }
    ] == policy["Statement"]


def test_the_doubtful_is_given_back_only_when_asked_for():
    found = [judged(change(is_whole=False), refused())]

    assert () == restoring(found)
    assert restoring(found, perhaps=True)


ACTIONS = st.sampled_from(["s3:PutObject", "s3:DeleteObject", "s3:GetObject", "ec2:RunInstances", "sqs:SendMessage"])
PATTERNS = st.sampled_from(["s3:*", "s3:Put*", "*", "ec2:*", "sqs:SendMessage", "s3:GetObject"])
RESOURCES = st.sampled_from(["arn:aws:s3:::b/k", "arn:aws:s3:::c/k", "*", "arn:aws:sqs:eu-west-1:111122223333:q"])
SCOPES = st.sampled_from(["*", "arn:aws:s3:::b/*", "arn:aws:s3:::*", "arn:aws:sqs:*:*:*"])
STATEMENTS = st.lists(
    st.builds(
        lambda effect, action, resource, condition: {
            "Effect": effect,
            "Action": action,
            "Resource": resource,
            **condition,
        },
        st.sampled_from(["Allow", "Allow", "Allow", "Deny"]),
        PATTERNS,
        SCOPES,
        st.sampled_from([{}, {"Condition": {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}}]),
    ),
    min_size=1,
    max_size=4,
)


@given(STATEMENTS, st.lists(st.tuples(ACTIONS, RESOURCES), min_size=1, max_size=4))
def test_what_is_given_back_was_granted_before(before, asked):
    """Never more than before the change, by the same proof as for recommendations; every Deny is kept, as a proposal keeps it."""
    denies = [one for one in before if one["Effect"] == "Deny"]
    applied = change(before=before, after=denies)

    found = [judged(applied, refused(*one)) for one in asked]
    restored = restoring(found, perhaps=True)

    assert never_more(applied, applied, restored, KNOWN)


@given(STATEMENTS, ACTIONS, RESOURCES)
def test_what_is_given_back_allows_the_call_again(before, action, resource):
    """With the restored statements in force the very refusal is no longer ours."""
    denies = [one for one in before if one["Effect"] == "Deny"]
    applied = change(before=before, after=denies)
    first = judged(applied, refused(action, resource))

    restored = [held(f"r{n}", *render(policy)["Statement"]) for n, policy in enumerate(restoring([first]))]
    again = judged(replace(applied, after=(*applied.after, *restored)), refused(action, resource))

    assert Cause.OURS is not again.cause


PLAN = Plan(
    ROLE,
    (
        Change(ChangeKind.PUT_INLINE_POLICY, ROLE, "p", '{"Statement": []}', "{}"),
        Change(ChangeKind.DETACH_POLICY, ROLE, "arn:aws:iam::aws:policy/P"),
    ),
)
PUT = {
    "account_id": "111122223333",
    "event_time": AT,
    "event_name": "PutRolePolicy",
    "holder_name": "app",
    "policy_name": "p",
    "policy_arn": None,
    "policy_document": '{"Statement":[]}',
}
DETACH = {
    **PUT,
    "event_time": LATER,
    "event_name": "DetachRolePolicy",
    "policy_arn": "arn:aws:iam::aws:policy/P",
    "policy_document": None,
}


def test_cloudtrail_tells_when_a_plan_was_carried_out_and_whether_whole():
    assert (AT, True) == seen_in_events(PLAN, [PUT, DETACH])
    assert (AT, False) == seen_in_events(PLAN, [PUT])


@pytest.mark.parametrize(
    "changed",
    [
        {"policy_document": '{"Statement":[{}]}'},
        {"holder_name": "other"},
        {"policy_name": "q"},
        {"account_id": "999999999999"},
        {"event_name": "PutUserPolicy"},
        {"policy_document": "no json"},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_another_write_is_not_the_plans(changed):
    assert (None, False) == seen_in_events(PLAN, [{**PUT, **changed}])


BOUNDARY = "arn:aws:iam::111122223333:policy/app-boundary"
BOUNDED = Plan(
    ROLE,
    (
        Change(ChangeKind.CREATE_POLICY, "", BOUNDARY, '{"Statement": []}'),
        Change(ChangeKind.PUT_PERMISSIONS_BOUNDARY, ROLE, BOUNDARY),
    ),
)
PUT_BOUNDARY = {**DETACH, "event_time": AT, "event_name": "PutRolePermissionsBoundary", "policy_arn": BOUNDARY}


def test_cloudtrail_tells_when_a_boundary_was_put_around_its_principal():
    assert (AT, True) == seen_in_events(BOUNDED, [PUT_BOUNDARY])
    assert (None, False) == seen_in_events(BOUNDED, [{**PUT_BOUNDARY, "policy_arn": f"{BOUNDARY}-2"}])
    assert (None, False) == seen_in_events(BOUNDED, [{**PUT_BOUNDARY, "holder_name": "other"}])


SET = "arn:aws:sso:::permissionSet/ssoins-1111111111111111/ps-aaaaaaaaaaaaaaaa"
OF_SET = Plan(
    SET,
    (
        Change(ChangeKind.PUT_SET_POLICY, SET, "inline", '{"Statement": []}', "{}"),
        Change(ChangeKind.DETACH_SET_POLICY, SET, "arn:aws:iam::aws:policy/P"),
        Change(ChangeKind.DETACH_SET_REFERENCE, SET, "/team/shared"),
        Change(ChangeKind.PROVISION_SET, SET, ""),
    ),
)


def of_set(event, **more):
    told = dict.fromkeys(("policy_name", "policy_arn", "policy_document", "holder_name"))
    return {**PUT, **told, "permission_set_arn": SET, "event_name": event, **more}


SET_WRITES = [
    of_set("PutInlinePolicyToPermissionSet", policy_document='{"Statement":[]}'),
    of_set("DetachManagedPolicyFromPermissionSet", policy_arn="arn:aws:iam::aws:policy/P"),
    of_set("DetachCustomerManagedPolicyReferenceFromPermissionSet", policy_name="/team/shared"),
]


def test_cloudtrail_tells_when_a_permission_set_was_changed_and_whether_whole():
    assert (AT, True) == seen_in_events(OF_SET, SET_WRITES)
    assert (AT, False) == seen_in_events(OF_SET, SET_WRITES[1:])
    assert (None, False) == seen_in_events(OF_SET, [{**one, "permission_set_arn": f"{SET}b"} for one in SET_WRITES])


@pytest.mark.parametrize("text", [None, "HIDDEN_DUE_TO_SECURITY_REASONS"])
def test_a_set_whose_new_policy_is_not_recorded_may_have_been_changed(text):
    untold = {**SET_WRITES[0], "policy_document": text}

    assert (AT, False) == seen_in_events(OF_SET, [untold, *SET_WRITES[1:]])


def test_another_policy_of_a_set_is_not_the_plans():
    other = of_set("PutInlinePolicyToPermissionSet", policy_document='{"Statement":[{}]}')

    assert (None, False) == seen_in_events(OF_SET, [other])


def test_a_bundles_files_tell_the_policies_before_and_after():
    current = {
        "policies": [
            {
                "policy_id": "x",
                "name": "p",
                "kind": "inline",
                "through": ROLE,
                "document": json.loads(held("p", statement()).document),
            }
        ]
    }

    applied = applied_from(PLAN, current, [{"Statement": [statement("s3:Get*")]}], at=AT, by="b", is_whole=True)

    assert ("p", 1) == (applied.before[0].name, len(applied.after))
