"""A folder of exports: any names, several accounts, pages, and files that say too little."""

import gzip

import pytest

from iamaudit.collect.files import collect_files
from iamaudit.errors import StateError

OTHER = "444455556666"
MFA = {"VirtualMFADevices": [{"SerialNumber": "arn:aws:iam::111122223333:mfa/root-account-mfa-device"}]}


def trail(name: str, region: str = "eu-west-1", account: str = "111122223333") -> dict[str, object]:
    return {
        "Name": name,
        "TrailARN": f"arn:aws:cloudtrail:{region}:{account}:trail/{name}",
        "HomeRegion": region,
        "IsMultiRegionTrail": True,
        "IsOrganizationTrail": False,
        "LogFileValidationEnabled": True,
        "S3BucketName": "example-logs",
    }


def status(*, logging: bool = True) -> dict[str, object]:
    return {"IsLogging": logging, "StartLoggingTime": 1767225600.5}


def whole_account(aws) -> dict[str, object]:
    return {
        "one": aws.details(UserDetailList=[aws.user("alice")]),
        "two": aws.report(f"alice,arn:aws:iam::{aws.account}:user/alice,2025-01-02T03:04:05+00:00" + ",N/A" * 19),
        "three": {"SummaryMap": {"AccountMFAEnabled": 1}},
        "four": {"PasswordPolicy": {"MinimumPasswordLength": 14}},
        "five": {"VirtualMFADevices": []},
        "six": {"trailList": []},
    }


def test_a_complete_folder_lacks_nothing(aws, collected):
    capture = collected(whole_account(aws))

    assert () == capture.missing
    assert {aws.account: {"users": 1, "groups": 0, "roles": 0, "policies": 0, "credentials": 0}} == capture.accounts


def test_what_is_not_there_is_missing_with_the_command_that_brings_it(aws, collected, why):
    files = whole_account(aws)
    del files["two"]
    capture = collected(files)

    reasons = why(capture, "111122223333: credential report")

    assert 1 == len(capture.missing)
    assert "aws iam get-credential-report" in reasons[0]


def test_an_empty_folder_says_what_to_put_there(tmp_path):
    with pytest.raises(StateError, match="put the output of `aws iam get-account-authorization-details` there"):
        collect_files(tmp_path, captured_at=None)


def test_a_missing_folder_says_so(tmp_path):
    with pytest.raises(StateError, match="there is no folder"):
        collect_files(tmp_path / "nowhere", captured_at=None)


def test_a_file_in_place_of_its_folder_says_so(tmp_path):
    (tmp_path / "details.json").write_text("{}")

    with pytest.raises(StateError, match=r"details\.json` is a file: name the folder"):
        collect_files(tmp_path / "details.json", captured_at=None)


def test_pages_of_one_account_are_one_account(aws, collected, rows, why):
    capture = collected(
        {
            "p1.json": aws.details(
                UserDetailList=[aws.user("alice", GroupList=["devs"])], IsTruncated=True, Marker="x"
            ),
            "p2.json": aws.details(GroupDetailList=[aws.group("devs")], IsTruncated=False),
        }
    )

    found = rows(capture, "memberships", "user_arn")

    assert [{"user_arn": f"arn:aws:iam::{aws.account}:user/alice"}] == found
    assert [] == why(capture, "last page")


def test_pages_without_the_last_one_are_a_gap(aws, collected, why):
    capture = collected({"p1.json": aws.details(UserDetailList=[aws.user("alice")], IsTruncated=True, Marker="x")})

    reasons = why(capture, "last page of the authorization details")

    assert 1 == len(reasons)


def test_a_file_that_is_not_understood_does_not_stop_the_others(aws, collected, why):
    capture = collected({**whole_account(aws), "notes.txt": "buy milk", "cut.json": '{"UserDetailList": ['})

    reasons = why(capture, "file `")

    assert 2 == len(capture.missing)
    assert ["it is not valid JSON", "it is neither JSON"] == [
        reason.split(":")[0].split(" nor")[0] for reason in reasons
    ]


@pytest.mark.parametrize("name", ["444455556666/summary.json", "summary-444455556666.json", "x/444455556666/y/s.json"])
def test_an_answer_without_an_account_takes_it_from_the_name_of_file_or_folder(aws, collected, rows, name):
    capture = collected({"a.json": aws.details(UserDetailList=[aws.user("alice")]), name: {"SummaryMap": {"Users": 1}}})

    found = rows(capture, "settings", "account_id")

    assert [{"account_id": OTHER}] == found


