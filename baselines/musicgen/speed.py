"""How fast MusicGen of random weights generates: a batch against one by one, our steps against transformers' loop.

No checkpoint is needed, for a time doesn't depend on the weights. What the text says is drawn too, so that the
text encoder, which takes little of the time, has no part in it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from sightsound.baselines.parts.musicgen import MusicGen
from sightsound.baselines.parts.musicgen_steps import Decoder

TOLD = 32  # tokens of a prompt
BOOKS = 4


class Size(NamedTuple):
    """A decoder and its codec."""

    name: str
    """For people."""
    layers: int
    width: int
    heads: int
    codes: int
    """Codes of a codebook."""
    filters: int
    """Channels of the codec's first layer."""
    hidden: int
    """Of the codec, also of a code."""


SMALL = Size("MusicGen-small", layers=24, width=1024, heads=16, codes=2048, filters=64, hidden=128)
"""As facebook/musicgen-small is published."""
TINY = Size("MusicGen of 2 layers x 32", layers=2, width=32, heads=4, codes=64, filters=4, hidden=16)


class Speed(NamedTuple):
    """Seconds for a clip."""

    alone_s: float
    """One example at a time."""
    batched_s: float
    """In a batch."""
    loop_s: float
    """In the same batch by transformers' own loop."""
    apart: float
    """Largest difference between the sounds of the loop and of our steps. Tokens are drawn: on a card, where sums
    have another order, one that falls otherwise changes all that follows."""


def random_musicgen(size: Size, device: str) -> MusicGen:
    """MusicGen of that size, by recorded steps on every device."""
    from transformers import (
        EncodecConfig,
        GenerationConfig,
        MusicgenConfig,
        MusicgenDecoderConfig,
        MusicgenForConditionalGeneration,
        T5Config,
    )

    text = T5Config(vocab_size=100, d_model=size.width, d_kv=8, d_ff=32, num_layers=1, num_heads=1)
    audio = EncodecConfig(
        sampling_rate=32000,
        audio_channels=1,
        normalize=False,
        num_filters=size.filters,
        upsampling_ratios=[8, 5, 4, 4],  # their product is the 640 samples of a frame
        codebook_size=size.codes,
        hidden_size=size.hidden,
        codebook_dim=size.hidden,
        target_bandwidths=[BOOKS * 50 * (size.codes - 1).bit_length() / 1000],
        use_causal_conv=False,
    )
    decoder = MusicgenDecoderConfig(
        vocab_size=size.codes,
        num_codebooks=BOOKS,
        hidden_size=size.width,
        ffn_dim=4 * size.width,
        num_hidden_layers=size.layers,
        num_attention_heads=size.heads,
        pad_token_id=size.codes,
        bos_token_id=size.codes,
    )
    with torch.random.fork_rng(devices=[]), torch.device(device):
        torch.manual_seed(0)
        model: Any = MusicgenForConditionalGeneration(
            MusicgenConfig(text_encoder=text, audio_encoder=audio, decoder=decoder)
        )
        for layer in model.audio_encoder.quantizer.layers:
            layer.codebook.embed.normal_()  # zeros otherwise: every code would sound the same
    begins = dict.fromkeys(("decoder_start_token_id", "bos_token_id", "pad_token_id"), size.codes)
    model.generation_config = GenerationConfig(guidance_scale=3.0, **begins)
    system = MusicGen(device, None, model=model)
    system.steps = Decoder(model)
    return system


def measure(size: Size, device: str, batch: int, alone: int, seconds: float) -> Speed:
    """Generate `batch` clips together, as many by transformers' loop, and the first `alone` of them one by one."""
    system = random_musicgen(size, device)
    states = torch.randn((batch, TOLD, size.width), generator=torch.Generator().manual_seed(1))
    seeds = list(range(batch))

    def timed(places: Sequence[int], length_s: float = seconds) -> tuple[float, list[NDArray[np.float32]]]:
        begun = time.perf_counter()
        made = system.generate_from(states[list(places)], [seeds[place] for place in places], length_s)
        return (time.perf_counter() - begun) / len(places), made  # the sound is on the CPU: all is done

    timed(range(batch), 0.2)  # kernels and caches
    timed([0], 0.2)
    batched_s, ours = timed(range(batch))
    alone_s = sum(timed([place])[0] for place in range(alone)) / alone
    system.steps = None
    timed(range(batch), 0.2)
    loop_s, theirs = timed(range(batch))
    apart = max(float(np.abs(one - other).max()) for one, other in zip(ours, theirs, strict=True))
    return Speed(alone_s, batched_s, loop_s, apart)
