"""The prompts that define Mozart's Touch, word for word from the paper's Appendix A, and how they become messages.

Li et al., "Mozart's Touch: A Lightweight Multi-modal Music Generation Framework Based on Pre-Trained Large Models"
(2025), Tables 4, 5 and 6: `PAPER`. The authors' code (TiffanyBlews/MozartsTouch at 5ba10a11, txt_converter.py)
differs in three places: its image prompt lacks the sentence "If user provides prompt, ...", its answer about the
beach ends with a full stop, and its answer about the cellos is longer; and it joins the user's own words to the
caption without a comma: `CODE`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sightsound.baselines.parts.messages import Message

_BRIDGE = (
    "Convert in less than 200 characters this {medium} caption to a very concise musical description with musical "
    "terms, so that it can be used as a prompt to generate music through AI model, strictly in English. {user}"
    "You need to speculate the mood of the given {medium} caption and add it to the music description. You also "
    "need to specify a music genre in the description such as pop, hip hop, funk, electronic, jazz, rock, metal, "
    "soul, R&B etc."
)

AGGREGATE: tuple[Message, ...] = (
    {
        "role": "system",
        "content": "You are about to process a sequence of captions, each corresponding to a distinct frame "
        "sampled from a video. Your task is to convert these captions into a cohesive, well-structured paragraph. "
        "This paragraph should describe the video in a fluid, engaging manner and follows these guidelines: "
        "avoiding semantic repetition to the greatest extent, and giving a description in less than 200 "
        "characters.",
    },
)
"""Table 4: captions of frames -> caption of the video."""

IMAGE_BRIDGE: tuple[Message, ...] = (
    {
        "role": "system",
        "content": _BRIDGE.format(
            medium="image",
            user="If user provides prompt, give priority to information provided by user. ",
        ),
    },
    {
        "role": "user",
        "content": "a city with a tower and a castle in the background, a detailed matte painting, art nouveau, "
        "epic cinematic painting, kingslanding",
    },
    {
        "role": "assistant",
        "content": "A grand orchestral arrangement with thunderous percussion, epic brass fanfares, and soaring "
        "strings, creating a cinematic atmosphere fit for a heroic battle.",
    },
    {
        "role": "user",
        "content": "a group of people sitting on a beach next to a body of water, tourist destination, hawaii",
    },
    {
        "role": "assistant",
        "content": "Pop dance track with catchy melodies, tropical percussion, and upbeat rhythms, perfect for "
        "the beach",
    },
)
"""Table 5: caption of an image -> description of music."""

VIDEO_BRIDGE: tuple[Message, ...] = (
    {"role": "system", "content": _BRIDGE.format(medium="video", user="")},
    {
        "role": "user",
        "content": "Two men playing cellos in a room with a piano and a grand glass window backdrop.",
    },
    {
        "role": "assistant",
        "content": "Classical chamber music piece featuring cello duet, intricate piano accompaniment, the rich "
        "harmonies blend seamlessly in an elegant and refined setting, creating a symphonic masterpiece.",
    },
    {
        "role": "user",
        "content": "A man with guitar in hand, captivates a large audience on stage at a concert. The crowd "
        "watches in awe as the performer delivers a stellar musical performance.",
    },
    {
        "role": "assistant",
        "content": "Rock concert with dynamic guitar riffs, precise drumming, and powerful vocals, creating a "
        "captivating and electrifying atmosphere, uniting the audience in excitement and musical euphoria.",
    },
)
"""Table 6: caption of a video -> description of music."""


_CODE_BEACH = {"role": "assistant", "content": IMAGE_BRIDGE[4]["content"] + "."}
_CODE_CELLOS = {
    "role": "assistant",
    "content": "Classical chamber music piece featuring cello duet, intricate piano accompaniment, emotive "
    "melodies set in an elegant setting, showcasing intricate melodies and emotional depth, the rich harmonies "
    "blend seamlessly in an elegant and refined setting, creating a symphonic masterpiece.",
}


@dataclass(frozen=True)
class Prompts:
    """What is said to the chat model."""

    aggregate: tuple[Message, ...]
    """Turns before the captions of frames."""
    image: tuple[Message, ...]
    """Turns before the caption of an image."""
    video: tuple[Message, ...]
    """Turns before the caption of a video."""
    joint: str
    """Between the caption and the user's own words."""
    quoted: bool = False
    """Whether a video without a bridge is told by the first frame's whole entry, `{'frame_index': ...}`, as the
    authors' code does, and not by its caption."""

    def with_user_text(self, caption: str, user_text: str) -> str:
        """The caption, then the user's own words."""
        return f"{caption}{self.joint}{user_text}" if user_text else caption


PAPER = Prompts(AGGREGATE, IMAGE_BRIDGE, VIDEO_BRIDGE, ", ")
CODE = Prompts(
    AGGREGATE,
    (
        {"role": "system", "content": _BRIDGE.format(medium="image", user="")},
        *IMAGE_BRIDGE[1:4],
        _CODE_BEACH,
    ),
    (*VIDEO_BRIDGE[:2], _CODE_CELLOS, *VIDEO_BRIDGE[3:]),
    "",
    quoted=True,
)


def frames_text(frames: Sequence[int], captions: Sequence[str]) -> str:
    """What the chat model is told about a video: the frames as the authors' code writes them, a Python list of
    {'frame_index': ..., 'prompt': ...}."""
    return str([{"frame_index": i, "prompt": caption} for i, caption in zip(frames, captions, strict=True)])
