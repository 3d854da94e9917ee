"""Every file that an asset names against what public pages say its repository or address holds (listings/*.json).

A listing has what a page states and nothing else: names, bytes where they are known ("25.6 GB" where they are
rounded), the commit or branch they were read at, and the page. What no page states is `unknown`, with what was
tried.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from sightsound.bench import assets
from sightsound.bench.assets import store
from sightsound.bench.assets.uri import Source, parse
from sightsound.bench.core import registry
from sightsound.metrics.asset import Asset, AssetFile, hub

FOLDER = Path(__file__).parent / "listings"
CONVERTED_FROM = (".pth", ".pt", ".bin")
CONVERT = "`python -m sightsound.metrics.networks.common.checkpoint "
_SOURCEFORGE = "https://downloads.sourceforge.net/project"

# Sources of which no page states that they have what an asset asks for. This list may only become shorter.
UNKNOWN = {
    "facebook/musicgen-small",  # tokenizer_config.json, for M2UGen
    "facebook/musicgen-medium",
    "facebook/musicgen-large",
    "facebook/musicgen-melody",
    "ucsd-reach/musicldm",
    "ircam-reach/musicldm",
    "cvssp/audioldm2-music",
    "mistralai/Mistral-7B-Instruct-v0.1",
    "ericzzz/falcon-rw-1b-instruct-openorca",
    *(f"facebook/pe-av-{size}{frames}" for size in ("small", "base", "large") for frames in ("", "-16-frame")),
    f"{_SOURCEFORGE}/wesnoth/wesnoth-1.16/wesnoth-1.16.9/wesnoth-1.16.9.tar.bz2",
}
AT_MOST = 16
ROUNDING = 0.02  # size_bytes has three digits, and counts small files roughly

Listing = dict[str, Any]


def read_listings() -> dict[str, Listing]:
    """Every listing by its repository or address."""
    rows = [row for path in sorted(FOLDER.glob("*.json")) for row in json.loads(path.read_text(encoding="utf-8"))]
    found = {row.get("repository") or row["address"]: row for row in rows}
    assert len(found) == len(rows)
    return found


LISTINGS = read_listings()
CARDS: dict[str, Asset] = dict(registry.cards("asset"))


def named(source: Source) -> str:
    """What a listing calls the source's repository or address."""
    return source.package.partition("@")[0] if source.scheme == "hf" else f"https:{source.package}"


def sizes(file: AssetFile, source: Source, listings: dict[str, Listing]) -> dict[str, int | str | None] | None:
    """The listed files that the source gives for `file`, with bytes; None where the listing lacks one."""
    listing = listings.get(named(source), {})
    if source.scheme == "https":
        known = "bytes" in listing and "unknown" not in listing
        return {"": listing["bytes"]} if known else None
    files = listing.get("revisions", {}).get(source.package.partition("@")[2], {})
    if not file.is_tree:
        return {source.member: files[source.member]} if source.member in files else None
    kept = {name: size for name, size in files.items() if file.keeps(name)}
    whole = all(any(fnmatchcase(name, pattern) for name in kept) for pattern in file.need)
    return kept if kept and whole else None


def sources(asset: Asset) -> Iterator[tuple[AssetFile, Source]]:
    """The sources that are downloaded from the hub or an address, those of its other ways too."""
    others = [file for other in asset.instead for file in other.files]
    for file in () if asset.by_hand else (*asset.files, *others):
        for source in map(parse, file.uris):
            if source.scheme in ("hf", "https"):
                yield file, source


def unresolved(asset: Asset, listings: dict[str, Listing]) -> set[str]:
    """Repositories and addresses that are not known to have what the asset asks of them."""
    return {named(source) for file, source in sources(asset) if sizes(file, source, listings) is None}


def about(size: int | str | None) -> float | None:
    """Bytes of a listed size."""
    if isinstance(size, str):
        number, unit = size.split()
        return float(number) * {"GB": 1e9, "MB": 1e6}[unit]
    return size


def test_every_asset_finds_its_files_in_its_listing() -> None:
    missing = {name: lacks for name, asset in CARDS.items() if (lacks := unresolved(asset, LISTINGS))}
    found = set().union(*missing.values())
    assert found == UNKNOWN, f"{len(found)} sources are unknown: {sorted(found ^ UNKNOWN)} differ; of {missing}"
    assert len(UNKNOWN) <= AT_MOST
    silent = {name for name in found if not LISTINGS[name].get("unknown")}
    assert not silent, f"say in the listing what was tried: {silent}"


