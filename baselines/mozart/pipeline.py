"""Captioner -> bridge -> generator: Algorithm 1 of the paper, a batch at a time, and the ways to build it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from baselines.mozart.frames import FRAME_DECODING, IMAGE_DECODING, PAPER_AMOUNT, frame_indices
from baselines.mozart.prompts import (
    AGGREGATE,
    IMAGE_BRIDGE,
    VIDEO_BRIDGE,
    frames_text,
    with_user_text,
)
from baselines.parts.captioners import Blip, Captioner, Labels
from baselines.parts.messages import Chat, ChatError, Message
from baselines.parts.musicgen import Generator, MusicGen
from bench.media import MediaError, frame_count, load_image, video_frames
from bench.types import Example, Generated, example_seed

Number = TypeVar("Number", int, float)


@dataclass
class _Work:
    """What is known so far about one example of a batch."""

    example: Example
    caption: str = ""
    prompt: str = ""
    frames: str = ""
    """A video's frames and their captions, as the chat model reads them."""
    error: str | None = None

    @property
    def notes(self) -> dict[str, str]:
        notes = {"caption": self.caption, "frames": self.frames, "prompt": self.prompt}
        return {name: text for name, text in notes.items() if text}


@dataclass(frozen=True)
class Options:
    """What the user may set; made before any weights are loaded. From the command line all are strings."""

    user_text: str = ""
    """The user's own words, put behind every caption."""
    seconds: float | str = 10.0
    """Length of the music."""
    frames: int | str = PAPER_AMOUNT
    """Frames asked for of a video."""

    def __post_init__(self) -> None:
        """ValueError for what makes no sense."""
        _number("seconds", self.seconds, float)
        _number("frames", self.frames, int)


@dataclass
class Mozart:
    """Mozart's Touch of any parts. `chat` None is the paper's ablation without the bridge.

    An example that has a video is taken as a video, any other by its image.
    """

    captioner: Captioner
    """For images."""
    frame_captioner: Captioner
    """For the frames of videos."""
    chat: Chat | None
    """The bridge; also sums up the captions of frames."""
    generator: Generator
    """Makes the music."""
    options: Options
    """What the user may set."""

    def generate(self, examples: Sequence[Example], seed: int) -> Iterator[Generated]:
        """See bench.types.Model. What is wrong with one example is its own error; the others go on."""
        batch = [_Work(example) for example in examples]
        self._caption_images([work for work in batch if work.example.video is None])
        self._caption_videos([work for work in batch if work.example.video is not None], seed)
        self._bridge(batch, seed)
        ready = [work for work in batch if work.error is None]
        seeds = self._seeds(ready, seed, "music")
        music = (
            self.generator.generate([w.prompt for w in ready], seeds, float(self.options.seconds)) if ready else []
        )
        for work, audio in zip(ready, music, strict=True):
            yield Generated(work.example.id, audio=audio, rate_hz=self.generator.rate_hz, notes=work.notes)
        for work in batch:
            if work.error is not None:
                yield Generated(work.example.id, notes=work.notes, error=work.error)

    def _caption_images(self, batch: Sequence[_Work]) -> None:
        pictures = []
        for work in batch:
            try:
                if work.example.image is None:
                    raise MediaError("the example has neither image nor video")
                pictures.append(load_image(work.example.image))
            except MediaError as error:
                work.error = str(error)
        ready = [work for work in batch if work.error is None]
        captions = self.captioner.caption(pictures) if ready else []
        for work, caption in zip(ready, captions, strict=True):
            work.caption = caption

    def _caption_videos(self, batch: Sequence[_Work], seed: int) -> None:
        """Frames are decoded a video at a time, to hold those of one only; the summing up is batched."""
        for work in batch:
            path = work.example.video
            assert path is not None
            try:
                indices = frame_indices(frame_count(path), int(self.options.frames))
                if self.chat is None:
                    indices = indices[:1]  # nobody to sum up: the authors' code takes the first frame's caption
                pictures = video_frames(path, indices)
            except (MediaError, ValueError) as error:
                work.error = f"{path}: {error}" if not isinstance(error, MediaError) else str(error)
                continue
            captions = self.frame_captioner.caption(pictures)
            work.frames, work.caption = frames_text(indices, captions), captions[0]
        if self.chat is not None:
            ready = [work for work in batch if work.error is None]
            self._ask(AGGREGATE, ready, [w.frames for w in ready], self._seeds(ready, seed, "video"), "caption")

    def _bridge(self, batch: Sequence[_Work], seed: int) -> None:
        for turns, is_video in ((IMAGE_BRIDGE, False), (VIDEO_BRIDGE, True)):
            ready = [w for w in batch if w.error is None and (w.example.video is not None) is is_video]
            contents = [with_user_text(work.caption, self.options.user_text) for work in ready]
            if self.chat is not None:
                self._ask(turns, ready, contents, self._seeds(ready, seed, "bridge"), "prompt")
            else:
                for work, content in zip(ready, contents, strict=True):
                    work.prompt = content

    def _ask(
        self,
        turns: Sequence[Message],
        batch: Sequence[_Work],
        contents: Sequence[str],
        seeds: Sequence[int],
        into: str,
    ) -> None:
        """Put the chat model's answers into the field `into`, or its failure into `error`."""
        assert self.chat is not None
        answers = self.chat.answer(turns, contents, seeds) if batch else []
        for work, answer in zip(batch, answers, strict=True):
            if isinstance(answer, ChatError):
                work.error = str(answer)
            elif not answer:
                work.error = "the chat model gave an empty answer"
            else:
                setattr(work, into, answer)

    @staticmethod
    def _seeds(batch: Sequence[_Work], seed: int, stage: str) -> list[int]:
        """A seed for each example and stage, so that no two draws go together."""
        return [example_seed(seed, f"{work.example.id}:{stage}") for work in batch]


