"""The splits of Art2Mus: the published lists, the user's folder, and the real index."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightsound.bench import assets, splits
from sightsound.bench.splits.media import draws, manifest
from sightsound.bench.splits.media.local import Media
from sightsound.bench.splits.media.manifest import SplitError
from sightsound.bench.splits.published import artgraph, artwork
from tests.bench.made_media import picture, same_bytes, sound, stand_in

SHARED = Path(__file__).parents[3] / "shared/data/art2mus_pairs.json"  # where a session has the real index

# ---- which items are held out. Figures of scikit-learn 1.9.1 with NumPy 1.26.4: train_test_split(arange(n), ...)


def digest(numbers: list[int]) -> str:
    """Of a list in its order."""
    return hashlib.sha256("\n".join(map(str, numbers)).encode()).hexdigest()


def test_the_held_out_fifth_is_scikit_learns() -> None:
    default, training = draws.held_out(10_000, 0.2, 42), draws.held_out(10_000, 0.2, 0)
    assert default[:5] == [6252, 4684, 1731, 4742, 4521] and len(default) == 2_000
    assert digest(default) == "eb19c55c8f779e33df13350d8c4e7cb1cdf4b458d2ee3d70a22e74b88dc35c61"
    assert training[:5] == [9394, 898, 2398, 5906, 2343]
    assert digest(training) == "25a7f418399f49ff2b8769941e3c9d251e2cb8131b5ea155911609848c8d8b56"
    assert len(set(default) - set(training)) == 1_600, "the leak that the card states"
    assert draws.validation_of(default, 100, 42)[:5] == [5502, 4890, 7016, 7620, 8701]
    assert draws.validation_of(training, 100, 0)[:5] == [4172, 7583, 6887, 159, 1507]


def test_the_stratified_fifth_is_scikit_learns() -> None:
    classes = [("baroque", "cubism", "pop art")[index * index % 7 % 3] for index in range(40)]
    assert draws.held_out_by_class(classes, 0.2, 42) == [21, 33, 36, 3, 12, 39, 19, 31]
    assert draws.held_out(40, 0.2, 42) == [19, 16, 15, 26, 4, 12, 37, 27]


@given(st.lists(st.sampled_from("abcde"), min_size=5, max_size=200), st.integers(0, 9))
def test_each_class_has_its_share(classes: list[str], seed: int) -> None:
    chosen = draws.held_out_by_class(classes, 0.2, seed)
    assert len(chosen) == len(set(chosen)) == -(-len(classes) // 5)
    for name in set(classes):
        share = sum(classes[index] == name for index in chosen)
        assert abs(share - 0.2 * classes.count(name)) < 2


@given(st.sets(st.text("abcdef", min_size=3, max_size=6), min_size=1, max_size=60), st.integers(0, 5))
def test_a_draw_by_hash_does_not_see_the_order(ids: set[str], salt: int) -> None:
    chosen = draws.by_hash(sorted(ids), 0.3, str(salt))
    assert chosen == draws.by_hash(sorted(ids, reverse=True), 0.3, str(salt))
    assert len(chosen) == int(0.3 * len(ids) + 0.5) and set(chosen) <= ids
    assert draws.by_hash(ids, 0.6, str(salt))[: len(chosen)] == chosen


@pytest.mark.parametrize("items", [0, 1])
def test_a_part_that_would_be_empty_is_refused(items: int) -> None:
    with pytest.raises(ValueError, match="leaves the test or the train part empty"):
        draws.held_out(items, 0.2, 42)
    with pytest.raises(ValueError, match="for validation leaves none on one side"):
        draws.validation_of(range(items), 1, 42)


# ---- the index and what ArtGraph says


def index_of(path: Path, count: int) -> list[tuple[str, str]]:
    """Write an index of that many pairs as pandas writes it; returns them."""
    pairs = [
        (f"painter-{row % 7}_work-{row}.jpg", f"kaggle/fma_large/{row:03d}/{row:06d}.mp3") for row in range(count)
    ]
    columns = {"Image": [image for image, _ in pairs], "Audio": [audio for _, audio in pairs]}
    path.write_text(json.dumps({name: dict(zip(map(str, range(count)), column, strict=True))
                                for name, column in columns.items()}))  # fmt: skip
    return pairs


@pytest.mark.parametrize(
    "text",
    ["", "[]", '{"Image": {"0": "a.jpg"}}', '{"Image": {"0": "a.jpg"}, "Audio": {"1": "x"}}',
     '{"Image": {"0": "a.jpg", "1": "a.jpg"}, "Audio": {"0": "x", "1": "y"}}'],
)  # fmt: skip
def test_another_file_is_no_index(tmp_path: Path, text: str) -> None:
    (tmp_path / "index.json").write_text(text)
    with pytest.raises(SplitError, match="not the index of Art2Mus"):
        artwork.read_index(tmp_path / "index.json")


def ogb(folder: Path, styles: dict[str, str]) -> None:
    """ArtGraph's raw files in the convention of the Open Graph Benchmark."""
    (folder / "mapping").mkdir(parents=True)
    (folder / "raw/node-label/artwork").mkdir(parents=True)
    (folder / artgraph.NAMES).write_text("".join(f"{row},{name}\n" for row, name in enumerate(styles)))
    (folder / artgraph.LABELS).write_text("".join(f"{style}\n" for style in styles.values()))


