"""`lake coverage` draws the days of every region, and says why some are missing."""

import json

from tests.unit.cli.conftest import ACCOUNT, record

OPTIONS = ("--as-of", "2026-11-05", "--window", "4")


def made(run, tmp_path, *, days_of_one):
    """Make a lake in which us-east-1 has events every day and eu-west-1 on the days given."""
    records = [
        {
            **record(number),
            "eventID": f"{region}-{day}",
            "eventTime": f"2026-11-0{day}T10:00:00Z",
            "awsRegion": region,
            "recipientAccountId": ACCOUNT,
        }
        for number, (region, day) in enumerate(
            [*(("us-east-1", day) for day in range(1, 5)), *(("eu-west-1", day) for day in days_of_one)]
        )
    ]
    (tmp_path / "logs.json").write_text(json.dumps(records))
    run("ingest", tmp_path / "logs.json", "--lake", tmp_path / "lake")
    return tmp_path / "lake"


def test_a_region_has_a_line_with_a_sign_for_each_day(run, tmp_path):
    lake = made(run, tmp_path, days_of_one=[2])

    answer = run("lake", "coverage", "--lake", lake, *OPTIONS)

    assert 0 == answer.code
    lines = {line.split()[1]: line.split()[2] for line in answer.out.splitlines() if ACCOUNT in line}
    quiet, covered = answer.out.splitlines()[-1].split("   ")[2][0], answer.out.splitlines()[-1][0]
    assert {"us-east-1": covered * 4, "eu-west-1": quiet + covered + quiet * 2} == lines


def test_days_of_one_answer_are_one_json_line(run, tmp_path):
    lake = made(run, tmp_path, days_of_one=[2])

    rows = run("lake", "coverage", "--lake", lake, *OPTIONS, "--json").rows

    found = [
        (row["status"], row["first_day"], row["last_day"], row["days"])
        for row in rows
        if (row["region"], row["category"]) == ("eu-west-1", "management:read")
    ]
    assert [
        ("quiet", "2026-11-01", "2026-11-01", 1),
        ("inferred", "2026-11-02", "2026-11-02", 1),
        ("quiet", "2026-11-03", "2026-11-04", 2),
    ] == found


def test_another_account_is_left_out(run, tmp_path):
    lake = made(run, tmp_path, days_of_one=[])

    assert [] == run("lake", "coverage", "--lake", lake, *OPTIONS, "--account", "999999999999", "--json").rows
