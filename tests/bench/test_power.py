"""`bench power`: what a split can show, from made-up values by example."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sightsound.bench.boards import power as planning
from sightsound.bench.core import scores
from sightsound.bench.core.scores import Score
from sightsound.metrics.statistics.interval import estimate
from sightsound.metrics.statistics.parts import of_clips

ASKED = ("power", "--task", "image2music", "--split", "wesnoth", "--metric", "kl_musicnn")
ONE = Score(
    run="r", model="mine", variant="a", task="image2music", split="wesnoth@0123ab", metric="kl_musicnn",
    competitors="", seed=0, definition="kl_musicnn|v:1", example="", group="", input="", value=0.0, weight=1.0,
    by_clip=True,
)  # fmt: skip


def values(rng, sizes, between=0.2, within=0.5, mean=2.0):
    """Values by example of groups of these sizes, with these standard deviations."""
    groups = np.repeat(np.arange(len(sizes)), sizes)
    drawn = mean + between * rng.normal(size=len(sizes))[groups] + within * rng.normal(size=len(groups))
    return [(f"e{i:04}", f"g{g:03}", value) for i, (g, value) in enumerate(zip(groups, drawn, strict=True))]


def table(folder: Path, systems, **changes) -> Path:
    """A run's values by example: variant -> (example, group, value)."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [
        replace(ONE, variant=variant, example=example, group=group, input=example, value=float(value), **changes)
        for variant, rows in systems.items()
        for example, group, value in rows
    ]
    scores.write(folder / scores.NAME, lines)
    return folder


def two(rng, sizes):
    """Two systems whose difference has standard deviations .2 between groups and .5 within."""
    hard = values(rng, sizes, 1.0, 1.0)
    apart = values(rng, sizes, mean=0.0)
    return {"a": [(e, g, v + d[2]) for (e, g, v), d in zip(hard, apart, strict=True)], "b": hard}


def test_a_pair_is_planned_by_its_differences(tmp_path, bench):
    sizes = [5] * 400
    run = table(tmp_path / "r", two(np.random.default_rng(0), sizes))
    done = bench(*ASKED, "--run", run, "--difference", "0.1", "--json")
    assert done.code == 0, done.err
    (plan,) = json.loads(done.out)
    assert (plan["a"], plan["b"], plan["examples"], plan["groups"]) == ("mine:a", "mine:b", 2000, 400)
    assert plan["between"] == pytest.approx(0.2, abs=0.05) and plan["within"] == pytest.approx(0.5, rel=0.05)
    # (2.8 / 0.1)^2 times the variance of a group's mean, and of a single example
    assert plan["groups_needed"] == pytest.approx(784 * (0.04 + 0.05), rel=0.15)
    assert plan["examples_needed"] == 5 * plan["groups_needed"]
    assert plan["examples_alone"] == pytest.approx(784 * (0.04 + 0.25), rel=0.15)
    assert plan["detectable"] == pytest.approx(2.8 * np.sqrt(0.09 / 400), rel=0.1)
    assert plan["spread"] == pytest.approx(0.3, rel=0.1)


def test_the_stated_number_of_examples_has_the_power(tmp_path):
    rng = np.random.default_rng(1)
    run = table(tmp_path / "r", two(rng, [6, 3, 1] * 60))
    (plan,) = planning.plans("image2music", "wesnoth", "kl_musicnn", difference=0.15, runs=[run])
    needed = round(plan.groups_needed)

    def found() -> bool:
        rows = values(rng, [(6, 3, 1)[i % 3] for i in range(needed)], mean=0.15)
        names, groups, drawn = zip(*rows, strict=True)
        return estimate(of_clips(np.array(drawn), names, groups)).p < 0.05

    assert 0.7 <= np.mean([found() for _ in range(400)]) <= 0.9


def test_a_split_with_too_few_groups_says_so_and_what_it_takes(tmp_path, bench):
    sizes = [40, 2, 2, *[1] * 9]
    run = table(tmp_path / "r", two(np.random.default_rng(2), sizes))
    done = bench(*ASKED, "--run", run)
    assert done.code == 0, done.err
    assert "At 53 examples of 12 groups (in effect 1.7) of wesnoth nothing can be shown" in done.out
    assert "(10% of the value) takes about" in done.out and "known from few groups" in done.out
    (plan,) = json.loads(bench(*ASKED, "--run", run, "--json").out)
    assert plan["detectable"] is None and plan["examples_alone"] > 12
    assert plan["difference"] == pytest.approx(0.1 * (plan["value_a"] + plan["value_b"]) / 2)


