"""`iamaudit watch` after the bundle of something shared, or of a boundary: who was refused what, and what gives it back."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from iamaudit.apply.journal import Journal
from iamaudit.model.change import Change, ChangeKind
from iamaudit.model.plan import Plan
from tests.unit.cli.conftest import ACCOUNT, allow, details, record, user

ANN = f"arn:aws:iam::{ACCOUNT}:user/ann"
OPS = f"arn:aws:iam::{ACCOUNT}:group/ops"
POLICY = f"arn:aws:iam::{ACCOUNT}:policy/shared"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/r"
BEFORE = datetime(2026, 11, 1, 9, tzinfo=UTC)
OLD, NEW = allow("iam:*"), allow("iam:GetRole")
GROUP_PLAN = Plan(OPS, (Change(ChangeKind.PUT_INLINE_POLICY, OPS, "p", json.dumps(NEW), json.dumps(OLD)),))
POLICY_PLAN = Plan(POLICY, (Change(ChangeKind.CREATE_POLICY_VERSION, "", POLICY, json.dumps(NEW), json.dumps(OLD)),))


def entry(policy_id, through, document, kind="inline"):
    return {"policy_id": policy_id, "name": "p", "kind": kind, "through": through, "document": document}


GROUP_CURRENT = {"principal": OPS, "policies": [entry(f"{OPS}#p", OPS, OLD)]}
POLICY_CURRENT = {"principal": POLICY, "policies": [entry(POLICY, POLICY, OLD, "customer")]}


def carry_out(path, plan, current, proposed, at=BEFORE):
    """Write the journal that `apply` leaves when all of *plan* was done at a time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with Journal(path, lambda: at, is_new=True) as journal:
        journal.write("started", plan=plan.as_json(), current=current, proposed=proposed)
        for number in range(len(plan.changes)):
            journal.write("done", n=number)
        journal.write("finished")


def carry_out_bundle(folder, at):
    body = json.loads((folder / "plan.json").read_text())
    plan = Plan(body["principal"], tuple(Change(ChangeKind(one["change"]), *fields(one)) for one in body["changes"]))
    proposed = [json.loads(path.read_text()) for path in sorted(folder.glob("policy-*.json"))]
    current = json.loads((folder / "current.json").read_text())
    carry_out(folder.parent / f"{folder.name}.applied-{at:%Y%m%d}.jsonl", plan, current, proposed, at)


def fields(one):
    return one["holder"], one["policy"], one["document"], one["before"], one["why"]


def group(*policies, attached=()):
    return {
        "Path": "/",
        "GroupName": "ops",
        "GroupId": "AGPAOPS",
        "Arn": OPS,
        "CreateDate": "2025-01-01T00:00:00Z",
        "AttachedManagedPolicies": [{"PolicyName": "shared", "PolicyArn": arn} for arn in attached],
        "GroupPolicyList": [{"PolicyName": "p", "PolicyDocument": policy} for policy in policies],
    }


def shared_policy(document):
    version = {"Document": document, "VersionId": "v1", "IsDefaultVersion": True, "CreateDate": "2025-01-01T00:00:00Z"}
    return {
        "PolicyName": "shared",
        "PolicyId": "ANPASHARED",
        "Arn": POLICY,
        "Path": "/",
        "DefaultVersionId": "v1",
        "AttachmentCount": 2,
        "PermissionsBoundaryUsageCount": 0,
        "IsAttachable": True,
        "CreateDate": "2025-01-01T00:00:00Z",
        "UpdateDate": "2025-01-01T00:00:00Z",
        "PolicyVersionList": [version],
    }


def state(*own, is_member=True, with_policy=False, attached=()):
    """Return what IAM says: ann with policies of her own, in the group or not, and the group's new policy."""
    ann = user("ann", *own) | {"GroupList": ["ops"] if is_member else []}
    ann["AttachedManagedPolicies"] = [{"PolicyName": "shared", "PolicyArn": POLICY}] if with_policy else []
    body = details(ann)
    body["GroupDetailList"] = [group(NEW, attached=attached)]
    body["Policies"] = [shared_policy(NEW)]
    return body


