"""What the user may set of Mozart's Touch."""

from __future__ import annotations

from dataclasses import dataclass

from sightsound.baselines.mozart.frames import PAPER_AMOUNT
from sightsound.baselines.parts.options import positive, switch


@dataclass(frozen=True)
class Options:
    """What the user may set; made before any weights are loaded. From the command line all are strings."""

    user_text: str = ""
    """The user's own words, put behind every caption."""
    seconds: float | str = 10.0
    """Length of the music."""
    frames: int | str = PAPER_AMOUNT
    """Frames asked for of a video."""
    recorded: int | str | bool = 1
    """0: MusicGen's steps by transformers' own loop, on a card too."""

    def __post_init__(self) -> None:
        """ValueError for what makes no sense."""
        positive("seconds", self.seconds, float)
        positive("frames", self.frames, int)
        switch("recorded", self.recorded)
