"""What a metric reads where the user names it: `clap_score@emotion`, `rouge1@note.prompt:lyrics`.

Behind the `@` stands what the output is held against: a field of the example, `reference`, or `note.NAME`, a text
that the system wrote down on its way. Two names with a colon: the first, a note, takes the place of the output. A
metric of outputs alone takes one note, which it reads in their place. Every side is read by the network that takes
it, of the same joint space: CLAP's for sound where music is named, that for texts where a text is.

Without an `@` a metric reads what its card says.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from sightsound.metrics.card import NOTE, ExtractorCard, MetricCard, Modality, Need, Side

FIELDS: dict[str, Modality] = {
    "image": "image",
    "video": "video",
    "audio": "audio",
    "caption": "text",
    "story": "text",
    "lyrics": "text",
    "emotion": "text",
    "emotion_song": "text",
    "instruction": "text",
    "reference_image": "image",
    "reference_text": "text",
}
"""Field of an example, or what is made of one, -> what it is."""
REFERENCE = "reference"
_NOTE = re.compile(re.escape(NOTE) + r"[\w.-]+")
_TAKES: dict[Modality, str] = {"audio": "sound", "image": "pictures", "video": "videos", "text": "texts"}
_SIDE: dict[Modality, Side] = {"image": "image", "video": "image", "text": "text", "audio": "audio"}


def kind(named: str) -> Modality:
    """What a field or a note is. ValueError for a name that is neither."""
    if _NOTE.fullmatch(named):
        return "text"
    if named not in FIELDS:
        raise ValueError(
            f"{named!r} is nothing that a metric can read: {', '.join((REFERENCE, *FIELDS))}, note.NAME"
        )
    return FIELDS[named]


def held(
    card: MetricCard,
    named: str,
    networks: Mapping[str, ExtractorCard],
    output: Modality,
    usual: Mapping[Side, str],
) -> MetricCard:
    """The metric that reads what is named behind the `@`; `card` itself where that is what it reads anyway.

    `card`: its needs are stated; `output`: what the systems make; `usual`: side -> the field of the task that a
    metric reads on it, without an entry where it has none. ValueError, one line, for what cannot be read.
    """
    sides = [need.side for need in card.needs if need.side != "generated"]
    instead, against = _parsed(named, alone=not sides)
    if against == usual.get("reference"):
        against = REFERENCE
    if not instead and against == (REFERENCE if sides[0] == "reference" else usual.get(sides[0])):
        return card
    if card.kind == "two_sets" and _NOTE.fullmatch(against):
        raise ValueError("a set that systems are compared with must be the same for all: name a field of examples")
    home = next(networks[need.extractor] for need in card.needs if need.side == "generated")
    needs = []
    for need in card.needs:
        what = instead if need.side == "generated" else against
        wanted = output if what in ("", REFERENCE) else kind(what)
        side = need.side if need.side == "generated" else "reference" if what == REFERENCE else _SIDE[wanted]
        read = _by(need, wanted, home, networks)
        needs.append(replace(read, side=side, of="" if what == REFERENCE else what))
    of_other = output if against == REFERENCE else kind(against) if against else ""
    return replace(
        card,
        name=f"{card.name}@{':'.join(filter(None, (instead, against)))}",
        needs=tuple(needs),
        definition=f"{card.definition} Here {_told(instead, against)}.",
        short=f"{card.short or card.name} @{':'.join(filter(None, (instead, against)))}",
        reads={key: what for key, what in (("made", instead), (of_other, against)) if what},
    )


def _parsed(named: str, *, alone: bool) -> tuple[str, str]:
    """What stands for the output, empty for the output itself, and what it is held against."""
    instead, colon, against = named.rpartition(":")
    if alone:
        instead, against = against, ""
        if colon or not _NOTE.fullmatch(instead):
            raise ValueError("it reads the output alone; name a text of the system for it, note.NAME")
    elif colon and not _NOTE.fullmatch(instead):
        raise ValueError(f"{instead!r} cannot stand for the output; name a text of the system, note.NAME")
    elif against != REFERENCE:
        kind(against)
    return instead, against


def _by(need: Need, wanted: Modality, home: ExtractorCard, networks: Mapping[str, ExtractorCard]) -> Need:
    """The need by a network that takes `wanted`: its own, or the first one of the output's joint space.

    A video is read by a network of pictures, which sees a frame of it, where the space has none of videos.
    """
    own = networks[need.extractor]
    if own.modality == wanted:
        return replace(need, video="")
    joint = need.output == own.embedding and home.spaces
    for modality in (wanted, "image") if wanted == "video" else (wanted,):
        if own.modality == modality:
            return replace(need, video="")
        for each in networks.values() if joint else ():
            if each.modality == modality and home.spaces[0] in each.spaces and each.embedding:
                return replace(need, extractor=each.name, output=each.embedding, video="")
    raise ValueError(
        f"its network {own.name} takes {_TAKES[own.modality]} and has no partner for {_TAKES[wanted]}"
    )


def _told(instead: str, against: str) -> str:
    """For a definition: what is read."""
    read = f"the system's {instead}" if instead else "the output"
    return f"{read} is held against {against}" if against else f"{read} is read"
