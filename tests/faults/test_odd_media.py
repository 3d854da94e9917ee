"""Odd files of every kind: each is scored or failed with its reason, and none ends the run."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from tests.faults import odd_media
from tests.faults.ledger import saw
from tests.faults.odd_media import KINDS, Row


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> list[Row]:
    return odd_media.rows(tmp_path_factory.mktemp("odd"))


def test_there_are_as_many_as_were_asked_for() -> None:
    assert len(KINDS["audio"]) >= 62 and len(KINDS["image"]) >= 41
    assert len(KINDS["video"]) >= 20 and len(KINDS["text"]) >= 20


def test_each_is_scored_or_failed_and_none_is_lost(table: list[Row], tmp_path: Path) -> None:
    assert [(row.kind, row.name) for row in table] == [(kind, name) for kind in KINDS for name in KINDS[kind]]
    assert {row.happened for row in table} == {"scored", "failed"}
    odd_media.write(table, tmp_path / "table.csv")
    with (tmp_path / "table.csv").open(encoding="utf-8", newline="") as file:
        assert len(list(csv.DictReader(file))) == len(table)


@pytest.mark.parametrize("kind", KINDS)
def test_what_happens_is_what_should(table: list[Row], kind: str) -> None:
    for row in table:
        if row.kind == kind:
            expected = KINDS[kind][row.name][1]
            assert row.happened == ("failed" if expected else "scored"), row
            assert re.search(expected, row.message), row
    mine = [row for row in table if row.kind == kind]
    failed = [row for row in mine if row.happened == "failed"]
    counts = f"{len(mine) - len(failed)} scored + {len(failed)} failed = {len(mine)}, each failure with its reason"
    saw(f"{len(mine)} odd files of kind {kind}", counts, failed[0].message)


def test_a_failure_is_one_line_that_names_the_file(table: list[Row]) -> None:
    for row in table:
        if row.happened == "failed":
            assert row.message.startswith(f"{row.name}: ") and "\n" not in row.message, row
