"""A training that can be resumed: AdamW, the next batch loaded while one is trained on, its state in a folder.

Random draws depend on the seed and the step alone, so that a resumed training ends with the same weights as an
uninterrupted one.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from sightsound.bench.core.media import MediaError
from sightsound.bench.core.types import Example, Report, example_seed

STATE, LOSSES, FACTS = "training.safetensors", "losses.csv", "training.json"
CLIP_NORM = 1.0  # longer gradients are shortened to this


@dataclass(frozen=True)
class Plan:
    """The settings of a training; it can only be resumed with the same."""

    system: str
    """Family and variant."""
    data: str
    """What it is trained on."""
    steps: int
    """Number of batches."""
    batch: int
    """Examples a step."""
    rate: float
    """AdamW's learning rate."""
    seed: int = 0
    """Seed of the initial weights and of all draws."""
    more: str = ""
    """The family's own settings."""


Load = Callable[[Example], Any]
"""Example -> what the loss takes; ValueError or MediaError where the example cannot be used."""
Loss = Callable[[Sequence[Any], torch.Generator], Tensor]
"""(batch, generator) -> mean loss; random numbers come from the generator, on the CPU."""


class Trainer:
    """A training in a folder, new or resumed."""

    def __init__(
        self, folder: Path, plan: Plan, network: nn.Module, examples: Sequence[Example], load: Load, loss: Loss
    ) -> None:
        """Trains the parameters of `network` that require a gradient. ValueError where the folder holds another
        training."""
        self.folder, self.plan, self.examples = folder, plan, examples
        self.load, self.loss = load, loss
        self.device = next(network.parameters()).device
        self.trained = {name: value for name, value in network.named_parameters() if value.requires_grad}
        self.optimizer = torch.optim.AdamW(self.trained.values(), lr=plan.rate)
        self.step = 0
        self.left_out: dict[str, str] = {}
        """Why an example could not be used, by id."""
        folder.mkdir(parents=True, exist_ok=True)
        if (folder / STATE).is_file():
            self._resume(folder / STATE)

    def run(self, weights: Path, save: Callable[[Path], None], save_every: int, report: Report) -> None:
        """Train to the plan's last step. Every `save_every` steps and at the end `save` writes the weights
        into the folder `weights`, as `bench run` reads them; then the state for resuming is written."""
        lines: list[str] = []
        with ThreadPoolExecutor(1) as pool:
            coming = pool.submit(self._loaded, self.step)
            while self.step < self.plan.steps:
                items = coming.result()
                if self.step + 1 < self.plan.steps:
                    coming = pool.submit(self._loaded, self.step + 1)
                lines.append(f"{self.step},{self._train_on(items):.6g}\n")
                self.step += 1
                if self.step % save_every == 0 or self.step == self.plan.steps:
                    self._save(weights, save, lines)
                    lines = []
                report("training", self.step, self.plan.steps)

    def _loaded(self, step: int) -> list[Any]:
        """The step's examples, less those that cannot be used."""
        items = []
        for example in self._examples(step):
            try:
                items.append(self.load(example))
            except (MediaError, ValueError) as error:
                self.left_out[example.id] = " ".join(str(error).split())
        return items

    def _examples(self, step: int) -> list[Example]:
        """The step's examples; each epoch goes through all of them in a new order."""
        epoch, place = divmod(step, -(-len(self.examples) // self.plan.batch))
        generator = torch.Generator().manual_seed(example_seed(self.plan.seed, f"epoch {epoch}"))
        order = torch.randperm(len(self.examples), generator=generator).tolist()
        return [self.examples[at] for at in order[place * self.plan.batch : (place + 1) * self.plan.batch]]

    def _train_on(self, items: Sequence[Any]) -> float:
        """Train one step; returns its loss. NaN for an empty batch, ValueError where no example at all can be
        used."""
        if not items:
            if len(self.left_out) == len(self.examples):
                name, why = next(iter(self.left_out.items()))
                raise ValueError(f"no example can be trained on; one: {name}: {why}")
            return math.nan
        seed = example_seed(self.plan.seed, f"step {self.step}")
        with torch.random.fork_rng():
            torch.manual_seed(seed)  # dropout draws from torch's global generator
            with torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda"):
                loss = self.loss(items, torch.Generator().manual_seed(seed))
            self.optimizer.zero_grad()
            loss.backward()
        nn.utils.clip_grad_norm_(self.trained.values(), CLIP_NORM)
        self.optimizer.step()
        return loss.item()

    def _save(self, weights: Path, save: Callable[[Path], None], lines: Sequence[str]) -> None:
        """Write the losses, the weights and, last, the state for resuming."""
        with (self.folder / LOSSES).open("a", encoding="utf-8") as file:
            file.writelines(lines)
        save(weights)
        facts = {"steps": self.step, "plan": asdict(self.plan), "left_out": dict(self.left_out)}
        (weights / FACTS).write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
        state: dict[str, Tensor] = {}
        for name, parameter in self.trained.items():
            state[f"value/{name}"] = parameter
            state |= {f"{key}/{name}": value for key, value in self.optimizer.state[parameter].items()}
        # under one key: safetensors writes several keys in any order
        known = {"step": self.step, "plan": asdict(self.plan)}
        save_whole(state, self.folder / STATE, {"training": json.dumps(known)})

    def _resume(self, path: Path) -> None:
        """Resume from the state in a file. ValueError where it is another training's or damaged."""
        try:
            with safe_open(path, "pt") as file:
                known = json.loads((file.metadata() or {}).get("training", "{}"))
                state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        except (SafetensorError, OSError) as error:
            raise ValueError(f"{path} is damaged ({error}): remove it to begin anew") from error
        ours, theirs = asdict(self.plan), known.get("plan", {})
        for name, value in ours.items():
            if theirs.get(name) != value:
                raise ValueError(
                    f"{path} is another training's ({name}: {theirs.get(name)}, not {value}): give another --out"
                )
        if {name.partition("/")[2] for name in state} != self.trained.keys():
            raise ValueError(f"{path} holds another network: give another --out")
        self.step = int(known["step"])
        with torch.no_grad():
            for name, parameter in self.trained.items():
                parameter.copy_(state[f"value/{name}"])
                moments = {key: state[f"{key}/{name}"] for key in _MOMENTS if f"{key}/{name}" in state}
                self.optimizer.state[parameter] = {
                    key: value if key == "step" else value.to(self.device) for key, value in moments.items()
                }
        losses = self.folder / LOSSES
        lines = losses.read_text(encoding="utf-8").splitlines(keepends=True) if losses.is_file() else []
        losses.write_text(
            "".join(lines[: self.step]), encoding="utf-8"
        )  # a killed training may have logged steps after its last state


_MOMENTS = ("step", "exp_avg", "exp_avg_sq")


def save_whole(tensors: Mapping[str, Tensor], path: Path, metadata: Mapping[str, str] | None = None) -> None:
    """Write a safetensors file at once: a killed write leaves the file as it was."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}")
    on_cpu = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
    save_file(on_cpu, temporary, dict(metadata or {}) or None)
    temporary.replace(path)
