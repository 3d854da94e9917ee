"""Lyric-to-Image: the thesis's messages in both flows, what is cut, what is heard, and the tiny checkpoints."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from sightsound.baselines.lyric2prompt import CARD, prompts
from sightsound.baselines.lyric2prompt.chats import BEGINS, Pocket, first_sentence
from sightsound.baselines.lyric2prompt.fitting import LONGEST_LYRICS, Fitting, cut_lyrics
from sightsound.baselines.lyric2prompt.pipeline import Lyric2Prompt
from sightsound.baselines.parts.messages import ChatError, Message
from sightsound.bench import assets
from sightsound.bench.core import registry
from sightsound.bench.core.registry import load
from sightsound.bench.core.types import Example, Generated
from sightsound.metrics.networks.common.clip_bpe import END, FILE, ClipBpe
from tests import tiny


def _rows(text: str) -> dict[str, tuple[str, str]]:
    """Rows `name | system prompt | user prompt`, each a paragraph."""
    rows = [[cell.strip() for cell in " ".join(row.split()).split("|")] for row in text.strip().split("\n\n")]
    return {name: (system, user) for name, system, user in rows}


# Table 4.1 as printed.
TABLE_4_1 = _rows(
    """
theme | Suggest a theme and style for this song in a short paragraph. The theme should be a general idea or
concept that the song conveys, and the style should be a visual style that would best represent the song. | $SONG

vibe | Given the theme and song, suggest a vibe which best captures the feeling of the song. |
Theme: $THEME Song: $SONG

palette | Infer a color palette that would work well with the theme, style, and vibe. Make your responses as
concise as possible. | Theme: $THEME Vibe: $VIBE Song: $SONG

metaphor | Develop a visual metaphor based on the provided song, art-style, and theme in as few tokens as
possible. | Theme: $THEME Vibe: $VIBE Song: $SONG

sentiment | Infer the main sentiment and emotions of the provided text in as few tokens as possible | $SONG
"""
)
FOUND = {name: f"{name} answer" for name in TABLE_4_1}


@pytest.fixture(scope="module")
def fitting() -> Fitting:
    return Fitting(assets.fetch("clip_bpe"))


class Scribe:
    """Writes down what it is asked and answers with the step's name; `failing`: steps it gets wrong, and how."""

    def __init__(self, failing: dict[str, str | ChatError] | None = None) -> None:
        self.asked: list[tuple[list[str], list[list[Message]], list[int]]] = []
        self.failing = failing or {}

    def ask(
        self, steps: Sequence[str], conversations: Sequence[Sequence[Message]], seeds: Sequence[int]
    ) -> list[str | ChatError]:
        self.asked.append((list(steps), [list(turns) for turns in conversations], list(seeds)))
        return [self.failing.get(step, f"{step} answer") for step in steps]


def example(name: str, lyrics: str | None = "Lift every voice", **more: object) -> Example:
    return Example(name, name, lyrics=lyrics, **more)  # type: ignore[arg-type]


def by_id(made: Iterator[Generated]) -> dict[str, Generated]:
    return {answer.id: answer for answer in made}


# ---- messages


@pytest.mark.parametrize("name", TABLE_4_1)
def test_the_parallel_messages_are_the_thesis_s(name: str) -> None:
    system, user = TABLE_4_1[name]
    for key in ("theme", "vibe"):
        user = user.replace(f"${key.upper()}", FOUND[key])
    turns = prompts.parallel(name, "la la", FOUND)
    assert [turn["role"] for turn in turns] == ["system", "user"]
    assert turns[0]["content"] == system
    assert " ".join(turns[1]["content"].split()) == user.replace("$SONG", "la la")


def test_the_conversation_moves_the_prompts_into_the_user_s_turns_and_never_repeats_an_answer() -> None:
    turns = prompts.conversation("prompt", "la la", FOUND)
    assert [turn["role"] for turn in turns] == ["user", "assistant"] * 5 + ["user"]
    users = [turn["content"] for turn in turns[::2]]
    assert users[0] == f"{TABLE_4_1['theme'][0]}\n\nla la"
    for (system, _), said in zip(list(TABLE_4_1.values())[1:], users[1:], strict=False):
        assert said.startswith(system) and said.endswith(prompts.REFER)
    assert users[-1].startswith("Generate a prompt for an AI image generator")
    assert sum("la la" in said for said in users) == 1
    assert not any(answer in said for said in users for answer in FOUND.values())
    assert [turn["content"] for turn in turns[1::2]] == list(FOUND.values())