@pytest.fixture
def watched(run, tmp_path):
    """Return what `watch` says of ann's refused iam:DeleteRole, by IAM's state after the change and perhaps before it."""
    (tmp_path / "logs").mkdir()
    refused = record(3, "DeleteRole", errorCode="AccessDenied")
    (tmp_path / "logs" / "a.json").write_text(json.dumps({"Records": [refused]}))
    run("ingest", tmp_path / "logs", "--lake", tmp_path / "lake")

    def watched(*words, captures=None):
        for day, body in (captures or {}).items():
            place = tmp_path / f"state-{day}"
            place.mkdir()
            (place / "details.json").write_text(json.dumps(body))
            answer = run("collect", "--from-files", place, "--lake", tmp_path / "lake", "--as-of", day)
            assert 0 == answer.code, answer.err
        words = ("--lake", tmp_path / "lake", "--bundles", tmp_path / "out", "--as-of", "2026-11-05", *words)
        answer = run("watch", *words)
        assert 0 == answer.code, answer.err
        return answer

    return watched


@pytest.fixture
def out(tmp_path):
    """Return a folder in which the group's bundle was carried out before ann was refused."""
    carry_out(tmp_path / "out" / ACCOUNT / "group" / "ops.applied-1.jsonl", GROUP_PLAN, GROUP_CURRENT, [NEW])
    return tmp_path / "out"


@pytest.fixture
def policy_out(tmp_path):
    """Return a folder in which the shared policy's bundle was carried out before ann was refused."""
    carry_out(tmp_path / "out" / ACCOUNT / "policy" / "shared.applied-1.jsonl", POLICY_PLAN, POLICY_CURRENT, [NEW])
    return tmp_path / "out"


def causes(answer):
    return [(row["cause"], row["shared"]) for row in answer.rows]


def plan_of(folder):
    return json.loads((folder / "plan.json").read_text())["changes"]


def test_a_member_is_told_with_the_group_as_the_cause(watched, out):
    answer = watched(captures={"2026-11-02": state()})

    assert (
        f"{ANN} was refused iam:DeleteRole on {ROLE} once since the bundle of group `ops` was carried out" in answer.out
    )


def test_who_is_not_in_the_group_is_not_told(watched, out):
    assert [] == causes(watched("--json", captures={"2026-11-02": state(is_member=False)}))


def test_who_came_to_the_group_after_the_change_lost_nothing(watched, out):
    captures = {"2026-10-30": state(is_member=False), "2026-11-02": state()}

    assert [] == causes(watched("--json", captures=captures))


def test_what_the_member_may_do_by_her_own_policies_is_refused_by_something_else(watched, out):
    answer = watched("--json", captures={"2026-11-02": state(allow("iam:DeleteRole"))})

    assert [("not_ours", OPS)] == causes(answer)


def test_what_a_deny_of_her_own_refuses_is_not_the_groups_doing(watched, out):
    deny = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "iam:Delete*", "Resource": "*"}]}

    assert [("not_ours", OPS)] == causes(watched("--json", captures={"2026-11-02": state(deny)}))


def test_own_policies_that_changed_since_they_were_collected_leave_it_open(watched, out):
    plan = Plan(ANN, (Change(ChangeKind.DELETE_INLINE_POLICY, ANN, "p0", None, json.dumps(allow("iam:DeleteRole"))),))
    current = {"principal": ANN, "policies": [entry(f"{ANN}#p0", ANN, allow("iam:ListUsers"))]}
    carry_out(out / ACCOUNT / "user" / "ann.applied-1.jsonl", plan, current, [], datetime(2026, 11, 3, tzinfo=UTC))

    answer = watched("--json", captures={"2026-11-02": state(allow("iam:DeleteRole"))})

    assert [("perhaps", OPS)] == causes(answer)


