"""Dates and one-off ids do not survive a month; what lasts is left alone."""

from __future__ import annotations

import pytest

from iamaudit.recommend.volatile import counted, creations, without_volatile

LOGS = "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/app:log-stream:"
RDS = "arn:aws:rds:eu-west-1:111122223333:snapshot:"
EC2 = "arn:aws:ec2:eu-west-1:111122223333:instance/"
KMS = "arn:aws:kms:eu-west-1:111122223333:key/"
BUCKET = "arn:aws:s3:::reports/"


def anything(_pattern):
    return True


def patterns(names, action="s3:GetObject", created=(), is_granted=anything):
    return sorted(without_volatile(names, action, creations(created), is_granted))


@pytest.mark.parametrize(
    ("dated", "written"),
    [
        ("2026-08-07/a.csv", "*/a.csv"),
        ("in/2026/08/07/a.csv", "in/*/a.csv"),
        ("in/2026/08/a.csv", "in/*/a.csv"),
        ("in/2026/a.csv", "in/*/a.csv"),
        ("in/20260807.csv", "in/*.csv"),
        ("in/a-20260807T101500Z.gz", "in/a-*.gz"),
        ("in/a_2026-08-07T10:15:00Z", "in/a_*"),
        ("in/dt=2026-08-07/a.csv", "in/dt=*/a.csv"),
        ("in/year=2026/month=08/day=7/a.csv", "in/year=*/a.csv"),
        ("in/2026-W31/a.csv", "in/*/a.csv"),
        ("in/report-2026Q3.pdf", "in/report-*.pdf"),
        ("in/2026-08-07/8c4f0e3a9b12.csv", "in/*/*.csv"),
    ],
)
def test_one_date_is_enough(dated, written):
    assert [BUCKET + written] == patterns([BUCKET + dated])


@pytest.mark.parametrize(
    "name",
    ["in/1.csv", "in/v2026/a.csv", "in/20261308.csv", "in/202608071.csv", "in/8c4f0e3a9b12.csv", "release-1.2.3"],
)
def test_what_is_no_date_and_no_id_twice_stays(name):
    assert [BUCKET + name] == patterns([BUCKET + name])


def test_ids_that_differ_in_nothing_else_become_one_pattern():
    keys = [f"{BUCKET}in/{one}.csv" for one in ("8c4f0e3a9b12", "0b1d2c3e4f56")]

    assert [f"{BUCKET}in/*.csv"] == patterns(keys)


def test_counters_beneath_a_date_become_one_pattern_and_others_stay():
    parts = [f"{BUCKET}out/2026-08-0{day}/part-{day}.csv" for day in (1, 2)]
    plain = [f"{BUCKET}out/part-{number}.csv" for number in (1, 2)]

    assert [f"{BUCKET}out/*/part-*.csv", *plain] == patterns([*parts, *plain])


def test_a_log_stream_of_a_function_is_any_stream_of_its_group():
    stream = LOGS + "2026/08/07/[${$}LATEST]0a1b2c3d4e5f60718293a4b5c6d7e8f9"

    assert [f"{LOGS}*"] == patterns([stream], "logs:CreateLogStream")


@pytest.mark.parametrize(
    ("action", "name", "written"),
    [
        ("rds:CreateDBSnapshot", f"{RDS}shop-2026-05-01", f"{RDS}shop-*"),
        ("rds:CreateDBSnapshot", f"{RDS}shop-0a1b2c3d", f"{RDS}shop-*"),
        (
            "dms:CreateEndpoint",
            "arn:aws:dms:eu-west-1:111122223333:endpoint:ZJQ6WVBDTXBUVZGJYB2PRR4WNM",
            "arn:aws:dms:eu-west-1:111122223333:endpoint:*",
        ),
        (
            "ecs:RegisterTaskDefinition",
            "arn:aws:ecs:eu-west-1:111122223333:task-definition/app:12",
            "arn:aws:ecs:eu-west-1:111122223333:task-definition/app:*",
        ),
    ],
)
def test_the_next_thing_that_is_made_has_another_name(action, name, written):
    assert [written] == patterns([name], action)


