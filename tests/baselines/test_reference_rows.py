"""The reference rows of pictures and prompts, and who is mispaired with whom."""

from __future__ import annotations

import itertools
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from PIL import Image

from sightsound.baselines import reference, reference_image, reference_text
from sightsound.baselines.reference import partners
from sightsound.bench.core import media, registry
from sightsound.bench.core.types import Example
from sightsound.bench.stages.generate import generate

TEXTS = ("A quiet lake at night", "Two riders cross the burning bridge", "Snow")


def texts() -> list[Example]:
    return [
        Example(str(place), f"g{place}", lyrics=f"la {place} " * 5, reference_text=text)
        for place, text in enumerate(TEXTS)
    ]


def pictures(folder: Path, count: int = 4) -> list[Example]:
    made = []
    for place in range(count):
        path = folder / f"{place}.jpg"
        Image.new("RGB", (9, 7), (60 * place, 0, 0)).save(path)
        made.append(Example(str(place), f"g{place}", audio=path, reference_image=path))
    return made


# ---- mispairing


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3)), min_size=4, max_size=40), st.integers(0, 3))
def test_every_reference_is_given_once_and_nobody_meets_its_own_group(
    pairs: list[tuple[int, int]], seed: int
) -> None:
    assume(max(Counter(group for group, _ in pairs).values()) <= len(pairs) // 2)
    examples = [
        Example(f"e{place}", f"g{group}", reference_text=f"t{group}.{piece}")
        for place, (group, piece) in enumerate(pairs)
    ]
    found = partners(examples, seed, "reference_text")
    assert Counter(a.id for a, _ in found) == Counter(b.id for _, b in found) == Counter(e.id for e in examples)
    assert found == partners(examples[::-1], seed, "reference_text")
    assert not any(a.group == b.group or a.reference_text == b.reference_text for a, b in found)


def test_pieces_shared_by_groups_are_kept_apart_too() -> None:
    # rotating by the largest group alone would hand `x` of group a to `x` of group b
    layout = [("a", "x"), ("a", "y"), ("b", "x"), ("b", "z"), ("c", "u"), ("c", "v"), ("d", "w")]
    examples = [Example(f"{group}{piece}", group, reference_text=piece) for group, piece in layout]
    for seed in range(20):
        pairs = partners(examples, seed, "reference_text")
        assert not any(a.group == b.group or a.reference_text == b.reference_text for a, b in pairs)


def test_the_music_of_real_length_ties_is_mispaired_as_before(tmp_path: Path) -> None:
    # what the board's rows of music were made with: sorted by piece, rotated by the largest tie
    examples = [Example(f"e{n}", f"e{n}", audio=tmp_path / f"{n % 5 if n < 10 else 'one'}.wav") for n in range(16)]
    pairs = partners(examples, 0)
    assert all(a.audio != b.audio for a, b in pairs)
    ordered = [a for a, _ in pairs]
    assert [b for _, b in pairs] == ordered[6:] + ordered[:6]


def test_one_reference_alone_cannot_be_mispaired() -> None:
    with pytest.raises(ValueError, match="one reference_text only"):
        partners(
            [Example("a", "a", reference_text="x"), Example("b", "b", reference_text="x")], 0, "reference_text"
        )


# ---- pictures


def test_same_and_mispaired_hand_out_the_references(tmp_path: Path) -> None:
    examples = pictures(tmp_path)
    same = list(reference_image.Same("cpu", {}).generate(examples, 0))
    assert [made.path for made in same] == [example.reference_image for example in examples]
    other = {made.id: made for made in reference_image.Mispaired("cpu", {}).generate(examples, 0)}
    for example in examples:
        assert other[example.id].path != example.reference_image
        assert other[example.id].notes["of"] != example.id


def test_grey_is_grey_and_noise_is_the_example_s_own(tmp_path: Path) -> None:
    examples = pictures(tmp_path)
    for made in reference_image.Grey("cpu", {}).generate(examples, 0):
        assert (
            made.image is not None
            and made.image.shape == (512, 512, 3)
            and np.unique(made.image).tolist() == [128]
        )
    noise = {made.id: made.image for made in reference_image.Noise("cpu", {}).generate(examples, 0)}
    again = {made.id: made.image for made in reference_image.Noise("cpu", {}).generate(examples[::-1], 0)}
    for name, picture in noise.items():
        assert picture is not None and np.array_equal(picture, again[name])
        assert (picture.min(), picture.max()) == (0, 255) and abs(picture.mean() - 127.5) < 1
    assert not any(np.array_equal(a, b) for a, b in itertools.combinations(noise.values(), 2))


@pytest.mark.parametrize("variant", reference_image.CARD.variants)
def test_every_row_of_pictures_is_written_and_can_be_read_back(tmp_path: Path, variant: str) -> None:
    (system,) = registry.systems(f"reference_image:{variant}", "pocket")
    (tmp_path / "in").mkdir()
    examples = pictures(tmp_path / "in")
    model = registry.load(system.build.entry)("cpu", {})
    outputs = generate(system, registry.task("music2image"), examples, tmp_path / "out", lambda: model, seed=0)
    assert len(outputs) == (2 if variant == "halves" else 4)
    for output in outputs.values():
        assert output.error is None and output.path is not None
        assert media.load_image(tmp_path / "out" / output.path).ndim == 3


@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4, 4), np.uint8),
        np.zeros((4, 4, 3)),
        np.zeros((0, 4, 3), np.uint8),
    ],
)
def test_what_is_no_picture_is_not_written(tmp_path: Path, picture: np.ndarray) -> None:
    with pytest.raises(media.MediaError, match=r"a picture is uint8 \[height, width, 3\]"):
        media.write_image(tmp_path / "a.png", picture)


# ---- texts


def test_the_rows_of_texts() -> None:
    examples = texts()
    rows = {
        name: [made.text for made in registry.load(variant.entry)("cpu", {}).generate(examples, 3)]
        for name, variant in reference_text.CARD.variants.items()
    }
    assert rows["same"] == rows["halves"] == list(TEXTS)
    assert sorted(filter(None, rows["mispaired"])) == sorted(TEXTS)
    assert rows["sentence"] == ["a picture"] * 3
    for text, shuffled in zip(TEXTS, rows["shuffled"], strict=True):
        assert shuffled is not None and sorted(shuffled.split()) == sorted(text.split())
    assert rows["shuffled"][1] != TEXTS[1]


def test_the_rows_of_lyrics() -> None:
    copied, opening = (
        [made.text for made in registry.load(variant.entry)("cpu", {}).generate(texts(), 0)]
        for variant in reference_text.LYRICS.variants.values()
    )
    assert copied[1] == "la 1 " * 5 and opening[1] == "la 1 la 1 la 1"


def test_a_board_has_the_rows_of_its_task_and_no_others() -> None:
    rows = registry.reference_systems()
    of = {
        task: {row.card.name for row in rows if task in row.card.tasks and not row.build.assets}
        for task in ("image2music", "music2image", "music2prompt", "lyrics2prompt")
    }
    assert of == {
        "image2music": {"reference"},
        "music2image": {"reference_image"},
        "music2prompt": {"reference_text"},
        "lyrics2prompt": {"reference_text", "reference_lyrics"},
    }
    assert all(system.card.reference for system in rows)
    for card in (reference.CARD, reference_image.CARD, reference_text.CARD, reference_text.LYRICS):
        assert {f"{card.name}:{name}" for name in card.variants} <= {
            row.label for row in registry.reference_systems()
        }