def test_styles_come_from_artgraph_or_from_a_table(tmp_path: Path) -> None:
    ogb(tmp_path / "media/train", {"a.jpg": "3", "b.jpg": "11"})
    ogb(tmp_path / "media/test", {"c.jpg": "3"})
    found = artgraph.styles(Media(tmp_path / "media", tmp_path / "work"))
    assert found == {"a.jpg": "3", "b.jpg": "11", "c.jpg": "3"}
    (tmp_path / "media/styles.csv").write_text("Image,Style\na.jpg,Cubism\n")
    assert artgraph.styles(Media(tmp_path / "media", tmp_path / "work")) == {"a.jpg": "Cubism"}
    (tmp_path / "media/styles.csv").write_text("name,Style\na.jpg,Cubism\n")
    with pytest.raises(SplitError, match="needs the columns Image and Style"):
        artgraph.styles(Media(tmp_path / "media", tmp_path / "work"))


def test_labels_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    ogb(tmp_path / "media", {"a.jpg": "3", "b.jpg": "11"})
    (tmp_path / "media" / artgraph.LABELS).write_text("3\n")
    with pytest.raises(SplitError, match="1 styles of the 2 artworks"):
        artgraph.styles(Media(tmp_path / "media", tmp_path / "work"))


# ---- from a user's folder to a split


