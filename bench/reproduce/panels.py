"""A paper's figure of examples: for each what was given, the reference and what every system made of it.

Sound is drawn as a spectrogram, all on one scale (bench/core/spectrogram.py); a picture as it is, smaller; a video
by its middle frame. The texts that a system noted on its way stand below.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from sightsound.bench.core import pictures, registry, sound, spectrogram, store, video
from sightsound.bench.core.errors import MediaError
from sightsound.bench.core.types import Example, Output, Task
from sightsound.bench.reproduce.recipe import Run

FOLDER = "figures"
GIVEN, REFERENCE = "given", "reference"
"""Columns before those of the systems."""
SIDE = 256
"""Longest side of a picture, in pixels."""
VIDEO = "video"
SCALE = (
    f"spectrograms: {spectrogram.LOW_HZ:g} to {spectrogram.HIGH_HZ:g} Hz on the mel scale, high pitches on top, "
    f"from {spectrogram.FLOOR_DB:g} dB of full scale (dark) to 0; whole files, each as wide as any other"
)


@dataclass(frozen=True)
class Panel:
    """One place of a figure."""

    run: str
    """Run of the recipe."""
    example: str
    """Id of the example."""
    system: str
    """`given`, `reference`, or the system as the recipe names it."""
    picture: str = ""
    """File of its picture or spectrogram, relative to the table's folder; empty where it has none."""
    texts: Mapping[str, str] = field(default_factory=dict)
    """What stands below it: name -> text."""
    error: str = ""
    """Why there is nothing to see."""


Journals = Mapping[str, tuple[Path, Mapping[str, Output]]]
"""System as the recipe names it -> the folder of its outputs, and the output of each example."""


def panels(run: Run, folder: Path, examples: Sequence[Example], made: Journals) -> list[Panel]:
    """The panels of a run, by example, each with its picture written below `folder`."""
    task = registry.task(run.task)
    found = []
    for example in examples:
        found.append(_of_fields(run, folder, example, GIVEN, task.conditions))
        if getattr(example, task.reference) is not None:
            found.append(_of_fields(run, folder, example, REFERENCE, (task.reference,)))
        for system, (place, outputs) in made.items():
            found.append(_of_output(run, folder, task, example.id, system, place, outputs.get(example.id)))
    return found


def _of_fields(run: Run, folder: Path, example: Example, column: str, names: Sequence[str]) -> Panel:
    texts, file, kind = {}, None, ""
    for name in names:
        value = getattr(example, name)
        if isinstance(value, Path):
            file, kind = value, name.removeprefix("reference_")
        elif value:
            texts[name] = str(value)
    return _drawn(Panel(run.name, example.id, column, texts=texts), folder, file, kind)


def _of_output(
    run: Run, folder: Path, task: Task, example: str, system: str, place: Path, output: Output | None
) -> Panel:
    if output is None or output.path is None:
        why = output.error if output else "it was not made"
        return Panel(run.name, example, system, error=why or "it was not made")
    noted = {name: output.notes[name] for name in run.notes if name in output.notes}
    file = place / output.path
    if task.output == "text":
        return Panel(run.name, example, system, texts=noted | {"text": file.read_text(encoding="utf-8").strip()})
    return _drawn(Panel(run.name, example, system, texts=noted), folder, file, task.output)


def _drawn(panel: Panel, folder: Path, file: Path | None, kind: str) -> Panel:
    """The panel with its picture written; with the reason where the file cannot be shown."""
    if file is None:
        return panel
    name = f"{FOLDER}/{store.slug(panel.run)}/{store.slug(panel.system)}/{store.slug(panel.example)}.png"
    try:
        data = _png(file, kind)
    except (MediaError, OSError) as error:
        return Panel(panel.run, panel.example, panel.system, "", panel.texts, str(error))
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    with store.atomic(folder / name) as path:
        path.write_bytes(data)
    return Panel(panel.run, panel.example, panel.system, name, panel.texts)


def _png(file: Path, kind: str) -> bytes:
    if kind == "audio":
        samples, rate_hz = sound.decode_audio(file, 0.0, sound.MAX_AUDIO_S)
        if not len(samples):
            raise MediaError(f"{file}: no audio in it")
        return spectrogram.png(np.asarray(samples.mean(axis=1), np.float32), rate_hz)
    from PIL import Image

    frames: Any = video.load(file, {"middle": video.MiddleFrame()})["middle"] if kind == VIDEO else ()
    picture = Image.fromarray(frames[0] if kind == VIDEO else pictures.load_image(file))
    picture.thumbnail((SIDE, SIDE))
    buffer = io.BytesIO()
    picture.save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()


def grids(found: Sequence[Panel]) -> Iterator[tuple[str, list[str], list[list[Panel | None]]]]:
    """Of each run: its name, the columns, and a line of panels an example."""
    for run in dict.fromkeys(panel.run for panel in found):
        own = [panel for panel in found if panel.run == run]
        columns = list(dict.fromkeys(panel.system for panel in own))
        at = {(panel.example, panel.system): panel for panel in own}
        lines = [
            [at.get((example, column)) for column in columns]
            for example in dict.fromkeys(panel.example for panel in own)
        ]
        yield run, columns, lines
