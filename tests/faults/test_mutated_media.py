"""Small files of every format with bytes changed, taken out or put in: only MediaError may come out.

What libraries say by themselves does not reach the standard error either.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.faults import odd_media
from tests.faults.made_pictures import PICTURES
from tests.faults.made_sounds import SOUNDS, encode, sine, written
from tests.faults.made_videos import MP4, VIDEOS, by

SHORT = {
    "a.wav": ("audio", written("WAV", seconds=0.1)),
    "a.flac": ("audio", written("FLAC", seconds=0.1)),
    "a.ogg": ("audio", written("OGG", seconds=0.1)),
    "a.mp3": ("audio", written("MP3", seconds=0.1)),
    "a.aiff": ("audio", written("AIFF", seconds=0.1)),
    "a.caf": ("audio", written("CAF", seconds=0.1)),
    "a.aac": ("audio", lambda path: encode(path, "aac", sine(0.2))),
    "a.m4a": ("audio", lambda path: encode(path, "aac", sine(0.2), container="mp4", metadata={"title": "Cafe"})),
    **{
        name: ("image", PICTURES[name][0])
        for name in (
            *("rgb.png", "rgb.jpg", "rgb.webp", "animated.gif", "rgb.bmp", "deflate.tif", "16bits.pgm"),
            *("rgb.avif", "rgb.jp2", "profile.jpg", "turned.jpg", "huge_tile.tif", "unknown_format.dds"),
        )
    },
    "a.mp4": ("video", MP4),
    "a.mkv": ("video", by("mpeg4", "matroska", frames=4)),
    "a.avi": ("video", by("mjpeg", "avi", frames=4, pixels="yuvj420p", title="Cafe")),
    "a.webm": ("video", by("libvpx", "webm", frames=4)),
    "a.flv": ("video", VIDEOS["flv.flv"][0]),
}
"""Name -> kind and maker."""

CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["set", "drop", "add"]),
        st.floats(0, 1, exclude_max=True),
        st.binary(min_size=1, max_size=6),
    ),
    min_size=1,
    max_size=8,
)
"""What is done, where (as a share of the file), and the bytes for it."""


def mutated(data: bytes, changes: list[tuple[str, float, bytes]], head: bool) -> bytes:
    """The file with the changes; in its first 400 bytes alone, where the headers are, with `head`."""
    found = bytearray(data)
    for what, share, given_bytes in changes:
        place = int(share * (min(len(found), 400) if head else len(found)))
        if what == "set":
            found[place : place + len(given_bytes)] = given_bytes
        elif what == "drop":
            del found[place : place + 40 * len(given_bytes)]
        else:
            found[place:place] = given_bytes
    return bytes(found)


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("originals")
    for name, (_, make) in SHORT.items():
        make(folder / name)
    return {name: (folder / name).read_bytes() for name in SHORT}


@pytest.mark.parametrize("name", SHORT)
def test_only_media_errors_come_out(
    name: str, originals: dict[str, bytes], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / name

    @settings(max_examples=40, suppress_health_check=list(HealthCheck))
    @given(CHANGES, st.booleans())
    def look(changes: list[tuple[str, float, bytes]], head: bool) -> None:
        path.write_bytes(mutated(originals[name], changes, head))
        row = odd_media.look(path, SHORT[name][0])
        assert row.happened == "scored" or row.message.startswith(f"{name}: ")

    look()
    assert capfd.readouterr().err == "", "libraries' own lines are kept out"


def test_the_sounds_and_pictures_that_are_mutated_are_of_the_odd_ones() -> None:
    assert {name for name in SHORT if name in PICTURES} and "wav" in "".join(SOUNDS)
