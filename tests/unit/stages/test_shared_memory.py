"""What several hold, and the parts of a role, are remembered like principals: worked out again only when something of them is new."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import pytest

from iamaudit.engine.duck import Engine
from iamaudit.lake.check import check
from iamaudit.recommend.choices import Choices
from iamaudit.stages import agreeing, agreements, joint, splits
from iamaudit.stages import recommend as stage
from iamaudit.stages.history import history
from iamaudit.stages.instants import moment
from iamaudit.stages.memory import Memory
from tests.properties.small_lake import ACCOUNT
from tests.unit.stages.small_account import call, first_and_last
from tests.unit.stages.small_company import AS_OF, SmallCompany, arn, document

LOGGED = first_and_last("2026-09-06", "2026-11-04")
ROLE = "AWSReservedSSO_Readers_0123456789abcdef"
SET = "arn:aws:sso:::permissionSet/ssoins-1111111111111111/ps-aaaaaaaaaaaaaaaa"
DEVS, OPS, TEAM, AUDIT = arn("group", "devs"), arn("group", "ops"), arn("policy", "team"), arn("policy", "audit")
CHOICES = Choices(formats=("json", "terraform"), keep_unknown=False)
WORK = ("GetBucketPolicy", "GetBucketVersioning", "GetBucketAcl")


def as_person(record, person):
    """Return a call of the role's, made by *person*."""
    issuer = {
        "type": "Role",
        "arn": arn("role", ROLE),
        "accountId": ACCOUNT,
        "userName": ROLE,
        "principalId": f"AROA{ROLE.upper()}",
    }
    identity = {
        "type": "AssumedRole",
        "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{ROLE}/{person}",
        "accountId": ACCOUNT,
        "principalId": f"AROA{ROLE.upper()}:{person}",
        "sessionContext": {"sessionIssuer": issuer},
    }
    return {**record, "userIdentity": identity}


def in_the_role(day, person, event):
    return as_person(call(day, f"of-{person}", user=person, event=event), f"{person}@example.com")


CALLS = [
    *(call(day, user=user) for day in LOGGED for user in ("ann", "bob", "cyd", "eve")),
    *(call(day, user=user, event="GetBucketAcl") for day in LOGGED[:3] for user in ("cyd", "eve")),
    *(in_the_role(day, person, event) for day in LOGGED[:5] for person in ("pam", "tom") for event in WORK),
]
# a call that comes late: of ann, who is in devs and holds team; of cyd, who is in ops and holds audit; of a person in the role
NEW = {
    "ann": (call("2026-09-08", "new", user="ann"), {DEVS, TEAM}),
    "cyd": (call("2026-09-08", "new", user="cyd"), {OPS, AUDIT}),
    "tom": (in_the_role("2026-09-08", "tom", "GetBucketWebsite"), {SET}),
}


def company():
    """Return a lake of two groups, two policies that several hold, and a permission set whose role two persons share."""
    wide = document("s3:Get*", "s3:PutBucketPolicy")
    captured = {
        "instance_arn": "arn:aws:sso:::instance/ssoins-1111111111111111",
        "permission_set_arn": SET,
        "name": "Readers",
        "inline_policy": wide,
        "policies_known": True,
        "accounts": [ACCOUNT],
    }
    return SmallCompany(
        CALLS,
        inline={("group", "devs"): wide, ("group", "ops"): wide, ("role", ROLE): wide},
        managed={
            "team": (document("s3:GetBucketPolicy", "s3:PutBucketAcl"), [("user", "ann"), ("user", "eve")]),
            "audit": (document("s3:GetBucketAcl", "s3:PutBucketAcl"), [("user", "cyd"), ("user", "eve")]),
        },
        members={"devs": ["ann", "bob"], "ops": ["cyd"]},
        more={"permission_sets": [captured]},
    )


@pytest.fixture(scope="module")
def made_once():
    with company() as lake:
        yield lake


@pytest.fixture
def lake(made_once):
    with made_once.copy() as lake:
        yield lake


def night(lake, out, *, choices=CHOICES, afresh=False):
    """One night's results."""
    with lake.engine() as engine:
        memory = None if afresh else Memory(lake.lake, engine, choices)
        return stage.recommend(engine, out, choices=choices, workers=1, memory=memory)


