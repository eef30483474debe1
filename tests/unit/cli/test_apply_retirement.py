"""`iamaudit apply retire.json` against moto: what is due is taken, and nothing else."""

import json
from datetime import UTC, date, datetime, timedelta

import boto3
import pytest
from botocore.client import BaseClient

import iamaudit
from iamaudit.recommend.retire import retire
from iamaudit.recommend.retire_plan import Holding, Idle
from iamaudit.recommend.retire_steps import DENY_NAME
from iamaudit.stages.retire import write_retire_plan

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/old"
ANN = f"arn:aws:iam::{ACCOUNT}:user/ann"
DOCUMENT = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}'
MADE = date(2036, 1, 1)
DISABLE, DELETE = MADE + timedelta(days=14), MADE + timedelta(days=44)


@pytest.fixture
def iam(made_up_aws):
    """An account with a role that has an inline policy, and a user with a key."""
    iam = boto3.client("iam")
    iam.create_role(RoleName="old", AssumeRolePolicyDocument=DOCUMENT)
    iam.put_role_policy(RoleName="old", PolicyName="p", PolicyDocument=DOCUMENT)
    iam.create_user(UserName="ann")
    return iam


@pytest.fixture
def key(iam):
    return iam.create_access_key(UserName="ann")["AccessKey"]["AccessKeyId"]


@pytest.fixture
def plan(tmp_path, key):
    """The `retire.json` of a night: the whole role, and one key of a user who is else active."""
    idle = [
        Idle("idle_role", ROLE, ACCOUNT, "the role old was not used for 200 days", "f1"),
        Idle("idle_access_key", ANN, ACCOUNT, "a key of ann was not used for 90 days", "f2", "access_key_1"),
    ]
    holdings = {
        ROLE: Holding(ROLE, ACCOUNT, "role", "old", {"p": DOCUMENT}),
        ANN: Holding(ANN, ACCOUNT, "user", "ann", {}, keys={"access_key_1": key}),
    }
    made = retire(idle, holdings, as_of=MADE, protected=lambda arn: "", unknown=())
    return write_retire_plan(made, tmp_path)[0]


def last_used(monkeypatch, moments):
    """Let IAM say when roles and keys were last used."""
    original = BaseClient._make_api_call

    def answer(client, operation, parameters):
        found = original(client, operation, parameters)
        if operation == "GetRole" and "role" in moments:
            found["Role"]["RoleLastUsed"] = {"LastUsedDate": moments["role"]}
        if operation == "GetAccessKeyLastUsed" and "key" in moments:
            found["AccessKeyLastUsed"]["LastUsedDate"] = moments["key"]
        return found

    monkeypatch.setattr(BaseClient, "_make_api_call", answer)


def policies(iam):
    return iam.list_role_policies(RoleName="old")["PolicyNames"]


def status(iam):
    return [one["Status"] for one in iam.list_access_keys(UserName="ann")["AccessKeyMetadata"]]


@pytest.mark.parametrize("before", [0, 1, 13], ids=["the first day", "the second", "the last"])
def test_before_the_day_only_the_notice_is_due_and_people_give_it(run, iam, plan, before):
    day = MADE + timedelta(days=before)

    answer = run("apply", plan, "--yes", "--as-of", day)

    assert 0 == answer.code, answer.err
    assert (["p"], ["Active"]) == (policies(iam), status(iam))
    assert f"aws iam tag-role --role-name old --tags Key=iamaudit:retire-on,Value={DISABLE}" in answer.out
    assert f"The next step is due on {DISABLE}." in answer.out


def test_on_the_day_it_is_disabled_and_nothing_is_deleted(run, iam, plan):
    answer = run("apply", plan, "--yes", "--as-of", DISABLE)

    assert 0 == answer.code, answer.err
    assert [DENY_NAME, "p"] == sorted(policies(iam))
    assert ["Inactive"] == status(iam)


def test_the_plan_is_only_printed_when_asked(run, iam, plan):
    answer = run("apply", plan, "--plan", "--as-of", DISABLE)

    assert 0 == answer.code, answer.err
    assert f"put inline policy {DENY_NAME} of {ROLE}  [ready]" in answer.out
    assert (["p"], ["Active"]) == (policies(iam), status(iam))


def test_without_a_person_or_a_yes_nothing_is_taken(run, iam, plan):
    answer = run("apply", plan, "--as-of", DISABLE)

    assert (2, ["p"]) == (answer.code, policies(iam))


def test_what_was_used_since_the_plan_was_made_is_left_alone(run, iam, plan, monkeypatch):
    last_used(monkeypatch, {"role": datetime(2036, 1, 3, tzinfo=UTC), "key": datetime(2036, 1, 1, tzinfo=UTC)})

    answer = run("apply", plan, "--yes", "--as-of", DISABLE, "--json")

    assert (["p"], ["Active"]) == (policies(iam), status(iam))
    assert {"left"} == {row["standing"] for row in answer.rows}
    assert any("used on 2036-01-03" in row["but"] for row in answer.rows)


