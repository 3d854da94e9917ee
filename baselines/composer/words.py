"""Reads the music out of a prompt: genre, mood, tempo, mode and instruments."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from sightsound.baselines.composer import vocabulary as known
from sightsound.baselines.composer.styles import STYLES

TEMPO_RANGE_BPM = (40.0, 210.0)
LONGEST_PROMPT = 20_000  # characters that are read


@dataclass(frozen=True)
class Attributes:
    """What the piece should be."""

    genre: str
    """Key of `styles.STYLES`."""
    valence: float
    """-1 dark to 1 bright."""
    energy: float
    """-1 calm to 1 driving."""
    tempo_bpm: float
    """Quarter notes a minute, within `TEMPO_RANGE_BPM`."""
    mode: str
    """Key of `harmony.SCALES`."""
    instruments: tuple[str, ...]
    """Instruments that the prompt asks for, keys of `vocabulary.INSTRUMENTS`; the style fills the rest."""
    excluded: tuple[str, ...]
    """Instruments that the prompt does not want."""
    drums: bool
    """Whether there is a drum track."""
    moods: tuple[str, ...]
    """Named moods heard in the prompt; `not sad` for a denied one."""


@dataclass(frozen=True)
class Found:
    """One phrase of the vocabulary in the prompt."""

    table: str
    """genre, mood, scene, instrument, drums, drumless, tempo or mode."""
    name: str
    """Its name in that table."""
    denied: bool
    """True after `no`, `not`, `without` and the like."""


def attributes(prompt: str) -> Attributes:
    """Genre, mood, tempo, mode and instruments that `prompt` asks for.

    What it leaves open follows from the rest (a battle is orchestral and driving, a sad piece is slow and
    minor), and what not even that decides from a hash of the prompt, so that prompts without one known word
    still differ. The same prompt gives the same attributes.
    """
    text = _plain(prompt[:LONGEST_PROMPT])
    found = list(find(text))
    chance = hashlib.sha256(text.encode()).digest()
    valence, energy = _feeling(found, chance)
    genre = _genre(found, valence, energy, chance)
    style = STYLES[genre]
    if not any(item.table in ("mood", "scene") for item in found):  # the style's own character
        valence = _within(0.7 * style.valence + 0.3 * valence)
        energy = _within(0.7 * style.energy + 0.3 * energy)
    share = _tempo_share(found, energy)
    low, high = style.tempo_bpm
    named = re.search(r"\b(\d{2,3}) ?(?:bpm|beats per minute)\b", text)
    tempo = float(named[1]) if named else low + share * (high - low) + (chance[0] / 255 - 0.5) * 0.06 * high
    wanted, unwanted = _split(found, "instrument")
    drums_wanted, drums_unwanted = _split(found, "drums")
    drums = style.drums_when <= energy
    if drums_wanted:
        drums = True
    if drums_unwanted or any(item.table == "drumless" and not item.denied for item in found):
        drums = False
    return Attributes(
        genre=genre,
        valence=round(valence, 3),
        energy=round(energy, 3),
        tempo_bpm=round(min(max(tempo, TEMPO_RANGE_BPM[0]), TEMPO_RANGE_BPM[1]), 1),
        mode=_mode(found, valence, style.modes),
        instruments=tuple(name for name in wanted if name not in unwanted),
        excluded=unwanted,
        drums=drums,
        moods=tuple(dict.fromkeys(f"not {f.name}" if f.denied else f.name for f in found if f.table == "mood")),
    )


def find(text: str) -> Iterator[Found]:
    """Phrases of the vocabulary in lower-case `text`, the longest at each place, with their negation."""
    words = text.split(" ")
    place, denying, firm = 0, 0, False  # `denying`: words that a negation still reaches
    while place < len(words):
        word = words[place]
        if word in known.NEGATIONS or word.endswith("n't"):
            place, denying, firm = place + 1, 3, word in ("no", "without", "avoid")
            continue
        size, entries = _longest(words, place)
        if entries:
            yield from (Found(table, name, denying > 0) for table, name in entries)
            place += size
            if denying:
                denying = _goes_on(words, place, {table for table, _ in entries}, firm)
            continue
        if word in (",", ".", "but", "with", "yet"):
            denying = 0
        elif word not in known.REACH:
            denying = max(denying - 1, 0)
        place += 1


def _longest(words: list[str], place: int) -> tuple[int, list[tuple[str, str]]]:
    """Words in the longest phrase that starts at `place`, and its entries; 0 and none where there is none."""
    phrases, longest = _phrases()
    for size in range(min(longest, len(words) - place), 1, -1):
        if entries := phrases.get(" ".join(words[place : place + size])):
            return size, entries
    entries = phrases.get(words[place]) or phrases.get(stem(words[place])) or []
    return (1, entries) if entries else (0, [])


def _goes_on(words: list[str], place: int, denied: set[str], firm: bool) -> int:
    """How many words on a negation still reaches after it denied a phrase that ends before `place`.

    "no drums or bass" and "no drums and bass" deny both, "no drums and soft piano" the drums alone, "no heavy
    drums" both words, "not sad piano music" the first.
    """
    if place >= len(words):
        return 0
    if words[place] in ("or", "nor"):
        return 3
    players = {"instrument", "drums"}
    if words[place] == "and" and denied & players and place + 1 < len(words):
        return 3 if players & {table for table, _ in _longest(words, place + 1)[1]} else 0
    return 1 if firm and denied <= {"mood", "tempo"} else 0


def stem(word: str) -> str:
    """The word without a plural or adverb ending, where that leaves three letters or more."""
    for ending, instead in (("ily", "y"), ("ies", "y"), ("ly", ""), ("s", "")):
        if word.endswith(ending) and len(word) - len(ending) + len(instead) >= 3:
            return word[: -len(ending)] + instead
    return word


@cache
def _phrases() -> tuple[dict[str, list[tuple[str, str]]], int]:
    """Phrase -> (table, name) entries, and the most words in a phrase."""
    table: dict[str, list[tuple[str, str]]] = {}

    def enter(kind: str, name: str, listed: str) -> None:
        for phrase in listed.split(","):
            table.setdefault(" ".join(phrase.split()), []).append((kind, name))

    for name, listed in known.GENRES.items():
        enter("genre", name, listed)
    for name, (_, _, listed) in known.MOODS.items():
        enter("mood", name, listed)
    for row, (_, _, _, listed) in enumerate(known.SCENES):
        enter("scene", str(row), listed)
    for name, instrument in known.INSTRUMENTS.items():
        if instrument.phrases:
            enter("instrument", name, instrument.phrases)
    for name, (_, listed) in known.TEMPI.items():
        enter("tempo", name, listed)
    for name, listed in known.MODES.items():
        enter("mode", name, listed)
    enter("drums", "drums", known.DRUMS)
    enter("drumless", "drumless", known.DRUMLESS)
    return table, max(phrase.count(" ") + 1 for phrase in table)


def _plain(prompt: str) -> str:
    """Lower case, accents dropped, words and single punctuation marks parted by one space."""
    text = unicodedata.normalize("NFKD", prompt.lower().replace("’", "'"))
    text = "".join(character for character in text if not unicodedata.combining(character))
    text = text.replace("&", " ").replace("-", " ").replace("_", " ").replace("/", " ")
    return " ".join(re.findall(r"[^\W_]+(?:'[^\W_]+)*|[,.;:!?]", text)).replace(";", ",")


def _split(found: Iterable[Found], table: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of a table that are asked for, and those that are denied, in order and once each."""
    rows = [item for item in found if item.table == table]
    wanted = dict.fromkeys(item.name for item in rows if not item.denied)
    return tuple(wanted), tuple(dict.fromkeys(item.name for item in rows if item.denied))


