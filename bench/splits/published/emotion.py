"""The splits `emotion_painting_music*`: the pairs of MG-S, a painting and 30 s of music of the same emotion.

Hisariya et al. 2024: paintings of WikiArt Emotions in five emotions; 193 MIDI files of MIREX, rendered and cut
into pieces of 30 s; put together at random within an emotion. The archive has `data_model/<emotion>/<name>.jpg`
and `.wav`; the names have the form `<emotion>_<number>_<number>`, read here as song and piece. The pairs that were
held out are those that the author's notebook says it generated for, the same 117 for each of its four models.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from sightsound.bench.core.types import Report, SplitCard
from sightsound.bench.splits.media import tables
from sightsound.bench.splits.media.collect import Collector
from sightsound.bench.splits.media.local import Media
from sightsound.bench.splits.media.manifest import SplitError
from sightsound.bench.splits.media.take import take

EMOTIONS = ("angry", "fun", "happy", "neutral", "sad")
NOTEBOOK = "main.ipynb"
LEAKS = "leaks.csv"
_NAME = re.compile(rf"(?P<song>(?P<emotion>{'|'.join(EMOTIONS)})_\d+)(_\d+)?")
_GENERATED = re.compile(r"saved as gen audio/(?P<model>\d+)/(?P<name>[^/\s]+)\.wav")


def song(name: str) -> str:
    """The song that a piece is cut from, with its emotion: the group of its example.

    >>> song("sad_31_3"), song("happy_7")
    ('sad_31', 'happy_7')
    """
    found = _NAME.fullmatch(name)
    if not found:
        raise SplitError(f"{name!r} is no name of this data set: <emotion>_<song>_<piece>")
    return found["song"]


def pieces(paths: Iterable[str]) -> list[str]:
    """Names of the pairs that a folder has anything of, sorted: files that lie in a folder of their emotion."""
    found = set()
    for path in map(PurePosixPath, paths):
        name = _NAME.fullmatch(path.stem)
        if name and path.parent.name == name["emotion"] and path.suffix.lower() != ".txt":
            found.add(path.stem)
    return sorted(found)


def generated_for(notebook: Any) -> list[str]:
    """Names of the test pairs, in the order in which a notebook's output says that music was generated for them.

    Raises SplitError where it says none, or one list for one model and another for the next.
    """
    lists: dict[str, list[str]] = {}
    try:
        for cell in notebook["cells"]:
            for output in cell.get("outputs", ()):
                for found in _GENERATED.finditer("".join(output.get("text", ()))):
                    lists.setdefault(found["model"], []).append(found["name"])
    except (KeyError, TypeError, AttributeError) as error:
        raise SplitError(f"{NOTEBOOK}: not a notebook ({type(error).__name__}); fetch the asset again") from error
    if not lists or len({tuple(names) for names in lists.values()}) != 1:
        raise SplitError(f"{NOTEBOOK}: names no one list of test pairs; fetch the asset mgs_notebook again")
    return next(iter(lists.values()))


def leaks(test: Iterable[str], everything: Iterable[str]) -> dict[str, list[str]]:
    """Test pair -> the pieces of its song that are not in the test list, for those that have any: training's."""
    inside = set(test)
    outside: dict[str, list[str]] = {}
    for name in sorted(set(everything) - inside):
        outside.setdefault(song(name), []).append(name)
    return {name: outside[song(name)] for name in sorted(inside) if song(name) in outside}


def build_all(folder: Path, assets: Mapping[str, Path], media: Path, report: Report) -> None:
    """Write the split of every pair that the user's folder has."""
    found = Media(media, folder.parent / "unpacked")
    names = pieces(found.names())
    if not names:
        raise SplitError(f"{media}: no data_model/<emotion>/<emotion>_<song>_<piece>.jpg and .wav in it")
    _write(folder, found, names, report)


def build_test(folder: Path, assets: Mapping[str, Path], media: Path, report: Report) -> None:
    """Write the split of the pairs that the notebook generated for, and `leaks.csv`: what training has of them."""
    path = assets["mgs_notebook"] / NOTEBOOK
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SplitError(f"{path}: cannot be read as JSON ({error}); fetch the asset again") from error
    found, names = Media(media, folder.parent / "unpacked"), generated_for(notebook)
    _write(folder, found, names, report)
    lines = [(name, song(name), " ".join(others)) for name, others in leaks(names, pieces(found.names())).items()]
    tables.write(folder / LEAKS, ("id", "song", "pieces_outside"), tables.safe(lines))


def _write(folder: Path, found: Media, names: list[str], report: Report) -> None:
    collector = Collector(folder, report, len(names))
    for name in names:
        emotion = song(name).partition("_")[0]
        image = found.find(f"{emotion}/{name}.jpg", "image")
        audio = found.find(f"{emotion}/{name}.wav", "audio")
        take(collector, name, song(name), {"image": image, "audio": audio}, emotion=emotion)
    collector.write()


def _card(name: str, entry: str, assets: tuple[str, ...], size: int, description: str, known: str) -> SplitCard:
    return SplitCard(
        name=name,
        tasks=("image2music",),
        entry=f"sightsound.bench.splits.published.emotion:{entry}",
        assets=assets,
        licence="none stated; paintings of WikiArt Emotions (research), renderings of MIREX's MIDI files",
        source=(
            "Emotion Painting Music data set of MG-S (Hisariya et al. 2024): links in the readme of "
            "hisariyatani123/My-Projects@20c2598; Zenodo 13717256 according to the paper"
        ),
        description=description,
        known=known,
        media="data_model/<emotion>/<emotion>_<song>_<piece>.jpg and .wav: as they are or in their archive",
        size=size,
    )


_FAULTS = (
    "Music and painting share an emotion and nothing else: they were put together at random. Songs were cut into "
    "pieces of 30 s and the pieces drawn one by one, so training has other pieces of the same songs; groups are "
    "songs, so intervals are right, and the leak stays. The music is rendered from MIDI. The emotion classifier "
    "that the systems read (right for 55.5 % of its validation pictures) was split apart from the rest: it was "
    "trained on about four fifths of these very paintings. "
)

ALL = _card(
    "emotion_painting_music",
    "build_all",
    (),
    0,
    "Every pair of the archive: the paper says 1,200, its notebook's output comes to 1,176. 30 s each.",
    _FAULTS + "Four fifths are training data.",
)
TEST = _card(
    "emotion_painting_music_test",
    "build_test",
    ("mgs_notebook",),
    117,
    "The 117 pairs that the author's notebook generated for: 25 fun, happy, neutral each, 21 angry, sad. 30 s.",
    _FAULTS + "The 117 pieces are of 89 songs; leaks.csv beside the manifest names the other pieces of each.",
)
