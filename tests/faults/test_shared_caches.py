"""Caches and mirrors of somebody else: they serve where nothing needs writing, else one line."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import soundfile

from sightsound.bench import assets, splits
from sightsound.bench.assets import AssetError
from sightsound.bench.core import registry
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.types import Example, SplitCard
from sightsound.bench.splits.media import manifest
from sightsound.bench.splits.media.errors import SplitError
from sightsound.bench.splits.media.manifest import Row
from sightsound.bench.splits.media.wishes import Wishes
from sightsound.metrics.asset import Asset, AssetFile
from tests import toy
from tests.conftest import Done
from tests.faults.ledger import saw

NOBODY = 65534


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """All below `folder` may be read alone, by another user: root becomes one without rights meanwhile."""
    root = os.geteuid() == 0
    paths = [folder, *folder.rglob("*")]
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in paths}
    for path in paths:
        path.chmod(0o555 if path.is_dir() else 0o444)
    if root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)
        for path, mode in modes.items():
            path.chmod(mode)


@pytest.fixture
def shared(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that every user may enter, and the cache in it."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        monkeypatch.setenv("SIGHTSOUND_CACHE", f"{name}/cache")
        monkeypatch.delenv("SIGHTSOUND_MIRROR", raising=False)
        yield Path(name)


@pytest.fixture
def thing(shared: Path, monkeypatch: pytest.MonkeyPatch) -> Asset:
    """An asset that is converted."""
    (shared / "w.bin").write_bytes(b"weights")
    file = AssetFile("w.bin", (f"file:{shared}/w.bin",), sha256=(assets.store.sha256(shared / "w.bin"),))
    card = Asset("thing", (file,), "CC0-1.0", "made by the test", 1000, f"{__name__}:turn")
    monkeypatch.setitem(registry.cards("asset"), "thing", card)
    return card


def turn(source: Path, target: Path) -> None:
    """Convert: as good as any."""
    (target / "deep").mkdir()
    (target / "deep/w.txt").write_bytes((source / "w.bin").read_bytes() * 2)


def swapped(path: Path, content: bytes) -> None:
    """Another content of the same length under the same name and date."""
    times = path.stat()
    assert len(content) == times.st_size
    path.write_bytes(content)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def test_weights_swapped_at_equal_size_and_date_are_noticed(thing: Asset, shared: Path) -> None:
    assets.fetch("thing")
    (shared / "w.bin").unlink()
    swapped(shared / "cache/assets/thing/w.bin", b"WEIGHTS")
    with pytest.raises(AssetError, match=r"asset thing: .*w\.bin is changed.*run: bench assets fetch thing"):
        assets.locate("thing")


def test_converted_weights_that_were_flipped_are_refused_and_made_again(thing: Asset) -> None:
    folder = assets.fetch("thing")
    assert assets.locate("thing") == folder and assets.verify("thing") == []
    swapped(folder / "deep/w.txt", b"weightsWEIGHTS")
    said = f"{folder / 'deep/w.txt'} is changed since it was converted"
    assert assets.verify("thing") == [f"thing: {said}"]
    with pytest.raises(AssetError) as caught:
        assets.locate("thing")
    assert str(caught.value) == f"asset thing: {said}; run: bench assets fetch thing"
    assert assets.fetch("thing") == folder and (folder / "deep/w.txt").read_bytes() == b"weightsweights"
    (folder / "more").touch()
    with pytest.raises(AssetError, match="was not there when it was converted"):
        assets.locate("thing")
    (folder / "more").unlink()
    (folder / "deep/w.txt").unlink()
    with pytest.raises(AssetError, match="is missing"):
        assets.locate("thing")
    for broken in ("", "[]", "{"):
        (folder / ".digests.json").write_text(broken)
        with pytest.raises(AssetError, match=r"\.digests\.json is damaged"):
            assets.locate("thing")


def test_a_start_hashes_nothing(thing: Asset, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = assets.fetch("thing")

    def never(path: Path) -> str:
        raise AssertionError(f"{path} is hashed again")

    monkeypatch.setattr("sightsound.bench.assets.digests.sha256", never)
    assert assets.locate("thing") == assets.fetch("thing") == folder


def test_assets_of_a_read_only_cache_serve(thing: Asset, shared: Path) -> None:
    folder = assets.fetch("thing")
    with read_only(shared):
        assert assets.locate("thing") == assets.fetch("thing") == folder
        assert len(assets.digest("thing")) == 64 and assets.verify("thing") == []


def test_what_needs_writing_is_one_line(thing: Asset, shared: Path) -> None:
    (shared / "cache").mkdir()
    with read_only(shared), pytest.raises(AssetError, match=r"cannot be locked.*set SIGHTSOUND_CACHE") as caught:
        assets.fetch("thing")
    assert "\n" not in str(caught.value)


def test_a_read_only_mirror_serves(thing: Asset, shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (shared / "mirror/thing").mkdir(parents=True)
    (shared / "w.bin").rename(shared / "mirror/thing/w.bin")
    with read_only(shared / "mirror"):
        if os.getuid() == 0:
            os.seteuid(0)  # the cache is ours
        folder = assets.fetch("thing", shared / "mirror")
    assert (folder / "deep/w.txt").read_bytes() == b"weightsweights"


def test_a_mirror_that_may_not_be_looked_into_is_one_line(thing: Asset, shared: Path) -> None:
    (shared / "mirror/thing").mkdir(parents=True)
    with read_only(shared):
        if os.getuid() == 0:
            os.seteuid(0)
        (shared / "mirror").chmod(0)
        if os.getuid() == 0:
            os.seteuid(NOBODY)
        with pytest.raises(AssetError, match=r"the mirror: .* Permission denied; make it readable"):
            assets.locate("thing", shared / "mirror")


# ---- splits


def build_tiny(folder: Path, fetched: dict[str, Path], media: Path, report: Any) -> None:
    """A split of the user's one sound."""
    found = splits.media.local.Media(media, folder.parent / "unpacked").find("e.wav", "audio")
    assert found
    (folder / "e.wav").write_bytes(found.read_bytes())
    manifest.write(folder, [Row(Example(id="e", group="e", audio=folder / "e.wav", caption="x"), "")])


