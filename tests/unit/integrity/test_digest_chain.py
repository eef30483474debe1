"""The procedure of domain.md §1.8, step by step: what each kind of harm to a chain is called."""

import gzip
import json

import pytest

from iamaudit.errors import InputError
from iamaudit.integrity.verdict import UNVERIFIED
from tests.unit.integrity.small_chain import (
    ACCOUNT,
    KEY,
    REGION,
    SmallChain,
    at,
    change,
    small_chain,
    told,
    verdicts,
)


def test_a_whole_chain_is_valid():
    chain = small_chain()

    assert dict.fromkeys([*chain.digests, *chain.logs], "valid") == told(chain.memory)


def test_the_newest_digest_is_told_first_and_its_logs_after_it():
    chain = small_chain()

    order = [verdict.object for verdict in verdicts(chain.memory)]

    assert [chain.digests[2], chain.digests[1], chain.logs[1], chain.digests[0], chain.logs[0]] == order


def test_a_verdict_tells_account_region_trail_and_window():
    chain = small_chain()

    found = verdicts(chain.memory)[2]

    assert (ACCOUNT, REGION, "main_trail") == (found.account_id, found.region, found.trail)
    assert (at(1), at(2)) == (found.window_start, found.window_end)


@pytest.mark.parametrize("index", [0, 1], ids=["the oldest", "a middle one"])
def test_a_digest_that_the_chain_names_and_is_gone_is_missing(index):
    chain = small_chain()
    del chain.memory.objects[chain.digests[index]]

    found = told(chain.memory)

    assert "missing" == found[chain.digests[index]]
    assert UNVERIFIED == found[chain.logs[index]]
    assert {"valid"} == {found[key] for key in chain.digests if key != chain.digests[index]}


def test_a_missing_digest_speaks_of_the_time_since_the_digest_before_it():
    chain = small_chain(hours=5)
    for key in chain.digests[1:3]:
        del chain.memory.objects[key]

    [missing] = [verdict for verdict in verdicts(chain.memory) if verdict.verdict == "missing"]

    assert chain.digests[2] == missing.object
    assert (at(1), at(3)) == (missing.window_start, missing.window_end)


def test_a_log_that_is_gone_is_missing():
    chain = small_chain()
    del chain.memory.objects[chain.logs[0]]

    found = told(chain.memory)

    assert "missing" == found.pop(chain.logs[0])
    assert {"valid"} == set(found.values())


@pytest.mark.parametrize(
    "harm",
    [
        lambda data: gzip.compress(b'{"Records":[9]}', mtime=0),
        lambda data: data + b"more",
        lambda data: data + b"\x1f\x8bmore",
        lambda data: data + gzip.compress(b"[1]"),
        lambda data: data + gzip.compress(b""),
        lambda data: gzip.compress(b"") + data,
        lambda data: data[:-1],
        lambda data: data[: len(data) // 2],
        lambda data: b"",
        gzip.decompress,
    ],
    ids=[
        "another content",
        "bytes behind the end",
        "the beginning of another member",
        "another member",
        "an empty member behind",
        "an empty member in front",
        "one byte less",
        "half of it",
        "nothing",
        "not zipped",
    ],
)
@pytest.mark.parametrize("kind", ["logs", "digests"])
def test_an_object_with_other_bytes_is_invalid(kind, harm):
    chain = small_chain()
    victim = getattr(chain, kind)[0]
    chain.memory.objects[victim] = harm(chain.memory.objects[victim])

    assert "invalid" == told(chain.memory)[victim]


def test_a_log_of_several_members_is_its_whole_content():
    chain = small_chain()
    content = gzip.decompress(chain.memory.objects[chain.logs[0]])
    chain.memory.objects[chain.logs[0]] = gzip.compress(content[:5]) + gzip.compress(content[5:])

    assert {"valid"} == set(told(chain.memory).values())


@pytest.mark.parametrize("index", [0, 1, 2])
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("digestStartTime", "2026-05-31T00:00:00Z"),
        ("digestEndTime", "2026-06-09T00:00:00Z"),
        ("digestEndTime", "soon"),
        ("digestS3Bucket", "another"),
        ("digestS3Object", "AWSLogs/another"),
        ("digestPublicKeyFingerprint", "00"),
        ("digestSignatureAlgorithm", "none"),
        ("previousDigestS3Object", "AWSLogs/another"),
        ("previousDigestSignature", "00"),
        ("previousDigestHashValue", "00"),
        ("previousDigestHashAlgorithm", "MD5"),
        ("logFiles", [1]),
        ("logFiles", []),
        ("logFiles", ...),
        ("digestEndTime", ...),
        ("previousDigestSignature", ...),
        ("added", 1),
    ],
)
def test_a_digest_with_a_changed_field_is_invalid(index, field, value):
    chain = small_chain()
    before = chain.memory.objects[chain.digests[index]]
    change(chain.memory, chain.digests[index], **{field: value})

    found = told(chain.memory)

    if gzip.decompress(before) != gzip.decompress(chain.memory.objects[chain.digests[index]]):
        assert "invalid" == found[chain.digests[index]]


