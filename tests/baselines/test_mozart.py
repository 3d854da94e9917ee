"""Mozart's Touch: the paper's messages, and both pipelines end to end."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sightsound.baselines.mozart import CARD, prompts
from sightsound.baselines.mozart.bridges import LONGEST, music_words
from sightsound.baselines.mozart.pipeline import Mozart, Options, code, paper, paper_no_bridge, paper_openai
from sightsound.baselines.parts.messages import ChatError, Message
from sightsound.bench import assets
from sightsound.bench.core import registry
from sightsound.bench.core.registry import load
from sightsound.bench.core.types import Example, Generated


def _table(text: str) -> list[tuple[str, str]]:
    """Rows of (role, content), printed as paragraphs `role: content`."""
    rows = [" ".join(paragraph.split()).partition(": ") for paragraph in text.split("\n\n")]
    return [(role, content) for role, _, content in rows]


# Appendix A of the paper, as printed.
TABLE_4 = _table(
    """
system: You are about to process a sequence of captions, each corresponding to a distinct frame sampled from a
video. Your task is to convert these captions into a cohesive, well-structured paragraph. This paragraph should
describe the video in a fluid, engaging manner and follows these guidelines: avoiding semantic repetition to the
greatest extent, and giving a description in less than 200 characters.
""".strip()
)

TABLE_5 = _table(
    """
system: Convert in less than 200 characters this image caption to a very concise musical description with musical
terms, so that it can be used as a prompt to generate music through AI model, strictly in English. If user
provides prompt, give priority to information provided by user. You need to speculate the mood of the given image
caption and add it to the music description. You also need to specify a music genre in the description such as
pop, hip hop, funk, electronic, jazz, rock, metal, soul, R&B etc.

user: a city with a tower and a castle in the background, a detailed matte painting, art nouveau, epic cinematic
painting, kingslanding

assistant: A grand orchestral arrangement with thunderous percussion, epic brass fanfares, and soaring strings,
creating a cinematic atmosphere fit for a heroic battle.

user: a group of people sitting on a beach next to a body of water, tourist destination, hawaii

assistant: Pop dance track with catchy melodies, tropical percussion, and upbeat rhythms, perfect for the beach
""".strip()
)

TABLE_6 = _table(
    """
system: Convert in less than 200 characters this video caption to a very concise musical description with musical
terms, so that it can be used as a prompt to generate music through AI model, strictly in English. You need to
speculate the mood of the given video caption and add it to the music description. You also need to specify a
music genre in the description such as pop, hip hop, funk, electronic, jazz, rock, metal, soul, R&B etc.

user: Two men playing cellos in a room with a piano and a grand glass window backdrop.

assistant: Classical chamber music piece featuring cello duet, intricate piano accompaniment, the rich harmonies
blend seamlessly in an elegant and refined setting, creating a symphonic masterpiece.

user: A man with guitar in hand, captivates a large audience on stage at a concert. The crowd watches in awe as
the performer delivers a stellar musical performance.

assistant: Rock concert with dynamic guitar riffs, precise drumming, and powerful vocals, creating a captivating
and electrifying atmosphere, uniting the audience in excitement and musical euphoria.
""".strip()
)


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> list[Example]:
    """Two pictures, a file that is none, and a video of 60 frames."""
    folder = tmp_path_factory.mktemp("media")
    random = np.random.default_rng(1)
    for name in ("first.png", "second.png"):
        Image.fromarray(random.integers(0, 256, (48, 64, 3), np.uint8)).save(folder / name)
    (folder / "broken.png").write_bytes(b"no picture")
    _write_video(folder / "film.avi", 60)
    return [
        Example("first", "g", image=folder / "first.png"),
        Example("broken", "g", image=folder / "broken.png"),
        Example("film", "g", video=folder / "film.avi"),
        Example("second", "g", image=folder / "second.png"),
    ]


def _write_video(path: Path, frames: int) -> None:
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=25)  # lossless
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(frames):
            picture = np.full((48, 64, 3), 4 * number, np.uint8)
            for packet in stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)


class _Brightness:
    """Captioner whose caption is the picture's mean value."""

    def caption(self, pictures: Sequence[np.ndarray]) -> list[str]:
        return [f"light {picture.mean():.0f}" for picture in pictures]


class _Scribe:
    """Chat model that writes down what it is told and answers with a number."""

    def __init__(self) -> None:
        self.told: list[list[tuple[str, str]]] = []

    def answer(
        self, turns: Sequence[Message], contents: Sequence[str], seeds: Sequence[int]
    ) -> list[str | ChatError]:
        assert len(contents) == len(seeds)
        for content in contents:
            messages = [*turns, {"role": "user", "content": content}]
            self.told.append([(message["role"], message["content"]) for message in messages])
        return [f"answer {len(self.told) - len(contents) + i}" for i in range(len(contents))]


