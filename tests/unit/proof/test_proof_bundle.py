"""The files of a bundle: complete, harmless whatever the names are, written whole."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import pytest

from iamaudit.errors import InputError
from iamaudit.knowledge.actions import catalogue
from iamaudit.policy.parse import parse
from iamaudit.proof.bundle import bundle_files, bundle_path, safe_name
from iamaudit.proof.prove import prove
from iamaudit.proof.write import write_bundle
from iamaudit.recommend.evidence import CurrentPolicy, ObservedUse, PrincipalEvidence
from iamaudit.recommend.propose import propose

ROLE = "arn:aws:iam::111122223333:role/app"
TEXT = '{ "Version":"2012-10-17",\n\t"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"} }'
CURRENT = CurrentPolicy(f"{ROLE}#today", "today", "inline", ROLE, parse(TEXT), TEXT)
USES = (
    ObservedUse("s3:GetObject", "arn:aws:s3:::b/a", count=7, event_ids=("e1", "e2")),
    ObservedUse("=cmd|x:Y", "arn:aws:s3:::b/a"),
)
EVIDENCE = PrincipalEvidence(ROLE, "111122223333", "role", "app", (CURRENT,), uses=USES)


def files_of(evidence):
    proposal = propose(evidence, catalogue())
    return bundle_files(evidence, proposal, prove(evidence, proposal, catalogue()))


def test_a_bundle_has_its_files_below_account_kind_and_name():
    files = files_of(EVIDENCE)

    names = [
        "certificate.json",
        "current.json",
        "diff.md",
        "evidence.csv",
        "plan.json",
        "policy-1.json",
        "rollback.json",
    ]
    assert [f"111122223333/role/app/{name}" for name in names] == sorted(files)


def test_the_rollback_holds_todays_documents_byte_for_byte():
    files = files_of(EVIDENCE)

    rollback = json.loads(files["111122223333/role/app/rollback.json"])
    assert {f"{ROLE}#today": TEXT} == rollback["documents"]
    assert [ROLE] == [one["holder_arn"] for one in rollback["attachments"]]


def test_the_evidence_names_events_and_disarms_formulas():
    files = files_of(EVIDENCE)

    rows = list(csv.DictReader(io.StringIO(files["111122223333/role/app/evidence.csv"].decode())))
    assert [("s3:GetObject", "7", "e1 e2"), ("'=cmd|x:Y", "1", "")] == [
        (row["action"], row["count"], row["event_ids"]) for row in rows
    ]
    assert ["used", "used_not_granted"] == [row["origin"] for row in rows]


def test_the_diff_starts_with_the_numbers():
    files = files_of(EVIDENCE)

    text = files["111122223333/role/app/diff.md"].decode()
    assert "Still allowed: 1 of 1 observed use (7 calls); newly allowed: 0 requests." in text
    assert '-      "Action": "s3:*"' in text


def test_the_diff_says_why_the_confidence_is_not_higher():
    files = files_of(replace(EVIDENCE, uses=()))

    text = files["111122223333/role/app/diff.md"].decode()
    assert "confidence low, since the window is not known; no use was observed" in text


def test_the_same_evidence_gives_the_same_bytes():
    shuffled = replace(EVIDENCE, uses=USES[::-1])

    assert files_of(EVIDENCE) == files_of(shuffled)


def test_a_bundle_without_policies_still_rolls_back():
    files = files_of(replace(EVIDENCE, uses=()))

    assert "111122223333/role/app/rollback.json" in files
    assert not [path for path in files if "policy-" in path]


@pytest.mark.parametrize(
    "name", ["../../etc", "..", ".", "", "a/b", "a\\b", "a\0b", ".hidden", "x" * 300, "ä\n`", "con:1"]
)
def test_a_hostile_name_is_one_plain_folder(name):
    parts = bundle_path(replace(EVIDENCE, name=name)).split("/")

    assert 3 == len(parts)
    assert not set(parts[2]) & set("/\\\0\n:`")
    assert parts[2].strip(".")
    assert len(parts[2]) <= 120


def test_two_hostile_names_do_not_share_a_folder():
    assert safe_name("a/b") != safe_name("a_b") != safe_name("a\\b")


def test_true_names_stay_as_they_are():
    assert "App.role_1+x=y,z@w-2" == safe_name("App.role_1+x=y,z@w-2")


def test_a_name_that_is_no_unicode_can_still_be_written(tmp_path):
    broken = replace(EVIDENCE, name="a\ud800b", uses=(ObservedUse("s3:GetObject", "arn:aws:s3:::b/\ud800"),))

    folder = write_bundle(files_of(broken), tmp_path)

    assert (folder / "certificate.json").exists()


def test_an_older_bundle_is_replaced_as_a_whole(tmp_path):
    write_bundle({"1/role/app/policy-1.json": b"1", "1/role/app/policy-2.json": b"2"}, tmp_path)

    folder = write_bundle({"1/role/app/policy-1.json": b"new"}, tmp_path)

    assert [("policy-1.json", b"new")] == [(file.name, file.read_bytes()) for file in folder.iterdir()]
    assert ["app"] == [entry.name for entry in folder.parent.iterdir()]


@pytest.mark.parametrize("path", ["../x/y/z", "/etc/x", "a/../../b", "a//b", "a\\..\\b", "a/./b"])
def test_a_path_that_leaves_the_folder_is_refused(tmp_path, path):
    with pytest.raises(InputError, match="not a path inside the bundle"):
        write_bundle({path: b""}, tmp_path / "out")

    assert [] == list(tmp_path.iterdir())


def test_a_failed_write_leaves_the_older_bundle(tmp_path, monkeypatch):
    folder = write_bundle({"1/role/app/policy-1.json": b"old"}, tmp_path)

    def full_disk(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full_disk)
    with pytest.raises(OSError, match="No space"):
        write_bundle({"1/role/app/policy-1.json": b"new"}, tmp_path)

    assert b"old" == (folder / "policy-1.json").read_bytes()
    assert ["app"] == [entry.name for entry in folder.parent.iterdir()]
