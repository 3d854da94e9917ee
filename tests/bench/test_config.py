"""A command line in a file: what it may say, what is wrong with it, and run.toml, which repeats a run."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pandas as pd
import pytest
import soundfile
import typer
from hypothesis import given
from hypothesis import strategies as st

import sightsound
from sightsound.bench.commands.app import app
from sightsound.bench.commands.config import Configurable
from sightsound.bench.core import results
from sightsound.bench.stages import said
from tests import pages, toy

RUN = ("run", "--model", "echo", "--task", "image2music", "--device", "cpu")
KEYS = st.from_regex(r"[a-z_]{1,9}", fullmatch=True)
PAGE = (pages.ROOT / "docs/config.md").read_text(encoding="utf-8")


def lines(done) -> list[str]:
    """What a command that was refused says."""
    assert done.code == 2 and "Traceback" not in done.err, done.err
    return [line.removeprefix("bench: ") for line in done.err.splitlines() if line.startswith("bench: ")]


def values(folder: str) -> pd.DataFrame:
    """The run's rows but for its name and what a clock decides."""
    return results.read(Path(folder, "rows.csv")).drop(columns=["run", "seconds"])


def asked(folder: str) -> dict[str, object]:
    """What a run's run.toml says."""
    return tomllib.loads(Path(folder, "run.toml").read_text(encoding="utf-8"))


def test_a_run_is_repeated_elsewhere_and_goes_on_in_place(toy_world, bench, monkeypatch):
    words = ("--model", "echo:twin+wait_s=0.001", "--set", "wait_s=0", "--limit", 9, "--seed", 3, "--out", "that")
    assert bench(*RUN, *words).code == 0
    text = Path("that/run.toml").read_text()
    assert asked("that") == {
        "task": "image2music",
        "model": ["echo:pocket+wait_s=0", "echo:pocket_twin+wait_s=0.001"],
        "split": "toy",
        "preset": "pocket",
        "metrics": ["fad_toy", "cosine_toy", "rank_toy"],
        "limit": 9,
        "seed": 3,
        "device": "cpu",
    }
    assert "# split toy[limit9]@" in text and "# sightsound-bench==" in text and "code " in text
    before = {path: path.stat().st_mtime_ns for path in Path("that/systems").rglob("*") if path.is_file()}
    (toy_world / "elsewhere").mkdir()
    monkeypatch.chdir("elsewhere")
    assert bench("run", "../that/run.toml", "--out", "other").code == 0
    pd.testing.assert_frame_equal(values("../that"), values("other"), check_exact=True)
    assert asked("other") == asked("../that")
    assert bench("run", "--config", "../that/run.toml").code == 0
    monkeypatch.chdir(toy_world)
    after = {path: path.stat().st_mtime_ns for path in Path("that/systems").rglob("*") if path.is_file()}
    assert after == before and Path("that/run.toml").read_text() == text, (
        "the same run goes on, nothing is made anew"
    )


def test_generate_and_score_leave_a_file_too(toy_world, bench):
    assert bench("generate", *RUN[1:], "--out", "a", "--limit", 6).code == 0
    assert asked("a").keys() == {"task", "model", "split", "preset", "limit", "seed", "device"}
    done = bench("generate", "a/run.toml", "--out", "b")
    assert done.code == 0 and "b: 6 examples" in done.out.replace("echo:pocket: 6 examples in b", "b: 6 examples")
    made = Path("a/systems/echo.pocket/outputs")
    words = ("--name", "mine:v2", "--task", "image2music", "--limit", 6, "--device", "cpu", "--out", "s")
    assert bench("score", made, *words).code == 0
    assert asked("s")["folders"] == [f"mine:v2={made.absolute()}"] and asked("s")["split"] == "toy"
    assert bench("score", "s/run.toml", "--out", "t").code == 0
    pd.testing.assert_frame_equal(values("s"), values("t"), check_exact=True)


