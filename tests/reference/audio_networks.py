"""Runs the authors' audio networks on seeded weights and records what they give in tests/parity.

`python -m tests.reference.audio_networks CHECKOUTS NAME ...`, in the environment that setup.sh makes. CHECKOUTS is
the folder that checkouts.sh makes; a NAME is a function of this module. For `mert` an older transformers must come
first in the path; setup.sh puts it into the folder `mert` of the environment.
"""

from __future__ import annotations

import json
import re
import sys
import types
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.reference import compat  # noqa: F401  # before the packages

# isort: split

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tests.parity.seeded import filled
from tests.parity.signals import chirps

PARITY = Path(__file__).parents[1] / "parity"
Figures = dict[str, NDArray[Any]]


def write_keys(name: str, state: Mapping[str, Tensor]) -> None:
    """Names and shapes of the published tensors."""
    lines = (f"{key} {'x'.join(map(str, value.shape)) or '-'}\n" for key, value in state.items())
    (PARITY / "keys" / f"{name}.txt").write_text("".join(lines))


def vggish(checkouts: Path) -> Figures:
    """torchvggish; Google's framing as in audioset_model.py with step_size=8000 and normalize=True."""
    sys.path.insert(0, str(checkouts / "torchvggish"))
    from torchvggish import mel_features, vggish_input
    from torchvggish.vggish import VGG, Postprocessor, make_layers

    network = VGG(make_layers())
    write_keys("vggish", network.state_dict())
    network.load_state_dict(filled(network.state_dict()))
    network.embeddings = network.embeddings[:-1]  # use_activation=False
    examples = vggish_input.waveform_to_examples(chirps(), 16000)
    embedding = network(examples)
    found = {"log_mel": examples[:, 0].detach().numpy()[::3, ::7], "embedding": embedding.numpy()}
    bands = {"num_mel_bins": 64, "lower_edge_hertz": 125, "upper_edge_hertz": 7500}
    for name, clip in (("google", chirps()), ("google_quiet", chirps(3.3, seed=5) * 0.1)):
        samples = clip.astype(np.float64) / max(0.1, clip.max())
        seconds = [samples[start : start + 16000] for start in range(0, len(samples) - 16000 + 1, 8000)]
        framed = [
            mel_features.frame(mel_features.log_mel_spectrogram(second, 16000, 0.01, **bands), 96, 96)
            for second in seconds
        ]
        found[name] = network(torch.from_numpy(np.concatenate(framed)).float()[:, None]).numpy()
    pca = Postprocessor()
    vectors = np.random.default_rng(3).standard_normal((128, 128)).astype(np.float32) * 30
    means = found["embedding"].mean(0)
    pca.load_state_dict(
        {"pca_eigen_vectors": torch.from_numpy(vectors), "pca_means": torch.from_numpy(means)[:, None]}
    )
    return {**found, "pca": pca(embedding).numpy().astype(np.uint8), "pca_means": means}


