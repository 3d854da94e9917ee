"""Files of others: pipes and devices are never opened for good, copies are bounded and stand for themselves."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sightsound.bench.building import sources
from sightsound.bench.core import files
from sightsound.bench.core.cache import cache_dir
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.media import file_sha256
from sightsound.bench.splits.media.errors import SplitError
from sightsound.bench.splits.media.local import Media, fingerprint

pytestmark = pytest.mark.timeout(60)  # a pipe that is opened holds for ever


def test_a_copy_stands_for_itself(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12345")
    assert files.copy_regular(tmp_path / "a", tmp_path / "b", 5) == 5
    (tmp_path / "a").write_bytes(b"other")
    assert (tmp_path / "b").read_bytes() == b"12345"
    with pytest.raises(FileExistsError):
        files.clone(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "b").read_bytes() == b"12345", "what was there stays"


@pytest.mark.parametrize("odd", ["/dev/zero", "pipe", "folder"])
def test_what_is_no_file_is_not_copied(odd: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    path = tmp_path / odd  # /dev/zero stays what it is
    with pytest.raises(BenchError, match=r"no regular file") as caught:
        files.copy_regular(path, tmp_path / "copy", 10)
    assert str(path) in str(caught.value) and not (tmp_path / "copy").exists()
    with pytest.raises(OSError, match="no regular file"):
        file_sha256(path)


def test_a_long_file_is_not_copied(tmp_path: Path) -> None:
    with (tmp_path / "a").open("wb") as file:
        file.truncate(1 << 40)  # a hole: it takes no room here, and would there
    with pytest.raises(BenchError, match=r"longer than 1,000 bytes"):
        files.copy_regular(tmp_path / "a", tmp_path / "copy", 1000)
    assert not (tmp_path / "copy").exists()


def test_pipes_in_folders_are_passed_by(tmp_path: Path) -> None:
    folder = tmp_path / "m"
    folder.mkdir()
    os.mkfifo(folder / "a.wav")
    os.mkfifo(folder / "z.zip")
    (folder / "b.wav").write_bytes(b"1")
    assert Media(folder, tmp_path / "work").names() == ["b.wav"]
    assert fingerprint(folder) == fingerprint(folder)
    found, missing = sources.scan(folder, "music", lambda *_: None)
    assert [source.name for source in found] == ["b.wav"] and missing == []


def test_a_snapshot_of_the_hub_is_read(tmp_path: Path) -> None:
    """Every file of it is a link into another folder of the same repository."""
    blobs, snapshot = tmp_path / "data--x/blobs", tmp_path / "data--x/snapshots/abc"
    blobs.mkdir(parents=True)
    (snapshot / "audio").mkdir(parents=True)
    (blobs / "0123").write_bytes(b"sound")
    (snapshot / "audio/e.wav").symlink_to("../../../blobs/0123")
    media = Media(snapshot, tmp_path / "work")
    found = media.find("e.wav", "audio")
    assert found == snapshot / "audio/e.wav" and found.read_bytes() == b"sound"
    (tmp_path / "secret.wav").write_bytes(b"secret")
    (snapshot / "s.wav").symlink_to(tmp_path / "secret.wav")
    assert Media(snapshot, tmp_path / "work").names() == ["audio/e.wav"], "and no further"


def test_a_folder_of_links_that_lead_out_is_told(tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "e.wav").write_bytes(b"1")
    (tmp_path / "m/e.wav").symlink_to(tmp_path / "e.wav")
    with pytest.raises(SplitError, match=r"only links that lead out of it, such as e\.wav; give the folder"):
        Media(tmp_path / "m", tmp_path / "work")


@pytest.mark.parametrize("named", [{}, {"SIGHTSOUND_CACHE": "~nobody_of_that_name/x"}])
def test_no_home_is_one_line(named: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    def no_home(self: Path) -> Path:
        raise RuntimeError("Could not determine home directory.")

    for name in ("SIGHTSOUND_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in named.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(Path, "expanduser", no_home)
    with pytest.raises(BenchError, match=r"needs a home folder and this user has none; set SIGHTSOUND_CACHE"):
        cache_dir()
