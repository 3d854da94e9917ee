"""A network that is built on another takes what is stored of that, and runs it only where nothing is."""

from __future__ import annotations

import numpy as np
import pytest

from sightsound.bench.core import length as lengths
from sightsound.bench.core import media, registry
from sightsound.bench.core.features import FeatureStore
from sightsound.bench.stages import embed


class Networks:
    """Two networks of music, of which the second is built on the first; each counts the clips that it hears."""

    def __init__(self, names: list[str], length: str = lengths.USUAL) -> None:
        self.device = "cpu"
        self.cards = {name: registry.extractor(name) for name in names}
        self.length = lengths.named(length)
        self.heard = dict.fromkeys(names, 0)

    def at(self, device, report) -> Networks:
        return self

    def signature(self, name: str) -> str:
        return f"{name}|w:none"

    def network(self, name: str) -> Network:
        return Network(self, name)

    def with_room(self, name, use):
        return use(self.network(name))


class Network:
    def __init__(self, of: Networks, name: str) -> None:
        self._of, self._name = of, name
        self.over = ("musicnn_msd", "logits") if name == "tags_minilm" else None

    def __call__(self, clips):
        self._of.heard[self._name] += len(clips)
        logits = [np.full((1, 50), clip[0], np.float32) for clip in clips]
        if self.over:
            return self.of_stored(logits)
        return [{"logits": each, "embedding": np.zeros((1, 200), np.float32)} for each in logits]

    def of_stored(self, logits):
        return [{"embedding": np.repeat(each[:, :1], 384, axis=1)} for each in logits]


@pytest.mark.parametrize(
    ("names", "length", "heard"),
    [
        (["musicnn_msd", "tags_minilm"], lengths.USUAL, 0),
        (["musicnn_msd", "tags_minilm"], "windows", 3),
        (["tags_minilm"], lengths.USUAL, 3),
    ],
)
def test_what_is_stored_below_is_not_heard_again(tmp_path, names, length, heard):
    items = []
    for number in range(3):
        path = tmp_path / f"{number}.wav"
        media.write_audio(path, np.full(16000, 0.1 * (1 + number), np.float32), 16000)
        items.append(embed.file_item(path))
    networks, store = Networks(names, length), FeatureStore(tmp_path / "features")
    assert embed.embed(items, names, networks, store) == {}
    assert networks.heard["tags_minilm"] == heard
    alone, other = Networks(["tags_minilm"], length), FeatureStore(tmp_path / "other")
    embed.embed(items, ["tags_minilm"], alone, other)
    for item in items:
        found = (each.require("tags_minilm|w:none", item.key, "embedding") for each in (store, other))
        np.testing.assert_array_equal(*found)