class _Silence:
    rate_hz = 8000

    def generate(self, prompts: Sequence[str], seeds: Sequence[int], seconds: float) -> list[np.ndarray]:
        return [np.zeros((1, int(seconds * self.rate_hz)), np.float32) for _ in prompts]


def _by_id(made: object) -> dict[str, Generated]:
    assert isinstance(made, Sequence) or hasattr(made, "__iter__")
    answers = list(made)  # type: ignore[call-overload]
    assert len({answer.id for answer in answers}) == len(answers)
    return {answer.id: answer for answer in answers}


def test_messages_are_the_papers(examples: list[Example]) -> None:
    scribe = _Scribe()
    system = Mozart(_Brightness(), _Brightness(), scribe, _Silence(), Options(user_text="slow jazz"))
    made = _by_id(system.generate([e for e in examples if e.id in ("first", "film")], 0))
    aggregate, image, video = scribe.told
    indices = list(range(1, 59, 2))  # 60 // 25 = 2
    _, frames = aggregate[-1]
    assert aggregate == [*TABLE_4, ("user", frames)]
    listed = re.findall(r"\{'frame_index': (\d+), 'prompt': 'light (\d+)'\}", frames)
    assert frames.startswith("[{") and frames.endswith("}]")
    assert [int(index) for index, _ in listed] == indices
    assert np.abs([int(light) - 4 * index for (_, light), index in zip(listed, indices, strict=True)]).max() <= 1
    caption = made["first"].notes["caption"]
    assert image == [*TABLE_5, ("user", f"{caption}, slow jazz")]
    assert video == [*TABLE_6, ("user", "answer 0, slow jazz")]
    assert dict(made["film"].notes) == {"caption": "answer 0", "frames": frames, "prompt": "answer 2"}
    assert dict(made["first"].notes) == {"caption": caption, "prompt": "answer 1"}


def test_no_bridge_sends_the_caption(examples: list[Example]) -> None:
    system = Mozart(_Brightness(), _Brightness(), None, _Silence(), Options(user_text="jazz", seconds="2"))
    made = _by_id(system.generate(examples, 0))
    assert made["first"].notes["prompt"] == f"{made['first'].notes['caption']}, jazz"
    assert made["film"].notes["prompt"] in ("light 3, jazz", "light 4, jazz", "light 5, jazz")  # frame 1 alone
    assert made["first"].audio is not None and made["first"].audio.shape == (1, 16000)


@pytest.mark.parametrize(
    ("name", "value"), [("seconds", "soon"), ("seconds", 0), ("seconds", "inf"), ("frames", "2.5"), ("frames", -1)]
)
def test_options_that_make_no_sense(name: str, value: object) -> None:
    with pytest.raises(ValueError, match=name):
        Options(**{name: value})  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=name):  # before it looks for weights
        paper_no_bridge("cpu", {}, **{name: value})


def test_an_answer_that_fails_or_is_empty_costs_its_example_only(examples: list[Example]) -> None:
    class Moody(_Scribe):
        def answer(self, turns, contents, seeds):  # type: ignore[no-untyped-def]
            return [ChatError("the server is out"), ""] if turns is prompts.IMAGE_BRIDGE else ["fine"]

    made = _by_id(Mozart(_Brightness(), _Brightness(), Moody(), _Silence(), Options()).generate(examples, 0))
    assert made["first"].error == "the server is out" and made["first"].audio is None
    assert made["second"].error == "the chat model gave an empty answer"
    assert made["film"].error is None and made["film"].audio is not None


def test_messages_are_the_code_s(examples: list[Example]) -> None:
    """TiffanyBlews/MozartsTouch at 5ba10a11, txt_converter.py, where it departs from the paper."""
    scribe = _Scribe()
    system = Mozart(_Brightness(), _Brightness(), scribe, _Silence(), Options(user_text="jazz"), prompts.CODE)
    made = _by_id(system.generate([e for e in examples if e.id in ("first", "film")], 0))
    aggregate, image, video = scribe.told
    assert aggregate[:-1] == TABLE_4
    said = "If user provides prompt, give priority to information provided by user. "
    assert image[0] == ("system", TABLE_5[0][1].replace(said, "")) != TABLE_5[0]
    assert image[4] == ("assistant", TABLE_5[4][1] + ".")
    assert image[-1] == ("user", f"{made['first'].notes['caption']}jazz")
    assert video[2][1] == (
        "Classical chamber music piece featuring cello duet, intricate piano accompaniment, emotive melodies set "
        "in an elegant setting, showcasing intricate melodies and emotional depth, the rich harmonies blend "
        "seamlessly in an elegant and refined setting, creating a symphonic masterpiece."
    )
    assert [*image[1:4], *video[:2], *video[3:5]] == [*TABLE_5[1:4], *TABLE_6[:2], *TABLE_6[3:]]
    alone = Mozart(_Brightness(), _Brightness(), None, _Silence(), Options(), prompts.CODE)
    film = _by_id(alone.generate([e for e in examples if e.id == "film"], 0))["film"]
    assert re.fullmatch(r"\{'frame_index': 1, 'prompt': 'light [345]'\}", film.notes["prompt"])


