"""python -m tests.statistics.crossed: how often intervals of mean ratings hold the truth, by simulation.

A rating is the system's mean + the rater's own bent + the example's own difficulty + chance, put on its scale.
Truth is the mean over all raters and examples, here over 200,000 draws.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

import numpy as np

from sightsound.metrics.statistics import crossed


@dataclass(frozen=True)
class Study:
    """Who rates how much."""

    raters: int
    examples: int
    each: int
    """Examples that a rater rates, drawn anew for each."""


STUDIES = (Study(10, 20, 20), Study(20, 50, 50), Study(125, 20, 3), Study(8, 8, 8), Study(30, 40, 10))
SPREADS = {
    "even": (0.5, 0.5, 0.7),
    "raters": (0.8, 0.2, 0.7),
    "examples": (0.2, 0.8, 0.7),
    "chance": (0.0, 0.0, 1.0),
}
"""Standard deviation of raters, examples, chance."""
SCALES = {"1-5": (1, 5), "0-1": (0, 1)}


def ratings(scale: str, rater: np.ndarray, example: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """Answers on a scale: rounded where it has steps, a choice where it is 0 or 1."""
    if scale == "0-1":
        return (0.3 + rater + example + noise > 0).astype(np.float64)
    least, most = SCALES[scale]
    return np.clip(np.round(3.4 + rater + example + noise), least, most)


def held(study: Study, spread: str, scale: str, repetitions: int) -> tuple[float, float]:
    """Share of repetitions whose interval holds the truth, and the mean width."""
    of_rater, of_example, of_chance = SPREADS[spread]
    rng = np.random.default_rng([study.raters, study.examples, study.each, *map(ord, spread + scale)])
    many = rng.standard_normal((3, 200_000))
    truth = ratings(scale, many[0] * of_rater, many[1] * of_example, many[2] * of_chance).mean()
    inside, widths = 0, []
    for _ in range(repetitions):
        bent, hard = rng.standard_normal(study.raters) * of_rater, rng.standard_normal(study.examples) * of_example
        rater = np.repeat(np.arange(study.raters), study.each)
        example = np.concatenate([rng.permutation(study.examples)[: study.each] for _ in range(study.raters)])
        noise = rng.standard_normal(len(rater)) * of_chance
        values = ratings(scale, bent[rater], hard[example], noise)
        found = crossed.estimate(values, rater.astype(str).tolist(), example.astype(str).tolist())
        inside += bool(found.low <= truth <= found.high)
        widths.append(found.high - found.low)
    return inside / repetitions, float(np.mean(widths))


def main(repetitions: int) -> None:
    """Print the table."""
    print("| raters | examples | each rates | scale | spread of | held | width |\n|---|---|---|---|---|---|---|")
    for study in STUDIES:
        for scale in SCALES:
            for spread in SPREADS:
                share, width = held(study, spread, scale, repetitions)
                cells = (
                    study.raters,
                    study.examples,
                    study.each,
                    scale,
                    spread,
                    f"{100 * share:.1f}",
                    f"{width:.2f}",
                )
                print("| " + " | ".join(map(str, cells)) + " |", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
