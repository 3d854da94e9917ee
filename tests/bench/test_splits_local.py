"""Splits from a user's folder: what is found in it, what unsafe archives get, what becomes of its files."""

from __future__ import annotations

import csv
import functools
import io
import json
import operator
import os
import stat
import tarfile
import unicodedata
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from sightsound.bench import splits
from sightsound.bench.assets import AssetError
from sightsound.bench.core import media, registry
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.media import file_sha256
from sightsound.bench.core.registry import UnknownNameError
from sightsound.bench.core.types import Example, Report, SplitCard
from sightsound.bench.splits.media import facts, frames, local, manifest
from sightsound.bench.splits.media.collect import Collector
from sightsound.bench.splits.media.local import Media, fingerprint, plain_id
from sightsound.bench.splits.media.manifest import SplitError
from sightsound.bench.splits.media.wishes import Wishes, wished
from tests.bench.made_media import picture, sound, video
from tests.conftest import Done

# ---- the user's folder


def write(folder: Path, *names: str) -> Path:
    """Files that hold their own name."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    return folder


def opened(folder: Path) -> Media:
    return Media(folder, folder.parent / "unpacked")


def found(media_: Media, name: str, kind: str | None = None) -> str | None:
    """What the file holds that the name leads to."""
    path = media_.find(name, kind)  # type: ignore[arg-type]
    return path.read_text() if path else None


def test_a_name_is_found_by_path_end_file_and_stem(tmp_path: Path) -> None:
    folder = write(
        tmp_path / "m", "b/x.jpg", "a/b/x.jpg", "a/b/x.mp3", "a/x.flac", "a/y.WEBM", "a/y.txt", "Mr. X.png"
    )
    (folder / "a/b/x.jpg").write_text("b/x.jpg")
    media_ = opened(folder)
    assert media_.find("a/b/x.jpg") == folder / "a/b/x.jpg"
    assert media_.find("b/x.jpg") == folder / "b/x.jpg", "the exact path before the end of another"
    assert found(media_, "elsewhere/b/x.mp3") == "a/b/x.mp3", "another folder, the same file"
    assert media_.find("x.jpg") == folder / "b/x.jpg", "of several that are the same the one nearest to the top"
    assert media_.find("x.wav", "image") == folder / "b/x.jpg"
    with pytest.raises(SplitError, match=r"'x.wav' may mean different files: a/b/x.mp3, a/x.flac; leave one"):
        media_.find("x.wav", "audio")
    assert found(media_, "y.mp3", "audio") == "a/y.WEBM", "sound may be in a video"
    assert found(media_, "y.mp3", "image") is None and found(media_, "y.mp3", "video") == "a/y.WEBM"
    assert found(media_, "Mr. X", "image") == "Mr. X.png"
    assert found(media_, "z.jpg") is None
    assert media_.names(".jpg") == ["b/x.jpg", "a/b/x.jpg"]


@pytest.mark.parametrize(
    "name", ["../secret.txt", "/etc/passwd", "a/../../secret.txt", "..", "", ".", "..\\secret.txt"]
)
def test_a_name_from_an_index_leads_nowhere_else(tmp_path: Path, name: str) -> None:
    write(tmp_path, "secret.txt", "m/secret.txt", "m/passwd", "m/a/x")
    assert opened(tmp_path / "m").find(name) is None


@given(st.text(max_size=40))
def test_no_name_at_all_leads_out(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    folder = tmp_path_factory.getbasetemp() / "any" / "m"
    if not folder.exists():
        write(folder, "x.jpg")
    path = opened(folder).find(name, "image")
    assert path is None or path.is_relative_to(folder)


def test_accents_are_one_name_however_they_are_written(tmp_path: Path) -> None:
    folder = write(tmp_path / "m", "cafe\u0301.jpg")
    assert found(opened(folder), "caf\u00e9.jpg") == "cafe\u0301.jpg"


def test_links_that_lead_out_are_not_followed(tmp_path: Path) -> None:
    write(tmp_path, "out/x.jpg", "m/in/y.jpg")
    (tmp_path / "m/x.jpg").symlink_to(tmp_path / "out/x.jpg")
    (tmp_path / "m/out").symlink_to(tmp_path / "out")
    (tmp_path / "m/z.jpg").symlink_to(tmp_path / "m/in/y.jpg")
    (tmp_path / "m/gone.jpg").symlink_to(tmp_path / "m/nothing.jpg")
    media_ = opened(tmp_path / "m")
    assert media_.names() == ["z.jpg", "in/y.jpg"]
    (tmp_path / "link").symlink_to(tmp_path / "m")
    assert opened(tmp_path / "link").names() == media_.names(), "the folder itself may be a link"


def zipped(path: Path, members: Mapping[str, bytes]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def tarred(path: Path, members: Mapping[str, bytes], **of: dict[str, object]) -> Path:
    """A tar; `of` sets fields of the members whose names it has, with `_` for a dot."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz" if path.name.endswith("gz") else "w") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            for field, value in of.get(name.replace(".", "_"), {}).items():
                setattr(info, field, value)
            archive.addfile(info, io.BytesIO(content))
    return path