def test_code_end_to_end(mirror: Path, weights: dict[str, Path], examples: list[Example]) -> None:
    given = {**weights, "florence2_large": mirror / "florence-community" / "Florence-2-large"}
    system = code("cpu", given, seconds=1, frames=5)
    made = _by_id(system.generate(examples, 3))
    for name in ("first", "film", "second"):
        assert made[name].audio is not None and made[name].notes["prompt"]
    assert made["broken"].error
    (alone,) = system.generate([examples[0]], 3)
    assert alone.notes == made["first"].notes


def test_paper_end_to_end(weights: dict[str, Path], examples: list[Example]) -> None:
    system = paper("cpu", weights, seconds=1)
    made = _by_id(system.generate(examples, 3))
    again = _by_id(system.generate(examples, 3))
    other = _by_id(system.generate(examples, 4))
    assert made.keys() == {"first", "broken", "film", "second"}
    assert made["broken"].error is not None and "broken.png" in made["broken"].error
    for name in ("first", "film", "second"):
        answer = made[name]
        assert answer.error is None and answer.audio is not None and answer.rate_hz == 32000
        assert answer.audio.shape == (1, (51 - 3) * 640) and np.abs(answer.audio).max() > 0
        assert answer.notes["caption"] and answer.notes["prompt"]
        assert answer.audio.tobytes() == again[name].audio.tobytes()  # type: ignore[union-attr]
        assert answer.notes == again[name].notes
        assert answer.notes["prompt"] != other[name].notes["prompt"]
        (alone,) = system.generate([e for e in examples if e.id == name], 3)
        assert alone.notes == answer.notes
        assert alone.audio is not None and np.abs(alone.audio - answer.audio).max() < 1e-5


def test_paper_without_bridge_end_to_end(weights: dict[str, Path], examples: list[Example]) -> None:
    needed = {name: weights[name] for name in CARD.variants["paper_no_bridge"].assets if name in weights}
    made = _by_id(paper_no_bridge("cpu", needed, seconds=1).generate(examples, 3))
    for name in ("first", "film", "second"):
        assert made[name].audio is not None and made[name].notes["prompt"] == made[name].notes["caption"]
    assert made["broken"].error


def test_paper_llm_option(weights: dict[str, Path]) -> None:
    with pytest.raises(ValueError, match="neither local nor openai"):
        paper("cpu", weights, llm="clairvoyant")
    with pytest.raises(ValueError, match="llm_url"):
        paper_openai("cpu", weights)


def test_card() -> None:
    for variant in CARD.variants.values():
        assert callable(load(variant.entry))
        assert set(variant.assets) <= set(registry.cards("asset"))
    assert {name for names in CARD.presets.values() for name in names} <= set(CARD.variants)


def test_pocket_end_to_end(tmp_path: Path) -> None:
    """The trained pocket parts on a bright and a dark picture and on a film."""
    parts = {name: assets.fetch(name) for name in CARD.variants["pocket"].assets}
    ramp = np.tile(np.linspace(0, 255, 300, dtype=np.uint8)[:, None, None], (1, 300, 3))
    Image.fromarray(ramp // 4).save(tmp_path / "dark.png")
    Image.fromarray(255 - ramp // 4).save(tmp_path / "bright.png")
    _write_video(tmp_path / "film.avi", 12)
    asked = [
        Example("dark", "g", image=tmp_path / "dark.png"),
        Example("bright", "g", image=tmp_path / "bright.png"),
        Example("film", "g", video=tmp_path / "film.avi"),
    ]
    system = load(CARD.variants["pocket"].entry)("cpu", parts, frames="3")
    made = _by_id(system.generate(asked, 0))
    for answer in made.values():
        assert answer.error is None and answer.audio is not None
        assert answer.audio.shape == (2, 10 * answer.rate_hz) and np.abs(answer.audio).max() > 0.01
        assert len(answer.notes["prompt"]) < LONGEST and music_words(answer.notes["prompt"]) > (0, 0)
    assert made["dark"].notes["caption"].startswith("a dark picture of ")
    assert made["bright"].notes["caption"].startswith("a bright picture of ")
    assert made["film"].notes["caption"].startswith("The video shows")
    again = _by_id(system.generate(asked, 0))
    assert {name: dataclasses.asdict(a)["notes"] for name, a in again.items()} == {
        name: dataclasses.asdict(a)["notes"] for name, a in made.items()
    }
    assert all(again[name].audio.tobytes() == made[name].audio.tobytes() for name in made)  # type: ignore[union-attr]

    plain = load(CARD.variants["pocket_no_bridge"].entry)("cpu", parts)
    (answer,) = plain.generate(asked[:1], 0)
    assert answer.notes["prompt"] == answer.notes["caption"] == made["dark"].notes["caption"]
