"""Published folders under versions of transformers that call things differently."""

from __future__ import annotations

import pytest
import torch
from transformers import BertConfig, BertModel

from sightsound.metrics.networks.common import pretrained
from sightsound.metrics.networks.joint import pe_av_weights


@pytest.mark.parametrize(("version", "name"), [((4, 51), "torch_dtype"), ((4, 56), "dtype"), ((5, 0), "dtype")])
def test_the_type_of_the_weights_has_the_name_of_the_version(monkeypatch, version, name):
    monkeypatch.setattr(pretrained, "VERSION", version)
    assert pretrained.in_dtype(torch.float16) == {name: torch.float16}


def test_the_type_of_the_weights_is_what_was_asked_for(tmp_path):
    BertModel(BertConfig(hidden_size=8, num_hidden_layers=1, num_attention_heads=1, vocab_size=9)).save_pretrained(
        tmp_path
    )
    for dtype in (torch.float32, torch.float16):
        assert BertModel.from_pretrained(tmp_path, **pretrained.in_dtype(dtype)).dtype == dtype


def test_a_folder_without_a_tokenizer_is_told(tmp_path):
    with pytest.raises(ValueError, match="vocabulary of 0 tokens, not 7: fetch it again"):
        pretrained.tokenizer_of(tmp_path, 7)


@pytest.mark.parametrize("modality", ["audio", "video", "text"])
def test_pe_av_says_which_library_it_needs(monkeypatch, tmp_path, modality):
    monkeypatch.setattr(pe_av_weights, "VERSION", (4, 57))
    with pytest.raises(ValueError, match=r"PE-AV needs transformers 5 or newer, here is 4\.57") as caught:
        pe_av_weights.load_tower(tmp_path, modality)
    assert "\n" not in str(caught.value)
