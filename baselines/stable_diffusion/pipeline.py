"""Music -> prompt -> Stable Diffusion. Where the prompt comes from is an option."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from baselines.parts.options import positive
from baselines.parts.prompted import noted
from baselines.parts.stable_diffusion import GUIDANCE, STEPS, StableDiffusion
from bench.media import load_audio
from bench.types import Example, Generated, example_seed

MUSICNN_HZ = 16000
Prompts = Callable[[Example], str]
"""The prompt of an example; ValueError or OSError where it has none."""


class ThroughPrompt:
    """Pictures for prompts. A prompt that CLIP's 77 tokens do not hold is cut and noted as `truncated`."""

    def __init__(self, prompts: Prompts, painter: StableDiffusion) -> None:
        self.prompts, self.painter = prompts, painter

    def generate(self, examples: Sequence[Example], seed: int) -> Iterator[Generated]:
        """See bench.types.Model."""
        texts: dict[str, str] = {}
        for example in examples:
            try:
                texts[example.id] = self.prompts(example)
            except (ValueError, OSError) as error:
                yield Generated(example.id, error=str(error))
        read = {name: self.painter.cut(text) for name, text in texts.items()}
        if not read:
            return
        pictures = self.painter.generate(list(read.values()), [example_seed(seed, name) for name in read])
        for (name, prompt), picture in zip(read.items(), pictures, strict=True):
            yield Generated(name, image=picture, notes=noted(texts[name], prompt))


def paper(
    device: str,
    weights: Mapping[str, Path],
    prompts: str = "tags",
    steps: int | str = STEPS,
    guidance: float | str = GUIDANCE,
) -> ThroughPrompt:
    """`prompts`: `tags` (what musicnn hears in the first 10 s), `caption` (the example's own), or a folder of
    `ID.txt`, e.g. the outputs of a run of music2prompt on the same split."""
    number, weight = positive("steps", steps, int), positive("guidance", guidance, float)
    return ThroughPrompt(
        source(prompts, weights, device), StableDiffusion(device, weights["stable_diffusion_2_1"], number, weight)
    )


def source(prompts: str, weights: Mapping[str, Path], device: str) -> Prompts:
    """Where the prompts come from, by the option's name. ValueError for a folder that is not there."""
    if prompts == "caption":
        return _caption
    if prompts == "tags":
        return tags(weights, device)
    folder = Path(prompts)
    if not folder.is_dir():
        raise ValueError(f"prompts: {prompts!r} is neither tags nor caption nor a folder of ID.txt")
    return lambda example: _nonempty((folder / f"{example.id}.txt").read_text(encoding="utf-8"), example)


def tags(weights: Mapping[str, Path], device: str) -> Prompts:
    """`ambient, jazz, instrumental, electronic, folk music`: the Million Song network's five likeliest tags."""
    from metrics.extractors import musicnn
    from metrics.extractors.through_text import top_names

    network = musicnn.load_msd(weights, device)

    def prompt(example: Example) -> str:
        if example.audio is None:
            raise ValueError("no music")
        clip = load_audio(example.audio, [MUSICNN_HZ])[MUSICNN_HZ]
        return f"{', '.join(top_names(network([clip])[0]['logits'], musicnn.MSD_TAGS))} music"

    return prompt


def _caption(example: Example) -> str:
    return _nonempty(example.caption or "", example)


def _nonempty(text: str, example: Example) -> str:
    if not (text := " ".join(text.split())):
        raise ValueError(f"{example.id}: its prompt is empty")
    return text
