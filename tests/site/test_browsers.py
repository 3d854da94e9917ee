"""Where there is no browser, the test run says so in one line."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from sightsound.bench.core.errors import BenchError
from sightsound.bench.perf import chromium
from tests import browsers


def told(*reasons):
    lines = []
    reports = [SimpleNamespace(longrepr=("file", 1, f"Skipped: {reason}")) for reason in reasons]
    reporter = SimpleNamespace(stats={"skipped": reports}, write_line=lambda line, **_: lines.append(line))
    browsers.summary(reporter)
    return lines


def test_how_many_did_not_run_and_how_to_get_one(monkeypatch):
    monkeypatch.setattr(chromium, "NAMES", ())
    monkeypatch.delenv(chromium.VARIABLE, raising=False)
    with pytest.raises(pytest.skip.Exception) as skipped:
        browsers.require()
    reason = str(skipped.value)
    (line,) = told(reason, "another reason", reason)
    assert line.startswith("2 browser tests did not run: no Chromium is here: Debian's package chromium has one")
    assert told("another reason") == []


def test_the_variable_names_the_program(monkeypatch, tmp_path):
    monkeypatch.setenv(chromium.VARIABLE, str(tmp_path / "chromium"))
    with pytest.raises(BenchError, match="where no program is"):
        chromium.find()
    (tmp_path / "chromium").touch()
    assert chromium.find() == tmp_path / "chromium"
