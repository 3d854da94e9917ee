"""What the tests share: the toy world, and the command run in this process."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import settings

from sightsound.bench.core import cards as door
from sightsound.bench.core import registry
from sightsound.metrics.card import ExtractorCard
from tests import browsers, quick, toy

# A busy machine is no failure, and a failure should come again.
settings.register_profile("suite", deadline=None, derandomize=True)
settings.load_profile("suite")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--kills", type=int, help="moments at which tests of engines kill a process; without 2")
    parser.addoption("--measure", action="store_true", help=f"write {quick.MEASURED.name} from this run")


def pytest_configure(config: pytest.Config) -> None:
    for name in ("SIGHTSOUND_MIRROR", "SIGHTSOUND_CACHE"):
        if folder := os.environ.get(name):
            os.environ[name] = str(Path(folder).absolute())  # a test may change the working directory
    if config.getoption("--measure"):
        config.pluginmanager.register(quick.Measure())


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    quick.mark(items)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    browsers.summary(terminalreporter)


@pytest.fixture(autouse=True)
def _no_module_of_a_test_stays(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A module that a test wrote and imported is gone when it ends: the next one may call its own the same."""
    before = set(sys.modules)
    yield
    written = str(tmp_path_factory.getbasetemp())
    for name in sys.modules.keys() - before:
        if str(getattr(sys.modules.get(name), "__file__", None)).startswith(written):
            del sys.modules[name]


@pytest.fixture
def tiny_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Networks of few dimensions under the names of published ones, whose cards state the published width."""
    monkeypatch.setattr(ExtractorCard, "width", lambda card, output: 0)


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def bench(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Done]:
    """`bench("run", "--model", ...)`: the command in this process."""
    from sightsound.bench.commands import app as cli

    monkeypatch.delenv("COLUMNS", raising=False)  # a table has its width without a terminal

    def command(*words: object) -> Done:
        monkeypatch.setattr(sys, "argv", ["bench", *map(str, words)])
        capsys.readouterr()
        code = 0
        try:
            cli.main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
        seen = capsys.readouterr()
        return Done(code, seen.out, seen.err)

    return command


@pytest.fixture
def toy_world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The toy's cards registered, an empty cache, and a working folder of the test's own."""
    for kind in registry.KINDS:
        monkeypatch.setitem(door._known, kind, dict(registry.cards(kind)))
    monkeypatch.setattr(door, "adopted", [])
    monkeypatch.setenv("SIGHTSOUND_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("SIGHTSOUND_MIRROR", raising=False)
    monkeypatch.chdir(tmp_path)
    toy.register()
    yield tmp_path
    door.changed.append("the toy world ends")  # what was made of its cards is made anew
