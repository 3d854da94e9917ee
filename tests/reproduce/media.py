"""Small media of each split that a recipe names, in the layout in which its makers publish it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image
from pyarrow import Table, parquet

from sightsound.bench.splits.media.local import Media
from sightsound.bench.splits.published import artwork
from tests.bench.made_media import same_bytes, stand_in, video

COUNT = 12
"""Examples of a split, as far as its list allows: the first that `--limit` takes."""
SHARED = Path(__file__).parents[3] / "shared/data"  # where a session has the published indexes
MAKERS: dict[str, Callable[[Path, pytest.MonkeyPatch], None]] = {}
"""Split -> what puts its media into a folder, and the index that it is made from into the place of an asset."""


def makes(*splits: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Say of which splits a function makes the media."""

    def mark(make: Callable[..., None]) -> Callable[..., None]:
        MAKERS.update(dict.fromkeys(splits, make))
        return make

    return mark


def first(names: list[str], count: int = COUNT) -> list[str]:
    """The ids that `--limit` takes first."""
    return sorted(names, key=lambda name: hashlib.sha256(name.encode()).hexdigest())[:count]


def picture(path: Path, seed: int) -> None:
    """Noise of 64 x 48 in the colour of the seed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(seed)
    Image.fromarray(random.integers(0, 256, (48, 64, 3), np.uint8)).save(path, format="PNG")


def music(path: Path, seed: int, seconds: float = 10.0) -> None:
    """Two tones and some noise, WAV whatever the name says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(seed)
    time_s = np.arange(round(seconds * 16000)) / 16000
    pitch_hz = random.uniform(150, 600)
    tones = np.sin(2 * np.pi * pitch_hz * time_s) + 0.5 * np.sin(4 * np.pi * pitch_hz * time_s)
    soundfile.write(path, 0.3 * tones + 0.01 * random.standard_normal(len(time_s)), 16000, format="WAV")


def instructions(path: Path, shown: str, ids: list[str]) -> None:
    """An index as M2UGen's authors write it: the instruction tells of the music."""
    entries = [
        {
            "input_file": f"{name}.{shown}",
            "output_file": f"{name}.mp3",
            "conversation": [
                {"from": "human", "value": f"Generate slow piano music {name}", "caption": "a picture"},
                {"from": "gpt", "value": "Here", "caption": f"slow piano {name}", "output_modality": "audio"},
            ],
        }
        for name in ids
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(entries))


