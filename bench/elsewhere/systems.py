"""From what the user wrote to a system that runs elsewhere."""

from __future__ import annotations

import hashlib
import re
import shlex
import shutil
from collections.abc import Sequence
from pathlib import Path

from sightsound.bench.core import cards as door
from sightsound.bench.core import files, registry, spelling
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.registry import System
from sightsound.bench.core.types import ModelCard, Variant
from sightsound.bench.elsewhere import interpreter
from sightsound.bench.elsewhere.command import Command
from sightsound.bench.elsewhere.remote import Interpreter

EXEC = "exec:"
RUNS_A_SCRIPT = re.compile(r"(python|pypy|ruby|perl|node|bash|dash|zsh|sh|Rscript|julia)[\d.]*")
"""Programs whose name says nothing about the system; that of the script that they are given does."""


def command_in(spec: str) -> tuple[str, str] | None:
    """Name and command of `exec:COMMAND` or `NAME=exec:COMMAND`, the name empty where there is none; None for
    another kind of system."""
    name, sign, command = spec.partition(f"={EXEC}")
    if sign and ":" not in name.partition(":")[2] and not name.startswith(EXEC):
        return name, command
    return ("", spec.removeprefix(EXEC)) if spec.startswith(EXEC) else None


def words_of(command: str) -> tuple[str, ...]:
    """The words of a command, split as a shell would without being given to one. BenchError for a program that is
    not there or cannot be run."""
    try:
        words = tuple(shlex.split(command))
    except ValueError as error:
        raise BenchError(f"{EXEC}{command}: {error}") from error
    if not words:
        raise BenchError(f"{EXEC}: no command; write exec:'PROGRAM ARGUMENT ...'")
    if shutil.which(words[0]) is None:
        there = Path(words[0]).exists()
        why = "is not executable (chmod +x), or name its interpreter before it" if there else "no such program"
        raise BenchError(f"{EXEC}{words[0]}: {why}")
    return words


def name_of(words: Sequence[str]) -> str:
    """A name for a command that was given none: its program's, or its script's."""
    program = Path(words[0]).name
    script = next((word for word in words[1:] if not word.startswith("-")), "")
    named = script if RUNS_A_SCRIPT.fullmatch(program) and Path(script).is_file() else words[0]
    return re.sub(r"[^\w.+-]", "_", Path(named).stem).lstrip(".+-") or "command"


def of_command(words: tuple[str, ...], name: str, variant: str) -> System:
    """The system that a command is, under a name that was checked."""
    whole = hashlib.sha256("\0".join(words).encode())
    for word in words:
        path = Path(word.rpartition("=")[2])
        if path.is_file():
            whole.update(files.sha256(path).encode())
    of_python = Path(words[0]).name.startswith("python")
    versions = interpreter.packages(words[0]) if of_python else {}
    build = Variant(f"{EXEC}{shlex.join(words)}", "a command", batch_size=0)
    tasks = tuple(registry.names("task"))
    card = ModelCard(name, tasks, {variant: build}, "a command of the user's", "not known")
    return System(card, variant, build, home=Command(words, whole.hexdigest(), versions))


def of_interpreter(spec: str, python: str, preset: str) -> list[System]:
    """The systems that `package.module:NAME[:variant]` stands for in another interpreter, each with the options
    `+key=value` that follow.

    BenchError where the interpreter or the model is not there, with what the interpreter said.
    """
    spec, options = spelling.parted(spec)
    module, _, rest = spec.partition(":")
    name, _, variant = rest.partition(":")
    path = interpreter.locate(python)
    described = interpreter.describe(path, f"{module}:{name}")
    card = described.card
    door.check_name(card, spec)
    if registry.model_cards().get(card.name, card) != card:
        raise BenchError(f"{spec}: there is another model named {card.name!r} already; rename this one")
    home = Interpreter(path, described.code, described.versions, described.takes)
    return [
        System(card, each, card.variants[each], options, home) for each in registry.variants(card, variant, preset)
    ]
