"""Every operation of every botocore service maps to actions of the catalogue, or is excused in a list that shrinks."""

from __future__ import annotations

import re

import pytest

from iamaudit.knowledge.actions import ActionCatalogue, catalogue
from iamaudit.knowledge.tables import rows
from tools.map_operations import Operation, compare, how, operations, why_not

MOST = 544  # the exceptions of the day the list was closed; lower it with them, never raise it for an old operation


@pytest.fixture(scope="module")
def unmapped():
    return {operation.key for operation in operations() if not how(operation)}


def excused():
    return {(row["service"], row["operation"]) for row in rows("unmapped_operations")}


def test_the_models_are_there():
    assert len(operations()) > 15_000


def test_every_operation_maps_or_is_excused(unmapped):
    """`python tools/map_operations.py --accept` lets the operations of a newer botocore in, for review."""
    assert set() == unmapped - excused()


def test_no_exception_outlives_its_need(unmapped):
    """`python tools/map_operations.py --write` takes them out."""
    assert set() == excused() - unmapped


def test_the_exceptions_only_shrink():
    assert len(rows("unmapped_operations")) <= MOST


def test_every_exception_has_a_reason_and_a_date():
    bad = [
        r for r in rows("unmapped_operations") if not re.fullmatch(r"\d{4}-\d\d-\d\d", r["since"]) or not r["reason"]
    ]

    assert [] == bad


def operation(prefix, name, documentation="", **request):
    return Operation(prefix, name, prefix, request, documentation)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (operation("s3", "PutObjectAcl", Bucket="x"), "rule"),
        (operation("ec2", "RunInstances", ImageId="x"), "rule"),
        (operation("kms", "Decrypt"), "same name"),
        (operation("sts", "GetCallerIdentity"), "no permission"),
        (operation("kms", "InventKey"), ""),
        (operation("cloudfront", "CreateDistribution2020_05_31"), "same name"),
    ],
)
def test_an_operation_maps_by_rule_by_its_name_or_not_at_all(asked, expected):
    assert expected == how(asked)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (operation("inventions", "List"), "the catalogue has no service `inventions`"),
        (operation("kms", "InventKey", "You need kms:InventKey."), "its documentation names kms:InventKey"),
        (operation("kms", "InventKey", "Invents."), "the catalogue has no action of this name"),
    ],
)
def test_the_reason_says_what_is_missing(asked, expected):
    assert why_not(asked).startswith(expected)


def test_a_newer_catalogue_is_told_apart(tmp_path):
    """What is added, what is gone, and which rows of ours that concerns."""
    (tmp_path / "metadata.json").write_text('{"version": "0.2"}')
    (tmp_path / "services.json").write_text('["polly", "kms"]')
    for kind in ("actions", "resourceTypes"):
        (tmp_path / kind).mkdir()
    (tmp_path / "actions" / "polly.json").write_text(
        '{"tagresource": {"name": "TagResource", "accessLevel": "Tagging", "resourceTypes": []}}'
    )

    said = list(compare(catalogue(), ActionCatalogue(tmp_path)))

    assert "-> 0.2" in said[0]
    assert "+ polly:TagResource" in said
    assert "- kms:Decrypt" in said
    assert any(line.startswith("! polly:TagResource is there now") for line in said)
    assert "! event_actions.csv names kms:ReEncryptFrom, which is gone" in said
