"""The run folder of a made board: all outputs are one short clip, and texts are as long as real ones."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from sightsound.bench.core import media, results, scores, store
from sightsound.bench.core.types import Example, Output, SplitCard
from sightsound.bench.folders import kept
from sightsound.bench.perf.made_board import BY_CLIP, SPLIT, TASK
from sightsound.bench.splits import Split

RATE_HZ = 16000


def write(folder: Path, run: Path, systems: Sequence[str], examples: Sequence[str]) -> None:
    """Make `run` of the `measured.csv` and `measured.parquet` in `folder`."""
    run.mkdir()
    shutil.copyfile(folder / "measured.csv", run / "rows.csv")
    shutil.copyfile(folder / "measured.parquet", run / scores.NAME)
    sound, picture = run / "one.wav", run / "one.png"
    media.write_audio(sound, 0.1 * np.sin(0.1 * np.arange(RATE_HZ // 2)), RATE_HZ)
    media.write_image(picture, np.full((48, 64, 3), 90, np.uint8))
    digests = {path: media.file_sha256(path) for path in (sound, picture)}
    shown = [
        Example(name, f"group_{number // 2:04d}", image=picture, audio=sound)
        for number, name in enumerate(examples)
    ]
    name, _, digest = SPLIT.partition("@")
    card = SplitCard(name, (TASK,), "", (), "", "", "")
    kept.write(run, Split(card, digest.ljust(64, "0"), shown, len(shown), digests=digests))
    plan = {"task": TASK, "split": name, "split_hash": digest.ljust(64, "0"), "seed": 0, "limit": None}
    store.write_text(run / "run.json", json.dumps(plan | {"metrics": BY_CLIP, "systems": systems}))
    for system in systems:
        outputs = [Output(each, str(sound), digests[sound], RATE_HZ, 0.5, notes=_notes(system, each), took_s=2.0)
                   for each in examples]  # fmt: skip
        store.Journal(run / "systems" / store.slug(system)).append(outputs)


def _notes(system: str, example: str) -> dict[str, str]:
    """A caption of the example and a prompt of the system's own, a hundred letters as pocket systems have them."""
    prompt = (
        f"Music for {example} by {system}: slow and solemn, with strings, horns and a low choir, in a wide hall"
    )
    return {"caption": f"a picture of a castle on a mountain, {example}", "prompt": prompt}


def names(folder: Path) -> tuple[list[str], list[str]]:
    """Systems and examples of a made board."""
    rows = results.rows(results.read(folder / "measured.csv"))
    systems = dict.fromkeys(results.label(row) for row in rows)
    table = scores.read(folder / "measured.parquet")
    return list(systems), sorted(set(table["example"]))
