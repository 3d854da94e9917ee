"""Options of systems: `+key=value` behind a name, `--set`, and how a system says what it takes."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightsound.bench.core import registry, spelling
from sightsound.bench.core.entries import options_of, takes
from sightsound.bench.core.errors import BenchError, tell
from sightsound.bench.stages import choose, recorded, settings
from sightsound.bench.stages.options import Options
from tests.bench import elsewhere_made as made

KEYS = st.from_regex(r"[a-z]{1,3}", fullmatch=True)
VALUES = st.text(st.sampled_from("\\+=:ab 1/é\n"), max_size=8) | st.text(max_size=8)
CLASS = """
from sightsound import Generated, ModelCard

class Odd:
    card = ModelCard("NAME", ("image2music",), {}, "odd", "MIT")

    def __init__(self, device, weights, size="1", OPEN):
        self.size = size

    def generate(self, examples, seed):
        for example in examples:
            yield Generated(example.id, [0.1 * (n % 7) for n in range(8000)], 8000, notes={"size": self.size})
"""


def chosen(*models: str, **options: object) -> list[registry.System]:
    """The systems that `--model` and the other options stand for; what is wrong is raised."""
    asked = Options("image2music", models, **options)
    systems = choose.systems_for(asked, references=False)
    tell(asked.problems)
    return list(systems)


def labels(*models: str, **options: object) -> list[str]:
    return [system.label for system in chosen(*models, **options)]


def write_class(name: str, rest: str = "*, shape=''") -> str:
    """A class in a module that is called like its card."""
    Path(f"{name}.py").write_text(CLASS.replace("NAME", name).replace("OPEN", rest))
    sys.modules.pop(name, None)
    return f"{name}:Odd"


@given(st.sampled_from(["m", "m:v", "m:", "mine:Class:v"]), st.dictionaries(KEYS, VALUES))
def test_what_is_written_is_read(name, options):
    assert spelling.parted(spelling.joined(name, options)) == (name, options)


@pytest.mark.parametrize(
    ("spec", "name", "options"),
    [
        ("m2ugen:medium_code+with_instruction=1", "m2ugen:medium_code", {"with_instruction": "1"}),
        ("a+x=1+1+y=C++", "a", {"x": "1+1", "y": "C++"}),
        ("a:b+url=http://here:80/v1?a=b+text=", "a:b", {"url": "http://here:80/v1?a=b", "text": ""}),
        (r"a+x=1\+y=2", "a", {"x": "1+y=2"}),
        ("a+x=1+x=2", "a", {"x": "2"}),
        ("a+b", "a+b", {}),
    ],
)
def test_the_grammar(spec, name, options):
    assert spelling.parted(spec) == (name, options)


@pytest.mark.parametrize("value", ["1", "a+b", "C++", "a+b=c", "x=y:z", "rock \\", "", ":"])
def test_the_label_of_a_row_is_a_spec(toy_world, value):
    (system,) = chosen("echo", settings=[f"fail={value}", "wait_s=0"])
    assert system.options == {"fail": value, "wait_s": "0"}
    (again,) = chosen(system.label)
    assert again == system and again.label == again.spec == system.label


def test_a_system_s_own_option_comes_before_that_of_all(toy_world):
    found = labels("echo+wait_s=1", "echo:twin", "reference:same", settings=["wait_s=2", "fail=x"])
    assert found == ["echo:pocket+fail=x+wait_s=1", "echo:pocket_twin+fail=x+wait_s=2", "reference:same"]


def test_one_system_with_two_options_is_two(toy_world, bench):
    command = ("generate", "--task", "image2music", "--device", "cpu", "--limit", 2, "--out", "r")
    done = bench(*command, "--model", "echo", "--model", "echo+fail=toy.000+wait_s=0")
    assert done.code == 0, done.err
    names = sorted(path.name for path in Path("r/systems").iterdir())
    assert names[0] == "echo.pocket" and names[1].startswith("echo.pocket_fail_toy.000_wait_s_0")


@pytest.mark.parametrize(
    ("models", "options", "said"),
    [
        (["echo+colour=red"], [], ["echo:pocket+colour=red: an option 'colour' is not known", "fail, wait_s"]),
        (["echo"], ["colour=red"], ["--set colour: no system", "echo:pocket takes fail, wait_s"]),
        (["echo+device=cpu"], [], ["'device' is not known"]),
        (["echo"], ["a-b=1"], ["--set a-b=...: an option is a name"]),
        (["reference:same"], ["size=1"], ["reference:same takes no options"]),
        (["echo+token=s3cr3t"], [], ["--model echo+token=...: a secret", "token=env:VARIABLE"]),
        (["exec:true"], ["a=1"], ["takes its options in the command itself"]),
    ],
)
def test_what_is_wrong_with_an_option_is_told(toy_world, models, options, said):
    with pytest.raises(BenchError) as raised:
        chosen(*models, settings=options)
    text = str(raised.value)
    assert len(raised.value.lines) == 1 and all(part in text for part in said) and "s3cr3t" not in text, text


def test_of_several_wrong_options_each_is_told(toy_world):
    with pytest.raises(BenchError) as raised:
        chosen("echo+a=1", "ekho", "echo:twin+b=2", settings=["c=3"])
    assert [line.partition(";")[0] for line in raised.value.lines] == [
        "no model named 'ekho'",
        "echo:pocket+a=1: an option 'a' is not known to it",
        "echo:pocket_twin+b=2: an option 'b' is not known to it",
        "--set c: no system of this command knows it",
    ]


def test_a_class_here_and_in_another_interpreter(toy_world, bench):
    """Both say what their signature takes before anything is generated; one that is open is asked when built."""
    name = write_class("odd_closed")
    here = chosen(f"{name}+size=3", f"{name}+size=4")
    assert [system.label for system in here] == ["odd_closed:+size=3", "odd_closed:+size=4"]
    assert [system.spec for system in here] == [f"{name}+size=3", f"{name}+size=4"]
    python = made.other_python()
    (there,) = chosen(f"{name}+shape=round", python=python, settings=["size=2"])
    assert there.options == {"shape": "round", "size": "2"} and there.spec == f"{name}+shape=round+size=2"
    for where in ({}, {"python": python}):
        with pytest.raises(BenchError, match="an option 'colour' is not known to it; it takes shape, size"):
            chosen(f"{name}+colour=red", **where)
    asked = Options("image2music", [write_class("odd_open", "**options") + "+size=3"], python=python)
    choose.systems_for(asked, references=False)
    assert not asked.problems and any("is seen when it is built there" in note for note in asked.notes)


def test_an_option_reaches_a_class_in_another_interpreter(toy_world, bench):
    model = write_class("odd_away")
    words = ("generate", "--task", "image2music", "--device", "cpu", "--limit", 1, "--out", "r")
    done = bench(*words, "--model", f"{model}+size=7", "--python", made.other_python())
    assert done.code == 0, done.err
    (journal,) = Path("r/systems").glob("*/outputs.jsonl")
    assert json.loads(journal.read_text().splitlines()[0])["notes"] == {"size": "7"}


@dataclass
class Record:
    """Of an entry."""

    steps: int = 1


@takes(Record, "llm")
def marked(device, weights, seconds="1", **options):
    """An entry."""


@pytest.mark.parametrize(
    ("entry", "names"),
    [
        (marked, ["seconds", "steps", "llm"]),
        (lambda device, weights, *, a=1: None, ["a"]),
        (lambda device, weights: None, []),
        (lambda device, weights, **rest: None, None),
        (dict, None),
    ],
)
def test_which_options_an_entry_takes(entry, names):
    assert options_of(entry) == names


def test_every_system_of_ours_says_what_it_takes():
    """So that `--set` and `+key=value` are checked before anything is generated."""
    silent = [
        f"{card.name}:{name}"
        for card in registry.model_cards().values()
        for name, variant in card.variants.items()
        if settings.known(registry.System(card, name, variant)) is None
    ]
    assert not silent


@pytest.mark.parametrize(
    "label", ["own", "own:v2", "own:+file=/a/b:c.pt", "own:v2+name=é, b", f"own:+key={'x' * 200}"]
)
def test_a_system_of_a_run_is_known_by_its_label_whatever_its_options_are(label):
    assert recorded.system(label).label == label