def test_the_fusion_is_told_every_answer_and_not_the_song() -> None:
    system, user = prompts.parallel_fusion(FOUND)
    assert "less than 75 output tokens" in system["content"] and "lyrics in your response" in system["content"]
    assert all(answer in user["content"] for answer in FOUND.values()) and "la la" not in user["content"]


# ---- the pipeline


def test_parallel_asks_in_rounds_that_need_only_earlier_answers(fitting: Fitting) -> None:
    scribe = Scribe()
    made = by_id(Lyric2Prompt(scribe, fitting).generate([example("a"), example("b", "tra la")], 5))
    assert [sorted(set(steps)) for steps, _, _ in scribe.asked] == [
        ["sentiment", "theme"],
        ["vibe"],
        ["metaphor", "palette"],
        ["prompt"],
    ]
    assert all(len(steps) == 2 * len(set(steps)) for steps, _, _ in scribe.asked)
    assert made["a"].text == "prompt answer" and dict(made["a"].notes) == FOUND
    seeds = [seed for _, _, seeds in scribe.asked for seed in seeds]
    assert len(set(seeds)) == len(seeds) == 12  # one an example and step
    assert scribe.asked[1][1][1][1]["content"] == "Theme: theme answer\nSong: tra la"


def test_conversational_asks_one_step_after_the_other(fitting: Fitting) -> None:
    scribe = Scribe()
    made = by_id(Lyric2Prompt(scribe, fitting, "conversational").generate([example("a")], 5))
    assert [steps for steps, _, _ in scribe.asked] == [[name] for name in (*TABLE_4_1, "prompt")]
    assert [len(conversations[0]) for _, conversations, _ in scribe.asked] == [1, 3, 5, 7, 9, 11]
    assert made["a"].text == "prompt answer"


def test_what_is_wrong_with_one_song_is_its_own(fitting: Fitting) -> None:
    songs = [example("none", None), example("marks", " 1. ... \n"), example("good")]
    made = by_id(Lyric2Prompt(Scribe(), fitting).generate(songs, 0))
    assert made["none"].error == made["marks"].error == "the lyrics hold no words"
    assert made["good"].text == "prompt answer"


@pytest.mark.parametrize(
    ("failing", "error"),
    [({"vibe": ChatError("HTTP 500")}, "HTTP 500"), ({"palette": " \n"}, "empty answer to the step palette")],
)
def test_a_step_without_an_answer_is_an_error_and_the_answers_so_far_are_kept(
    fitting: Fitting, failing: dict[str, str | ChatError], error: str
) -> None:
    made = by_id(Lyric2Prompt(Scribe(failing), fitting).generate([example("a")], 0))["a"]
    assert made.text is None and made.error is not None and error in made.error
    assert made.notes["theme"] == "theme answer" and next(iter(failing)) not in made.notes


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "song.wav"
    soundfile.write(path, np.zeros(16000 * 12, np.float32), 16000)
    return path


def test_lyrics_are_heard_where_they_are_not_taken_as_given(fitting: Fitting, clip: Path) -> None:
    lengths = []

    def listen(clips: Sequence[np.ndarray]) -> list[str]:
        lengths.append([len(samples) for samples in clips])
        return ["o wie schön", ""]

    scribe = Scribe()
    songs = [
        example("a", audio=clip),
        example("b", audio=clip),
        example("deaf"),
        example("gone", audio=clip / "x"),
    ]
    made = by_id(Lyric2Prompt(scribe, fitting, transcribe=listen).generate(songs, 0))
    assert lengths == [[192000, 192000]]  # the whole song
    assert made["a"].notes["transcribed"] == "o wie schön" and made["a"].text
    assert "o wie schön" in scribe.asked[0][1][0][1]["content"] and "Lift" not in str(scribe.asked)
    assert made["b"].error == "no words were heard in the music"
    assert made["deaf"].error == "the example has no audio to listen to"
    assert "no such file" in str(made["gone"].error)


def test_a_caption_joins_the_lyrics_and_who_wrote_it_is_said(fitting: Fitting, clip: Path) -> None:
    scribe = Scribe()
    system = Lyric2Prompt(scribe, fitting, caption=lambda clips: [f"{len(clips[0]) / 16000:.0f} s of music"])
    made = by_id(system.generate([example("own", caption="a slow waltz"), example("heard", audio=clip)], 0))
    assert "Lift every voice\n\nMusic: a slow waltz" in scribe.asked[0][1][0][1]["content"]
    assert "music_caption_by" not in made["own"].notes
    assert made["heard"].notes["music_caption"] == "10 s of music"
    assert made["heard"].notes["music_caption_by"] == "musicnn tags"