@pytest.mark.parametrize("index", [0, 1, 2])
@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"signature": "00", "signature-algorithm": "SHA256withRSA"},
        {"signature": "", "signature-algorithm": "SHA256withRSA"},
        {"signature": "zz", "signature-algorithm": "SHA256withRSA"},
        {"signature": "00" * 256, "signature-algorithm": "SHA256withRSA"},
        {"signature-algorithm": "SHA256withRSA"},
        {"signature": KEY.sign("something else"), "signature-algorithm": "SHA256withRSA"},
    ],
)
def test_a_digest_with_another_signature_is_invalid(index, metadata):
    chain = small_chain()
    chain.memory.metadatas[chain.digests[index]] = metadata

    assert "invalid" == told(chain.memory)[chain.digests[index]]


@pytest.mark.parametrize(
    "change_it", [str.upper, lambda text: text + " ", lambda text: "0" + text, lambda text: text[:-1]]
)
def test_a_signature_is_compared_as_it_is_written(change_it):
    chain = small_chain(hours=1)
    metadata = chain.memory.metadatas[chain.digests[0]]
    metadata["signature"] = change_it(metadata["signature"])

    assert "invalid" == told(chain.memory)[chain.digests[0]]


@pytest.mark.parametrize("name", ["signature", "signature-algorithm"])
def test_metadata_that_lacks_a_part_is_invalid(name):
    chain = small_chain()
    del chain.memory.metadatas[chain.digests[2]][name]

    assert "invalid" == told(chain.memory)[chain.digests[2]]


def test_a_copy_without_metadata_cannot_authenticate_its_newest_digest():
    chain = small_chain(hours=4)
    last = chain.log(at(3))
    chain.digest(at(4), at(5), [last])
    chain.memory.metadatas.clear()

    found = told(chain.memory)

    assert UNVERIFIED == found.pop(chain.digests[-1])
    assert UNVERIFIED == found.pop(last["s3Object"])
    assert {"valid"} == set(found.values())


def test_without_metadata_a_changed_older_digest_is_invalid():
    chain = small_chain(hours=4)
    chain.memory.metadatas.clear()
    change(chain.memory, chain.digests[1], logFiles=[])

    found = told(chain.memory)

    assert "invalid" == found[chain.digests[1]]
    assert "valid" == found[chain.digests[0]]


def test_a_newest_digest_without_metadata_that_lies_of_the_one_before_is_invalid():
    chain = small_chain()
    del chain.memory.metadatas[chain.digests[2]]
    change(chain.memory, chain.digests[2], previousDigestHashValue="00")

    found = told(chain.memory)

    assert "invalid" == found[chain.digests[2]]
    assert "valid" == found[chain.digests[1]]


def test_a_digest_that_was_replaced_by_another_signed_one_is_invalid():
    """Somebody who has an older signed digest of that name cannot put it back: the next one knows its hash."""
    chain = SmallChain()
    chain.digest(at(0), at(1), [chain.log(at(0))])
    old = dict(chain.memory.objects), dict(chain.memory.metadatas)
    chain.previous = None
    chain.digest(at(0), at(1), [])
    chain.digest(at(1), at(2), [])
    chain.memory.objects.update(old[0])
    chain.memory.metadatas.update(old[1])

    found = told(chain.memory)

    assert "invalid" == found[chain.digests[0]]


def test_logs_of_a_false_digest_are_unverified():
    chain = small_chain()
    change(chain.memory, chain.digests[0], awsAccountId="999999999999")

    found = told(chain.memory)

    assert "invalid" == found[chain.digests[0]]
    assert UNVERIFIED == found[chain.logs[0]]


