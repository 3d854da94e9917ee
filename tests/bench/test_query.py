"""`bench results query`: SQL over result files and runs, and what SQL must not reach."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest

from sightsound.bench.core.errors import BenchError
from sightsound.bench.exports import collect
from sightsound.bench.exports.query import Answer, query
from sightsound.bench.review import warnings
from tests import pages
from tests.bench import made_results
from tests.bench.made_results import FORMULA, ODD, row
from tests.bench.test_flow import RUN


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """The views of made results."""
    folder = made_results.write(tmp_path_factory.mktemp("query") / "results", row("c", note=FORMULA, run=ODD))
    return collect.views(collect.sources(folder), [])


def test_values_by_system_and_the_names_of_metrics(tables):
    found = query(
        "SELECT model, short, quality, value FROM measured JOIN metrics USING (metric) "
        "WHERE metric = 'kl_yamnet' AND model IN ('a', 'c') ORDER BY value",
        tables,
    )
    assert found.columns == ("model", "short", "quality", "value")
    assert [line[:3] for line in found.rows] == [("a", "KL YAMNet", "music"), ("c", "KL YAMNet", "music")]
    (count,) = query("SELECT count(*) FROM scores WHERE by_clip AND metric = 'clap_score'", tables).rows
    assert count == (2 * made_results.N,)
    (none,) = query("SELECT value FROM rows WHERE metric = 'thd'", tables).rows
    assert none == (None,), "NaN is NULL"
    assert query("SELECT * FROM warnings", tables).rows == [], "a table without rows is there"


def test_the_package_s_own_results(bench):
    done = bench("results", "query", "SELECT count(*) AS n FROM published", "--json")
    from sightsound.bench.core import results

    count = len(results.read(results.default("published.csv")))
    assert done.code == 0 and json.loads(done.out) == [{"n": count}]


def test_a_run_as_tables(toy_world, bench):
    assert bench(*RUN, "--out", "r").code == 0
    ask = ("results", "query", "--run", "r", "--json")
    (run,) = json.loads(bench(*ask, "SELECT * FROM runs").out)
    assert (run["run"], run["task"], run["seed"]) == ("r", "image2music", 0) and "echo:pocket" in run["systems"]
    made = json.loads(bench(*ask, "SELECT count(*) AS n FROM outputs WHERE system = 'echo:pocket'").out)
    assert made == [{"n": 12}]
    warnings.write(Path("r"), [warnings.ReviewWarning("silent", "echo:pocket", FORMULA)])
    warned = json.loads(bench(*ask, "SELECT system, code, text FROM warnings").out)
    assert warned == [{"system": "echo:pocket", "code": "silent", "text": FORMULA}]
    both = bench("results", "query", "SELECT DISTINCT file FROM rows", "--run", "r", "--csv")
    assert both.out == "file\nr/rows.csv\n", "runs alone, without --results"


PAGE = pages.ROOT / "docs/exports.md"


@pytest.mark.parametrize("sql", re.findall(r'bench results query "([^"]*)"', PAGE.read_text(encoding="utf-8")))
def test_what_the_page_asks_is_answered(tables, sql):
    assert query(sql, tables).columns


def test_the_page_names_every_table(tables):
    page = PAGE.read_text(encoding="utf-8")
    assert [name for name in tables if f"`{name}`" not in page] == []


REFUSED = {
    "SELECT nope FROM measured": "nope",
    "SELECT * FROM nosuch": "the tables are",
    "SELEC 1": "syntax error",
    "": "0 statements",
    "SELECT 1; SELECT 2": "2 statements",
    "SELECT value, value FROM measured": "two columns are called value",
    "COPY measured TO '{out}'": "COPY",
    "EXPORT DATABASE '{out}'": "EXPORT",
    "ATTACH '{out}'": "ATTACH",
    "INSTALL httpfs": "LOAD",
    "LOAD httpfs": "LOAD",
    "SET enable_external_access = true": "SET",
    "CREATE TABLE x AS SELECT 1": "CREATE",
    "DELETE FROM measured": "DELETE",
    "SELECT * FROM read_csv('{secret}')": "disabled by configuration",
    "SELECT * FROM '{secret}'": "disabled by configuration",
    "SELECT * FROM read_text('{secret}')": "disabled by configuration",
    "SELECT * FROM glob('/*')": "disabled by configuration",
    "FROM query('COPY measured TO ''{out}''')": "SELECT",
    "SELECT * FROM 'https://example.org/x.parquet'": "SQL:",
    "SELECT * FROM tables": "does not exist",
}
"""SQL -> what its refusal says."""


@pytest.mark.parametrize("sql", REFUSED)
def test_sql_reads_the_tables_and_nothing_else(tables, tmp_path, sql):
    secret, out = tmp_path / "secret.csv", tmp_path / "out"
    secret.write_text("password\nhunter2\n")
    with pytest.raises(BenchError) as refused:
        query(sql.format(secret=secret, out=out), tables)
    (line,) = refused.value.lines
    assert REFUSED[sql] in line and "\n" not in line and "hunter2" not in line
    assert sorted(path.name for path in tmp_path.iterdir()) == ["secret.csv"], "nothing was written"


def test_cells_are_no_formulas_and_no_terminal_control(tables):
    answer = query("SELECT note, run FROM measured WHERE model = 'c'", tables)
    (line,) = csv.DictReader(io.StringIO(answer.as_csv()))
    assert line["note"] == "'" + FORMULA and line["run"] == ODD
    assert Answer(("x",), [("\x1b[31mred",)]).as_text() == [["[31mred"]]
    assert Answer(("=x",), [(None,)]).as_csv() == "'=x\n" + '""\n'


def test_a_folder_without_results_and_one_without_a_run(tmp_path, bench):
    for words, said in (
        (("--results", tmp_path), "holds no result file"),
        (("--run", tmp_path), "holds no run"),
    ):
        done = bench("results", "query", "SELECT 1", *words)
        assert done.code == 2 and said in done.err and done.err.count("\n") == 1, done
