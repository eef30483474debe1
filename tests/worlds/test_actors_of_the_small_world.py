"""Who was behind each call of a small made-up account, against the slow twin that goes from key to key."""

from __future__ import annotations

import gzip
import json

import pytest

from iamaudit.config import Settings
from iamaudit.lake.lake import create_lake
from iamaudit.stages.ingest import ingest
from iamaudit.stages.workbench import engine_on
from iamaudit.world import small_world
from tests.oracles.slow_sessions import slow_actors


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return small_world(tmp_path_factory.mktemp("actors-world"))


@pytest.fixture(scope="module")
def rows(world, tmp_path_factory):
    lake = create_lake(tmp_path_factory.mktemp("actors") / "lake")
    ingest([world.logs], lake)
    with engine_on(lake, Settings(), world.window_end) as engine:
        return engine.table("usage").to_pylist()


@pytest.fixture(scope="module")
def behind(world):
    records = [
        record
        for path in world.logs.rglob("*.json.gz")
        for record in json.loads(gzip.decompress(path.read_bytes())).get("Records", ())
    ]
    return slow_actors(records)


def test_every_use_has_the_actor_that_the_slow_twin_finds(rows, behind):
    wrong = [
        (row["event_ids"][0], row["assumed_by"], row["actor_kind"], row["actor"])
        for row in rows
        if {behind[event] for event in row["event_ids"]} != {(row["assumed_by"], row["actor_kind"], row["actor"])}
    ]

    assert [] == wrong


def test_the_world_has_chains_and_sessions_of_several_kinds(rows):
    assert any(row["assumed_by"] for row in rows)
    assert {"user", "function", "identity_center"} <= {row["actor_kind"] for row in rows}


def test_no_use_of_a_role_is_left_without_a_word_on_who(rows):
    assert not [row for row in rows if row["principal_kind"] == "role" and row["actor_kind"] is None]
