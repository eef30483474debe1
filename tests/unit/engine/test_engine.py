"""The engine: tables are provided when first asked for, models are run once."""

import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamaudit.engine.duck import Engine, ParquetFiles
from iamaudit.engine.models import Model
from iamaudit.errors import InputError, PromiseBrokenError

NUMBERS = pa.table({"n": [1, 2, 3]})


def model(name, sql, reads=""):
    return Model(name, "usage", {"name": name, "reads": reads}, sql)


def engine(models=(), parameters=None, **tables):
    providers = {name: (lambda table=table: table) for name, table in tables.items()}
    return Engine(providers, parameters or {}, models={entry.name: entry for entry in models})


def test_a_model_reads_tables_and_other_models():
    doubled = model("doubled", "select n * 2 as n from numbers", "numbers")
    total = model("total", "select sum(n)::int as n from doubled", "doubled")

    with engine([total, doubled], numbers=NUMBERS) as found:
        assert [12] == found.table("total")["n"].to_pylist()


def test_nothing_is_provided_before_it_is_asked_for():
    asked = []
    providers = {"numbers": lambda: asked.append("numbers") or NUMBERS, "other": lambda: asked.append("other")}

    with Engine(providers, {}, models={}) as found:
        found.query("select sum(n) from numbers")
        found.query("select max(n) from numbers")

    assert ["numbers"] == asked


def test_parameters_are_bound_and_never_formatted():
    named = model("named", "select $who as who")

    with engine([named], {"who": "'; drop table x; --"}) as found:
        assert ["'; drop table x; --"] == found.table("named")["who"].to_pylist()


def test_a_parameter_nobody_gave_is_told():
    with (
        engine([model("named", "select $who as who")]) as found,
        pytest.raises(PromiseBrokenError, match="model `named` needs parameters nobody gave: who"),
    ):
        found.table("named")


def test_a_table_nobody_provides_is_told_with_its_reader():
    with (
        engine([model("reader", "select 1", "nowhere")]) as found,
        pytest.raises(PromiseBrokenError, match="`reader` reads `nowhere`, which nobody provides"),
    ):
        found.table("reader")


def test_models_that_read_each_other_are_told_as_a_ring():
    ring = [model("a", "select 1", "b"), model("b", "select 1", "a")]

    with engine(ring) as found, pytest.raises(PromiseBrokenError, match="ring: a -> b -> a"):
        found.table("a")


def test_a_model_that_does_not_run_is_our_broken_promise():
    with engine([model("bad", "select nope")]) as found, pytest.raises(PromiseBrokenError, match="`bad` does not run"):
        found.table("bad")


def test_a_users_query_that_does_not_run_is_the_users():
    with (
        engine() as found,
        pytest.raises(InputError, match=r"the query failed: .*`iamaudit query --lake LAKE --tables`"),
    ):
        found.query("select nope")


@pytest.mark.parametrize("sql", ["", ";", "-- nothing"])
def test_a_query_without_an_answer_is_told(sql):
    with engine() as found, pytest.raises(InputError, match="is empty or has no answer"):
        found.query(sql)


def test_a_users_values_are_bound():
    with engine(numbers=NUMBERS) as found:
        answer = found.query("select n from numbers where n > $least", {"least": 2})

    assert [3] == answer["n"].to_pylist()


def test_no_files_are_the_empty_table_of_the_schema():
    with engine(numbers=ParquetFiles([], NUMBERS.schema)) as found:
        assert (0, ["n"]) == (found.table("numbers").num_rows, found.table("numbers").column_names)


def test_files_are_read_as_one_table(tmp_path):
    for name in "ab":
        pq.write_table(NUMBERS, tmp_path / f"{name}.parquet")
    files = ParquetFiles([str(tmp_path / f"{name}.parquet") for name in "ab"], NUMBERS.schema)

    with engine(numbers=files) as found:
        assert 6 == found.table("numbers").num_rows


def test_only_the_rows_that_are_wanted_are_read_from_files(tmp_path):
    pq.write_table(NUMBERS, tmp_path / "a.parquet")
    files = ParquetFiles([str(tmp_path / "a.parquet")], NUMBERS.schema, where="n > 1")

    with engine(numbers=files) as found:
        assert [2, 3] == sorted(found.table("numbers")["n"].to_pylist())


