"""lake status, check, compact and sweep as a user meets them."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from tests.properties.test_care_laws import record
from tests.unit.lake.old_files import make_old


@pytest.fixture
def nights(run, tmp_path):
    """A lake of six nights of two days, each with an object that is no log; it may be damaged."""
    place = tmp_path / "lake"
    for night in range(6):
        logs = tmp_path / f"night-{night}"
        logs.mkdir()
        (logs / f"{night}.json").write_text(json.dumps({"Records": [record(night, 1), record(night, 2)]}))
        (logs / f"broken-{night}.json").write_text(f"not a log {night}")
        run("ingest", logs, "--lake", place)
    return place


def test_status_counts_by_fate_kind_and_night(run, nights):
    answer = run("lake", "status", "--lake", nights, "--json").rows[0]

    today = datetime.now(UTC).date().isoformat()
    assert {"ingested": 6, "set_aside": 6} == answer["objects"]
    assert {"not_json": 6} == answer["reasons_of_objects_set_aside"]
    assert {"in": 12, "kept": 12, "ignored": {}, "set_aside": {}} == answer["records"]
    assert (12, 12, 0, 2) == tuple(
        answer[name] for name in ("event_parts", "parts_not_rewritten", "days_rewritten", "days_with_events")
    )
    assert answer["records"] == answer["nights"][today]["records"]


def test_status_is_a_table_for_people(run, nights):
    answer = run("lake", "status", "--lake", nights)

    assert 0 == answer.code
    assert "ingested 6, set_aside 6" in answer.out
    assert "night" in answer.out


def test_a_whole_lake_is_said_to_be_whole(run, nights):
    answer = run("lake", "check", "--lake", nights)

    assert (0, "") == (answer.code, answer.err)
    assert "the lake is whole" in answer.out
    assert {"whole": True, "problems": []}.items() <= run("lake", "check", "--lake", nights, "--json").rows[0].items()


@pytest.mark.parametrize("fast", [["--fast"], []])
def test_a_missing_part_breaks_a_promise_and_is_named_with_a_remedy(run, nights, fast):
    gone = next(nights.glob("events/dt=2026-11-01/*.parquet"))
    gone.unlink()

    answer = run("lake", "check", "--lake", nights, *fast)
    machine = run("lake", "check", "--lake", nights, "--json", *fast)

    assert 3 == answer.code == machine.code
    assert f"broken: `events/dt=2026-11-01/{gone.name}`: the part is missing: 1 rows" in answer.line
    assert "restore it from a backup, or delete it and `manifests/events/" in answer.line
    assert ["broken"] == [problem["severity"] for problem in machine.rows[0]["problems"]]


def test_only_a_full_check_sees_a_changed_byte(run, nights):
    path = next(nights.glob("events/dt=2026-11-01/*.parquet"))
    data = path.read_bytes()
    path.write_bytes(data[:100] + bytes([data[100] ^ 1]) + data[101:])

    assert 0 == run("lake", "check", "--lake", nights, "--fast").code
    assert 3 == run("lake", "check", "--lake", nights).code


def test_a_remedy_mends(run, nights, tmp_path):
    """What the check says to do is done, and the lake is whole again with the same events."""
    gone = next(nights.glob("events/dt=2026-11-01/*.parquet"))
    gone.unlink()
    remedy = run("lake", "check", "--lake", nights, "--json").rows[0]["problems"][0]["remedy"]
    manifest = remedy.split("`")[1]

    (nights / manifest).unlink()
    run("ingest", *sorted(tmp_path.glob("night-*")), "--lake", nights)

    assert 0 == run("lake", "check", "--lake", nights).code
    assert [{"n": 12}] == run("query", "--lake", nights, "select count(*) as n from events", "--json").rows


def test_an_orphan_is_a_note_and_exit_code_0(run, nights):
    (nights / "events" / "dt=2026-11-01" / f"{'ab' * 16}.parquet").write_bytes(b"x")

    answer = run("lake", "check", "--lake", nights)

    assert 0 == answer.code
    assert answer.line.startswith("note: `events/dt=2026-11-01/abab")


def test_compact_rewrites_closed_days(run, nights):
    first = run("lake", "compact", "--lake", nights, "--before", "2026-11-02", "--json").rows[0]
    second = run("lake", "compact", "--lake", nights, "--as-of", "2026-11-05")
    third = run("lake", "compact", "--lake", nights, "--as-of", "2026-11-05")

    assert [("2026-11-01", 6, 1)] == [(day["dt"], day["files_before"], day["files_after"]) for day in first["days"]]
    assert "6 → 1" in second.out
    assert "no day before 2026-11-03 has more than 4 new files" in third.out
    assert 0 == run("lake", "check", "--lake", nights).code
    assert [{"n": 12}] == run("query", "--lake", nights, "select count(*) as n from events", "--json").rows


def test_compact_leaves_open_days_alone(run, nights):
    answer = run("lake", "compact", "--lake", nights, "--as-of", "2026-11-03", "--json").rows[0]

    assert {"before": "2026-11-01", "days": []} == answer


def test_sweep_says_what_would_go_and_takes_it_when_told(run, nights):
    run("lake", "compact", "--lake", nights, "--as-of", "2026-11-05")
    young = run("lake", "sweep", "--lake", nights).out
    make_old(nights, 30)

    would = run("lake", "sweep", "--lake", nights).out
    did = run("lake", "sweep", "--lake", nights, "--yes", "--json").rows[0]

    assert "would delete (say --yes) 0 files" in young
    assert "12 are too young" in young
    assert "would delete (say --yes) 12 files" in would
    assert (True, 12, 0) == (did["deleted"], len(did["files"]), did["too_young"])
    assert 0 == run("lake", "check", "--lake", nights).code


@pytest.mark.parametrize(
    "words", [("check",), ("status",), ("compact",), ("sweep",), ("compact", "--before", "soon"), ("sweep", "--yes")]
)
def test_no_lake_or_a_wrong_day_is_one_line(run, tmp_path, words):
    answer = run("lake", *words, "--lake", tmp_path / "nowhere")

    assert 2 == answer.code
    assert "`" in answer.line
