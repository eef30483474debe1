"""A bucket of an S3 server is verified as a folder is, by S3's own metadata."""

import pytest

from iamaudit.model.place import AwsAccess
from iamaudit.stages.verify import verify
from tests.unit.integrity.small_chain import PUBLIC_KEYS, at, small_chain


@pytest.fixture
def access(moto_url):
    return AwsAccess(region="us-east-1", endpoint_url=moto_url)


@pytest.fixture
def keys(tmp_path):
    (tmp_path / "keys.json").write_bytes(PUBLIC_KEYS)
    return tmp_path / "keys.json"


def put(access, bucket, memory):
    from iamaudit.sources.connect import Connection

    client = Connection(access).client("s3")
    client.create_bucket(Bucket=bucket)
    for key, data in memory.objects.items():
        client.put_object(Bucket=bucket, Key=key, Body=data, Metadata=memory.metadatas.get(key, {}))
    return client


def test_a_chain_in_a_bucket_is_valid_from_any_prefix_above_it(access, keys):
    chain = small_chain(bucket="whole", prefix="logs/AWSLogs/")
    put(access, "whole", chain.memory)

    for place in ("s3://whole", "s3://whole/logs/", "s3://whole/logs/AWSLogs"):
        result = verify(place, access=access, public_keys=keys, captured_at=at(9))
        assert (3, 2, 0) == (result.digests["valid"], result.logs["valid"], result.exit_code), place


def test_a_window_lists_only_its_days(access, keys):
    chain = small_chain(hours=60, bucket="long")
    put(access, "long", chain.memory)

    result = verify("s3://long", access=access, public_keys=keys, captured_at=at(59), since=at(50))

    assert (11, 0) == (result.digests["valid"], result.digests["missing"])
    assert {"valid"} == {word for word, count in {**result.logs}.items() if count}


def test_a_digest_put_back_without_its_metadata_is_invalid(access, keys):
    chain = small_chain(bucket="bare")
    client = put(access, "bare", chain.memory)
    client.put_object(Bucket="bare", Key=chain.digests[2], Body=chain.memory.objects[chain.digests[2]])

    result = verify("s3://bare", access=access, public_keys=keys, captured_at=at(9))

    assert [chain.digests[2]] == [verdict.object for verdict in result.bad]
    assert 1 == result.exit_code


def test_a_chain_copied_to_another_bucket_has_moved(access, keys):
    chain = small_chain(bucket="origin")
    put(access, "elsewhere", chain.memory)

    result = verify("s3://elsewhere", access=access, public_keys=keys, captured_at=at(9))

    assert 3 == result.digests["invalid"]
    assert all("moved" in verdict.reason for verdict in result.bad)