def test_archives_are_folders(tmp_path: Path) -> None:
    folder = tmp_path / "m"
    zipped(folder / "set/pictures.zip", {"p/x.jpg": b"1", "__MACOSX/p/._x.jpg": b"?", "p/.DS_Store": b"?"})
    tarred(folder / "music.tar.gz", {"./x.mp3": b"2", "deep/y.mp3": b"3"})
    tarred(folder / "more.TGZ".lower(), {"z.mp3": b"4"})
    tarred(folder / "plain.tar", {"w.mp3": b"5"})
    media_ = opened(folder)
    assert media_.names() == [
        "more/z.mp3",
        "music/x.mp3",
        "plain/w.mp3",
        "music/deep/y.mp3",
        "set/pictures/p/x.jpg",
    ]
    assert [found(media_, name) for name in ("p/x.jpg", "x.mp3", "y.mp3", "z.mp3", "w.mp3")] == list("12345")
    media_.path("music/x.mp3").relative_to(tmp_path / "unpacked")


def hostile(folder: Path, kind: str) -> str:
    """An archive of that kind in `folder`; what is said of it."""
    if kind == "climbs":
        zipped(folder / "a.zip", {"../../out.jpg": b"1"})
        return "leads outside the folder; refused"
    if kind == "absolute":
        tarred(folder / "a.tar", {str(folder.absolute().parent / "out.jpg"): b"1"})
        return "leads outside the folder; refused"
    if kind == "link":
        tarred(folder / "a.tar", {"x.jpg": b""}, x_jpg={"type": tarfile.SYMTYPE, "linkname": "/etc/passwd"})
        return "x.jpg is a link or a device; refused"
    if kind == "hard link":
        tarred(folder / "a.tar", {"x.jpg": b""}, x_jpg={"type": tarfile.LNKTYPE, "linkname": "../../m/y"})
        return "x.jpg is a link or a device; refused"
    if kind == "device":
        tarred(folder / "a.tar", {"x.jpg": b""}, x_jpg={"type": tarfile.CHRTYPE})
        return "x.jpg is a link or a device; refused"
    if kind == "zipped link":
        folder.mkdir()
        with zipfile.ZipFile(folder / "a.zip", "w") as archive:
            info = zipfile.ZipInfo("x.jpg")
            info.external_attr = (stat.S_IFLNK | 0o777) << 16
            archive.writestr(info, "/etc/passwd")
        return "x.jpg is a link or a device; refused"
    if kind == "bomb":
        zipped(folder / "a.zip", {"x.wav": bytes(80 << 20)})
        return "unpacks to far more than the archive's own size; refused"
    if kind == "many small bombs":
        zipped(folder / "a.zip", {f"{index}.wav": bytes(2 << 20) for index in range(40)})
        return "unpacks to far more than the archive's own size; refused"
    if kind == "twice":
        tarred(folder / "a.tar", {"x.jpg": b"1", "./x.jpg": b"2"})
        return "is in it twice; refused"
    if kind == "file and folder":
        tarred(folder / "a.tar", {"x": b"1", "x/y": b"2"})
        return "is in it twice; refused"
    if kind == "cut":
        path = tarred(folder / "a.tar.gz", {"x.jpg": os.urandom(9000)})
        path.write_bytes(path.read_bytes()[:4000])
        return "truncated or not an archive"
    folder.mkdir()
    (folder / "a.zip").write_bytes(b"<html>")
    return "truncated or not an archive"