def panns(checkouts: Path) -> Figures:
    """Cnn14 of audioset_tagging_cnn; the front end keeps the weights that torchlibrosa gives it."""
    for folder in ("pytorch", "utils"):
        sys.path.insert(0, str(checkouts / "audioset_tagging_cnn" / folder))
    import models

    found: Figures = {}
    for name, rate, window, high, seconds in (
        ("panns_16k", 16000, 512, 8000, 10),
        ("panns_32k", 32000, 1024, 14000, 4),
    ):
        network = models.Cnn14(rate, window, rate // 100, 64, 50, high, 527).eval()
        state = network.state_dict()
        write_keys(name, state)
        front = {key: state[key] for key in state if key.startswith(("spectrogram", "logmel"))}
        network.load_state_dict({**filled(state), **front})
        logits: list[Tensor] = []
        network.fc_audioset.register_forward_hook(lambda _layer, _in, out, kept=logits: kept.append(out))
        embedding = network(torch.from_numpy(chirps(seconds, rate_hz=rate))[None])["embedding"]
        found |= {f"{name}_embedding": embedding.numpy(), f"{name}_logits": logits[0].numpy()}
        found[f"{name}_melW"] = state["logmel_extractor.melW"].numpy()
    return found


def passt(checkouts: Path) -> Figures:
    """hear21passt.base.get_basic_model(mode="all") without its download."""
    sys.path.insert(0, str(checkouts / "passt_hear21"))
    from hear21passt.models.passt import get_model
    from hear21passt.models.preprocess import AugmentMelSTFT
    from hear21passt.wrapper import PasstBasicWrapper

    network = get_model("passt_s_swa_p16_128_ap476", pretrained=False)
    write_keys("passt", network.state_dict())
    network.load_state_dict(filled(network.state_dict()))
    mel = AugmentMelSTFT(freqm=48, timem=192, fmin=0.0, fmax=None, fmin_aug_range=10, fmax_aug_range=2000)
    model = PasstBasicWrapper(mel=mel, net=network, mode="all").eval()
    clip = torch.from_numpy(chirps(10, rate_hz=32000))[None]
    short = torch.from_numpy(chirps(3.217, rate_hz=32000, seed=4))[None]
    found = {"mel": model.mel(clip)[0].numpy()[::5, ::9]}
    for name, both in (("", model(clip).numpy()), ("short_", model(short).numpy())):
        found |= {f"{name}logits": both[:, :527], f"{name}embedding": both[:, 527:]}
    return found


def mert(checkouts: Path) -> Figures:
    """MERTModel with the repository's settings, the large one with 3 of its 24 layers."""
    package = types.ModuleType("mert_hf")  # the folder is no package, but its files import each other as one
    package.__path__ = [str(checkouts / "MERT" / "scripts" / "mert_hf")]
    sys.modules["mert_hf"] = package
    from mert_hf.configuration_MERT import MERTConfig
    from mert_hf.modeling_MERT import MERTModel

    clip, found = torch.from_numpy(chirps(2.0, rate_hz=24000))[None], {}
    for name, file, layers in (("mert_95m", "mert_base.json", 12), ("mert_330m", "mert_large.json", 3)):
        settings = json.loads((checkouts / "MERT" / "scripts" / "hf_config" / file).read_text())
        for meta in ("_name_or_path", "architectures", "transformers_version", "model_type"):
            settings.pop(meta, None)
        with torch.device("meta"):
            write_keys(name, _published(MERTModel(MERTConfig(**settings)).state_dict()))
        model = MERTModel(MERTConfig(**{**settings, "num_hidden_layers": layers})).eval()
        weights = filled(_published(model.state_dict()))
        model.load_state_dict(dict(zip(model.state_dict(), weights.values(), strict=True)))
        states = model(clip, output_hidden_states=True).hidden_states
        found[name] = torch.stack(states).mean(-2)[:, 0].numpy()
    return found


def _published(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Under the names that torch gave the parts of a normed weight when the checkpoints were published."""
    parts = {"parametrizations.weight.original0": "weight_g", "parametrizations.weight.original1": "weight_v"}
    return {re.sub("|".join(parts), lambda found: parts[found[0]], key): value for key, value in state.items()}


def encodec(checkouts: Path) -> Figures:
    """The encoders of the package encodec; keys as transformers' conversion names them."""
    from encodec import EncodecModel

    found = {}
    for name, make, rate in (
        ("24khz", EncodecModel.encodec_model_24khz, 24000),
        ("48khz", EncodecModel.encodec_model_48khz, 48000),
    ):
        model = make(pretrained=False).eval()
        own = model.encoder.state_dict()
        names = {key: re.sub(r"\.conv\.(conv|norm)\.", r".\1.", f"encoder.{key}") for key in own}
        names = {key: new.replace("encoder.model.", "encoder.layers.") for key, new in names.items()}
        weights = filled({names[key]: value for key, value in own.items()})
        write_keys(f"encodec_{name}", weights)
        model.encoder.load_state_dict({key: weights[names[key]] for key in own})
        clip = torch.from_numpy(chirps(2.0, rate_hz=rate))[None, None].expand(1, model.channels, -1)
        found[name] = model.encoder(clip)[0].T.numpy()[::5]
    return found


NETWORKS: dict[str, Callable[[Path], Figures]] = {
    "vggish": vggish,
    "panns": panns,
    "passt": passt,
    "mert": mert,
    "encodec": encodec,
}


def main() -> None:
    """Write the records of the networks named."""
    checkouts, names = Path(sys.argv[1]).resolve(), sys.argv[2:]
    torch.set_num_threads(1)
    for name in names:
        with torch.no_grad():
            np.savez_compressed(PARITY / f"{name}.npz", **NETWORKS[name](checkouts))


if __name__ == "__main__":
    main()
