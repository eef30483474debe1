"""What no digest names, gaps in a chain, windows of time, and chains that do not meet (domain.md §1.8)."""

from iamaudit.integrity.verdict import UNVERIFIED
from tests.unit.integrity.small_chain import (
    REGION,
    Memory,
    SmallChain,
    at,
    small_chain,
    told,
    verdicts,
)


def test_a_log_that_no_digest_names_is_unverified_and_suspicious_in_an_hour_with_a_digest():
    chain = small_chain()
    inside = chain.log(at(1.5), name="INJECTED00000000")["s3Object"]
    before = chain.log(at(-5), name="BEFORE0000000000")["s3Object"]
    after = chain.log(at(30), name="AFTER00000000000")["s3Object"]

    found = {verdict.object: verdict for verdict in verdicts(chain.memory)}

    assert {UNVERIFIED} == {found[key].verdict for key in (inside, before, after)}
    assert [True, False, False] == [found[key].is_suspicious for key in (inside, before, after)]
    assert 3 == len({found[key].reason for key in (inside, before, after)})


def test_a_stray_among_the_digests_is_unverified():
    chain = small_chain()
    stray = f"{chain.home}/CloudTrail-Digest/{REGION}/2026/06/01/readme.txt"
    chain.memory.objects[stray] = b"hello"

    assert UNVERIFIED == told(chain.memory)[stray]


def test_a_chain_that_begins_anew_has_a_gap():
    chain = small_chain(hours=2)
    chain.previous = None
    chain.digest(at(5), at(6))

    found = {verdict.object: verdict for verdict in verdicts(chain.memory)}

    assert "gap" == found[chain.digests[2]].told
    [gap] = found[chain.digests[2]].gaps
    assert (at(2), at(5)) == (gap.start, gap.end)
    assert "valid" == found[chain.digests[1]].told


def test_windows_that_do_not_abut_are_a_gap():
    chain = small_chain(hours=2)
    chain.digest(at(3), at(4), [chain.log(at(3))])

    found = told(chain.memory)

    assert "gap" == found.pop(chain.digests[2])
    assert {"valid"} == set(found.values())


def test_a_backfill_is_a_chain_of_its_own_and_closes_the_gap():
    chain = small_chain(hours=2)
    chain.digest(at(3), at(4))
    late = SmallChain(chain.memory, is_backfill=True)
    late.digest(at(2), at(3), [late.log(at(2))])

    assert dict.fromkeys([*chain.digests, *late.digests, *chain.logs, *late.logs], "valid") == told(chain.memory)


def test_a_backfill_without_its_time_of_making_is_invalid():
    chain = SmallChain(is_backfill=True)
    key = chain.digest(at(0), at(1))
    del chain.memory.metadatas[key]["backfill-generation-timestamp"]

    assert "invalid" == told(chain.memory)[key]


def test_a_chain_that_ended_has_a_gap_when_digests_were_expected():
    chain = small_chain()

    in_time = told(chain.memory, until=at(4))
    late = told(chain.memory, until=at(9))
    known = told(chain.memory, expected_until=lambda _: at(9))

    assert "valid" == in_time[chain.digests[2]]
    assert "gap" == late[chain.digests[2]] == known[chain.digests[2]]


def test_since_leaves_out_what_is_older_without_missing_it():
    chain = small_chain(hours=5)

    found = told(chain.memory, since=at(3.5))

    assert dict.fromkeys(chain.digests[3:], "valid") == {k: v for k, v in found.items() if "Digest" in k}
    assert {"valid"} == set(found.values())


def test_until_leaves_out_what_is_younger():
    chain = small_chain(hours=6)

    assert dict.fromkeys([*chain.digests[:3], *chain.logs[:3]], "valid") == {
        key: verdict for key, verdict in told(chain.memory, until=at(2)).items() if key not in chain.logs[3:]
    }


def test_chains_of_many_accounts_regions_and_trails_do_not_meet():
    memory = Memory()
    chains = [
        small_chain(memory=memory, account=account, region=region, trail=trail, organization=organization)
        for account in ("111122223333", "444455556666")
        for region in ("eu-west-1", "us-gov-west-1")
        for trail, organization in (("t", ""), ("t_us-east-1", ""), ("t", "o-exampleorg01"))
    ]

    found = told(memory)

    assert {"valid"} == set(found.values())
    assert 12 * 3 == sum("Digest" in key for key in found)
    assert {key for chain in chains for key in (*chain.digests, *chain.logs)} == set(found)


def test_a_prefix_may_hold_the_word_awslogs():
    chain = small_chain(prefix="my/AWSLogs/old/")

    assert {"valid"} == set(told(chain.memory).values())


def test_in_a_bucket_the_bucket_and_the_whole_key_are_compared():
    chain = small_chain(prefix="p/")
    chain.memory.bucket = chain.bucket
    moved = small_chain(prefix="p/")
    moved.memory.bucket = "another-bucket"

    assert {"valid"} == set(told(chain.memory).values())
    assert {"invalid"} == {verdict for key, verdict in told(moved.memory).items() if "Digest" in key}


def test_the_bucket_may_change_along_a_chain():
    """In a folder all of it may be there; what lies in a bucket that was not listed is not missing."""
    folder = small_chain(hours=2)
    folder.bucket = "new-bucket"
    folder.digest(at(2), at(3))
    bucket = Memory(dict(folder.memory.objects), dict(folder.memory.metadatas), bucket="new-bucket")
    for key in [*folder.digests[:2], *folder.logs]:
        del bucket.objects[key]

    assert {"valid"} == set(told(folder.memory).values())
    assert {folder.digests[2]: "valid", folder.digests[1]: UNVERIFIED} == told(bucket)
