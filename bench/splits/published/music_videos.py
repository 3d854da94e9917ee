"""The splits `yt8m_mv` and `amv`: Lawrence's recipe (2024) over the user's own folder of music videos.

Each video is divided into clips of 10 s from 0 s on; four of them (YouTube8M-MusicVideo) or eight
(AnimatedMusicVideo) are drawn, and one frame of each. The thesis draws at random and passes nothing on; here the
draws are by sha256, so two users with the same videos get the same clips. `_train` and `_eval` are parts
of them by video, as the thesis divides "before the chunking"; which videos its parts hold, and what share, is not
known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path, PurePosixPath

from sightsound.bench.core.media import CLIP_S, MediaError
from sightsound.bench.core.types import Report, SplitCard
from sightsound.bench.splits.media import draws, frames
from sightsound.bench.splits.media.collect import Collector, Cut
from sightsound.bench.splits.media.formats import SUFFIXES
from sightsound.bench.splits.media.local import Media, plain_id
from sightsound.bench.splits.media.manifest import SplitError
from sightsound.bench.splits.media.take import Names, more_texts, take

SEED = 42
SHARE = 0.1  # of the videos, for evaluation: ours, the thesis names none
PARTS = ("train", "eval")


def drawn_clips(video: str, starts_s: list[float], clips: int) -> dict[str, float]:
    """Id -> start of the clips that are drawn of a video, by id: at most `clips`, those of the lowest sha256.

    >>> drawn_clips("abc", [0.0, 10.0], 4)
    {'abc.0000': 0.0, 'abc.0010': 10.0}
    """
    starts = {plain_id(f"{video}.{start_s:04.0f}"): start_s for start_s in starts_s}
    ordered = draws.by_hash(starts, 1.0, str(SEED))[:clips]
    return {name: starts[name] for name in sorted(ordered)}


def part_of(videos: Iterable[str], part: str, salt: str) -> set[str]:
    """The videos of `train` or `eval`: a tenth for evaluation, those of the lowest sha256 of `salt:video`.

    SplitError where one of the parts would be empty.

    >>> sorted(part_of("abcdefghij", "eval", "amv")), len(part_of("abcdefghij", "train", "amv"))
    (['g'], 9)
    """
    names = set(videos)
    held_out = set(draws.by_hash(names, SHARE, f"{salt}_eval"))
    if not held_out or held_out == names:
        raise SplitError(f"{len(names)} videos: a part by video takes 5 or more")
    return held_out if part == "eval" else names - held_out


def _build(
    folder: Path,
    assets: Mapping[str, Path],
    media: Path,
    report: Report,
    *,
    clips: int,
    whole: str = "",
    part: str = "",
) -> None:
    found = Media(media, folder.parent / "unpacked")
    videos = sorted(name for suffix in SUFFIXES["video"] for name in found.names(suffix))
    if not videos:
        raise SplitError(f"{media}: no videos in it ({', '.join(SUFFIXES['video'])})")
    collector = Collector(folder, report)
    names, texts = Names(), more_texts(found)
    called = {names.new(plain_id(PurePosixPath(name).stem)): name for name in videos}
    taken = part_of(called, part, whole) if part else set(called)
    for video, name in called.items():
        if video not in taken:
            continue
        path = found.path(name)
        try:
            drawn = drawn_clips(video, frames.segments(path), clips)
            chosen = {clip: frames.random_frame(path, f"{SEED}:{clip}", drawn[clip], CLIP_S) for clip in drawn}
        except MediaError:
            collector.miss(video, "video: cannot be decoded")
            continue
        if not drawn:
            collector.miss(video, f"video: shorter than {CLIP_S:g} s")
        for clip, start_s in drawn.items():
            cuts: dict[str, Cut] = {
                "image": chosen[clip],
                "reference_image": chosen[clip],
                "audio": (start_s, CLIP_S),
            }
            more = {**texts.get(video, {}), **texts.get(clip, {})}
            take(collector, clip, video, {"image": path, "audio": path}, cuts, reference_image=path, **more)
    collector.write()


build_yt8m_mv = partial(_build, clips=4)
build_yt8m_mv_train = partial(build_yt8m_mv, whole="yt8m_mv", part="train")
build_yt8m_mv_eval = partial(build_yt8m_mv, whole="yt8m_mv", part="eval")
build_amv = partial(_build, clips=8)
build_amv_train = partial(build_amv, whole="amv", part="train")
build_amv_eval = partial(build_amv, whole="amv", part="eval")

_OWN = (
    "The thesis passes no media and no list on, and its lists of evaluation videos are not known: rows are "
    "comparable with rows of the same manifest hash only. A frame is one of 300 of its 10 s, and may be black, a "
    "title or a logo; clips of one video are of one song, so groups are videos. "
)


def _card(name: str, entry: str, clips: str, source: str, known: str) -> SplitCard:
    return SplitCard(
        name=name,
        tasks=("image2music", "music2image", "music2prompt", "lyrics2prompt"),
        entry=f"sightsound.bench.splits.published.music_videos:{entry}",
        assets=(),
        licence="the videos' own: the work of their makers, mostly in copyright; nothing may be passed on",
        source=source,
        description=(
            f"{clips} of the whole 10 s that each video has from 0 s on, drawn by sha256 (seed 42); one frame of "
            "each, drawn likewise; sound as 16-bit WAV."
        ),
        known=_OWN + known,
        media="music videos, one file each; prompts and words in texts.csv (id, reference_text, lyrics), if any",
    )


YT8M_MV = _card(
    "yt8m_mv",
    "build_yt8m_mv",
    "Four",
    "YouTube-8M's videos that are labelled as music videos (Suris et al. 2022), as of Lawrence (2024)",
    "Mostly performers, lip-syncing, covers and low quality, as the thesis says; people in most pictures.",
)
AMV = _card(
    "amv",
    "build_amv",
    "Eight",
    "AnimatedMusicVideo of Lawrence (2024): playlists of animated music videos, collected in November 2023",
    "Some are video-game footage with music laid over it, as the thesis says.",
)


def _part(card: SplitCard, part: str) -> SplitCard:
    what = "The tenth of the videos for evaluation" if part == "eval" else "The nine tenths for training"
    return replace(
        card,
        name=f"{card.name}_{part}",
        entry=f"{card.entry}_{part}",
        description=f"{what} of `{card.name}`, drawn by sha256 of '{card.name}_eval:' and the video, its clips as "
        "there. " + card.description,
        known=f"The thesis does not say how many of its videos were for evaluation: a tenth is ours. {card.known}",
    )


CARDS = tuple(each for card in (AMV, YT8M_MV) for each in (card, *(_part(card, part) for part in PARTS)))
"""Both, and their parts by video."""
