"""Runs in the interpreter that has the packages: `python worker.py FOLDER`, Python 3.8 or later.

FOLDER/jobs.json: {"checker": path of a file of bench/audit/checkers, "jobs": [{"formula", "arrays", "lists",
"options", "weights"}]}, arrays the name of an .npz in FOLDER. FOLDER/answers.json: {"version": of the package, or
null where it isn't there, "answers": [{"value"} or {"error"}]}. Needs numpy, and what the checker needs.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np


class Given:
    """What a checker gets of one value."""

    def __init__(self, folder: Path, job: Any) -> None:
        with np.load(folder / job["arrays"], allow_pickle=False) as arrays:
            self.arrays = {name: arrays[name] for name in arrays.files}
        self.lists = job["lists"]  # side -> texts, or paths of files
        self.options = job["options"]
        self.weights = job["weights"]  # folder of the network, empty where none is asked for


def version_of(package: str) -> Any:
    """The version of a distribution, None where it isn't installed."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def answer(checker: Any, formula: str, given: Given) -> Any:
    """The checker's value, or what its package raised, on one line."""
    try:
        return {"value": checker.compute(formula, given)}
    except Exception as error:  # a stranger's package may raise anything
        return {"error": type(error).__name__ + ": " + " ".join(str(error).split())}


def main(folder: Path) -> None:
    """Answer the jobs of a folder."""
    asked = json.loads((folder / "jobs.json").read_text(encoding="utf-8"))
    sys.path[:] = [place for place in sys.path if Path(place or ".").resolve() != Path(__file__).resolve().parent]
    spec = importlib.util.spec_from_file_location("audit_checker", asked["checker"])
    assert spec is not None and spec.loader is not None
    checker: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(checker)
    answers: Any = []
    version = version_of(checker.PACKAGE)
    if version is not None:
        answers = [answer(checker, job["formula"], Given(folder, job)) for job in asked["jobs"]]
    found = json.dumps({"version": version, "answers": answers})
    (folder / "answers.json").write_text(found, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