def test_without_a_listener_the_caption_plays_no_part(fitting: Fitting) -> None:
    scribe = Scribe()
    made = by_id(Lyric2Prompt(scribe, fitting).generate([example("a", caption="a slow waltz")], 0))
    assert "waltz" not in str(scribe.asked) and "music_caption" not in made["a"].notes


# ---- what is cut


def test_a_long_prompt_is_cut_behind_a_word_and_counted(fitting: Fitting) -> None:
    scribe = Scribe({"prompt": '"' + "a red house, " * 40 + '"'})
    made = by_id(Lyric2Prompt(scribe, fitting).generate([example("a")], 0))["a"]
    assert made.text == "a red house, " * 18 + "a red"  # 18 times 4 tokens and 2: 74
    assert made.notes["prompt_words_cut"] == str(120 - 56)


@given(st.text(max_size=400))
def test_every_cut_prompt_fits_and_is_a_beginning(fitting: Fitting, text: str) -> None:
    kept, dropped = fitting.cut(text)
    assert fitting.fits(kept)
    words = text.strip("\"'“”‘’ ").split()
    assert " ".join(words).startswith(kept) and bool(kept) == bool(words)
    assert dropped or kept == " ".join(words)


def test_a_word_that_is_too_long_by_itself_is_cut_inside(fitting: Fitting) -> None:
    kept, dropped = fitting.cut("é" * 400 + " more")
    assert set(kept) == {"é"} and fitting.fits(kept) and not fitting.fits(kept + "ééé") and dropped == 2


def test_a_prompt_of_quotes_alone_is_an_error(fitting: Fitting) -> None:
    made = by_id(Lyric2Prompt(Scribe({"prompt": ' "" '}), fitting).generate([example("a")], 0))["a"]
    assert made.text is None and made.error == "the chat model's image prompt is empty"


def test_fitting_counts_clip_s_tokens(fitting: Fitting) -> None:
    tokens = ClipBpe(assets.fetch("clip_bpe") / FILE)
    assert tokens("house " * 74).index(END) == 75 and fitting.fits("house " * 74)
    assert tokens("house " * 75).index(END) == 76 and not fitting.fits("house " * 75)


def test_lyrics_are_cut_behind_a_word_and_counted(fitting: Fitting) -> None:
    lyrics = "hallelujah " * 500
    kept, dropped = cut_lyrics(lyrics)
    assert (
        len(kept) < LONGEST_LYRICS and set(kept.split()) == {"hallelujah"} and len(kept.split()) + dropped == 500
    )
    made = by_id(Lyric2Prompt(Scribe(), fitting).generate([example("a", lyrics)], 0))["a"]
    assert made.notes["lyrics_words_cut"] == str(dropped)
    assert cut_lyrics("x" * 5000) == ("x" * LONGEST_LYRICS, 0)  # one word: cut inside, none is dropped whole


def test_the_pocket_model_s_answers_are_begun_and_end_with_their_first_sentence() -> None:
    class Model:
        def converse(self, conversations: object, seeds: object, begins: Sequence[str]) -> list[str]:
            return [f"{begin} so. And more" for begin in begins]

    assert Pocket(Model()).ask(["theme", "prompt"], [[], []], [1, 2]) == [  # type: ignore[arg-type]
        "This song is about so.",
        "A painting of so.",
    ]
    assert set(BEGINS) == {*TABLE_4_1, "prompt"}
    assert first_sentence("one\ntwo.") == "one" and first_sentence("") == ""


# ---- the card and the parts themselves


@pytest.fixture(scope="module")
def mirrored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.make(tmp_path_factory.mktemp("mirror"))


