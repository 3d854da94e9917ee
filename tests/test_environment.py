"""docs/environment.md and the code name the same variables of the environment."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests import pages

PAGE = (pages.ROOT / "docs/environment.md").read_text(encoding="utf-8")
FOLDERS = ("bench", "metrics", "baselines", "sightsound")
READ, SET = PAGE.split("## Variables that are set")
LIBRARIES = {"TRANSFORMERS_VERBOSITY", "DIFFUSERS_VERBOSITY", "HF_HUB_DISABLE_PROGRESS_BARS", "TQDM_DISABLE"}
"""Names that the code goes through in loops."""


def sources() -> Iterator[Path]:
    for folder in FOLDERS:
        yield from (pages.ROOT / folder).rglob("*.py")


def named_in(source: Path) -> Iterator[str | None]:
    """The variables that a module reads or sets by name; None for one that is put together or given."""
    tree = ast.parse(source.read_text(encoding="utf-8"))
    constants = {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        key = None
        if isinstance(node, ast.Call) and ast.unparse(node.func) in (
            *("os.environ.get", "os.environ.setdefault", "os.environ.pop", "os.getenv"),
        ):
            key = node.args[0]
        elif isinstance(node, ast.Subscript) and ast.unparse(node.value) == "os.environ":
            key = node.slice
        elif isinstance(node, ast.keyword) and node.arg == "envvar":
            key = node.value
        if isinstance(key, ast.Constant):
            yield key.value
        elif isinstance(key, ast.Name):
            yield constants.get(key.id)
        elif key is not None:
            yield None


def test_the_page_has_every_variable_that_the_code_reads_and_no_other() -> None:
    found = {source: list(named_in(source)) for source in sources()}
    read = {name for names in found.values() for name in names if name}
    assert {"SIGHTSOUND_CACHE", "SIGHTSOUND_MIRROR", "OPENAI_API_KEY"} <= read, "the search finds what there is"
    in_table = {
        name for row in re.findall(r"^\| (`.+?) \|", READ, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)
    }
    assert in_table == read | LIBRARIES
    unknown = {str(path.relative_to(pages.ROOT)) for path, names in found.items() if None in names}
    assert unknown == {"bench/commands/app.py", "bench/stages/settings.py", "bench/engines/on_ray.py"}, (
        "LIBRARIES, --set key=env:NAME, and the command's variables in Ray's workers"
    )


def test_our_own_variables_are_all_on_the_page() -> None:
    named = {
        word for source in sources() for word in re.findall(r"\bSIGHTSOUND_[A-Z]\w*", source.read_text("utf-8"))
    }
    assert named <= set(re.findall(r"`(SIGHTSOUND_\w+)`", PAGE))
    set_for_programs = re.search(
        r"said = (\{.+?\})", (pages.ROOT / "bench/elsewhere/command.py").read_text("utf-8"), re.S
    )
    assert set_for_programs
    keys = re.findall(r'"([A-Z]+)":', set_for_programs[1])
    assert set(re.findall(r"`SIGHTSOUND_(\w+)`", SET)) == set(keys)
