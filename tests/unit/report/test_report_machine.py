"""The machine formats: the same rows in JSON lines and CSV, safe in a spreadsheet."""

import csv
import io
import json

import pytest

from iamaudit.report.machine import COLUMNS, finding_row, findings_csv, findings_json
from tests.unit.report.made_up_report import HOSTILE, finding


def test_a_row_has_the_fixed_columns():
    assert tuple(finding_row(finding())) == COLUMNS


@pytest.mark.parametrize(
    ("subject", "column"),
    [
        ("arn:aws:iam::111122223333:user/a", "principal"),
        ("arn:aws-cn:iam::111122223333:role/path/a", "principal"),
        ("arn:aws:iam::111122223333:root", "principal"),
        ("arn:aws:sts::111122223333:assumed-role/a/s", "principal"),
        ("arn:aws:iam::111122223333:group/a", "resource"),
        ("arn:aws:iam::111122223333:policy/a", "resource"),
        ("arn:aws:s3:::user/a", "resource"),
        ("not an ARN", "resource"),
    ],
)
def test_the_subject_stands_again_as_principal_or_as_resource(subject, column):
    row = finding_row(finding(subject=subject))

    other = {"principal": "resource", "resource": "principal"}[column]
    assert (subject, subject, None) == (row["subject"], row[column], row[other])


def test_json_is_one_ascii_object_per_line():
    text = findings_json([finding(title=HOSTILE, evidence={"x": HOSTILE}), finding()])

    lines = text.splitlines()
    assert len(lines) == 2
    assert text.isascii()
    assert json.loads(lines[0])["title"] == HOSTILE


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "  =", "\t=", "\r=", "\n="])
def test_a_spreadsheet_sees_no_formula(start):
    text = findings_csv([finding(title=f"{start}cmd|' /C calc'!A1")])

    cell = next(csv.DictReader(io.StringIO(text)))["title"]
    assert not cell.lstrip().startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert "cmd|' /C calc'!A1" in cell


def test_csv_and_json_say_the_same():
    findings = [finding(), finding(subject="arn:aws:s3:::bucket", title='with "quotes", and commas')]

    rows = list(csv.DictReader(io.StringIO(findings_csv(findings))))

    expected = [json.loads(line) for line in findings_json(findings).splitlines()]
    assert [row["finding_id"] for row in expected] == [row["finding_id"] for row in rows]
    assert [row["evidence"] for row in expected] == [json.loads(row["evidence"]) for row in rows]
    assert [row["title"] for row in expected] == [row["title"] for row in rows]
    assert [row["standards"] for row in expected] == [["CIS 1.12", "FSBP IAM.22"]] * 2
