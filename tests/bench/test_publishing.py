"""`bench publish` and `bench submit`: nothing gives way unasked, and nothing that is handed in is trusted."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import math
import shutil
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd
import pytest

from sightsound.bench.core import results, scores
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.scores import Score
from sightsound.bench.publishing import archive
from sightsound.bench.publishing.merge import merge
from sightsound.bench.stages.finished import unfinished
from tests.bench.rows import row
from tests.bench.test_flow import RUN

CARD = """name = "Echo"
authors = ["Ann O. Nymous", "=Bob"]
licence = "CC0-1.0"
weights = "none"
run = "as released, on a CPU"
"""


def parts(made: results.Row, values: Mapping[str, float]) -> list[Score]:
    shared = {name: getattr(made, name) for name in ("run", *scores.KEY) if name != "definition"}
    return [
        Score(
            **shared,
            definition=results.definition(made.signature),
            example=name,
            group=name,
            input=name,
            value=value,
            weight=1.0,
            by_clip=True,
        )
        for name, value in values.items()
    ]


def test_rows_are_added_and_the_same_ones_stay(tmp_path):
    path = tmp_path / "m.csv"
    done = merge(path, results.frame([row(), row(seed=1)]), scores.table([]))
    assert (done.rows, done.added, done.same) == (2, 2, 0)
    again = merge(path, results.frame([row(run="again", commit="new"), row(seed=2)]), scores.table([]))
    assert (again.rows, again.added, again.same) == (3, 1, 1)
    assert "again" not in set(results.read(path)["run"]), "what says the same stays as it was"


@pytest.mark.parametrize(
    "other",
    [
        row(n=2, value=9.0),
        row(split="s[limit2]@1", value=9.0),
        row(signature="thd|n:3|v:1", value=9.0),
        row(seed=1, value=9.0),
        row(competitors="a b", value=9.0),
    ],
)
def test_another_n_signature_or_part_of_the_split_is_another_row(tmp_path, other):
    path = tmp_path / "m.csv"
    merge(path, results.frame([row()]), scores.table(parts(row(), {"a": 1.0, "b": 1.5, "c": 2.0})))
    done = merge(path, results.frame([other]), scores.table(parts(other, {"a": 9.0, "b": 9.0})))
    assert done.rows == 2 and not done.replaced
    kept = scores.parts(scores.read(scores.beside(path)))
    assert scores.find(kept, dataclasses.asdict(row())).value == 1.5
    assert scores.find(kept, dataclasses.asdict(other)).value == 9.0


def test_less_never_replaces_more_and_what_is_replaced_is_listed_with_its_values(tmp_path):
    path = tmp_path / "m.csv"
    old, new = row(), row(value=2.5, n_failed=1, run="later")
    merge(path, results.frame([old, row(seed=1)]), scores.table(parts(old, {"a": 1.0, "b": 1.5, "c": 2.0})))
    before = path.read_bytes(), scores.beside(path).read_bytes()
    with pytest.raises(BenchError) as refused:
        merge(path, results.frame([new, row(seed=3)]), scores.table(parts(new, {"a": 2.5})))
    told = "thd of m:v: was 1.500 at n 3 (run r), is 2.500 at n 3, 1 failed (run later)"
    assert told in refused.value.lines[0] and "--replace" in refused.value.lines[1]
    assert before == (path.read_bytes(), scores.beside(path).read_bytes()), "nothing was written"
    done = merge(path, results.frame([new, row(seed=3)]), scores.table([]), replace=True)
    assert [str(change) for change in done.replaced] == [told] and done.rows == 3
    assert scores.read(scores.beside(path)).empty, "values by example of a row that is gone are gone with it"


def test_values_by_example_of_an_older_file_are_found_and_replaced(tmp_path):
    path = tmp_path / "m.csv"
    results.write(path, results.frame([row()]))
    scores.table(parts(row(), {"a": 1.5})).drop(columns="n").to_parquet(scores.beside(path))
    assert scores.find(scores.parts(scores.read(scores.beside(path))), dataclasses.asdict(row())).value == 1.5
    new = row(value=3.0)
    merge(path, results.frame([new]), scores.table(parts(new, {"a": 3.0})), replace=True)
    assert set(scores.read(scores.beside(path))["value"]) == {3.0}


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a run of the toy world is kept."""
    return tmp_path_factory.mktemp("finished")


