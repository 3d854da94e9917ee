"""What the pages are told of a run's examples: media once each, faults in place, texts as they are."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from sightsound.bench.core.media import file_sha256
from sightsound.bench.site import sound
from sightsound.bench.site.answers import answers
from sightsound.bench.site.collect import collect
from sightsound.bench.site.media import File, Media
from tests.site import heard


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    with heard.world(tmp_path_factory.mktemp("heard")) as found:
        yield found


@pytest.fixture(scope="module")
def site(world):
    assert world.bench("site", "--run", world.run, "--out", world.run.parent / "site", "--seconds", "1") == 0
    return world.run.parent / "site"


def data(path: Path):
    """What a data file gives."""
    return json.loads(re.fullmatch(r'sightsound\.give\("[^"]*",(.*)\);\n', path.read_text()).group(1))


def board(site: Path) -> str:
    return data(site / "data/examples.js")[0]["slug"]


def test_every_fault_is_told_in_its_place(site):
    listed = data(site / f"data/examples/{board(site)}.js")
    drawn = data(site / f"data/examples/{board(site)}/0.js")
    assert [each["id"] for each in drawn] == listed["ids"] and len(drawn) == 12
    assert [system["reference"] for system in listed["systems"]][:2] == [False, False]
    first = {each["id"]: each["outputs"][0] for each in drawn}
    assert "gone" in first[heard.GONE]["why"] and "changed" in first[heard.CHANGED]["why"]
    assert first[heard.FAILED] == first[heard.FAILED] | {"why": heard.WHY, "failed": True}
    assert drawn[0]["words"][first["toy.000"]["notes"]["caption"]] == heard.MARKUP
    assert listed["failed"] == {"5": 1}
    assert sum("ref" in output for output in first.values()) == 9


def test_media_are_of_their_content_and_written_once(site):
    drawn = data(site / f"data/examples/{board(site)}/0.js")
    names = {path.relative_to(site).as_posix() for path in (site / "media").rglob("*") if path.is_file()}
    refs = [output["ref"] for each in drawn for output in each["outputs"] if output and "ref" in output]
    refs += [each["reference"] for each in drawn] + [ref for each in drawn for ref in each["files"].values()]
    assert {f"media/{ref['at']}" for ref in refs} <= names
    assert {each["reference"]["at"] for each in drawn} == {each["outputs"][2]["ref"]["at"] for each in drawn}
    assert not any(name.endswith(("wav", "png")) and "toy" in name for name in names)
    facts = data((site / "media" / refs[0]["at"]).with_suffix(".js"))
    assert (facts["seconds"], facts["whole"], facts["rate"]) == (1.0, 2.0, 8000)
    page = (site / "examples.html").read_text()
    assert "MP3, 96 kbit/s, the first 1 s" in page and heard.MARKUP not in page


def test_the_same_site_again_codes_nothing(site, world, monkeypatch):
    def never(path, coding):
        raise AssertionError(f"{path} was coded again")

    before = {path: path.read_bytes() for path in (site / "media").rglob("*") if path.is_file()}
    monkeypatch.setattr(sound, "clip", never)
    assert world.bench("site", "--run", world.run, "--out", site, "--seconds", "1") == 0
    assert {path: path.read_bytes() for path in (site / "media").rglob("*") if path.is_file()} == before


def test_originals_are_copied_when_asked_for(world, tmp_path):
    assert world.bench("site", "--run", world.run, "--out", tmp_path, "--seconds", "1", "--originals") == 0
    output = data(tmp_path / f"data/examples/{board(tmp_path)}/0.js")[0]["outputs"][0]
    original = world.run / "systems/echo.pocket/outputs/toy.000.wav"
    copied = (tmp_path / "media" / output["ref"]["at"]).with_suffix(output["ref"]["original"])
    assert copied.suffixes == [".original", ".wav"] and copied.read_bytes() == original.read_bytes()


def test_a_run_without_its_split_shows_what_it_has(world, monkeypatch, tmp_path):
    monkeypatch.setenv("SIGHTSOUND_CACHE", str(tmp_path))
    found = answers("image2music", [world.run])
    assert "the split toy is not here" in found.problems[0] and "bench splits prepare toy" in found.problems[0]
    assert len(found.examples) == 12 and not found.examples[0].files
    assert found.answer("echo:pocket", "toy.000").file


def test_an_example_that_was_not_asked_for_is_no_failure(world):
    found = answers("image2music", [world.run])
    half = [found.answer("reference:halves", each.id) for each in found.examples]
    assert {(each.why, each.failed) for each in half if each.why} == {("it was not asked", False)}
    assert 0 < sum(bool(each.file) for each in half) < 12


@pytest.mark.parametrize("task", ["music2image", "music2prompt"])
def test_what_is_made_from_music_is_shown_beside_the_music(world, tmp_path, task):
    run = heard.other_run(tmp_path, task)
    assert world.bench("site", "--run", run, "--out", tmp_path / "site") == 0
    one = data(tmp_path / f"site/data/examples/{board(tmp_path / 'site')}/0.js")[0]
    assert one["files"]["audio"]["at"].endswith(".mp3")
    if task == "music2image":
        assert one["outputs"][0]["ref"]["at"].endswith(".jpg") and one["reference"]["at"].endswith(".jpg")
    else:
        assert one["outputs"][0]["text"] == f"a tone {heard.MARKUP}" and one["reference_text"] == "a quiet tone"
    (run / "systems/maker.one/outputs" / ("e0.png" if task == "music2image" else "e0.txt")).write_text("changed")
    assert world.bench("report", run, "--out", tmp_path / "one.html") == 0
    assert "its file was changed after it was scored" in (tmp_path / "one.html").read_text()


def test_a_report_chooses_and_says_its_size(world, tmp_path, capsys):
    assert (
        world.bench("report", world.run, "--out", tmp_path / "r.html", "--examples", "3", "--codec", "opus") == 0
    )
    said = capsys.readouterr().out
    assert re.search(
        r"r\.html: 0\.\d MB, 3 of 12 examples, sound as Opus, 64 kbit/s, the first 30 s \(0\.\d MB", said
    )
    page = (tmp_path / "r.html").read_text()  # one metric alone disputes nothing
    assert [page.count(f'"why":"{kind}: ') for kind in ("best", "worst", "disputed")] == [2, 1, 0]
    (board,) = collect(None, [world.run]).boards
    bold = re.findall(r'<td class="value[^"]*">(<strong>)', page)
    assert len(bold) == sum(column.clear for column in board.columns), "bold as on the board"
    assert "data:audio/ogg;base64," in page and not re.search(
        r'(src|href)="(?!data:)', page.partition("<style>")[0]
    )


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("nowhere",), "no rows.csv in it"),
        (("run", "--example", "toy.01"), "no example of this run named 'toy.01'"),
        (("run", "--bitrate", "7"), "--bitrate 7: mp3 takes"),
        (("run", "--seconds", "-3"), "--seconds -3: from 0"),
    ],
)
def test_a_report_that_cannot_be_made_is_one_line(world, tmp_path, capsys, words, why):
    assert world.bench("report", *words, "--out", tmp_path / "r.html") == 2
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1 and why in said[0]
    assert not (tmp_path / "r.html").exists()


def test_pictures_and_videos_become_small_and_what_is_neither_says_so(tmp_path):
    Image.fromarray(np.zeros((900, 1200, 3), np.uint8)).save(tmp_path / "large.png")
    (tmp_path / "no.png").write_text("no picture")
    (tmp_path / "no.mp4").write_text("no video")
    video(tmp_path / "film.mp4", 640, 360, frames=50, rate=25)
    kept: dict[str, Any] = {}
    media = Media(sound.Coding(seconds=1), kept.__setitem__, lambda name, facts: None)
    names = {"large.png": "image", "film.mp4": "video", "no.png": "image", "no.mp4": "video"}
    files = [File(kind, tmp_path / name, file_sha256(tmp_path / name)) for name, kind in names.items()]  # type: ignore
    files += [File("video", tmp_path / "gone.mp4", "0" * 64), File("image", tmp_path / "large.png", None)]
    large, film, *others = media.ready(files).values()
    assert Image.open(io.BytesIO(kept[f"media/{large['at']}"])).size == (560, 420)
    assert Image.open(io.BytesIO(kept[f"media/{film['at'][:-4]}.jpg"])).size == (560, 315)
    with av.open(io.BytesIO(kept[f"media/{film['at']}"])) as played:
        assert [stream.type for stream in played.streams] == ["video"]
        stream = played.streams.video[0]
        assert (stream.codec_context.name, stream.width, stream.height) == ("h264", 426, 240)
        assert (stream.frames, stream.average_rate) == (25, 25)
    whys = ("cannot be read as a picture", "cannot be decoded as video", "gone", "never recorded")
    assert all(why in each["why"] for why, each in zip(whys, others, strict=True))
    assert not any(str(tmp_path) in each["why"] for each in others)


def video(path: Path, width: int, height: int, *, frames: int, rate: int) -> None:
    """A grey square that grows lighter."""
    with av.open(str(path), "w") as file:
        stream: Any = file.add_stream("mpeg4", rate=rate)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number in range(frames):
            pixels = np.full((height, width, 3), 4 * number, np.uint8)
            file.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        file.mux(stream.encode(None))
