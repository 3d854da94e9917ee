"""From pickles whose sha256 is pinned to safetensors, file by file: what `Asset.convert` names for them.

Runs where `bench/assets/convert.py` starts it: in a process of its own without network, on files whose digests
were checked. Pickles are read with `weights_only=True`.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from sightsound.metrics.networks.common.checkpoint import to_safetensors

PICKLES = (".bin", ".pt", ".pth")
INDEX = ".bin.index.json"  # of transformers' checkpoints in several files: which tensor lies in which


def convert(source: Path, target: Path) -> None:
    """Fill `target` with the files of `source`, the pickles among them as safetensors under transformers' names.

    What `target` has already is kept, each file whole: a conversion that was stopped goes on. ValueError for a
    pickle that holds more than tensors.
    """
    for path in sorted(path for path in source.rglob("*") if path.is_file()):
        made = target / safe_name(path.relative_to(source).as_posix())
        if made.exists():
            continue
        made.parent.mkdir(parents=True, exist_ok=True)
        part = made.with_name(f".{made.name}.part")
        if path.suffix in PICKLES:
            to_safetensors(path, part)
        elif path.name.endswith(INDEX):
            part.write_text(json.dumps(_renamed(json.loads(path.read_text(encoding="utf-8")))), encoding="utf-8")
        else:
            shutil.copyfile(path, part)
        part.replace(made)


def safe_name(name: str) -> str:
    """What a file is called once it is converted: `pytorch_model.bin` becomes `model.safetensors`."""
    folder, _, last = name.rpartition("/")
    if last.endswith(INDEX):
        last = f"{last.removesuffix(INDEX)}.safetensors.index.json"
    elif last.endswith(PICKLES):
        last = f"{last.rpartition('.')[0]}.safetensors"
    else:
        return name
    last = last.removeprefix("pytorch_") if last.startswith("pytorch_model") else last
    return f"{folder}/{last}" if folder else last


def _renamed(index: dict[str, object]) -> dict[str, object]:
    shards = index["weight_map"]
    assert isinstance(shards, dict)
    return index | {"weight_map": {tensor: safe_name(shard) for tensor, shard in shards.items()}}
