"""A made-up night whose strings are as hostile as a log's may be."""

import json

from iamaudit.model.finding import Finding
from iamaudit.model.tally import Tally
from iamaudit.recommend.score import Score
from iamaudit.report.content import (
    Books,
    Coverage,
    PrincipalSummary,
    RecommendationSummary,
    RegionDays,
    ReportContent,
    Totals,
)
from iamaudit.report.outlook import EstateHoldout, Outlook, RareUse, Retiring, WeekChange

SCRIPT = "<script>alert('owned');document.title='owned'</script>"
IMAGE = '"><img src=https://evil.example/x.png onerror="document.title=\'owned\'">'
STEERING = "\x1b[2J\x1b]0;owned\x07 \u202efdp.exe \x9b31m \ud800"
LONG_ARN = "arn:aws:iam::111122223333:role/" + "a-very-long-path/" * 20 + "the-name-at-the-end"
HOSTILE = f"{SCRIPT}{IMAGE}{STEERING}`|*_[x](https://evil.example)"

CURRENT = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "Deploy", "Effect": "Allow", "Action": ["s3:*", "iam:PassRole"], "Resource": "*"},
            {"Sid": "Keys", "Effect": "Allow", "Action": ["kms:Decrypt", "kms:Encrypt"], "Resource": "*"},
        ],
    }
)
PROPOSED = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "ReadAndWriteArtifacts",
                "Effect": "Allow",
                "Action": ["s3:GetObject", "s3:PutObject"],
                "Resource": "arn:aws:s3:::artifacts-grün/releases/*",
            },
            {
                "Sid": "PassDeployRole",
                "Effect": "Allow",
                "Action": "iam:PassRole",
                "Resource": "arn:aws:iam::111122223333:role/service/Deploy",
                "Condition": {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}},
            },
            {"Sid": "Keys", "Effect": "Allow", "Action": ["kms:Decrypt"], "Resource": "*"},
        ],
    }
)


def finding(**changes):
    values = {
        "check": "idle_access_key",
        "severity": "high",
        "account_id": "111122223333",
        "subject": "arn:aws:iam::111122223333:user/ci/deployer",
        "title": "An access key was not used for 212 days",
        "evidence": {"access_key_id": "AKIAIOSFODNN7EXAMPLE", "last_used_at": "2026-04-24T09:12:00Z", "idle_days": 212},
        "remediation": "Deactivate the key, wait a week, then delete it.",
        "first_seen": "2025-03-02T10:00:00Z",
        "last_seen": "2026-04-24T09:12:00Z",
        "standards": ("CIS 1.12", "FSBP IAM.22"),
        "detail": "access_key_1",
    }
    return Finding(**{**values, **changes})


def recommendation(**changes):
    values = {
        "principal": "arn:aws:iam::111122223333:role/service/Deploy",
        "bundle": "recommendations/111122223333/role/Deploy",
        "actions_before": 168,
        "actions_after": 4,
        "characters_before": 206,
        "characters_after": 458,
        "replayed": 18_204,
        "allowed": 18_204,
        "denied": 0,
        "widened": 0,
        "unknown_kept": 1,
        "confidence": "high",
        "policies": (PROPOSED,),
        "current": (CURRENT,),
    }
    return RecommendationSummary(**{**values, **changes})


def principal(**changes):
    values = {
        "arn": "arn:aws:iam::111122223333:role/service/Deploy",
        "account_id": "111122223333",
        "kind": "role",
        "granted": 168,
        "used": 3,
        "unused": 164,
        "unknown": 1,
        "used_not_granted": 2,
        "high_risk": ("iam:PassRole", "s3:PutBucketPolicy"),
    }
    return PrincipalSummary(**{**values, **changes})


