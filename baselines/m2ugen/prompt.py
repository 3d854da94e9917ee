"""What LLaMA is told.

The template is that of the authors' format_prompt (M2UGen/llama/utils.py), which is Stanford Alpaca's; it
defines the system, as do the instructions. Their data set's own instruction describes the reference music, so it
is used only where the user asks for it (`with_instruction`).
"""

from __future__ import annotations

from sightsound.baselines.m2ugen.decoding import MOST
from sightsound.baselines.m2ugen.llama import LONGEST
from sightsound.baselines.m2ugen.tokenizer import LlamaTokenizer

TEMPLATE = (
    "Below is an instruction that describes a task. Write a response that appropriately completes the request.\n\n"
    "### Instruction:\n{instruction}\n\n### Response:"
)
NEUTRAL = "Generate a music"
"""The default of --prompt in the authors' inference.py, which says nothing about the music."""
ROOM = LONGEST - MOST  # tokens of a prompt that leave room for a whole answer


def instruction(text: str | None) -> str:
    """What the example's text asks for: a caption or a story as it stands, as the authors' text-to-music
    evaluation (generate_m2ugen.py) gives the caption; without any, `NEUTRAL`."""
    return text if text is not None and text.strip() else NEUTRAL


def prompt(text: str, tokenizer: LlamaTokenizer) -> tuple[list[int], str]:
    """The ids of the prompt with the instruction `text`, cut after a word where it would leave no room for a whole
    answer (the authors' loop fails there), and the instruction as it was used."""
    words = text.split(" ")
    ids = tokenizer.encode(TEMPLATE.format(instruction=text))
    if len(ids) <= ROOM:
        return ids, text
    low, high = 0, len(words)  # the most words that fit are low or more, and fewer than high
    while high - low > 1:
        middle = (low + high) // 2
        fits = len(tokenizer.encode(TEMPLATE.format(instruction=" ".join(words[:middle])))) <= ROOM
        low, high = (middle, high) if fits else (low, middle)
    kept = " ".join(words[:low])
    return tokenizer.encode(TEMPLATE.format(instruction=kept)), kept
