"""Whom `watch` looks at after the bundle of something shared."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from iamaudit.model.change import Change, ChangeKind
from iamaudit.model.plan import Plan
from iamaudit.policy.parse import parse
from iamaudit.recommend.evidence import CurrentPolicy
from iamaudit.stages.watch_holders import Holders
from iamaudit.watch.applied import Applied
from tests.unit.stages.small_company import SmallCompany, arn, document
from tests.unit.stages.test_permission_set_bundles import CALLS, NAME, SET, TODAY, captured

AT = datetime(2026, 11, 6, tzinfo=UTC)


def expanded(*applied, **company):
    with SmallCompany(CALLS, **company) as lake, lake.engine() as engine:
        return list(Holders(engine).expanded(applied))


def change(principal):
    return Applied(principal, AT, "journal", (), ())


def test_of_a_permission_set_every_role_is_looked_at_and_what_is_the_sets_is_not_beside_it():
    own = {"Extra": (document("sqs:*"), [("role", NAME)])}

    (found,) = expanded(change(SET), inline={("role", NAME): TODAY}, managed=own, more=captured())

    assert (arn("role", NAME), SET) == (found.principal, found.thing)
    assert [arn("policy", "Extra")] == [one.policy_id for one in found.others]


def test_what_a_member_has_by_another_group_is_beside_the_group():
    inline = {("group", "ops"): TODAY, ("group", "devs"): document("sqs:*")}

    (found,) = expanded(change(arn("group", "ops")), inline=inline, members={"ops": ["ann"], "devs": ["ann"]})

    assert [arn("group", "devs")] == [one.through for one in found.others]
    assert "" == found.doubt


def test_another_group_that_changed_too_and_was_not_collected_since_is_a_doubt():
    inline = {("group", "ops"): TODAY, ("group", "devs"): document("sqs:*")}
    changes = (change(arn("group", "ops")), change(arn("group", "devs")))

    found = expanded(*changes, inline=inline, members={"ops": ["ann"], "devs": ["ann"]})

    assert ["what it has beside was changed too, and not collected since"] * 2 == [one.doubt for one in found]


def test_a_policy_beside_that_cannot_be_read_is_a_doubt():
    inline = {("group", "ops"): TODAY, ("user", "ann"): json.dumps({"Statement": 7})}

    (found,) = expanded(change(arn("group", "ops")), inline=inline, members={"ops": ["ann"]})

    assert "cannot be read" in found.doubt


def test_a_principals_own_change_stays_as_it_is():
    own = change(arn("user", "ann"))

    assert [own] == expanded(own, inline={("user", "ann"): TODAY})


def moved(*taken):
    """Return the change that put ann into a group of others, and took policies of her own."""
    ops = arn("group", "ops")
    changes = (Change(ChangeKind.ADD_USER_TO_GROUP, arn("user", "ann"), "ops"), *taken)
    before = CurrentPolicy("p", "p", "inline", ops, parse(TODAY), TODAY)
    return Applied(ops, AT, "journal", (before,), (), plan=Plan(ops, changes))


def test_who_was_moved_into_a_group_had_what_the_plan_took_and_nothing_of_the_group():
    own = document("sqs:*")
    taken = Change(ChangeKind.DELETE_INLINE_POLICY, arn("user", "ann"), "own", None, own)
    inline = {("group", "ops"): TODAY}

    ann, bob = expanded(moved(taken), inline=inline, members={"ops": ["ann", "bob"]})

    assert ((), [own]) == (ann.before, [one.document for one in ann.taken])
    assert (1, ()) == (len(bob.before), bob.taken)


def test_a_policy_that_was_detached_in_a_move_is_the_one_of_the_lake_or_a_doubt():
    detached = [Change(ChangeKind.DETACH_POLICY, arn("user", "ann"), arn("policy", name)) for name in ("Known", "Gone")]
    company = {"inline": {("group", "ops"): TODAY}, "members": {"ops": ["ann"]}}

    (ann,) = expanded(moved(*detached), managed={"Known": (TODAY, [])}, **company)

    assert [TODAY, ""] == [one.document for one in ann.taken]
    assert "what was taken from it is not known" == ann.doubt
