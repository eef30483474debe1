"""The organisation's digests are a chain that `verify` finds valid, with the hole of the truth."""

import json
from datetime import UTC, datetime

from iamaudit.integrity.names import log_name
from iamaudit.stages.verify import verify
from iamaudit.world import small_world
from iamaudit.world.rsa_key import signing_key

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def test_every_digest_and_every_log_of_the_first_trail_is_valid(world, objects):
    result = verify(world.logs, captured_at=NOW)

    copies = [path for path, _ in objects if path.parts[0] == "second-copy"]
    assert {"valid", "gap"} == {word for word, count in result.digests.items() if count}
    assert len(objects) - len(copies) - len(after_the_last(objects)) == result.logs["valid"]
    assert len(copies) + len(after_the_last(objects)) == result.logs["unverified"]
    assert 0 == result.exit_code


def after_the_last(objects):
    """Return the objects that came when the last digest had been written."""
    return [path for path, _ in objects if log_name(path.as_posix()).delivered_at >= NOW]


def test_the_days_on_which_the_trail_was_silent_are_gaps(world, truth):
    result = verify(world.logs, captured_at=NOW)

    account, days = truth["gap"]["account_id"], truth["gap"]["days"]
    assert {account} == {verdict.account_id for verdict in result.bad}
    for verdict in result.bad:
        [gap] = verdict.gaps
        assert gap.start.date().isoformat() in days
        assert days[-1] < gap.end.date().isoformat()


def test_a_small_world_without_a_gap_has_none(tmp_path):
    world = small_world(tmp_path)

    result = verify(world.logs, captured_at=NOW)

    assert ({"valid"}, ()) == ({word for word, count in result.digests.items() if count}, result.bad)
    assert result.logs["valid"] > 10


def test_the_key_is_that_of_the_seed(world):
    listed = json.loads((world.logs / "public-keys.json").read_text())["PublicKeyList"]

    assert [(signing_key(7).value, signing_key(7).fingerprint)] == [(k["Value"], k["Fingerprint"]) for k in listed]
    assert signing_key(7).fingerprint != signing_key(8).fingerprint


def test_ingest_takes_digests_and_keys_for_what_they_are(tmp_path):
    from iamaudit.lake.lake import create_lake
    from iamaudit.stages.ingest import ingest

    world = small_world(tmp_path / "world")

    result = ingest([world.logs], create_lake(tmp_path / "lake"))

    assert 0 == result.set_aside
    assert () == result.problems
    assert world.events == result.records.kept
