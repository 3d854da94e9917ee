"""The command line as a whole: the version, options of every command, what a shell completes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import typer

import sightsound
from sightsound.bench.commands import complete
from sightsound.bench.commands.app import app

PATHS = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONSAFEPATH": "1"}
COMPLETED = """
import os, sys
from sightsound.bench.commands.app import main
sys.argv[0] = "bench"
try:
    main()
finally:
    assert not {"torch", "pandas", "transformers"} & set(sys.modules), "too heavy for a key press"
"""


@pytest.mark.parametrize("option", ["-V", "--version"])
def test_the_version(bench, option):
    assert bench(option).out == f"{sightsound.__version__}\n"


def leaves(command: Any, name: str = "bench") -> Iterator[tuple[str, Any]]:
    """Every command with its name."""
    if not hasattr(command, "commands"):
        yield name, command
        return
    for word, below in command.commands.items():
        yield from leaves(below, f"{name} {word}")


def test_every_command_says_how_much_it_tells_and_no_option_is_spelt_twice():
    for name, command in leaves(typer.main.get_command(app)):
        spelt = Counter(word for each in command.params for word in each.opts if word.startswith("-"))
        assert {"--quiet", "--verbose", "--log", "-q", "-v"} <= set(spelt), name
        assert [word for word, times in spelt.items() if times > 1] == [], name


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("bench run --task image", ["image2caption", "image2music"]),
        ("bench run --model moz", ["mozart"]),
        ("bench run --preset p", ["paper", "pocket"]),
        ("bench run --split wes", ["wesnoth", "wesnoth_reversed"]),
        ("bench run --metrics thd,silent", ["thd,silent_share"]),
        ("bench splits prepare song", ["songbook"]),
        ("bench leader", ["leaderboard"]),
    ],
)
def test_a_shell_completes_names_without_loading_torch(line, offered):
    environment = PATHS | {
        "_BENCH_COMPLETE": "complete_bash",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(line.split()) - 1),
    }
    done = subprocess.run(
        [sys.executable, "-c", COMPLETED], env=environment, capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == offered, done.stderr


def test_variants_and_lists_are_completed():
    assert complete.systems("mozart:pocket") == ["mozart:pocket", "mozart:pocket_no_bridge"]
    assert complete.systems("nobody:x") == []
    assert complete.after_commas("task")("image2music,music2i") == ["image2music,music2image"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_for_a_shell(shell):
    done = subprocess.run(
        [sys.executable, "-c", COMPLETED],
        env=PATHS | {"_BENCH_COMPLETE": f"source_{shell}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "_BENCH_COMPLETE" in done.stdout, done.stderr
