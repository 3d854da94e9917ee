"""The drummer: grooves, fills and cymbals."""

from __future__ import annotations

from random import Random

from sightsound.baselines.composer.parts import Event, Plan

# General MIDI drums: 36 kick, 37 stick, 38 snare, 39 clap, 42 closed hat, 46 open hat, 51 ride, 54 tambourine,
# 56 cowbell, 62 and 63 conga, 69 cabasa, 70 maracas, 75 claves; 57 is the cymbal of the orchestra kit.
GROOVES: dict[str, dict[int, str]] = {
    "ballad": {36: "8.......7.......", 37: "....7.......7...", 42: "5...4...5...4..."},
    "rock": {36: "9.....7.8.8.....", 38: "....9.......9..2", 42: "8.5.8.5.8.5.8.5."},
    "drive": {36: "9.....8.9.8.....", 38: "....9.......9...", 46: "7...7...7...7...", 42: "..5...5...5...5."},
    "double kick": {36: "9.887.889.887.88", 38: "....9.......9...", 49: "7.......7.......",
                    51: "..6.6.6...6.6.6."},
    "half time": {36: "9..9......9..9..", 38: "........9.......", 49: "8...6...6...6..."},
    "pop": {36: "9......79.......", 38: "....9.......9...", 39: "....6.......6...", 42: "6.4.6.4.6.4.6.47"},
    "four": {36: "9...9...9...9...", 39: "....8.......8...", 42: "4.4.4.4.4.4.4.4.", 46: "..8...8...8...8."},
    "techno": {36: "9...9...9...9...", 42: "5575557555755575", 46: "..8...8...8...8.", 39: "....7.......7..5"},
    "broken": {36: "9......7..8.....", 38: "....8.......8...", 42: "5.7.5.7.5.7.5.75"},
    "boom bap": {36: "9......6..97....", 38: "....9.......9..3", 42: "7.4.7.4.7.5.7.4."},
    "trap": {36: "9.....9...8.....", 39: "........9.......", 42: "7.7.7.777.7.7777"},
    "funk": {36: "9..7..8...9..7..", 38: "....9..3.3..9..3", 42: "8585858585858565", 46: "..............7."},
    "swing": {51: "8...7.6.8...7.6.", 44: "....7.......7...", 36: "4.......3......."},
    "bop": {51: "8...8.7.8...8.7.", 44: "....8.......8...", 36: "5.....4...5.....", 38: "..3....4......5."},
    "shuffle": {36: "9.......9.....7.", 38: "....9.......9...", 42: "8..68..68..68..6"},
    "one drop": {36: "........9.......", 37: "........9.......", 42: "7.5.7.5.7.5.7.55"},
    "steppers": {36: "9...9...9...9...", 37: "........9....4..", 42: "7.57.5.77.57.5.7"},
    "bossa": {36: "8.....6.8.....6.", 37: "7..7..7...7..7..", 42: "5454545454545454"},
    "salsa": {36: "8.....7...8...7.", 75: "8..8..8...8.8...", 56: "7...6.6.7...6.6.", 63: "..6...77..6...77",
              62: "5...5...5...5...", 70: "4444444444444444"},
    "soul": {36: "9.....7..7......", 38: "....8.......8..2", 42: "6.4.6.46.46.6.4.", 54: "....4.......4..."},
    "train": {36: "9...9...9...9...", 38: "3373337333733373", 42: "..5...5...5...5."},
    "brush": {36: "7.......6.......", 38: "2.3.6.3.2.3.6.3.", 42: "....4.......4..."},
    "frame drum": {41: "8.....5.7.......", 45: "....5.......5.4.", 54: "....5.......5..."},
    "dance": {41: "9..6..8..6..9...", 45: "..5...5...5...55", 54: "5.7.5.7.5.7.5.7."},
    "march": {36: "8.......7.......", 38: "....5.44....5.44"},
    "war": {36: "9..7..9.9..7..9.", 38: "7.447.447.447444", 57: "7..............."},
    "still": {36: "5...............", 70: "..2...2...2...2."},
}  # fmt: skip

FILLS: dict[int, tuple[int, ...]] = {0: (48, 47, 45, 43), 16: (48, 45, 43, 41), 24: (38, 38, 39, 38)}
"""Drums of a fill, high to low, by kit; the other kits fill on the snare."""


def drums(plan: Plan, rng: Random) -> list[Event]:
    """The drum track, in beats, up to the last chord of a piece that ends."""
    style, steps = plan.style, plan.beats_per_bar * 4
    driven = plan.energy >= 0.15
    groove = GROOVES[style.grooves[driven]]
    cymbal = 57 if style.kit == 48 else 49
    events: list[Event] = []
    for bar in range(plan.bars):
        first = float(bar * plan.beats_per_bar)
        fill = (
            steps if (bar + 1) % 4 or rng.random() > 0.5 + 0.5 * plan.energy else steps - rng.choice((2, 4, 4, 8))
        )
        for key, figure in groove.items():
            for step in range(min(fill, steps)):
                strength = figure[step]
                # Now and then a soft hit is left out, so that no two bars are quite the same.
                if strength != "." and (int(strength) > 6 or style.loose == 0 or rng.random() > 0.08):
                    events.append(Event(first + step / 4, 0.25, key, int(strength) / 9))
        kit = FILLS.get(style.kit, (38,))
        for step in range(fill, steps):
            done = (step - fill) / (steps - fill)
            events.append(Event(first + step / 4, 0.25, kit[int(done * len(kit))], 0.6 + 0.35 * done))
        if plan.energy > 0.1 and bar % 4 == 0 and style.kit not in (25, 32, 40):
            events.append(Event(first, 0.25, cymbal, 0.75))
    events = [event for event in events if event.beat < plan.end]
    if plan.closing is not None and driven:
        events += [Event(plan.end, 0.25, 36, 1.0), Event(plan.end, 0.25, cymbal, 0.8)]
    return events
