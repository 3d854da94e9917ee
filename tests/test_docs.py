"""What the documents name is there: paths, modules, links, pages, commands with their options, figures."""

from __future__ import annotations

import ast
import re
import shlex
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import typer

import sightsound
from sightsound.bench.commands.app import app
from sightsound.bench.commands.config import SUFFIX
from sightsound.bench.core import registry, spelling
from tests import pages

NOT_OURS = {"mine.py", "inference.py", "generate_m2ugen.py"}
"""File names without a folder that the pages use for the reader's own file and for files of the authors."""
READERS_OWN = ("mine", "my_pairs", "colours")
"""How names begin that the pages let the reader make."""
COMMANDS = sorted(
    {line for page in pages.PAGES for line in pages.commands(page.read_text(encoding="utf-8"), "bench")}
)


def name(page: Path) -> str:
    return str(page.relative_to(pages.ROOT))


@pytest.mark.parametrize("page", pages.PAGES, ids=name)
def test_paths_of_a_page_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert [path for path in pages.paths(text) if not pages.exists(path)] == []
    names = {Path(path).name for path in pages.files()} | NOT_OURS
    assert [file for file in re.findall(r"`([\w-]+\.py)`", text) if file not in names] == []


@pytest.mark.parametrize("page", pages.PAGES, ids=name)
def test_modules_of_a_page_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    named = {*re.findall(r"\bsightsound(?:\.\w+)+", text), *re.findall(r"-m (tests(?:\.\w+)+)", text)}
    assert [module for module in named if not is_there(module)] == []


def is_there(dotted: str) -> bool:
    """Whether a dotted name is a module or a folder, a name that a module defines, or one of the public front."""
    parts = dotted.removeprefix("sightsound.").split(".")
    if parts[0] not in ("bench", "metrics", "baselines", "results", "tests"):
        return parts[0] in (*sightsound.__all__, "plugins")
    for length in range(len(parts), 0, -1):
        at = pages.ROOT.joinpath(*parts[:length])
        if at.is_dir() and length == len(parts):
            return True
        sources = [path for path in (at.with_suffix(".py"), at / "__init__.py") if path.is_file()]
        if sources:
            left = parts[length:]
            return not left or left[0] in names_of(sources[0])
    return False


def names_of(source: Path) -> set[str]:
    """What a module defines or imports."""
    found: set[str] = set()
    for node in ast.parse(source.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.Assign):
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found.add(node.target.id)
    return found


@pytest.mark.parametrize("page", pages.PAGES, ids=name)
def test_links_of_a_page_resolve(page: Path) -> None:
    dead = []
    for link in pages.links(page.read_text(encoding="utf-8")):
        target, _, anchor = link.partition("#")
        at = page.parent / target if target else page
        if not at.exists() or (anchor and anchor not in pages.anchors(at.read_text(encoding="utf-8"))):
            dead.append(link)
    assert dead == []


def test_the_index_names_every_page() -> None:
    index = pages.ROOT / "docs/index.md"
    named = {(index.parent / link.partition("#")[0]).resolve() for link in pages.links(index.read_text("utf-8"))}
    missing = {path for path in (pages.ROOT / "docs").rglob("*.md") if path != index} - named
    assert sorted(map(name, missing)) == []


@pytest.mark.parametrize("folder", ["bench", "metrics", "baselines", "sightsound", "tests"])
def test_pages_and_files_that_the_sources_name_exist(folder: str) -> None:
    dead = [
        f"{name(source)}: {path}"
        for source in sorted((pages.ROOT / folder).rglob("*.py"))
        for path in pages.paths(source.read_text(encoding="utf-8"))
        if path.endswith((".py", ".md")) and not pages.exists(path)
    ]
    assert dead == []


@pytest.mark.parametrize("line", COMMANDS)
def test_commands_and_their_options_exist(line: str) -> None:
    assert wrong_with(shlex.split(re.sub(r"[\[\]]", " ", line))[1:]) == []


def test_a_wrong_command_is_noticed() -> None:
    assert wrong_with(["runs", "--model", "codi"]) == ["runs: no such command"]
    assert wrong_with(["run", "--modle", "codi", "--task", "image2music"]) == [
        "--modle: no such option",
        "--model is required",
    ]
    assert wrong_with(["publish", "a", "b"]) == ["b: one argument too many"]
    assert wrong_with(["run", "--model", "codi:fp8", "--task", "x2music"]) == [
        "--model codi:fp8: no such model",
        "--task x2music: no such task",
    ]


