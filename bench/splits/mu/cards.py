"""The cards of M2UGen's data sets and of the list that Mozart's Touch published of one."""

from __future__ import annotations

from collections.abc import Sequence

from sightsound.bench.core.types import SplitCard

_LICENCE = "CC-BY-NC-ND-4.0, behind a form; the media are their makers' on YouTube"
_GATE = "a form on the hub, for each of M2UGen's data sets"
_AUDIOSET = "or media of AudioSet named by YouTube id"
_SEGMENTS = f"{_AUDIOSET} (10 s, or full length beside the authors' filtered.csv)"
_LEAK = (
    "The instructions were written by a chat model from the caption of the target music, so they describe the "
    "answer; they are kept apart (Example.instruction) and are no condition of a task. "
)
_OWN_CAPTIONS = "Captions of the music are MU-LLaMA's, unchecked; those of full songs say little of 10 s. "
_TRAINING = "It is the data that M2UGen's released checkpoints were trained on. "


def _card(name: str, tasks: Sequence[str], media: str, size: int, description: str, known: str) -> SplitCard:
    return SplitCard(
        name=name,
        tasks=tuple(tasks),
        entry=f"sightsound.bench.splits.mu.build:build_{name}",
        assets=(),
        licence=_LICENCE,
        source="M2UGen (Hussain et al. 2023), from music of AudioSet",
        description=description,
        known=known,
        media=media,
        size=size,
        gate=_GATE,
    )


MUIMAGE = _card(
    "muimage",
    ("image2music", "caption2music"),
    f"MUImageInstructions.json with the archives of MUImage, {_SEGMENTS}",
    9966,
    "10 s of music of AudioSet and one random frame of the same seconds, with a caption of the music.",
    _LEAK + _TRAINING + _OWN_CAPTIONS + "A still frame of a music video is often a title card or a cover.",
)
MUVIDEO = _card(
    "muvideo",
    ("video2music", "caption2music"),
    f"MUVideoInstructions.json with the archives of MUVideo, {_SEGMENTS}",
    13203,
    "10 s of music of AudioSet and their own picture, made silent here, with a caption of the music.",
    _LEAK + _TRAINING + _OWN_CAPTIONS + "The players are often seen: a stricter match than a soundtrack's.",
)
MUVIDEO_EVAL = _card(
    "muvideo_eval",
    MUVIDEO.tasks,
    MUVIDEO.media,
    2500,
    "2,500 items of MUVideo: those with the lowest sha256 of 'muvideo_eval:' and their id.",
    "Not the list of any paper: M2UGen and Mozart's Touch each report 2,500 items and published no list, so "
    "their figures and ours are over different items. " + MUVIDEO.known,
)
MUCAPS = _card(
    "mucaps",
    ("caption2music",),
    f"MUCapsCaptions.json with the archives of MUCaps, {_AUDIOSET} (full length)",
    21966,
    "Whole pieces of music of AudioSet's videos, 209 s on average, with a caption; metrics hear the first 10 s.",
    _TRAINING + _OWN_CAPTIONS,
)
MUEDIT = _card(
    "muedit",
    ("caption2music",),
    f"MUEditInstructions.json with the archives of MUEdit, {_AUDIOSET} (10 s)",
    10815,
    "The target of each editing pair with its caption. No task here edits, so the input music is left out.",
    _LEAK + _TRAINING + _OWN_CAPTIONS + "A clip that is the target of several pairs is there once for each, in "
    "one group. Pairs were found by comparing waveforms and tempo, so an instruction asks for another piece "
    "rather than for an edit.",
)
MUIMAGE_EVAL = SplitCard(
    name="muimage_eval",
    tasks=("image2music",),
    entry="sightsound.bench.splits.mu.build:build_muimage_eval",
    assets=("muimage_eval_pairs",),
    licence=f"MIT for the list; media {_LICENCE}",
    source="Mozart's Touch (Xu et al. 2024): its list of 2,500 pairs of MUImage",
    description="The pairs that Mozart's Touch reports figures over: a random frame and 10 s of AudioSet's music.",
    known=(
        "Drawn from the 9,966 published items of MUImage, which M2UGen's released checkpoints were trained on: "
        "their figures here are on training data. M2UGen's own list of the same name was never published. "
        "Ids run from 1OouuJ9WrGg to 5DrG8-FIW3c only, a slice in the order of ids. " + _LEAK
    ),
    media=f"the archives of MUImage, {_SEGMENTS}",
    size=2500,
    gate=_GATE,
)
