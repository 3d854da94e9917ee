"""What the models are asked: prompts that a paper prints, quoted as its method's parameters, and ours."""

from __future__ import annotations

COMPOSE = (
    "You compose background music for films and games. For a scene, answer with one sentence that describes music "
    "which fits it: genre, mood, tempo and instruments. Do not describe the scene itself."
)
"""Ours. MusFlow (2025, section 3.2) says what the composer is for, not what it is asked."""
COMPOSE_SEEN = COMPOSE + " The scene is in the picture; its story is: {story}"
"""Ours, for a model that sees the picture."""

QUESTIONS = (
    "Describe this image",
    "Does this image have a particular style?",
    "Give a short generation prompt for this image",
)
"""D. Lawrence, "Resonating Visuals" (thesis, 2024), Table 3.1: "BLIP2 Prompts"."""

_TASK = "Your task is to infer a a short image generation prompt for Stable Diffusion given "
_EXAMPLES = "Here are some examples of Stable Diffusion prompts:\n\n{examples}\n\n"
_RULES = (
    "Describe a Stable Diffusion prompt using the following descriptions in less than 70 words. Do not prepend "
    'with any additional information, just respond with the prompt. Do not use words such as "create", "image:" '
    'or "generate" at the beginning of the prompt. Do not use anyone\u2019s proper name or refer to any artists '
    "in the generated prompt. "
)
_IMAGE_ONLY = "Only create a prompt for the image, do not make a prompt for the music. "
_HERE = "Here are the descriptions:"


def merge(examples: str, music: bool) -> str:
    """The thesis's Table 3.1, "Mistral-7B Prompt", word for word where there is music and examples.

    Without music: "YT8m-MV prompts are similar, but lack language which refers to descriptions of music", which is
    not printed; ours leaves those words out. Without examples (the thesis draws five from DiffusionDB) the
    sentence that announces them is left out.
    """
    given = "a description of music and an accompanying image. " if music else "a description of an image. "
    shown = _EXAMPLES.format(examples=examples) if examples else ""
    return _TASK + given + shown + _RULES + (_IMAGE_ONLY if music else "") + _HERE
