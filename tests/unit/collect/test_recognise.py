"""Exports are recognised by content: encodings, compression, several answers in one file, and what is none."""

import base64
import gzip
import json

import pytest

from iamaudit.collect.recognise import recognise
from iamaudit.errors import StateError

HEADER = "user,arn,user_creation_time\n"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"UserDetailList": []}, "authorization_details"),
        ({"Policies": []}, "authorization_details"),
        ({"Content": base64.b64encode(HEADER.encode()).decode(), "GeneratedTime": "x"}, "credential_report"),
        ({"SummaryMap": {}}, "account_summary"),
        ({"PasswordPolicy": {}}, "password_policy"),
        ({"VirtualMFADevices": []}, "virtual_mfa_devices"),
        ({"AccessKeyMetadata": []}, "access_keys"),
        ({"trailList": []}, "trails"),
        ({"IsLogging": True}, "trail_status"),
        ({"TrailARN": "arn", "EventSelectors": []}, "event_selectors"),
        ({"TrailARN": "arn", "AdvancedEventSelectors": []}, "event_selectors"),
        ({"JobStatus": "COMPLETED", "ServicesLastAccessed": []}, "service_last_accessed"),
        ({"JobStatus": "IN_PROGRESS", "JobCreationDate": "x"}, "service_last_accessed"),
        ({"Organization": {}, "Accounts": [], "Policies": []}, "organization"),
        ({"fileVersion": "1.0", "configurationItems": []}, "config_snapshot"),
        ({"captured_at": "x", "accounts": {}, "missing": []}, "missing"),
    ],
)
def test_each_export_is_known_by_its_members(body, kind):
    found = recognise(json.dumps(body).encode())

    assert [(kind, body)] == found


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_text_is_read_in_the_encodings_that_shells_write(encoding):
    found = recognise(HEADER.encode(encoding))

    assert ["credential_report"] == [kind for kind, _ in found]


def test_a_gzipped_file_is_opened():
    found = recognise(gzip.compress(b'{"SummaryMap":{}}'))

    assert [("account_summary", {"SummaryMap": {}})] == found


@pytest.mark.parametrize("text", ['{"SummaryMap":{}}\n{"trailList":[]}', '[{"SummaryMap":{}},{"trailList":[]}]'])
def test_several_answers_in_one_file_are_all_read(text):
    found = recognise(text.encode())

    assert ["account_summary", "trails"] == [kind for kind, _ in found]


def test_the_error_for_no_password_policy_is_the_answer_none_of_that_account():
    text = (
        "\nAn error occurred (NoSuchEntity) when calling the GetAccountPasswordPolicy operation: "
        "The Password Policy with domain name 111122223333 cannot be found.\n"
    )

    found = recognise(text.encode())

    assert [("password_policy", {"PasswordPolicy": None, "AccountId": "111122223333"})] == found


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "it is empty"),
        (b"hello", "neither JSON nor a credential report"),
        (b'{"SummaryMap": {', "not valid JSON"),
        (b"[1, 2]", "no answer of AWS"),
        (b'{"Users": []}', "`Users`"),
        (b'{"Policies": [{"PolicyName": "x"}]}', "`Policies`"),
        (b"\xff\xfe\xff", "not text"),
        (b"\x1f\x8bnot gzip", "does not unzip"),
        (b"[" * 100_000, "not valid JSON"),
    ],
)
def test_what_is_not_understood_says_why(data, message):
    with pytest.raises(StateError, match=message):
        recognise(data)
