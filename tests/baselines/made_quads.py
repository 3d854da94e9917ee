"""A small split with all that MusFlow reads."""

from __future__ import annotations

import shutil
from pathlib import Path

from sightsound.bench import splits
from sightsound.bench.core.types import Example
from sightsound.bench.splits.media import manifest
from sightsound.bench.splits.media.manifest import Row


def make(folder: Path) -> Path:
    """A folder with a manifest: pictures, stories and music of the real `wesnoth`, captions of our own.

    One example lacks caption and picture, and one has no condition at all."""
    folder.mkdir()
    rows = []
    for place, real in enumerate(splits.load("wesnoth", task="multimodal2music", limit=4).examples):
        assert real.image and real.audio
        image, audio = folder / f"{place}{real.image.suffix}", folder / f"{place}.wav"
        shutil.copyfile(real.image, image)
        shutil.copyfile(real.audio, audio)
        caption = ("solemn strings", "a fast drum march", None, None)[place]
        shown = {"image": image, "story": real.story} if place < 2 else {"story": real.story} if place == 2 else {}
        rows.append(
            Row(Example(f"e{place}", f"g{place}", audio=audio, caption=caption, **shown), f"audio={place}")
        )
    manifest.write(folder, rows)
    return folder
