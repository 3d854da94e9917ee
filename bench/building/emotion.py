"""`bench splits build emotion`: paintings and music of one emotion, drawn together by chance.

Both folders have one folder an emotion. The Emotion Painting Music data (Hisariya et al. 2024, section IV) were
made so: 193 songs cut into pieces of 30 s, each painting paired at random with a piece of its emotion, then
80/10/10 over the pairs of an emotion. Pieces of one song so fall into training and test: the `leaky` way, with
scikit-learn's permutation and the seed 42 of the authors' notebook. The other way deals out whole songs first, so
that none is in two parts, and then pairs within a part.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sightsound.bench.building import product
from sightsound.bench.building.deal import PARTS, Pair, Piece, grouped, leaky
from sightsound.bench.building.songs import PIECE, by_pattern, listed, pattern
from sightsound.bench.building.sources import Missing, Source, digest, ids, outside, place, scan
from sightsound.bench.core import store
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.types import Example, Report
from sightsound.bench.splits.media import manifest

SEED = 42  # of the authors' notebook


@dataclass(frozen=True)
class Request:
    """What is asked for."""

    images: Path
    """Folder with a folder of pictures for each emotion."""
    music: Path
    """Folder with a folder of pieces for each emotion."""
    out: Path
    """Folder of the product: a split in each of train, validation and test."""
    leaky: bool = False
    """The paper's way."""
    song_pattern: str = PIECE
    """Regular expression over a piece's stem; its group `song` names the song. A piece in a folder below its
    emotion's belongs to the song that the folder is named for."""
    songs: Path | None = None
    """CSV with the columns `file` (path below `music`) and `song`, in the place of the pattern."""
    seed: int = SEED


def build(request: Request, report: Report) -> dict[str, Any]:
    """Write the product; returns its summary. Raises BenchError for folders that have no emotion in common, for a
    bad pattern, and where songs are too few to keep the parts apart."""
    if not 0 <= request.seed < 2**32:
        raise BenchError(f"--seed {request.seed}: take 0 to {2**32 - 1}")
    names = pattern(request.song_pattern)
    outside(request.out, request.images, request.music)
    pictures, missing = scan(request.images, "images", report)
    tracks, unread = scan(request.music, "music", report)
    missing += unread
    song = listed(request.songs, tracks) if request.songs else by_pattern(tracks, names)
    with store.locked(request.out):
        plan = {
            "builder": "emotion",
            "leaky": request.leaky,
            "seed": request.seed,
            "images": digest(pictures),
            "music": digest(tracks),
            "songs": sorted(song.items()),
        }
        product.claim(request.out, plan)
        felt = _by_emotion(pictures, "image", missing)
        heard = _by_emotion(tracks, "music", missing)
        pairs: dict[str, list[tuple[str, Pair]]] = {part: [] for part in PARTS}
        where: dict[str, str] = {}  # song -> part, over all emotions
        for emotion in sorted(felt.keys() & heard.keys()):
            pieces = [Piece(track, song[track.name]) for track in heard[emotion]]
            rng = np.random.default_rng([request.seed, *emotion.encode()])
            if request.leaky:
                dealt = leaky(felt[emotion], pieces, rng, request.seed)
            else:
                dealt = grouped(felt[emotion], pieces, rng, where)
            for part, some in dealt.items():
                pairs[part] += [(emotion, pair) for pair in some]
        common = sorted(felt.keys() & heard.keys())
        if empty := [part for part, drawn in pairs.items() if not drawn]:
            raise BenchError(
                f"nothing is left for {' and '.join(empty)}: the folders have "
                f"{', '.join(common) or 'no emotion'} in common, with {len(set(song.values()))} songs in "
                f"{len(tracks)} pieces; say which are of one song with --songs or --song-pattern"
            )
        missing += _left_over(felt, heard, pairs)
        summary = _facts(request, pairs)
        product.finish(request.out, _rows(request.out, pairs, report), missing, summary, _text(summary))
        return summary


