"""How much of a clip the metrics hear: the policy of a run, the same for outputs and references.

`first10s` is the way of all published splits here; `30s` and `full` hear the first 30 s and the whole file;
`windows` hears the whole file as consecutive pieces of 10 s, each as if it were a file of its own, and takes the
features of all of them one after another. What a network makes of what it is given is its `crop`.
"""

from __future__ import annotations

from dataclasses import dataclass

from sightsound.bench.core.loading import unknown
from sightsound.bench.core.sound import CLIP_S, MAX_AUDIO_S


@dataclass(frozen=True)
class Length:
    """One policy."""

    seconds: float
    """What is heard of a file, from its start on."""
    windows: bool = False
    """In pieces of `CLIP_S`; what is left at the end counts as one where it is half as long or longer."""

    @property
    def long(self) -> bool:
        """Whether a file may be heard for much more than `CLIP_S`, so that few fit into memory at once."""
        return self.seconds > 10 * CLIP_S


USUAL = "first10s"
POLICIES = {
    USUAL: Length(CLIP_S),
    "30s": Length(30.0),
    "full": Length(MAX_AUDIO_S),
    "windows": Length(MAX_AUDIO_S, windows=True),
}
"""Name, as `--length` and the signature have it -> policy."""


def named(name: str) -> Length:
    """The policy of that name; UnknownNameError for another."""
    if name not in POLICIES:
        raise unknown("--length", name, POLICIES)
    return POLICIES[name]
