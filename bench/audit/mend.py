"""Makes torchvision and torchaudio importable beside a PyTorch for CPUs, in the environment that runs this file.

`python -m sightsound.bench.audit.mend`

Both packages come compiled against CUDA only. Beside a PyTorch without it torchaudio fails to load its library,
and torchvision registers kernels for operators that only its own library declares; then `import torchmetrics` and
half of transformers fail as well. What is done: torchaudio's compiled library is removed, without which it falls
back on PyTorch, and torchvision declares the two operators. Nothing here calls either. With CUDA nothing is done.
"""

from __future__ import annotations

import shutil
from importlib.util import find_spec
from pathlib import Path

MARK = "# Added by sightsound.bench.audit.mend"
DECLARED = f"""

{MARK}: the library that declares these operators links CUDA and was not loaded.
if not _has_ops():
    _declared = torch.library.Library("torchvision", "DEF")  # kept: its operators go with it
    for _name in ("nms", "qnms"):
        _declared.define(_name + "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
"""


def mend(torchvision: Path | None, torchaudio: Path | None) -> list[str]:
    """Mend the two packages in their folders (None: not installed); what was done, empty when all is done already.

    Raises OSError where the folders cannot be written.
    """
    done = []
    if torchaudio is not None and (library := torchaudio / "lib").is_dir():
        shutil.rmtree(library)
        done.append("torchaudio: its compiled library is removed, which links CUDA")
    if torchvision is not None:
        code = (torchvision / "extension.py").read_text(encoding="utf-8")
        if MARK not in code:
            (torchvision / "extension.py").write_text(code + DECLARED, encoding="utf-8")
            done.append("torchvision: declares the operators that its compiled library would")
    return done


def _folder(package: str) -> Path | None:
    spec = find_spec(package)
    return Path(spec.origin).parent if spec and spec.origin else None


def main() -> None:
    """Mend this environment, and say what was done."""
    import torch

    if torch.version.cuda is not None:
        print("PyTorch has CUDA: nothing to mend")
        return
    done = mend(_folder("torchvision"), _folder("torchaudio"))
    print("\n".join(done) if done else "nothing to mend")


if __name__ == "__main__":
    main()