KINDS = ["climbs", "absolute", "link", "hard link", "device", "zipped link", "bomb", "many small bombs", "twice"]


@pytest.mark.parametrize("kind", [*KINDS, "file and folder", "cut", "no archive"])
def test_unsafe_archives_are_refused_in_one_line(tmp_path: Path, kind: str) -> None:
    said = hostile(tmp_path / "m", kind)
    with pytest.raises(AssetError) as caught:
        opened(tmp_path / "m")
    assert said in str(caught.value) and "a." in str(caught.value) and "\n" not in str(caught.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m", "unpacked"], "nothing lies elsewhere"


def test_an_encrypted_archive_is_told(tmp_path: Path) -> None:
    path = zipped(tmp_path / "m/a.zip", {"x.jpg": b"1"})
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    content[6] |= 1
    path.write_bytes(content)
    with pytest.raises(AssetError, match=r"x\.jpg is encrypted; unpack it yourself"):
        opened(tmp_path / "m")


def test_a_disk_without_room_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    zipped(tmp_path / "m/a.zip", {"x.jpg": b"1"})
    monkeypatch.setattr(local, "RESERVE_BYTES", 1 << 60)
    with pytest.raises(SplitError, match="no room to unpack it"):
        opened(tmp_path / "m")


def test_tables(tmp_path: Path) -> None:
    folder = tmp_path / "m"
    folder.mkdir()
    (folder / "a.json").write_text('\ufeff{"x": 1}', encoding="utf-8")
    (folder / "a.csv").write_text("\ufeffYTID, start\nx, 3\ny\n", encoding="utf-8")
    media_ = opened(folder)
    assert media_.read_json("a.json") == {"x": 1} and media_.read_json("b.json") is None
    assert media_.read_csv("a.csv") == [{"YTID": "x", "start": "3"}, {"YTID": "y", "start": ""}]
    assert media_.read_csv("b.csv") is None and media_.read_parquet("b.parquet") is None


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe{", b"[" * 100_000])
def test_a_broken_index_is_one_line(tmp_path: Path, content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "m"
    folder.mkdir()
    (folder / "a.json").write_bytes(content)
    with pytest.raises(SplitError, match=r"a\.json: (cannot be read as JSON|is not utf-16)") as caught:
        opened(folder).read_json("a.json")
    assert "\n" not in str(caught.value)
    monkeypatch.setattr(local, "MAX_TABLE_BYTES", 0)
    with pytest.raises(SplitError, match=r"a\.json: 0 MiB"):
        opened(folder).read_json("a.json")


def test_parquet_comes_in_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pyarrow
    from pyarrow import parquet

    folder = tmp_path / "m"
    folder.mkdir()
    rows = [{"id": index, "image": {"bytes": bytes([index]), "path": f"{index}.png"}} for index in range(5)]
    parquet.write_table(pyarrow.Table.from_pylist(rows), folder / "a.parquet")
    (folder / "b.parquet").write_bytes(b"PAR1 no PAR1")
    monkeypatch.setattr(local, "BATCH", 2)
    batches = list(opened(folder).read_parquet("a.parquet") or ())
    assert [len(batch) for batch in batches] == [2, 2, 1] and functools.reduce(operator.iadd, batches, []) == rows
    assert next(iter(opened(folder).read_parquet("a.parquet", ["id"]) or ())) == [{"id": 0}, {"id": 1}]
    for name, columns in (("b.parquet", None), ("a.parquet", ["nothing"])):
        with pytest.raises(SplitError, match="cannot be read as parquet") as caught:
            list(opened(folder).read_parquet(name, columns) or ())
        assert "\n" not in str(caught.value)


def test_the_fingerprint_sees_every_change(tmp_path: Path) -> None:
    folder = write(tmp_path / "m", "a/x", "b/y")
    seen = {fingerprint(folder)}
    os.utime(folder / "a/x", ns=(1, 1))
    seen.add(fingerprint(folder))
    (folder / "a/x").rename(folder / "a/z")
    seen.add(fingerprint(folder))
    (folder / "b/y").write_text("longer than before")
    os.utime(folder / "b/y", ns=(1, 1))
    seen.add(fingerprint(folder))
    (folder / "b/y").unlink()
    seen.add(fingerprint(folder))
    assert len(seen) == 5 and fingerprint(folder) in seen
    with pytest.raises(SplitError, match="no such folder"):
        fingerprint(tmp_path / "none")
    with pytest.raises(SplitError, match="no such folder"):
        Media(tmp_path / "none", tmp_path / "w")


@given(st.text(max_size=200), st.text(max_size=200))
def test_any_name_becomes_an_id_of_its_own(one: str, other: str) -> None:
    first, second = plain_id(one), plain_id(other)
    assert plain_id("_0aB-c_d-e_") == "_0aB-c_d-e_", "YouTube's ids are ids"
    assert manifest.check_id(first) == first and plain_id(first) == first
    if unicodedata.normalize("NFC", one) != unicodedata.normalize("NFC", other):
        assert first != second


# ---- what becomes of the files


def rows(folder: Path) -> dict[str, dict[str, str]]:
    with (folder / manifest.NAME).open(newline="", encoding="utf-8") as file:
        return {row["id"]: row for row in csv.DictReader(file)}


@pytest.fixture
def split(tmp_path: Path) -> Path:
    (tmp_path / "split").mkdir()
    return tmp_path / "split"


def test_an_example_is_copied_named_and_traced(tmp_path: Path, split: Path) -> None:
    image, audio = picture(tmp_path / "m/p.png"), sound(tmp_path / "m/s.mp3", seconds=10)
    told: list[tuple[str, int, int | None]] = []
    collector = Collector(split, lambda *facts_: told.append(facts_), 2)
    assert collector.add("one", "g", image=image, audio=audio, caption="a", instruction="do b")
    collector.miss("two", "audio:\nno file of that name")
    content_hash = collector.write()
    (example,), read_hash = manifest.read(split)
    assert read_hash == content_hash
    assert (example.caption, example.instruction, example.story) == ("a", "do b", None)
    assert example.image == split / "image/one.jpg" and example.audio == split / "audio/one.wav"
    assert not example.image.samefile(image) and not example.audio.samefile(audio)
    assert example.image.read_bytes() == image.read_bytes() and example.audio.read_bytes() == audio.read_bytes()
    sha256 = {piece: file_sha256(path) for piece, path in (("image", image), ("audio", audio))}
    assert rows(split)["one"]["source"] == f"image=sha256:{sha256['image']}; audio=sha256:{sha256['audio']}"
    assert (split / "missing.csv").read_text() == "id,reason\ntwo,audio: no file of that name\n"
    assert facts.facts(split)["remarks"] == {"renamed": ["one audio", "one image"]}
    assert told == [("examples", 1, 2), ("examples", 2, 2)]


def test_another_disk_gets_copies(tmp_path: Path, split: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def across(self: Path, target: Path) -> None:
        raise OSError("another file system")

    monkeypatch.setattr(Path, "hardlink_to", across)
    image = picture(tmp_path / "m/p.jpg")
    with wished(Wishes(link=True)):
        Collector(split).add("one", "g", image=image)
    assert (split / "image/one.jpg").read_bytes() == image.read_bytes()
    assert not (split / "image/one.jpg").samefile(image)


def test_links_to_the_users_files_are_made_when_asked_for(tmp_path: Path, split: Path) -> None:
    image = picture(tmp_path / "m/p.jpg")
    with wished(Wishes(link=True)):
        Collector(split).add("one", "g", image=image)
    assert (split / "image/one.jpg").samefile(image)


def test_of_a_link_its_file_is_taken(tmp_path: Path, split: Path) -> None:
    picture(tmp_path / "m/deep/p.jpg")
    (tmp_path / "m/x.jpg").symlink_to("deep/p.jpg")
    path = opened(tmp_path / "m").find("x.jpg")
    assert path is not None
    collector = Collector(split)
    assert collector.add("x", "g", image=path)
    collector.write()
    assert manifest.verify(split) == [] and not (split / "image/x.jpg").is_symlink()


def test_bytes_of_a_table_are_files_too(tmp_path: Path, split: Path) -> None:
    image = picture(tmp_path / "p.jpg").read_bytes()
    collector = Collector(split)
    assert collector.add("one", "g", image=("0.jpg", image), reference_image=("0.jpg", image))
    assert not collector.add("two", "g", image=("1.jpg", b"no picture"))
    collector.write()
    assert (split / "image/one.jpg").read_bytes() == image
    assert sorted(path.name for path in split.rglob("*") if path.is_file()) == sorted(
        ["content.json", "manifest.csv", "missing.csv", "one.jpg", "one.jpg"]
    )


def test_a_bad_file_costs_its_example_and_leaves_nothing(tmp_path: Path, split: Path) -> None:
    image, audio = picture(tmp_path / "p.jpg"), sound(tmp_path / "s.wav")
    (tmp_path / "bad.wav").write_bytes(b"RIFF")
    collector = Collector(split)
    assert collector.add("good", "g", image=image, audio=audio)
    assert not collector.add("bad", "g", image=picture(tmp_path / "q.jpg", 7), audio=tmp_path / "bad.wav")
    assert not collector.add("gone", "g", image=image, audio=tmp_path / "gone.wav")
    collector.write()
    assert list(rows(split)) == ["good"]
    assert (split / "missing.csv").read_text().splitlines()[1:] == [
        "bad,audio: cannot be decoded as sound",
        "gone,audio: cannot be read",
    ]
    assert [path.name for path in (split / "image").iterdir()] == ["good.jpg"]
    assert facts.facts(split)["remarks"] == {"short": ["good audio"]}


def test_nothing_at_all_is_an_error_that_names_the_first_reason(split: Path) -> None:
    collector = Collector(split)
    collector.miss("a", "audio: no file of that name")
    with pytest.raises(SplitError, match=r"none of the 1 examples .* the first, a: audio: no file of that name"):
        collector.write()


def test_a_clip_is_cut_and_shared(tmp_path: Path, split: Path) -> None:
    ramp = np.arange(40 * 8000) / (40 * 8000)
    soundfile.write(tmp_path / "long.wav", ramp, 8000, subtype="FLOAT")
    collector = Collector(split)
    for name in ("a", "b"):
        assert collector.add(name, "g", audio=tmp_path / "long.wav", cuts={"audio": (20.0, 10.0)}, caption=name)
    assert collector.add("c", "g", audio=tmp_path / "long.wav", cuts={"audio": (35.0, 10.0)}, caption="c")
    assert not collector.add("d", "g", audio=tmp_path / "long.wav", cuts={"audio": (50.0, 10.0)}, caption="d")
    collector.write()
    examples, _ = manifest.read(split)
    assert examples[0].audio == examples[1].audio
    samples, rate_hz = soundfile.read(examples[0].audio)
    assert len(samples) == 10 * rate_hz and samples[[0, -1]] == pytest.approx([0.5, 0.75], abs=1e-3)
    sha256 = file_sha256(tmp_path / "long.wav")
    assert rows(split)["a"]["source"] == f"audio=sha256:{sha256}@20.000+10.000"
    assert facts.facts(split)["remarks"] == {"short": ["c audio"]}
    assert "the part that is asked for" in (split / "missing.csv").read_text()


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".avi"])
def test_a_video_to_condition_on_has_no_sound(tmp_path: Path, split: Path, suffix: str) -> None:
    path = video(tmp_path / f"v{suffix}", 10)
    collector = Collector(split)
    assert collector.add("a", "g", video=path, audio=path)
    collector.write()
    (example,), _ = manifest.read(split)
    assert example.video and example.audio and example.audio.read_bytes() == path.read_bytes()
    with av.open(str(example.video)) as container:
        assert not container.streams.audio
    shown = [frame.mean() for frame in media.video_frames(example.video, range(40))]
    assert shown == pytest.approx([frame.mean() for frame in media.video_frames(path, range(40))])
    assert facts.facts(split)["remarks"] == {}


def test_a_cut_video_and_a_frame(tmp_path: Path, split: Path) -> None:
    path = video(tmp_path / "v.mp4", 30)  # 4 frames a second, the n-th of shade n
    collector = Collector(split)
    assert collector.add("a", "g", video=path, image=path, cuts={"video": (10.0, 10.0), "image": 70})
    assert not collector.add("b", "g", image=path, cuts={"image": 500})
    collector.write()
    (example,), _ = manifest.read(split)
    assert example.video and example.image and media.frame_count(example.video) == 40
    shades = [media.video_frames(example.video, [index])[0].mean() for index in (0, 39)]
    assert shades == pytest.approx([40, 79], abs=3)
    assert media.load_image(example.image).mean() == pytest.approx(70, abs=3)
    sha256 = file_sha256(path)
    assert rows(split)["a"]["source"] == f"image=sha256:{sha256}#frame=70; video=sha256:{sha256}@10.000+10.000"
    assert facts.facts(split)["remarks"] == {"frame": ["a image"]}


# ---- frames


def test_frame_times_and_segments(tmp_path: Path) -> None:
    for suffix in (".mp4", ".avi", ".mkv"):
        path = video(tmp_path / f"v{suffix}", 25)
        times = frames.frame_times_s(path)
        assert times == pytest.approx(np.arange(100) / 4, abs=2e-3)
        assert frames.segments(path) == [0.0, 10.0] and frames.segments(path, 25) == [0.0]
        assert frames.segments(path, 26) == []


def test_the_random_frame_is_the_seeds(tmp_path: Path) -> None:
    path = video(tmp_path / "v.mp4", 25)
    drawn = [frames.random_frame(path, f"id{index}") for index in range(60)]
    assert drawn == [frames.random_frame(path, f"id{index}") for index in range(60)]
    assert len(set(drawn)) > 30 and min(drawn) >= 0 and max(drawn) < 100
    # sha256("abc") begins with ba7816bf8f01cfea; by hand: 0xba7816bf8f01cfea % 100 = 6
    assert frames.random_frame(path, "abc") == 0xBA7816BF8F01CFEA % 100
    inside = {frames.random_frame(path, f"id{index}", 10.0, 10.0) for index in range(60)}
    assert min(inside) >= 40 and max(inside) < 80
    with pytest.raises(media.MediaError, match="no frame from 99 s on"):
        frames.random_frame(path, "a", 99.0)
    sound(tmp_path / "s.wav")
    with pytest.raises(media.MediaError, match="no video in it"):
        frames.random_frame(tmp_path / "s.wav", "a")


# ---- preparing

OWN = SplitCard(
    name="own",
    tasks=("image2music",),
    entry=f"{__name__}:build_own",
    assets=(),
    licence="yours",
    source="yours",
    description="each picture with the sound of its name",
    media="pictures and sounds, two of a name",
    size=4,
)
BUILT: list[Path] = []


def build_own(folder: Path, assets: Mapping[str, Path], media_: Path, report: Report) -> None:
    BUILT.append(media_)
    files = Media(media_, folder.parent / "unpacked")
    collector = Collector(folder, report, OWN.size)
    for index in range(OWN.size):
        name = f"e{index}"
        image, audio = files.find(f"{name}.jpg", "image"), files.find(f"{name}.wav", "audio")
        if image and audio:
            collector.add(name, name, image=image, audio=audio)
        else:
            collector.miss(name, "audio: no file of that name")
    collector.write()


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The split `own`, an empty cache, and a folder with the media of its four examples, one of them missing."""
    monkeypatch.setenv("SIGHTSOUND_CACHE", str(tmp_path / "cache"))
    monkeypatch.setitem(registry.cards("split"), "own", OWN)
    BUILT.clear()
    for index in range(4):
        picture(tmp_path / f"m/e{index}.jpg", index)
        if index != 2:
            sound(tmp_path / f"m/e{index}.wav", 300.0 + index)
    yield tmp_path / "m"


def test_media_are_asked_for_in_one_line(own: Path) -> None:
    with pytest.raises(SplitError) as caught:
        splits.load("own")
    assert str(caught.value) == (
        "the split 'own' is made from media of yours; run: bench splits prepare own --media DIR, where DIR holds "
        "pictures and sounds, two of a name"
    )
    assert splits.verify("own") == ["own: not prepared yet; `bench splits prepare own --media DIR` makes it"]
    with pytest.raises(SplitError, match="'wesnoth' is made without media of yours"):
        splits.prepare("wesnoth", media=own)
    with pytest.raises(SplitError, match="no such folder"):
        splits.prepare("own", media=own / "none")


def test_the_same_media_are_built_once(own: Path) -> None:
    first = splits.prepare("own", media=own)
    assert splits.prepare("own", media=own) == first == splits.prepare("own") and len(BUILT) == 1
    before = splits.load("own")
    assert (before.count, before.coverage, before.label) == (3, 0.75, f"own[3/4]@{before.hash[:6]}")
    assert splits.part("own") == (
        "own is here with 3 of 4 examples (75%); `bench splits verify own` tells what is missing"
    )
    sound(own / "e2.wav", 302.0)
    splits.prepare("own", media=own)
    after = splits.load("own")
    assert (
        len(BUILT) == 2 and (after.count, after.label) == (4, f"own@{after.hash[:6]}") and splits.part("own") == ""
    )
    assert after.hash != before.hash
    assert not list((first.parent).glob(".own.building"))


def test_another_layout_with_the_same_files_is_the_same_split(own: Path) -> None:
    splits.prepare("own", media=own)
    before = splits.load("own").hash
    other = own.parent / "other"
    (other / "music").mkdir(parents=True)
    with zipfile.ZipFile(other / "pictures.zip", "w") as archive:
        for path in own.glob("*.jpg"):
            archive.write(path, f"deep/{path.name}")
    for path in own.glob("*.wav"):
        (other / "music" / f"{path.stem}.mp3").write_bytes(path.read_bytes())
    folder = splits.prepare("own", media=other)
    assert len(BUILT) == 2 and splits.load("own").hash == before
    assert splits.verify("own") == []
    assert rows(folder)["e0"]["image"] == "image/e0.jpg" and (folder / "image/e0.jpg").is_file()


def test_a_failed_build_keeps_what_was_there(own: Path) -> None:
    splits.prepare("own", media=own)
    before = splits.load("own").hash
    tarred(own / "bad.tar", {"/out": b"1"})
    with pytest.raises(BenchError, match="refused"):
        splits.prepare("own", media=own)
    assert splits.load("own").hash == before and splits.verify("own") == []


def test_commands_tell_what_is_here_and_what_is_missing(own: Path, bench: Callable[..., Done]) -> None:
    asked = bench("splits", "prepare", "own")
    assert asked.code == 2 and asked.err.strip().count("\n") == 0 and "--media DIR" in asked.err
    done = bench("splits", "prepare", "own", "--media", own)
    assert done.code == 0 and done.out.strip().endswith("splits/own")
    told = bench("splits", "verify", "own")
    assert told.code == 0 and told.out.splitlines() == [
        "own: 3 of 4 examples (75.0%)",
        "  missing: 1 (audio: no file of that name): e2",
        f"  all that are missing: {splits.folder_of('own') / 'missing.csv'}",
        "  3 clips shorter than 10 s, kept as they are: e0 audio, e1 audio, e3 audio",
        "own: every file is as it should be",
    ]
    told = json.loads(bench("splits", "verify", "own", "--json").out)
    assert told["problems"] == [] and told["splits"]["own"]["missing"] == {"e2": "audio: no file of that name"}
    shown = bench("splits", "show", "own")
    assert shown.code == 0 and "pictures and sounds, two of a name" in shown.out and "3 of 4" in shown.out
    listed = json.loads(bench("splits", "--json").out)
    assert {card["name"]: card["examples"] for card in listed}["own"] == 3
    (own / "e0.wav").write_bytes(b"changed in place, which the copy does not see")
    assert bench("splits", "verify", "own").code == 0
    (splits.folder_of("own") / "audio/e0.wav").write_bytes(b"changed")
    assert bench("splits", "verify", "own").code == 1


# ---- a folder with a manifest


def pairs(folder: Path) -> Path:
    """What a builder leaves: a folder with a manifest."""
    examples = []
    for index in range(3):
        image = picture(folder / f"image/toy.{index:03d}.jpg", index)
        audio = sound(folder / f"audio/toy.{index:03d}.wav", 300.0 + index)
        example = Example(id=f"toy.{index:03d}", group=f"g{index}", image=image, audio=audio)
        examples.append(manifest.Row(example, f"pair {index}"))
    manifest.write(folder, examples)
    return folder


def test_a_folder_with_a_manifest_is_a_split(toy_world: Path) -> None:
    folder = pairs(toy_world / "my_pairs")
    for name in ("my_pairs", "./my_pairs", str(folder), "my_pairs/"):
        assert splits.resolve(name) == str(folder)
    card = splits.card("./my_pairs")
    assert (card.name, card.tasks) == ("my_pairs", ("image2music",))
    split_ = splits.load(str(folder))
    assert split_.label == f"my_pairs@{split_.hash[:6]}" and len(split_.examples) == 3
    assert splits.prepare("my_pairs") == folder and splits.verify("my_pairs") == []
    (folder / "audio/toy.000.wav").write_bytes(b"")
    assert splits.verify("my_pairs") == ["audio/toy.000.wav: changed since the split was built"]
    with pytest.raises(UnknownNameError, match="the nearest"):
        splits.card("./my_pears")
    pairs(toy_world / "wesnoth")
    assert splits.resolve("wesnoth") == "wesnoth"
    with pytest.raises(SplitError, match="the name of a published split; rename the folder"):
        splits.resolve("./wesnoth")
    pairs(toy_world / "odd name")
    with pytest.raises(SplitError, match="is refused"):
        splits.resolve("./odd name")


def test_a_run_on_a_folder(toy_world: Path, bench: Callable[..., Done]) -> None:
    folder = pairs(toy_world / "my_pairs")
    done = bench("run", "--model", "echo", "--task", "image2music", "--split", "./my_pairs", "--json")
    assert done.code == 0, done.err
    records = json.loads(done.out)
    label = splits.load(str(folder)).label
    assert {record["split"] for record in records} == {label} and f"ref:{label}" in records[0]["signature"]
    assert (toy_world / "runs/image2music-my_pairs-echo.pocket-seed0/rows.csv").is_file()
    plan = json.loads((toy_world / "runs/image2music-my_pairs-echo.pocket-seed0/run.json").read_text())
    assert plan["split"] == str(folder)
    os.chdir(toy_world / "runs")
    again = bench("compare", toy_world / "runs/image2music-my_pairs-echo.pocket-seed0", "--references")
    assert again.code == 0, again.err


# ---- the manifest's own column


def test_an_instruction_is_in_the_table_and_the_hash_only_where_there_is_one(split: Path) -> None:
    plain = Example(id="a", group="g", caption="c")
    before = manifest.write(split, [manifest.Row(plain, "s")])
    assert tuple(next(csv.reader((split / manifest.NAME).open()))) == manifest.COLUMNS
    told = Example(id="a", group="g", caption="c", instruction="play it")
    after = manifest.write(split, [manifest.Row(told, "s"), manifest.Row(Example(id="b", group="g"), "s")])
    assert after != before
    examples, read_hash = manifest.read(split)
    assert read_hash == after and [each.instruction for each in examples] == ["play it", None]
    other = Example(id="a", group="g", caption="c", instruction="play it louder")
    changed = manifest.write(split, [manifest.Row(other, "s"), manifest.Row(Example(id="b", group="g"), "s")])
    assert changed not in (before, after)
