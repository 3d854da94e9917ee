"""SmolLM2-135M-Instruct out of its GGUF file, once, into the hub's own layout."""

from __future__ import annotations

from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig, LlamaForCausalLM

from sightsound.metrics.networks.common.pretrained import in_dtype

VOCABULARY = 49152


def convert(source_folder: Path, target_folder: Path) -> None:
    """Dequantise the GGUF file in `source_folder` and save weights, tokenizer and chat template in
    `target_folder`. The weights are float32, which holds the 4-bit values exactly.

    Reading the GGUF takes half a minute, reading the result a few seconds. ValueError when there is not exactly
    one GGUF file, when it is another model, or when the package that reads it is missing.
    """
    found = sorted(source_folder.glob("*.gguf"))
    if len(found) != 1:
        raise ValueError(f"{source_folder}: {len(found)} GGUF files where one is wanted; fetch smollm2 again")
    name = found[0].name
    try:
        tokenizer = AutoTokenizer.from_pretrained(source_folder, gguf_file=name, local_files_only=True)
        quantised = AutoModelForCausalLM.from_pretrained(
            source_folder, gguf_file=name, local_files_only=True, **in_dtype(torch.float32)
        )
    except ImportError as error:
        raise ValueError(
            f"{found[0]}: a package that reads GGUF files is missing; pip install 'sightsound-bench[pocket]'"
        ) from error
    if len(tokenizer) != VOCABULARY or not tokenizer.chat_template:
        raise ValueError(f"{found[0]}: {len(tokenizer)} tokens or no chat template; this is no SmolLM2-Instruct")
    # transformers refuses to save a model that it read from a GGUF file, so its values go into a plain one.
    settings = quantised.config.to_dict()
    for key in ("quantization_config", "_name_or_path", "_model_name_or_path"):
        settings.pop(key, None)
    plain = LlamaForCausalLM(LlamaConfig.from_dict(settings))
    plain.load_state_dict(quantised.state_dict())
    plain.save_pretrained(target_folder)
    tokenizer.save_pretrained(target_folder)