def pocket(device: str, weights: Mapping[str, Path], **options: Any) -> Mozart:
    """Labels as caption, SmolLM2 as bridge, the composer. `options`: see Options."""
    from baselines.mozart.bridges import pocket_chat

    return _pocket(device, weights, Options(**options), lambda: pocket_chat(device, weights["smollm2"]))


def pocket_no_bridge(device: str, weights: Mapping[str, Path], **options: Any) -> Mozart:
    """Labels straight to the composer."""
    return _pocket(device, weights, Options(**options), lambda: None)


def _pocket(device: str, weights: Mapping[str, Path], options: Options, chat: Callable[[], Chat | None]) -> Mozart:
    from baselines.composer import Composer

    labels = Labels(device, weights)
    return Mozart(labels, labels, chat(), Composer(device, weights), options)


def paper(
    device: str,
    weights: Mapping[str, Path],
    llm: str = "local",
    llm_url: str = "",
    llm_model: str = "",
    **options: Any,
) -> Mozart:
    """BLIP, a chat model, MusicGen. `llm` is `local`, or `openai` for the model `llm_model` at `llm_url`."""
    if llm == "openai":
        return paper_openai(device, weights, llm_url, llm_model, **options)
    if llm != "local":
        raise ValueError(f"llm: {llm!r} is neither local nor openai")
    from baselines.parts.chat import LocalChat

    return _paper(device, weights, Options(**options), lambda: LocalChat(device, weights["qwen2_5_7b_instruct"]))


def paper_openai(
    device: str, weights: Mapping[str, Path], llm_url: str = "", llm_model: str = "", **options: Any
) -> Mozart:
    """`paper` with the chat model at an address, without fetching the local one."""
    from baselines.parts.remote import RemoteChat

    chat = RemoteChat(llm_url, llm_model)
    return _paper(device, weights, Options(**options), lambda: chat)


def paper_no_bridge(device: str, weights: Mapping[str, Path], **options: Any) -> Mozart:
    """The paper's ablation: BLIP's caption straight to MusicGen."""
    return _paper(device, weights, Options(**options), lambda: None)


def _paper(device: str, weights: Mapping[str, Path], options: Options, chat: Callable[[], Chat | None]) -> Mozart:
    return Mozart(
        Blip(device, weights["blip_base"], IMAGE_DECODING),
        Blip(device, weights["blip_large"], FRAME_DECODING),
        chat(),
        MusicGen(device, weights["musicgen_small"]),
        options,
    )


def _number(name: str, value: str | float, kind: Callable[[Any], Number]) -> Number:
    """The option as a positive number."""
    try:
        number = kind(value)
    except ValueError:
        number = kind(0)
    if not (number > 0 and math.isfinite(number)):
        raise ValueError(f"{name}: {value!r} is no positive {'whole ' if kind is int else ''}number")
    return number
