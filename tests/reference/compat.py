"""Makes the reference packages importable on a CPU and without a network. Import it before any of them.

What stands in their way, found by trying (the versions are in requirements.txt):

- torchvision registers kernels for operators that only its compiled, CUDA-linked library declares.
- pytorchvideo, which imagebind needs, imports a torchvision module that was since given an underscore.
- laion_clap fetches tokenizers and a text tower at import and at construction; offline it must be told so,
  and the tower is made here from its published sizes, to be filled with seeded weights.
- torchaudio's compiled library links CUDA too; setup.sh removes it, and torchaudio then does without.
"""

from __future__ import annotations

import os
import sys
from typing import Any
from unittest import mock

os.environ["HF_HUB_OFFLINE"] = "1"  # read when huggingface_hub is imported
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import torch

OPERATORS = "nms", "qnms"
if torch.version.cuda is None:
    _declared = torch.library.Library("torchvision", "DEF")  # kept: its operators go with it
    for _name in OPERATORS:
        _declared.define(f"{_name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")

from torchvision.transforms import _functional_tensor  # noqa: E402

sys.modules["torchvision.transforms.functional_tensor"] = _functional_tensor


def clap(audio_tower: str, **options: Any) -> Any:
    """A `laion_clap.CLAP_Module` with random weights; `audio_tower` is `HTSAT-tiny` or `HTSAT-base`.

    Its tokenizer is worthless: offline transformers hands out a vocabulary of five tokens and says nothing.
    Give the text tower token ids.
    """
    import laion_clap
    from transformers import RobertaConfig, RobertaModel

    published = RobertaConfig(
        vocab_size=50265, max_position_embeddings=514, type_vocab_size=1, layer_norm_eps=1e-5
    )
    with mock.patch.object(RobertaModel, "from_pretrained", lambda name: RobertaModel(published)):
        return laion_clap.CLAP_Module(amodel=audio_tower, device="cpu", **options)
