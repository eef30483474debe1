"""What something shared or a boundary took away: judged for each holder, and put back where it was."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given

from iamaudit.knowledge.actions import catalogue
from iamaudit.model.change import Change, ChangeKind
from iamaudit.model.plan import Plan
from iamaudit.model.policy import Policy
from iamaudit.policy.parse import parse
from iamaudit.policy.render import render
from iamaudit.recommend.evidence import CurrentPolicy, ObservedUse
from iamaudit.watch.applied import Applied, is_shared, named
from iamaudit.watch.places import into_boundary, into_policy, into_set
from iamaudit.watch.refusals import Cause, Refusal, judge_refusal, never_more, restoring, statement_json
from tests.unit.watch.test_watch_refusals import ACTIONS, RESOURCES, STATEMENTS, statement

ROLE = "arn:aws:iam::111122223333:role/app"
POLICY = "arn:aws:iam::111122223333:policy/shared"
SET = "arn:aws:sso:::permissionSet/ssoins-1111111111111111/ps-aaaaaaaaaaaaaaaa"
AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
KNOWN = catalogue()
ALL = statement()
NO_PUT = {"Effect": "Deny", "Action": "s3:Put*", "Resource": "*"}
READ = statement("s3:GetObject", "arn:aws:s3:::b/*")


def held(*statements, version="2012-10-17", kind="customer"):
    document = {"Version": version, "Statement": list(statements)}
    return CurrentPolicy(POLICY, "p", kind, POLICY, parse(document), json.dumps(document))


def shared(before=(ALL,), after=(READ,), others=(), **more):
    beside = (held(*others),) if others else ()
    after = (held(*after),) if after else ()
    return Applied(ROLE, AT, "bundle", (held(*before),), after, thing=POLICY, others=beside, **more)


def refused(action="s3:PutObject", resource="arn:aws:s3:::b/k"):
    use = ObservedUse(action, resource, outcome="denied", count=2)
    return Refusal(ROLE, use, 2, AT + timedelta(hours=1), AT + timedelta(days=1))


def judged(applied, refusal=None):
    return judge_refusal(refusal or refused(), applied, applied, KNOWN)


def whole(applied, **more):
    """Return the change as it was made, of the thing itself."""
    return replace(applied, principal=applied.thing, thing="", others=(), **more)


MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}


@pytest.mark.parametrize(
    ("applied", "cause"),
    [
        (shared(), Cause.OURS),
        (shared(others=(statement(),)), Cause.NOT_OURS),
        (shared(before=(READ,), others=(statement(Condition=MFA),)), Cause.NOT_OURS),
        (shared(others=(statement(Condition=MFA),)), Cause.PERHAPS),
        (shared(others=(statement(),), doubt="not collected since"), Cause.PERHAPS),
        (shared(doubt="not collected since"), Cause.PERHAPS),
        (shared(others=(NO_PUT,)), Cause.NOT_OURS),
        (shared(others=(NO_PUT,), doubt="not collected since"), Cause.PERHAPS),
        (shared(after=(statement(),), doubt="not collected since"), Cause.NOT_OURS),
    ],
    ids=[
        "only by the thing",
        "by its own policies too",
        "never by the thing",
        "perhaps by its own policies",
        "by its own policies of another day",
        "beside something that is not known",
        "never beside a Deny of its own",
        "beside a Deny of another day",
        "by the thing still",
    ],
)
def test_what_else_the_holder_has_decides_with_the_thing(applied, cause):
    assert cause is judged(applied).cause


@pytest.mark.parametrize(("doubt", "cause"), [("", Cause.NOT_OURS), ("not collected since", Cause.PERHAPS)])
def test_what_is_beside_does_not_pass_for_what_was_given_back(doubt, cause):
    applied = shared(others=(statement(),), doubt=doubt)

    found = judge_refusal(refused(), applied, replace(applied, at=AT + timedelta(days=9), by="restore"), KNOWN)

    assert cause is found.cause


def test_what_was_taken_in_a_move_and_cannot_be_read_leaves_it_open():
    unread = CurrentPolicy("p", "p", "inline", ROLE, Policy(()), "")
    doubt = "what was taken from it is not known"

    found = judged(replace(shared(before=(READ,)), taken=(unread,), doubt=doubt))

    assert (Cause.PERHAPS, doubt, None) == (found.cause, found.why, found.statement)


@given(STATEMENTS, STATEMENTS, ACTIONS, RESOURCES)
def test_what_goes_back_into_the_thing_was_granted_by_it_before_whatever_its_holders_have(
    before, others, action, resource
):
    denies = [one for one in before if one["Effect"] == "Deny"]
    applied = shared(before=before, after=denies, others=others)

    restored = restoring([judged(applied, refused(action, resource))], perhaps=True)

    assert never_more(whole(applied), whole(applied), restored, KNOWN)
    assert never_more(applied, applied, restored, KNOWN)


def test_a_shared_policy_gets_a_next_version_with_every_statement_of_today():
    placed = into_policy(whole(shared()), restoring([judged(shared())]))

    (change,) = placed.changes
    written = json.loads(change.document)
    assert (ChangeKind.CREATE_POLICY_VERSION, POLICY) == (change.kind, change.policy)
    assert {"Statement": [READ], "Version": "2012-10-17"} == json.loads(change.before)
    assert ["s3:GetObject", "s3:PutObject"] == [one["Action"] for one in written["Statement"]]


def test_statements_of_another_version_do_not_go_into_a_policy():
    applied = whole(shared())
    old = replace(applied, after=(held(READ, version="2008-10-17"),))

    assert "both versions" in into_policy(old, restoring([judged(shared())])).refused


def test_a_policy_of_which_nobody_knows_what_it_says_is_left_alone():
    assert into_policy(replace(whole(shared()), after=()), restoring([judged(shared())])).refused


def of_set(*changes, before=(ALL,)):
    inline = tuple(replace(held(one), kind="inline") for one in before)
    return Applied(SET, AT, "bundle", inline, (held(READ),), plan=Plan(SET, changes))


PUT = Change(ChangeKind.PUT_SET_POLICY, SET, "AwsSSOInlinePolicy", json.dumps(render(held(READ).policy)))
GONE = Change(ChangeKind.DELETE_SET_POLICY, SET, "AwsSSOInlinePolicy")


@pytest.mark.parametrize(
    ("latest", "actions", "before"),
    [
        (of_set(PUT), ["s3:GetObject", "s3:PutObject"], PUT.document),
        (of_set(GONE), ["s3:PutObject"], None),
        (of_set(before=(READ,)), ["s3:GetObject", "s3:PutObject"], PUT.document),
    ],
    ids=["that the change put", "that the change took away", "that the change left"],
)
def test_a_permission_set_gets_it_into_its_one_inline_policy(latest, actions, before):
    placed = into_set(latest, restoring([judged(shared())]))

    put, provision = placed.changes
    assert actions == [one["Action"] for one in json.loads(put.document)["Statement"]]
    assert before is put.before is None or json.loads(before) == json.loads(put.before)
    assert ChangeKind.PROVISION_SET is provision.kind


def test_an_inline_policy_of_a_set_that_would_be_too_long_is_refused():
    full = statement(["s3:GetObject", *(f"s3:{'x' * 100}{n}" for n in range(97))])
    put = replace(PUT, document=json.dumps(render(held(full).policy)))

    assert "characters, more than AWS takes" in into_set(of_set(put), restoring([judged(shared())])).refused


def bounded(after=(READ,), before=(ALL,), principal=ROLE):
    around = held(*after)
    return Applied(principal, AT, "bundle", (held(*before),), (held(*before),), boundary=(around,))


def test_what_only_a_resources_own_policy_may_have_allowed_to_a_role_is_perhaps_the_boundarys_doing():
    found = judged(bounded(before=(statement("sqs:*"),)))

    assert Cause.PERHAPS is found.cause
    assert "the resource's own policy may have" in found.why
    assert ("s3:PutObject", "arn:aws:s3:::b/k") == (statement_json(found)["Action"], statement_json(found)["Resource"])


@pytest.mark.parametrize(
    "applied",
    [
        bounded(before=(statement("sqs:*"),), principal=ROLE.replace("role", "user")),
        bounded(before=(statement("sqs:*"), {"Effect": "Deny", "Action": "s3:*", "Resource": "*"})),
        bounded(before=(statement("sqs:*"),), after=(statement(),)),
    ],
    ids=["a user", "a Deny before", "allowed within the boundary"],
)
def test_where_no_resources_policy_can_have_been_limited_it_is_not_the_boundarys_doing(applied):
    assert Cause.NOT_OURS is judged(applied).cause


def test_a_boundary_gets_a_next_version():
    placed = into_boundary(bounded(), restoring([judged(bounded())]))

    assert ["s3:GetObject", "s3:PutObject"] == [
        one["Action"] for one in json.loads(placed.changes[0].document)["Statement"]
    ]


@pytest.mark.parametrize(
    ("arn", "words"),
    [
        ("arn:aws:iam::111122223333:group/team/ops", "group `ops`"),
        (POLICY, "policy `shared`"),
        (SET, f"permission set `{SET}`"),
    ],
    ids=["group", "policy", "permission set"],
)
def test_what_is_shared_is_named(arn, words):
    assert (True, words) == (is_shared(arn), named(arn))
