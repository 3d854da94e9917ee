"""Models that misbehave: each costs its own examples, never the run, the other systems or the cache."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.faults.ledger import saw

HEAD = """
import os, random, sys, time
import numpy as np, torch
from sightsound import Generated, ModelCard, example_seed
from pathlib import Path

class Odd:
    card = ModelCard("odd", ("image2music",), {}, "odd", "MIT")

    def __init__(self, device, weights, **options):
        pass

    def generate(self, examples, seed):
        for number, example in enumerate(examples):
            sound = 0.3 * np.sin(np.arange(16000) * (1 + example_seed(seed, example.id) % 9) / 30)
            one = example.id.endswith("3")
"""
ONE_IS_LOST = {  # what a model does for one example -> what the journal says of it
    "yield Generated(example.id, sound if not one else None, 8000)": "gave no audio",
    "yield Generated(example.id, sound if not one else sound * np.nan, 8000)": "finite",
    "yield Generated(example.id, sound if not one else sound[:0], 8000)": "",
    "yield Generated(example.id, sound, 8000 if not one else 0)": "",
    "yield Generated(example.id, sound, 8000 if not one else 'fast')": "",
    "if not one: yield Generated(example.id, sound, 8000)": "no answer",
    "yield Generated(example.id, sound, 8000) if not one else Generated(example.id, path=Path('nowhere.wav'))": "",
    "if one: raise KeyError('x')\n            yield Generated(example.id, sound, 8000)": "KeyError",
    "if one: raise EOFError\n            yield Generated(example.id, sound, 8000)": "EOFError",
    "if one: sys.exit(0)\n            yield Generated(example.id, sound, 8000)": "",
    "if one: next(iter(()))\n            yield Generated(example.id, sound, 8000)": "",
    "if one: assert False, 'wrong'\n            yield Generated(example.id, sound, 8000)": "wrong",
    "if one: time.sleep(60)\n            yield Generated(example.id, sound, 8000)": "longer than",
    "yield Generated(example.id, sound, 8000, error='a\\x1b[31mb\\nc' if one else None)": "a [31mb c",
}
ALL_ARE_GOOD = [
    "yield Generated(example.id, torch.from_numpy(sound).bfloat16().requires_grad_(), 8000)",
    "yield Generated(example.id, torch.from_numpy(sound)[None], np.int64(8000))",
    "yield Generated(example.id, (sound * 100).astype(np.int16), 8000)",
    "yield Generated(example.id, sound, 8000.0)",
    "print('noise on standard output'); yield Generated(example.id, sound, 8000)",
    "yield Generated(example.id, sound, 8000, notes={'a': 3, 'b': None})",
]


def run(bench, body: str, *words: str):
    Path("odd.py").write_text(HEAD + "            " + body + "\n")
    command = ("run", "--model", "odd:Odd", "--task", "image2music", "--device", "cpu", "--out", "r", "--json")
    return bench(*command, *words)


@pytest.mark.parametrize("body", ONE_IS_LOST)
def test_what_is_wrong_with_one_example_costs_that_example(toy_world, bench, monkeypatch, body):
    monkeypatch.delitem(__import__("sys").modules, "odd", raising=False)
    done = run(bench, body, "--timeout", "0.5")
    rows = {row["metric"]: row for row in json.loads(done.out) if row["model"] == "odd"}
    assert done.code == 1, done.err
    assert (rows["fad_toy"]["n"], rows["fad_toy"]["n_failed"]) == (11, 1), rows["fad_toy"]
    assert "Traceback" not in done.err
    assert ONE_IS_LOST[body] in rows["fad_toy"]["note"], rows["fad_toy"]["note"]
    saw(
        f"a model: {body.splitlines()[0][:70]}",
        "1 of 12 failed, exit 1, the others scored",
        rows["fad_toy"]["note"],
    )


@pytest.mark.parametrize("body", ALL_ARE_GOOD)
def test_what_can_be_read_is_taken(toy_world, bench, monkeypatch, body):
    monkeypatch.delitem(__import__("sys").modules, "odd", raising=False)
    done = run(bench, body)
    assert done.code == 0, done.err
    assert all(row["n_failed"] == 0 for row in json.loads(done.out))


def test_a_global_state_reaches_nobody_else(toy_world, bench, monkeypatch):
    """A model that changes what is global: the other systems, the metrics and the cache are as without it."""
    monkeypatch.delitem(__import__("sys").modules, "odd", raising=False)
    alone = bench("run", "--model", "echo", "--task", "image2music", "--device", "cpu", "--out", "alone", "--json")
    body = (
        "torch.set_float32_matmul_precision('medium'); torch.set_default_dtype(torch.float64); os.chdir('/')\n"
        "            np.random.seed(1); random.seed(1); torch.manual_seed(1); np.seterr(all='raise')\n"
        "            torch.set_num_threads(1); torch.autocast('cpu', torch.bfloat16).__enter__()\n"
        "            yield Generated(example.id, sound, 8000)"
    )
    here = Path.cwd()
    together = run(bench, body, "--model", "echo")
    assert together.code == 0, together.err
    assert Path.cwd() == here and (here / "r/rows.csv").is_file()
    keep = ("value", "ci_low", "ci_high", "n")

    def values(done):
        rows = [row for row in json.loads(done.out) if row["model"] in ("echo", "reference")]
        return {
            (row["model"], row["variant"], row["metric"]): [row[name] for name in keep]
            for row in rows
            if row["metric"] != "rank_toy"
        }

    assert values(together) == values(alone)
    saw(
        "a model sets precision, type, seeds, folder, threads",
        "other systems' rows equal",
        "",
        "14 values changed",
    )


def test_a_model_that_opens_the_references_is_marked(toy_world, bench, monkeypatch):
    monkeypatch.delitem(__import__("sys").modules, "odd", raising=False)
    body = (
        "found = sorted(Path(os.environ['SIGHTSOUND_CACHE']).glob(f'splits/toy/**/*.wav'))\n"
        "            [path.read_bytes() for path in found]; yield Generated(example.id, sound, 8000)"
    )
    done = run(bench, body)
    notes = {row["note"] for row in json.loads(done.out) if row["model"] == "odd"}
    assert all("opened 12 reference files" in note for note in notes), notes
    saw("a model reads the references off the disk", "its rows say so", next(iter(notes)), "no word")


def test_two_classes_of_one_name_are_refused(toy_world, bench, monkeypatch):
    monkeypatch.delitem(__import__("sys").modules, "odd", raising=False)
    Path("twin.py").write_text(
        (HEAD + "            yield Generated(example.id, sound, 8000)\n").replace("0.3", "0.2")
    )
    done = run(bench, "yield Generated(example.id, sound, 8000)", "--model", "twin:Odd")
    assert done.code == 2 and "another model named 'odd'" in done.err, done
    saw("two classes with one card name", "refused, exit 2", done.err, "they shared outputs")


def test_a_constructor_that_raises_is_one_line(toy_world, bench, monkeypatch):
    monkeypatch.delitem(__import__("sys").modules, "odd", raising=False)
    Path("odd.py").write_text(HEAD.replace("        pass", "        raise AttributeError('no such layer')") + "\n")
    command = ("run", "--model", "odd:Odd", "--task", "image2music", "--device", "cpu", "--out", "r")
    done = bench(*command)
    assert done.code == 2 and "odd: could not be built: AttributeError: no such layer" in done.err, done
    assert "Traceback" not in done.err


def test_a_secret_is_not_written_down(toy_world, bench, monkeypatch):
    monkeypatch.delitem(__import__("sys").modules, "odd", raising=False)
    body = "yield Generated(example.id, sound, 8000)"
    refused = run(bench, body, "--set", "api_key=s3cr3t")
    assert refused.code == 2 and "env:VARIABLE" in refused.err and "s3cr3t" not in refused.err
    monkeypatch.setenv("MY_KEY", "s3cr3t")
    done = run(bench, body, "--set", "api_key=env:MY_KEY")
    assert done.code == 0, done.err
    written = [path for path in Path("r").rglob("*") if path.is_file() and b"s3cr3t" in path.read_bytes()]
    assert not written and "s3cr3t" not in done.out + done.err


def test_modules_of_the_working_folder_are_for_the_named_model_alone(toy_world, bench, monkeypatch):
    for name in ("odd", "neighbour", "gmpy2", "wandb"):
        monkeypatch.delitem(__import__("sys").modules, name, raising=False)
    for name in ("gmpy2", "wandb"):
        Path(f"{name}.py").write_text(f"open('{name}.ran', 'w').close()\nraise ImportError('planted')\n")
    Path("neighbour.py").write_text("AMPLITUDE = 1\n")
    done = run(bench, "import neighbour; yield Generated(example.id, neighbour.AMPLITUDE * sound, 8000)")
    assert done.code == 0, done.err
    with pytest.raises(ImportError):
        __import__("wandb")
    assert not Path("gmpy2.ran").exists() and not Path("wandb.ran").exists()
