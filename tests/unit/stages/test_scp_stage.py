"""`recommend --as scp` from a lake: who is asked, who is spared, and what is written."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import replace
from datetime import date

import pytest

from iamaudit.errors import InputError
from iamaudit.recommend.choices import Choices, Exclusion
from iamaudit.recommend.scp_evidence import earlier_name
from iamaudit.stages.scp import recommend_scps, scp_exit_code
from tests.properties.small_lake import ACCOUNT
from tests.unit.stages.small_account import SETTINGS, call, first_and_last
from tests.unit.stages.small_company import SmallCompany, arn, document

OTHER, CLOSED, MANAGEMENT = "222233334444", "333344445555", "444455556666"
OUTER = "ou-ex01-all00001"
UNIT = "ou-ex01-prod0001"
LOGGED = first_and_last("2026-09-06", "2026-11-04")
CALLS = [call(day, "data", user="ann") for day in LOGGED]
TRUST = json.dumps(
    {
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "autoscaling-plans.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ]
    }
)
LINKED = {
    "account_id": ACCOUNT,
    "arn": f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/autoscaling-plans.amazonaws.com/AWSServiceRoleForAutoScalingPlans",
    "kind": "role",
    "name": "AWSServiceRoleForAutoScalingPlans",
    "is_service_linked": True,
    "trust_policy": TRUST,
}
RULE = {"owner": "Eve", "reason": "a test", "expires": date(2027, 1, 1)}


def member(account, *, status="ACTIVE", is_management=False, path=("r-ex01", UNIT)):
    row = {"account_id": account, "organization_id": "o-1", "status": status, "is_management": is_management}
    return {**row, "path": list(path)}


def attached(name, target):
    return {
        "organization_id": "o-1",
        "policy_id": name,
        "name": name,
        "kind": "scp",
        "document": "{}",
        "target_id": target,
    }


def used_by_root():
    used = call("2026-10-01", "data", event="DescribeBudgets") | {"eventSource": "budgets.amazonaws.com"}
    root = {"type": "Root", "arn": f"arn:aws:iam::{ACCOUNT}:root", "accountId": ACCOUNT, "principalId": ACCOUNT}
    return used | {"userIdentity": root, "requestParameters": {"accountId": ACCOUNT}}


def told_by_a_service():
    event = call("2026-10-01", "data", event="StartedByItself") | {"eventSource": "acm-pca.amazonaws.com"}
    identity = {"accountId": ACCOUNT, "invokedBy": "acm-pca.amazonaws.com"}
    return event | {"eventType": "AwsServiceEvent", "userIdentity": identity, "requestParameters": None}


def company(*policies):
    """A unit of one account, in a unit with another account that was not collected; a closed and the management account."""
    return SmallCompany(
        [*CALLS, used_by_root(), told_by_a_service()],
        inline={
            ("user", "ann"): document("s3:*", "budgets:*", "dlm:*", "autoscaling-plans:*"),
            ("user", "bob"): document("dlm:*", "acm-pca:*", "directconnect:*"),
        },
        more={
            "accounts": [
                member(ACCOUNT, path=("r-ex01", OUTER, UNIT)),
                member(CLOSED, status="SUSPENDED", path=("r-ex01", OUTER, UNIT)),
                member(OTHER, path=("r-ex01", OUTER)),
                member(MANAGEMENT, is_management=True, path=("r-ex01",)),
            ],
            "organization_policies": [attached("FullAWSAccess", UNIT), *policies],
            "principals": [LINKED],
        },
    )


@pytest.fixture(scope="module")
def engine():
    with company() as lake, lake.engine() as opened:
        yield opened


def written(engine, out, **options):
    return {one.target: one for one in recommend_scps(engine, out, **options)}


@pytest.fixture(scope="module")
def plain(engine, tmp_path_factory):
    return written(engine, tmp_path_factory.mktemp("plain"))


def policy(result):
    return json.loads((result.bundle / "scp.json").read_text())


def lines(result):
    rows = csv.DictReader((result.bundle / "evidence.csv").read_text().splitlines())
    return {row["pattern"]: row for row in rows}


def test_every_unit_and_every_active_member_account_is_asked_and_nobody_else(plain):
    """SCPs do not bind the management account; a closed account has no say."""
    assert [OUTER, UNIT, ACCOUNT, OTHER] == list(plain)
    assert 0 == scp_exit_code(plain.values())


def test_a_bundle_is_below_the_id_of_its_unit(plain):
    bundle = plain[UNIT].bundle

    assert ("organization", UNIT) == bundle.parts[-2:]
    assert {"scp.json", "evidence.csv", "certificate.json", "diff.md", "main.tf", "template.json"} == {
        one.name for one in bundle.iterdir()
    }
    assert f'allowed_account_ids = ["{MANAGEMENT}"]' in (bundle / "main.tf").read_text()


def test_what_was_granted_and_never_used_is_denied_and_what_was_used_is_not(plain):
    [statement] = policy(plain[UNIT])["Statement"]

    assert {"dlm:*", "directconnect:*"} <= set(statement["Action"])
    assert not {"s3:*", "budgets:*"} & set(statement["Action"])
    assert ("Deny", "*") == (statement["Effect"], statement["Resource"])
    assert "2" == lines(plain[UNIT])["dlm:*"]["principals"]


def test_the_evidence_says_of_every_service_what_was_decided_and_why(plain):
    rows = lines(plain[UNIT])

    told = {name: (rows[name]["state"], rows[name]["reason"]) for name in ("s3:*", "budgets:*")}
    assert {
        "s3:*": ("used", "s3:GetBucketPolicy: seen in the logs, of user/ann"),
        "budgets:*": ("used", "budgets:ViewBudget: seen in the logs, of root"),
    } == told
    assert "unknown" == rows["sqs:*"]["state"]  # granted to nobody here, but a queue's own policy may
    assert ("aws", True) == (
        rows["autoscaling-plans:*"]["state"],
        "autoscaling-plans.amazonaws.com" in rows["autoscaling-plans:*"]["reason"],
    )
    assert 400 < len(rows)


def test_what_a_service_tells_of_itself_shows_that_it_is_in_use(plain):
    row = lines(plain[UNIT])["acm-pca:*"]

    assert ("aws", "the logs hold events of acm-pca.amazonaws.com") == (row["state"], row["reason"])


def test_the_certificate_replays_every_use(plain):
    proof = plain[UNIT].certificate

    assert (2, 2, 0, len(CALLS) + 1, 0) == tuple(
        proof[name] for name in ("replayed", "allowed", "denied", "calls", "widened")
    )
    assert (["FullAWSAccess"], [ACCOUNT]) == (proof["attached_today"], proof["accounts"])
    assert any("does not attach SCPs" in note for note in proof["notes"])


def test_a_closed_account_is_not_asked_and_said_so(plain):
    assert f"account {CLOSED} is SUSPENDED: it was not asked" in plain[UNIT].certificate["notes"]


def test_an_account_without_state_is_unknown_and_so_is_its_unit(plain):
    why = f"account {OTHER}: its state was not collected"

    assert [("coverage", why)] * 2 == [(plain[one].refused_kind, plain[one].refused) for one in (OUTER, OTHER)]
    assert plain[OUTER].bundle is None


@pytest.mark.slow
def test_the_same_lake_gives_the_same_bytes(plain, engine, tmp_path):
    again = written(engine, tmp_path)

    assert {one.name: one.read_bytes() for one in plain[UNIT].bundle.iterdir()} == {
        one.name: one.read_bytes() for one in again[UNIT].bundle.iterdir()
    }


@pytest.mark.slow
def test_what_a_rule_excludes_for_anybody_is_not_denied(engine, tmp_path):
    rule = Exclusion(principals=("bob",), actions=("dlm:CreateLifecyclePolicy",), **RULE)

    found = written(engine, tmp_path, choices=Choices(exclude=(rule,)))

    row = lines(found[UNIT])["dlm:*"]
    assert ("protected", True) == (row["state"], "excluded by Eve" in row["reason"])
    assert "denied" == lines(found[UNIT])["directconnect:*"]["state"]


@pytest.mark.slow
def test_who_is_excluded_as_a_whole_is_exempt(engine, tmp_path):
    found = written(engine, tmp_path, choices=Choices(exclude=(Exclusion(principals=("bob",), **RULE),)))

    [statement] = policy(found[UNIT])["Statement"]
    assert {"ArnNotLike": {"aws:PrincipalArn": arn("user", "bob")}} == statement["Condition"]


@pytest.mark.slow
def test_the_level_action_denies_what_is_idle_of_a_service_in_use(engine, tmp_path):
    proof = written(engine, tmp_path, level="action")[UNIT].certificate

    assert "s3:PutBucketPolicy" in proof["denied_actions"]
    assert "s3:GetBucketPolicy" not in proof["denied_actions"]
    assert not {"s3:GetObject", "s3:PutObject"} & set(proof["denied_actions"])  # no trail logs objects here


@pytest.mark.slow
def test_days_without_logs_say_nothing_and_what_was_written_before_goes(tmp_path):
    before = tmp_path / "organization" / UNIT
    before.mkdir(parents=True)
    (before / "certificate.json").write_text("{}")

    with company() as lake, lake.engine(replace(SETTINGS, window_days=90, tolerated_gap_days=0)) as opened:
        found = written(opened, tmp_path)

    assert ("coverage", None) == (found[UNIT].refused_kind, found[UNIT].bundle)
    assert not before.exists()


@pytest.mark.slow
def test_a_policy_that_cannot_be_read_is_no_policy_without_grants(tmp_path):
    with (
        SmallCompany(CALLS, inline={("user", "ann"): "{"}, more={"accounts": [member(ACCOUNT)]}) as lake,
        lake.engine() as opened,
    ):
        found = written(opened, tmp_path)

    assert "unreadable" == found[UNIT].refused_kind
    assert 2 == scp_exit_code(found.values())


@pytest.mark.slow
def test_a_lake_without_an_organisation_is_an_error(tmp_path):
    with (
        SmallCompany(CALLS[:1], inline={("user", "ann"): document("s3:*")}) as lake,
        lake.engine() as opened,
        pytest.raises(InputError, match="knows no organisation"),
    ):
        written(opened, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize(("attachments", "kind"), [(1, "quota"), (2, "")], ids=["full", "room for one"])
def test_the_quota_of_attachments_is_what_a_person_chose(engine, tmp_path, attachments, kind):
    """One is attached already."""
    found = written(engine, tmp_path, choices=Choices(scp_attachments=attachments))

    assert kind == found[UNIT].refused_kind


@pytest.mark.slow
@pytest.mark.parametrize("characters", [400, 3000])
def test_the_quota_of_characters_is_what_a_person_chose(engine, tmp_path, characters):
    found = written(engine, tmp_path, choices=Choices(scp_characters=characters))

    longest = max(len(path.read_text().rstrip()) for path in found[UNIT].bundle.glob("scp*.json"))
    assert characters - 100 < longest <= characters


@pytest.mark.slow
def test_what_an_earlier_run_proposed_is_replaced_and_takes_no_room(tmp_path):
    ours = [attached(earlier_name(UNIT, 1), UNIT), attached(earlier_name(OUTER, 1), UNIT)]
    others = [attached(f"other-{number}", UNIT) for number in range(2)]

    with company(*ours, *others) as lake, lake.engine() as engine:
        found = written(engine, tmp_path)

    text = (found[UNIT].bundle / "main.tf").read_text()
    assert [earlier_name(UNIT, 1)] == found[UNIT].certificate[
        "replaces"
    ]  # what is named for another unit is not its own
    assert f'id = "{UNIT}:{earlier_name(UNIT, 1)}"' in text
    assert f"of these {earlier_name(UNIT, 1)} is replaced" in (found[UNIT].bundle / "diff.md").read_text()


@pytest.mark.slow
def test_what_somebody_attached_elsewhere_too_is_not_replaced(tmp_path):
    name = earlier_name(UNIT, 1)

    with company(attached(name, UNIT), attached(name, OTHER)) as lake, lake.engine() as engine:
        found = written(engine, tmp_path)

    assert [] == found[UNIT].certificate["replaces"]
    assert re.search(rf'name += "{name}-new"', (found[UNIT].bundle / "main.tf").read_text())
