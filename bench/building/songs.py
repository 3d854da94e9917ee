"""Which pieces of music are cut from one song: by their names, or by a list."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from sightsound.bench.building.sources import Source
from sightsound.bench.core.errors import BenchError
from sightsound.bench.splits.media import tables

PIECE = r"(?P<song>.*?[^\d\s_.-].*?)(?:[ _.-]*(?:part|piece|chunk|clip|segment|seg)?[ _.-]*\d+)?"
"""A piece's name without its number: `blue_moon_03`, `blue_moon-part3` and `blue_moon` are one song. On the safe
side: `symphony 5` and `symphony 9` are one, too."""


def pattern(expression: str = PIECE) -> re.Pattern[str]:
    """The compiled expression. Raises BenchError for an invalid one, or one without a group `song`."""
    try:
        found = re.compile(expression)
    except re.error as error:
        raise BenchError(f"--song-pattern {expression}: is no regular expression ({error})") from error
    if "song" not in found.groupindex:
        raise BenchError(f"--song-pattern {expression}: needs a group (?P<song>...)")
    return found


def by_pattern(tracks: Sequence[Source], names: re.Pattern[str]) -> dict[str, str]:
    """The song of each file, by name: the folder that it lies in below its emotion's, else the group `song` of the
    pattern over its stem. Raises BenchError for a name that the pattern does not fit."""
    found = {}
    for track in tracks:
        path = Path(track.name)
        match = names.fullmatch(path.stem)
        if len(path.parts) > 2:
            found[track.name] = path.parts[1]
        elif match and match["song"]:
            found[track.name] = match["song"]
        else:
            raise BenchError(f"{track.name}: its name tells no song; say it with --songs or --song-pattern")
    return found


def listed(path: Path, tracks: Sequence[Source]) -> dict[str, str]:
    """Each file's song by a CSV with the columns `file` and `song`. Raises BenchError where one is lacking."""
    try:
        lines = {line["file"]: line["song"] for line in tables.records(path, ("file", "song"))}
    except BenchError as error:
        raise BenchError(f"--songs {error}") from error
    found = {track.name: lines.get(track.name) or "" for track in tracks}
    if lacking := [name for name, song in found.items() if not song]:
        raise BenchError(f"--songs {path}: names no song for {lacking[0]} and {len(lacking) - 1} more")
    return found