def test_seeds_are_one_system_and_one_system_is_held_against_another_such(tmp_path):
    rng = np.random.default_rng(3)
    rows = values(rng, [2] * 300)
    a, b = table(tmp_path / "x", {"a": rows}, seed=0), table(tmp_path / "y", {"a": rows}, seed=1)
    (plan,) = planning.plans("image2music", "wesnoth", "kl_musicnn", relative=0.2, runs=[a, b])
    assert plan.b == "" and plan.difference == pytest.approx(0.4, rel=0.05)
    assert plan.within == pytest.approx(np.sqrt(2) * 0.5, rel=0.1)
    assert "varies as much and independently" in planning.assumed([plan])
    assert planning.lines([plan])[0][1] == "another such"


def test_three_systems_are_three_pairs_in_one_sentence(tmp_path):
    rng = np.random.default_rng(4)
    systems = {name: values(rng, [1] * 50, within=1.0 + i) for i, name in enumerate("abc")}
    run = table(tmp_path / "r", systems)
    found = planning.plans("image2music", "wesnoth", "kl_musicnn", difference=0.5, runs=[run])
    assert [(plan.a, plan.b) for plan in found] == [
        ("mine:a", "mine:b"),
        ("mine:a", "mine:c"),
        ("mine:b", "mine:c"),
    ]
    text = planning.sentence(found, "wesnoth")
    assert "the smallest difference that can be shown is" in text and " to " in text
    assert text.endswith("examples with as many groups.")


def test_a_distance_s_parts_count_outputs_once(tmp_path):
    run = table(tmp_path / "r", two(np.random.default_rng(5), [1] * 60), metric="fad_musicnn", weight=2.0)
    (plan,) = planning.plans("image2music", "wesnoth", "fad_musicnn", difference=0.2, runs=[run])
    assert (plan.examples, plan.groups) == (60, 60)


def test_references_are_no_systems_under_test(tmp_path, bench):
    run = table(tmp_path / "r", {"same": values(np.random.default_rng(6), [1] * 9)}, model="reference")
    done = bench(*ASKED, "--run", run)
    assert done.code == 2 and "no values by example of kl_musicnn for image2music on wesnoth" in done.err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--difference", "0"), "0 is no difference to look for"),
        (("--relative", "-1"), "-1 is no difference to look for"),
        (("--difference", "nan"), "nan is no difference to look for"),
        (("--difference", "1", "--relative", "1"), "name one"),
        (("--run", "nowhere"), "nowhere/scores.parquet: not here"),
        (("--metric", "thd"), "has no values by example of thd for image2music on wesnoth; there are kl_musicnn"),
        (("--metric", "kl_musicn"), "kl_musicnn"),
        (("--split", "games"), "on games"),
    ],
)
def test_what_is_wrong_is_one_line(tmp_path, bench, options, said):
    run = table(tmp_path / "r", two(np.random.default_rng(7), [1] * 9))
    done = bench(*ASKED, "--run", run, *options)
    assert done.code == 2 and said in done.err and len(done.err.strip().splitlines()) == 1, done.err


def test_values_of_several_kinds_or_of_one_group_or_of_nothing_are_refused(tmp_path, bench):
    rng = np.random.default_rng(8)
    systems = two(rng, [1] * 9)
    old, new = table(tmp_path / "x", systems), table(tmp_path / "y", systems, split="wesnoth@ffffff")
    done = bench(*ASKED, "--run", old, "--run", new)
    assert done.code == 2 and "wesnoth@0123ab and wesnoth@ffffff; name runs of one" in done.err
    done = bench(*ASKED, "--run", table(tmp_path / "z", two(rng, [9])))
    assert done.code == 2 and "9 examples of one group" in done.err
    zero = {"a": [("e0", "g0", 0.0), ("e1", "g1", 0.0)]}
    done = bench(*ASKED, "--run", table(tmp_path / "w", zero))
    assert done.code == 2 and "the value of mine:a is 0; name a --difference" in done.err
    regrouped = {"a": systems["a"], "b": [(e, "other", v) for e, _, v in systems["b"]]}
    done = bench(*ASKED, "--run", table(tmp_path / "v", regrouped))
    assert done.code == 2 and "not over the same clips in the same groups" in done.err
