"""SQL over results: DuckDB on tables in memory, closed to everything outside them.

The statement may come from anywhere, so before it runs the database loses files, network and extensions, its
settings are locked, and anything but one statement that reads is refused.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sightsound.bench.core.console import NO_VALUE, number
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.faults import printable
from sightsound.bench.core.store import cell

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

READS = frozenset({"SELECT", "EXPLAIN"})
"""Kinds of statement that are run; DESCRIBE, SHOW and SUMMARIZE are of the first."""
CLOSED = (
    "SET python_enable_replacements = false",  # else a name may mean a variable of this program
    "SET autoinstall_known_extensions = false",
    "SET autoload_known_extensions = false",
    "SET temp_directory = ''",
    "SET enable_external_access = false",
    "SET lock_configuration = true",
)
"""Run before the user's statement, in this order."""


@dataclass(frozen=True)
class Answer:
    """What a statement gave."""

    columns: tuple[str, ...]
    """Names of the columns, none twice."""
    rows: Sequence[tuple[Any, ...]]
    """The rows; NaN and infinite numbers are None."""

    def as_text(self) -> list[list[str]]:
        """The cells as a person reads them."""
        return [[_shown(value) for value in row] for row in self.rows]

    def as_json(self) -> list[dict[str, Any]]:
        """The rows as objects."""
        return [dict(zip(self.columns, map(_plain, row), strict=True)) for row in self.rows]

    def as_csv(self) -> str:
        """CSV with a head; texts that a spreadsheet would compute begin with an apostrophe."""
        buffer = io.StringIO()
        writer = csv.writer(buffer, lineterminator="\n")
        writer.writerow(map(cell, self.columns))
        writer.writerows([_cell(value) for value in row] for row in self.rows)
        return buffer.getvalue()


def query(sql: str, tables: Mapping[str, pd.DataFrame]) -> Answer:
    """The answer of one reading statement over `tables`, by name.

    Raises BenchError, one line, for SQL that is wrong, that would write or reach outside, for two columns of one
    name, and where DuckDB is not installed.
    """
    try:
        import duckdb
    except ModuleNotFoundError as error:
        raise BenchError("`bench results query` needs DuckDB: pip install 'sightsound-bench[query]'") from error

    with duckdb.connect(":memory:") as database:
        for name, table in tables.items():
            database.register("incoming", _typed(table))
            database.execute(f'CREATE TABLE "{name}" AS SELECT * FROM incoming')
            database.unregister("incoming")
        for statement in CLOSED:
            database.execute(statement)
        try:
            found = database.execute(_single(sql, duckdb))
            columns = tuple(column[0] for column in found.description or ())
            rows = found.fetchall()
        except duckdb.Error as error:
            raise BenchError(f"SQL: {_reason(error, tables)}") from error
    if twice := sorted({name for name in columns if columns.count(name) > 1}):
        raise BenchError(f"SQL: two columns are called {twice[0]}; give one another name with AS")
    return Answer(columns, [tuple(map(_finite, row)) for row in rows])


def _single(sql: str, duckdb: Any) -> duckdb.Statement:
    """The one statement, refused where it does more than read."""
    found = duckdb.extract_statements(sql)
    if len(found) != 1:
        raise BenchError(f"SQL: {len(found)} statements; give one SELECT")
    kind = str(found[0].type).rpartition(".")[2].upper()
    if kind not in READS:
        raise BenchError(f"SQL: a statement of the kind {kind}; results are only read, with one SELECT")
    statement: duckdb.Statement = found[0]
    return statement


def _reason(error: Exception, tables: Mapping[str, pd.DataFrame]) -> str:
    """DuckDB's message on one line, without the drawing below it; with the tables where one is not known."""
    text = printable(str(error).partition("\n\nLINE ")[0].partition("\nLINE ")[0])
    return f"{text}; the tables are {', '.join(sorted(tables))}" if "Table with name" in text else text


def _typed(table: pd.DataFrame) -> Any:
    """The table for DuckDB: a column in which nothing is known is one of texts, NaN is NULL."""
    import pyarrow as pa

    made = pa.Table.from_pandas(table, preserve_index=False)
    fields = [field.with_type(pa.string()) if pa.types.is_null(field.type) else field for field in made.schema]
    return made.cast(pa.schema(fields))


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _plain(value: Any) -> Any:
    """A value that JSON has."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (list, tuple)):
        return [_plain(_finite(each)) for each in value]
    if isinstance(value, dict):
        return {str(key): _plain(_finite(each)) for key, each in value.items()}
    return str(value)


def _shown(value: Any) -> str:
    if value is None:
        return NO_VALUE
    return number(value, 6) if isinstance(value, float) else printable(str(value))


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    return value if isinstance(value, (bool, int, float)) else cell(str(value))
