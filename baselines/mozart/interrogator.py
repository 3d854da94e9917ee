"""The picture's caption as the authors' code of the paper's time (1a31fa6) makes it: clip-interrogator, a filter.

clip-interrogator 0.6.0 (pharmapsychotic, MIT), mode classic, with BLIP-base and CLIP ViT-H-14: to BLIP's sentence
it adds the medium, artist, site, movement and three flavours that CLIP puts nearest to the picture, as far as 77
tokens hold them. Of these the authors drop the artist and the site, which are "mostly guesses".
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sightsound.baselines.parts.captioners import Captioner, Picture
from sightsound.baselines.parts.clip_labels import Clip, Phrases
from sightsound.metrics.networks.common.clip_bpe import ClipBpe

ASSETS = ("blip_base", "clip_vit_h14", "clip_bpe", "clip_interrogator")
"""What it is made of."""
PATCH, DIM = 14, 1024  # of ViT-H-14
FLAVOURS = 3
SITES = (
    *("Artstation", "behance", "cg society", "cgsociety", "deviantart", "dribble", "flickr", "instagram"),
    *("pexels", "pinterest", "pixabay", "pixiv", "polycount", "reddit", "shutterstock", "tumblr", "unsplash"),
    "zbrush central",
)
"""The sites that clip-interrogator knows, in its order."""


class Interrogator:
    """See Captioner. Each caption depends on its own picture only."""

    def __init__(self, captioner: Captioner, clip: Clip, lists: Path) -> None:
        """`lists`: folder with the package's artists.txt, flavors.txt, mediums.txt and movements.txt."""
        artists = _lines(lists / "artists.txt")
        guesses = [f"{how} {artist}" for how in ("by", "inspired by") for artist in artists]
        ways = ("{}", "trending on {}", "featured on {}", "{} contest winner")
        self.captioner, self.clip = captioner, clip
        self.mediums = Phrases(_lines(lists / "mediums.txt"), clip)
        self.artists = Phrases(guesses, clip)
        self.sites = Phrases([way.format(site) for way in ways for site in SITES], clip)
        self.movements = Phrases(_lines(lists / "movements.txt"), clip)
        self.flavours = Phrases(_lines(lists / "flavors.txt"), clip)

    def caption(self, pictures: Sequence[Picture]) -> list[str]:
        """The filtered prompts, in order."""
        captions = self.captioner.caption(pictures)
        vectors = self.clip.pictures(pictures)
        tables = (self.mediums, self.artists, self.sites, self.movements)
        tops = zip(*(table.nearest(vectors, 1) for table in tables), strict=True)
        flavours = self.flavours.nearest(vectors, FLAVOURS)
        return [
            filtered(classic(caption, [top[0] for top in nearest], few, self.clip.tokens))
            for caption, nearest, few in zip(captions, tops, flavours, strict=True)
        ]


def classic(caption: str, nearest: Sequence[str], flavours: Sequence[str], tokens: ClipBpe) -> str:
    """clip-interrogator's prompt: parts are added as long as CLIP's 77 tokens are not full.

    `nearest`: medium, artist, site, movement."""
    medium, artist, site, movement = nearest
    named = f"{caption} {artist}" if caption.startswith(medium) else f"{caption}, {medium} {artist}"
    parts = ", ".join([named, site, movement, *flavours]).split(", ")
    prompt = parts[0]
    for part in parts[1:]:
        if tokens(prompt + part)[-1] != 0:  # it measures without the comma that it then writes
            break
        prompt += f", {part}"
    return prompt


def filtered(prompt: str) -> str:
    """The authors' filter: the second part up to ` by`, without the third, all others as they are.

    It counts parts, not what they are: a comma in BLIP's sentence makes it drop something else.
    """
    parts = prompt.split(", ")
    parts[1:2] = [part.split(" by")[0] for part in parts[1:2]]
    return ", ".join(parts[:2] + parts[3:])


def _lines(path: Path) -> list[str]:
    return [line.strip() for line in path.read_text(encoding="utf-8", errors="replace").splitlines()]
