"""Damaged archives: every one is unpacked or refused with an AssetError on one line, and nothing lies outside."""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sightsound.bench.assets import AssetError, unpack
from sightsound.bench.splits.media.errors import SplitError
from sightsound.bench.splits.media.local import Media
from tests.faults.mutations import damaged

ODD = Path(__file__).with_name("odd")
MEMBERS = {"a.txt": b"one" * 50, "deep/b.txt": b"two" * 50, "deep/c.bin": bytes(range(256))}
FUZZ = settings(max_examples=150, derandomize=True, suppress_health_check=[HealthCheck.too_slow])


def made(kind: str) -> bytes:
    """A small archive."""
    whole = io.BytesIO()
    if kind == ".zip":
        with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in MEMBERS.items():
                archive.writestr(zipfile.ZipInfo(name), content)
    else:
        with tarfile.open(
            fileobj=whole, mode={".tar": "w", ".tar.gz": "w:gz", ".tar.xz": "w:xz"}[kind]
        ) as archive:
            for name, content in MEMBERS.items():
                info = tarfile.TarInfo(name)
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
    return whole.getvalue()


def unpacked(raw: bytes, folder: Path, name: str) -> None:
    """Unpack it in an empty `folder`; nothing but an AssetError of one line may come, and nothing lie outside."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "in").mkdir(parents=True)
    (folder / name).write_bytes(raw)
    try:
        unpack.unpack_all(folder / name, folder / "in", 1 << 20)
    except AssetError as error:
        assert name in str(error) and "\n" not in str(error)
    assert sorted(path.name for path in folder.iterdir()) == sorted(["in", name])


@pytest.mark.parametrize("kind", [".zip", ".tar", ".tar.gz", ".tar.xz"])
def test_damaged_archives_are_one_line(kind: str, tmp_path: Path) -> None:
    raw = made(kind)
    unpacked(raw, tmp_path / "x", f"a{kind}")
    assert (tmp_path / "x/in/deep/c.bin").read_bytes() == MEMBERS["deep/c.bin"]

    @FUZZ
    @given(damaged(raw))
    def check(bad: bytes) -> None:
        unpacked(bad, tmp_path / "x", f"a{kind}")

    check()


@pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="dpkg-deb makes and reads them")
def test_damaged_debian_packages_are_one_line(tmp_path: Path) -> None:
    (tmp_path / "tree/DEBIAN").mkdir(parents=True)
    (tmp_path / "tree/DEBIAN/control").write_text(
        "Package: tiny\nVersion: 1\nArchitecture: all\nMaintainer: a <a@b.invalid>\nDescription: tiny\n"
    )
    (tmp_path / "tree/a.txt").write_bytes(b"one" * 50)
    subprocess.run(["dpkg-deb", "--build", tmp_path / "tree", tmp_path / "t.deb"], check=True, capture_output=True)
    raw = (tmp_path / "t.deb").read_bytes()
    unpacked(raw, tmp_path / "x", "a.deb")
    assert (tmp_path / "x/in/a.txt").is_file()

    @settings(FUZZ, max_examples=25)  # a process each
    @given(damaged(raw))
    def check(bad: bytes) -> None:
        unpacked(bad, tmp_path / "x", "a.deb")

    check()


@FUZZ
@given(raw=st.binary(max_size=600), kind=st.sampled_from([".zip", ".tar", ".tar.gz", ".tgz"]))
def test_any_bytes_are_one_line(raw: bytes, kind: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    unpacked(raw, tmp_path_factory.getbasetemp() / "any", f"a{kind}")


@pytest.mark.parametrize("name", ["seek.zip", "short.tar.gz"])
def test_archives_that_once_ended_the_reader(name: str, tmp_path: Path) -> None:
    with pytest.raises(AssetError, match="truncated or not an archive") as caught:
        unpack.unpack_all(ODD / name, tmp_path, 1 << 20)
    assert name in str(caught.value) and "\n" not in str(caught.value)


def test_a_full_disk_is_no_fault_of_the_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.zip").write_bytes(made(".zip"))

    def full(self: Path, *_: object) -> None:
        raise OSError(28, "No space left on device", str(self))

    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(OSError, match="No space left"):
        unpack.unpack_all(tmp_path / "a.zip", tmp_path / "in", 1 << 20)


def test_archives_are_bounded_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of them alone is small enough; before, each had the whole bound to itself."""
    monkeypatch.setattr("sightsound.bench.splits.media.local.LIMIT_FLOOR_BYTES", 1 << 20)
    (tmp_path / "m").mkdir()
    for name in "abc":
        with zipfile.ZipFile(tmp_path / f"m/{name}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("x.wav", bytes(400_000))
    with pytest.raises(AssetError, match="unpacks to far more than"):
        Media(tmp_path / "m", tmp_path / "work")
    (tmp_path / "m/c.zip").unlink()
    assert Media(tmp_path / "m", tmp_path / "again").names() == ["a/x.wav", "b/x.wav"]


def test_too_many_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpack, "MAX_ENTRIES", 2)
    (tmp_path / "a.zip").write_bytes(made(".zip"))
    with pytest.raises(AssetError, match="holds more than 2 files"):
        unpack.unpack_all(tmp_path / "a.zip", tmp_path / "in", 1 << 20)


def test_names_are_found_in_one_step_however_many_are_alike(tmp_path: Path) -> None:
    """Of n folders with an `audio.wav` each, each is one look: the work grows with n alone."""
    for number in range(50):
        (tmp_path / f"m/{number}").mkdir(parents=True)
        (tmp_path / f"m/{number}/audio.wav").write_text(str(number))
    media = Media(tmp_path / "m", tmp_path / "work")
    assert max(map(len, media._by_end.values())) == 1
    assert [media.find(f"set/{number}/audio.wav") for number in range(50)] == [
        tmp_path / f"m/{number}/audio.wav" for number in range(50)
    ]
    with pytest.raises(SplitError, match=r"'audio\.wav' may mean different files: .* and 44 more"):
        media.find("audio.wav")
