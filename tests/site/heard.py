"""A small run to see and hear: the toy's tones by two systems, with what the pages must survive planted in it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import soundfile
from PIL import Image

from sightsound.bench.core import cards as door
from sightsound.bench.core import registry, results, store
from sightsound.bench.core.media import file_sha256
from sightsound.bench.core.types import Example, Output, SplitCard
from sightsound.bench.folders import kept
from sightsound.bench.splits import Split
from tests import toy

MARKUP = "<script>window.planted = 1</script><img src=x onerror='window.planted = 1'>"
"""What a caption holds; nothing of it may run."""
GONE, CHANGED, FAILED = "toy.003", "toy.004", "toy.005"
"""Examples whose output by `echo:pocket` was deleted, was changed, or failed."""
WHY = f"the model said {MARKUP}"


@dataclass(frozen=True)
class World:
    """The run, and the command in its world."""

    run: Path
    """Run folder."""
    bench: Callable[..., int]
    """`bench("site", "--run", run, ...)`: the command's exit code."""


@contextmanager
def world(folder: Path) -> Iterator[World]:
    """The toy's cards and a cache of its own, and a scored run of two systems with the faults planted."""
    with pytest.MonkeyPatch.context() as patch:
        for kind in registry.KINDS:
            patch.setitem(door._known, kind, dict(registry.cards(kind)))
        patch.setattr(door, "adopted", [])
        patch.setenv("SIGHTSOUND_CACHE", str(folder / "cache"))
        patch.delenv("SIGHTSOUND_MIRROR", raising=False)
        patch.chdir(folder)
        toy.register()

        def bench(*words: object) -> int:
            from sightsound.bench.commands import app

            patch.setattr(sys, "argv", ["bench", *map(str, words)])
            try:
                app.main()
            except SystemExit as end:
                return end.code if isinstance(end.code, int) else 1
            return 0

        run = folder / "run"
        systems = ("--model", "echo:pocket", "--model", "echo:pocket_twin")
        assert bench("run", *systems, "--task", "image2music", "--out", run) == 0
        plant(run / "systems" / "echo.pocket")
        yield World(run, bench)
    door.changed.append("the world of the site's tests ends")


def plant(system: Path) -> None:
    """Markup in the notes and in an error, a deleted output, a changed one, a failed one."""
    lines = [json.loads(line) for line in (system / "outputs.jsonl").read_text().splitlines()]
    for line in lines:
        line["notes"] = {"caption": MARKUP, "prompt": f"a tone for {line['id']}"}
        if line["id"] == FAILED:
            line |= {"path": None, "sha256": None, "error": WHY}
    (system / "outputs.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (system / "outputs" / f"{GONE}.wav").unlink()
    with (system / "outputs" / f"{CHANGED}.wav").open("ab") as file:
        file.write(b"\0\0")


def other_run(folder: Path, task: str) -> Path:
    """A scored run of one system to pictures or prompts, on two examples whose condition is music."""
    run, made = folder / "other", "image" if task == "music2image" else "text"
    place = run / "systems" / "maker.one"
    (place / "outputs").mkdir(parents=True)
    examples, outputs, digests = [], [], {}
    for number in range(2):
        audio, picture = folder / f"{number}.wav", folder / f"{number}.png"
        soundfile.write(audio, toy.tone(300 + 100 * number), toy.RATE_HZ)
        Image.new("RGB", (40, 30), (90 * number, 90, 90)).save(picture)
        path = place / "outputs" / f"e{number}{'.png' if made == 'image' else '.txt'}"
        path.write_bytes(picture.read_bytes() if made == "image" else f"a tone {MARKUP}".encode())
        digests |= {each: file_sha256(each) for each in (audio, picture)}
        outputs.append(Output(f"e{number}", f"outputs/{path.name}", file_sha256(path)))
        examples.append(
            Example(f"e{number}", "g", audio=audio, reference_image=picture, reference_text="a quiet tone")
        )
    card = SplitCard("other", (task,), "", (), "", "", "")
    kept.write(run, Split(card, "0" * 64, examples, 2, digests=digests))
    store.Journal(place).append(outputs)
    plan = {"task": task, "split": "other", "split_hash": "0" * 64, "seed": 0, "limit": None}
    store.write_text(run / "run.json", json.dumps(plan | {"metrics": ["rougeL"], "systems": ["maker:one"]}))
    row = results.Row(
        "other", "maker", "one", task, "other@000000", "rougeL", 0.5, n=2, signature="rougeL|n:2|v:1"
    )
    results.write(run / "rows.csv", results.frame([row]))
    return run
