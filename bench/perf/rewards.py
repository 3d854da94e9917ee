"""`bench perf rewards`: what the metrics say of a run's outputs, and of the same outputs spoilt.

A copy that is worse than what a system made must not score better. Each kind of copy, those that
sightsound.bench.boards.rewards names, is made of the system's own outputs and scored as every system is. Which
clips are silent, noise, kept or exchanged is drawn several times.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from sightsound.bench.boards.rewards import SPOILS, Reward, compared
from sightsound.bench.core import registry, sound, store
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.length import USUAL
from sightsound.bench.core.types import Example, Generated, Report, Task, example_seed
from sightsound.bench.folders import kept
from sightsound.bench.stages import choose, outputs, reading, score
from sightsound.bench.stages.feature_set import FeatureSet
from sightsound.bench.stages.gather import gather
from sightsound.bench.stages.generate import generate
from sightsound.metrics.card import MetricCard

SHARE = 0.4  # of the clips that are silent, or noise
NOISE_RMS = 0.1  # about as loud as music
GAIN = 10.0  # 20 dB
PLAIN = "plain"

Samples = NDArray[np.float32]
Keys = Mapping[str, str]
"""Example id -> content key of what the system gives for it."""


def measure(
    folder: Path,
    *,
    draws: int = 5,
    metrics: Sequence[str] = (),
    device: str = "cpu",
    mirror: Path | None = None,
    report: Report = lambda what, done, total: None,
) -> list[Reward]:
    """Every system of a run under every metric that its run was scored with (or `metrics`), ranks left out.

    `draws`: copies of each kind that chance decides. BenchError for a folder without a scored run of a task that
    makes music.
    """
    plan = store.read_plan(folder)
    if plan is None:
        raise BenchError(f"{folder}: holds no run; make one with `bench run`")
    task = registry.task(plan["task"])
    if task.output != "audio":
        raise BenchError(f"{folder}: is a run of {task.name}; what is rewarded is measured where music is made")
    cards = [registry.metric(name, task) for name in metrics or plan["metrics"]]
    cards = [card for card in cards if card.kind != "ranked" and not reading.reads_corpus(card)]
    cards = [card for card in cards if not any(need.note for need in card.needs)]  # copies of files have none
    split = kept.split_of(folder, plan, mirror, report)
    ours = {system.label for system in registry.reference_systems()}
    labels = [label for label in plan["systems"] if label not in ours]
    found: list[Reward] = []
    for done, label in enumerate(labels):
        report("systems", done, len(labels))
        files = _files(folder, choose.given(label))
        with TemporaryDirectory() as below:
            made = _made(Path(below), files, split.examples, task)
            length = plan.get("length", USUAL)
            stored = gather(Path(below), made, split, task, cards, device=device, mirror=mirror, length=length)
            values = _values(stored, cards, task, draws)
        found += _rewards(values, cards, label, task, split.label, len(files))
        report("systems", done + 1, len(labels))
    return found


def _files(folder: Path, system: registry.System) -> dict[str, Path]:
    """The system's outputs by example id, those that it did not fail on."""
    at = outputs.place(folder, system)
    found = {example: at / made.path for example, made in outputs.journal(folder, system).items() if made.path}
    if len(found) < 2:
        raise BenchError(f"{folder}: {system.label} has {len(found)} outputs; it takes 2 or more")
    return found


class _Changed:
    """A model that gives changed copies of files."""

    def __init__(self, files: Mapping[str, Path], change: Callable[[Samples, str], Samples] | None) -> None:
        self.files, self.change = files, change

    def generate(self, examples: Sequence[Example], seed: int) -> Iterator[Generated]:
        """See sightsound.bench.core.types.Model."""
        for example in examples:
            path = self.files[example.id]
            if self.change is None:
                yield Generated(example.id, path=path)
            else:
                samples, rate_hz = sound.decode_audio(path, 0.0, sound.MAX_AUDIO_S)
                yield Generated(example.id, audio=self.change(samples.T, example.id), rate_hz=rate_hz)


def _noise(samples: Samples, example: str) -> Samples:
    noise = np.random.default_rng(example_seed(0, example)).standard_normal(samples.shape)
    return (NOISE_RMS * noise).astype(np.float32)