def test_what_is_forgotten_is_worked_out_again():
    with engine([model("total", "select sum(n)::int as n from numbers", "numbers")], numbers=NUMBERS) as found:
        before = found.table("total")["n"].to_pylist()
        found.provide("numbers", pa.table({"n": [10]}))
        found.forget("total")

        assert ([6], [10]) == (before, found.table("total")["n"].to_pylist())


def test_times_come_back_in_utc():
    with engine() as found:
        answer = found.query("select timestamptz '2026-11-01 12:00:00+02:00' as t").to_pylist()[0]["t"]

    assert "2026-11-01T10:00:00+00:00" == answer.isoformat()


def test_a_frame_is_a_data_frame():
    with engine(numbers=NUMBERS) as found:
        assert [1, 2, 3] == found.frame("select n from numbers order by n")["n"].tolist()


@pytest.mark.parametrize("sql", ["copy (select 1) to '{there}'", "select 1; drop table numbers", "set threads = 1"])
def test_a_question_that_does_more_than_ask_is_refused(tmp_path, sql):
    there = tmp_path / "out.csv"

    with engine(numbers=NUMBERS) as found, pytest.raises(InputError, match="does more than ask"):
        found.query(sql.format(there=there))

    assert not there.exists()


def test_a_part_that_is_gone_is_told_with_the_remedy(tmp_path):
    files = ParquetFiles([str(tmp_path / "gone.parquet")], NUMBERS.schema)

    with (
        engine(numbers=files) as found,
        pytest.raises(PromiseBrokenError, match="run `iamaudit lake check --lake LAKE`"),
    ):
        found.query("from numbers")


def test_no_progress_bar_is_drawn_among_the_answers(monkeypatch):
    """DuckDB draws one on standard output when `__main__` has no file, as under `python -c`."""
    monkeypatch.delattr(sys.modules["__main__"], "__file__", raising=False)

    with engine() as found:
        shown = found.connection.sql("select current_setting('enable_progress_bar')").fetchall()

    assert [(False,)] == shown


def test_a_narrowed_question_has_the_model_s_answer_and_keeps_nothing():
    doubled = model("doubled", "select n * 2 as n, $who as who from numbers", "numbers")

    with engine([doubled], {"who": "x"}, numbers=NUMBERS) as found:
        asked = found.narrowed("doubled", "select n from doubled where n > 2 order by n desc")
        is_kept = "doubled" in found.ready
        found.prepare("doubled")
        kept = found.narrowed("doubled", "select n from doubled where n > 2 order by n desc")

    assert ([6, 4], False) == (asked["n"].to_pylist(), is_kept)
    assert asked.equals(kept)


@given(st.lists(st.integers(0, 9)), st.lists(st.integers(0, 9)))
def test_a_narrowed_question_is_answered_alike_from_fewer_rows_of_what_the_model_reads(have, wanted):
    doubled = model("doubled", "select n, n * 2 as twice from numbers", "numbers")
    summed = model("summed", "select n, sum(twice) as total, $who as who from doubled group by n", "doubled")
    numbers = pa.table({"n": pa.array(have, pa.int64())})
    asked = "select n, total from summed where list_contains($wanted, n) order by n"
    fewer = {"reads": {"numbers": "list_contains($wanted, n)"}, "parameters": {"wanted": wanted}}

    with engine([doubled, summed], {"who": "x"}, numbers=numbers) as found:
        narrowed = found.narrowed("summed", asked, **fewer)
        ready = {"doubled", "summed"} & found.ready
        found.prepare("summed")
        kept = found.narrowed("summed", asked, **fewer)

    assert set() == ready
    assert narrowed.equals(kept)


def test_a_narrowed_question_that_does_not_run_is_our_fault_and_names_the_model():
    broken = model("broken", "select nothing as n from numbers", "numbers")

    with (
        engine([broken], numbers=NUMBERS) as found,
        pytest.raises(PromiseBrokenError, match="model `broken` does not run"),
    ):
        found.narrowed("broken", "select n from broken")
