"""Encoders -> understanding adapters -> LLaMA-2 -> (projector) -> music: a batch at a time, and the ways to
build it.

Hussain, Liu, Sun, Shan: M2UGen, 2023, arXiv:2311.11255; github.com/shansongliu/M2UGen at 2c702a48 (MIT; read, not
copied). docs/models/m2ugen.md lists where code and paper part.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sightsound.baselines.m2ugen import prompt
from sightsound.baselines.m2ugen.decoding import TEMPERATURE, TOP_P, decode
from sightsound.baselines.m2ugen.layout import (
    ADAPTERS,
    ENCODERS,
    Checkpoint,
    empty_adapter,
    empty_encoder,
    empty_projector,
)
from sightsound.baselines.m2ugen.llama import Llama
from sightsound.baselines.m2ugen.music import CANDIDATES, FromAudioLdm2, FromMusicGen, Music, empty_musicgen
from sightsound.baselines.m2ugen.options import Options
from sightsound.baselines.m2ugen.pixels import film_frames, film_pixels, picture_pixels
from sightsound.baselines.m2ugen.tokenizer import AUDIO, LlamaTokenizer
from sightsound.baselines.parts.audioldm2 import STEPS
from sightsound.baselines.parts.kept import Kept, only
from sightsound.baselines.parts.options import positive
from sightsound.baselines.parts.sampling import SeededChoice
from sightsound.bench.core.entries import takes
from sightsound.bench.core.media import MediaError, frame_count, load_image, video_frames
from sightsound.bench.core.types import Example, Generated, chunks, example_seed

TOKENIZER = "llama2_tokenizer"
SEEN = ("image", "video")  # modalities that a task to music can bring; none brings music
SEEN_AT_ONCE = 8  # pictures or films in one pass of an encoder


@dataclass
class _Work:
    """What is known so far about one example of a batch."""

    example: Example
    ids: list[int] = field(default_factory=list)
    told: str = ""
    pixels: Tensor | None = None
    text: str = ""
    hidden: Tensor | None = None
    """States of the audio tokens, not on the card: another stream goes on with them."""
    error: str | None = None

    @property
    def kind(self) -> str:
        """`video`, `image`, or empty for an example of text alone."""
        return "video" if self.example.video is not None else "image" if self.example.image is not None else ""

    @property
    def notes(self) -> dict[str, str]:
        notes = {"instruction": self.told, "text": self.text}
        return {name: text for name, text in notes.items() if text}


class M2UGen:
    """The whole system. `paper`: the projected embedding conditions the generator, else the decoded text does."""

    def __init__(
        self,
        checkpoint: Checkpoint,
        weights: Mapping[str, Path],
        music: Music,
        device: str,
        paper: bool,
        options: Options,
    ) -> None:
        """`weights`: the folders of `llama2_tokenizer` and of the checkpoint."""
        self.llama = Llama(checkpoint.file, device)
        self.tokenizer = LlamaTokenizer(weights[TOKENIZER], checkpoint.sizes.vocabulary)
        sizes, part = checkpoint.sizes, checkpoint.part
        self.encoders = {k: part(partial(empty_encoder, k, sizes), f"{ENCODERS[k]}.", device) for k in SEEN}
        self.adapters = {k: part(partial(empty_adapter, k, sizes), f"{ADAPTERS[k]}_", device) for k in SEEN}
        self.projector = part(partial(empty_projector, sizes), "output_projector.", device) if paper else None
        patches = {
            "image": sizes.vit.tokens - 1,
            "video": (sizes.vivit.tokens - 1) // (32 // sizes.vivit.patch[0]),
        }
        self.sides = {
            kind: math.isqrt(patches[kind]) * shape.patch[-1]
            for kind, shape in (("image", sizes.vit), ("video", sizes.vivit))
        }
        self.music, self.device, self.options = music, torch.device(device), options
        self.kept = Kept(self, device, weights, {})

    def generate(self, examples: Sequence[Example], seed: int) -> Iterator[Generated]:
        """See bench.core.types.Staged. What is wrong with one example is its own error; the others go on.

        An example with a video is taken by it, one with an image by that; its texts are the instruction.
        """
        return self.finish(self.prepare(examples, seed), seed)

    @torch.inference_mode()
    def prepare(self, examples: Sequence[Example], seed: int) -> list[_Work]:
        """What the language model says."""
        batch = [_Work(example) for example in examples]
        for work in batch:
            self._tell(work)
            self._see(work, seed)
        for kind in ("", *SEEN):
            self._answer([work for work in batch if work.error is None and work.kind == kind], kind, seed)
        return batch

    @torch.inference_mode()
    def finish(self, prepared: Sequence[_Work], seed: int) -> Iterator[Generated]:
        """The music."""
        ready = [work for work in prepared if work.error is None]
        rate_hz = int(self.options.rate_hz) or self.music.rate_hz
        for work, audio in zip(ready, self._make(ready, seed), strict=True):
            yield Generated(work.example.id, audio=audio, rate_hz=rate_hz, notes=work.notes)
        for work in prepared:
            if work.error is not None:
                yield Generated(work.example.id, notes=work.notes, error=work.error)

    def _tell(self, work: _Work) -> None:
        example = work.example
        if self.options.leaks and work.kind:  # without a picture or film the text itself is the instruction
            if example.instruction is None:
                work.error = "with_instruction=1 and the example has no instruction of its data set"
                return
            text = example.instruction
        else:
            text = prompt.instruction(" ".join(filter(None, (example.caption, example.story))))
        work.ids, work.told = prompt.prompt(text, self.tokenizer)

    def _see(self, work: _Work, seed: int) -> None:
        """The example's picture or film as its encoder takes it."""
        if work.error is not None or not work.kind:
            return
        try:
            work.pixels = self._pixels(work.example, example_seed(seed, f"{work.example.id}:frames"))
        except (MediaError, ValueError) as error:
            work.error = str(error) if isinstance(error, MediaError) else f"{work.example.video}: {error}"

    def _features(self, pixels: Sequence[Tensor], kind: str) -> Tensor:
        """Pictures or films as one token each for LLaMA, `[batch, width]`."""
        encoder, adapter = self.encoders[kind], self.adapters[kind]
        seen, told = (next(network.parameters()).dtype for network in (encoder, adapter))
        return torch.cat(
            [
                adapter(encoder(torch.stack(list(some)).to(self.device, seen)).to(told))
                for some in chunks(pixels, SEEN_AT_ONCE)
            ]
        )

    def _pixels(self, example: Example, seed: int) -> Tensor:
        if example.video is not None:
            frames = video_frames(example.video, film_frames(frame_count(example.video), seed))
            return film_pixels(frames, self.sides["video"])
        assert example.image is not None
        return picture_pixels(load_image(example.image), self.sides["image"], self.options.raw)

    def _answer(self, batch: Sequence[_Work], kind: str, seed: int) -> None:
        """LLaMA's text for examples of one kind, and the states of its audio tokens."""
        if not batch:
            return
        seeds = self._seeds(batch, seed, "text")
        choice = SeededChoice(seeds, self.device, TEMPERATURE, top_p=TOP_P)

        def said() -> list[str]:
            pixels = [work.pixels for work in batch if work.pixels is not None]
            seen = {kind: self._features(pixels, kind)} if kind else {}
            answers = decode(
                self.llama,
                self.tokenizer,
                [w.ids for w in batch],
                [None, seen.get("image"), seen.get("video")],
                lambda logits: choice.choose(logits)[:, 0],
                recorded=None if self.options.plays_back else False,
            )
            for work, answer in zip(batch, answers, strict=True):
                work.hidden = None if answer.hidden is None else answer.hidden.cpu()
            return [json.dumps([answer.text(self.tokenizer), answer.audio_tokens]) for answer in answers]

        asked = [(kind, work.ids, *_numbers(work.pixels), drawn) for work, drawn in zip(batch, seeds, strict=True)]
        # the projected embedding is made of the states behind the text, which are not kept
        texts = self.kept.each(asked, said) if self.projector is None else said()
        for work, text in zip(batch, texts, strict=True):
            work.text, audio_tokens = json.loads(text)
            work.error = _missing(audio_tokens)

    def _make(self, batch: Sequence[_Work], seed: int) -> Sequence[Any]:
        if not batch:
            return []
        seeds, seconds = self._seeds(batch, seed, "music"), float(self.options.seconds)
        if self.projector is None:
            return self.music.from_texts([work.text for work in batch], seeds, seconds)
        hidden = torch.stack([work.hidden for work in batch if work.hidden is not None])
        return self.music.from_projected(self.projected(hidden), seeds, seconds)

    def projected(self, hidden: Tensor) -> Tensor:
        """What the projector makes of the audio tokens' states `[batch, 8, width]`."""
        assert self.projector is not None
        dtype = self.projector.query_embs.dtype
        own = self.llama.embeddings[list(self.tokenizer.audio)].to(dtype)
        return torch.as_tensor(self.projector(hidden.to(self.device, dtype), own.expand(len(hidden), -1, -1)))

    @staticmethod
    def _seeds(batch: Sequence[_Work], seed: int, stage: str) -> list[int]:
        """A seed for each example and stage, so that no two draws go together."""
        return [example_seed(seed, f"{work.example.id}:{stage}") for work in batch]


