"""What the user may set of M2UGen."""

from __future__ import annotations

from dataclasses import dataclass

from sightsound.baselines.parts.options import positive, switch


@dataclass(frozen=True)
class Options:
    """What the user may set; made before any weights are loaded. From the command line all are strings."""

    seconds: float | str = 10.0
    """Length of the music."""
    with_instruction: int | str | bool = 0
    """1: tell the model the data set's own instruction, which describes the reference music: a leak."""
    raw_pixels: int | str | bool = 0
    """1: give ViT pictures of 0..255, as the authors' evaluation of pictures does; it was trained on 0..1."""
    rate_hz: int | str = 0
    """Rate that the music is written at, as it is; 0: its own. 16000 plays MusicGen's at half the speed."""
    recorded: int | str | bool = 1
    """0: every step of LLaMA and MusicGen started by itself, on a card too."""

    def __post_init__(self) -> None:
        """ValueError for what makes no sense."""
        for name in ("with_instruction", "raw_pixels", "recorded"):
            switch(name, getattr(self, name))
        positive("seconds", self.seconds, float)
        if str(self.rate_hz) != "0":
            positive("rate_hz", self.rate_hz, int)

    @property
    def leaks(self) -> bool:
        """Whether the data set's instruction is used."""
        return switch("with_instruction", self.with_instruction)

    @property
    def raw(self) -> bool:
        """Whether ViT gets pictures of 0..255."""
        return switch("raw_pixels", self.raw_pixels)

    @property
    def plays_back(self) -> bool:
        """Whether steps are recorded where that pays."""
        return switch("recorded", self.recorded)
