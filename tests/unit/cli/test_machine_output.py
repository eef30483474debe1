"""`--json` has the shapes of the contract (design.md §4)."""

import gzip
import json
from pathlib import Path

import pytest

from tests.unit.cli.conftest import ACCOUNT, allow, details, record, user

AS_OF = ("--as-of", "2026-11-02", "--window", "1")


def test_ingest(run, tmp_path):
    (tmp_path / "a.json").write_text(json.dumps([record(1), 5]))

    answer = run("ingest", tmp_path / "a.json", "--lake", tmp_path / "lake", "--json").rows

    assert 1 == len(answer)
    assert ["objects", "records", "batches", "problems"] == list(answer[0])
    assert {"seen": 1, "ingested": 1, "already_ingested": 0, "set_aside": 0, "unread": 0} == answer[0]["objects"]
    assert {"in": 2, "kept": 1, "ignored": {}, "set_aside": {"not_an_object": 1}} == answer[0]["records"]
    assert [24] == [len(batch) for batch in answer[0]["batches"]]


def test_collect(run, lake, tmp_path):
    state = lake.parent / "state"

    answer = run(
        "collect", "--from-files", state, "--lake", tmp_path / "lake", "--as-of", "2026-11-02T03:00:00Z", "--json"
    ).rows[0]

    assert ["captured_at", "accounts", "missing"] == list(answer)
    assert "2026-11-02T03:00:00Z" == answer["captured_at"]
    assert {ACCOUNT: {"users": 2, "groups": 0, "roles": 0, "policies": 2, "credentials": 0}} == answer["accounts"]
    assert {("what", "why")} == {tuple(entry) for entry in answer["missing"]}


def test_what_is_collected_again_as_of_the_same_time_replaces_what_was_there(run, tmp_path):
    """A corrected export of the same moment is not a second policy beside the first."""
    state = tmp_path / "state"
    state.mkdir()
    answers = []
    for action in ("iam:ListUsers", "sns:ListTopics", "iam:ListUsers"):
        (state / "details.json").write_text(json.dumps(details(user("ann", allow(action)))))
        run("collect", "--from-files", state, "--lake", tmp_path / "lake", "--as-of", "2026-11-02")
        rows = run("grants", "--lake", tmp_path / "lake", *AS_OF, "--json").rows
        answers.append([row["action"] for row in rows])

    assert [["iam:ListUsers"], ["sns:ListTopics"], ["iam:ListUsers"]] == answers


def test_what_is_collected_again_with_less_of_one_kind_has_no_more_of_it(run, tmp_path):
    """The corrected export has no group: without rows of a kind, what was said before must not stand beside it."""
    state, lake = tmp_path / "state", tmp_path / "lake"
    state.mkdir()
    in_group = {**user("ann", allow("sns:ListTopics")), "GroupList": ["devs"]}
    devs = {
        "Path": "/",
        "GroupName": "devs",
        "GroupId": "AGPAIOSFODNN7EXAMPLE",
        "Arn": f"arn:aws:iam::{ACCOUNT}:group/devs",
        "GroupPolicyList": [{"PolicyName": "work", "PolicyDocument": allow("iam:ListUsers")}],
        "AttachedManagedPolicies": [],
    }
    first = {**details(in_group), "GroupDetailList": [devs]}
    for told in (first, details(user("ann", allow("sns:ListTopics")))):
        (state / "details.json").write_text(json.dumps(told))
        run("collect", "--from-files", state, "--lake", lake, "--as-of", "2026-11-02")

    rows = run("grants", "--lake", lake, *AS_OF, "--json").rows
    members = run("query", "--lake", lake, "select * from stg_memberships", "--json").rows

    assert ["sns:ListTopics"] == [row["action"] for row in rows]
    assert [] == members


def test_two_accounts_collected_as_of_the_same_time_stand_beside_each_other(run, tmp_path):
    for account in ("111122223333", "444455556666"):
        folder = tmp_path / account
        folder.mkdir()
        text = json.dumps(details(user("ann", allow("iam:ListUsers")))).replace(ACCOUNT, account)
        (folder / "details.json").write_text(text)
        run("collect", "--from-files", folder, "--lake", tmp_path / "lake", "--as-of", "2026-11-02")

    rows = run("grants", "--lake", tmp_path / "lake", *AS_OF, "--json").rows

    assert ["111122223333", "444455556666"] == [row["account_id"] for row in rows]


def test_the_grants_of_one_principal_are_its_rows_among_all(run, tmp_path):
    state, lake = tmp_path / "state", tmp_path / "lake"
    state.mkdir()
    (state / "details.json").write_text(
        json.dumps(details(user("ann", allow("iam:ListUsers")), user("bob", allow("iam:ListUsers", "sns:ListTopics"))))
    )
    run("collect", "--from-files", state, "--lake", lake, "--as-of", "2026-11-02")
    bob = f"arn:aws:iam::{ACCOUNT}:user/bob"

    every = run("grants", "--lake", lake, *AS_OF, "--json").rows
    alone = run("grants", "--lake", lake, *AS_OF, "--principal", bob, "--json").rows

    assert ["iam:ListUsers", "sns:ListTopics"] == [row["action"] for row in alone]
    assert alone == [row for row in every if row["principal"] == bob]
    assert len(alone) < len(every)


