"""`collect --from-config`: what the lake has read of AWS Config becomes the state that the other commands ask."""

import pytest

from iamaudit.lake.lake import create_lake
from tests.properties.small_config import ACCOUNT, attached, policy, read_config, snapshot, user

AS_OF = ("--as-of", "2026-10-09")


@pytest.fixture
def recorded(tmp_path):
    """A lake that has read one snapshot."""
    reader = user("ann", at="2026-10-01T00:00:00Z", attachedManagedPolicies=attached("reports"))
    read_config(
        create_lake(tmp_path / "lake"), snapshot(reader, policy("reports", "sqs:ListQueues", at="2026-10-01T00:00:00Z"))
    )
    return tmp_path / "lake"


def test_the_state_is_as_old_as_the_newest_item(run, recorded):
    answer = run("collect", "--from-config", "--lake", recorded, *AS_OF, "--json")

    assert 0 == answer.code
    assert "2026-10-01T00:00:00Z" == answer.rows[0]["captured_at"]
    assert {ACCOUNT: {"users": 1, "groups": 0, "roles": 0, "policies": 1, "credentials": 0}} == answer.rows[0][
        "accounts"
    ]
    assert f"not collected: {ACCOUNT}: credential report" in answer.err


def test_grants_are_asked_of_what_config_recorded(run, recorded):
    run("collect", "--from-config", "--lake", recorded, *AS_OF)

    rows = run("grants", "--lake", recorded, *AS_OF, "--window", "1", "--json").rows

    assert [("sqs:ListQueues", "unknown")] == [(row["action"], row["state"]) for row in rows]


def test_a_second_run_writes_nothing_and_says_so(run, recorded):
    run("collect", "--from-config", "--lake", recorded, *AS_OF)

    answer = run("collect", "--from-config", "--lake", recorded, *AS_OF, "--json")

    assert (0, {"captured_at": "2026-10-09T00:00:00Z", "accounts": {}, "missing": []}) == (answer.code, answer.rows[0])
    assert "AWS Config tells nothing that the lake does not know: no capture was written" == answer.line


def test_it_does_not_go_with_other_sources_of_state(run, recorded):
    answer = run("collect", "--from-config", "--profile", "audit", "--lake", recorded)

    assert 2 == answer.code
    assert "`--from-config` asks nobody but the lake" in answer.line


def test_it_makes_no_lake(run, tmp_path):
    answer = run("collect", "--from-config", "--lake", tmp_path / "lake")

    assert 2 == answer.code
    assert "there is no lake" in answer.line
    assert not (tmp_path / "lake").exists()