@pytest.fixture
def tiny(shared: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A split that is made from the user's media, and those."""
    card = SplitCard(
        name="tiny",
        tasks=("caption2music",),
        entry=f"{__name__}:build_tiny",
        assets=(),
        licence="CC0",
        source="here",
        description="",
        media="e.wav",
    )
    monkeypatch.setitem(registry.cards("split"), "tiny", card)
    media = shared / "media"
    for name, pitch_hz in (("CoDi", 220), ("M2UGen", 330), ("ground_truth", 440)):
        (media / name).mkdir(parents=True)
        soundfile.write(media / name / "e.wav", toy.tone(pitch_hz), toy.RATE_HZ)
    return media


def same(one: Path, other: Path) -> bool:
    """Whether two files hold the same bytes."""
    return one.read_bytes() == other.read_bytes()


def test_a_systems_output_is_not_taken_for_the_reference(tiny: Path, bench: Callable[..., Done]) -> None:
    refused = bench("splits", "prepare", "tiny", "--media", tiny)
    assert refused.code == 2 and refused.err.strip().count("\n") == 0
    assert "'e.wav' may mean different files: CoDi/e.wav, M2UGen/e.wav, ground_truth/e.wav" in refused.err
    assert "--prefer 'ground_truth/*'" in refused.err
    saw(
        "--media has a file of each system for one id", "refused with the list", refused.err, "FAD 0, KL 0, exit 0"
    )
    done = bench("splits", "prepare", "tiny", "--media", tiny, "--prefer", "ground_truth/*")
    assert done.code == 0
    (example,) = splits.load("tiny").examples
    assert example.audio and same(example.audio, tiny / "ground_truth/e.wav")
    assert bench("splits", "prepare", "tiny", "--media", tiny, "--prefer", "CoDi/*").code == 0
    (example,) = splits.load("tiny").examples
    assert example.audio and same(example.audio, tiny / "CoDi/e.wav"), "another wish is another build"


def test_copies_of_one_file_are_no_riddle(tiny: Path) -> None:
    for name in ("CoDi", "M2UGen"):
        shutil.copy(tiny / "ground_truth/e.wav", tiny / name / "e.wav")
    splits.prepare("tiny", media=tiny)
    (example,) = splits.load("tiny").examples
    assert example.audio and same(example.audio, tiny / "ground_truth/e.wav")


def test_a_reference_of_another_suffix_is_seen(tiny: Path) -> None:
    for name in ("M2UGen", "ground_truth"):
        (tiny / name / "e.wav").rename(tiny / name / "e.flac")
    with pytest.raises(SplitError, match=r"CoDi/e\.wav, M2UGen/e\.flac, ground_truth/e\.flac"):
        splits.prepare("tiny", media=tiny)


def test_a_split_of_a_read_only_cache_serves(tiny: Path, shared: Path) -> None:
    splits.prepare("tiny", media=tiny, wishes=Wishes("ground_truth/*"))
    with read_only(shared):
        assert len(splits.load("tiny").examples) == 1
        assert splits.prepare("tiny", media=tiny, wishes=Wishes("ground_truth/*")) == shared / "cache/splits/tiny"
        with pytest.raises(BenchError, match="cannot be locked"):
            splits.prepare("tiny", media=tiny, wishes=Wishes("CoDi/*"))
        assert splits.verify("tiny") == []