def test_a_minute_in_a_file_name_is_no_account(aws, collected, rows):
    files = {
        "a.json": aws.details(UserDetailList=[aws.user("alice")]),
        "s-202611011200.json": {"SummaryMap": {"Users": 1}},
    }
    capture = collected(files)

    found = rows(capture, "settings", "account_id")

    assert [{"account_id": aws.account}] == found


def test_an_answer_that_may_be_of_two_accounts_is_missing(aws, collected, why):
    capture = collected(
        {
            "a.json": aws.details(UserDetailList=[aws.user("alice")]),
            "b.json": aws.details(UserDetailList=[aws.user("bob", OTHER)]),
            "s.json": {"SummaryMap": {"Users": 1}},
        }
    )

    reasons = why(capture, "file `s.json` (account summary)")

    assert ["there are 2 in the folder: put the 12-digit account id into its name or into the name of its folder"] == [
        reason.partition(", and ")[2] for reason in reasons
    ]
    assert 0 == capture.tables["settings"].num_rows


def test_no_password_policy_is_a_value_and_not_a_gap(aws, collected, rows, why):
    text = (
        "An error occurred (NoSuchEntity) when calling the GetAccountPasswordPolicy operation: "
        "The Password Policy with domain name 111122223333 cannot be found."
    )
    capture = collected({"p.txt": text})

    found = rows(capture, "settings", "account_id", "name", "value")

    assert [{"account_id": aws.account, "name": "password_policy", "value": "null"}] == found
    assert [] == why(capture, "password policy")


def test_a_refused_export_is_missing_with_awss_words(collected, why):
    text = "An error occurred (AccessDenied) when calling the GetAccountSummary operation: User x is not authorized"
    capture = collected({"s.json": text})

    reasons = why(capture, "file `s.json`")

    assert ["AWS refused `GetAccountSummary` with `AccessDenied`: User x is not authorized"] == [
        reason.partition(";")[0] for reason in reasons
    ]


def test_virtual_mfa_devices_name_their_account_and_lose_their_seed(collected, rows):
    device = {**MFA["VirtualMFADevices"][0], "Base32StringSeed": "c2VjcmV0"}
    capture = collected({"m.json": {"VirtualMFADevices": [device]}})

    found = rows(capture, "settings", "account_id", "value")

    assert [
        {
            "account_id": "111122223333",
            "value": '[{"SerialNumber":"arn:aws:iam::111122223333:mfa/root-account-mfa-device"}]',
        }
    ] == found


def test_status_and_selectors_join_the_only_trail(collected, rows):
    basic = [{"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": []}]
    capture = collected(
        {
            "t.json": {"trailList": [trail("main")]},
            "s.json": status(),
            "e.json": {"TrailARN": trail("main")["TrailARN"], "EventSelectors": basic},
        }
    )

    [found] = rows(
        capture, "trails", "account_id", "is_logging", "started_at", "event_selectors", "advanced_event_selectors"
    )

    assert ("111122223333", True, "2026-01-01T00:00:00.500000+00:00") == (
        found["account_id"],
        found["is_logging"],
        found["started_at"].isoformat(),
    )
    assert '[{"ReadWriteType":"All","IncludeManagementEvents":true,"DataResources":[]}]' == found["event_selectors"]
    assert found["advanced_event_selectors"] is None


def test_a_status_finds_its_trail_by_the_longest_name_in_the_file_name(collected, rows):
    capture = collected(
        {
            "t.json": {"trailList": [trail("audit"), trail("audit-data"), trail("trail")]},
            "get-trail-status-audit.json": status(logging=True),
            "get-trail-status_audit-data.json": status(logging=False),
        }
    )

    found = {row["name"]: row["is_logging"] for row in rows(capture, "trails", "name", "is_logging")}

    assert {"audit": True, "audit-data": False, "trail": None} == found