def test_folders_are_scored_again_from_elsewhere(toy_world, bench, monkeypatch):
    for folder, shift in (("gen", 1.0), ("ref", 1.1)):
        Path(folder).mkdir()
        for index in range(6):
            soundfile.write(f"{folder}/{index}.wav", toy.tone(shift * toy.pitch_hz(index)), toy.RATE_HZ)
    done = bench("score", "mine=gen", "--reference", "ref", "--unpaired", "--device", "cpu", "--out", "s")
    assert done.code == 0, done.err
    found = asked("s")
    assert found["folders"] == [f"mine={toy_world / 'gen'}"] and found["reference"] == str(toy_world / "ref")
    assert found["paired"] is False and "split" not in found
    (toy_world / "elsewhere").mkdir()
    monkeypatch.chdir("elsewhere")
    assert bench("score", "../s/run.toml", "--out", "t").code == 0
    pd.testing.assert_frame_equal(values("../s"), values("t"), check_exact=True)
    sightsound.score({"mine": toy_world / "gen"}, reference=toy_world / "ref", paired=False, device="cpu", out="u")
    assert asked("u") == found


def test_one_file_for_generate_and_run(toy_world, bench):
    Path("mine.toml").write_text(
        'model = "echo"\ntask = "image2music"\nmetrics = ["fad_toy", "cosine_toy"]\n'
        'limit = 6\nout = "r"\ndevice = "cpu"'
    )
    done = bench("generate", "mine.toml")
    assert done.code == 0 and "metrics is for `bench run`, passed over" in done.err
    assert bench("run", "mine.toml", "--metrics", "cosine_toy").code == 0
    assert set(values("r").metric) == {"cosine_toy"}, "the command line wins"


def test_the_command_line_wins_and_lists_are_whole(toy_world, bench):
    Path("a.toml").write_text('model = ["nowhere"]\ntask = "image2music"\nlimit = 0\nbatch_size = 0\njson = true')
    said_ = lines(bench("run", "--model", "ekho", "--config", "a.toml", "--limit", 1))
    assert len(said_) == 2 and "ekho" in said_[0] and "--batch-size 0" in said_[1]


def test_the_file_wins_over_the_environment(toy_world, bench, monkeypatch):
    monkeypatch.setenv("SIGHTSOUND_MIRROR", str(toy_world))
    Path("a.toml").write_text('model = "echo"\ntask = "image2music"\nmirror = "nowhere"')
    assert lines(bench("run", "a.toml")) == ["--mirror nowhere: no such folder"]


@pytest.mark.parametrize(
    ("text", "said_"),
    [
        ("modle = 'echo'", ["a.toml: no option of", "named 'modle'; the nearest: model"]),
        ("model = 3", ["a.toml: model takes a text, not 3"]),
        ("model = [['a']]", ["a.toml: model takes a text, not ['a']"]),
        ("seed = '1'", ["a.toml: seed takes a whole number, not '1'"]),
        ("seed = 1.5", ["a.toml: seed takes a whole number, not 1.5"]),
        ("seed = true", ["a.toml: seed takes a whole number, not True"]),
        ("seed = [1]", ["a.toml: seed takes a whole number, not a list"]),
        ("timeout = 'long'", ["a.toml: timeout takes a number"]),
        ("remake = 1", ["a.toml: remake takes true or false, not 1"]),
        ("[set]\nsteps = 1", ["a.toml: set takes a text"]),
        ("batch-size = 1\nbatch_size = 2", ["batch-size and batch_size are one option"]),
        ("config = 'b.toml'", ["named 'config'"]),
        ("model = [", ["a.toml: is not TOML"]),
        ("\udcff", ["a.toml: is not TOML"]),
        ("set = ['api_key=s3cr3t']", ["a secret on the command line"]),
    ],
)
def test_what_is_wrong_in_a_file_is_one_line(toy_world, bench, text, said_):
    Path("a.toml").write_bytes(text.encode(errors="surrogateescape"))
    (line,) = lines(bench("run", "a.toml", "--model", "echo", "--task", "image2music"))
    assert all(part in line for part in said_) and "s3cr3t" not in line, line


def test_files_that_cannot_be_read(toy_world, bench):
    Path("a.toml").write_text("")
    Path("folder.toml").mkdir()
    for words, part in (
        (["nowhere.toml"], "nowhere.toml: cannot be read"),
        (["--config", "folder.toml"], "folder.toml: cannot be read"),
        (["a.toml", "--config", "a.toml"], "one file of options at a time"),
    ):
        (line,) = lines(bench("run", *words))
        assert part in line
    assert "'--model'" in bench("run", "a.toml").err.replace('"', "'"), "what neither says is still missing"


