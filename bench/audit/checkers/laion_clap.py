"""laion-clap: the whole way from files of music and texts to the cosine, with the published checkpoint."""

from __future__ import annotations

from pathlib import Path
from typing import Any

PACKAGE = "laion-clap"
SERVES = {"clap": "CLAP_Module, from the files"}
BATCH = 8  # clips or texts at once
MADE = "spectrogram_extractor", "logmel_extractor", "attn_mask"  # no weights: constants of the package
ROBERTA: Any = {"vocab_size": 50265, "max_position_embeddings": 514, "type_vocab_size": 1, "layer_norm_eps": 1e-5}


def compute(formula: str, given: Any) -> float:
    """Mean cosine of `generated` and `reference`, lists of paths or texts; the options `generated` and `reference`
    say which (`audio` or `text`), `file` is the checkpoint in the folder `weights`, `tower` and `fusion` its size,
    `tokenizer` the folder of RoBERTa's tokenizer."""
    import numpy as np

    module = _module(given)
    x, y = (_embeddings(module, given, side) for side in ("generated", "reference"))
    norms = np.linalg.norm(x, axis=1) * np.linalg.norm(y, axis=1)
    return float(((x * y).sum(axis=1) / norms).mean())


def _embeddings(module: Any, given: Any, side: str) -> Any:
    import numpy as np

    audio = given.options[side] == "audio"
    embed = module.get_audio_embedding_from_filelist if audio else module.get_text_embedding
    items = given.lists[side]
    found = [embed(items[start : start + BATCH]) for start in range(0, len(items), BATCH)]
    return np.concatenate(found).astype(np.float64)


def _module(given: Any) -> Any:
    """The package's module with the checkpoint. Its text tower and tokenizer, which it would fetch from the hub,
    are made from their published sizes and files."""
    from unittest import mock

    import laion_clap
    from transformers import AutoTokenizer, RobertaConfig, RobertaModel, RobertaTokenizer

    state = _state(Path(given.weights) / given.options["file"])
    blocks = {name.split(".")[3] for name in state if name.startswith("text_branch.encoder.layer.")}
    tower = RobertaModel(RobertaConfig(num_hidden_layers=len(blocks), **ROBERTA))
    words = given.options["tokenizer"]  # empty where both sides are music
    texts = AutoTokenizer.from_pretrained(words, local_files_only=True) if words else None
    with mock.patch.object(RobertaModel, "from_pretrained", lambda name: tower), mock.patch.object(
        RobertaTokenizer, "from_pretrained", lambda name: texts
    ):
        module = laion_clap.CLAP_Module(
            amodel=given.options["tower"], enable_fusion=bool(given.options["fusion"]), device="cpu"
        )
    wanted = module.model.state_dict()
    state = {name: state.get(name) if not any(part in name for part in MADE) else wanted[name] for name in wanted}
    if lacking := [name for name in wanted if state[name] is None]:
        raise ValueError(given.options["file"] + " lacks " + lacking[0])
    module.model.load_state_dict(state)
    return module


def _state(path: Path) -> Any:
    """The tensors, less a leading `module.`; the asset store has checked the file's sha256."""
    import numpy as np
    import torch

    if path.suffix == ".safetensors":
        from safetensors.torch import load_file

        return load_file(path)
    scalar: Any = np.float64().__reduce__()[0]
    names = [(scalar, module + ".multiarray.scalar") for module in ("numpy.core", "numpy._core")]
    with torch.serialization.safe_globals([*names, np.dtype, np.dtypes.Float64DType]):
        found = torch.load(path, map_location="cpu", weights_only=True)
    found = found.get("state_dict", found)
    return {name[len("module.") :] if name.startswith("module.") else name: found[name] for name in found}
