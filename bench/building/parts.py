"""The captioners and chat models that a builder can be told to use, by name, and how they are loaded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sightsound.bench import assets
from sightsound.bench.core import registry
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.types import Report


@dataclass(frozen=True)
class Part:
    """A captioner, or a chat model."""

    name: str
    """What the option calls it."""
    entry: str
    """`package.module:callable`, called as callable(device, folder of the asset, **options)."""
    asset: str
    """The asset that holds its weights; empty for a model at an address."""
    description: str
    """One line."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Keyword arguments of the entry."""
    all_weights: bool = False
    """The entry takes {asset: folder} in place of the folder."""
    sees: bool = True
    """It is given the picture; else texts only."""


_GREEDY = {"decoding": {"max_new_tokens": 32}}
_SMALL_SAMPLING = {"temperature": 0.7, "top_k": 40, "repetition_penalty": 1.1, "max_new_tokens": 96}
_LABELS = Part(
    "labels",
    "sightsound.baselines.parts.captioners:Labels",
    "efficientnet_lite0",
    "pocket: the surest ImageNet labels in a sentence; hears no question",
    all_weights=True,
)
_BLIP2 = Part("blip2", "sightsound.baselines.parts.blip2:Blip2", "blip2_flan_t5_xl", "BLIP-2 with FLAN-T5-XL")
_QWEN2_VL = Part(
    "qwen2_vl", "sightsound.baselines.parts.qwen2_vl:Qwen2VL", "qwen2_vl_7b_instruct", "Qwen2-VL-7B-Instruct"
)
_QWEN = Part(
    "qwen2_5_7b_instruct",
    "sightsound.baselines.parts.chat:LocalChat",
    "qwen2_5_7b_instruct",
    "Qwen2.5-7B-Instruct; is not shown the picture",
    sees=False,
)
_MISTRAL = Part(
    "mistral_7b_instruct",
    "sightsound.baselines.parts.chat:LocalChat",
    "mistral_7b_instruct",
    "Mistral-7B-Instruct; is not shown the picture",
    sees=False,
)
_OPENAI = Part(
    "openai",
    "sightsound.baselines.parts.remote:RemoteChat",
    "",
    "the model --llm-model at the OpenAI-compatible address --llm-url; is not shown the picture",
    sees=False,
)
_SMOLLM2 = Part(
    "smollm2",
    "sightsound.baselines.parts.chat:LocalChat",
    "smollm2",
    "pocket: SmolLM2-135M-Instruct; is not shown the picture",
    _SMALL_SAMPLING,
    sees=False,
)
_SMOLLM2_MUSIC = Part(
    "smollm2",
    "sightsound.baselines.mozart.bridges:pocket_chat",
    "smollm2",
    "pocket: SmolLM2-135M-Instruct, its answer begun for it, the most musical of four; is not shown the picture",
    sees=False,
)


def _by_name(*parts: Part) -> dict[str, Part]:
    return {part.name: part for part in parts}


CAPTIONERS = _by_name(
    _LABELS,
    Part("blip_base", "sightsound.baselines.parts.captioners:Blip", "blip_base", "BLIP-base", _GREEDY),
    Part("blip_large", "sightsound.baselines.parts.captioners:Blip", "blip_large", "BLIP-large", _GREEDY),
    _BLIP2,
    _QWEN2_VL,
)
"""Write a sentence about a picture: `.caption(pictures)`."""
VIEWERS = _by_name(_LABELS, _BLIP2, _QWEN2_VL)
"""Answer questions about a picture: `.ask(pictures, questions)`; `labels` only has its one sentence."""
COMPOSERS = _by_name(_QWEN2_VL, _SMOLLM2_MUSIC, _QWEN, _MISTRAL, _OPENAI)
"""Describe music for a scene: `.ask`, or `.answer(turns, contents, seeds)` of those that do not see."""
CHATS = _by_name(_SMOLLM2, _MISTRAL, _QWEN, _OPENAI)
"""Answer conversations: `.answer(turns, contents, seeds)`."""


def find(role: str, name: str, parts: Mapping[str, Part]) -> Part:
    """The part of that name. Raises UnknownNameError with those that there are."""
    if name not in parts:
        raise registry.unknown(role, name, parts)
    return parts[name]


def signature(part: Part, mirror: Path | None, llm_url: str, llm_model: str) -> str:
    """What decides its answers: entry, options and the digest of the weights, which are fetched. Raises BenchError
    for a model at an address without one."""
    if not part.asset:
        if not (llm_url and llm_model):
            raise BenchError(f"{part.name}: give its address with --llm-url and the model's name with --llm-model")
        return f"{part.name}:{llm_model}@{llm_url}"
    assets.fetch(part.asset, mirror)
    options = "".join(f"+{key}={value}" for key, value in sorted(part.options.items()))
    return f"{part.entry}{options}:{part.asset}@{assets.digest(part.asset, mirror)[:12]}"


def loader(
    part: Part, device: str, mirror: Path | None, report: Report, llm_url: str = "", llm_model: str = ""
) -> Callable[[], Any]:
    """Gives the loaded part, loading it on the first call. Raises BenchError for weights that do not load."""
    loaded: list[Any] = []

    def get() -> Any:
        if not loaded:
            entry = registry.load(part.entry)
            try:
                if not part.asset:
                    loaded.append(entry(llm_url, llm_model))
                    return loaded[0]
                folder = assets.fetch(part.asset, mirror, report)
                loaded.append(entry(device, {part.asset: folder} if part.all_weights else folder, **part.options))
            except (ValueError, OSError) as error:
                raise BenchError(f"{part.name}: {' '.join(str(error).split())}") from error
        return loaded[0]

    return get