def test_usage(run, lake):
    rows = run("usage", "--lake", lake, *AS_OF, "--json").rows

    assert [("iam:DeleteRole", "denied", 1), ("iam:GetRole", "success", 2)] == [
        (row["action"], row["outcome"], row["count"]) for row in rows
    ]
    contract = (
        "account_id principal principal_id action resource outcome evidence via count first_seen last_seen event_ids"
    )
    assert set(contract.split()) <= set(rows[0])
    assert {
        "account_id": ACCOUNT,
        "principal": f"arn:aws:iam::{ACCOUNT}:user/ann",
        "principal_id": "AIDAANN",
        "resource": f"arn:aws:iam::{ACCOUNT}:role/r",
        "evidence": "direct",
        "via": None,
        "first_seen": "2026-11-01T10:00:01Z",
        "last_seen": "2026-11-01T10:00:02Z",
        "event_ids": ["event-1", "event-2"],
    }.items() <= rows[1].items()


def test_grants(run, lake):
    rows = run("grants", "--lake", lake, *AS_OF, "--json").rows

    contract = [
        "account_id",
        "principal",
        "action",
        "state",
        "reason",
        "granted_by",
        "count",
        "first_seen",
        "last_seen",
    ]
    assert {tuple(contract)} == {tuple(row) for row in rows}
    assert [
        ("ann", "iam:GetRole", "used", 2),
        ("ann", "iam:ListRoles", "unused", 0),
        ("bob", "iam:ListUsers", "unused", 0),
    ] == [(row["principal"].rpartition("/")[2], row["action"], row["state"], row["count"]) for row in rows]
    assert [{"policy": f"arn:aws:iam::{ACCOUNT}:user/ann#p0", "sid": None}] == rows[0]["granted_by"]


def test_grants_of_one_principal_in_one_state(run, lake):
    ann = f"arn:aws:iam::{ACCOUNT}:user/ann"

    rows = run("grants", "--lake", lake, *AS_OF, "--principal", ann, "--state", "unused", "--json").rows

    assert ["iam:ListRoles"] == [row["action"] for row in rows]


def test_audit(run, lake):
    rows = run("audit", "--lake", lake, *AS_OF, "--check", "unused_permission", "--json").rows

    contract = {
        *("finding_id", "check", "severity", "account_id", "title", "evidence", "remediation", "first_seen"),
        *("last_seen", "standards", "principal", "resource"),
    }
    assert contract <= set(rows[0])
    assert ["ann", "bob"] == [row["principal"].rpartition("/")[2] for row in rows]
    assert {"used": 1, "unused": 1, "examples": ["iam:ListRoles"]}.items() <= rows[0]["evidence"].items()


def test_a_finding_has_the_same_id_every_night(run, lake):
    first, second = (
        {row["finding_id"] for row in run("audit", "--lake", lake, "--as-of", day, "--window", "1", "--json").rows}
        for day in ("2026-11-02", "2026-11-02T23:00:00Z")
    )

    assert first == second != set()


@pytest.mark.parametrize(("severity", "code"), [("critical", 0), ("high", 0), ("medium", 1), ("low", 1)])
def test_fail_on_a_severity_or_worse(run, lake, severity, code):
    answer = run("audit", "--lake", lake, *AS_OF, "--fail-on", severity, "--json")

    assert (code, "") == (answer.code, answer.err)


def test_the_formats_of_audit_hold_the_same_findings(run, lake):
    as_json = run("audit", "--lake", lake, *AS_OF, "--format", "json").rows
    as_csv = run("audit", "--lake", lake, *AS_OF, "--format", "csv").out.splitlines()
    as_table = run("audit", "--lake", lake, *AS_OF).out

    assert len(as_json) == len(as_csv) - 1
    assert all(row["check"] in as_table for row in as_json)


def test_recommend(run, lake, tmp_path):
    answer = run("recommend", "--lake", lake, "--out", tmp_path / "out", *AS_OF, "--json")

    assert (0, "") == (answer.code, answer.err)
    assert {("principal", "bundle", "certificate")} == {tuple(row) for row in answer.rows}
    ann = next(row for row in answer.rows if row["principal"].endswith("/ann"))
    assert f"{tmp_path}/out/{ACCOUNT}/user/ann" == ann["bundle"]
    assert (0, 0) == (ann["certificate"]["widened"], ann["certificate"]["denied"])
    assert ann["certificate"] == json.loads((Path(ann["bundle"]) / "certificate.json").read_text())