def calm_content(**changes):
    """A night as it usually is: true to life, nothing hostile."""
    names = ("ReportWriter", "DataLake/Reader", "ci-runner", "BackupOperator", "BreakGlass", "Billing", "NetworkAdmin")
    sizes = ((410, 22, 60), (96, 30, 40), (244, 41, 10), (73, 9, 22), (17_431, 0, 6_210), (31, 12, 4), (1_204, 88, 130))
    principals = tuple(
        principal(
            arn=f"arn:aws:iam::444455556666:role/{name}",
            account_id="444455556666",
            granted=granted,
            used=used,
            unknown=unknown,
            unused=granted - used - unknown,
            used_not_granted=0,
            high_risk=("iam:CreateAccessKey", "iam:AttachRolePolicy") if granted > 1000 else (),
        )
        for name, (granted, used, unknown) in zip(names, sizes, strict=True)
    )
    values = {
        "title": "IAM audit of Example Corp",
        "as_of": "2026-11-23T05:00:00Z",
        "window_start": "2026-08-25",
        "window_end": "2026-11-22",
        "accounts": ("111122223333", "444455556666"),
        "books": Books(
            Tally(1_204_551, 1_204_012, {"duplicate": 520, "insight event": 12}, {"not JSON": 7}),
            {"seen": 8_640, "ingested": 8_612, "already_ingested": 27, "set_aside": 1},
        ),
        "coverage": (
            Coverage("111122223333", 90, 90, (), has_data_events=True),
            Coverage(
                "444455556666",
                84,
                90,
                ("2026-09-03", "2026-09-04", "2026-09-05", "2026-09-06", "2026-10-19", "2026-11-02"),
                has_data_events=False,
                reasons=("eu-west-1 has no logs before 2026-09-01: the trail did not cover all regions.",),
                regions=(
                    RegionDays("eu-west-1", "g" * 9 + "c" * 81, "2026-08-25: a log object could not be read"),
                    RegionDays("us-east-1", "cccccqq" * 12 + "cccccq"),
                ),
            ),
        ),
        "totals": Totals(8, 19_657, 205, 12_975, 6_477, 2),
        "principals": (*principals, principal()),
        "findings": (
            finding(
                check="root_used",
                severity="critical",
                subject="arn:aws:iam::444455556666:root",
                account_id="444455556666",
                title="The root user signed in without MFA",
                remediation="Find out who and why; add a hardware MFA device; delete root access keys.",
                evidence={"events": 2, "event_ids": ["c6b1f0de-0000-4000-8000-000000000001"], "mfa": False},
                standards=("CIS 1.7",),
            ),
            finding(),
            finding(
                check="unused_permission",
                subject="arn:aws:iam::111122223333:role/service/Deploy",
                title="164 of 168 granted actions were not used in 90 days",
                remediation="Review the proposal and apply its policy.",
                evidence={"granted": 168, "used": 3, "unknown": 1, "unused": 164},
                standards=("FSBP IAM.21",),
            ),
            finding(
                check="idle_password",
                severity="medium",
                subject="arn:aws:iam::111122223333:user/anna",
                title="A console password was not used for 97 days",
                remediation="Delete the login profile, or ask its owner.",
            ),
            finding(
                check="idle_role",
                severity="low",
                subject="arn:aws:iam::444455556666:role/Billing",
                account_id="444455556666",
                title="A role was not assumed for 61 days",
                remediation="Ask the owner, then delete the role.",
            ),
        ),
        "recommendations": (
            recommendation(),
            recommendation(
                principal="arn:aws:iam::444455556666:role/ci-runner",
                bundle="recommendations/444455556666/role/ci-runner",
                actions_before=244,
                actions_after=51,
                unknown_kept=10,
                replayed=991_202,
                allowed=991_202,
                confidence="medium",
            ),
            recommendation(
                principal="arn:aws:iam::444455556666:role/BreakGlass",
                status="refused",
                why="6 of 90 days have no logs, and the role is for emergencies: a year of logs is needed.",
                policies=(),
                actions_before=17_431,
                actions_after=17_431,
                replayed=0,
                allowed=0,
                unknown_kept=6_210,
                confidence="low",
            ),
        ),
        "missing": ("credential report of 444455556666: access denied to iam:GenerateCredentialReport",),
    }
    return ReportContent(**{**values, **changes})


def hostile_content():
    """The same night with every text field under an attacker's control."""
    hostile_policy = CURRENT.replace("Deploy", "\\u202e" + SCRIPT).replace('"*"', '"</code></pre>' + "</script>" + '"')
    return calm_content(
        title=f"Audit {HOSTILE}",
        accounts=(HOSTILE,),
        problems=(HOSTILE,),
        missing=(HOSTILE,),
        books=Books(Tally(2, 0, {HOSTILE: 1}, {HOSTILE: 1}), {HOSTILE: 1}),
        coverage=(
            Coverage(
                HOSTILE,
                1,
                90,
                ("2026-09-03", HOSTILE),
                has_data_events=None,
                reasons=(HOSTILE,),
                regions=(RegionDays(HOSTILE, HOSTILE, HOSTILE),),
            ),
        ),
        principals=(
            principal(arn=LONG_ARN, account_id=HOSTILE, kind=HOSTILE, high_risk=(HOSTILE,)),
            principal(arn=f"arn:aws:iam::111122223333:role/{HOSTILE}"),
            principal(arn=SCRIPT),
            principal(arn=IMAGE),
        ),
        findings=(
            finding(
                check=HOSTILE,
                severity=HOSTILE,
                account_id=HOSTILE,
                subject=f"arn:aws:iam::111122223333:role/{HOSTILE}",
                title=HOSTILE,
                evidence={HOSTILE: [HOSTILE, {"<b>": "=1+1"}]},
                remediation=HOSTILE,
                first_seen=HOSTILE,
                last_seen=HOSTILE,
                standards=(HOSTILE,),
            ),
            finding(subject=LONG_ARN),
            finding(title="needle in the haystack", severity="low"),
        ),
        recommendations=(
            recommendation(
                principal=LONG_ARN,
                bundle=HOSTILE,
                confidence=HOSTILE,
                why=HOSTILE,
                policies=(hostile_policy, "</script> not JSON"),
            ),
            recommendation(principal=SCRIPT, status=HOSTILE, policies=(), diff=f"+{SCRIPT}\n-{IMAGE}\n"),
        ),
        outlook=Outlook(
            holdout=EstateHoldout(HOSTILE, 1, (Score(30, 9, 99, 1, 2),), ((HOSTILE, 2, 99),)),
            rare=(RareUse(HOSTILE, HOSTILE, 2, HOSTILE, is_outside=True),),
            week=(WeekChange(HOSTILE, HOSTILE, HOSTILE),),
            week_in_short=HOSTILE,
            retiring=(Retiring(HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE),),
            applied=1,
            refused=(HOSTILE,),
        ),
    )
