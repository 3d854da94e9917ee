"""The split `games` and its parts: pictures, texts and music that the makers of several games put together.

What a game shows and plays is read by its own reader (index.py); here it is cut and written, by the rules of the
split `wesnoth`. docs/splits-games.md has the rules in prose.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from sightsound.bench.assets.digests import tree_digest
from sightsound.bench.core import media
from sightsound.bench.core.types import Example
from sightsound.bench.splits.games.collecting import Entry, collect, parts
from sightsound.bench.splits.games.files import SEPARATOR, LeftOutError
from sightsound.bench.splits.games.index import GAMES, Game, TermsOf
from sightsound.bench.splits.media import excerpts, manifest, tables

LEFT_OUT = "left_out.txt"
LICENCES = "licences.csv"
PARTS = "parts.csv"


def build(folder: Path, assets: Mapping[str, Path]) -> None:
    """Write the whole split into `folder` from the games' files at `assets`."""
    write(folder, assets)


def build_train(folder: Path, assets: Mapping[str, Path]) -> None:
    """Write the part for training."""
    write(folder, assets, "training")


def build_validation(folder: Path, assets: Mapping[str, Path]) -> None:
    """Write the part for validation."""
    write(folder, assets, "validation")


def build_test(folder: Path, assets: Mapping[str, Path]) -> None:
    """Write the part for tests."""
    write(folder, assets, "test")


def write(folder: Path, assets: Mapping[str, Path], part: str = "", games: Sequence[Game] = GAMES) -> None:
    """Write the split, or one part of it.

    Beside the manifest: `left_out.txt` names each place that is no example, with the reason; `licences.csv` tells
    licence and credit of each file; `parts.csv` component and part of each example. Raises SplitError for ids
    that clash, and what the readers raise.
    """
    entries, left_out = collect(assets, games)
    writer = _Writer(folder, {game.name: game.terms(assets[game.name].resolve()) for game in games})
    rows: list[manifest.Row] = []
    placed: list[tuple[str, str, str]] = []
    for entry, (component, of) in zip(entries, parts(entries), strict=True):
        if part not in ("", of):
            continue
        try:
            rows.append(writer.row(entry, component))
            placed.append((entry.id, component, of))
        except (LeftOutError, media.MediaError) as error:
            left_out.append(
                f"{entry.scene.game}: {entry.scene.name}: {str(error).replace(f'{entry.folder}/', '')}"
            )
    manifest.write(folder, rows)
    (folder / LEFT_OUT).write_text("".join(f"{line}\n" for line in sorted(left_out)), encoding="utf-8")
    tables.write(
        folder / LICENCES,
        ("file", "licence", "credit", "made_from"),
        tables.safe(sorted(writer.licences.values())),
    )
    tables.write(folder / PARTS, ("id", "component", "part"), tables.safe(placed))


class _Writer:
    """Writes the files of examples, and remembers their licences."""

    def __init__(self, folder: Path, terms: Mapping[str, TermsOf]) -> None:
        self._folder = folder
        self._terms = terms
        self.licences: dict[str, tuple[str, str, str, str]] = {}

    def row(self, entry: Entry, component: str) -> manifest.Row:
        """Write clip and picture of one example; its group is its component.

        Raises MediaError or LeftOutError for what cannot be one.
        """
        scene = entry.scene
        name = scene.music.relative_to(entry.folder).as_posix()
        audio = self._folder / "audio" / f"{_flat(entry, name)}.wav"
        start_s = excerpts.write_clip(scene.music, audio)
        if not np.any(media.decode_audio(audio, 0.0, excerpts.CLIP_S)[0]):
            raise LeftOutError("its clip is silent")
        image = self._image(entry)
        told = [f"audio={scene.game}/{name}@{start_s:.3f}+{excerpts.CLIP_S} sha256:{entry.music_sha256}"]
        self._note(entry, audio, [name])
        if image:
            self._note(entry, image, list(entry.picture_sha256))
            digests = list(entry.picture_sha256.values())
            digest = digests[0] if scene.picture else tree_digest(entry.picture_sha256.items())
            told.append(f"image={scene.game}/{scene.picture_source} sha256:{digest}")
        if scene.text:
            told.append(f"story={entry.id}")
        example = Example(id=entry.id, group=component, image=image, story=scene.text, audio=audio)
        return manifest.Row(example, "; ".join(told))

    def _image(self, entry: Entry) -> Path | None:
        scene = entry.scene
        folder = self._folder / "image"
        if scene.picture:
            name = scene.picture.relative_to(entry.folder).as_posix()
            return excerpts.write_picture(scene.picture, folder, _flat(entry, name))
        if scene.painted is None:
            return None
        picture = scene.painted()
        if picture.getcolors(1):  # None where there are more
            raise LeftOutError("its picture is of one colour")
        folder.mkdir(exist_ok=True)
        written = folder / f"{entry.id}.png"
        picture.save(written)
        return written

    def _note(self, entry: Entry, file: Path, originals: Iterable[str]) -> None:
        """Remember the terms of a file. Raises SplitError where two originals came to one name."""
        terms = list(dict.fromkeys(self._terms[entry.scene.game](name) for name in originals))
        path = file.relative_to(self._folder).as_posix()
        line = (
            path,
            SEPARATOR.join(dict.fromkeys(one.licence for one in terms)),
            SEPARATOR.join(dict.fromkeys(one.credit for one in terms if one.credit)),
            SEPARATOR.join(f"{entry.scene.game}/{name}" for name in originals),
        )
        if self.licences.setdefault(path, line) != line:
            raise manifest.SplitError(f"{path}: two files of the game come to this name")


def _flat(entry: Entry, path: str) -> str:
    """One file name for a path in a game's folder: `supertux.music.forest.jewels`."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", f"{entry.scene.game}/{path.rpartition('.')[0]}".replace("/", "."))