@pytest.fixture(scope="module")
def weights(mirrored: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Mistral and Whisper tiny, CLIP's merges and musicnn as published."""
    found = {name: assets.fetch(name) for name in ("clip_bpe", "musicnn")}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIGHTSOUND_CACHE", str(tmp_path_factory.mktemp("cache")))
        hub = {name: assets.fetch(name, mirrored) for name in ("mistral_7b_instruct", "whisper_large_v2")}
    return found | hub


@pytest.fixture
def songs(tmp_path: Path) -> list[Example]:
    rng = np.random.default_rng(0)
    for name in "ab":
        soundfile.write(tmp_path / f"{name}.wav", 0.1 * rng.standard_normal(16000 * 4), 16000)
    return [example(name, f"song {name}", audio=tmp_path / f"{name}.wav") for name in "ab"]


LOCAL = [name for name in CARD.variants if name.startswith("paper") and "openai" not in name]


@pytest.mark.parametrize("name", LOCAL)
def test_every_local_variant_of_the_paper_s_runs_on_a_tiny_checkpoint(
    name: str, weights: dict[str, Path], songs: list[Example]
) -> None:
    variant = CARD.variants[name]
    system = load(variant.entry)("cpu", {asset: weights[asset] for asset in variant.assets})
    system.chat.model.part.model.generation_config.max_new_tokens = 8
    made, again = by_id(system.generate(songs, 1)), by_id(system.generate(songs, 1))
    assert {key: (answer.text, dict(answer.notes)) for key, answer in made.items()} == {
        key: (answer.text, dict(answer.notes)) for key, answer in again.items()
    }
    for answer in made.values():
        assert answer.error is None and answer.text and set(TABLE_4_1) <= set(answer.notes)
        assert ("transcribed" in answer.notes) == ("transcribed" in name)
        assert ("music_caption" in answer.notes) == ("caption" in name)


def test_a_batch_gives_what_one_by_one_gives(weights: dict[str, Path], songs: list[Example]) -> None:
    system = load(CARD.variants["paper_parallel"].entry)("cpu", weights | {})
    system.transcribe = system.caption = None
    system.chat.model.part.model.generation_config.max_new_tokens = 8
    together = by_id(system.generate(songs, 1))
    for song in songs:
        assert by_id(system.generate([song], 1))[song.id].text == together[song.id].text


def test_a_system_message_is_folded_where_the_template_refuses_one(weights: dict[str, Path]) -> None:
    from sightsound.baselines.parts.chat import LocalChat

    chat = LocalChat("cpu", weights["mistral_7b_instruct"], max_new_tokens=2)
    turns = prompts.parallel("theme", "la la", {})
    text = chat._text(chat._folded(turns), prompt=True)
    assert text == f"<s>[INST] {TABLE_4_1['theme'][0]}\n\nla la [/INST]"
    plain = [{"role": "user", "content": "la"}]
    assert chat._folded(plain) == plain


def test_whisper_hears_long_clips_by_windows_and_each_clip_by_itself(weights: dict[str, Path]) -> None:
    from sightsound.baselines.parts.whisper import RATE_HZ, Whisper

    whisper = Whisper("cpu", weights["whisper_large_v2"])
    rng = np.random.default_rng(3)
    long, short = ((0.1 * rng.standard_normal(RATE_HZ * seconds)).astype(np.float32) for seconds in (35, 4))
    together = whisper.transcribe([long, short])
    assert together == [whisper.transcribe([long])[0], whisper.transcribe([short])[0]]
    windows = whisper.transcribe([long[: 30 * RATE_HZ], long[30 * RATE_HZ :]])
    assert together[0] == " ".join(windows) and all(windows)
    assert not any("<|" in text for text in together)  # marks are no words
    assert whisper.transcribe([]) == []


class _Server(BaseHTTPRequestHandler):
    seen: ClassVar[list[dict]] = []

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.seen.append(body)
        answer = json.dumps({"choices": [{"message": {"content": f"answer {len(body['messages'])}"}}]}).encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *args: object) -> None:
        pass


@pytest.mark.parametrize("flow", ["parallel", "conversational"])
def test_any_model_at_an_address(flow: str, weights: dict[str, Path]) -> None:
    _Server.seen = []
    server = HTTPServer(("127.0.0.1", 0), _Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        entry = load(CARD.variants[f"paper_{flow}_openai"].entry)
        address = f"http://127.0.0.1:{server.server_port}/v1"
        system = entry("cpu", {"clip_bpe": weights["clip_bpe"]}, llm_url=address, llm_model="any")
        made = by_id(system.generate([example("a")], 0))["a"]
    finally:
        server.shutdown()
        server.server_close()
    last = {"parallel": "answer 2", "conversational": "answer 11"}[flow]
    assert made.text == last and len(_Server.seen) == 6
    assert {body["model"] for body in _Server.seen} == {"any"}


def test_options_that_make_no_sense_are_told(weights: dict[str, Path]) -> None:
    build = load(CARD.variants["paper_parallel"].entry)
    with pytest.raises(ValueError, match="neither local nor openai"):
        build("cpu", weights, llm="remote")
    with pytest.raises(ValueError, match="no http address"):
        load(CARD.variants["paper_parallel_openai"].entry)("cpu", weights)


def test_the_card() -> None:
    assert CARD.tasks == ("lyrics2prompt",)
    for variant in CARD.variants.values():
        assert callable(load(variant.entry)) and set(variant.assets) <= set(registry.cards("asset"))
        assert "clip_bpe" in variant.assets
    assert all(name in CARD.variants for names in CARD.presets.values() for name in names)
