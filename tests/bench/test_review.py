"""Warnings: each code raised by what it is for, and by nothing else."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from sightsound.bench.core.features import FeatureStore
from sightsound.bench.review import facts, warnings
from sightsound.bench.review.facts import look_at
from sightsound.bench.review.findings import Heard, Side, findings
from tests.bench.test_folders import clip, tones
from tests.conftest import Done
from tests.toy import RATE_HZ, pitch_hz, tone

ROOT = Path(__file__).parents[2]


def fact(content: str, **how: float) -> facts.Facts:
    return facts.Facts(
        content, **{"seconds": 10.0, "rate_hz": 44100, "level_db": -20.0, "content": content, **how}
    )


def codes(mine: dict[str, facts.Facts], theirs: dict[str, facts.Facts], rate_hz: int = 16000) -> list[str]:
    heard = Heard(10.0, rate_hz, compared=True)
    return [each.code for each in findings([Side("mine", mine)], Side("", theirs), heard)]


REFERENCE = {str(i): fact(f"r{i}") for i in range(6)}
FINE = {str(i): fact(f"o{i}") for i in range(6)}


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, []),
        ({"seconds": 5.0}, ["duration"]),
        ({"seconds": 9.5}, []),
        ({"seconds": 30.0}, []),
        ({"rate_hz": 16000}, []),
        ({"rate_hz": 8000}, ["rate"]),
        ({"level_db": -40.0}, ["loudness"]),
        ({"level_db": -22.5}, []),
        ({"quiet": 0.6}, ["silent"]),
        ({"flat": 4}, ["clipped"]),
        ({"flat": 3}, []),
        ({"constant": True}, ["constant"]),
        ({"content": "r3"}, ["duplicates", "overlap"]),
    ],
)
def test_each_is_raised_by_its_own_fault(change: dict[str, object], found: list[str]) -> None:
    mine = {key: facts.Facts(**{**vars(value), **change}) for key, value in FINE.items()}
    assert codes(mine, REFERENCE) == found


def test_one_source(tmp_path: Path) -> None:
    assert codes(FINE, {str(i): fact(f"r{i % 3}") for i in range(6)}) == ["one_source"]
    assert codes(FINE, {str(i): fact(f"r{i % 4}") for i in range(6)}) == []


def test_a_high_network_hears_what_a_low_rate_lacks() -> None:
    low = {key: facts.Facts(**{**vars(value), "rate_hz": 16000}) for key, value in FINE.items()}
    assert codes(low, REFERENCE, rate_hz=48000) == ["rate"]


def test_facts_are_those_of_the_file_and_the_same_out_of_the_store(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path / "store")
    quiet = np.concatenate([tone(440, 1.0), np.zeros(3 * RATE_HZ, np.float32)])
    soundfile.write(tmp_path / "a.wav", quiet, RATE_HZ, subtype="PCM_16")
    samples, _ = soundfile.read(tmp_path / "a.wav")
    soundfile.write(tmp_path / "a.flac", samples, RATE_HZ, subtype="PCM_16")
    first = look_at(tmp_path / "a.wav", "audio", store)
    assert isinstance(first, facts.Facts)
    assert (first.seconds, first.rate_hz, first.quiet, first.flat, first.constant) == (
        4.0,
        RATE_HZ,
        0.75,
        0,
        False,
    )
    assert first.level_db == pytest.approx(10 * np.log10(np.mean(samples**2)), abs=1e-4)
    assert look_at(tmp_path / "a.wav", "audio", store) == first, "from the store"
    other = look_at(tmp_path / "a.flac", "audio", store)
    assert isinstance(other, facts.Facts)
    assert other.content == first.content and other.key != first.key, "a copy without loss"
    soundfile.write(tmp_path / "square.wav", np.sign(samples + 0.1), RATE_HZ)
    square = look_at(tmp_path / "square.wav", "audio", store)
    assert isinstance(square, facts.Facts) and square.flat > 3 and square.level_db == pytest.approx(0, abs=0.01)
    Image.new("RGB", (9, 9), (3, 3, 3)).save(tmp_path / "plain.png")
    plain = look_at(tmp_path / "plain.png", "image", store)
    assert isinstance(plain, facts.Facts) and plain.constant
    (tmp_path / "t.txt").write_text("Two  Words\n")
    (tmp_path / "u.txt").write_text("two words")
    texts = [look_at(tmp_path / name, "text", store) for name in ("t.txt", "u.txt")]
    assert texts[0].content == texts[1].content  # type: ignore[union-attr]
    (tmp_path / "b.wav").write_bytes(b"RIFF")
    assert "b.wav" in str(look_at(tmp_path / "b.wav", "audio", store))


def test_they_stand_in_rows_json_file_and_below_the_table(toy_world: Path, bench: Callable[..., Done]) -> None:
    tones("a", 6, gain=0.1)
    tones("ref", 6)
    shutil.copy("ref/002.wav", "a/002.wav")
    clip(Path("b/000.wav"), pitch_hz(0), gain=0.1)
    tones("b", 6)
    command = ("score", "a=a", "b=b", "--reference", "ref", "--out", "run", "--paired")
    rows = json.loads(bench(*command, "--json").out)
    of_a = next(row for row in rows if row["model"] == "a")
    assert [each["code"] for each in of_a["warnings"]] == ["overlap", "loudness", "few_clips"]
    assert of_a["warnings"][0]["text"] == "1 of 6 outputs are also among the references"
    (of_same,) = {str(row["warnings"]) for row in rows if row["model"] == "reference"}
    assert of_same == "[]", "the reference rows are no system's"
    done = bench(*command)
    assert "warning: a: 1 of 6 outputs are also among the references [overlap]" in done.err
    assert warnings.PAGE in done.err
    kept = warnings.read(Path("run"))
    assert {(each.code, each.system) for each in kept} >= {("overlap", "a"), ("loudness", "a")}
    assert "overlap loudness" in Path("run/rows.csv").read_text()


def test_the_page_explains_every_code() -> None:
    page = (ROOT / warnings.PAGE).read_text(encoding="utf-8")
    assert re.findall(r"^## (\w+)$", page, flags=re.M) == list(warnings.CODES)
    sources = "".join(path.read_text() for path in (ROOT / "bench").rglob("*.py"))
    raised = set(re.findall(r'ReviewWarning\(\s*"(\w+)"', sources)) | {"silent", "clipped", "constant"}
    assert raised == set(warnings.CODES)
