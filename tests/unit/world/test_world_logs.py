"""The log objects lie where AWS would put them and hold what the truth says."""

import hashlib
import re
from collections import Counter
from datetime import date

from iamaudit.world import small_world, write_world

_KEY = re.compile(
    r"(second-copy/)?AWSLogs/(o-[a-z0-9]{10,32}/)?(?P<account>\d{12})/CloudTrail/(?P<region>[a-z0-9-]+)/(?P<day>\d{4}/\d{2}/\d{2})/"
    r"(?P=account)_CloudTrail_(?P=region)_(?P<stamp>\d{8}T\d{4}Z)_[A-Za-z0-9]{16}\.json\.gz"
)


def _digest(directory):
    return {
        str(path.relative_to(directory)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    }


def test_the_same_arguments_give_the_same_bytes(tmp_path):
    small_world(tmp_path / "one")
    small_world(tmp_path / "two")

    assert _digest(tmp_path / "one") == _digest(tmp_path / "two")


def test_another_seed_gives_another_world(tmp_path):
    small_world(tmp_path / "one", seed=1)
    small_world(tmp_path / "two", seed=2)

    assert _digest(tmp_path / "one") != _digest(tmp_path / "two")


def test_a_small_world_is_small(tmp_path):
    world = small_world(tmp_path)

    assert 200 <= world.events <= 450
    assert world.accounts == ("444455556666",)


def test_progress_is_told_day_by_day(tmp_path):
    told = []

    write_world(tmp_path, end=date(2026, 3, 5), days=3, scale=0.1, progress=lambda done, of: told.append((done, of)))

    assert told == [(1, 3), (2, 3), (3, 3)]


def test_every_object_lies_in_the_layout_of_aws(objects):
    matches = [_KEY.fullmatch(path.as_posix()) for path, _ in objects]

    assert all(matches)
    assert all(m["stamp"].startswith(m["day"].replace("/", "")) for m in matches)


def test_an_object_holds_one_account_and_region(objects):
    mixed = [
        path
        for path, records in objects
        if {(r["recipientAccountId"], r["awsRegion"]) for r in records}
        != {(m["account"], m["region"]) for m in [_KEY.fullmatch(path.as_posix())]}
    ]

    assert mixed == []


def test_the_path_says_the_day_of_delivery(objects):
    """An event of 23:58 lies in the next day's folder; a late one days later, and says so."""
    later = [
        (record["eventTime"][:10], record.get("addendum"))
        for path, records in objects
        for record in records
        if _KEY.fullmatch(path.as_posix())["day"].replace("/", "-") != record["eventTime"][:10]
    ]

    assert any(addendum is None for _, addendum in later)
    assert any(addendum == {"reason": "DELIVERY_DELAY"} for _, addendum in later)


def test_some_objects_are_delivered_twice_with_the_same_event_ids(objects):
    copies = {r["eventID"] for path, records in objects if path.parts[0] == "second-copy" for r in records}
    firsts = [r["eventID"] for path, records in objects if path.parts[0] != "second-copy" for r in records]

    assert copies
    assert copies < set(firsts)
    assert len(set(firsts)) == len(firsts)


def test_the_count_of_events_is_the_count_of_ids(world, records, objects):
    assert world.events == len({record["eventID"] for record in records})
    assert world.objects == len(objects)


def test_both_accounts_have_their_copy_of_a_cross_account_call(records):
    copies = {}
    for record in records:
        if record["eventName"] == "AssumeRole" and "sharedEventID" in record:
            copies.setdefault(record["sharedEventID"], {})[record["eventID"]] = record

    pairs = [list(found.values()) for found in copies.values() if len(found) == 2]

    assert pairs
    for pair in pairs:
        assert len({record["recipientAccountId"] for record in pair}) == 2
        assert "AWSAccount" in {record["userIdentity"]["type"] for record in pair}


def test_all_kinds_of_identity_appear(records):
    kinds = Counter(record["userIdentity"].get("type") for record in records)

    assert {
        "IAMUser", "AssumedRole", "Root", "AWSService", "AWSAccount", "WebIdentityUser", "SAMLUser", "IdentityCenterUser", None
    } == set(kinds)  # fmt: skip


def test_all_outcomes_appear(records):
    codes = {record.get("errorCode") for record in records}

    assert {
        None, "AccessDenied", "AccessDeniedException", "Client.UnauthorizedOperation", "NoSuchKey", "ThrottlingException",
        "Client.DryRunOperation", "ExpiredTokenException", "ParameterNotFound",
    } <= codes  # fmt: skip


def test_no_object_is_logged_from_a_bucket_that_no_selector_names(records):
    buckets = {
        record["requestParameters"]["bucketName"]
        for record in records
        if record["eventCategory"] == "Data" and record["eventSource"].startswith("s3.")
    }

    assert buckets == {"example-data-shop", "example-data-lake"}
    assert not any(r["eventSource"].startswith("dynamodb.") and r["eventCategory"] == "Data" for r in records)


def test_the_gap_has_no_records_of_its_account(records, truth):
    gap = truth["gap"]

    inside = [r for r in records if r["recipientAccountId"] == gap["account_id"] and r["eventTime"][:10] in gap["days"]]

    assert len(gap["days"]) == 3
    assert inside == []


def test_the_truth_counts_what_the_logs_hold(records, truth):
    """GetSecretValue is one permission per event, so both sides can be counted."""
    logged = {r["eventID"] for r in records if r["eventName"] == "GetSecretValue" and "errorCode" not in r}

    counted = sum(
        row["count"]
        for p in truth["principals"]
        for row in p["needed"]
        if row["action"] == "secretsmanager:GetSecretValue"
    )

    assert len(logged) == counted


def test_secret_values_never_appear(records):
    tokens = {
        r["responseElements"]["credentials"]["sessionToken"]
        for r in records
        if (r.get("responseElements") or {}).get("credentials")
    }

    assert {"HIDDEN_DUE_TO_SECURITY_REASONS"} == tokens