@pytest.fixture
def run(toy_world: Path, bench: Callable, finished: Path) -> Path:
    """A finished run of the toy world, the same for all tests, and a card."""
    if not (finished / "r").is_dir():
        assert bench(*RUN, "--model", "echo:pocket_twin", "--out", "r").code == 0
        shutil.copytree("r", finished / "r")
        shutil.copytree("cache", finished / "cache")
    else:
        shutil.copytree(finished / "r", "r")
        shutil.copytree(finished / "cache", "cache")
    Path("card.toml").write_text(CARD)
    return Path("r")


def test_an_unfinished_run_is_refused(run, bench):
    def refused() -> str:
        done = bench("publish", "r", "--to", "m.csv")
        assert done.code == 2 and not Path("m.csv").exists(), done
        return done.err

    kept = {path: path.read_bytes() for path in (run / "rows.csv", run / "run.json", run / "failures.csv")}
    (run / "rows.csv").unlink()
    assert "it was not scored" in refused()
    (run / "rows.csv").write_bytes(kept[run / "rows.csv"])
    plan = json.loads(kept[run / "run.json"])
    (run / "run.json").write_text(json.dumps(plan | {"systems": [*plan["systems"], "mozart:pocket"]}))
    assert "there is no fad_toy of mozart:pocket" in refused()
    (run / "run.json").write_bytes(kept[run / "run.json"])
    with (run / "failures.csv").open("a") as file:
        file.write("echo:pocket,toy.001,it was not generated,fad_toy\n")
    assert "1 outputs of echo:pocket were not generated" in refused()
    (run / "failures.csv").write_bytes(kept[run / "failures.csv"])
    journal = run / "systems/echo.pocket/outputs.jsonl"
    lines = journal.read_text().splitlines(keepends=True)
    journal.write_text("".join(lines[:5]))
    assert "5 of 12 outputs of echo:pocket are there" in refused()
    journal.write_text("".join(lines))
    assert unfinished(run) == "" and bench("publish", "r", "--to", "m.csv").code == 0
    assert "holds no run" in bench("publish", "cache", "--to", "m.csv").err


def test_a_submission_is_the_same_bytes_and_is_verified_from_its_features(run, bench):
    for name in ("a.zip", "b.zip"):
        done = bench("submit", "r", "--card", "card.toml", "--out", name, "--features")
        assert done.code == 0, done.err
    assert Path("a.zip").read_bytes() == Path("b.zip").read_bytes()
    shutil.rmtree("r")
    shutil.rmtree("cache/features")
    done = bench("publish", "a.zip", "--to", "m.csv")
    assert done.code == 0, done.err
    assert "6 rows computed again from features" in done.out
    table = results.read(Path("m.csv"))
    assert set(table["measured_by"]) == {"verified: Ann O. Nymous, =Bob"}
    assert set(table["model"]) == {"echo"}, "no reference rows"
    assert len(scores.read(Path("m.parquet")))
    (card,) = Path("submissions").glob("*.json")
    assert json.loads(card.read_text())["card"]["licence"] == "CC0-1.0"
    assert bench("publish", "a.zip", "--to", "m.csv").out.endswith("0 of them new, 6 there already\n")


def test_without_features_values_are_held_against_those_by_example(run, bench):
    assert bench("submit", "r", "--card", "card.toml", "--out", "a.zip").code == 0
    done = bench("publish", "a.zip", "--to", "m.csv")
    assert done.code == 0 and "6 held against their values by example" in done.out, done
    assert set(results.read(Path("m.csv"))["measured_by"]) == {"submitted: Ann O. Nymous, =Bob"}
    own = bench("publish", "r", "--to", "m.csv")
    assert own.code == 0 and "6 there already" in own.out, own


