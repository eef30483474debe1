"""The engine: runs models over the lake's tables. The only file that imports duckdb."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from shutil import rmtree
from tempfile import mkdtemp
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from weakref import finalize

import duckdb
import pyarrow as pa

from iamaudit.engine.models import Model, load_models
from iamaudit.errors import InputError, PromiseBrokenError

if TYPE_CHECKING:
    import pandas as pd  # costs more to import than all else, and only `frame` needs it

_WORD = re.compile(r"[a-z_][a-z0-9_]*", re.IGNORECASE)


class ParquetFiles:
    """A table that stands in Parquet files; an empty list is the empty table of the schema.

    With *where*, a condition of ours and never of a user, only the rows of which it is true: the others are not read.
    """

    def __init__(self, locations: Sequence[str], schema: pa.Schema, *, where: str | None = None) -> None:
        self.locations = list(locations)
        self.schema = schema
        self.where = where


Provider = Callable[[], "pa.Table | ParquetFiles"]


@dataclass(frozen=True, slots=True)
class Pieces:
    """How a model is made whose whole is too large to be worked out at once: rows of it after others.

    *reads* are conditions on the rows of what the model reads, as in `Engine.narrowed`; *each* gives the parameters of one
    piece after the other. Every row of the model belongs to one piece, and no row to two.
    """

    reads: Mapping[str, str]
    each: Callable[[Engine], Iterable[Mapping[str, object]]]


class Engine:
    """One DuckDB connection in memory; tables are provided when first asked for, models are run once.

    *providers* give the base tables, *parameters* the values of `$name` in models: bound, never formatted. *pieces* say which
    models are not worked out at once. What does not fit into memory is kept in a folder for temporary files until the end.
    """

    def __init__(
        self,
        providers: Mapping[str, Provider],
        parameters: Mapping[str, object],
        *,
        models: Mapping[str, Model] | None = None,
        pieces: Mapping[str, Pieces] | None = None,
        memory_limit: str = "2GB",
    ) -> None:
        self.providers = providers
        self.parameters = dict(parameters)
        self.models = load_models() if models is None else models
        self.pieces = dict(pieces or {})
        self.ready: set[str] = set()
        overflow = mkdtemp(prefix="iamaudit-")  # ours alone: what is written there is what logs and policies say
        self._clean_up = finalize(self, rmtree, overflow, ignore_errors=True)  # also of who never closes
        self.connection = duckdb.connect(":memory:")
        self.connection.execute("set temp_directory = $folder", {"folder": overflow})
        self.connection.execute("set timezone = 'UTC'")
        self.connection.execute("set memory_limit = $limit", {"limit": memory_limit})
        self.connection.execute("set preserve_insertion_order = false")
        # DuckDB draws its bar on standard output, among the answers, wherever it takes the process for interactive
        with suppress(
            duckdb.InvalidInputException
        ):  # in a notebook without ipywidgets, where there is no bar to switch off
            self.connection.execute("set enable_progress_bar = false")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the tables and of what did not fit into memory."""
        self.connection.close()
        self._clean_up()

    def table(self, name: str) -> pa.Table:
        """Return a model's or a base table's rows."""
        self.prepare(name)
        return self.connection.sql(f'from "{name}"').to_arrow_table()

    def narrowed(
        self,
        name: str,
        sql: str,
        *,
        reads: Mapping[str, str] | None = None,
        parameters: Mapping[str, object] | None = None,
    ) -> pa.Table:
        """Return the answer of *sql*, which reads the model *name*, without keeping the model's rows.

        Columns and rows that *sql* leaves out are not worked out either: for a model whose whole is large. *reads* are
        conditions of ours on the rows of tables that the model reads, itself or through other models, and *parameters* their
        values and those of *sql*: they save work and must not change the answer, since a model that is there already does
        without them.
        """
        given = dict(parameters or {})
        model = self.models.get(name)
        if model is None or self._is_kept(name):
            self.prepare(name)
            return self.connection.sql(sql, params=given or None).to_arrow_table()
        above: dict[str, str] = {}
        self._narrow(model, reads or {}, above, given)
        try:
            return self.connection.sql(f"{_with(above)} {sql}", params=given or None).to_arrow_table()
        except duckdb.Error as error:
            raise PromiseBrokenError(f"model `{name}` does not run: {error}") from error

    def _narrow(self, model: Model, reads: Mapping[str, str], above: dict[str, str], given: dict[str, object]) -> None:
        """Put the selects that *model* needs before itself into *above*, and what they are bound to into *given*."""
        for read in model.reads:
            between = self.models.get(read)
            if read in above:
                continue
            if read in reads:
                self.prepare(read, (model.name,))
                above[read] = f'select * from main."{read}" where {reads[read]}'  # noqa: S608  # conditions of ours
            elif between is not None and not self._is_kept(read) and self._leads_to(between, reads):
                self._narrow(between, reads, above, given)
            else:
                self.prepare(read, (model.name,))
        above[model.name] = model.sql
        given |= self._bound(model)

    def _is_kept(self, name: str) -> bool:
        """Whether the model's rows are there; a view has none, and is worked out anew each time it is asked."""
        return name in self.ready and self.models[name].form == "table"

    def _leads_to(self, model: Model, reads: Mapping[str, str]) -> bool:
        return any(
            read in reads
            or (read in self.models and not self._is_kept(read) and self._leads_to(self.models[read], reads))
            for read in model.reads
        )

    def query(self, sql: str, parameters: Mapping[str, object] | None = None) -> pa.Table:
        """Run a user's select over views and models; raise `InputError` with DuckDB's own words.

        Nothing else is run: a question must not write files or change settings.
        """
        self._check_is_a_question(sql)
        for word in {word.lower() for word in _WORD.findall(sql)}:
            if word in self.models or word in self.providers:
                self.prepare(word)
        try:
            answer = self.connection.sql(sql, params=dict(parameters) if parameters else None)
            if answer is None:
                raise InputError("the query is empty or has no answer: write a select, like `from usage limit 5`")
            return answer.to_arrow_table()
        except duckdb.Error as error:
            raise InputError(
                f"the query failed: {str(error).splitlines()[0]}; `iamaudit query --lake LAKE --tables` lists what there is"
            ) from error

    def _check_is_a_question(self, sql: str) -> None:
        try:
            kinds = {statement.type for statement in self.connection.extract_statements(sql)}
        except duckdb.Error:
            return  # it does not parse: running it says where
        if not kinds <= {duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN}:
            raise InputError("the query does more than ask: write one select, like `from usage limit 5`")

    def frame(self, sql: str, parameters: Mapping[str, object] | None = None) -> pd.DataFrame:
        """Run a user's select and return a data frame."""
        frame: pd.DataFrame = self.query(sql, parameters).to_pandas()
        return frame

    def prepare(self, name: str, _above: tuple[str, ...] = ()) -> None:
        """Make sure that *name* and all it reads are there."""
        if name in self.ready:
            return
        if name in _above:
            raise PromiseBrokenError(f"the models read in a ring: {' -> '.join((*_above, name))}")
        if name in self.models:
            model = self.models[name]
            if name not in self.pieces or not self._run_in_pieces(model, self.pieces[name]):
                for read in model.reads:
                    self.prepare(read, (*_above, name))
                self._run(model)
        elif name in self.providers:
            self.provide(name, self.providers[name]())
        else:
            raise PromiseBrokenError(f"`{_above[-1] if _above else 'a caller'}` reads `{name}`, which nobody provides")
        self.ready.add(name)

    def provide(self, name: str, rows: pa.Table | ParquetFiles) -> None:
        """Put a base table under *name*, in place of what was there."""
        if isinstance(rows, ParquetFiles) and rows.locations:
            try:
                scan = self.connection.read_parquet(rows.locations, union_by_name=True)
            except duckdb.Error as error:
                raise PromiseBrokenError(
                    f"the lake's `{name}` cannot be read: {str(error).splitlines()[0]}; run `iamaudit lake check --lake LAKE`"
                ) from error
            self.connection.unregister(name)  # an empty table of before would hide the view
            (scan if rows.where is None else scan.filter(rows.where)).create_view(name, replace=True)
        else:
            table = rows.schema.empty_table() if isinstance(rows, ParquetFiles) else rows
            self.connection.register(name, table)
        self.ready.add(name)

    def forget(self, *names: str) -> None:
        """Run these models again when they are next asked for."""
        self.ready.difference_update(names)

    def _bound(self, model: Model) -> dict[str, Any]:
        missing = [name for name in model.parameters if name not in self.parameters]
        if missing:
            raise PromiseBrokenError(f"model `{model.name}` needs parameters nobody gave: {', '.join(missing)}")
        return {name: self.parameters[name] for name in model.parameters}

    def _run_in_pieces(self, model: Model, pieces: Pieces) -> bool:
        """Make the table of a model piece by piece; say no where there is no piece, or what it reads is there as a whole."""
        do = f'create or replace temp table "{model.name}" as'
        for parameters in pieces.each(self):
            above: dict[str, str] = {}
            given = dict(parameters)
            self._narrow(model, pieces.reads, above, given)
            if above.keys().isdisjoint(pieces.reads):
                return False  # each piece would be the whole
            try:
                self.connection.execute(f'{do} {_with(above)} from "{model.name}"', given)
            except duckdb.Error as error:
                raise PromiseBrokenError(f"model `{model.name}` does not run: {error}") from error
            do = f'insert into "{model.name}"'
        return do.startswith("insert")

    def _run(self, model: Model) -> None:
        bound = self._bound(model)
        try:
            self.connection.execute(f'create or replace temp {model.form} "{model.name}" as {model.sql}', bound)
        except duckdb.Error as error:
            raise PromiseBrokenError(f"model `{model.name}` does not run: {error}") from error


def _with(selects: Mapping[str, str]) -> str:
    return "with " + ", ".join(f'"{table}" as not materialized ({select})' for table, select in selects.items())
