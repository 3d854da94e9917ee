"""The wheel in a fresh environment: one new name, all that the commands read, no clash with the user's folders."""

import csv
import json
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from sightsound.bench.core import results, scores
from tests.adding import pages

ROOT = Path(__file__).parents[2]
SOURCES = ("bench", "metrics", "baselines", "results", "sightsound")
MINE = """
import numpy as np
from metrics import PITCH_HZ      # the folder's own, not sightsound.metrics
from sightsound import Generated, ModelCard

class Drone:
    card = ModelCard("drone", ("image2music",), {}, "a chord", "MIT")

    def __init__(self, device, weights):
        self.time_s = np.arange(2 * 16000) / 16000

    def generate(self, examples, seed):
        for example in examples:
            partials = [np.sin(2 * np.pi * PITCH_HZ * k * self.time_s) / k for k in (1, 2, 3)]
            yield Generated(example.id, 0.2 * np.sum(partials, axis=0), 16000)
"""
IMPORTS = """
import bench, baselines, metrics                                          # the folder's own
import sightsound.metrics.card, sightsound.bench.core.registry, sightsound.baselines.reference
assert (bench.MINE, baselines.MINE, metrics.PITCH_HZ) == (True, True, 110), bench
print(sightsound.__version__)
"""


def run(*command, cwd, **more):
    """A command in an environment in which nothing points at this checkout."""
    env = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "SIGHTSOUND_MIRROR")}
    env |= {key: str(value) for key, value in more.items()}
    done = subprocess.run(
        list(map(str, command)), cwd=cwd, env=env, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Built from a copy of the sources: what earlier builds left in the checkout must not get into it."""
    copy, out = tmp_path_factory.mktemp("sources") / "sightsound", tmp_path_factory.mktemp("wheel")
    for name in SOURCES:
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy / name)
    has_setuptools = run(
        sys.executable, "-c", "import importlib.util as u; print(u.find_spec('setuptools'))", cwd=out
    )
    isolation = () if has_setuptools.strip() == "None" else ("--no-build-isolation",)  # quicker, needs no index
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", *isolation, "-w", out, copy, cwd=out)
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The bin folder of a fresh environment with the wheel, and what the wheel brought to the top level.

    The packages that it depends on are those of this environment, without the link to this checkout that an
    editable install is.
    """
    home = tmp_path_factory.mktemp("fresh")
    venv.create(home, with_pip=False)
    python = home / "bin" / "python"
    run(
        sys.executable,
        "-m",
        "pip",
        "--python",
        python,
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        wheel,
        cwd=home,
    )
    (site,) = home.glob("lib/python*/site-packages")
    brought = sorted(path.name for path in site.iterdir())
    theirs = [path for path in sys.path if Path(path).name in ("site-packages", "dist-packages")]
    (site / "dependencies.pth").write_text("".join(f"{path}\n" for path in theirs))
    return home / "bin", brought


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A research repository with folders of our names."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "metrics.py").write_text("PITCH_HZ = 110\n")
    (folder / "baselines.py").write_text("MINE = True\n")
    (folder / "bench").mkdir()
    (folder / "bench" / "__init__.py").write_text("MINE = True\n")
    (folder / "results").mkdir()
    (folder / "mine.py").write_text(MINE)
    (folder / "script.py").write_text(IMPORTS)
    pages.made_split(folder / "made")
    return folder


def test_one_new_name_and_what_the_commands_read(installed):
    binaries, brought = installed
    assert [name for name in brought if not name.endswith(".dist-info")] == ["sightsound"]
    assert [name.partition("-")[0] for name in brought if name.endswith(".dist-info")] == ["sightsound_bench"]
    (package,) = binaries.parent.glob("lib/python*/site-packages/sightsound")
    assert (package / "py.typed").is_file()
    for table in [*(ROOT / "results").glob("*.csv"), *(ROOT / "results").glob("*.parquet")]:
        assert (package / "results" / table.name).read_bytes() == table.read_bytes()
    works = sorted((ROOT / "bench/citing/sources").glob("*.bib"))
    assert works and [path.name for path in works] == sorted(
        path.name for path in (package / "bench/citing/sources").glob("*.bib")
    )
    ours = {path.relative_to(ROOT / "metrics") for path in (ROOT / "metrics").rglob("*.py")}
    assert {path.relative_to(package / "metrics") for path in (package / "metrics").rglob("*.py")} == ours
    assert not list(package.rglob("tests"))
    assert {"bench", "sightsound"} <= {path.name for path in binaries.iterdir()}


def test_a_run_with_a_model_that_imports_the_folder_s_own_metrics(installed, project, tmp_path):
    asked = ("--task", "image2music", "--split", "made", "--metrics", "thd", "--device", "cpu", "--json")
    words = ("run", "--model", "mine:Drone", *asked, "--out", tmp_path / "r")
    out = run(installed[0] / "bench", *words, cwd=project, SIGHTSOUND_CACHE=tmp_path / "cache")
    (row,) = (row for row in json.loads(out) if row["model"] == "drone")
    assert (row["n"], row["n_failed"]) == (6, 0)
    assert row["value"] == pytest.approx((1 / 4 + 1 / 9) ** 0.5, rel=0.02)  # of partials 1, 1/2, 1/3


@pytest.mark.parametrize("door", [("sightsound",), ("python", "-m", "sightsound")], ids=" ".join)
def test_the_command_s_other_doors(installed, project, door):
    out = run(installed[0] / door[0], *door[1:], "list", "task", cwd=project)
    assert "image2music" in out


def test_a_script_and_a_notebook_s_line_import_both(installed, project):
    version = run(installed[0] / "python", "script.py", cwd=project)
    assert run(installed[0] / "python", "-c", IMPORTS, cwd=project) == version
    assert version.strip() == run(installed[0] / "bench", "--version", cwd=project).strip()


def test_results_are_the_package_s_where_the_folder_has_none(installed, project, tmp_path):
    run(installed[0] / "bench", "leaderboard", "--out", tmp_path / "board.md", cwd=project)
    assert (tmp_path / "board.md").read_text() == (ROOT / "leaderboard.md").read_text()
    rows, values = results.read(ROOT / "results/baseline.csv"), scores.read(ROOT / "results/baseline.parquet")
    seed = rows["seed"].min()
    results.write(tmp_path / "rows.csv", rows[rows["seed"] == seed])
    values[values["seed"] == seed].to_parquet(tmp_path / scores.NAME)
    found = json.loads(run(installed[0] / "bench", "check", tmp_path, "--json", cwd=project))
    assert found and all(finding["ok"] for finding in found)


def test_results_of_the_folder_come_first(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert results.default("baseline.csv").samefile(ROOT / "results" / "baseline.csv")
    (tmp_path / "results").mkdir()
    with (tmp_path / "results" / "baseline.csv").open("w", newline="") as file:
        csv.writer(file).writerow(results.COLUMNS)
    assert results.default("baseline.csv") == Path("results/baseline.csv")
    assert results.default("measured.csv", "baseline.csv") == Path("results/baseline.csv")
    monkeypatch.setattr(results, "CARRIED", tmp_path / "nowhere")
    with pytest.raises(results.BenchError, match=r"results/published\.csv: not here"):
        results.default("published.csv")
