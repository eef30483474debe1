"""The plan for idle credentials: three days, reversible before final, and nothing that is not ours to take."""

import json
import shlex
from datetime import date, timedelta

import pytest

from iamaudit.model.change import ChangeKind, change_from_json
from iamaudit.policy.parse import parse
from iamaudit.recommend.retire import retire
from iamaudit.recommend.retire_plan import Holding, Idle, LeftOut
from iamaudit.recommend.retire_steps import DENY_ALL, DENY_NAME, INLINE_CHARACTERS, TAG

TODAY = date(2026, 11, 1)
DISABLE, DELETE = date(2026, 11, 15), date(2026, 12, 15)
ACCOUNT = "111122223333"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/app"
USER = f"arn:aws:iam::{ACCOUNT}:user/eve"
KEY = "AKIAEXAMPLEEXAMPLE01"


def role(**more):
    known = {"inline": {"work": "{}"}, "attached": ("arn:aws:iam::aws:policy/View",), "profiles": ("app",)}
    return Holding(ROLE, ACCOUNT, "role", "app", **{**known, **more})


def user(**more):
    known = {"inline": {}, "groups": ("devs",), "keys": {"access_key_1": KEY}, "has_password": True}
    return Holding(USER, ACCOUNT, "user", "eve", **{**known, **more})


def idle(check="idle_role", arn=ROLE, detail=""):
    return Idle(check, arn, ACCOUNT, "not used for 200 days", f"{check}-id", detail)


def plan_of(*found, holdings, **more):
    return retire(found, {one.arn: one for one in holdings}, as_of=TODAY, **more)


def kinds(step):
    return [change.kind for change in step.changes]


def test_a_role_is_told_of_then_denied_everything_then_deleted():
    [retirement] = plan_of(idle(), holdings=[role()]).retirements

    assert [(TODAY, "notify"), (DISABLE, "disable"), (DELETE, "delete")] == [
        (step.due, step.what) for step in retirement.steps
    ]
    [deny] = retirement.steps[1].changes
    assert (ChangeKind.PUT_INLINE_POLICY, DENY_NAME, DENY_ALL) == (deny.kind, deny.policy, deny.document)


def test_the_days_can_be_chosen():
    plan = plan_of(idle(), holdings=[role()], notice_days=7, delete_days=7)

    assert [TODAY, date(2026, 11, 8), date(2026, 11, 8)] == [step.due for step in plan.retirements[0].steps]


def test_what_denies_everything_is_a_policy_that_iam_takes():
    [statement] = parse(DENY_ALL, name=DENY_NAME).statements

    assert (("*",), ("*",), ()) == (statement.actions, statement.resources, statement.conditions)


def test_the_deny_goes_last_so_that_no_hour_is_open():
    [retirement] = plan_of(idle(), holdings=[role()]).retirements

    assert [
        ChangeKind.DETACH_POLICY,
        ChangeKind.DELETE_INLINE_POLICY,
        ChangeKind.DELETE_INLINE_POLICY,
    ] == kinds(retirement.steps[2])
    assert DENY_NAME == retirement.steps[2].changes[-1].policy
    assert ["remove-role-from-instance-profile", "delete-role"] == [
        shlex.split(command)[2] for command in retirement.steps[2].commands[-2:]
    ]


def test_what_is_deleted_is_noted_before():
    holding = role(again={"trust_policy": "{}", "path": "/"})
    plan = plan_of(idle(), holdings=[holding])

    [written] = plan.as_json()["retirements"]

    assert {"work": "{}"} == written["holding"]["inline"]
    assert ("{}", ["app"]) == (written["holding"]["trust_policy"], written["holding"]["instance_profiles"])
    assert "{}" == next(one for one in plan.retirements[0].steps[2].changes if one.policy == "work").before


def test_a_user_loses_keys_and_everything_else_on_one_day_and_all_of_it_on_the_last():
    [retirement] = plan_of(idle("idle_user", USER), holdings=[user()]).retirements

    assert [ChangeKind.DEACTIVATE_ACCESS_KEY, ChangeKind.PUT_INLINE_POLICY] == kinds(retirement.steps[1])
    assert [
        ChangeKind.REMOVE_USER_FROM_GROUP,
        ChangeKind.DELETE_ACCESS_KEY,
        ChangeKind.DELETE_LOGIN_PROFILE,
        ChangeKind.DELETE_INLINE_POLICY,
    ] == kinds(retirement.steps[2])
    assert "aws iam delete-user --user-name eve" == retirement.steps[2].commands[-1]