def test_what_is_not_listed_is_found() -> None:
    listing = {"revisions": {"refs/pr/2": {"config.json": 3, "model.safetensors": 5, "pytorch_model.bin": 5}}}
    listings: dict[str, Listing] = {"own/repo": listing}

    def lacks(*uris: str, path: str = "./", need: tuple[str, ...] = ()) -> set[str]:
        return unresolved(Asset("x", (AssetFile(path, uris, need=need),), "MIT", "x", 8), listings)

    assert lacks("hf:own/repo@refs/pr/2/", need=("config.json", "*.safetensors")) == set()
    assert lacks("hf:own/repo@refs/pr/2/", need=("tokenizer.json",)) == {"own/repo"}
    assert lacks("hf:own/repo@refs/pr/2/", need=("*.bin",)) == {"own/repo"}  # a pickle without a digest
    assert lacks("hf:own/repo@main/", need=("config.json",)) == {"own/repo"}
    assert lacks("hf:own/repo@refs/pr/2/config.json", path="config.json") == set()
    assert lacks("hf:own/repo@refs/pr/2/vocab.json", path="vocab.json") == {"own/repo"}
    assert lacks("hf:own/other@main/config.json", path="config.json") == {"own/other"}
    assert unresolved(Asset("x", hub("own/repo", revision="refs/pr/2"), "MIT", "x", 8), listings) == set()


@pytest.mark.parametrize("name", [name for name, asset in CARDS.items() if any(sources(asset))])
def test_sizes_agree(name: str) -> None:
    """`size_bytes` is not below what the listing counts, nor above it where every file's bytes are known.

    Not for games, whose size is that of packages and not of the archive that stands in for them.
    """
    asset, total, whole = CARDS[name], 0.0, True
    if any(parse(uri).scheme == "deb" for file in asset.files for uri in file.uris):
        return
    for file in asset.files:
        listed = [sizes(file, source, LISTINGS) for of, source in sources(asset) if of is file]
        best = max(
            ([about(size) for size in one.values()] for one in listed if one),
            key=lambda row: sum(size or 0 for size in row),
            default=[None],
        )
        total += sum(size or 0 for size in best)
        whole = whole and None not in best
    assert total <= asset.size_bytes * (1 + ROUNDING)
    assert not whole or total >= asset.size_bytes * (1 - ROUNDING)


@pytest.mark.parametrize("name", [name for name, asset in CARDS.items() if CONVERT in asset.by_hand])
def test_a_pickle_without_a_digest_says_how_it_is_converted(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one line, and without asking the hub for a file that it never had."""
    asset = CARDS[name]
    for file in asset.files:
        for source in map(parse, file.uris):
            files = LISTINGS[named(source)]["revisions"][source.package.partition("@")[2]]
            pickles = [str(PurePosixPath(source.member).with_suffix(suffix)) for suffix in CONVERTED_FROM]
            (pickle,) = [path for path in pickles if path in files]
            assert source.member not in files and pickle in asset.by_hand
            size = about(files[pickle])
            assert size is None or size == pytest.approx(asset.size_bytes, rel=ROUNDING)
    monkeypatch.setenv("SIGHTSOUND_CACHE", str(tmp_path))
    monkeypatch.delenv("SIGHTSOUND_MIRROR", raising=False)
    monkeypatch.setattr(store, "refused", lambda source: pytest.fail(f"asked for {source}"))
    for ask in (assets.fetch, store.expect):
        with pytest.raises(assets.AssetError) as error:
            ask(name)
        assert CONVERT in str(error.value) and "put it at DIR/" in str(error.value)
        assert "network" not in str(error.value).replace("networks.common", "") and "\n" not in str(error.value)


def test_listings_say_where_they_were_read() -> None:
    used = {named(parse(uri)) for asset in CARDS.values() for file in asset.files for uri in file.uris}
    told_to_fetch = {
        name for name in LISTINGS if any(f"download {name}," in card.by_hand for card in CARDS.values())
    }
    used |= told_to_fetch
    for name, listing in LISTINGS.items():
        assert listing["gate"] in {"open", "gated", "withdrawn", "not stated"}
        assert listing["read"] or listing["unknown"], name
        assert (name in used) is (listing["gate"] != "withdrawn"), f"{name}: withdrawn, or named by no asset"
        behind = {card.name for card in CARDS.values() if any(named(s) == name for _, s in sources(card))}
        told = {card.name for card in CARDS.values() if name in card.gate}
        assert told == (behind if listing["gate"] == "gated" else set())
