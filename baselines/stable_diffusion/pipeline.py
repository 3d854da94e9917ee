"""Music -> prompt -> Stable Diffusion. Where the prompt comes from is an option."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sightsound.baselines.parts.kept import Kept, only
from sightsound.baselines.parts.prompted import noted
from sightsound.baselines.parts.remote import CHAT
from sightsound.baselines.parts.stable_diffusion import GUIDANCE, STEPS, StableDiffusion, settings
from sightsound.bench.core.entries import takes
from sightsound.bench.core.media import MediaError, load_audio
from sightsound.bench.core.types import Example, Generated, Model, example_seed

MUSICNN_HZ = 16000
Prompts = Callable[[Example], str]
"""The prompt of an example; ValueError or OSError where it has none."""


class Written:
    """Prompts that are there or are made one by one, as a Model that yields texts."""

    def __init__(self, prompts: Prompts) -> None:
        self.prompts = prompts

    def generate(self, examples: Sequence[Example], seed: int) -> Iterator[Generated]:
        """See sightsound.bench.core.types.Model."""
        for example in examples:
            try:
                yield Generated(example.id, text=self.prompts(example))
            except (ValueError, OSError) as error:
                yield Generated(example.id, error=str(error))


class ThroughPrompt:
    """Pictures for a writer's prompts. One that CLIP's 77 tokens do not hold is cut and noted as `truncated`."""

    def __init__(self, writer: Model, painter: StableDiffusion) -> None:
        self.writer, self.painter = writer, painter

    def generate(self, examples: Sequence[Example], seed: int) -> Iterator[Generated]:
        """See sightsound.bench.core.types.Staged. Notes: what the writer noted, and the prompt."""
        return self.finish(self.prepare(examples, seed), seed)

    def prepare(self, examples: Sequence[Example], seed: int) -> list[Generated]:
        """What the writer answers."""
        return list(self.writer.generate(examples, seed))

    def finish(self, prepared: Sequence[Generated], seed: int) -> Iterator[Generated]:
        """The pictures."""
        yield from (answer for answer in prepared if answer.text is None)
        texts = {answer.id: answer.text for answer in prepared if answer.text is not None}
        read = {name: self.painter.cut(text) for name, text in texts.items()}
        if not read:
            return
        facts = {answer.id: answer.notes for answer in prepared}
        seeds = [example_seed(seed, f"{name}:picture") for name in read]
        pictures = self.painter.generate(list(read.values()), seeds)
        for (name, prompt), picture in zip(read.items(), pictures, strict=True):
            yield Generated(name, image=picture, notes={**facts[name], **noted(texts[name], prompt)})


def paper(
    device: str,
    weights: Mapping[str, Path],
    prompts: str = "tags",
    steps: int | str = STEPS,
    guidance: float | str = GUIDANCE,
) -> ThroughPrompt:
    """`prompts`: `tags` (what musicnn hears in the first 10 s), `caption` (the example's own), or a folder of
    `ID.txt`, e.g. the outputs of a run of music2prompt on the same split."""
    numbers = settings(steps, guidance)
    painter = StableDiffusion(device, weights["stable_diffusion_2_1"], *numbers)
    return ThroughPrompt(source(prompts, weights, device), painter)


def _lyrics(flow: str) -> Callable[..., ThroughPrompt]:
    @takes(None, *CHAT)
    def build(
        device: str,
        weights: Mapping[str, Path],
        steps: int | str = STEPS,
        guidance: float | str = GUIDANCE,
        **llm: str,
    ) -> ThroughPrompt:
        from sightsound.baselines.lyric2prompt import pipeline as lyric2prompt

        numbers = settings(steps, guidance)
        writer = getattr(lyric2prompt, f"paper_{flow}")(device, weights, **llm)
        return ThroughPrompt(writer, StableDiffusion(device, weights["stable_diffusion_2_1"], *numbers))

    build.__doc__ = (
        "The thesis's Lyric-to-Image: Whisper hears the words, a chat model makes a prompt of them, the steps "
        f"{flow}. `llm` as lyric2prompt takes it."
    )
    return build


lyrics_parallel, lyrics_conversational = _lyrics("parallel"), _lyrics("conversational")


def _music(name: str) -> Callable[..., ThroughPrompt]:
    def build(
        device: str,
        weights: Mapping[str, Path],
        steps: int | str = STEPS,
        guidance: float | str = GUIDANCE,
        temperature: float | str = 1.0,
    ) -> ThroughPrompt:
        from sightsound.baselines.music2prompt import pipeline as music2prompt

        numbers = settings(steps, guidance)
        writer = getattr(music2prompt, name)(device, weights, temperature=temperature)
        return ThroughPrompt(writer, StableDiffusion(device, weights["stable_diffusion_2_1"], *numbers))

    build.__doc__ = (
        f"What music2prompt:{name} writes of the music, at that temperature, painted (thesis, figure 5.2)."
    )
    return build


music_mert95m_amv, music_mert95m_yt8m = _music("mert95m_amv"), _music("mert95m_yt8m")


def source(prompts: str, weights: Mapping[str, Path], device: str) -> Model:
    """Where the prompts come from, by the option's name. ValueError for a folder that is not there."""
    if prompts == "caption":
        return Written(_caption)
    if prompts == "tags":
        return Tagged(weights, device)
    folder = Path(prompts)
    if not folder.is_dir():
        raise ValueError(f"prompts: {prompts!r} is neither tags nor caption nor a folder of ID.txt")
    return Written(lambda example: _nonempty((folder / f"{example.id}.txt").read_text(encoding="utf-8"), example))


class Tagged:
    """`ambient, jazz, instrumental, electronic, folk music`: the Million Song network's five likeliest tags of a
    piece, as a Model that yields texts."""

    def __init__(self, weights: Mapping[str, Path], device: str) -> None:
        from sightsound.metrics.networks.pocket import musicnn

        self.names: Sequence[str] = list(musicnn.MSD_TAGS)
        self.network = musicnn.load_msd(weights, device)
        self.kept = Kept(self.network, device, only(weights, "musicnn"), {"tags": self.names})

    def generate(self, examples: Sequence[Example], seed: int) -> Iterator[Generated]:
        """See sightsound.bench.core.types.Model."""
        heard: dict[str, NDArray[np.float32]] = {}
        for example in examples:
            try:
                if example.audio is None:
                    raise ValueError("no music")
                heard[example.id] = load_audio(example.audio, [MUSICNN_HZ])[MUSICNN_HZ]
            except (ValueError, OSError, MediaError) as error:
                yield Generated(example.id, error=str(error))
        clips = list(heard.values())
        texts = self.kept.each([(clip,) for clip in clips], lambda: self._texts(clips)) if clips else []
        yield from (Generated(name, text=text) for name, text in zip(heard, texts, strict=True))

    def _texts(self, clips: Sequence[NDArray[np.float32]]) -> list[str]:
        from sightsound.metrics.networks.pocket.through_text import top_names

        found = self.network(clips)
        return [f"{', '.join(top_names(features['logits'], self.names))} music" for features in found]


def _caption(example: Example) -> str:
    return _nonempty(example.caption or "", example)


def _nonempty(text: str, example: Example) -> str:
    if not (text := " ".join(text.split())):
        raise ValueError(f"{example.id}: its prompt is empty")
    return text