def test_what_was_used_before_the_plan_was_made_is_idle_all_the_same(run, iam, plan, monkeypatch):
    last_used(monkeypatch, {"role": datetime(2035, 12, 31, 23, 59, 59, tzinfo=UTC)})

    run("apply", plan, "--yes", "--as-of", DISABLE)

    assert DENY_NAME in policies(iam)


def test_long_after_all_days_the_first_run_only_disables(run, iam, plan):
    """Whoever finds an old plan must not delete what nobody ever disabled."""
    answer = run("apply", plan, "--yes", "--irreversible", "--as-of", DELETE + timedelta(days=300))

    assert 0 == answer.code, answer.err
    assert [DENY_NAME, "p"] == sorted(policies(iam))
    assert ["Inactive"] == status(iam)


def test_a_key_is_deleted_only_with_a_word_of_its_own(run, iam, plan):
    run("apply", plan, "--yes", "--as-of", DISABLE)

    careful = run("apply", plan, "--yes", "--as-of", DELETE, "--json")
    between = status(iam)
    bold = run("apply", plan, "--yes", "--irreversible", "--as-of", DELETE)

    assert ["Inactive"] == between
    assert "left" in {row.get("standing") for row in careful.rows}
    assert (0, []) == (bold.code, status(iam)), bold.err


def test_deleting_takes_everything_away_and_says_what_is_left_to_do(run, iam, plan):
    iam.put_role_policy(RoleName="old", PolicyName=DENY_NAME, PolicyDocument=deny())

    answer = run("apply", plan, "--yes", "--as-of", DELETE)

    assert 0 == answer.code, answer.err
    assert [] == policies(iam)
    assert "aws iam delete-role --role-name old" in answer.out


def test_after_the_deletion_by_hand_the_plan_has_nothing_to_do(run, iam, plan):
    iam.delete_role_policy(RoleName="old", PolicyName="p")
    iam.delete_role(RoleName="old")

    answer = run("apply", plan, "--plan", "--as-of", DELETE, "--json")

    assert ("done", "it is gone") == next((r["standing"], r["but"]) for r in answer.rows if r["principal"] == ROLE)


def test_disabled_later_than_planned_is_deleted_later(run, iam, plan):
    run("apply", plan, "--yes", "--as-of", DISABLE)
    journal = next((plan.parent / "retired" / ACCOUNT / "role").glob("old-disable.applied-*.jsonl"))
    late = DISABLE + timedelta(days=20)
    lines = [{**json.loads(line), "at": f"{late}T00:00:00.000Z"} for line in journal.read_text().splitlines()]
    journal.write_text("".join(f"{json.dumps(line)}\n" for line in lines))

    early = run("apply", plan, "--yes", "--as-of", late + timedelta(days=29), "--json")
    still = sorted(policies(iam))
    run("apply", plan, "--yes", "--as-of", late + timedelta(days=30))

    why = next(row["but"] for row in early.rows if row.get("principal") == ROLE)
    assert f"delete it on {late + timedelta(days=30)} or later" in why
    assert [DENY_NAME, "p"] == still
    assert [] == policies(iam)


def test_what_was_disabled_is_given_back_from_its_journal(run, iam, plan):
    run("apply", plan, "--yes", "--as-of", DISABLE)
    journals = sorted((plan.parent / "retired").rglob("*.jsonl"))

    for journal in journals:
        run("apply", "--rollback", journal)

    assert (["p"], ["Active"]) == (policies(iam), status(iam))
    assert 2 == len(journals)


def test_the_deny_stays_when_something_before_it_was_refused_by_the_person(iam, plan):
    iam.put_role_policy(RoleName="old", PolicyName=DENY_NAME, PolicyDocument=deny())

    iamaudit.apply(plan, lambda change: change.policy != "p", as_of=DELETE.isoformat())

    assert [DENY_NAME, "p"] == sorted(policies(iam))


def test_the_journals_of_the_retired_are_no_recommendations(run, iam, plan):
    """`watch` looks for bundles that were carried out: a Deny on purpose is none."""
    from iamaudit.stages.apply import journals

    run("apply", plan, "--yes", "--as-of", DISABLE)

    assert [] == list(journals(plan.parent))


@pytest.mark.parametrize("text", ["{}", "[]", "no", '{"as_of": "2036-01-01", "retirements": [{}]}'], ids=str)
def test_another_file_is_refused_with_its_name(run, iam, tmp_path, text):
    (tmp_path / "x.json").write_text(text)

    answer = run("apply", tmp_path / "x.json", "--plan")

    assert 2 == answer.code
    assert "x.json" in answer.line


def test_a_step_that_changes_somebody_else_is_refused(run, iam, plan):
    plan.write_text(plan.read_text().replace(f'"holder": "{ROLE}"', f'"holder": "{ROLE}-other"'))

    answer = run("apply", plan, "--yes", "--as-of", DISABLE)

    assert (2, ["p"]) == (answer.code, policies(iam))
    assert "changes somebody else" in answer.line


def test_a_day_is_for_retirements_only(run, iam, tmp_path):
    answer = run("apply", tmp_path, "--plan", "--as-of", "2036-01-01")

    assert 2 == answer.code
    assert "--as-of is for the steps of a retire.json" in answer.line


def deny():
    from iamaudit.recommend.retire_steps import DENY_ALL

    return DENY_ALL
