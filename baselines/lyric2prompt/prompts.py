"""The prompts that define Lyric-to-Image, word for word from the thesis, and how they become messages.

Lawrence, "Resonating Visuals: Generating Images from Music" (thesis, 2024): Table 4.1 for the five extractive
prompts, section 4.1.2 for the system message that fuses them. The thesis cuts the list of words that the fused
prompt must not use ("Do not use the following words: ..."); that sentence is left out here. How the answers are
laid out for the fusion, how a caption of the music joins the lyrics, and the sentence that sends a conversation
back to its own context are not printed, and are this module's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sightsound.baselines.parts.messages import Message


@dataclass(frozen=True)
class Step:
    """One extractive prompt."""

    name: str
    """Key of its answer."""
    prompt: str
    """System message of the parallel flow."""
    label: str
    """How its answer is headed where a later prompt is told of it."""
    after: tuple[str, ...] = ()
    """Steps whose answers the parallel flow gives it before the song."""


STEPS = (
    Step(
        "theme",
        "Suggest a theme and style for this song in a short paragraph. The theme should be a general idea or "
        "concept that the song conveys, and the style should be a visual style that would best represent the "
        "song.",
        "Theme",
    ),
    Step(
        "vibe",
        "Given the theme and song, suggest a vibe which best captures the feeling of the song.",
        "Vibe",
        ("theme",),
    ),
    Step(
        "palette",
        "Infer a color palette that would work well with the theme, style, and vibe. Make your responses as "
        "concise as possible.",
        "Color palette",
        ("theme", "vibe"),
    ),
    Step(
        "metaphor",
        "Develop a visual metaphor based on the provided song, art-style, and theme in as few tokens as possible.",
        "Visual metaphor",
        ("theme", "vibe"),
    ),
    Step(
        "sentiment",
        "Infer the main sentiment and emotions of the provided text in as few tokens as possible",
        "Sentiment",
    ),
)
ROUNDS = (("theme", "sentiment"), ("vibe",), ("palette", "metaphor"))
"""The steps that the parallel flow asks for together: each needs only answers of earlier rounds."""

FUSION = (
    "Generate a prompt for an AI image generator inspired by the provided information with less than 75 output "
    "tokens. Be creative and do not mention lyrics in your response. Do not use phrases such as “Create an image” "
    "or “Generate an Image.” Do not describe the metaphor or symbolism of choices, simply describe what the "
    "generated image should look like."
)
REFER = "Refer to the song and to your answers above."

BY_NAME = {step.name: step for step in STEPS}


def song_text(lyrics: str, music_caption: str) -> str:
    """$SONG: the lyrics, and the caption of the music where there is one."""
    return f"{lyrics}\n\nMusic: {music_caption}" if music_caption else lyrics


def parallel(name: str, song: str, answers: Mapping[str, str]) -> list[Message]:
    """The messages of one extractive step: the prompt as system message, what it needs as the user's."""
    step = BY_NAME[name]
    parts = [f"{BY_NAME[other].label}: {answers[other]}" for other in step.after]
    content = "\n".join([*parts, f"Song: {song}"]) if parts else song
    return [{"role": "system", "content": step.prompt}, {"role": "user", "content": content}]


def parallel_fusion(answers: Mapping[str, str]) -> list[Message]:
    """The messages that fuse the five answers into an image prompt."""
    content = "\n".join(f"{step.label}: {answers[step.name]}" for step in STEPS)
    return [{"role": "system", "content": FUSION}, {"role": "user", "content": content}]


def conversation(name: str, song: str, answers: Mapping[str, str]) -> list[Message]:
    """The conversation up to the question of a step, or of the fusion (`prompt`); earlier answers are turns."""
    turns: list[Message] = []
    for step in STEPS:
        text = f"{step.prompt}\n\n{song}" if not turns else f"{step.prompt} {REFER}"
        turns.append({"role": "user", "content": text})
        if step.name == name:
            return turns
        turns.append({"role": "assistant", "content": answers[step.name]})
    return [*turns, {"role": "user", "content": f"{FUSION} {REFER}"}]