def test_recommend_for_somebody_unknown(run, lake, tmp_path):
    answer = run("recommend", "--lake", lake, "--out", tmp_path / "out", *AS_OF, "--principal", "arn:aws:iam::1:user/x")

    assert 2 == answer.code
    assert "`arn:aws:iam::1:user/x` is not a user, role, group or shared policy of this lake" in answer.line


def test_lake_status(run, lake):
    answer = run("lake", "status", "--lake", lake, "--json").rows[0]

    assert {
        "batches": 1,
        "objects": {"ingested": 1},
        "first_day": "2026-11-01",
        "state_captures": 1,
    }.items() <= answer.items()
    assert {"in": 3, "kept": 3, "ignored": {}, "set_aside": {}} == answer["records"]


def test_query(run, lake):
    rows = run(
        "query", "--lake", lake, "select action, sum(count)::int as n from usage group by 1 order by 1", "--json"
    )

    assert [{"action": "iam:DeleteRole", "n": 1}, {"action": "iam:GetRole", "n": 2}] == rows.rows


def test_query_lists_what_there_is(run, lake):
    names = {row["name"] for row in run("query", "--lake", lake, "--tables", "--json").rows}

    assert {"events", "usage", "grant_states", "unused_permission", "principals"} <= names


def test_report(run, lake, tmp_path):
    answer = run("report", "--lake", lake, "--out", tmp_path / "out", *AS_OF, "--json").rows[0]

    assert all(Path(path).is_file() for path in answer.values())
    assert "html" in answer


def test_a_rerun_with_the_same_as_of_prints_the_same(run, lake):
    for verb in ("usage", "grants", "audit"):
        assert run(verb, "--lake", lake, *AS_OF, "--json") == run(verb, "--lake", lake, *AS_OF, "--json")


@pytest.mark.parametrize("pack", [lambda data: data, gzip.compress], ids=["plain", "gzip"])
def test_map_prints_one_line_per_record(run, pack):
    text = json.dumps(
        {"Records": [record(1), 5, {"odd": 1}, record(2, "ConsoleLogin", eventSource="signin.amazonaws.com")]}
    ).encode()

    answer = run("map", "-", stdin=pack(text))

    assert (0, 4) == (answer.code, len(answer.rows))
    keys = ["event_id", "event_time", "principal", "outcome", "uses", "notes"]
    assert {tuple(keys)} == {tuple(row) for row in answer.rows}
    assert ["kind", "arn", "id", "account_id", "session", "actor"] == list(answer.rows[0]["principal"])
    assert {"action", "resources", "evidence", "confidence", "conditions"} <= set(answer.rows[0]["uses"][0])
    assert [1, 0, 0, 0] == [len(row["uses"]) for row in answer.rows]
    assert all(row["notes"] for row in answer.rows[1:])


def test_map_reads_several_files_in_order(run, tmp_path):
    for number in (1, 2):
        (tmp_path / f"{number}.json").write_text(json.dumps(record(number)))

    answer = run("map", tmp_path / "2.json", tmp_path / "1.json")

    assert ["event-2", "event-1"] == [row["event_id"] for row in answer.rows]


def test_map_of_nothing_prints_nothing(run):
    answer = run("map", stdin=b"")

    assert (0, "", "") == (answer.code, answer.out, answer.err)


def test_simulate_prints_one_line_per_scenario(run):
    policy = {"Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
    request = {"principal": "arn:aws:iam::111122223333:user/ann", "resource": "arn:aws:s3:::b/k"}
    lines = [
        {"id": action, "request": {**request, "action": action}, "policies": {"identity": [policy]}}
        for action in ("s3:GetObject", "s3:PutObject")
    ]

    answer = run("simulate", stdin="\n".join(map(json.dumps, lines)).encode())

    assert {("id", "decision", "decided_by", "reasons")} == {tuple(row) for row in answer.rows}
    assert ["Allowed", "ImplicitlyDenied"] == [row["decision"] for row in answer.rows]


def test_a_half_character_in_an_id_is_escaped_on_the_way_out(run):
    line = b'{"id": "\\ud800", "request": {"principal": "arn:aws:iam::1:user/a", "action": "s3:GetObject", "resource": "*"}, "policies": {}}'

    answer = run("simulate", stdin=line)

    assert (0, "\ud800") == (answer.code, answer.rows[0]["id"])


def test_compare_says_what_is_new(run, tmp_path):
    for name, action in (("old", "s3:GetObject"), ("new", "s3:*")):
        text = {"Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]}
        (tmp_path / f"{name}.json").write_text(json.dumps(text))

    wider = run("compare", tmp_path / "old.json", tmp_path / "new.json", "--json")
    smaller = run("compare", tmp_path / "new.json", tmp_path / "old.json", "--json")

    assert (1, False) == (wider.code, wider.rows[0]["contained"])
    assert wider.rows[0]["widened"][0]["action"].startswith("s3:")
    assert (0, True) == (smaller.code, smaller.rows[0]["contained"])