def test_an_idle_user_takes_its_idle_key_and_password_along():
    found = [
        idle("idle_password", USER, "password"),
        idle("idle_access_key", USER, "access_key_1"),
        idle("idle_user", USER),
    ]

    plan = plan_of(*found, holdings=[user()])

    assert ["idle_user"] == [entry.idle.check for entry in plan.retirements]
    assert () == plan.left_out


def test_a_key_without_id_goes_with_its_idle_user_and_is_told_of():
    found = idle("idle_access_key", USER, "access_key_1"), idle("idle_user", USER)

    plan = plan_of(*found, holdings=[user(keys={"access_key_1": None})])

    assert (["idle_user"], ()) == ([entry.idle.check for entry in plan.retirements], plan.left_out)
    assert "so must access_key_1" in plan.retirements[0].steps[2].note


def test_a_key_is_switched_off_first():
    [retirement] = plan_of(idle("idle_access_key", USER, "access_key_1"), holdings=[user()]).retirements

    assert [[], [ChangeKind.DEACTIVATE_ACCESS_KEY], [ChangeKind.DELETE_ACCESS_KEY]] == [
        kinds(step) for step in retirement.steps
    ]
    assert f"aws iam update-access-key --user-name eve --access-key-id {KEY} --status Inactive" in (
        retirement.steps[1].commands
    )


def test_a_password_cannot_be_switched_off_and_goes_on_the_first_day():
    [retirement] = plan_of(idle("idle_password", USER, "password"), holdings=[user()]).retirements

    assert [(TODAY, "notify"), (DISABLE, "delete")] == [(step.due, step.what) for step in retirement.steps]
    assert [ChangeKind.DELETE_LOGIN_PROFILE] == kinds(retirement.steps[1])


@pytest.mark.parametrize(
    ("found", "holdings", "word"),
    [
        (idle(arn=f"arn:aws:iam::{ACCOUNT}:root"), [], "root"),
        (idle(), [], "collect again"),
        (idle(), [role(is_service_linked=True)], "belongs to AWS"),
        (idle(), [role(permission_set="Readers")], "`Readers`"),
        (idle("idle_access_key", USER, "access_key_1"), [user(keys={"access_key_1": None})], "id was not read"),
        (idle("idle_access_key", USER, "access_key_2"), [user()], "id was not read"),
    ],
    ids=["root", "gone", "service-linked", "permission-set", "key-without-id", "key-that-is-gone"],
)
def test_what_is_not_ours_or_not_sure_is_left_out_with_the_reason(found, holdings, word):
    plan = plan_of(found, holdings=holdings)

    assert () == plan.retirements
    assert word in plan.left_out[0].why


def test_what_is_protected_is_left_out_in_the_words_of_who_protects_it():
    plan = plan_of(idle(), holdings=[role()], protected=lambda arn: "break glass" if arn == ROLE else "")

    assert ((), "break glass") == (plan.retirements, plan.left_out[0].why)


def test_what_nobody_knows_of_is_listed_beside():
    unknown = LeftOut("role/x", "1", "role", "unknown: no logs")

    plan = plan_of(idle(), holdings=[role()], unknown=[unknown])

    assert (1, (unknown,)) == (len(plan.retirements), plan.left_out)


def test_a_notice_keeps_its_day_when_the_plan_is_made_again():
    tags = {TAG: "2026-11-04"}

    [retirement] = plan_of(idle(), holdings=[role(tags=tags)]).retirements

    assert [date(2026, 10, 21), date(2026, 11, 4), date(2026, 12, 4)] == [step.due for step in retirement.steps]


def test_the_notice_of_a_key_is_not_that_of_its_user():
    key = idle("idle_access_key", USER, "access_key_1")
    first = plan_of(key, holdings=[user()]).retirements[0].steps[0]
    tag = shlex.split(first.commands[0])[-1]

    again = plan_of(key, idle("idle_password", USER, "password"), holdings=[user(tags={TAG: "2026-11-04"})])

    assert f"Key={TAG}/access_key_1,Value={DISABLE}" == tag
    assert [DISABLE, DISABLE] == [entry.steps[1].due for entry in again.retirements]


