"""Lyrics -> five extractive prompts -> one image prompt, a batch at a time, and the ways to build it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from sightsound.baselines.lyric2prompt import prompts
from sightsound.baselines.lyric2prompt.fitting import Fitting, cut_lyrics
from sightsound.baselines.parts.messages import ChatError, Message
from sightsound.baselines.parts.remote import CHAT
from sightsound.bench.core.entries import takes
from sightsound.bench.core.media import MAX_AUDIO_S, MediaError, load_audio
from sightsound.bench.core.types import Example, Generated, example_seed

Flow = Literal["parallel", "conversational"]
RATE_HZ = 16000  # of what Whisper and musicnn hear
CAPTIONED_S = 10.0

Listen = Callable[[Sequence[NDArray[np.float32]]], list[str]]
"""What is said of clips, mono at RATE_HZ; one text each."""


class Chat(Protocol):
    """Answers one question in each of many conversations."""

    def ask(
        self, steps: Sequence[str], conversations: Sequence[Sequence[Message]], seeds: Sequence[int]
    ) -> list[str | ChatError]:
        """The next answer in each; `steps` names what each is asked for (a step's name, or `prompt`)."""
        ...


@dataclass
class _Work:
    """What is known so far about one example of a batch."""

    example: Example
    lyrics: str = ""
    music_caption: str = ""
    answers: dict[str, str] = field(default_factory=dict)
    facts: dict[str, str] = field(default_factory=dict)
    """What else is worth noting: what was cut, who wrote the caption."""
    error: str | None = None

    @property
    def song(self) -> str:
        return prompts.song_text(self.lyrics, self.music_caption)

    @property
    def notes(self) -> dict[str, str]:
        caption = {"music_caption": self.music_caption} if self.music_caption else {}
        return caption | self.answers | self.facts


@dataclass
class Lyric2Prompt:
    """Lyric-to-Image up to the prompt, of any parts."""

    chat: Chat
    """Answers every step."""
    fitting: Fitting
    """Cuts the fused prompt."""
    flow: Flow = "parallel"
    """Whether each step is a conversation of its own, or all are one."""
    transcribe: Listen | None = None
    """Hears the words; None: the lyrics are given."""
    caption: Listen | None = None
    """Describes the music of examples that bring no caption; None: the music plays no part."""

    def generate(self, examples: Sequence[Example], seed: int) -> Iterator[Generated]:
        """See bench.core.types.Model. What is wrong with one example is its own error; the others go on."""
        batch = [_Work(example) for example in examples]
        self._read(batch)
        self._listen(batch)
        if self.flow == "parallel":
            for names in prompts.ROUNDS:
                self._ask(batch, names, prompts.parallel, seed)
            self._ask(batch, ("prompt",), lambda name, song, answers: prompts.parallel_fusion(answers), seed)
        else:
            for name in (*(step.name for step in prompts.STEPS), "prompt"):
                self._ask(batch, (name,), prompts.conversation, seed)
        for work in batch:
            if work.error is not None:
                yield Generated(work.example.id, notes=work.notes, error=work.error)
                continue
            text, dropped = self.fitting.cut(work.answers.pop("prompt"))
            if dropped:
                work.facts["prompt_words_cut"] = str(dropped)
            if text:
                yield Generated(work.example.id, text=text, notes=work.notes)
            else:
                yield Generated(work.example.id, notes=work.notes, error="the chat model's image prompt is empty")

    def _read(self, batch: Sequence[_Work]) -> None:
        """The words of each song, cut where they are too many."""
        if self.transcribe is None:
            for work in batch:
                work.lyrics = work.example.lyrics or ""
        else:
            for work, text in _heard(self.transcribe, batch, MAX_AUDIO_S):
                work.lyrics = work.facts["transcribed"] = text
        for work in _live(batch):
            work.lyrics, dropped = cut_lyrics(work.lyrics)
            if not any(letter.isalpha() for letter in work.lyrics):
                work.error = "no words were heard in the music" if self.transcribe else "the lyrics hold no words"
            elif dropped:
                work.facts["lyrics_words_cut"] = str(dropped)

    def _listen(self, batch: Sequence[_Work]) -> None:
        """The caption of each song's music: its own, else what is heard."""
        if self.caption is None:
            return
        for work in _live(batch):
            work.music_caption = work.example.caption or ""
        without = [work for work in _live(batch) if not work.music_caption]
        for work, text in _heard(self.caption, without, CAPTIONED_S):
            work.music_caption, work.facts["music_caption_by"] = text, "musicnn tags"

    def _ask(
        self,
        batch: Sequence[_Work],
        names: Sequence[str],
        messages: Callable[[str, str, Mapping[str, str]], list[Message]],
        seed: int,
    ) -> None:
        """Put the answers to the steps `names` of every example into its `answers`, or a failure into `error`."""
        asked = [(work, name) for work in _live(batch) for name in names]
        if not asked:
            return
        answers = self.chat.ask(
            [name for _, name in asked],
            [messages(name, work.song, work.answers) for work, name in asked],
            [example_seed(seed, f"{work.example.id}:{name}") for work, name in asked],
        )
        for (work, name), answer in zip(asked, answers, strict=True):
            if isinstance(answer, ChatError):
                work.error = work.error or str(answer)
            elif not answer.strip():
                work.error = work.error or f"the chat model gave an empty answer to the step {name}"
            else:
                work.answers[name] = answer.strip()


def _live(batch: Sequence[_Work]) -> list[_Work]:
    return [work for work in batch if work.error is None]


def _heard(listen: Listen, batch: Sequence[_Work], seconds: float) -> Iterator[tuple[_Work, str]]:
    """What `listen` says of the first `seconds` of each song; a file that can't be read is its example's error."""
    able: list[_Work] = []
    clips: list[NDArray[np.float32]] = []
    for work in batch:
        try:
            if work.example.audio is None:
                raise MediaError("the example has no audio to listen to")
            clips.append(load_audio(work.example.audio, [RATE_HZ], seconds=seconds)[RATE_HZ])
            able.append(work)
        except MediaError as error:
            work.error = str(error)
    yield from zip(able, listen(clips) if clips else [], strict=True)


def pocket(device: str, weights: Mapping[str, Path]) -> Lyric2Prompt:
    """SmolLM2, each step a conversation of its own."""
    return _pocket(device, weights, "parallel")


def pocket_conversational(device: str, weights: Mapping[str, Path]) -> Lyric2Prompt:
    """SmolLM2, all steps in one conversation."""
    return _pocket(device, weights, "conversational")


def _pocket(device: str, weights: Mapping[str, Path], flow: Flow) -> Lyric2Prompt:
    from sightsound.baselines.lyric2prompt.chats import pocket_chat

    return _system(device, weights, pocket_chat(device, weights), flow)


@takes(None, *CHAT)
def paper_parallel(device: str, weights: Mapping[str, Path], **chat: str) -> Lyric2Prompt:
    """Mistral-7B-Instruct or the chat model that the options name, each step a conversation of its own."""
    return _paper(device, weights, "parallel", **chat)


@takes(None, *CHAT)
def paper_conversational(device: str, weights: Mapping[str, Path], **chat: str) -> Lyric2Prompt:
    """Mistral-7B-Instruct or the chat model that the options name, all steps in one conversation."""
    return _paper(device, weights, "conversational", **chat)


@takes(None, *CHAT)
def openai_parallel(device: str, weights: Mapping[str, Path], **chat: str) -> Lyric2Prompt:
    """The chat model at an address, each step a conversation of its own; no chat weights are fetched."""
    return _paper(device, weights, "parallel", **({"llm": "openai"} | chat))


@takes(None, *CHAT)
def openai_conversational(device: str, weights: Mapping[str, Path], **chat: str) -> Lyric2Prompt:
    """The chat model at an address, all steps in one conversation; no chat weights are fetched."""
    return _paper(device, weights, "conversational", **({"llm": "openai"} | chat))


def _paper(
    device: str,
    weights: Mapping[str, Path],
    flow: Flow,
    llm: str = "local",
    llm_url: str = "",
    llm_model: str = "",
) -> Lyric2Prompt:
    """`llm` is `local`, or `openai` for the model `llm_model` at `llm_url`."""
    from sightsound.baselines.lyric2prompt.chats import Plain

    if llm == "openai":
        from sightsound.baselines.parts.remote import RemoteChat

        return _system(device, weights, Plain(RemoteChat(llm_url, llm_model)), flow)
    if llm != "local":
        raise ValueError(f"llm: {llm!r} is neither local nor openai")
    from sightsound.baselines.parts.chat import LocalChat
    from sightsound.baselines.parts.kept import talks

    return _system(device, weights, Plain(talks(LocalChat, device, weights, "mistral_7b_instruct")), flow)


def _system(device: str, weights: Mapping[str, Path], chat: Chat, flow: Flow) -> Lyric2Prompt:
    """The system with the ears that its weights give it: Whisper for the words, musicnn for a caption."""
    from sightsound.baselines.parts.kept import Kept, listening, only

    transcribe: Listen | None = None
    caption: Listen | None = None
    if "whisper_large_v2" in weights:
        from sightsound.baselines.parts.whisper import Whisper

        whisper = Whisper(device, weights["whisper_large_v2"])
        transcribe = listening(whisper.transcribe, Kept(whisper, device, only(weights, "whisper_large_v2"), {}))
    if "musicnn" in weights:
        from sightsound.baselines.lyric2prompt.listening import Tags

        tags = Tags(device, weights)
        caption = listening(tags.caption, Kept(tags, device, only(weights, "musicnn"), {}))
    return Lyric2Prompt(chat, Fitting(weights["clip_bpe"]), flow, transcribe, caption)
