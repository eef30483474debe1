"""The catalogue answers in AWS's spelling and reads a service only when asked."""

from __future__ import annotations

from iamaudit.knowledge.actions import catalogue


def test_an_action_is_found_whatever_its_case():
    spelt = catalogue().spelling("S3:putbucketcors")

    assert spelt == "s3:PutBucketCORS"


def test_an_action_nobody_knows_has_no_spelling():
    assert catalogue().spelling("s3:FetchObject") is None


def test_a_prefix_from_a_hostile_log_reads_no_file():
    known = catalogue()

    assert known.spelling("../../services:x") is None
    assert () == known.arn_templates("../actions/s3", "bucket")


def test_all_actions_are_sorted_and_many():
    every = catalogue().all_actions()

    assert list(every) == sorted(set(every))
    assert len(every) > 20_000


def test_the_catalogue_is_one_per_process():
    assert catalogue() is catalogue()


def test_an_action_without_resource_types_takes_no_resource():
    known = catalogue()

    assert not known.takes_resource("s3:ListAllMyBuckets")
    assert known.takes_resource("s3:GetObject")


def test_an_unknown_action_takes_no_resource_and_has_no_level():
    known = catalogue()

    assert not known.takes_resource("s3:FetchObject")
    assert () == known.resource_types("s3:FetchObject")
    assert known.access_level("s3:FetchObject") is None


def test_resource_types_carry_their_templates():
    types = {kind.name: kind.arn_templates for kind in catalogue().resource_types("kms:Decrypt")}

    assert {"key": ("arn:${Partition}:kms:${Region}:${Account}:key/${KeyId}",)} == types


def test_a_type_may_have_two_templates():
    templates = catalogue().arn_templates("apigateway", "stage")

    assert len(templates) == 2
    assert all(template.startswith("arn:") for template in templates)


def test_the_version_and_the_access_level_are_told():
    known = catalogue()

    assert known.version.startswith("0.")
    assert known.access_level("s3:GetObject") == "Read"
