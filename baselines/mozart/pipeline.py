"""Captioner -> bridge -> generator: Algorithm 1 of the paper, a batch at a time, and the ways to build it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sightsound.baselines.mozart.frames import (
    CODE_AMOUNT,
    FRAME_DECODING,
    IMAGE_DECODING,
    frame_indices,
)
from sightsound.baselines.mozart.options import Options
from sightsound.baselines.mozart.prompts import CODE, PAPER, Prompts, frames_text
from sightsound.baselines.parts.captioners import Blip, Captioner, Labels
from sightsound.baselines.parts.kept import Kept, Sights, only, sights, talks
from sightsound.baselines.parts.messages import Chat, ChatError, Message
from sightsound.baselines.parts.musicgen import Generator, MusicGen
from sightsound.baselines.parts.options import switch
from sightsound.baselines.parts.remote import CHAT
from sightsound.bench.core.entries import takes
from sightsound.bench.core.media import MediaError, frame_count, load_image, video_frames
from sightsound.bench.core.types import Example, Generated, example_seed


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
    prompts: Prompts = PAPER
    """What the chat model is told."""

    def generate(self, examples: Sequence[Example], seed: int) -> Iterator[Generated]:
        """See bench.core.types.Staged. What is wrong with one example is its own error; the others go on."""
        return self.finish(self.prepare(examples, seed), seed)

    def prepare(self, examples: Sequence[Example], seed: int) -> list[_Work]:
        """Captions and prompts."""
        batch = [_Work(example) for example in examples]
        self._caption_images([work for work in batch if work.example.video is None])
        self._caption_videos([work for work in batch if work.example.video is not None], seed)
        self._bridge(batch, seed)
        return batch

    def finish(self, prepared: Sequence[_Work], seed: int) -> Iterator[Generated]:
        """The music."""
        batch, ready = prepared, [work for work in prepared if work.error is None]
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
            if self.prompts.quoted:
                work.caption = frames_text(indices[:1], captions[:1])[1:-1]
        if self.chat is not None:
            ready = [work for work in batch if work.error is None]
            self._ask(
                self.prompts.aggregate,
                ready,
                [w.frames for w in ready],
                self._seeds(ready, seed, "video"),
                "caption",
            )

    def _bridge(self, batch: Sequence[_Work], seed: int) -> None:
        for turns, is_video in ((self.prompts.image, False), (self.prompts.video, True)):
            ready = [w for w in batch if w.error is None and (w.example.video is not None) is is_video]
            contents = [self.prompts.with_user_text(work.caption, self.options.user_text) for work in ready]
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


@takes(Options)
def pocket(device: str, weights: Mapping[str, Path], **options: Any) -> Mozart:
    """Labels as caption, SmolLM2 as bridge, the composer. `options`: see Options."""
    from sightsound.baselines.mozart.bridges import pocket_chat

    return _pocket(device, weights, Options(**options), lambda: talks(pocket_chat, device, weights, "smollm2"))


@takes(Options)
def pocket_no_bridge(device: str, weights: Mapping[str, Path], **options: Any) -> Mozart:
    """Labels straight to the composer."""
    return _pocket(device, weights, Options(**options), lambda: None)


def _pocket(device: str, weights: Mapping[str, Path], options: Options, chat: Callable[[], Chat | None]) -> Mozart:
    from sightsound.baselines.composer import Composer

    part = Labels(device, weights)
    labels = Sights(part, Kept(part, device, only(weights, "efficientnet_lite0"), {}))
    return Mozart(labels, labels, chat(), Composer(device, weights), options)


@takes(Options, *CHAT)
def paper(device: str, weights: Mapping[str, Path], **options: Any) -> Mozart:
    """BLIP (and CLIP), a chat model, MusicGen. `llm` is `local`, or `openai` for the model `llm_model` at
    `llm_url`; the other options: see Options."""
    return _paper(device, weights, *_bridged(device, weights, "local", options))


@takes(Options, *CHAT)
def paper_openai(device: str, weights: Mapping[str, Path], **options: Any) -> Mozart:
    """`paper` with the chat model at an address, without fetching the local one."""
    return _paper(device, weights, *_bridged(device, weights, "openai", options))


@takes(Options)
def paper_no_bridge(device: str, weights: Mapping[str, Path], **options: Any) -> Mozart:
    """The paper's ablation: the caption straight to MusicGen."""
    return _paper(device, weights, options, lambda: None)