def test_a_log_that_only_a_false_digest_names_is_not_missing():
    chain = small_chain()
    named = {"s3Bucket": "b", "s3Object": "AWSLogs/1/none", "hashValue": "00", "hashAlgorithm": "SHA-256"}
    change(chain.memory, chain.digests[0], logFiles=[named])

    assert "missing" not in told(chain.memory).values()


def test_a_moved_digest_is_invalid_and_missing_where_it_was():
    chain = small_chain()
    place = chain.digests[0].replace("2026/06/01", "2026/06/02")
    chain.memory.objects[place] = chain.memory.objects.pop(chain.digests[0])
    chain.memory.metadatas[place] = chain.memory.metadatas.pop(chain.digests[0])

    found = {verdict.object: verdict for verdict in verdicts(chain.memory)}

    assert "invalid" == found[place].verdict
    assert "moved" in found[place].reason
    assert "valid" == found[chain.logs[0]].verdict
    assert "missing" == found[chain.digests[0]].verdict


def test_a_renamed_log_is_missing_and_its_copy_unverified():
    chain = small_chain()
    place = chain.logs[0].replace("AAAA", "ZZZZ")
    chain.memory.objects[place] = chain.memory.objects.pop(chain.logs[0])

    found = told(chain.memory)

    assert "missing" == found[chain.logs[0]]
    assert UNVERIFIED == found[place]


def test_an_unknown_fingerprint_is_invalid():
    chain = small_chain()

    found = verdicts(chain.memory, keys=b'{"PublicKeyList": []}')

    assert {"invalid"} == {verdict.verdict for verdict in found if verdict.kind == "digest"}
    assert {UNVERIFIED} == {verdict.verdict for verdict in found if verdict.kind == "log"}
    assert all("not found" in verdict.reason for verdict in found if verdict.kind == "digest")


def test_two_different_objects_of_one_name_are_invalid():
    chain = small_chain()
    for key in (chain.digests[0], chain.logs[0]):
        chain.memory.objects[f"copy/{key}"] = chain.memory.objects[key]
    assert {"valid"} == set(told(chain.memory).values())
    chain.memory.objects[f"copy/{chain.digests[0]}"] = chain.memory.objects[chain.digests[1]]
    chain.memory.objects[f"copy/{chain.logs[0]}"] = chain.memory.objects[chain.logs[1]]

    found = told(chain.memory)

    assert "invalid" == found[chain.digests[0]] == found[chain.logs[0]]


def test_what_cannot_be_had_is_unverified_and_the_rest_goes_on():
    chain = small_chain()
    chain.memory.unreadable |= {chain.digests[1], chain.logs[0]}

    found = told(chain.memory)

    assert UNVERIFIED == found[chain.digests[1]] == found[chain.logs[0]]
    assert "valid" == found[chain.digests[0]] == found[chain.digests[2]]


def test_a_digest_that_names_itself_does_not_go_round_and_round():
    chain = small_chain()
    change(chain.memory, chain.digests[1], previousDigestS3Object=chain.digests[1])

    assert "invalid" == told(chain.memory)[chain.digests[1]]


def test_a_signed_digest_that_the_chain_passes_by_is_unverified():
    chain = small_chain(hours=2)
    beside = SmallChain(chain.memory)
    extra = beside.digest(at(1.2), at(1.5))
    chain.digest(at(2), at(3))

    found = {verdict.object: verdict for verdict in verdicts(chain.memory)}

    assert "valid" == found[chain.digests[0]].told
    assert {extra} == {key for key, verdict in found.items() if verdict.told != "valid"}


def test_a_layout_that_was_not_kept_is_told():
    chain = small_chain()
    chain.memory.objects = {key.rpartition("/")[2]: data for key, data in chain.memory.objects.items()}

    with pytest.raises(InputError, match="AWSLogs"):
        told(chain.memory)


def test_a_gzip_bomb_is_no_digest(monkeypatch):
    monkeypatch.setattr("iamaudit.integrity.reading.content", _small)
    chain = small_chain()
    text = json.dumps({"padding": "x" * 100_000}).encode()
    chain.memory.objects[chain.digests[0]] = gzip.compress(text)

    found = {verdict.object: verdict for verdict in verdicts(chain.memory)}[chain.digests[0]]

    assert "invalid" == found.verdict
    assert "more than" in found.reason


def _small(file):
    from iamaudit.integrity.unzip import content

    return content(file, limit=10_000)
