"""A split as MusFlow is trained on it: every example encoded once, for nothing that encodes is trained."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightsound.baselines.musflow.adapters import DIM, KINDS
from sightsound.baselines.musflow.encoders import MUSIC_HZ, Encoders, conditions
from sightsound.baselines.musflow.sound import Sound
from sightsound.bench.core.media import CLIP_S, MediaError, load_audio
from sightsound.bench.core.types import Example, Report, chunks

AT_ONCE = 16  # examples whose media are in memory
Item = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Vectors `[4, 512]` of image, story, caption and music, NaN where there is none, and the music's latent."""
_DONE, _VECTORS, _LATENTS = "prepared.json", "vectors.npy", "latents.npy"


@dataclass(frozen=True)
class Prepared:
    """What a training step draws from. The latents stay on the disk."""

    rows: Mapping[str, int]
    """Row of an example, by id."""
    vectors: NDArray[np.float32]
    """`[rows, 4, 512]`: image, story, caption, NaN where there is none; music."""
    latents: NDArray[np.float32]
    """`[rows, channels, frames, bands]` of the music."""
    left_out: list[str]
    """Why, one line an example that could not be used."""

    def item(self, example: Example) -> Item:
        """The example's vectors and latent."""
        row = self.rows[example.id]
        return self.vectors[row], np.array(self.latents[row])


def prepare(
    folder: Path,
    made_of: Mapping[str, str],
    examples: Sequence[Example],
    make: Callable[[], Encoders],
    sound: Sound,
    frames: int,
    report: Report,
) -> Prepared:
    """The examples that have music and a condition, encoded into `folder`, or as they lie there.

    `made_of` says what they depend on; the folder's are taken where that is the same, else `make` gives the
    encoders. `frames`: of a latent.
    ValueError where no example can be used.
    """
    done = folder / _DONE
    known = json.loads(done.read_text(encoding="utf-8")) if done.is_file() else {}
    if known.get("made_of") != dict(made_of):
        folder.mkdir(parents=True, exist_ok=True)
        done.unlink(missing_ok=True)
        ids, left_out = _encode(folder, examples, make(), sound, frames, report)
        known = {"made_of": dict(made_of), "ids": ids, "left_out": left_out}
        done.write_text(json.dumps(known, indent=2) + "\n", encoding="utf-8")
    if not known["ids"]:
        raise ValueError(f"no example of the split can be trained on; the first: {known['left_out'][0]}")
    vectors, latents = (np.load(folder / name, mmap_mode="r", allow_pickle=False) for name in (_VECTORS, _LATENTS))
    rows = {name: row for row, name in enumerate(known["ids"])}
    return Prepared(rows, np.array(vectors), latents, list(known["left_out"]))


def _encode(
    folder: Path, examples: Sequence[Example], encoders: Encoders, sound: Sound, frames: int, report: Report
) -> tuple[list[str], list[str]]:
    """Write the arrays; the ids of their rows in order, and why an example has none."""
    shape = (int(sound.vae.config.latent_channels), frames, sound.bands // sound.shrunk)
    vectors, latents = (
        np.lib.format.open_memmap(folder / name, "w+", np.float32, (len(examples), *of_one))
        for name, of_one in ((_VECTORS, (len(KINDS) + 1, DIM)), (_LATENTS, shape))
    )
    vectors[:] = np.nan
    ids: list[str] = []
    left_out: list[str] = []
    report("encoding", 0, len(examples))
    for place, some in enumerate(chunks(examples, AT_ONCE)):
        batch: list[dict[str, Any]] = []
        for example in some:
            try:
                batch.append(_items(example, sound.rate_hz, frames * sound.shrunk * sound.hop))
                ids.append(example.id)
            except (MediaError, ValueError) as error:
                left_out.append(f"{example.id}: {' '.join(str(error).split())}")
        first = len(ids) - len(batch)
        for column, kind in enumerate((*KINDS, "music")):
            rows = [row for row, items in enumerate(batch, first) if kind in items]
            if rows:
                vectors[rows, column] = encoders(kind, [items[kind] for items in batch if kind in items])
        if batch:
            clips = np.stack([items["sound"] for items in batch])
            latents[first : len(ids)] = sound.encoded(clips, frames)
        report("encoding", min((place + 1) * AT_ONCE, len(examples)), len(examples))
    return ids, left_out


def _items(example: Example, rate_hz: int, samples: int) -> dict[str, Any]:
    """What an example has of KINDS, its music as CLAP hears it, and its sound, `[samples]`."""
    found = conditions(example, KINDS)
    if example.audio is None:
        raise ValueError("the example has no music")
    heard = load_audio(example.audio, (rate_hz, MUSIC_HZ), seconds=max(CLIP_S, samples / rate_hz))
    clip = heard[rate_hz][:samples]
    return found | {
        "music": heard[MUSIC_HZ][: round(CLIP_S * MUSIC_HZ)],
        "sound": np.pad(clip, (0, samples - len(clip))),
    }
