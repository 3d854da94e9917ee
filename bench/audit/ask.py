"""Hands values to a checker in some interpreter, and hears what its package makes of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from sightsound.bench.audit.material import Material
from sightsound.bench.core.errors import BenchError

HERE = Path(__file__).parent
CHECKERS = tuple(sorted(path.stem for path in (HERE / "checkers").glob("[!_]*.py")))
TIMEOUT_S = 1800.0  # for one package and all values of a run
OFFLINE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
"""Without these laion_clap, which frechet-audio-distance imports, asks the hub for tokenizers for minutes."""


@dataclass(frozen=True)
class Checker:
    """A file of bench/audit/checkers."""

    name: str
    package: str
    serves: Mapping[str, str]
    """Formula -> function of the package."""


@dataclass(frozen=True)
class Answers:
    """What a package said."""

    version: str | None
    """None: it isn't installed there."""
    values: Sequence[float | str]
    """In the order of the jobs; a text says why there is none."""


def checkers() -> list[Checker]:
    """All of them; their packages are not imported."""
    modules = [(name, import_module(f"sightsound.bench.audit.checkers.{name}")) for name in CHECKERS]
    return [Checker(name, module.PACKAGE, module.SERVES) for name, module in modules]


def ask(checker: Checker, jobs: Sequence[tuple[str, Material]], python: str | None) -> Answers:
    """The package's values for (formula, material), in `python` or in this interpreter.

    BenchError where the process dies, with the last line that it said, or takes over half an hour.
    """
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        written = [_written(folder, index, *job) for index, job in enumerate(jobs)]
        asked = {"checker": str(HERE / "checkers" / f"{checker.name}.py"), "jobs": written}
        (folder / "jobs.json").write_text(json.dumps(asked), encoding="utf-8")
        environment = {**os.environ, **OFFLINE}
        if python is not None:
            environment = {name: value for name, value in environment.items() if not name.startswith("PYTHON")}
        words = [python or sys.executable, "-W", "ignore", str(HERE / "worker.py"), place]
        try:
            done = subprocess.run(
                words,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                env=environment,
                timeout=TIMEOUT_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise BenchError(f"{checker.package}: no answer after {TIMEOUT_S:.0f} s") from None
        if not (folder / "answers.json").is_file():
            said = done.stderr.decode("utf-8", "replace").strip().splitlines()
            raise BenchError(f"{checker.package} in {words[0]}: {said[-1] if said else f'exit {done.returncode}'}")
        found = json.loads((folder / "answers.json").read_text(encoding="utf-8"))
    return Answers(found["version"], [each.get("value", each.get("error")) for each in found["answers"]])


def _written(folder: Path, index: int, formula: str, given: Material) -> dict[str, Any]:
    name = f"{index}.npz"
    np.savez(folder / name, **given.arrays)  # type: ignore[arg-type]  # its second argument is no array's name
    lists = {side: list(texts) for side, texts in given.lists.items()}
    return {
        "formula": formula,
        "arrays": name,
        "lists": lists,
        "options": dict(given.options),
        "weights": given.weights,
    }
