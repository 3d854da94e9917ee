"""A model that cannot fit is one line before its weights are fetched or read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from sightsound.bench.assets import need
from sightsound.bench.core import cards as door
from sightsound.bench.core import memory, registry
from sightsound.bench.core.types import Model, ModelCard, Variant
from sightsound.bench.stages import fits
from sightsound.metrics.asset import Asset, AssetFile
from tests import toy

RUN = ("run", "--task", "image2music", "--device", "cpu", "--metrics", "fad_toy", "--out", "r")
GB = 1_000_000_000


def build(device: str, weights: Mapping[str, Path]) -> Model:
    """Reads its weights: that the file lies where they do is enough."""
    Path("built").touch()
    return toy.Echo(device, weights)


@pytest.fixture
def heavy(toy_world: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine of 16 GB with a large disk; systems of 40 GB whose weights take 30, and 12; nothing is here."""
    monkeypatch.setattr(memory, "have_gb", lambda device: 16.0)
    monkeypatch.setattr(need, "free_bytes", lambda: 1000 * GB)
    (toy_world / "w.json").write_text("{}")
    file = AssetFile("w.json", (f"file:{toy_world / 'w.json'}",))
    sizes = {"large": 30 * GB, "middling": 12 * GB}
    door.add([Asset(name, (file,), "CC0-1.0", name, size) for name, size in sizes.items()], "tests")
    entry = "tests.bench.test_fits:build"
    variants = {name: Variant(entry, name, assets=(name,), memory_gb=40.0) for name in sizes}
    door.add([ModelCard("heavy", ("image2music",), variants, "heavy", "MIT")], "tests")
    return toy_world


def test_weights_that_do_not_fit_are_not_fetched(heavy: Path, bench: Callable) -> None:
    done = bench(*RUN, "--model", "heavy:large")
    assert done.code == 2
    assert done.err.endswith("heavy:large: needs about 40 GB, cpu has 16.0 GB; take another --device or machine\n")
    assert len(done.err.splitlines()) == 1
    assert not Path("r").exists() and not Path("built").exists() and not Path("cache/assets/large").exists()


def test_a_batch_that_does_not_fit_does_not_refuse(heavy: Path, bench: Callable) -> None:
    """It is halved until it does; only weights cannot be."""
    assert bench(*RUN, "--model", "heavy:middling").code == 0 and Path("built").exists()


def test_weights_that_are_here_count_as_they_are(heavy: Path, bench: Callable) -> None:
    assert bench("assets", "fetch", "large").code == 0
    assert fits.least_gb(registry.systems("heavy:large", "pocket")[0], None) < 1e-6
    assert bench(*RUN, "--model", "heavy:large").code == 0


def test_a_run_that_goes_on_is_told_before_the_weights_are_read(
    heavy: Path, bench: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A system with a journal is left to the run, which may not need its model again."""
    again = ("generate", "--task", "image2music", "--device", "cpu", "--out", "r", "--model", "heavy:middling")
    assert bench(*again).code == 0
    Path("built").unlink()
    monkeypatch.setattr(memory, "have_gb", lambda device: 1e-10)
    assert bench(*again).code == 0 and not Path("built").exists(), "nothing is missing"
    Path("r/systems/heavy.middling/outputs.jsonl").write_text("")
    done = bench(*again)
    assert done.code == 2 and "heavy:middling: needs about 40 GB" in done.err and not Path("built").exists()


def test_a_system_without_a_stated_size_is_not_refused(toy_world: Path) -> None:
    assert fits.least_gb(registry.systems("echo:pocket", "pocket")[0], None) == 0.0


@pytest.mark.parametrize(("text", "gb"), [("2000000000\n", 2.0), ("max\n", None), ("9" * 20, None), (None, None)])
def test_a_container_has_what_its_control_group_gives_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str | None, gb: float | None
) -> None:
    limit = tmp_path / "memory.max"
    if text is not None:
        limit.write_text(text)
    monkeypatch.setattr(memory, "LIMITS", ())
    whole = memory.have_gb("cpu")
    monkeypatch.setattr(memory, "LIMITS", (limit,))
    assert memory.have_gb("cpu") == (whole if gb is None else gb)


def test_a_disk_without_the_room_is_told_with_the_rest(
    heavy: Path, bench: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(need, "free_bytes", lambda: GB)
    done = bench(*RUN, "--model", "heavy:middling", "--model", "heavy:large")
    assert done.code == 2 and "heavy:large: needs about 40 GB" in done.err
    assert "bench: 42.0 GB are to be brought here (large 30.0 GB, middling 12.0 GB)" in done.err
    assert "has 1.0 GB free; make room, or name another disk in SIGHTSOUND_CACHE" in done.err
    assert not Path("r").exists()
