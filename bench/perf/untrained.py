"""Networks of the published size with random weights: no time depends on the weights, and nothing is fetched."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch

from sightsound.bench.stages.extractors import Extractors
from sightsound.metrics.networks.audio import panns, passt, vggish
from sightsound.metrics.networks.extractor import Extractor
from sightsound.metrics.networks.pocket import efficientnet, musicnn, yamnet


def _passt(device: str) -> Any:
    network = passt.Passt().eval()
    for parameter in network.parameters():  # some are made empty, to be filled by a checkpoint
        torch.nn.init.normal_(parameter, std=0.02)
    return passt.PasstExtractor(network, device)


def cnn14() -> panns.Cnn14:
    """PANNs' Cnn14 at 16 kHz. Its filters are made empty, and what happened to be in the memory would be heard."""
    network = panns.Cnn14(512, 160).eval()
    torch.nn.init.uniform_(network.logmel_extractor.melW, 0, 0.02)
    return network


NETWORKS: Mapping[str, Callable[[str], Any]] = {
    "passt": _passt,
    "vggish": lambda device: vggish.VggishExtractor(vggish.Vggish(), vggish.windows, device),
    "panns_16k": lambda device: panns.PannsExtractor(cnn14(), device),
    "musicnn_mtt": lambda device: musicnn.MusicnnExtractor(musicnn.Musicnn(), musicnn.MTT_TAGS, device),
    "musicnn_msd": lambda device: musicnn.MusicnnExtractor(musicnn.Musicnn(), musicnn.MSD_TAGS, device),
    "yamnet": lambda device: yamnet.YamnetExtractor(yamnet.Yamnet().eval(), device),
    "efficientnet_lite0": lambda device: efficientnet.EfficientNetExtractor(
        efficientnet.EfficientNetLite0().eval(), device
    ),
}
"""Name of the extractor -> how it is made on a device."""


class Untrained(Extractors):
    """The extractors NETWORKS of a run; the same weights in every process."""

    def signature(self, name: str) -> str:
        """One that no published weights have."""
        return f"{name}|w:untrained"

    def network(self, name: str) -> Extractor:
        """See Extractors."""
        if name not in self._loaded:
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(0)
                self._loaded[name] = NETWORKS[name](self.device)
        return self._loaded[name]
