"""What musicnn hears in the pocket composer's pieces: `python -m tests.listen` prints docs/composer.md's table."""

from __future__ import annotations

import numpy as np
import soxr

from sightsound.baselines.composer import Composer
from sightsound.bench import assets
from sightsound.metrics.networks.pocket import musicnn

PROMPTS = (
    "A slow, sad and melancholic piano ballad with mournful strings",
    "Energetic, driving rock with heavy electric guitars, bass and pounding drums",
    *(
        "orchestral film score",
        "classical chamber music",
        "ambient",
        "folk",
        "jazz",
        "blues",
        "heavy metal",
        "pop",
    ),
    *("funk", "electronic", "hip hop", "reggae", "latin", "r&b soul", "country", "new age"),
)
SEEDS = (0, 1, 2)


def largest(probabilities: np.ndarray, tags: tuple[str, ...]) -> str:
    """The three surest tags."""
    order = np.argsort(-probabilities)[:3]
    return ", ".join(f"{tags[index]} {probabilities[index]:.2f}" for index in order)


def main() -> None:
    """Print the table."""
    composer = Composer("cpu", {"soundfont": assets.fetch("soundfont")})
    weights = {"musicnn": assets.fetch("musicnn")}
    networks = (
        (musicnn.load_msd(weights, "cpu"), musicnn.MSD_TAGS),
        (musicnn.load_mtt(weights, "cpu"), musicnn.MTT_TAGS),
    )
    print("| prompt | MSD | MTT |\n|---|---|---|")
    for prompt in PROMPTS:
        pieces = composer.generate([prompt] * len(SEEDS), SEEDS, 10.0)
        clips = [soxr.resample(piece.mean(axis=0), composer.rate_hz, 16000) for piece in pieces]
        heard = []
        for network, tags in networks:
            logits = np.concatenate([found["logits"] for found in network(clips)])
            heard.append(largest((1 / (1 + np.exp(-logits))).mean(axis=0), tags))
        print(f"| {prompt} | {' | '.join(heard)} |")


if __name__ == "__main__":
    main()