@pytest.mark.parametrize("text", ["", "soon", "2026-13-01"])
def test_a_tag_that_is_no_day_is_none(text):
    [retirement] = plan_of(idle(), holdings=[role(tags={TAG: text})]).retirements

    assert DISABLE == retirement.steps[1].due


def test_where_inline_has_no_room_the_policy_of_aws_denies():
    full = "x" * (INLINE_CHARACTERS["role"] - len(DENY_ALL) + 1)

    [fits] = plan_of(idle(), holdings=[role(inline={"work": full[:-1]})]).retirements
    [full_up] = plan_of(idle(), holdings=[role(inline={"work": full})]).retirements

    assert [ChangeKind.PUT_INLINE_POLICY] == kinds(fits.steps[1])
    assert (ChangeKind.ATTACH_POLICY, "arn:aws:iam::aws:policy/AWSDenyAll") == (
        full_up.steps[1].changes[0].kind,
        full_up.steps[1].changes[0].policy,
    )
    assert "arn:aws:iam::aws:policy/AWSDenyAll" == full_up.steps[2].changes[-1].policy


def test_an_inline_policy_that_was_not_read_may_be_of_any_size():
    [retirement] = plan_of(idle(), holdings=[role(inline={"work": None})]).retirements

    assert [ChangeKind.ATTACH_POLICY] == kinds(retirement.steps[1])


def test_a_principal_that_nothing_more_fits_on_is_left_out():
    plan = plan_of(idle(), holdings=[role(inline={"a": "x" * 10_240}, attached=tuple(f"p{n}" for n in range(10)))])

    assert "make room" in plan.left_out[0].why


def test_what_is_disabled_already_is_disabled_the_same_way_again():
    [retirement] = plan_of(idle(), holdings=[role(inline={"work": "{}", DENY_NAME: DENY_ALL})]).retirements

    assert DENY_ALL == retirement.steps[1].changes[0].before
    assert 1 == sum(change.policy == DENY_NAME for change in retirement.steps[2].changes)


def test_another_partition_has_its_own_policy_of_aws():
    arn = ROLE.replace("arn:aws:", "arn:aws-cn:")
    holding = Holding(arn, ACCOUNT, "role", "app", inline={"x": None})

    [retirement] = plan_of(idle(arn=arn), holdings=[holding]).retirements

    assert "arn:aws-cn:iam::aws:policy/AWSDenyAll" == retirement.steps[1].changes[0].policy


def test_the_plan_is_the_same_whatever_the_order():
    found = [idle(), idle("idle_access_key", USER, "access_key_1"), idle("idle_password", USER, "password")]

    one = plan_of(*found, holdings=[role(), user()]).as_json()
    other = plan_of(*reversed(found), *found, holdings=[user(), role()]).as_json()

    assert json.dumps(one) == json.dumps(other)


def test_changes_are_written_as_plans_write_them():
    plan = plan_of(idle(), holdings=[role()])

    entries = [entry for step in plan.as_json()["retirements"][0]["steps"] for entry in step["changes"]]

    assert [change for step in plan.retirements[0].steps for change in step.changes] == [
        change_from_json(entry) for entry in entries
    ]


def test_a_hostile_name_stays_one_word_of_a_command():
    name = "a'; rm -rf $HOME #"
    arn = f"arn:aws:iam::{ACCOUNT}:role/{name}"
    holding = Holding(arn, ACCOUNT, "role", name, inline={})

    [retirement] = plan_of(idle(arn=arn), holdings=[holding]).retirements

    assert all(name in shlex.split(command) for step in retirement.steps for command in step.commands)


def test_another_check_is_an_error_of_ours():
    with pytest.raises(KeyError):
        plan_of(idle("root_used"), holdings=[role()])


def test_notice_and_deletion_keep_their_distance_from_a_tagged_day():
    late = TODAY - timedelta(days=400)

    [retirement] = plan_of(idle(), holdings=[role(tags={TAG: str(late)})]).retirements

    assert timedelta(days=30) == retirement.steps[2].due - retirement.steps[1].due