def test_the_id_that_is_all_of_a_name_needs_somebody_who_makes_such_things():
    instances = [f"{EC2}i-01f5d57dedba86572", f"{EC2}i-076023ebfbe8d77ad"]
    keys = [f"{KMS}42d3bf86-4911-4c6f-9475-a473fe8be4f0", f"{KMS}8ede88af-2235-46e9-908b-826697fc9c72"]

    assert [f"{EC2}i-*"] == patterns(instances, "ec2:StopInstances", ["ec2:RunInstances"])
    assert instances == patterns(instances, "ec2:StopInstances", ["ec2:StartInstances"])
    assert keys == patterns(keys, "kms:Decrypt", ["ec2:RunInstances"])


def test_who_registers_revisions_runs_the_next_one_too():
    task = "arn:aws:ecs:eu-west-1:111122223333:task-definition/app:12"

    assert [task[:-2] + "*"] == patterns([task], "ecs:RunTask", ["ecs:RegisterTaskDefinition"])
    assert [task] == patterns([task], "ecs:RunTask")


@pytest.mark.parametrize(
    "template",
    [
        "arn:aws:s3:::bucket-{}",
        "arn:aws:s3:::bucket-{}/a",
        "arn:aws:sqs:eu-{}:111122223333:jobs",
        "arn:aws:x:eu-west-1:{}:thing/a",
    ],
    ids=["bucket", "bucket of an object", "region", "account"],
)
def test_nothing_is_rewritten_before_the_name(template):
    names = sorted(template.format(one) for one in ("0a1b2c3d4e", "0a1b2c3d4f", "20260807"))

    assert names == patterns(names)


def test_a_pattern_that_today_does_not_grant_is_not_written():
    assert [f"{RDS}shop-2026-05-01"] == patterns([f"{RDS}shop-2026-05-01"], is_granted=lambda _pattern: False)


def test_names_behind_a_pattern_are_counted_also_when_it_was_collapsed_again():
    found = without_volatile([f"{BUCKET}a/2026-08-0{n}/x" for n in range(1, 4)], "s3:GetObject", frozenset(), anything)

    assert {f"{BUCKET}a/*/x": 3} == counted(found, found)
    assert {f"{BUCKET}a/*": 3} == counted(found, [f"{BUCKET}a/*"])


def test_who_removes_things_removes_others_next_time():
    snapshots = [f"arn:aws:ec2:eu-west-1::snapshot/snap-0{n}1f5d57dedba8657" for n in "ab"]

    assert ["arn:aws:ec2:eu-west-1::snapshot/snap-*"] == patterns(snapshots, "ec2:DeleteSnapshot")
    assert snapshots[:1] == patterns(snapshots[:1], "ec2:DeleteSnapshot")
    assert snapshots == patterns(snapshots, "ec2:ModifySnapshotAttribute")


@pytest.mark.parametrize(
    ("action", "name", "written"),
    [
        ("route53:GetChange", "arn:aws:route53:::change/C0L55U7U36NC713MDHX4U", "arn:aws:route53:::change/*"),
        ("ssm:UpdateInstanceInformation", f"{EC2}i-01f5d57dedba86572", f"{EC2}i-*"),
        (
            "ssm:ResumeSession",
            "arn:aws:ssm:eu-west-1:111122223333:session/ann-01f5d57dedba86572",
            "arn:aws:ssm:eu-west-1:111122223333:session/ann-*",
        ),
    ],
    ids=["change", "agent", "session"],
)
def test_what_is_used_once_or_by_itself_only_is_named_by_no_id(action, name, written):
    assert [written] == patterns([name], action)
    assert [name] == patterns([name], action, is_granted=lambda _pattern: False)


def test_what_others_do_to_an_instance_is_about_that_instance():
    assert [f"{EC2}i-01f5d57dedba86572"] == patterns([f"{EC2}i-01f5d57dedba86572"], "ssm:StartSession")
