"""pyproject.toml, the constraints, the Dockerfile and what messages say of installing agree."""

from __future__ import annotations

import ast
import os
import re
import shlex
import subprocess
import tomllib
import venv
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

import sightsound
from tests import pages

ROOT = pages.ROOT
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
NOT_THE_OLDEST = {"torch": "2.13.0"}
"""Packages of which `constraints-oldest.txt` takes another version than the bound, and says why."""
OLDEST_EXTRAS = ("pocket", "text")
"""Those that `make oldest` installs: diffusers and tools that only developers need have minima of their own."""


def constraints(name: str) -> dict[str, Version]:
    """Package -> version of a constraints file."""
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    pins = [line.partition("==") for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(package): Version(version) for package, _, version in pins}


def requirements(*extras: str) -> dict[str, Requirement]:
    """What the package needs, with extras, by name."""
    listed = [*PROJECT["dependencies"], *(line for extra in extras for line in EXTRAS[extra])]
    return {canonicalize_name(found.name): found for found in map(Requirement, listed)}


def lowest(needed: Requirement) -> Version:
    """The lower bound of a requirement, which has no other."""
    (only,) = needed.specifier
    assert only.operator == ">=", f"{needed}: a library beside others must not forbid newer versions"
    return Version(only.version)


def test_the_oldest_constraints_are_the_lower_bounds() -> None:
    pins = constraints("constraints-oldest.txt")
    bounds = {name: lowest(needed) for name, needed in requirements(*OLDEST_EXTRAS).items()}
    bounds |= {name: Version(version) for name, version in NOT_THE_OLDEST.items()}
    assert {name: pins.get(name) for name in bounds} == bounds


def test_the_tested_versions_satisfy_the_bounds() -> None:
    pins = constraints("constraints.txt")
    for name, needed in requirements("pocket", "text", "diffusion", "dev").items():  # as `make env` installs
        assert needed.specifier.contains(pins[name]), needed
    assert pins["torch"] == constraints("constraints-oldest.txt")["torch"]


def test_messages_and_pages_name_installs_that_exist() -> None:
    named: dict[str, set[str]] = {}
    for name in sorted(pages.files()):
        if name.endswith((".py", ".md", ".toml", ".sh")) or name in ("Makefile", "Dockerfile"):
            text = (ROOT / name).read_text(encoding="utf-8")
            for found in re.findall(r"(?:sightsound-bench|[\"'` ]\.)\[([a-z][a-z,_-]*)\]", text):
                named.setdefault(name, set()).update(found.split(","))
    assert {"metrics/formulas/paired/rouge.py", "README.md", "Makefile", "Dockerfile"} <= set(named)
    assert {name: found - set(EXTRAS) for name, found in named.items() if found - set(EXTRAS)} == {}


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions with their arguments, continued lines joined."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in lines)]


def copied() -> list[str]:
    """What the Dockerfile takes from the repository."""
    return [source for word, rest in instructions() if word == "COPY" for source in shlex.split(rest)[:-1]]


def test_what_the_dockerfile_copies_is_there_and_not_ignored() -> None:
    assert [name for name in copied() if not (ROOT / name).exists()] == []
    kept = [line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")]
    assert sorted(kept) == sorted(copied())
    parts = re.search(r"^PARTS = (\(.+\))$", (ROOT / "setup.py").read_text("utf-8"), re.MULTILINE)
    assert parts and {"sightsound", *ast.literal_eval(parts[1])} <= set(copied())


def test_the_image_is_what_its_page_says() -> None:
    words = instructions()
    python = dict(rest.partition("=")[::2] for word, rest in words if word == "ARG")["PYTHON"]
    assert Version(python) >= lowest(Requirement(f"python{PROJECT['requires-python']}"))
    assert ("ENTRYPOINT", '["bench"]') in words and "bench" in PROJECT["scripts"]
    order = [word for word, _ in words]
    assert ("USER", "bench") in words and order.index("USER") > max(i for i, w in enumerate(order) if w == "RUN")
    assert ("ARG", "DEVICE=cpu") in words, "a CPU by default"
    page = (ROOT / "docs/environment.md").read_text(encoding="utf-8")
    asked = {rest.partition("=")[0] for word, rest in words if word == "ARG"}
    assert set(re.findall(r"--build-arg (\w+)=", page)) <= asked
    assert all(f"`{path}`" in page for path in ("/work", "/cache"))


@pytest.mark.parametrize(("device", "build"), [("cpu", "+cpu"), ("cuda", "")])
def test_the_torch_of_the_image_is_the_tested_one(device: str, build: str, tmp_path: Path) -> None:
    """The shell line itself is run, with a pip that only tells what it was asked for."""
    (command,) = [rest for word, rest in instructions() if word == "RUN" and '"$torch"' in rest]
    (tmp_path / "python").write_text('#!/bin/sh\necho "$@"\n')
    (tmp_path / "python").chmod(0o755)
    done = subprocess.run(
        ["sh", "-c", command],
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}", "DEVICE": device},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    version = constraints("constraints.txt")["torch"]
    assert done.stdout == f"-m pip install --constraint constraints.txt torch=={version}{build}\n"


@pytest.mark.network
def test_the_commands_of_the_image_install_the_package(tmp_path: Path) -> None:
    """As far as a test can go: pip resolves all of it, from the copied files alone, and installs nothing."""
    for name in copied():
        (tmp_path / name).symlink_to(ROOT / name)
    home = tmp_path / "home"
    venv.create(home, with_pip=True)
    commands = [rest for word, rest in instructions() if word == "RUN" and "pip install" in rest]
    assert len(commands) == 2
    path = f"{home / 'bin'}:{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "DEVICE": "cpu"}
    for command in commands:
        done = subprocess.run(
            ["sh", "-c", command.replace("pip install", "pip install --dry-run")],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-2000:]
    assert f"sightsound-bench-{sightsound.__version__}" in done.stdout
