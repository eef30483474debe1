"""`recommend` judges a permission set over the roles that it was provisioned as, and says where it cannot."""

from __future__ import annotations

import json

import pytest

from iamaudit.recommend.choices import Choices
from iamaudit.stages.recommend import recommend
from tests.properties.small_lake import ACCOUNT
from tests.unit.stages.small_account import call, first_and_last
from tests.unit.stages.small_company import SmallCompany, arn, document, recommended

NAME = "AWSReservedSSO_Readers_0123456789abcdef"
INSTANCE = "arn:aws:sso:::instance/ssoins-1111111111111111"
SET = "arn:aws:sso:::permissionSet/ssoins-1111111111111111/ps-aaaaaaaaaaaaaaaa"
TODAY = document("s3:*")


def as_person(record, person):
    """Return a call of the role's, made by *person*."""
    identity = {
        "type": "AssumedRole",
        "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{NAME}/{person}",
        "accountId": ACCOUNT,
        "principalId": f"AROA{NAME.upper()}:{person}",
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "arn": arn("role", NAME),
                "accountId": ACCOUNT,
                "userName": NAME,
                "principalId": f"AROA{NAME.upper()}",
            }
        },
    }
    return {**record, "userIdentity": identity}


CALLS = [as_person(call(day), "ann@example.com") for day in first_and_last("2026-09-06", "2026-11-04")]


def captured(inline=TODAY, accounts=(ACCOUNT,)):
    return {
        "permission_sets": [
            {
                "instance_arn": INSTANCE,
                "permission_set_arn": SET,
                "name": "Readers",
                "inline_policy": inline,
                "policies_known": True,
                "accounts": list(accounts),
            }
        ]
    }


def found_in(out, more):
    lake = SmallCompany(CALLS, inline={("role", NAME): TODAY}, more=more)
    return recommended(lake, out, Choices(formats=("cli",)))


def test_a_set_has_a_bundle_with_its_plan_and_the_role_points_to_it(tmp_path):
    found = found_in(tmp_path, captured())

    entry = found[SET]
    assert (tmp_path / "identity-center" / "Readers", "permission_set") == (entry.bundle, entry.shared)
    plan = json.loads((entry.bundle / "plan.json").read_text())
    assert ["put_inline_policy_to_permission_set", "provision_permission_set"] == [
        one["change"] for one in plan["changes"]
    ]
    assert "sso-admin put-inline-policy-to-permission-set" in (entry.bundle / "apply.sh").read_text()
    role = found[arn("role", NAME)]
    assert [] == json.loads((role.bundle / "plan.json").read_text())["changes"]
    assert any("`identity-center/Readers`" in note for note in role.certificate["notes"])


@pytest.mark.parametrize(
    ("more", "kind", "words"),
    [
        (captured(inline=document("sqs:*")), "drift", "not that of its roles"),
        (captured(accounts=(ACCOUNT, "999999999999")), "coverage", "account 999999999999 too"),
    ],
    ids=["changed since", "an account is missing"],
)
def test_a_set_that_cannot_be_judged_says_why(tmp_path, more, kind, words):
    entry = found_in(tmp_path, more)[SET]

    assert (None, kind) == (entry.bundle, entry.refused_kind)
    assert words in entry.refused


@pytest.mark.slow
def test_a_set_that_was_not_collected_has_policies_and_no_plan(tmp_path):
    (entry,) = [one for one in found_in(tmp_path, {}).values() if one.shared]

    assert [] == json.loads((entry.bundle / "plan.json").read_text())["changes"]
    assert any("was not collected" in note for note in entry.certificate["notes"])


@pytest.mark.slow
def test_persons_who_use_parts_of_their_own_are_named_and_have_a_policy_each(tmp_path):
    logged = first_and_last("2026-09-06", "2026-11-04")
    calls = [as_person(call(day, f"a{number}", user="ann"), "ann@example.com") for number in range(4) for day in logged]
    calls += [
        as_person(call(day, f"b{number}", user="bob"), "bob@example.com") for number in range(4) for day in logged
    ]
    lake = SmallCompany(calls, inline={("role", NAME): TODAY}, more=captured())

    with lake, lake.engine() as engine:
        found = {
            one.principal: one for one in recommend(engine, tmp_path, choices=Choices(formats=("json",)), workers=1)
        }

    entry, role = found[SET], found[arn("role", NAME)]
    for certificate in (entry.certificate, role.certificate):
        assert any("`ann@example.com`" in note and "`bob@example.com`" in note for note in certificate["notes"])
    parts = sorted(path.name for path in (role.bundle / "split").iterdir())
    assert ["identity_center-ann@example.com", "identity_center-bob@example.com"] == parts
    text = (role.bundle / "split" / parts[0] / "policy-1.json").read_text()
    assert ("arn:aws:s3:::a0" in text, "arn:aws:s3:::b0" in text) == (True, False)


@pytest.mark.slow
def test_what_an_earlier_role_of_the_set_did_is_told_by_the_sets_own_bundle(tmp_path):
    """Identity Center makes a role anew when the set is taken from an account and given back."""
    earlier = json.loads(
        json.dumps(CALLS[:1]).replace(f"AROA{NAME.upper()}", "AROAOLD").replace("2026-09-06", "2026-09-07")
    )
    earlier[0]["eventID"] = "the-call-of-the-earlier-role"
    lake = SmallCompany([*CALLS, *earlier], inline={("role", NAME): TODAY}, more=captured())

    with lake, lake.engine() as engine:
        found = {one.principal: one for one in recommend(engine, tmp_path, choices=Choices(formats=()), workers=1)}

    notes = found[SET].certificate["notes"]
    assert 1 == sum("1 call by another principal of this name (id AROAOLD) is not counted" in note for note in notes)