@takes(Options, *CHAT)
def code(device: str, weights: Mapping[str, Path], **options: Any) -> Mozart:
    """The released HEAD: Florence-2, a chat model, MusicGen. Options as for `paper`."""
    return _code(device, weights, *_bridged(device, weights, "local", options))


@takes(Options, *CHAT)
def code_openai(device: str, weights: Mapping[str, Path], **options: Any) -> Mozart:
    """`code` with the chat model at an address, as the authors have it."""
    return _code(device, weights, *_bridged(device, weights, "openai", options))


@takes(Options)
def code_no_bridge(device: str, weights: Mapping[str, Path], **options: Any) -> Mozart:
    """`code` with USE_LLM False."""
    return _code(device, weights, options, lambda: None)


def _bridged(
    device: str, weights: Mapping[str, Path], llm: str, options: Mapping[str, Any]
) -> tuple[dict[str, Any], Callable[[], Chat | None]]:
    """The options without those of the chat model, and what makes it."""
    rest = dict(options)
    chosen, url, model = rest.pop("llm", llm), rest.pop("llm_url", ""), rest.pop("llm_model", "")
    if llm == "openai" and chosen != llm:
        raise ValueError(f"llm: {chosen!r}, but this variant's chat model is at an address; drop _openai")
    return rest, _bridge(device, weights, chosen, url, model)


def _bridge(
    device: str, weights: Mapping[str, Path], llm: str, llm_url: str, llm_model: str
) -> Callable[[], Chat | None]:
    """Makes the chat model; what is wrong with an address is said before any weights are loaded."""
    if llm == "openai":
        from sightsound.baselines.parts.remote import RemoteChat

        remote = RemoteChat(llm_url, llm_model)
        return lambda: remote
    if llm != "local":
        raise ValueError(f"llm: {llm!r} is neither local nor openai")
    from sightsound.baselines.parts.chat import LocalChat

    return lambda: talks(LocalChat, device, weights, "qwen2_5_7b_instruct")


def _paper(
    device: str, weights: Mapping[str, Path], given: Mapping[str, Any], chat: Callable[[], Chat | None]
) -> Mozart:
    from sightsound.baselines.mozart.interrogator import ASSETS as INTERROGATED
    from sightsound.baselines.mozart.interrogator import DIM, PATCH, Interrogator
    from sightsound.baselines.parts.clip_labels import Clip

    options = Options(**given)
    blip = sights(Blip, device, weights, "blip_base", decoding=IMAGE_DECODING)
    if "clip_vit_h14" in weights:
        clip = Clip(device, weights["clip_vit_h14"], weights["clip_bpe"], PATCH, DIM)
        whole = Interrogator(blip, clip, weights["clip_interrogator"])
        blip = Sights(whole, Kept(whole, device, only(weights, *INTERROGATED), {"decoding": IMAGE_DECODING}))
    return Mozart(
        blip,
        sights(Blip, device, weights, "blip_large", decoding=FRAME_DECODING),
        chat(),
        _musicgen(device, weights, options),
        options,
    )


def _code(
    device: str, weights: Mapping[str, Path], given: Mapping[str, Any], chat: Callable[[], Chat | None]
) -> Mozart:
    from sightsound.baselines.parts.florence2 import Florence2

    options = Options(**{"frames": CODE_AMOUNT, **given})
    florence = sights(Florence2, device, weights, "florence2_large")
    return Mozart(florence, florence, chat(), _musicgen(device, weights, options), options, CODE)


def _musicgen(device: str, weights: Mapping[str, Path], options: Options) -> MusicGen:
    return MusicGen(device, weights["musicgen_small"], recorded=switch("recorded", options.recorded))