@pytest.fixture
def art(tmp_path: Path, toy_world: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The media of an index of 40 pairs, as one downloads them: a zip of pictures, a folder of tracks."""
    pairs = index_of(tmp_path / "index.json", 40)
    stand_in(monkeypatch, "art2mus_pairs", tmp_path / "index.json")
    for row, (image, audio) in enumerate(pairs):
        picture(tmp_path / "pictures/imagesf2" / image, row)
        sound(tmp_path / "media" / audio.removeprefix("kaggle/"), 200 + row)
    shutil.make_archive(str(tmp_path / "media/imagesf2"), "zip", tmp_path / "pictures")
    return tmp_path / "media"


def rows_of(folder: Path) -> list[dict[str, str]]:
    """A table that lies beside a manifest, or the manifest."""
    with folder.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_lists_of_a_small_index(art: Path) -> None:
    wanted = {f"art2mus.{row:04d}" for row in draws.held_out(40, 0.2, 42)}
    folder = splits.prepare("artwork_music", media=art)
    split = splits.load("artwork_music", task="image2music")
    assert {example.id for example in split.examples} == wanted and splits.verify("artwork_music") == []
    assert all(example.image and example.audio for example in split.examples)
    assert all(example.group == example.id for example in manifest.read(folder)[0])
    assert rows_of(folder / "missing.csv") == []
    splits.prepare("artwork_music_seed0", media=art)
    other = {example.id for example in splits.load("artwork_music_seed0").examples}
    assert other == {f"art2mus.{row:04d}" for row in draws.held_out(40, 0.2, 0)} != wanted
    splits.prepare("artwork_music_all", media=art)
    assert splits.load("artwork_music_all").count == 40


def test_the_stratified_list_needs_styles(art: Path) -> None:
    with pytest.raises(
        SplitError, match=r"no styles of the artworks; .*node-label-style\.csv.* or a table styles\.csv"
    ):
        splits.prepare("artwork_music_stratified", media=art)
    classes = [str(row % 3) for row in range(40)]
    ogb(art / "artgraph", {f"painter-{row % 7}_work-{row}.jpg": classes[row] for row in range(40)})
    splits.prepare("artwork_music_stratified", media=art)
    found = {int(example.id[-4:]) for example in splits.load("artwork_music_stratified").examples}
    assert found == set(draws.held_out_by_class(classes, 0.2, 42))


def test_the_papers_figures_are_two_pairs_of_the_index(tmp_path: Path) -> None:
    pairs = [artwork.Pair(row, f"painter_{row}.jpg", "fma/1.mp3") for row in range(3)]
    media = Media(tmp_path, tmp_path / "unpacked")
    with pytest.raises(SplitError, match=f"lacks {artwork.FIGURES[0]}, which the paper shows"):
        artwork.printed(pairs, media)
    shown = [artwork.Pair(row, image, "fma/1.mp3") for row, image in zip((8, 5), artwork.FIGURES, strict=True)]
    assert artwork.printed([*pairs, *shown[::-1]], media) == [8, 5], "in the paper's order"


@pytest.mark.parametrize("form", ["columns.json", "rows.json", "descriptions.csv"])
def test_descriptions_in_each_form(art: Path, form: str) -> None:
    with pytest.raises(SplitError, match="descriptions were not published; write them with LLaVA"):
        splits.prepare("artwork_description", media=art)
    texts = {f"painter-{row % 7}_work-{row}.jpg": f'Work {row}, a "still life"' for row in range(39)}
    table = [{"Image": image, "ArtwDesc": text} for image, text in texts.items()]
    if form == "columns.json":
        columns = {name: {str(i): row[name] for i, row in enumerate(table)} for name in ("Image", "ArtwDesc")}
        (art / "descriptions.json").write_text(json.dumps(columns))
    elif form == "rows.json":
        (art / "descriptions.json").write_text(json.dumps(table))
    else:
        with (art / form).open("w", newline="") as file:
            writer = csv.DictWriter(file, ("Image", "ArtwDesc"))
            writer.writeheader()
            writer.writerows(table)
    folder = splits.prepare("artwork_description_all", media=art)
    split = splits.load("artwork_description_all", task="caption2music")
    assert len(split.examples) == 39 and split.examples[3].caption == 'Work 3, a "still life"'
    assert all(example.image is None for example in split.examples), (
        "the systems of this split read the text alone"
    )
    assert rows_of(folder / "missing.csv") == [{"id": "art2mus.0039", "reason": "caption: not there"}]
    splits.prepare("artwork_description_seed0", media=art)
    pictured = splits.load("artwork_description_seed0", task="caption2music").examples
    assert pictured and all(example.image for example in pictured), "for IBSc against the artwork"
    (art / "descriptions.json").write_text('{"Image": {"0": "a.jpg"}}')
    with pytest.raises(SplitError, match="needs the columns Image and ArtwDesc"):
        splits.prepare("artwork_description_all", media=art)


def test_vanished_and_broken_media_are_listed_and_the_hash_is_their_own(art: Path, tmp_path: Path) -> None:
    whole = splits.prepare("artwork_music", media=art) / manifest.NAME
    wanted = sorted(draws.held_out(40, 0.2, 42))
    first = splits.load("artwork_music").hash
    moved = tmp_path / "elsewhere/deeper"
    shutil.copytree(art, moved)
    assert len(rows_of(whole)) == 8
    splits.prepare("artwork_music", media=moved)
    assert splits.load("artwork_music").hash == first, "the folder has no part in the hash"
    (moved / f"fma_large/{wanted[0]:03d}/{wanted[0]:06d}.mp3").unlink()
    (moved / f"fma_large/{wanted[1]:03d}/{wanted[1]:06d}.mp3").write_bytes(b"no sound at all")
    folder = splits.prepare("artwork_music", media=moved)
    split = splits.load("artwork_music")
    assert split.count == 6 and split.hash != first
    missing = {row["id"]: row["reason"] for row in rows_of(folder / "missing.csv")}
    assert missing[f"art2mus.{wanted[0]:04d}"] == "audio: not there"
    assert missing[f"art2mus.{wanted[1]:04d}"].startswith("audio: cannot be decoded") and len(missing) == 2


def test_a_system_runs_on_it(art: Path, bench) -> None:  # type: ignore[no-untyped-def]
    done = bench("splits", "prepare", "artwork_music", "--media", art)
    assert done.code == 0, done.err
    done = bench("run", "--model", "echo", "--task", "image2music", "--split", "artwork_music", "--device", "cpu",
                 "--out", "r", "--json")  # fmt: skip
    assert done.code == 0, done.err
    rows = {(row["model"], row["metric"]): row for row in json.loads(done.out)}
    assert rows["echo", "cosine_toy"]["n"] == 8
    assert "artwork_music" in rows["echo", "fad_toy"]["signature"]


# ---- the real index


@pytest.fixture
def real_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The published index: from the session's copy where there is one, else from its authors' repository."""
    monkeypatch.setenv("SIGHTSOUND_CACHE", str(tmp_path / "cache"))
    if SHARED.is_file():
        (tmp_path / "mirror/art2mus_pairs").mkdir(parents=True)
        shutil.copyfile(SHARED, tmp_path / "mirror/art2mus_pairs" / artwork.INDEX)
        monkeypatch.setenv("SIGHTSOUND_MIRROR", str(tmp_path / "mirror"))
    return assets.fetch("art2mus_pairs") / artwork.INDEX


@pytest.mark.network
def test_the_real_index_gives_the_list_of_the_code(real_index: Path, tmp_path: Path) -> None:
    pairs = artwork.read_index(real_index)
    assert len(pairs) == len({pair.audio for pair in pairs}) == 10_000
    held_out = [pairs[row] for row in artwork.by_seed(pairs, Media(tmp_path, tmp_path), artwork.SEED)]
    assert [pair.image for pair in held_out[:3]] == [
        "ion-theodorescu-sion_peasants-of-abrud-1913.jpg",
        "edwin-henry-landseer_the-wild-cattle-of-chillingham.jpg",
        "morris-graves_homemade-painting-of-a-homemade-bouquet-of-sand-dune-daisies-in-a-homemade-vase-1982.jpg",
    ]
    validated = artwork.validated(pairs, Media(tmp_path, tmp_path))
    assert validated[:3] == [4172, 7583, 6887] and len(validated) == 100
    assert set(validated) < set(artwork.by_seed(pairs, Media(tmp_path, tmp_path), artwork.TRAINING_SEED))
    scored = artwork.scored(pairs, Media(tmp_path, tmp_path))
    assert len(scored) == 1_900 and not set(scored) & set(validated)
    artists = {pair.image.split("_")[0] for pair in set(pairs) - set(held_out)}
    assert sum(pair.image.split("_")[0] in artists for pair in held_out) == 1_855, "as the card says"


@pytest.mark.network
def test_the_real_list_with_media_under_the_real_names(real_index: Path, tmp_path: Path) -> None:
    pairs = artwork.read_index(real_index)
    pictures = [picture(tmp_path / f"p{index}.jpg", index) for index in range(5)]
    tracks = [sound(tmp_path / f"t{index}.wav", 200 + index, 1.5) for index in range(5)]
    for row in draws.held_out(len(pairs), 0.2, 42):
        pair = pairs[row]
        same_bytes(pictures[row % 5], tmp_path / "media/imagesf2" / pair.image)
        same_bytes(tracks[row % 5], tmp_path / "media" / pair.audio)
    folder = splits.prepare("artwork_music", media=tmp_path / "media")
    split = splits.load("artwork_music")
    assert split.count == 2_000 and split.coverage == 1 and split.label == f"artwork_music@{split.hash[:6]}"
    assert rows_of(folder / "missing.csv") == []
