"""`iamaudit watch` on a small lake: who was refused what since a bundle was carried out."""

import json
from datetime import UTC, datetime

import pyarrow as pa
import pytest

import iamaudit
from iamaudit.apply.journal import Journal
from iamaudit.config import Settings
from iamaudit.lake.schema import STATE_SCHEMAS
from iamaudit.model.change import Change, ChangeKind
from iamaudit.model.plan import Plan
from iamaudit.stages.places import find_lake
from iamaudit.stages.watch import watch
from iamaudit.stages.workbench import engine_on

ANN = "arn:aws:iam::111122223333:user/ann"
OLD = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:*", "Resource": "*"}]}
NEW = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:GetRole", "Resource": "*"}]}
PLAN = Plan(ANN, (Change(ChangeKind.PUT_INLINE_POLICY, ANN, "p0", json.dumps(NEW), json.dumps(OLD)),))
CURRENT = {
    "principal": ANN,
    "policies": [{"policy_id": f"{ANN}#p0", "name": "p0", "kind": "inline", "through": ANN, "document": OLD}],
}


def carry_out(out, at, *events, plan=PLAN, current=CURRENT):
    """Write a journal as `apply` does, of a change made at a time."""
    path = out / "111122223333" / "user" / f"ann.applied-{at:%Y%m%dT%H%M%S}.jsonl"
    with Journal(path, lambda: at, is_new=True) as journal:
        journal.write("started", plan=plan.as_json(), current=current, proposed=[NEW])
        for event in events or ("done",):
            journal.write(event, n=0)
        journal.write("finished")
    return path


@pytest.fixture
def out(tmp_path):
    """A folder in which ann's bundle was carried out an hour before she was refused iam:DeleteRole."""
    carry_out(tmp_path, datetime(2026, 11, 1, 9, tzinfo=UTC))
    return tmp_path


def test_a_refused_call_is_told_with_the_statement_to_restore(run, lake, out):
    answer = run("watch", "--lake", lake, "--bundles", out, "--as-of", "2026-11-03")

    assert 0 == answer.code, answer.err
    assert f"{ANN} was refused iam:DeleteRole on arn:aws:iam::111122223333:role/r once since" in answer.out
    assert '"Sid": "RestoredIamDeleteRole"' in answer.out
    assert "1 refused because of our changes" in answer.out


def test_for_machines_every_refusal_has_its_cause(run, lake, out):
    answer = run("watch", "--lake", lake, "--bundles", out, "--as-of", "2026-11-03", "--json")

    row = answer.rows[0]
    assert ("ours", 1, 1, ["event-3"]) == (row["cause"], row["count"], row["count_surely"], row["event_ids"])
    assert "2026-11-01T09:00:00Z" == row["applied_at"]
    assert row["applied_by"].endswith(".jsonl")


@pytest.mark.parametrize(
    ("words", "code"),
    [((), 0), (("--fail-on", "ours"), 1), (("--fail-on", "perhaps"), 1)],
    ids=["never", "ours", "perhaps"],
)
def test_the_exit_code_tells_when_asked(run, lake, out, words, code):
    assert code == run("watch", "--lake", lake, "--bundles", out, "--as-of", "2026-11-03", *words).code


def test_what_was_refused_before_the_change_is_no_matter(run, lake, tmp_path):
    carry_out(tmp_path, datetime(2026, 11, 1, 11, tzinfo=UTC))

    answer = run(
        "watch", "--lake", lake, "--bundles", tmp_path, "--as-of", "2026-11-03", "--json", "--fail-on", "perhaps"
    )

    assert (0, []) == (answer.code, answer.rows)


def test_since_leaves_out_what_is_older(run, lake, out):
    answer = run("watch", "--lake", lake, "--bundles", out, "--as-of", "2026-11-03", "--since", "2026-11-02", "--json")

    assert [] == answer.rows


def test_a_change_that_was_taken_back_is_not_watched(run, lake, tmp_path):
    path = carry_out(tmp_path, datetime(2026, 11, 1, 9, tzinfo=UTC))
    with Journal(path, lambda: datetime(2026, 11, 1, 12, tzinfo=UTC), is_new=False) as journal:
        journal.write("rolled_back")

    assert [] == run("watch", "--lake", lake, "--bundles", tmp_path, "--as-of", "2026-11-03", "--json").rows


def test_a_change_that_was_declined_took_nothing_away(run, lake, tmp_path):
    carry_out(tmp_path, datetime(2026, 11, 1, 9, tzinfo=UTC), "declined")

    assert [] == run("watch", "--lake", lake, "--bundles", tmp_path, "--as-of", "2026-11-03", "--json").rows


def test_restore_writes_a_bundle_that_gives_it_back_and_then_it_is_restored(run, lake, out):
    answer = run("watch", "--lake", lake, "--bundles", out, "--as-of", "2026-11-03", "--restore")

    folder = out / "restore" / "111122223333" / "user" / "ann"
    plan = json.loads((folder / "plan.json").read_text())
    assert 0 == answer.code, answer.err
    assert f"iamaudit apply {folder}" in answer.err
    assert ["put_inline_policy"] == [one["change"] for one in plan["changes"]]
    assert plan["changes"][0]["before"] is None
    given = json.loads(plan["changes"][0]["document"])["Statement"]
    assert [("iam:DeleteRole", "arn:aws:iam::111122223333:role/r")] == [
        (one["Action"], one["Resource"]) for one in given
    ]
    assert {"main.tf", "apply.sh", "rollback.sh", "template.json", "policy-1.json", "policy-2.json"} < {
        p.name for p in folder.iterdir()
    }