def test_trails_of_one_name_are_told_apart_by_account_in_the_path(collected, rows):
    capture = collected(
        {
            "111122223333/t.json": {"trailList": [trail("main")]},
            "444455556666/t.json": {"trailList": [trail("main", account=OTHER)]},
            "444455556666/status-main.json": status(logging=False),
        }
    )

    found = {row["account_id"]: row["is_logging"] for row in rows(capture, "trails", "account_id", "is_logging")}

    assert {"111122223333": None, OTHER: False} == found


def test_a_status_of_no_known_trail_is_missing(collected, why):
    capture = collected({"t.json": {"trailList": [trail("one"), trail("two")]}, "s.json": status()})

    reasons = why(capture, "file `s.json` (trail status)")

    assert 1 == len(reasons)
    assert "put the trail's name into the file's name" in reasons[0]
    assert 2 == len(why(capture, "status of trail"))


def test_a_trail_described_in_every_region_is_one_trail(collected, rows):
    capture = collected({"a.json": {"trailList": [trail("main")]}, "b.json": {"trailList": [trail("main")]}})

    found = rows(capture, "trails", "name")

    assert [{"name": "main"}] == found


@pytest.mark.parametrize("name", ["x.json", "last-accessed-alice.json"])
def test_service_last_accessed_finds_its_principal(aws, collected, rows, name):
    arn = f"arn:aws:iam::{aws.account}:user/alice"
    entity = {"LastAuthenticatedEntity": arn, "LastAuthenticated": "2026-10-01T00:00:00Z"} if name == "x.json" else {}
    services = [{"ServiceName": "Amazon S3", "ServiceNamespace": "s3", "TotalAuthenticatedEntities": 0, **entity}]
    capture = collected(
        {
            "a.json": aws.details(UserDetailList=[aws.user("alice"), aws.user("bob")]),
            name: {"JobStatus": "COMPLETED", "ServicesLastAccessed": services},
        }
    )

    [found] = rows(capture, "service_last_accessed", "principal_arn", "service", "actions", "last_authenticated_at")

    assert (arn, "s3", None) == (found["principal_arn"], found["service"], found["actions"])
    assert bool(entity) == (found["last_authenticated_at"] is not None)


def test_service_last_accessed_without_its_last_page_is_a_gap(aws, collected, why):
    services = [{"ServiceName": "Amazon S3", "ServiceNamespace": "s3"}]
    page = {"JobStatus": "COMPLETED", "ServicesLastAccessed": services, "IsTruncated": True, "Marker": "x"}
    capture = collected({"a.json": aws.details(UserDetailList=[aws.user("alice")]), "alice.json": page})

    reasons = why(capture, "last page of service last accessed")

    assert 1 == len(reasons)
    assert 1 == capture.tables["service_last_accessed"].num_rows


def test_service_last_accessed_of_an_unfinished_job_is_missing(aws, collected, why):
    body = {"JobStatus": "IN_PROGRESS", "JobCreationDate": "2026-10-01T00:00:00Z"}
    capture = collected({"a.json": aws.details(UserDetailList=[aws.user("alice")]), "alice.json": body})

    reasons = why(capture, "service last accessed of")

    assert "the job is `IN_PROGRESS`" in reasons[0]


def test_a_compressed_export_is_read_like_any_other(collected, rows):
    capture = collected({"111122223333.json.gz": gzip.compress(b'{"SummaryMap":{"Users":1}}')})

    found = rows(capture, "settings", "value")

    assert [{"value": '{"Users":1}'}] == found


def test_what_a_carried_folder_lacked_is_still_lacking(collected, why):
    capture = collected({"missing.json": {"missing": [{"what": "SCPs", "why": "refused"}]}})

    assert ["refused"] == why(capture, "SCPs")


@pytest.mark.parametrize(
    "body",
    [
        {"UserDetailList": 7},
        {"RoleDetailList": [7]},
        {"SummaryMap": []},
        {"VirtualMFADevices": {}},
        {"trailList": "x"},
        {"Organization": [], "Accounts": []},
        {"configurationItems": {}},
        {"Content": "%%%", "ReportFormat": "text/csv"},
        {"AccessKeyMetadata": [[]]},
        {"missing": [{"what": 7, "why": 8}]},
        {"IsLogging": "yes"},
        {"ServicesLastAccessed": [1]},
    ],
)
def test_an_answer_of_the_wrong_shape_is_a_gap_and_no_crash(collected, body):
    capture = collected({"111122223333.json": body})

    assert capture.missing != ()
