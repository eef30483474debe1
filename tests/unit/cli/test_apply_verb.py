"""`iamaudit apply` and `diff` on bundles in a folder, against moto."""

import json
from dataclasses import replace

import boto3
import pytest

import iamaudit
from iamaudit.apply.journal import read_journal
from iamaudit.model.change import Change, ChangeKind
from iamaudit.model.plan import Plan

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/app"
OLD = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}'
NEW = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}'
PUT = Change(ChangeKind.PUT_INLINE_POLICY, ROLE, "p", NEW, OLD, "what was used")


@pytest.fixture
def iam(made_up_aws):
    iam = boto3.client("iam")
    iam.create_role(RoleName="app", AssumeRolePolicyDocument=OLD)
    iam.put_role_policy(RoleName="app", PolicyName="p", PolicyDocument=OLD)
    return iam


@pytest.fixture
def out(tmp_path):
    """A folder with one bundle."""
    write(tmp_path, PUT)
    return tmp_path


def write(out, *changes):
    folder = out / ACCOUNT / "role" / "app"
    folder.mkdir(parents=True, exist_ok=True)
    current = {
        "principal": ROLE,
        "policies": [
            {"policy_id": f"{ROLE}#p", "name": "p", "kind": "inline", "through": ROLE, "document": json.loads(OLD)}
        ],
    }
    (folder / "plan.json").write_text(json.dumps(Plan(ROLE, changes).as_json()))
    (folder / "current.json").write_text(json.dumps(current))
    (folder / "policy-1.json").write_text(NEW)
    (folder / "rollback.json").write_text(json.dumps({"documents": {f"{ROLE}#p": OLD}}))


def granted(iam):
    return iam.get_role_policy(RoleName="app", PolicyName="p")["PolicyDocument"]["Statement"][0]["Action"]


def test_the_plan_is_printed_and_nothing_is_changed(run, iam, out):
    answer = run("apply", out, "--plan")

    assert 0 == answer.code, answer.err
    assert f"put inline policy p of {ROLE}  [ready]" in answer.out
    assert "why: what was used" in answer.out
    assert "risk: replaces what the policy grants" in answer.out
    assert '+      "Action": "s3:GetObject"' in answer.out
    assert "s3:*" == granted(iam)


def test_the_plan_for_machines_tells_the_standing(run, iam, out):
    iam.put_role_policy(RoleName="app", PolicyName="p", PolicyDocument=OLD.replace("s3:*", "ec2:*"))

    answer = run("apply", out, "--plan", "--json")

    change = answer.rows[0]["changes"][0]
    assert ("drifted", NEW, OLD) == (change["standing"], change["document"], change["before"])


def test_without_a_person_nothing_is_changed_unless_one_said_yes(run, iam, out):
    answer = run("apply", out)

    assert 2 == answer.code
    assert "nobody is here to ask" in answer.line
    assert "s3:*" == granted(iam)


def test_a_bundle_is_applied_and_taken_back_from_its_journal(run, iam, out):
    applied = run("apply", out, "--yes", "--json")
    journal = applied.rows[0]["journal"]
    between = granted(iam)

    back = run("apply", "--rollback", journal)

    assert (0, 0) == (applied.code, back.code), applied.err + back.err
    assert "s3:GetObject" == between
    assert "s3:*" == granted(iam)
    record = read_journal(out / ACCOUNT / "role" / journal.rpartition("/")[2])
    assert record.is_rolled_back
    assert [json.loads(NEW)] == record.started["proposed"]


def test_what_is_so_already_is_told_and_leaves_no_journal(run, iam, out):
    iam.put_role_policy(RoleName="app", PolicyName="p", PolicyDocument=NEW)

    answer = run("apply", out, "--yes")
    for_machines = run("apply", out, "--yes", "--json")

    assert 0 == answer.code
    assert "already   put inline policy p" in answer.out
    assert f"nothing to do for {ROLE}: everything is as the plan wants it" in answer.out
    assert (None, "already") == (for_machines.rows[0]["journal"], for_machines.rows[0]["changes"][0]["fate"])
    assert [] == list(out.rglob("*.jsonl"))


def test_a_second_run_adds_no_journal(run, iam, out):
    for _ in range(2):
        assert 0 == run("apply", out, "--yes").code

    assert 1 == len(list(out.rglob("*.jsonl")))


def test_bundles_that_change_nothing_by_themselves_are_told(run, iam, out):
    write(out)

    answer = run("apply", out)

    assert (0, []) == (answer.code, list(out.rglob("*.jsonl")))
    assert "nothing to do: no bundle in" in answer.err


def test_what_stays_as_it_is_shows_no_difference_however_aws_writes_it(run, out):
    folder = out / ACCOUNT / "role" / "app"
    (folder / "policy-1.json").write_text(OLD.replace('"Resource": "*"', '"Resource": ["*"]'))
    assert OLD != (folder / "policy-1.json").read_text()

    answer = run("diff", out, "--json")

    assert "" == answer.rows[0]["diff"]


def test_the_difference_of_a_boundary_is_the_boundary_alone(run, out):
    folder = out / ACCOUNT / "role" / "app"
    (folder / "policy-1.json").write_text(OLD)
    (folder / "boundary.json").write_text(NEW)

    answer = run("diff", out)

    assert f"{ROLE}: a permissions boundary around today's policies, which stay" in " ".join(answer.out.split())
    assert [] == [line for line in answer.out.split("\n") if line.startswith("-") and not line.startswith("---")]
    assert '+      "Action": "s3:GetObject"' in answer.out