def _within(value: float) -> float:
    return min(max(value, -1.0), 1.0)


def _feeling(found: list[Found], chance: bytes) -> tuple[float, float]:
    """Valence and energy: moods count 1, scenes 0.4; a denied mood counts 0.6 the other way."""
    sums, weights = [0.0, 0.0], [1e-9, 1e-9]
    for item in found:
        if item.table == "mood":
            pair, weight = known.MOODS[item.name][:2], -0.6 if item.denied else 1.0
        elif item.table == "scene" and not item.denied:
            pair, weight = known.SCENES[int(item.name)][1:3], 0.4
        else:
            continue
        for axis, value in enumerate(pair):
            if value is not None:
                sums[axis] += weight * value
                weights[axis] += abs(weight)
    if not any(item.table in ("mood", "scene") for item in found):
        return chance[1] / 127.5 - 1, chance[2] / 127.5 - 1
    return _within(sums[0] / weights[0]), _within(sums[1] / weights[1])


def _genre(found: list[Found], valence: float, energy: float, chance: bytes) -> str:
    """The genre with the most votes: a genre word 3 (a second one less), a scene 1, an instrument 0.5."""
    votes = dict.fromkeys(STYLES, 0.0)
    weight = 3.0
    for item in found:
        if item.table == "genre":
            votes[item.name] += -9.0 if item.denied else weight
            weight = max(weight * 0.8, 1.0) if not item.denied else weight
        elif item.table == "scene" and not item.denied:
            votes[known.SCENES[int(item.name)][0]] += 1.0
        elif item.table == "instrument" and not item.denied:
            hinting = [name for name, style in STYLES.items() if item.name in style.hints]
            for name in hinting:
                votes[name] += 0.5 / len(hinting) + 0.3
        elif item.table == "mood" and item.name == "epic" and not item.denied:
            votes["orchestral"] += 0.6
    best = max(votes.values())
    if best > 0:
        return next(name for name, vote in votes.items() if vote == best)
    allowed = [name for name, vote in votes.items() if vote == 0] or list(STYLES)

    def distance(name: str) -> float:
        return abs(STYLES[name].valence - valence) + abs(STYLES[name].energy - energy)

    return sorted(allowed, key=distance)[chance[3] % min(4, len(allowed))]


def _tempo_share(found: list[Found], energy: float) -> float:
    """Share of the way from the style's slowest to its fastest tempo."""
    shares = []
    for item in found:
        if item.table == "tempo":
            share = known.TEMPI[item.name][0]
            shares.append(0.9 - share if item.denied else share)
    return sum(shares) / len(shares) if shares else 0.5 + 0.5 * energy


def _mode(found: list[Found], valence: float, modes: tuple[str, str, str]) -> str:
    """The mode that is named, or the style's dark, middle or bright one."""
    named = [item.name for item in found if item.table == "mode" and not item.denied]
    if named:
        return max(named, key=len)
    return modes[0] if valence < -0.15 else modes[1] if valence < 0.2 else modes[2]
