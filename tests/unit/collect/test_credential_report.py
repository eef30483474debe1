"""The credential report's words for nothing, never and unknown (domain.md §6)."""

import base64

import pytest

ARN = "arn:aws:iam::111122223333:user/alice"
CREATED = "2025-01-02T03:04:05+00:00"
CHANGED = "2025-03-02T03:04:05+00:00"
USED = "2026-10-02T03:04:05+00:00"


def line(**cells: str) -> str:
    """A row of alice's with nothing in it but what is named."""
    values = {"user": "alice", "arn": ARN, "user_creation_time": CREATED, "mfa_active": "false", **cells}
    columns = [
        "user", "arn", "user_creation_time", "password_enabled", "password_last_used", "password_last_changed",
        "password_next_rotation", "mfa_active", "access_key_1_active", "access_key_1_last_rotated",
        "access_key_1_last_used_date", "access_key_1_last_used_region", "access_key_1_last_used_service",
        "access_key_2_active", "access_key_2_last_rotated", "access_key_2_last_used_date",
        "access_key_2_last_used_region", "access_key_2_last_used_service", "cert_1_active", "cert_1_last_rotated",
        "cert_2_active", "cert_2_last_rotated",
    ]  # fmt: skip
    inactive = {"password_enabled", "access_key_1_active", "access_key_2_active", "cert_1_active", "cert_2_active"}
    return ",".join(values.get(column, "false" if column in inactive else "N/A") for column in columns)


def credential(rows, capture, kind):
    columns = ("kind", "exists", "is_active", "last_rotated_at", "last_used_at", "last_used_known", "mfa_active")
    [found] = [row for row in rows(capture, "credentials", *columns) if row["kind"] == kind]
    return {
        name: value.isoformat() if hasattr(value, "isoformat") else value
        for name, value in found.items()
        if name != "kind"
    }


@pytest.mark.parametrize(
    ("cells", "exists", "active", "used", "known"),
    [
        ({"password_enabled": "true", "password_last_used": USED}, True, True, USED, True),
        ({"password_enabled": "TRUE", "password_last_used": "no_information"}, True, True, None, False),
        ({"password_enabled": "true", "password_last_used": "N/A"}, True, True, None, True),
        ({"password_enabled": "false", "password_last_used": "N/A"}, False, False, None, True),
        ({"password_enabled": "not_supported", "password_last_used": USED}, None, None, USED, True),
        ({"password_enabled": "not_supported", "password_last_used": "not_supported"}, None, None, None, False),
    ],
)
def test_a_password_is_read_by_the_reports_own_words(aws, collected, rows, cells, exists, active, used, known):
    capture = collected({"r.csv": aws.report(line(password_last_changed=CHANGED, **cells))})

    found = credential(rows, capture, "password")

    assert {
        "exists": exists,
        "is_active": active,
        "last_rotated_at": CHANGED,
        "last_used_at": used,
        "last_used_known": known,
        "mfa_active": False,
    } == found


@pytest.mark.parametrize(
    ("cells", "exists", "active"),
    [
        ({"access_key_1_active": "true", "access_key_1_last_rotated": CHANGED}, True, True),
        ({"access_key_1_active": "FALSE", "access_key_1_last_rotated": CHANGED}, True, False),
        ({"access_key_1_active": "false"}, False, False),
    ],
)
def test_an_inactive_key_still_exists_when_it_has_a_date(aws, collected, rows, cells, exists, active):
    capture = collected({"r.csv": aws.report(line(**cells))})

    found = credential(rows, capture, "access_key_1")

    assert (exists, active) == (found["exists"], found["is_active"])


def test_na_under_a_keys_last_use_is_never_and_not_a_date(aws, collected, rows):
    capture = collected({"r.csv": aws.report(line(access_key_1_active="true", access_key_1_last_rotated=CHANGED))})

    found = credential(rows, capture, "access_key_1")

    assert (None, True) == (found["last_used_at"], found["last_used_known"])


def test_root_is_a_user_of_its_own_name(aws, collected, rows):
    root = line(user="<root_account>", arn="arn:aws:iam::111122223333:root", mfa_active="true")
    capture = collected({"r.csv": aws.report(root)})

    found = rows(capture, "credentials", "user_name", "user_arn", "mfa_active")

    assert [
        {"user_name": "<root_account>", "user_arn": "arn:aws:iam::111122223333:root", "mfa_active": True}
    ] * 5 == found


def test_columns_may_be_added_moved_and_left_out(collected, rows):
    text = f"mfa_active,additional_credentials_info,arn,user,user_creation_time\ntrue,x,{ARN},alice,{CREATED}\n"
    capture = collected({"r.csv": text})

    found = credential(rows, capture, "password")

    assert (None, None, False, True) == (
        found["exists"],
        found["last_used_at"],
        found["last_used_known"],
        found["mfa_active"],
    )


def test_the_json_of_the_cli_is_the_same_report(aws, collected, rows):
    text = aws.report(line(password_enabled="true"))
    body = {"Content": base64.b64encode(text.encode()).decode(), "ReportFormat": "text/csv", "GeneratedTime": USED}
    capture = collected({"r.json": body})

    found = credential(rows, capture, "password")

    assert found["exists"] is True


def test_a_row_that_does_not_fit_the_header_is_refused_with_its_line(aws, collected, why):
    capture = collected({"r.csv": aws.report(line(), "bob,arn")})

    reasons = why(capture, "r.csv")

    assert ["line 3 of the report has 2 cells, the header 22: export it again"] == reasons


def test_a_word_that_is_no_flag_is_a_gap_of_that_user_only(aws, collected, rows, why):
    other = line(user="bob", arn="arn:aws:iam::111122223333:user/bob")
    capture = collected({"r.csv": aws.report(line(mfa_active="perhaps"), other)})

    found = {row["user_name"] for row in rows(capture, "credentials", "user_name")}

    assert {"bob"} == found
    assert "neither true nor false" in why(capture, "credentials of `alice`")[0]


def test_key_ids_are_joined_by_creation_time(aws, collected, rows):
    keys = [
        {"UserName": "alice", "AccessKeyId": "AKIAEXAMPLE2", "Status": "Active", "CreateDate": USED},
        {"UserName": "alice", "AccessKeyId": "AKIAEXAMPLE1", "Status": "Active", "CreateDate": CHANGED},
    ]
    row = line(
        access_key_1_active="true",
        access_key_1_last_rotated=CHANGED,
        access_key_2_active="true",
        access_key_2_last_rotated=USED,
    )
    capture = collected({"r.csv": aws.report(row), "keys.json": {"AccessKeyMetadata": keys}})

    found = {row["kind"]: row["access_key_id"] for row in rows(capture, "credentials", "kind", "access_key_id")}

    assert ("AKIAEXAMPLE1", "AKIAEXAMPLE2", None) == (found["access_key_1"], found["access_key_2"], found["password"])
