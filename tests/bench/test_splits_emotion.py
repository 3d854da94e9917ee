"""The splits of MG-S: names, the author's notebook, leaks, and the archive's layout."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest

from sightsound.bench import splits
from sightsound.bench.splits.media import manifest
from sightsound.bench.splits.media.manifest import SplitError
from sightsound.bench.splits.published import emotion
from tests.bench.made_media import picture, sound, stand_in


def cell(*lines: str) -> dict[str, object]:
    """A notebook's cell that printed these lines."""
    return {"source": [], "outputs": [{"output_type": "stream", "text": [f"{line}\n" for line in lines]}]}


def generated(model: int, names: list[str]) -> dict[str, object]:
    """The cell that generated for these pairs, with what TensorFlow prints between."""
    said = [
        f"Generating audio with prompt a sad, slow tune saved as gen audio/{model}/{name}.wav" for name in names
    ]
    return cell("E external/cuda_dnn.cc:9261] Unable to register", *said)


def test_the_song_is_the_group() -> None:
    assert emotion.song("sad_31_3") == emotion.song("sad_31_0") == "sad_31"
    assert emotion.song("happy_7") == "happy_7"
    for bad in ("joy_1_2", "sad", "sad_1_2_3", "sad_1_2 (1)", "../sad_1_2"):
        with pytest.raises(SplitError, match="is no name of this data set"):
            emotion.song(bad)


def test_the_notebook_s_test_list() -> None:
    names = ["sad_31_3", "fun_2_0", "sad_31_1"]
    notebook = {"cells": [{"source": []}, cell("Epoch 1"), *(generated(model, names) for model in (1, 2, 3, 4))]}
    assert emotion.generated_for(notebook) == names
    notebook["cells"].append(generated(5, names[:2]))
    with pytest.raises(SplitError, match="names no one list"):
        emotion.generated_for(notebook)
    for other in ({}, {"cells": [1]}, {"cells": []}):
        with pytest.raises(SplitError, match="fetch the asset"):
            emotion.generated_for(other)


def test_what_leaks() -> None:
    everything = ["sad_1_0", "sad_1_1", "sad_2_0", "sad_2_1", "fun_1_0"]
    assert emotion.leaks(["sad_1_0", "sad_2_0", "sad_2_1"], everything) == {"sad_1_0": ["sad_1_1"]}
    assert emotion.leaks(["sad_2_1", "sad_1_1"], everything) == {"sad_1_1": ["sad_1_0"], "sad_2_1": ["sad_2_0"]}
    assert emotion.leaks(everything, everything) == {}


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the archive of nine pairs, labels and lists beside them, and a notebook of two test pairs."""
    monkeypatch.setenv("SIGHTSOUND_CACHE", str(tmp_path / "cache"))
    names = [*(f"angry_{song}_{piece}" for song in (1, 2) for piece in (0, 1, 2)), "sad_1_0", "sad_1_1", "fun_3_4"]
    for pitch, name in enumerate(names):
        where = tmp_path / "set/data_model" / name.split("_")[0]
        picture(where / f"{name}.jpg", pitch)
        sound(where / f"{name}.wav", 200 + pitch)
        (where / f"{name}.txt").write_text(name.split("_")[0])
    labels = [
        {"audio": f"data_model/sad/{name}.wav", "label": f"data_model/sad/{name}.txt"} for name in names[6:8]
    ]
    (tmp_path / "set/data_model/test_data.json").write_text(json.dumps(labels))
    (tmp_path / "media").mkdir()
    shutil.make_archive(str(tmp_path / "media/data_model"), "zip", tmp_path / "set")
    (tmp_path / "main.ipynb").write_text(json.dumps({"cells": [generated(1, ["sad_1_1", "angry_2_0"])]}))
    stand_in(monkeypatch, "mgs_notebook", tmp_path / "main.ipynb")
    return tmp_path / "media"


def test_every_pair_of_the_archive(archive: Path) -> None:
    splits.prepare("emotion_painting_music", media=archive)
    split = splits.load("emotion_painting_music", task="image2music")
    assert len(split.examples) == 9 and splits.verify("emotion_painting_music") == []
    written, _ = manifest.read(splits.folder_of("emotion_painting_music"))
    groups = {example.id: (example.group, example.emotion) for example in written}
    assert groups["angry_2_1"] == ("angry_2", "angry") and groups["fun_3_4"] == ("fun_3", "fun")
    assert len({example.group for example in written}) == 4
    for example in split.examples:
        assert example.image and example.audio and example.caption is None


def test_the_papers_test_pairs(archive: Path) -> None:
    folder = splits.prepare("emotion_painting_music_test", media=archive)
    split = splits.load("emotion_painting_music_test")
    assert [example.id for example in split.examples] == ["angry_2_0", "sad_1_1"]
    assert split.coverage == 2 / 117
    assert (folder / "leaks.csv").read_text().splitlines() == [
        "id,song,pieces_outside",
        "angry_2_0,angry_2,angry_2_1 angry_2_2",
        "sad_1_1,sad_1,sad_1_0",
    ]
    with (folder / "missing.csv").open() as file:
        assert list(csv.DictReader(file)) == []


def test_a_pair_that_lacks_half_is_listed(archive: Path, tmp_path: Path) -> None:
    shutil.unpack_archive(archive / "data_model.zip", tmp_path / "open")
    (tmp_path / "open/data_model/sad/sad_1_1.jpg").unlink()
    (tmp_path / "open/data_model/sad/stray_1_1.jpg").write_bytes(b"")
    picture(tmp_path / "open/data_model/sad/happy_1_1.jpg")  # not in the folder of its emotion
    folder = splits.prepare("emotion_painting_music", media=tmp_path / "open")
    assert splits.load("emotion_painting_music").count == 8
    with (folder / "missing.csv").open() as file:
        assert list(csv.DictReader(file)) == [{"id": "sad_1_1", "reason": "image: not there"}]


def test_an_empty_folder_says_what_it_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGHTSOUND_CACHE", str(tmp_path / "cache"))
    (tmp_path / "media").mkdir()
    with pytest.raises(SplitError, match=r"no data_model/<emotion>/"):
        splits.prepare("emotion_painting_music", media=tmp_path / "media")