def test_a_drifted_policy_is_not_touched_and_the_exit_code_says_so(run, iam, out):
    iam.put_role_policy(RoleName="app", PolicyName="p", PolicyDocument=OLD.replace("s3:*", "ec2:*"))

    answer = run("apply", out, "--yes")

    assert 2 == answer.code
    assert "drifted   put inline policy p" in answer.out
    assert "ec2:*" == granted(iam)


def test_a_failure_says_how_to_take_back_what_was_done(run, iam, out):
    gone = Change(ChangeKind.ATTACH_POLICY, ROLE, f"arn:aws:iam::{ACCOUNT}:policy/none")
    write(out, PUT, gone)

    answer = run("apply", out, "--yes")

    assert 2 == answer.code
    assert "--rollback" in answer.line
    assert "s3:GetObject" == granted(iam)


def test_an_unfinished_run_of_another_plan_is_settled_first(run, iam, out):
    write(out, PUT, Change(ChangeKind.ATTACH_POLICY, ROLE, f"arn:aws:iam::{ACCOUNT}:policy/none"))
    run("apply", out, "--yes")
    write(out, PUT)

    answer = run("apply", out, "--yes")

    assert 2 == answer.code
    assert "another plan that was not finished" in answer.line


def test_what_cannot_be_taken_back_needs_a_word_of_its_own(run, iam, out):
    user = f"arn:aws:iam::{ACCOUNT}:user/ann"
    iam.create_user(UserName="ann")
    iam.create_login_profile(UserName="ann", Password="made-up-1")
    write(out, Change(ChangeKind.DELETE_LOGIN_PROFILE, user, "ann"))

    careful = run("apply", out, "--yes")
    assert "ann" == iam.get_login_profile(UserName="ann")["LoginProfile"]["UserName"]
    bold = run("apply", out, "--yes", "--irreversible")

    assert (2, 0) == (careful.code, bold.code)
    assert "declined" in careful.out


@pytest.mark.parametrize("words", [(), ("x", "--rollback", "y")], ids=["nothing", "both"])
def test_a_place_or_a_journal_is_needed(run, words):
    answer = run("apply", *words)

    assert 2 == answer.code
    assert "or a journal with --rollback" in answer.line


def test_a_folder_without_bundles_says_how_to_write_some(run, tmp_path, iam):
    answer = run("apply", tmp_path, "--plan")

    assert 2 == answer.code
    assert "iamaudit recommend --out" in answer.line


@pytest.mark.parametrize("text", ["", "[]", '{"principal": "x", "changes": [{"change": "dance"}]}', "{" * 5000])
def test_a_plan_that_is_none_is_one_clear_line(run, out, iam, text):
    (out / ACCOUNT / "role" / "app" / "plan.json").write_text(text)

    answer = run("apply", out, "--plan")

    assert 2 == answer.code
    assert "is not a plan" in answer.line


def test_a_diff_shows_today_beside_the_proposal(run, out):
    answer = run("diff", out)

    assert 0 == answer.code
    assert answer.out.startswith(ROLE)
    assert '-      "Action": "s3:*"' in answer.out
    assert "\x1b" not in answer.out


def test_a_diff_for_machines_is_one_line_a_bundle(run, out):
    answer = run("diff", out, "--json")

    assert [ROLE] == [row["principal"] for row in answer.rows]
    assert '-      "Action": "s3:*"' in answer.rows[0]["diff"]


def test_a_notebook_applies_and_takes_back(iam, out):
    """Nothing is done without somebody who says yes."""
    declined = iamaudit.apply(out, lambda change: False)
    before = granted(iam)
    applied = iamaudit.apply(out, lambda change: change.policy == "p")
    between = granted(iam)
    back = iamaudit.roll_back(applied[0].journal)

    assert ["declined"] == [one.fate for one in declined[0].outcomes]
    assert ("s3:*", "s3:GetObject", "s3:*") == (before, between, granted(iam))
    assert back.is_complete


def test_a_diff_is_coloured_where_somebody_looks():
    from io import StringIO

    from rich.console import Console

    from iamaudit.report.diff import coloured

    seen, plain = (
        Console(file=StringIO(), force_terminal=True, no_color=no_color, width=100) for no_color in (False, True)
    )
    for console in (seen, plain):
        console.print(coloured("x\x1b[2J", [OLD], [NEW]))

    assert "\x1b[31m" in seen.file.getvalue()
    assert "\x1b[31m" not in plain.file.getvalue()
    assert "\x1b[2J" not in seen.file.getvalue()


def write_foreign(out, account):
    """Write a bundle of an account that the session does not reach."""
    folder = out / account / "role" / "other"
    folder.mkdir(parents=True)
    arn = f"arn:aws:iam::{account}:role/other"
    (folder / "plan.json").write_text(json.dumps(Plan(arn, (replace(PUT, holder=arn),)).as_json()))


def test_plans_of_accounts_out_of_reach_do_not_hide_the_others(run, iam, out):
    write_foreign(out, "111111111111")

    answer = run("apply", out, "--plan")

    assert 2 == answer.code
    assert f"put inline policy p of {ROLE}  [ready]" in answer.out
    assert "not looked at: 1 plan: the session is of account `123456789012`" in answer.line


def test_nothing_is_changed_when_one_of_the_accounts_is_out_of_reach(run, iam, out):
    """Else some bundles are carried out and the rest is not, and nobody is told which."""
    write_foreign(out, "999999999999")

    answer = run("apply", out, "--yes")

    assert (2, "") == (answer.code, answer.out)
    assert "the plan is for `999999999999`" in answer.line
    assert "s3:*" == granted(iam)
