"""Exports of real test accounts: everything in them becomes a row, and what they lack is told."""

import csv
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from iamaudit.collect.files import collect_files

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
DETAILS = DATA / "account_authorization_details"
REPORTS = DATA / "credential_reports"
AT = datetime(2026, 11, 1, tzinfo=UTC)

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the folder of real data is not beside the repository")


def alone(path: Path, folder: Path):
    """Collect one file as the only one of a folder."""
    (folder / path.name).write_bytes(path.read_bytes())
    return collect_files(folder, captured_at=AT)


def gaps(capture) -> list[str]:
    """What is missing beyond the other exports of the account."""
    return [entry.what for entry in capture.missing if not entry.why.startswith("nothing was read")]


def test_there_are_real_exports_to_read():
    assert (4, 4) == (len(list(DETAILS.iterdir())), len(list(REPORTS.iterdir())))


@pytest.mark.parametrize("path", sorted(DETAILS.glob("*.json")), ids=lambda path: path.stem)
def test_every_entry_of_authorization_details_becomes_a_row(path, tmp_path):
    body = json.loads(path.read_text())
    members = ("UserDetailList", "GroupDetailList", "RoleDetailList")

    capture = alone(path, tmp_path)

    arns = {entry["Arn"] for member in members for entry in body[member]}
    assert arns == set(capture.tables["principals"]["arn"].to_pylist())
    held = {row["policy_id"] for row in capture.tables["policies"].to_pylist()}
    assert {policy["Arn"] for policy in body["Policies"]} <= held
    attached = {
        (entry["Arn"], policy["PolicyArn"])
        for member in members
        for entry in body[member]
        for policy in entry.get("AttachedManagedPolicies", [])
    }
    inline = {
        (entry["Arn"], f"{entry['Arn']}#{policy['PolicyName']}")
        for member in members
        for entry in body[member]
        for name in ("UserPolicyList", "GroupPolicyList", "RolePolicyList")
        for policy in entry.get(name, [])
    }
    rows = capture.tables["attachments"].to_pylist()
    assert attached | inline == {(row["holder_arn"], row["policy_id"]) for row in rows}


@pytest.mark.parametrize("path", sorted(DETAILS.glob("*.json")), ids=lambda path: path.stem)
def test_a_policy_without_a_document_is_always_told(path, tmp_path):
    capture = alone(path, tmp_path)

    unknown = [row["policy_id"] for row in capture.tables["policies"].to_pylist() if row["document"] is None]
    assert all(any(policy in entry for entry in gaps(capture)) for policy in unknown)


@pytest.mark.parametrize("path", sorted(REPORTS.glob("*.csv")), ids=lambda path: path.stem)
def test_every_row_of_a_credential_report_becomes_five_credentials(path, tmp_path):
    rows = {row["arn"]: row for row in reversed(list(csv.DictReader(path.read_text().splitlines())))}

    capture = alone(path, tmp_path)

    found = capture.tables["credentials"].to_pylist()
    assert 5 * len(rows) == len(found)
    # one of the reports holds a user twice, with different values: the first row is kept and the other told
    assert all("user/christopher" in entry for entry in gaps(capture))
    dates = {row["access_key_1_last_used_date"] for row in rows.values()} - {"N/A"}
    assert dates == {
        row["last_used_at"].isoformat() for row in found if row["kind"] == "access_key_1" and row["last_used_at"]
    }


def test_reports_of_one_account_that_contradict_each_other_are_told():
    capture = collect_files(REPORTS, captured_at=AT)

    assert {"123456789012", "644160558196"} == set(capture.accounts)
    assert all("credentials" in entry for entry in gaps(capture))


def test_config_items_without_iam_are_told(tmp_path):
    items = [json.loads(line) for line in (DATA / "config_items.jsonl").read_text().splitlines()]
    (tmp_path / "snapshot.json").write_text(json.dumps({"fileVersion": "1.0", "configurationItems": items}))

    capture = collect_files(tmp_path, captured_at=AT)

    assert ["file `snapshot.json`"] == [entry.what for entry in capture.missing]


def test_log_objects_in_the_folder_are_set_aside_one_by_one():
    capture = collect_files(DATA / "cloudtrail" / "invictus", captured_at=AT)

    assert {} == capture.accounts
    assert 50 < len(capture.missing)