def test_a_secret_stays_the_reference_that_it_is(toy_world, bench, monkeypatch):
    Path("keyed.py").write_text(
        "from sightsound import Generated, ModelCard\n"
        "class Keyed:\n"
        "    card = ModelCard('keyed', ('image2music',), {}, 'keyed', 'MIT')\n"
        "    def __init__(self, device, weights, api_key=''):\n"
        "        assert api_key == 's3cr3t'\n"
        "    def generate(self, examples, seed):\n"
        "        for e in examples: yield Generated(e.id, [0.1] * 8000, 8000)\n"
    )
    monkeypatch.setenv("MY_KEY", "s3cr3t")
    words = ("generate", "--task", "image2music", "--limit", 2, "--device", "cpu", "--out", "r")
    done = bench(*words, "--model", "keyed:Keyed+api_key=env:MY_KEY")
    assert done.code == 0, done.err
    assert asked("r")["model"] == ["keyed:Keyed+api_key=env:MY_KEY"]
    assert "# working folder" in Path("r/run.toml").read_text()
    assert not [path for path in Path("r").rglob("*") if path.is_file() and b"s3cr3t" in path.read_bytes()]
    assert bench("generate", "r/run.toml", "--out", "s").code == 0


def test_what_is_named_by_a_path_is_written_absolute(toy_world, bench):
    bench("generate", *RUN[1:], "--limit", 1, "--out", "first")
    Path("cache/splits/toy").rename("colours")
    done = bench("generate", *RUN[1:], "--split", "colours", "--mirror", ".", "--timeout", 9, "--out", "r")
    assert done.code == 0, done.err
    found = asked("r")
    assert found["split"] == str(toy_world / "colours") and found["mirror"] == str(toy_world)
    assert found["timeout"] == 9.0 and "out" not in found


@given(st.dictionaries(KEYS, st.text() | st.lists(st.text()) | st.integers()))
def test_what_is_written_is_toml(told):
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        said.write(Path(folder), "run", told, ["made\x00 of\nthis"])
        found = tomllib.loads(Path(folder, "run.toml").read_text(encoding="utf-8"))
    assert found == {key.replace("_", "-"): value for key, value in told.items()}


def test_a_name_that_is_no_text_is_left_out(tmp_path):
    said.write(tmp_path, "run", {"mirror": Path("a\udcff"), "seed": 1}, [])
    assert tomllib.loads((tmp_path / "run.toml").read_text()) == {"seed": 1}


def commands(group) -> list:
    """All commands below a group."""
    below = [commands(each) if hasattr(each, "commands") else [each] for each in group.commands.values()]
    return [command for some in below for command in some]


def test_every_command_with_a_file_reads_it():
    found = {each.name: each for each in commands(typer.main.get_command(app))}
    with_file = [name for name, each in found.items() if any(param.name == "config" for param in each.params)]
    assert {"run", "generate", "score", "pair", "annotate"} <= set(with_file)
    assert all(isinstance(found[name], Configurable) for name in with_file)


def test_other_commands_read_a_file_too(toy_world, bench):
    Path("a.toml").write_text('images = "nowhere"\nmusic = "nowhere"\nout = "x"\nmethod = "greedy"')
    assert "nowhere" in lines(bench("splits", "build", "pair", "a.toml"))[0]
    Path("b.toml").write_text("imagse = 'a'")
    assert "the nearest: images" in lines(bench("splits", "build", "pair", "--config", "b.toml"))[0]


@pytest.mark.network
def test_the_example_of_the_page(tmp_path, bench, monkeypatch):
    monkeypatch.chdir(tmp_path)
    example = next(block for block in pages.blocks(PAGE) if block.startswith("# mine.toml"))
    Path("mine.toml").write_text(example)
    done = bench("run", "mine.toml", "--out", "r", "--device", "cpu", "--json")
    assert done.code == 0, done.err
    rows = results.read(Path("r/rows.csv"))
    written = tomllib.loads(example)
    mine = rows[rows.model == "mozart"]
    assert set(mine.variant) == {
        "pocket+seconds=5+user_text=a slow waltz",
        "pocket_no_bridge+user_text=a slow waltz",
    }
    assert set(mine.metric) == set(written["metrics"]) and set(mine.n) == {written["limit"]}
    assert set(mine.seed) == {written["seed"]}
