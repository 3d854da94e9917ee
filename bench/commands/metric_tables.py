"""The metrics at a glance, and one in full."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from textwrap import fill

from sightsound.bench import assets
from sightsound.bench.boards import explained, rewards
from sightsound.bench.core import console, registry
from sightsound.bench.stages import reading
from sightsound.metrics.card import ExtractorCard

COLUMNS: dict[str, dict[str, str]] = {  # heading -> formula -> its mark
    "FAD/FID": {"fad": "y", "fid": "y", "fad_corrected": "c"},
    "per song": {"per_song_fad": "y"},
    "KAD": {"kad": "y"},
    "KID": {"kid": "y"},
    "P R D C": {"precision": "P", "recall": "R", "density": "D", "coverage": "C"},
    "KL": {"kl": "y", "kl_by_frame": "y", "kl_sigmoid": "s"},
    "IS": {"inception_score": "y"},
    "div": {"diversity": "y"},
    "cosine": {"cosine_reference": "r", "cosine_image": "i", "cosine_text": "t"},
    "rank": {"rank_reference": "r", "rank_image": "i", "rank_text": "t"},
    "CLIPScore": {"clip_score": "y"},
    "R@k": {"image_to_music_r1": "m", "music_to_image_r1": "i"},
}
WIDE = 41  # of the first column: the matrix fits a screen of 120
NOTES = """A metric is a formula over a network, named <formula>_<network>: fad_mert_95m, kad_clap,
precision_vggish. c: also fad_NETWORK_corrected; s: also kl_NETWORK_sigmoid; P R D C: precision, recall, density,
coverage. cosine and rank: of what was generated with the reference (r), the picture or video (i), the text (t).
R@k: music asked for by its picture (m), the picture by its music (i). div: diversity of the system's own outputs.
Names that papers know stay (fid, clap_score). `bench metrics NAME` explains one, `bench list metric`
lists all names, --json gives every card."""


def matrix(json: bool) -> None:
    """Formulas over networks, a line a network that what a system makes is measured with."""
    known = registry.metrics()
    if json:
        return console.as_json([asdict(card) for card in known.values()])
    lines: dict[tuple[str, ...], list[str]] = {}
    for network in registry.cards("network").values():
        marks = _marks(network, known.cells)
        if any(marks):
            lines.setdefault((network.modality, *marks), []).append(network.called or network.name)
    order = sorted(lines, key=lambda line: ("audio", "image", "text").index(line[0]))
    table = [(fill(_together(lines[line]), WIDE), *line) for line in order]
    console.listing(("network", "of", *COLUMNS), table)
    own = [name for name in known if name not in known.cells.values()]
    legacy = [name for name in own if name.startswith("legacy.")]
    print(f"\nof their own: {' '.join(name for name in own if name not in legacy)}")
    print(f"as papers' code has it: {' '.join(legacy)}\n\n{NOTES}")


def _together(names: list[str]) -> str:
    """The names of networks that have the same metrics, those of one family behind its name."""
    families: dict[str, list[str]] = {}
    for name in names:
        stem = next((stem for stem in families if name.startswith(stem)), name)
        families.setdefault(stem, []).append(name.removeprefix(stem))
    return " ".join(stem + (f"{{{','.join(ends)}}}" if len(ends) > 1 else "") for stem, ends in families.items())


def _marks(network: ExtractorCard, cells: dict[tuple[str, str], str]) -> list[str]:
    return [
        "".join(dict.fromkeys(mark for formula, mark in marks.items() if (formula, network.name) in cells))
        for marks in COLUMNS.values()
    ]


def explain(name: str, mirror: Path | None, json: bool) -> None:
    """All that is known of one metric."""
    card = registry.metric(name)
    networks = [registry.extractor(each) for each in reading.extractors([card])]
    if json:
        return console.as_json(
            {
                **asdict(card),
                "networks": [asdict(network) for network in networks],
                "rewards": [asdict(each) for each in rewards.of(rewards.find(), card)],
            }
        )
    lines = explained.facts(card, rewards.find())
    for network in networks:
        lines[network.name] = f"{network.source}\n{network.licence}\nweights: {_weights(network, mirror)}"
    console.listing(("metric", card.name), [(key, text) for key, text in lines.items() if text])


def _weights(network: ExtractorCard, mirror: Path | None) -> str:
    """Whether what a network loads is here."""
    absent = [name for name in network.assets if assets.locate(name, mirror) is None]
    if absent:
        return f"not here; `bench assets fetch {' '.join(absent)}`"
    return "here" if network.assets else "needs none"