def wrong_with(words: list[str]) -> list[str]:
    """What the command line would refuse of these words: names and numbers of things, not their values."""
    command: Any = typer.main.get_command(app)
    while words and hasattr(command, "commands"):
        if words[0] in command.commands:
            command = command.commands[words.pop(0)]
        elif words[0].startswith("--"):
            break
        else:
            return [f"{words[0]}: no such command"]
    both = [(spelt, each) for each in command.params for spelt in (*each.opts, *each.secondary_opts)]
    options = {spelt: each for spelt, each in both if spelt.startswith("-")}
    slots = [each for each in command.params if each.param_type_name == "argument"]
    room = 1000 if any(each.nargs == -1 for each in slots) else len(slots)
    wrong, given = [], set()
    reads_a_file = any(each.name == "config" for each in command.params)
    if reads_a_file and any(word.endswith(SUFFIX) for word in words):
        words = [word for word in words if word == "--config" or not word.endswith(SUFFIX)]
        given |= {each.name for each in options.values()}  # the file may say what is required
    waiting = iter(words)
    for word in waiting:
        if word in ("--help", "--version"):
            return wrong
        if not word.startswith("-"):
            room -= 1
            if room < 0:
                wrong.append(f"{word}: one argument too many")
        elif word not in options:
            wrong.append(f"{word}: no such option")
            next(waiting, None)
        else:
            given.add(options[word].name)
            value = "" if options[word].is_flag else next(waiting, "")
            wrong += unknown_names(word, value)
    needed = [each for spelt, each in options.items() if each.required and spelt == each.opts[0]]
    return wrong + [f"{each.opts[0]} is required" for each in needed if each.name not in given]


def unknown_names(option: str, value: str) -> list[str]:
    """Names in an option's value that no card has. Words in capitals and URIs stand for the reader's own."""
    kind = {"--model": "model", "--task": "task", "--split": "split", "--metrics": "metric"}.get(option)
    if not kind or value.isupper() or "://" in value:
        return []
    if kind == "model":
        known = {f"{card.name}:{variant}" for card in registry.model_cards().values() for variant in card.variants}
        known |= set(registry.names("model"))
    else:
        known = set(registry.names(kind))
    if kind == "model":
        value = spelling.parted(value)[0]
    return [
        f"{option} {each}: no such {kind}"
        for each in value.split(",")
        if each.partition("@")[0] not in known and not each.startswith(READERS_OWN)
    ]


def test_targets_of_make_exist() -> None:
    makefile = (pages.ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    named = {word for page in pages.PAGES for word in re.findall(r"`make ([a-z-]+)`", page.read_text("utf-8"))}
    for page in pages.PAGES:
        named |= {line.split()[1] for line in pages.commands(page.read_text("utf-8"), "make") if " " in line}
    named |= set(re.findall(r"entry: make ([a-z-]+)", (pages.ROOT / ".pre-commit-config.yaml").read_text("utf-8")))
    assert {"demo", "test", "quick", "types"} <= named
    assert named - targets == set()


def test_the_citation_is_of_this_version() -> None:
    assert f"version: {sightsound.__version__}\n" in (pages.ROOT / "CITATION.cff").read_text("utf-8")


def test_the_model_of_the_readme_is_the_one_that_runs_in_a_test() -> None:
    code = [
        re.search(r"```python\n(?:# mine.py\n)?(.+?)```", (pages.ROOT / page).read_text("utf-8"), re.DOTALL)
        for page in ("README.md", "docs/adding/model.md")
    ]
    assert code[0] and code[1] and code[0][1] == code[1][1]


def test_the_table_of_the_readme_is_what_was_measured() -> None:
    rows = pd.read_csv(pages.ROOT / "results/measured.csv", keep_default_na=False)
    rows = rows[(rows.task == "image2music") & rows.split.str.startswith("wesnoth@")]
    table = re.findall(r"^\| (.+) \|$", (pages.ROOT / "README.md").read_text("utf-8"), re.MULTILINE)
    head, *body = [[cell.strip().strip("`") for cell in line.split("|")] for line in table]
    assert len(body) >= 6 and max(map(len, table)) <= 76, "a table of at most 80 columns"
    for label, *cells in body:
        model, _, variant = SYSTEMS.get(label, label).partition(":")
        for metric, cell in zip(head[1:], cells, strict=True):
            found = rows[(rows.model == model) & (rows.variant == variant) & (rows.metric == metric.split("`")[0])]
            if cell == "–":
                assert found.value.iloc[0] == ""
                continue
            numbers = [float(number) for number in re.findall(r"-?[\d.]+", cell)]
            measured = [found[column].iloc[0] for column in ("value", "ci_low", "ci_high")]
            there = [float(number) for number in measured if number != ""]
            assert numbers == [float(f"{number:.3g}") for number in there], (label, metric)


SYSTEMS = {
    "the references in two halves": "reference:halves",
    "the references, mispaired": "reference:mispaired",
    "silence": "reference:silence",
    "white noise": "reference:white_noise",
}
