"""`iamaudit verify` as a user meets it."""

import pytest

from tests.unit.integrity.small_chain import small_chain
from tests.unit.stages.written_chain import write_chain


@pytest.fixture
def chain():
    return small_chain()


@pytest.fixture
def logs(chain, tmp_path):
    return write_chain(chain.memory, tmp_path / "logs")


def test_one_line_for_each_object(run, chain, logs):
    answer = run("verify", logs, "--json")

    assert 0 == answer.code
    assert [["object", "kind", "verdict", "reason"]] * 5 == [list(row) for row in answer.rows]
    assert {*chain.digests, *chain.logs} == {row["object"] for row in answer.rows}
    assert {"valid"} == {row["verdict"] for row in answer.rows}
    assert {"digest": 3, "log": 2} == {k: sum(r["kind"] == k for r in answer.rows) for k in ("digest", "log")}


def test_people_are_told_the_counts_and_what_is_bad(run, chain, logs):
    (logs / chain.logs[0]).unlink()
    (logs / chain.logs[1]).write_bytes(b"harm")

    answer = run("verify", logs)

    assert 1 == answer.code
    assert f"missing  {chain.logs[0]}: " in answer.out
    assert f"invalid  {chain.logs[1]}: " in answer.out


def test_a_gap_is_told_and_is_no_failure(run, chain, tmp_path):
    from tests.unit.integrity.small_chain import at

    chain.digest(at(7), at(8))

    answer = run("verify", write_chain(chain.memory, tmp_path / "gap"))

    assert 0 == answer.code
    assert f"gap  {chain.digests[-1]}: " in answer.out


def test_names_cannot_write_on_the_terminal(run, chain, logs):
    place = (logs / chain.logs[0]).parent / "\x1b[31mred\n.json.gz"
    place.write_bytes(b"")
    (logs / chain.logs[0]).unlink()

    answer = run("verify", logs)

    assert "\x1b" not in answer.out


def test_the_window_may_be_given(run, logs):
    answer = run("verify", logs, "--since", "2026-06-01T02:30:00Z", "--until", "2026-06-01T04:00:00Z", "--json")

    assert ["digest"] == [row["kind"] for row in answer.rows]


def test_the_verdicts_are_kept_in_a_lake(run, logs, tmp_path):
    run("verify", logs, "--lake", tmp_path / "lake", "--as-of", "2026-06-02")

    rows = run(
        "query", "select verdict, captured_at from stg_log_integrity", "--lake", tmp_path / "lake", "--json"
    ).rows

    assert [{"verdict": "valid", "captured_at": "2026-06-02T00:00:00Z"}] * 3 == rows


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["nowhere"], "nothing at"),
        (["logs", "--public-keys", "nowhere"], "list-public-keys"),
        (["logs", "--since", "soon"], "not a time"),
        (["lookup://"], "not a place in S3"),
    ],
)
def test_bad_input_is_one_line(run, logs, monkeypatch, words, says):
    monkeypatch.chdir(logs.parent)

    answer = run("verify", *words)

    assert 2 == answer.code
    assert says in answer.line


def test_a_place_without_digests_verifies_nothing(run, tmp_path):
    (tmp_path / "a.json").write_text("{}")

    answer = run("verify", tmp_path, "--json")

    assert 2 == answer.code
    assert "no digest" in answer.line
