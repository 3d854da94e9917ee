"""Each page of docs/adding/ works out of the page: by `module:NAME` and from a package with an entry point."""

import json
import re
import shlex
import sys

import pytest

from tests.adding import pages

RUN = ("run", "--task", "image2music", "--device", "cpu", "--json")
CHEAP = ("--metrics", "thd_coverage")


@pytest.fixture(scope="module")
def split(tmp_path_factory):
    return pages.made_split(tmp_path_factory.mktemp("splits") / "made")


@pytest.fixture
def newcomer(tmp_path):
    return pages.Newcomer(tmp_path)


def names(newcomer, kind):
    done = newcomer.bench("list", kind, "--json")
    assert done.code == 0, done.err
    return [card["name"] for card in json.loads(done.out)]


def test_a_model(newcomer, split):
    newcomer.write("model")
    done = newcomer.bench(*RUN, "--model", "mine:Drone", "--split", split, *CHEAP)
    (row,) = done.rows("drone").values()
    assert (row["n"], row["n_failed"]) == (6, 0)
    (newcomer.here / "mine.py").unlink()
    newcomer.install("mine", pages.code("model"), pages.entry_points("model"))
    assert "drone" in names(newcomer, "model")
    again = newcomer.bench(*RUN, "--model", "drone", "--split", split, *CHEAP, "--out", "plugin")
    assert again.rows("drone")["thd_coverage"]["value"] == row["value"]
    assert "the nearest: drone" in newcomer.bench(*RUN, "--model", "dron", "--split", split).err


def test_a_model_in_its_own_interpreter(newcomer, split):
    """In the one that runs the tests, as it needs numpy; tests/bench/test_elsewhere_python.py has others."""
    newcomer.write("model")
    run = (*RUN, "--model", "mine:Drone", "--split", split, *CHEAP)
    here = newcomer.bench(*run).rows("drone")["thd_coverage"]
    there = newcomer.bench(*run, "--python", sys.executable, "--out", "there").rows("drone")["thd_coverage"]
    assert (there["value"], there["n"], there["n_failed"]) == (here["value"], 6, 0)
    assert f"python=={sys.version.split()[0]} " in there["versions"] and "python==" not in here["versions"]


def test_a_model_behind_a_command(newcomer, split):
    (newcomer.here / "generate.py").write_text(pages.code("model", 1))
    model = f"mine=exec:{shlex.quote(sys.executable)} generate.py"
    (row,) = newcomer.bench(*RUN, "--model", model, "--split", split, *CHEAP).rows("mine").values()
    assert (row["n"], row["n_failed"]) == (6, 0)
    assert len(list(newcomer.here.glob("runs/*/systems/mine/outputs/made.*.wav"))) == 6


def test_a_metric_and_a_formula(newcomer, split):
    newcomer.write("metric")
    asked = ("--metrics", "mine:CARD,mine:variety_mine")
    newcomer.install("network", pages.code("network").replace("mine:load", "network:load"), {})
    wanted = (newcomer.here / "mine.py").read_text() + "\nfrom network import CARD as NETWORK\n"
    (newcomer.here / "mine.py").write_text(wanted)
    done = newcomer.bench(*RUN, "--model", "reference:same", "--split", split, *asked)
    found = done.rows("reference")
    assert set(found) == {"restlessness", "variety_mine"} and found["variety_mine"]["value"] > 0
    assert found["variety_mine"]["signature"].startswith("variety_mine|n:6")
    (newcomer.here / "mine.py").unlink()
    newcomer.install("mine", pages.code("metric"), pages.entry_points("metric"))
    assert {"restlessness", "variety_musicnn", "variety_vggish", "variety_mert_95m"} <= set(
        names(newcomer, "metric")
    )
    explained = newcomer.bench("metrics", "variety_vggish")
    assert "from their mean" in explained.out and "VGGish" in explained.out


