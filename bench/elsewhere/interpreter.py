"""What another Python interpreter is and has: its version, its packages, a model's card and code there."""

from __future__ import annotations

import inspect
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sightsound.bench.core.entries import GIVEN
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.faults import named, of_machine
from sightsound.bench.core.maker import VERSIONS, digest_of
from sightsound.bench.core.types import ModelCard, Variant
from sightsound.bench.elsewhere import process
from sightsound.bench.elsewhere.channel import Channel

OLDEST = (3, 8)
ASK_VERSION = "import sys; sys.stdout.write('\\nthis is python %d.%d.%d\\n' % tuple(sys.version_info[:3]))"
ASK_S = 60.0  # for an interpreter to start, from a slow disk
ASK_PACKAGES = """
from importlib import metadata
for name in {names!r}:
    try: print("%s==%s" % (name, metadata.version(name)))
    except metadata.PackageNotFoundError: pass
"""


@dataclass(frozen=True)
class Described:
    """A model as another interpreter sees it."""

    card: ModelCard
    code: str
    """sha256 over its sources."""
    versions: Mapping[str, str]
    takes: Mapping[str, Sequence[str]]
    """Entry -> names of the options that it takes, of those whose signature says so."""


def locate(python: str) -> str:
    """The interpreter's absolute path; links are kept, a virtual environment is known by them.

    BenchError for what is not there, cannot be run, is no Python or is too old.
    """
    found = shutil.which(python)
    if found is None:
        there = Path(python).exists()
        raise BenchError(f"--python {python}: {'is no program that can be run' if there else 'no such program'}")
    path = str(Path(found).absolute())
    if (version := version_of(path)) is None:
        raise BenchError(f"--python {python}: is no Python interpreter")
    if version < OLDEST:
        told = ".".join(map(str, version))
        raise BenchError(f"--python {python}: is Python {told}; models run in {OLDEST[0]}.{OLDEST[1]} or later")
    return path


def version_of(python: str) -> tuple[int, ...] | None:
    """The version of a Python interpreter, None for a program that is none."""
    said = re.search(r"this is python (\d+)\.(\d+)\.(\d+)", _output(python, ASK_VERSION))
    return tuple(map(int, said.groups())) if said else None


def packages(python: str) -> dict[str, str]:
    """The version of an interpreter and of those of its packages that matter; empty for what is no Python."""
    version = version_of(python)
    if version is None:
        return {}
    lines = _output(python, ASK_PACKAGES.format(names=VERSIONS)).split() if version >= OLDEST else []
    found = dict(line.split("==") for line in lines if line.count("==") == 1)
    return {"python": ".".join(map(str, version))} | {name: found[name] for name in VERSIONS if name in found}


def _output(python: str, code: str) -> str:
    try:
        done = subprocess.run(
            [python, "-c", code], stdin=subprocess.DEVNULL, capture_output=True, timeout=ASK_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode("utf-8", "replace")


def describe(python: str, entry: str) -> Described:
    """The card that `package.module:NAME` is over there. BenchError, with what the interpreter said."""
    with tempfile.TemporaryDirectory() as folder, process.ended():
        channel = Channel(python, Path(folder) / "log", kept=False)
        try:
            channel.tell({"do": "describe", "entry": entry, "packages": list(VERSIONS)})
            message = channel.hear()
            card = _card(message["card"])
            takes = _takes(card, entry, message["takes"])
            return Described(card, digest_of(message["sources"]), dict(message["versions"]), takes)
        except Exception as error:  # a stranger's module may raise anything
            if fault := of_machine(error):
                raise fault from error
            raise BenchError(f"{entry} in {python}: {named(error)}") from error
        finally:
            channel.close()


def _takes(card: ModelCard, entry: str, told: Sequence[tuple[str, int]] | None) -> Mapping[str, Sequence[str]]:
    """Entry -> names of its options, of the class that was described; nothing where its signature is open."""
    if told is None or any(kind == inspect.Parameter.VAR_KEYWORD for _, kind in told):
        return {}
    names = [name for name, _ in told][GIVEN:]
    return {entry: names} | {variant.entry: names for name, variant in card.variants.items() if not name}


def _card(told: Mapping[str, Any]) -> ModelCard:
    """The card that a message holds. ValueError for a reference row, TypeError for what is no card."""
    if told["reference"]:
        raise ValueError("a reference row runs in the process of bench, without --python")
    presets = {name: tuple(variants) for name, variants in told["presets"].items()}
    variants = {
        name: Variant(**each | {"assets": tuple(each["assets"]), "extras": tuple(each["extras"])})
        for name, each in told["variants"].items()
    }
    lists = {"tasks": tuple(told["tasks"]), "variants": variants, "presets": presets}
    return ModelCard(**{**told, **lists})
