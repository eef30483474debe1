"""The sweep takes what is old beyond doubt, and nothing else."""

from __future__ import annotations

import os
import time

import pytest

from iamaudit.errors import ConfigError, PromiseBrokenError, SourceError
from iamaudit.lake.check import check
from iamaudit.lake.leftovers import HALF_WRITTEN, ORPHAN, REPLACED
from iamaudit.lake.store import LocalStore
from iamaudit.lake.sweep import sweep
from iamaudit.stages.compact import compact
from iamaudit.stages.usage import update_usage
from tests.properties.small_lake import SmallLake
from tests.properties.test_care_laws import record
from tests.unit.lake.old_files import DAY, make_old

ORPHANED = f"events/dt=2026-11-01/{'ab' * 16}.parquet"
HALF = "events/dt=2026-11-01/.writing-0123"


@pytest.fixture
def small():
    """A lake with an orphan, a half-written file and replaced parts, all of them a month old."""
    with SmallLake() as small:
        for night in range(3):
            small.ingest([[record(night, 1)], b"broken %d" % night], into=f"night-{night}")
        compact(small.lake, before="2026-11-02", more_than=1)
        update_usage(small.lake)
        small.lake.store.write(ORPHANED, b"orphan")
        (small.root / "lake" / HALF).write_bytes(b"half")
        make_old(small.root / "lake", 30)
        yield small


def taken(result):
    return sorted(entry.why for entry in result.taken)


def everything(small):
    return sorted(path for path in (small.root / "lake").rglob("*") if path.is_file())


def test_what_is_old_goes_and_no_answer_changes(small):
    before = small.events(), small.usage()

    result = sweep(small.lake, older_than_days=7, yes=True)

    assert [HALF_WRITTEN, ORPHAN, *[REPLACED] * 3] == taken(result)
    assert before == (small.events(), small.usage())
    assert () == check(small.lake).problems
    assert () == sweep(small.lake, older_than_days=7, yes=True).taken


def test_without_yes_it_only_says_what_would_go(small):
    files = everything(small)

    result = sweep(small.lake, older_than_days=7)

    assert 5 == len(result.taken)
    assert not result.is_done
    assert result.bytes > len(b"orphanhalf")
    assert files == everything(small)


@pytest.mark.parametrize("key", [ORPHANED, HALF])
def test_what_is_young_stays(small, key):
    os.utime(small.root / "lake" / key)

    result = sweep(small.lake, older_than_days=7, yes=True)

    assert key not in {entry.key for entry in result.taken}
    assert (small.root / "lake" / key).exists()
    assert 1 == result.too_young


def test_what_was_replaced_a_moment_ago_stays_however_old_it_is(small):
    """A reader that began before may still have it open."""
    os.utime(small.root / "lake" / "manifests/compact/events/dt=2026-11-01.json")

    result = sweep(small.lake, older_than_days=7, yes=True)

    assert [HALF_WRITTEN] == taken(result)


def test_a_strangers_file_and_the_quarantine_stay(small):
    strange, kept = small.root / "lake" / "notes.txt", f"quarantine/{'ab' * 16}.bin"
    strange.write_text("mine")
    small.lake.store.write(kept, b"bytes that nobody claims")
    make_old(small.root / "lake", 30)

    sweep(small.lake, older_than_days=7, yes=True)

    assert strange.exists()
    assert small.lake.store.exists(kept)


def test_a_clock_that_jumps_ahead_takes_nothing(small, monkeypatch):
    """Then everything seems old, what a running writer has just written too: old is what the newest commit is not."""
    make_old(small.root / "lake", 0)
    files, now = everything(small), time.time() + 400 * DAY
    monkeypatch.setattr(time, "time", lambda: now)

    result = sweep(small.lake, older_than_days=7, yes=True)

    assert () == result.taken
    assert files == everything(small)


def test_a_clock_that_jumps_back_takes_nothing_and_says_so(small, monkeypatch):
    files, now = everything(small), time.time() - 400 * DAY
    monkeypatch.setattr(time, "time", lambda: now)

    with pytest.raises(SourceError, match=r"nothing more is swept: `manifests/.*` is dated 3\d\d\.\d days ahead"):
        sweep(small.lake, older_than_days=7, yes=True)

    assert files == everything(small)


def test_a_date_that_cannot_be_is_no_age(small, monkeypatch):
    age = LocalStore.age
    monkeypatch.setattr(LocalStore, "age", lambda store, key: 60 * 365 * DAY if key == ORPHANED else age(store, key))

    sweep(small.lake, older_than_days=7, yes=True)

    assert small.lake.store.exists(ORPHANED)


def test_less_than_a_day_is_refused(small):
    with pytest.raises(ConfigError, match=r"`0\.5` days are too few to sweep by"):
        sweep(small.lake, older_than_days=0.5, yes=True)


def test_a_manifest_that_cannot_be_read_stops_the_sweep(small):
    """What it names looks like an orphan."""
    key = next(small.lake.store.list("manifests/events/"))
    small.lake.store.write(key, b"{")

    with pytest.raises(PromiseBrokenError, match=f"nothing was swept: `{key}`: the manifest cannot be read"):
        sweep(small.lake, older_than_days=7, yes=True)

    assert small.lake.store.exists(ORPHANED)


def test_a_commit_that_was_lost_stops_the_sweep(small):
    key = next(small.lake.store.list("manifests/events/"))
    small.lake.store.delete(key)

    with pytest.raises(PromiseBrokenError, match="so a commit was lost"):
        sweep(small.lake, older_than_days=7, yes=True)

    assert small.lake.store.exists(ORPHANED)


def test_replaced_files_stay_while_what_replaced_them_is_damaged(small):
    """They may be the only copy."""
    (manifest,) = small.lake.compact_manifests()
    small.lake.store.write(manifest.parts[0].key, b"damaged")
    make_old(small.root / "lake", 30)

    with pytest.raises(PromiseBrokenError, match=f"nothing was swept: `{manifest.parts[0].key}`"):
        sweep(small.lake, older_than_days=7, yes=True)

    assert all(small.lake.store.exists(key) for key in manifest.inputs)


def test_a_commit_that_comes_meanwhile_keeps_its_files(small, monkeypatch):
    """Between listing and deleting another writer names the orphan."""
    from iamaudit.lake import sweep as module

    (first,) = [m for m in small.lake.event_manifests() if m.parts][:1]
    calls = []

    def believed(store):
        found = read(store)
        if calls:
            found.written[ORPHANED] = (first.parts[0], "manifests/events/other.json")
        calls.append(store)
        return found

    read = module._believed
    monkeypatch.setattr(module, "_believed", believed)

    sweep(small.lake, older_than_days=7, yes=True)

    assert small.lake.store.exists(ORPHANED)