def _left_over(
    felt: Mapping[str, Sequence[Source]],
    heard: Mapping[str, Sequence[Source]],
    pairs: Mapping[str, Sequence[tuple[str, Pair]]],
) -> list[Missing]:
    """Files that are in no pair."""
    every = [pair for some in pairs.values() for _, pair in some]
    used = {pair.picture.name for pair in every}, {pair.piece.source.name for pair in every}
    return [
        Missing(what, source.name, f"left over: nothing to pair it with in {emotion}")
        for what, folders, names in (("image", felt, used[0]), ("music", heard, used[1]))
        for emotion, some in folders.items()
        for source in some
        if source.name not in names
    ]


def _by_emotion(sources: Sequence[Source], what: str, missing: list[Missing]) -> dict[str, list[Source]]:
    """Files by the first folder of their path. Exact copies of an earlier file are left out: they could be in
    training and test at once."""
    found: dict[str, list[Source]] = {}
    seen: dict[str, str] = {}
    for source in sources:
        emotion, _, rest = source.name.partition("/")
        if not rest:
            missing.append(Missing(what, source.name, "is in no folder of an emotion"))
        elif first := seen.get(source.sha256):
            missing.append(Missing(what, source.name, f"has the same bytes as {first}"))
        else:
            seen[source.sha256] = source.name
            found.setdefault(emotion.lower(), []).append(source)
    return found


def _rows(
    out: Path, pairs: Mapping[str, Sequence[tuple[str, Pair]]], report: Report
) -> dict[str, list[manifest.Row]]:
    """The manifests' rows by part; an id is in one part only."""
    every = [(part, emotion, pair) for part, some in pairs.items() for emotion, pair in some]
    songs = sorted({pair.piece.song for *_, pair in every})
    groups = dict(zip(songs, ids([f"{song}.song" for song in songs]), strict=True))
    rows: dict[str, list[manifest.Row]] = {part: [] for part in pairs}
    names = ids([pair.picture.name for *_, pair in every])
    for done, (example_id, (part, emotion, (picture, piece))) in enumerate(zip(names, every, strict=True), 1):
        track = piece.source
        example = Example(
            id=example_id,
            group=groups[piece.song],
            image=place(picture, out / part / "images" / f"{example_id}{picture.path.suffix.lower()}"),
            audio=place(track, out / part / "audio" / f"{example_id}{track.path.suffix.lower()}"),
            emotion=emotion,
        )
        origin = f"image={picture.name} sha256:{picture.sha256}; audio={track.name} sha256:{track.sha256}"
        rows[part].append(manifest.Row(example, origin))
        report("writing", done, len(every))
    return rows


def _facts(request: Request, pairs: Mapping[str, Sequence[tuple[str, Pair]]]) -> dict[str, Any]:
    songs = {part: {pair.piece.song for _, pair in some} for part, some in pairs.items()}
    seen = songs["train"] | songs["validation"]
    in_parts = Counter(song for some in songs.values() for song in some)
    emotions = sorted({emotion for some in pairs.values() for emotion, _ in some})
    return {
        "builder": "emotion",
        "way": "leaky: by pairs, as the paper" if request.leaky else "grouped by song",
        "seed": request.seed,
        "pairs": {
            emotion: {part: sum(one == emotion for one, _ in some) for part, some in pairs.items()}
            for emotion in emotions
        },
        "songs": {part: len(some) for part, some in songs.items()},
        "songs_in_two_parts": sum(count > 1 for count in in_parts.values()),
        "test_pairs_of_songs_seen": sum(pair.piece.song in seen for _, pair in pairs["test"]),
        "test_pairs": len(pairs["test"]),
    }


def _text(summary: Mapping[str, Any]) -> str:
    lines = [(emotion, *counts.values()) for emotion, counts in summary["pairs"].items()]
    lines.append(("songs", *summary["songs"].values()))
    leaks = summary["test_pairs_of_songs_seen"]
    leak = (
        f"- LEAKY: {leaks} of the {summary['test_pairs']} test pairs have music of a song that is also in "
        "training or validation; a model can score by remembering it"
    )
    return "\n".join(
        [
            "# Pairs drawn within an emotion\n",
            product.markdown(("pairs", *PARTS), lines) + "\n",
            f"- way: {summary['way']}; seed {summary['seed']}",
            f"- songs in two parts: {summary['songs_in_two_parts']}",
            leak if leaks else "- no song of the test part is in training or validation",
            "- picture and music were drawn together by chance: nothing but the emotion connects them",
        ]
    )