CHANGES: dict[str, Callable[[Samples, str], Samples] | None] = {
    PLAIN: None,
    "silence": lambda samples, example: np.zeros_like(samples),
    "noise": _noise,
    "louder": lambda samples, example: np.clip(GAIN * samples, -1, 1),
    "quieter": lambda samples, example: samples / GAIN,
}
"""What is done to every clip `[channels, samples]`; the other copies are put together from these."""


def _made(
    folder: Path, files: Mapping[str, Path], examples: Sequence[Example], task: Task
) -> list[registry.System]:
    """The copies as systems whose outputs lie in a run folder."""
    there = [example for example in examples if example.id in files]
    systems = []
    for name, change in CHANGES.items():
        system = choose.given(name)
        made = generate(
            *(system, task, there, outputs.place(folder, system)),
            partial(_Changed, files, change),
            seed=0,
        )
        if failed := [f"{each.id}: {each.error}" for each in made.values() if each.error]:
            raise BenchError(f"a copy cannot be made: {failed[0]}")
        systems.append(system)
    return systems


def _values(
    stored: FeatureSet, cards: Sequence[MetricCard], task: Task, draws: int
) -> dict[str, dict[str, list[float]]]:
    """Metric -> kind of copy, PLAIN among them -> value of each copy."""
    copies: dict[str, Keys] = {kind: stored.outputs[kind] for kind in (PLAIN, "louder", "quieter")}
    there = [example for example in stored.examples if example.id in stored.outputs[PLAIN]]
    for draw in range(draws):
        for kind, keys in drawn(there, stored.outputs, task.reference, draw).items():
            copies[f"{kind}:{draw}"] = keys
    systems = [choose.given(name) for name in copies]
    spoilt = replace(stored, examples=there, outputs=copies, facts={name: {"run": ""} for name in copies})
    rows = score.score(spoilt, systems, cards, task.name).rows
    found: dict[str, dict[str, list[float]]] = {}
    for row in rows:
        found.setdefault(row.metric, {}).setdefault(row.model, []).append(row.value)
    return found


def drawn(
    examples: Sequence[Example], made: Mapping[str, Keys], reference: str, draw: int
) -> dict[str, dict[str, str]]:
    """Kinds of copy that chance decides, for one draw: kind -> what each example gets.

    `made`: PLAIN, `silence`, `noise` -> example id -> content key. Mispaired: examples of one reference lie side
    by side and all move on by the size of the largest tie, so that nobody meets its own reference while that is
    possible.
    """
    rng = np.random.default_rng(draw)
    plain = made[PLAIN]
    names = [example.id for example in examples]
    order = [names[place] for place in rng.permutation(len(names))]
    spoilt = set(order[: round(SHARE * len(order))])
    ties: dict[str, list[str]] = {}
    by_name = {example.id: example for example in examples}
    for name in order:
        ties.setdefault(by_name[name].reference_group or str(getattr(by_name[name], reference)), []).append(name)
    circle = [name for tied in ties.values() for name in tied]
    shift = min(max(map(len, ties.values())), max(len(circle) // 2, 1))
    return {
        "silence": {name: made["silence"][name] if name in spoilt else plain[name] for name in names},
        "noise": {name: made["noise"][name] if name in spoilt else plain[name] for name in names},
        "one_clip": dict.fromkeys(names, plain[order[0]]),
        "mispaired": {name: plain[circle[(at + shift) % len(circle)]] for at, name in enumerate(circle)},
    }


def _rewards(
    values: Mapping[str, Mapping[str, Sequence[float]]],
    cards: Sequence[MetricCard],
    label: str,
    task: Task,
    split: str,
    n: int,
) -> list[Reward]:
    found = []
    for card in cards:
        (value,) = values[card.name][PLAIN]
        for spoil in SPOILS:
            copies = values[card.name][spoil]
            known = [each for each in copies if not np.isnan(each)]
            better, worse = compared(value, copies, higher_is_better=card.higher_is_better)
            found.append(
                Reward(
                    task=task.name,
                    split=split,
                    metric=card.name,
                    version=card.version,
                    higher_is_better=card.higher_is_better,
                    system=label,
                    spoil=spoil,
                    value=value,
                    spoilt=float(np.mean(known)) if known else np.nan,
                    better=better,
                    worse=worse,
                    draws=len(copies),
                    n=n,
                )
            )
    return found