def bytes_below(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def without_events(folder):
    """Return the files, a certificate without what others' calls add to its numbers every night."""
    found = {}
    for path, data in bytes_below(folder).items():
        found[path] = data
        if path.endswith("certificate.json"):
            fields = json.loads(data)
            del fields["coverage"]["events"]
            found[path] = fields
    return found


def shared_reasons(results):
    return [(one.principal, one.refused) for one in results if ":permissionSet/" in one.principal]


def shared_of(results):
    return {one.principal: one for one in results if one.shared}


@pytest.fixture
def worked_out(monkeypatch):
    """The ARNs of what is worked out from here on; of a split that of the role."""
    found = []

    def told(module, name, arn_of):
        true = getattr(module, name)

        def telling(first, *rest, **more):
            found.append(arn_of(first))
            return true(first, *rest, **more)

        monkeypatch.setattr(module, name, telling)

    told(joint, "propose_shared", lambda shared: shared.arn)
    told(agreements, "propose_shared", lambda shared: shared.arn)
    told(splits, "proposal_of", lambda evidence: f"{evidence.arn}#split")
    told(stage, "proposal_of", lambda evidence: evidence.arn)
    return found


def test_the_company_has_one_of_each_kind_with_a_bundle(lake, tmp_path):
    found = shared_of(night(lake, tmp_path))

    assert {DEVS, OPS, TEAM, AUDIT, SET} == set(found)
    assert {"group", "policy", "permission_set"} == {one.shared for one in found.values() if one.bundle is not None}
    assert 2 == len(list(tmp_path.glob(f"{ACCOUNT}/role/*/split/*/policy-1.json")))


def test_a_second_night_on_the_same_data_works_nothing_out_and_changes_no_byte(lake, tmp_path, worked_out):
    first = night(lake, tmp_path)
    before, lake_before, count = bytes_below(tmp_path), lake.contents(), len(worked_out)

    second = night(lake, tmp_path)

    assert count > 0
    assert [] == worked_out[count:]
    assert before == bytes_below(tmp_path)
    assert lake_before == lake.contents()
    assert [one.as_json() for one in first] == [one.as_json() for one in second]
    assert [replace(one, is_unchanged=True) for one in first] == second


@pytest.mark.parametrize(
    "who", [next(iter(NEW)), *(pytest.param(one, marks=pytest.mark.slow) for one in list(NEW)[1:])]
)
def test_a_new_use_works_out_exactly_what_its_user_has_part_in(lake, tmp_path, worked_out, who):
    record, touched = NEW[who]
    night(lake, tmp_path)
    lake.ingest([[record]], into="more")
    worked_out.clear()

    second = night(lake, tmp_path)

    assert touched == {one for one in worked_out if one in shared_of(second)}
    assert touched == {arn for arn, one in shared_of(second).items() if not one.is_unchanged}
    assert (who == "tom") == (f"{arn('role', ROLE)}#split" in worked_out)


@pytest.mark.slow
@pytest.mark.parametrize("who", list(NEW))
def test_what_is_remembered_is_what_working_everything_out_gives(lake, tmp_path, who):
    """The oracle: the same lake, everything worked out afresh, byte for byte but for how many events the logs had then."""
    night(lake, tmp_path / "remembered")
    lake.ingest([[NEW[who][0]]], into="more")

    remembered = night(lake, tmp_path / "remembered")
    afresh = night(lake, tmp_path / "afresh", afresh=True)

    assert any(one.is_unchanged for one in remembered if one.shared)
    assert without_events(tmp_path / "afresh") == without_events(tmp_path / "remembered")
    assert [(one.principal, one.refused) for one in afresh] == [(one.principal, one.refused) for one in remembered]


@pytest.mark.slow
def test_bundles_that_are_missing_or_were_touched_are_written_again_as_they_were(lake, tmp_path, worked_out):
    found = shared_of(night(lake, tmp_path))
    before = bytes_below(tmp_path)
    shutil.rmtree(found[DEVS].bundle)
    (found[TEAM].bundle / "policy-1.json").write_text("{}")
    (found[SET].bundle / "stranger.txt").write_text("x")
    for split in tmp_path.glob(f"{ACCOUNT}/role/*/split"):
        shutil.rmtree(split)
    worked_out.clear()

    night(lake, tmp_path)

    assert [] == worked_out
    assert before == bytes_below(tmp_path)


@pytest.mark.slow
def test_a_group_that_cannot_be_judged_is_remembered_with_the_reason(tmp_path):
    inline = {("group", "devs"): '{"Version": "2012-10-17", "Statement": {"Effect": "Perhaps"}}'}
    with SmallCompany(CALLS[:1], inline=inline) as lake:
        first = night(lake, tmp_path)
        contents = lake.contents()

        second = night(lake, tmp_path)

        assert [(DEVS, "unreadable", True)] == [(one.principal, one.refused_kind, one.is_unchanged) for one in second]
        assert [replace(one, is_unchanged=True) for one in first] == second
        assert contents == lake.contents()


@pytest.mark.slow
def test_the_roles_of_a_set_come_in_one_order_whatever_the_database_gives(tmp_path, monkeypatch):
    roles = [f"AWSReservedSSO_Readers_{number:016x}" for number in range(3)]
    sets = [
        {"instance_arn": f"i{n}", "permission_set_arn": f"{SET}{n}", "name": "Readers", "accounts": [ACCOUNT]}
        for n in range(2)
    ]
    with SmallCompany(
        CALLS[:1], inline={("role", one): document("s3:*") for one in roles}, more={"permission_sets": sets}
    ) as lake:
        first = shared_reasons(night(lake, tmp_path))
        true = Engine.table

        def reversed_table(engine, name):
            found = true(engine, name)
            return found.take(list(reversed(range(found.num_rows)))) if name == "stg_permission_set_roles" else found

        monkeypatch.setattr(Engine, "table", reversed_table)

        assert shared_reasons(night(lake, tmp_path)) == first
        assert all(roles[0] in why for _, why in first)
        assert 2 == len(first)


@pytest.mark.slow
def test_other_choices_work_everything_out(lake, tmp_path):
    night(lake, tmp_path)

    second = night(lake, tmp_path, choices=replace(CHOICES, level="action"))

    assert not any(one.is_unchanged for one in second)


@pytest.mark.slow
def test_the_check_of_all_plans_together_is_made_of_remembered_groups_too(lake, tmp_path, monkeypatch):
    night(lake, tmp_path)
    asked = []
    true = agreeing.replayed_with
    monkeypatch.setattr(agreeing, "replayed_with", lambda one, *rest: asked.append(one.name) or true(one, *rest))

    night(lake, tmp_path)

    assert {"ann", "bob", "cyd"} <= set(asked)


@pytest.mark.slow
def test_a_group_that_failed_together_with_others_is_worked_out_again(lake, tmp_path, monkeypatch, worked_out):
    with monkeypatch.context() as patch:
        patch.setattr(agreeing, "_after_all", lambda *_: [])  # then every use of every member would be denied
        broken = shared_of(night(lake, tmp_path))
    worked_out.clear()

    second = shared_of(night(lake, tmp_path))

    assert "proof" == broken[DEVS].refused_kind
    assert {DEVS, OPS} <= set(worked_out)
    assert second[DEVS].bundle is not None


@pytest.mark.slow
def test_a_policy_that_each_holder_has_its_own_of_now_leaves_no_older_bundle_behind(lake, tmp_path):
    """Applied beside the holders' own plans it would deny what is new."""
    first = shared_of(night(lake, tmp_path))
    lake.ingest([[NEW["ann"][0]]], into="more")

    second = shared_of(night(lake, tmp_path, choices=replace(CHOICES, group_tolerance=1.0)))

    assert first[TEAM].bundle is not None
    assert "split" == second[TEAM].refused_kind
    assert not first[TEAM].bundle.exists()


def changes_since(lake, since):
    with lake.engine() as engine:
        return history(engine, moment(since, now=None))


@pytest.mark.slow
def test_history_tells_of_groups_shared_policies_and_permission_sets(lake, tmp_path):
    night(lake, tmp_path)

    told = {one.principal: (one.change, one.reason) for one in changes_since(lake, "2026-11-01")}

    assert dict.fromkeys((DEVS, OPS, TEAM, AUDIT, SET), ("recommended", "it is the first")).items() <= told.items()
    assert not any("#split" in name for name in told)


@pytest.mark.slow
def test_what_is_remembered_of_all_kinds_keeps_the_promises_of_the_lake(lake, tmp_path):
    night(lake, tmp_path)

    assert () == check(lake.lake).problems
    with lake.engine() as engine:
        rows = {row["principal"]: row for row in engine.table("latest_recommendations").to_pylist()}
    assert rows[DEVS]["actions_after"] < rows[DEVS]["actions_before"]
    assert {DEVS, OPS, TEAM, AUDIT, SET, f"{arn('role', ROLE)}#split"} <= set(rows)
    assert AS_OF == f"{rows[DEVS]['captured_at']:%Y-%m-%d}"
