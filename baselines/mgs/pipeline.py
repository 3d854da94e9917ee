"""Painting -> emotion -> (sentence -> musical description) -> tuned MusicGen-small."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sightsound.baselines.mgs.emotion import Emotions
from sightsound.baselines.mgs.finetuned import finetuned
from sightsound.baselines.parts.captioners import Blip, Picture
from sightsound.baselines.parts.completion import Completion
from sightsound.baselines.parts.kept import Kept, Sights, only, sights
from sightsound.baselines.parts.musicgen import MusicGen
from sightsound.baselines.parts.options import positive, switch
from sightsound.bench.core.media import MediaError, load_image
from sightsound.bench.core.types import Example, Generated, example_seed

# The notebook's cells 29, 37 and 54 (hisariyatani123/My-Projects at 20c2598d, main.ipynb). The instruction printed
# in the paper's Table I ends "... and melody in 2 lines."; the tuned weights were trained with the notebook's.
SYSTEM = (
    "You are an enhanced description generator. You will be given with image description and you have to enhance "
    "those in musical terms."
)
INSTRUCTION = (
    'Generate a musical theme description for the following image description: "{description}". Include details '
    "like mood, genre, tempo, and melody and piano in 2 lines"
)
TEMPLATE = "<SYS> {system} <INST> {instruction} <RESP> "
LONGEST = 150  # tokens of template, description and answer together
REPETITION_PENALTY = 1.05
FALCON = "falcon_rw_1b_instruct_openorca"
_FALCON: dict[str, Any] = {"max_length": LONGEST, "repetition_penalty": REPETITION_PENALTY}
DECODING = {"max_length": 20}  # transformers' default, which the notebook leaves
SECONDS = 30.0
FRAMES_HZ = 50


class _Words:
    """The emotions behind the door: the four ways look at the same painting."""

    def __init__(self, part: Emotions, kept: Kept) -> None:
        self.part, self.kept = part, kept

    def name(self, pictures: Sequence[Picture]) -> list[str]:
        """See Emotions."""
        return self.kept.each([(each,) for each in pictures], lambda: self.part.name(pictures))


class _Phrases:
    """Falcon behind the door."""

    def __init__(self, part: Completion, kept: Kept) -> None:
        self.part, self.kept = part, kept

    def complete(self, texts: Sequence[str]) -> list[str]:
        """See Completion."""
        return self.kept.each([(each,) for each in texts], lambda: self.part.complete(texts))


class Mgs:
    """One of the four ways from a painting to a prompt. `blip` and `falcon` are None where the way has none."""

    def __init__(
        self,
        emotions: Emotions | _Words,
        blip: Blip | Sights | None,
        falcon: Completion | _Phrases | None,
        generator: MusicGen,
        seconds: float = SECONDS,
    ) -> None:
        self.emotions, self.blip, self.falcon, self.generator = emotions, blip, falcon, generator
        self.seconds = seconds

    def generate(self, examples: Sequence[Example], seed: int) -> Iterator[Generated]:
        """See sightsound.bench.core.types.Staged. Notes: emotion, caption, prompt."""
        return self.finish(self.prepare(examples, seed), seed)

    def prepare(self, examples: Sequence[Example], seed: int) -> tuple[list[Generated], dict[str, dict[str, str]]]:
        """The failures, and the notes of the other examples by id."""
        failed: list[Generated] = []
        pictures: dict[str, Picture] = {}
        for example in examples:
            try:
                if example.image is None:
                    raise MediaError("no picture")
                pictures[example.id] = load_image(example.image)
            except MediaError as error:
                failed.append(Generated(example.id, error=str(error)))
        prompts = self._prompts(list(pictures.values())) if pictures else []
        notes = dict(zip(pictures, prompts, strict=True))
        empty = [name for name, note in notes.items() if not note["prompt"]]
        failed += [Generated(name, notes=notes.pop(name), error="the prompt came out empty") for name in empty]
        return failed, notes

    def finish(
        self, prepared: tuple[list[Generated], dict[str, dict[str, str]]], seed: int
    ) -> Iterator[Generated]:
        """The music."""
        failed, notes = prepared
        yield from failed
        if not notes:
            return
        prompts = [note["prompt"] for note in notes.values()]
        seeds = [example_seed(seed, name) for name in notes]
        made = self.generator.generate(prompts, seeds, self.seconds, frames=round(self.seconds * FRAMES_HZ))
        for (name, note), audio in zip(notes.items(), made, strict=True):
            yield Generated(name, audio, self.generator.rate_hz, notes=note)

    def _prompts(self, pictures: Sequence[Picture]) -> list[dict[str, str]]:
        words = self.emotions.name(pictures)
        if self.blip is None:
            return [{"emotion": word, "prompt": word} for word in words]
        captions = self.blip.caption_from(pictures, words)
        prompts = captions if self.falcon is None else self.falcon.complete([asked(text) for text in captions])
        return [
            {"emotion": word, "caption": caption, "prompt": prompt}
            for word, caption, prompt in zip(words, captions, prompts, strict=True)
        ]


def asked(description: str) -> str:
    """What Falcon is given for a caption."""
    return TEMPLATE.format(system=SYSTEM, instruction=INSTRUCTION.format(description=description))


def emotive(
    device: str, weights: Mapping[str, Path], seconds: float | str = SECONDS, recorded: int | str = 1
) -> Mgs:
    """The emotion's name as the prompt."""
    return _build("emotive", device, weights, seconds, recorded)


def narrative(
    device: str, weights: Mapping[str, Path], seconds: float | str = SECONDS, recorded: int | str = 1
) -> Mgs:
    """BLIP's sentence that begins with it."""
    return _build("narrative", device, weights, seconds, recorded)


def lyrical(
    device: str, weights: Mapping[str, Path], seconds: float | str = SECONDS, recorded: int | str = 1
) -> Mgs:
    """That sentence in musical terms."""
    return _build("lyrical", device, weights, seconds, recorded)


def optimized(
    device: str, weights: Mapping[str, Path], seconds: float | str = SECONDS, recorded: int | str = 1
) -> Mgs:
    """The same with the generator that was tuned otherwise."""
    return _build("optimized", device, weights, seconds, recorded)


FILES = {
    "emotive": "model_base_best",
    "narrative": "model_blip_best",
    "lyrical": "lm_falcon_best",
    "optimized": "lm_modify_best",
}
"""Names of the authors' checkpoints."""


def _build(way: str, device: str, weights: Mapping[str, Path], seconds: float | str, recorded: int | str) -> Mgs:
    length_s, plays_back = positive("seconds", seconds, float), switch("recorded", recorded)
    tuned = weights[f"mgs_{way}"] / f"{FILES[way]}.safetensors"
    emotions = Emotions(device, weights["mgs_emotion"])
    falcon = Completion(device, weights[FALCON], **_FALCON) if FALCON in weights else None
    return Mgs(
        _Words(emotions, Kept(emotions, device, only(weights, "mgs_emotion"), {})),
        sights(Blip, device, weights, "blip_large", decoding=DECODING) if "blip_large" in weights else None,
        _Phrases(falcon, Kept(falcon, device, only(weights, FALCON), _FALCON)) if falcon else None,
        finetuned(device, weights["musicgen_small"], tuned, plays_back),
        length_s,
    )
