"""The pages of docs/adding/ as newcomers use them: their code in a folder or a package, real commands."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from PIL import Image

from sightsound.bench.core.types import Example
from sightsound.bench.splits.media import manifest

PAGES = Path(__file__).parents[2] / "docs" / "adding"
RATE_HZ = 16000


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    def rows(self, model: str) -> dict[str, dict[str, Any]]:
        """What a run printed as JSON: metric -> row of one model."""
        assert self.code == 0, self.err
        return {row["metric"]: row for row in json.loads(self.out) if row["model"] == model}


def code(page: str, number: int = 0) -> str:
    """The page's example, of fewer than 40 lines, which imports nothing of ours but the public front.

    `number`: which one, where it has several."""
    found = _blocks(page, "python")[number]
    assert len([line for line in found.splitlines() if line.strip()]) < 40
    assert not re.search(r"sightsound\.", found)
    return found


def data(page: str) -> str:
    """The file that lies beside the example."""
    return _blocks(page, "json")[0]


def entry_points(page: str) -> Mapping[str, Mapping[str, str]]:
    """Group -> name -> value, as the page's pyproject.toml states them."""
    points: dict[str, dict[str, str]] = tomllib.loads(_blocks(page, "toml")[0])["project"]["entry-points"]
    return points


def _blocks(page: str, language: str) -> list[str]:
    text = (PAGES / f"{page}.md").read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


class Newcomer:
    """A working folder outside the repository, with a cache of its own and packages of its own on the path."""

    def __init__(self, root: Path) -> None:
        self.here, self.packages, self.cache = root / "here", root / "packages", root / "cache"
        for folder in (self.here, self.packages):
            folder.mkdir(parents=True)

    def write(self, page: str) -> None:
        """The page's example as `mine.py` in the working folder."""
        (self.here / "mine.py").write_text(code(page), encoding="utf-8")

    def install(self, name: str, source: str, points: Mapping[str, Mapping[str, str]]) -> None:
        """A package of one module with entry points, as pip would leave it."""
        (self.packages / f"{name}.py").write_text(source, encoding="utf-8")
        told = self.packages / f"{name}-0.1.dist-info"
        told.mkdir()
        (told / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.1\n")
        lines = [
            line
            for group, of_group in points.items()
            for line in (f"[{group}]", *(f"{key} = {value}" for key, value in of_group.items()))
        ]
        (told / "entry_points.txt").write_text("\n".join(lines) + "\n")

    def bench(self, *words: object) -> Done:
        """A command in a process of its own."""
        env = {key: value for key, value in os.environ.items() if key != "SIGHTSOUND_MIRROR"}
        path = [str(self.packages), *filter(None, [env.get("PYTHONPATH")])]
        env |= {"SIGHTSOUND_CACHE": str(self.cache), "PYTHONPATH": os.pathsep.join(path), "HF_HUB_OFFLINE": "1"}
        command = [sys.executable, "-P", "-m", "sightsound", *map(str, words)]
        done = subprocess.run(command, cwd=self.here, env=env, capture_output=True, text=True, timeout=300)
        return Done(done.returncode, done.stdout, done.stderr)


def made_split(folder: Path) -> Path:
    """A folder with a manifest: 6 pictures and chords of 2 s in three groups. No data set is needed."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    examples = []
    for index in range(6):
        image, audio = folder / f"{index}.png", folder / f"{index}.wav"
        Image.new("RGB", (16, 16), (40 * index, 90, 200)).save(image)
        time_s = np.arange(2 * RATE_HZ) / RATE_HZ
        chord = np.sin(2 * np.pi * (110 + 30 * index) * time_s) + 0.1 * rng.standard_normal(len(time_s))
        soundfile.write(audio, 0.2 * chord, RATE_HZ)
        examples.append(Example(f"made.{index}", f"group{index // 2}", image=image, audio=audio))
    manifest.write(folder, manifest.as_they_are(folder, examples))
    return folder