@makes("muimage_eval")
def muimage_eval(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """The list of 2,500 as published, with media of those that `--limit 12` takes."""
    index = SHARED / "muimage_eval.json"
    if not index.is_file():  # another machine: a list like it
        index = folder.parent / "index.json"
        names = [hashlib.sha256(str(number).encode()).hexdigest()[:11] for number in range(2500)]
        index.write_text(json.dumps([{"input_file": f"{n}.jpg", "output_file": f"{n}.mp3"} for n in names]))
    stand_in(patch, "muimage_eval_pairs", index)
    ids = first([Path(entry["output_file"]).stem for entry in json.loads(index.read_text())])
    for number, name in enumerate(ids):
        picture(folder / f"audioset_images/{name}.jpg", number)
        music(folder / f"audioset/{name}.mp3", number)
    instructions(folder / "MUImageInstructions.json", "jpg", ids)


@makes("muvideo_eval")
def muvideo_eval(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """MUVideo with fewer items than the 2,500 that are drawn of it."""
    ids = [f"{number:010d}v" for number in range(3)]
    for number, name in enumerate(ids):
        video(folder / f"audioset_videos/{name}.mp4", 10, pitch_hz=300 + number)
        music(folder / f"audioset/{name}.mp3", number)
    instructions(folder / "MUVideoInstructions.json", "mp4", ids)


ARTWORKS: dict[str, artwork.Choose] = {
    "artwork_music_all": artwork.everything,
    "artwork_description_all": artwork.everything,
    "artwork_music_seed0_test": artwork.scored,
    "artwork_music_figures": artwork.printed,
    "artwork_description_seed0_test": artwork.scored,
}


def artworks(split: str, folder: Path, patch: pytest.MonkeyPatch) -> None:
    """The 10,000 pairs as published, with pictures, tracks and descriptions of those that `--limit 3` takes."""
    index = SHARED / "art2mus_pairs.json"
    if not index.is_file():  # another machine: a list like it
        index = folder.parent / "pairs.json"
        rows = {str(number): f"painter_{number}.jpg" for number in range(10_000)}
        rows |= {str(number): image for number, image in enumerate(artwork.FIGURES)}
        tracks = {row: f"fma/fma_large/000/{int(row):06d}.mp3" for row in rows}
        index.write_text(json.dumps({"Image": rows, "Audio": tracks}))
    stand_in(patch, "art2mus_pairs", index)
    pairs = artwork.read_index(index)
    chosen = ARTWORKS[split](pairs, Media(folder, folder / "unpacked"))
    wanted = set(first([pairs[row].id for row in chosen], 3))
    for pair in (pair for pair in pairs if pair.id in wanted):
        picture(folder / f"imagesf2/{pair.image}", pair.row)
        music(folder / pair.audio.partition("/")[2], pair.row, 12.0)
    texts = [{"Image": pair.image, "ArtwDesc": f"A painting of a calm sea, {pair.row}."} for pair in pairs]
    (folder / "descriptions.json").write_text(json.dumps(texts))


for name in ARTWORKS:
    MAKERS[name] = partial(artworks, name)


PAINTED = ("angry_1_1", "fun_2_1", "sad_3_1", "happy_4_1")


@makes("emotion_painting_music_test")
def emotions(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """Four pairs, and a notebook that says it generated for them by four models, as the author's does."""
    said = [f"saved as gen audio/{model}/{name}.wav\n" for model in range(1, 5) for name in PAINTED]
    notebook = folder.parent / "main.ipynb"
    notebook.write_text(json.dumps({"cells": [{"outputs": [{"text": said}]}]}))
    stand_in(patch, "mgs_notebook", notebook)
    for number, name in enumerate(PAINTED):
        place = folder / "data_model" / name.partition("_")[0]
        picture(place / f"{name}.jpg", number)
        music(place / f"{name}.wav", number, 30.0)


def illustrated(folder: Path, count: int) -> None:
    """Rows of Music2Image's table with their sound and stories of ours."""
    rows = []
    for number in range(count):
        picture(folder / "picture.png", number)
        rows.append(
            {
                "image": {"bytes": (folder / "picture.png").read_bytes(), "path": f"{number}.png"},
                "youtube_video_id": f"video_{number:05d}",
                "start_second": "30",
                "end_second": "40",
                "text": f"slow piano and strings, {number}",
            }
        )
        music(folder / f"video_{number:05d}_30_40.wav", number)
    (folder / "picture.png").unlink()
    parquet.write_table(Table.from_pylist(rows), folder / "train-0.parquet")
    stories = [f"video_{number:05d}.30,A quiet bay in the north number {number}." for number in range(count)]
    (folder / "texts.csv").write_text("\n".join(["id,story", *stories]) + "\n")


@makes("music2image")
def music2image(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """Three rows of its table."""
    illustrated(folder, 3)


@makes("mmusset_eval")
def mmusset(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """Three rows of Music2Image, and a table of ten quadruples, of which one is drawn."""
    illustrated(folder, 3)
    lines = ["image,story,caption,audio"]
    for number in range(10):
        lines.append(f"painter_{number}.jpg,A story {number}.,music {number},fma_medium/000/{number:06d}.mp3")
        picture(folder / f"imagesf2/painter_{number}.jpg", number)
        music(folder / f"fma_medium/000/{number:06d}.mp3", number, 12.0)
    (folder / "artmusic.csv").write_text("\n".join(lines) + "\n")


VIDEOS = 15
"""Of a folder whose tenth is held out: two, four clips of theirs."""


def music_videos(clips: int, folder: Path, patch: pytest.MonkeyPatch) -> None:
    """Videos of as many whole clips; words by video, prompt and caption of the music by clip."""
    lines = ["id,reference_text,caption,lyrics"]
    made = folder.parent / f"videos_of_{clips}"  # once for all the splits
    for number in range(VIDEOS):
        name = f"tune_{number:02d}.mp4"
        if not (made / name).is_file():
            video(made / name, 10.0 * clips + 1, rate=1, pitch_hz=200.0 + 20 * number)
        same_bytes(made / name, folder / name)
        lines.append(f"tune_{number:02d},,,I sailed the sea number {number} and came home")
        for clip in range(clips):
            texts = f"a harbour with {number} boats in part {clip},slow piano and {number} strings in part {clip}"
            lines.append(f"tune_{number:02d}.{10 * clip:04d},{texts},")
    (folder / "texts.csv").write_text("\n".join(lines) + "\n")


for name in ("amv", "yt8m_mv"):
    MAKERS[name] = partial(music_videos, 1)
    MAKERS[f"{name}_eval"] = MAKERS[f"{name}_train"] = partial(music_videos, 2)


@makes("cifar100")
def cifar100(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """A folder of its small pictures, below the folder that the command is given in."""
    for number in range(6):
        picture(Path("cifar100") / f"{number:05d}.png", number)