def files_of(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def packed(path: Path, files: Mapping[str, bytes], *, sealed: bool = True) -> Path:
    """An archive of these files; `sealed`: with a manifest that fits them."""
    files = dict(files)
    if sealed:
        listed = {
            name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
            for name, data in files.items()
            if name != "manifest.json"
        }
        files["manifest.json"] = json.dumps({"format": 1, "files": listed}).encode()
    with zipfile.ZipFile(path, "w") as made:
        for name, data in files.items():
            made.writestr(name, data)
    return path


def lied(files: dict[str, bytes], metric: str, **cells: object) -> dict[str, bytes]:
    """With another cell in the rows of a metric."""
    table = pd.read_csv(io.BytesIO(files["rows.csv"]), dtype=str, keep_default_na=False)
    for name, value in cells.items():
        table.loc[table["metric"] == metric, name] = str(value)
    return files | {"rows.csv": table.to_csv(index=False).encode()}


def test_what_was_changed_is_refused_and_said(run, bench):
    assert bench("submit", "r", "--card", "card.toml", "--out", "a.zip", "--features").code == 0
    good = files_of(Path("a.zip"))

    def refused(files: Mapping[str, bytes], *, sealed: bool = True) -> str:
        done = bench("publish", packed(Path("bad.zip"), files, sealed=sealed), "--to", "m.csv")
        assert done.code == 2 and not Path("m.csv").exists(), done
        return done.err

    low, high = 0.0, 9e3
    for cells, said in [
        (
            {"value": 0.5, "ci_low": low, "ci_high": high},
            "fad_toy of echo:pocket: by its values by example the value",
        ),
        ({"ci_low": low, "ci_high": high}, "by its values by example the interval is"),
    ]:
        assert said in refused(lied(good, "fad_toy", **cells))
    assert "by its values by example there are" in refused(lied(good, "cosine_toy", group_n=2, group_effective=1))
    both = lied(good, "cosine_toy", value=0.5, ci_low="", ci_high="")
    values = pd.read_parquet(io.BytesIO(good["scores.parquet"]))
    values.loc[values["metric"] == "cosine_toy", "value"] = 0.5
    file = io.BytesIO()
    values.to_parquet(file)
    assert "by its features value is 0.9" in refused(both | {"scores.parquet": file.getvalue()})
    assert "rows.csv is not the file that its manifest names" in refused(
        lied(good, "fad_toy", value=0.5), sealed=False
    )
    assert "is outside the metric's range" in refused(lied(good, "cosine_toy", value=1.5, ci_low="", ci_high=""))
    assert "is no row that the submitter measured" in refused(lied(good, "fad_toy", measured_by="verified: me"))
    assert "is no row that the submitter measured" in refused(lied(good, "fad_toy", source="published"))
    assert "reference rows are everybody's own" in refused(lied(good, "fad_toy", model="reference"))
    assert "is not of the run" in refused(lied(good, "fad_toy", seed=7))
    lacks = json.loads(good["card.json"]) | {"authors": []}
    assert "card.json: lacks authors" in refused(good | {"card.json": json.dumps(lacks).encode()})
    assert "is no JSON" in refused(good | {"card.json": b"[" * 100_000})


def test_a_dangerous_archive_is_refused_and_leaves_nothing_behind(run, bench, tmp_path, monkeypatch):
    assert bench("submit", "r", "--card", "card.toml", "--out", "a.zip", "--features").code == 0
    good = files_of(Path("a.zip"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "scratch"))
    (tmp_path / "scratch").mkdir()

    def refused(path: Path) -> str:
        done = bench("publish", path, "--to", "m.csv")
        assert done.code == 2 and len(done.err.splitlines()) == 1, done
        assert not Path("m.csv").exists() and not list((tmp_path / "scratch").iterdir())
        return done.err

    for name in ("../evil.csv", "/etc/evil", "features/../../evil.safetensors", "run.pkl", "features/x.npy"):
        assert "which no submission has" in refused(packed(Path("bad.zip"), good | {name: b"x"}))
    with zipfile.ZipFile("link.zip", "w") as made:
        for name, data in good.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = (0o120777 if name == "card.json" else 0o100644) << 16
            made.writestr(info, b"/etc/passwd" if name == "card.json" else data)
    assert "is a link or a device" in refused(Path("link.zip"))
    monkeypatch.setattr(archive, "FLOOR_BYTES", 1 << 20)
    with zipfile.ZipFile("bomb.zip", "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in good.items():
            made.writestr(name, bytes(30 << 20) if name.endswith(".safetensors") else data)
    assert "unpacks to far more than" in refused(Path("bomb.zip"))
    with zipfile.ZipFile("long.zip", "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in good.items():
            made.writestr(name, b" " * (archive.TEXT_BYTES + 1) if name == "rows.csv" else data)
    assert "rows.csv has 16,777,217 bytes; refused" in refused(Path("long.zip"))
    many = pd.DataFrame({name: pd.Series(["x"] * 10) for name in scores.COLUMNS})
    monkeypatch.setattr(archive, "MOST_LINES", 5)
    file = io.BytesIO()
    many.to_parquet(file)
    assert "has 10 lines; refused" in refused(packed(Path("bad.zip"), good | {"scores.parquet": file.getvalue()}))
    monkeypatch.undo()


def test_what_is_no_archive_is_told(run, bench, tmp_path):
    Path("no.zip").write_bytes(b"PK\x03\x04 nothing")
    assert "is no zip archive of `bench submit`" in bench("publish", "no.zip").err
    packed(Path("few.zip"), {"card.json": b"{}"})
    assert "lacks run.json, rows.csv, scores.parquet" in bench("publish", "few.zip").err
    assert "no such run folder and no such archive" in bench("publish", "nowhere").err
    good = tmp_path / "a.zip"
    assert bench("submit", "r", "--card", "card.toml", "--out", good, "--features").code == 0
    files = files_of(good)
    packed(Path("bad.zip"), files | {"features/spectrum.safetensors": b"\x80\x04cos\nsystem\n"})
    assert "is no file of features" in bench("publish", "bad.zip").err
    packed(Path("bad.zip"), {name: data for name, data in files.items() if name != "features/outputs.json"})
    done = bench("publish", "bad.zip", "--to", "m.csv")
    assert done.code == 0 and "nothing was computed from features: it has no features" in done.out


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('licence = "CC0-1.0"\n', "", "lacks licence; a card has name, authors"),
        ('["Ann O. Nymous", "=Bob"]', '"Ann"', "authors is 'Ann'; it takes a list of names"),
        ("name =", "colour =", "lacks name"),
        ('weights = "none"', 'weights = "none"\nsize = 3', "has a field 'size'"),
        ("name = ", "name : ", "cannot be read as TOML"),
    ],
)
def test_a_card_that_lacks_something_is_refused(run, bench, old, new, said):
    Path("card.toml").write_text(CARD.replace(old, new))
    done = bench("submit", "r", "--card", "card.toml", "--out", "a.zip")
    assert done.code == 2 and said in done.err and not Path("a.zip").exists()


def test_a_run_on_folders_is_nobody_else_s(run, bench):
    outputs = "r/systems/echo.pocket/outputs"
    assert (
        bench("score", f"mine={outputs}", "--reference", outputs, "--metrics", "fad_toy", "--out", "f").code == 0
    )
    done = bench("submit", "f", "--card", "card.toml", "--out", "a.zip")
    assert done.code == 2 and "nobody else could compute these values" in done.err
    assert not math.isnan(results.read(Path("f/rows.csv"))["value"].iloc[0])
