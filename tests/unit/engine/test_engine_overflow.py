"""What does not fit into memory goes to a folder of the engine's own, which is gone with it."""

from __future__ import annotations

import gc
from pathlib import Path

from iamaudit.engine.duck import Engine


def folder_of(engine):
    (row,) = engine.query("select current_setting('temp_directory') as folder").to_pylist()
    return Path(row["folder"])


def test_the_folder_is_ours_alone_and_gone_when_the_engine_is_closed():
    with Engine({}, {}, models={}) as engine:
        folder = folder_of(engine)

        assert 0o700 == folder.stat().st_mode & 0o777
    assert not folder.exists()


def test_who_never_closes_leaves_no_folder_behind():
    engine = Engine({}, {}, models={})
    folder = folder_of(engine)

    del engine
    gc.collect()

    assert not folder.exists()


def test_a_table_larger_than_the_memory_is_made_all_the_same(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with Engine({}, {}, models={}, memory_limit="64MB") as engine:
        engine.connection.execute(
            "create temp table large as select range as n, hash(range)::varchar as text from range(4000000)"
        )

        found = engine.query("select count(distinct text) as texts from large where n < 100000").to_pylist()

        assert [{"texts": 100_000}] == found
    assert [] == list(tmp_path.iterdir())