def test_a_network(newcomer, split):
    newcomer.write("network")
    asked = "mine:fad_mine,mine:kl_mine,mine:precision_mine,mine:inception_score_mine"
    found = newcomer.bench(*RUN, "--model", "reference:same", "--split", split, "--metrics", asked).rows(
        "reference"
    )
    assert {"fad_mine", "kl_mine", "precision_mine", "inception_score_mine"} == set(found)
    (folder,) = (newcomer.here / "runs").iterdir()
    compare = ("compare", folder, "--references", "--json")
    assert "fad_mine is not known here; add --cards with the module it is in: mine" in newcomer.bench(*compare).err
    compared = json.loads(newcomer.bench(*compare, "--cards", "mine").out)
    assert {"fad_mine", "kl_mine"} <= {pair["metric"] for pair in compared}
    (newcomer.here / "mine.py").unlink()
    newcomer.install("mine", pages.code("network"), pages.entry_points("network"))
    assert "mine" in names(newcomer, "network")
    out = ("--out", "plugin", "--metrics", "fad_mine")
    row = newcomer.bench(*RUN, "--model", "reference:same", "--split", split, *out).rows("reference")["fad_mine"]
    assert (row["value"], row["signature"]) == (found["fad_mine"]["value"], found["fad_mine"]["signature"])


def test_a_split(newcomer):
    newcomer.write("split")
    found = newcomer.bench(*RUN, "--model", "reference:same", "--split", "mine:CARD", *CHEAP).rows("reference")
    assert re.fullmatch(r"colours@[0-9a-f]{6}", found["thd_coverage"]["split"])
    assert (found["thd_coverage"]["n"], found["thd_coverage"]["group_n"]) == (8, 2)
    assert newcomer.bench("splits", "verify", "mine:CARD").code == 0
    (newcomer.here / "mine.py").unlink()
    newcomer.install("mine", pages.code("split"), pages.entry_points("split"))
    assert "colours" in names(newcomer, "split")
    assert newcomer.bench("splits", "verify", "colours").code == 0
    assert "the nearest: colours" in newcomer.bench("splits", "prepare", "colour").err


def test_a_split_that_is_still_being_written_is_built_again(newcomer):
    newcomer.write("split")
    before = newcomer.bench("splits", "prepare", "mine:CARD")
    assert before.code == 0, before.err
    edited = pages.code("split").replace("range(8)", "range(6)")
    (newcomer.here / "mine.py").write_text(edited)
    assert newcomer.bench("splits", "prepare", "mine:CARD").code == 0
    assert json.loads(newcomer.bench("splits", "show", "mine:CARD", "--json").out)["examples"] == 6


def test_an_asset(newcomer, split):
    newcomer.write("asset")
    pitches = newcomer.here / "pitches.json"
    pitches.write_text(pages.data("asset"))
    done = newcomer.bench(*RUN, "--model", "mine:CARD", "--split", split, *CHEAP)
    assert done.rows("mine")["thd_coverage"]["n"] == 6
    assert newcomer.bench("assets", "fetch", "mine:ASSET").code == 0
    newcomer.install("mine", (newcomer.here / "mine.py").read_text(), pages.entry_points("asset"))
    (newcomer.here / "mine.py").unlink()
    (newcomer.packages / "pitches.json").write_text(pages.data("asset"))
    assert "mine_small" in names(newcomer, "asset")
    again = newcomer.bench(*RUN, "--model", "mine:small", "--split", split, *CHEAP, "--out", "plugin")
    assert again.rows("mine")["thd_coverage"]["value"] == done.rows("mine")["thd_coverage"]["value"]


def test_an_asset_with_another_content_is_refused(newcomer):
    without_address = re.sub(r', "https:[^"]*"', ",", pages.code("asset"))
    (newcomer.here / "mine.py").write_text(without_address)
    (newcomer.here / "pitches.json").write_text("[1.0]\n")
    done = newcomer.bench("assets", "fetch", "mine:ASSET")
    total, wrong = done.err.strip().splitlines()
    assert done.code == 2 and "wrong sha256" in wrong and total == "0 kB to download in 1 asset: mine_small 0 kB"
