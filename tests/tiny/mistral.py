"""A tiny chat model of the Mistral family, whose template has no place for a system message."""

from __future__ import annotations

from pathlib import Path

import torch
from transformers import GenerationConfig, MistralConfig, MistralForCausalLM, PreTrainedTokenizerFast

from tests.tiny import bpe

CHAT_TEMPLATE = """\
{{- bos_token }}
{%- for message in messages %}
{%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}
{{- raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}
{%- endif %}
{%- if message['role'] == 'user' %}
{{- '[INST] ' + message['content'] + ' [/INST]' }}
{%- else %}
{{- message['content'] + eos_token + ' ' }}
{%- endif %}
{%- endfor %}"""
SPECIAL = ["<unk>", "<s>", "</s>"]
TEXT = ["a painting of a dark forest at night", "blue and gold light over the sea", "joy, hope and longing"]


def make(folder: Path) -> None:
    """Save model, tokenizer and chat template."""
    folder.mkdir(parents=True)
    tokenizer = bpe.trained(TEXT, 300, SPECIAL, unknown="<unk>")
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<s>",
        eos_token="</s>",
        unk_token="<unk>",
        chat_template=CHAT_TEMPLATE,
    )
    fast.save_pretrained(folder)
    config = MistralConfig(
        vocab_size=len(fast),
        hidden_size=32,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=32768,
        sliding_window=4096,
        bos_token_id=1,
        eos_token_id=2,
        initializer_range=0.5,
        tie_word_embeddings=False,
    )
    model = MistralForCausalLM(config).eval()
    with torch.no_grad():
        model.lm_head.weight[: len(SPECIAL)] = -0.1  # an answer seldom ends at once
    model.generation_config = GenerationConfig(bos_token_id=1, eos_token_id=2)
    model.save_pretrained(folder)