def _numbers(pixels: Tensor | None) -> list[NDArray[np.float32]]:
    """What the encoder is shown, for a key."""
    return [] if pixels is None else [pixels.numpy()]


def _missing(audio_tokens: int) -> str | None:
    """Why there is no music, in the released code's rule: the eight audio tokens in order, or text alone."""
    if audio_tokens == len(AUDIO):
        return None
    return (
        f"the language model's answer has {audio_tokens} of the {len(AUDIO)} audio tokens; without all of "
        "them M2UGen makes text and no music"
    )


def _musicgen(size: str, paper: bool, **usual: int) -> Callable[..., M2UGen]:
    @takes(Options)
    def build(device: str, weights: Mapping[str, Path], **options: Any) -> M2UGen:
        set_by_user = Options(**{**usual, **options})
        folder = weights[f"musicgen_{size}_settings"]
        own = only(weights, f"m2ugen_musicgen_{size}", TOKENIZER)
        path = weights[f"m2ugen_musicgen_{size}"] / "checkpoint.safetensors"
        checkpoint = Checkpoint(path, empty_musicgen(folder))
        music = FromMusicGen(device, folder, checkpoint, set_by_user.plays_back)
        return M2UGen(checkpoint, own, music, device, paper, set_by_user)

    build.__doc__ = f"M2UGen with MusicGen-{size}; `options`: see Options."
    return build