def test_restore_gives_it_back_to_the_group_and_then_it_is_restored(watched, out):
    answer = watched("--restore", captures={"2026-11-02": state()})

    folder = out / "restore" / ACCOUNT / "group" / "ops"
    (change,) = plan_of(folder)
    assert ("put_inline_policy", OPS) == (change["change"], change["holder"])
    assert "iam:DeleteRole" == json.loads(change["document"])["Statement"][0]["Action"]
    assert "group `ops`: for everybody who has it, as before the change" in answer.err
    carry_out_bundle(folder, datetime(2026, 11, 3, tzinfo=UTC))
    assert [("restored", OPS)] == causes(watched("--json"))


def test_a_holder_is_told_with_the_shared_policy_as_the_cause_directly_or_by_a_group(watched, policy_out):
    answer = watched("--json", captures={"2026-11-02": state(is_member=False, with_policy=True)})
    again = watched("--json", captures={"2026-11-03": state(attached=[POLICY])})

    assert [("ours", POLICY)] == causes(answer) == causes(again)


def test_restore_puts_the_statement_into_a_new_version_of_the_shared_policy(watched, policy_out):
    watched("--restore", captures={"2026-11-02": state(is_member=False, with_policy=True)})

    folder = policy_out / "restore" / ACCOUNT / "policy" / "shared"
    (change,) = plan_of(folder)
    assert ("create_policy_version", POLICY, NEW) == (change["change"], change["policy"], json.loads(change["before"]))
    actions = [one["Action"] for one in json.loads(change["document"])["Statement"]]
    assert ["iam:GetRole", "iam:DeleteRole"] == actions
    carry_out_bundle(folder, datetime(2026, 11, 3, tzinfo=UTC))
    assert [("restored", POLICY)] == causes(watched("--json"))


def test_where_the_shared_policy_has_no_room_the_holder_alone_gets_it(watched, tmp_path):
    full = allow("iam:GetRole", *(f"s3:Get{'x' * 100}{n}" for n in range(55)))
    plan = Plan(POLICY, (Change(ChangeKind.CREATE_POLICY_VERSION, "", POLICY, json.dumps(full), json.dumps(OLD)),))
    old = allow("iam:*", "s3:*")
    current = {"principal": POLICY, "policies": [entry(POLICY, POLICY, old, "customer")]}
    out = tmp_path / "out"
    carry_out(out / ACCOUNT / "policy" / "shared.applied-1.jsonl", plan, current, [full])

    answer = watched("--restore", captures={"2026-11-02": state(is_member=False, with_policy=True)})

    assert not (out / "restore" / ACCOUNT / "policy").exists()
    (change,) = plan_of(out / "restore" / ACCOUNT / "user" / "ann")
    assert ("put_inline_policy", ANN) == (change["change"], change["holder"])
    assert "not into policy `shared`: it would have" in answer.err
    assert f"for {ANN} alone" in answer.err
    carry_out_bundle(out / "restore" / ACCOUNT / "user" / "ann", datetime(2026, 11, 3, tzinfo=UTC))
    assert [("restored", POLICY)] == causes(watched("--json"))


def test_what_was_taken_from_who_moved_into_the_group_goes_back_to_that_one_alone(watched, tmp_path):
    own = allow("iam:*")
    moved = (
        Change(ChangeKind.ADD_USER_TO_GROUP, ANN, "ops"),
        Change(ChangeKind.DELETE_INLINE_POLICY, ANN, "p0", None, json.dumps(own)),
    )
    out, current = tmp_path / "out", {"principal": OPS, "policies": [entry(f"{OPS}#p", OPS, NEW)]}
    carry_out(out / ACCOUNT / "group" / "ops.applied-1.jsonl", Plan(OPS, moved), current, [NEW])

    answer = watched("--restore", captures={"2026-10-30": state(own, is_member=False), "2026-11-02": state()})

    assert "once since the bundle of group `ops` was carried out" in answer.out
    assert not (out / "restore" / ACCOUNT / "group").exists()
    assert [ANN] == [one["holder"] for one in plan_of(out / "restore" / ACCOUNT / "user" / "ann")]