def test_what_was_given_back_is_told_apart(run, lake, out):
    run("watch", "--lake", lake, "--bundles", out, "--as-of", "2026-11-03", "--restore")
    folder = out / "restore" / "111122223333" / "user" / "ann"
    path = folder.parent / "ann.applied-20261102.jsonl"
    proposed = [json.loads(file.read_text()) for file in sorted(folder.glob("policy-*.json"))]
    with Journal(path, lambda: datetime(2026, 11, 2, tzinfo=UTC), is_new=True) as journal:
        journal.write(
            "started",
            plan=json.loads((folder / "plan.json").read_text()),
            current=json.loads((folder / "current.json").read_text()),
            proposed=proposed,
        )
        journal.write("done", n=0)

    answer = run("watch", "--lake", lake, "--bundles", out, "--as-of", "2026-11-03", "--json", "--fail-on", "perhaps")

    assert (0, ["restored"]) == (answer.code, [row["cause"] for row in answer.rows])


def test_without_a_journal_cloudtrail_tells_that_the_bundle_was_carried_out(run, lake, tmp_path):
    """Terraform put the very document: its PutUserPolicy is in the logs of another lake, in none of this one."""
    folder = tmp_path / "111122223333" / "user" / "ann"
    folder.mkdir(parents=True)
    (folder / "plan.json").write_text(json.dumps(PLAN.as_json()))
    (folder / "current.json").write_text(json.dumps(CURRENT))
    (folder / "policy-1.json").write_text(json.dumps(NEW))

    unseen = run("watch", "--lake", lake, "--bundles", tmp_path, "--as-of", "2026-11-03", "--json")
    second = tmp_path / "second"
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "a.json").write_text(json.dumps({"Records": [put_event(), refused_event()]}))
    run("ingest", tmp_path / "logs", "--lake", second)
    run("collect", "--from-files", lake.parent / "state", "--lake", second, "--as-of", "2026-11-02")
    seen = run("watch", "--lake", second, "--bundles", tmp_path, "--as-of", "2026-11-03", "--json")

    assert [] == unseen.rows
    assert ["ours"] == [row["cause"] for row in seen.rows], seen.err
    assert str(folder) == seen.rows[0]["applied_by"]


def test_a_notebook_asks_the_same(lake, out):
    watched = iamaudit.watch(lake, out, as_of="2026-11-03")

    assert ["iam:DeleteRole"] == [one.refusal.use.action for one in watched.judged]


def test_a_recommendation_that_only_the_lake_remembers_is_recognised(run, lake, tmp_path):
    """Terraform carried out what a night had written, and the next night wrote the folder anew."""
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "a.json").write_text(json.dumps({"Records": [put_event(), refused_event()]}))
    run("ingest", tmp_path / "logs", "--lake", tmp_path / "lake")
    run("collect", "--from-files", lake.parent / "state", "--lake", tmp_path / "lake", "--as-of", "2026-11-02")
    files = {"plan.json": PLAN.as_json(), "current.json": CURRENT, "policy-1.json": NEW}
    row = {"principal": ANN, "status": "proven", "revision": 1, "captured_at": datetime(2026, 11, 1, tzinfo=UTC)}
    row["files"] = json.dumps({f"1/user/ann/{name}": json.dumps(body) for name, body in files.items()})

    def causes(**changed):
        with engine_on(find_lake(tmp_path / "lake"), Settings(), datetime(2026, 11, 3, tzinfo=UTC)) as engine:
            table = pa.Table.from_pylist([{**row, **changed}], schema=STATE_SCHEMAS["recommendations"])
            engine.provide("recommendations", table)
            return [one.cause.value for one in watch(engine, tmp_path / "none").judged]

    assert ["ours"] == causes()
    # made after the call that CloudTrail saw, it cannot be what was carried out
    assert [] == causes(captured_at=datetime(2026, 11, 2, tzinfo=UTC))


def event(name, hour, **more):
    identity = {"type": "IAMUser", "arn": ANN, "accountId": "111122223333", "principalId": "AIDAANN", "userName": "ann"}
    return {
        "eventVersion": "1.08",
        "eventTime": f"2026-11-01T{hour}:00:00Z",
        "eventSource": "iam.amazonaws.com",
        "eventName": name,
        "eventType": "AwsApiCall",
        "eventID": f"{name}-{hour}",
        "readOnly": False,
        "awsRegion": "us-east-1",
        "recipientAccountId": "111122223333",
        "userIdentity": identity,
        **more,
    }


def put_event():
    asked = {"userName": "ann", "policyName": "p0", "policyDocument": json.dumps(NEW, indent=2)}
    return event("PutUserPolicy", "09", requestParameters=asked)


def refused_event():
    return event("DeleteRole", "10", requestParameters={"roleName": "r"}, errorCode="AccessDenied")