def _audioldm2(paper: bool) -> Callable[..., M2UGen]:
    @takes(Options)
    def build(
        device: str,
        weights: Mapping[str, Path],
        steps: int | str = STEPS,
        waveforms: int | str = CANDIDATES,
        **options: Any,
    ) -> M2UGen:
        set_by_user = Options(**options)
        counts = [positive("steps", steps, int), positive("waveforms", waveforms, int)]
        checkpoint = Checkpoint(weights["m2ugen_audioldm2"] / "checkpoint.safetensors", None)
        music = FromAudioLdm2(device, weights["audioldm2_music"], *counts)
        own = only(weights, "m2ugen_audioldm2", TOKENIZER)
        return M2UGen(checkpoint, own, music, device, paper, set_by_user)

    build.__doc__ = "M2UGen with AudioLDM2, of which `waveforms` are ranked; `options`: see Options."
    return build


musicgen_small_code, musicgen_small_paper = _musicgen("small", paper=False), _musicgen("small", paper=True)
musicgen_medium_code, musicgen_medium_paper = _musicgen("medium", paper=False), _musicgen("medium", paper=True)
musicgen_medium_evaluated = _musicgen("medium", paper=False, with_instruction=1, raw_pixels=1, rate_hz=16000)
audioldm2_code, audioldm2_paper = _audioldm2(paper=False), _audioldm2(paper=True)
