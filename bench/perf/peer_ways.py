"""How other packages measure, call by call, written anew: what `bench perf peers` holds ours against.

- frechet-audio-distance (gudgud96, fad.py): each file read as 16-bit integers, averaged and resampled by resampy
  in a pool of threads; torchvggish's front end in NumPy, and VGGish, one clip after the other; np.cov; sqrtm.
- audioldm_eval (haoheliu; eval.py and load_mel.py, fad.py, isc.py and kl.py of its metrics): the same,
  but the files read one by one; then a DataLoader of six processes a folder, which reads every file once more, and
  the classifier, one clip after the other; KL clip by clip; the inception score of ten parts.
- fadtk (microsoft, fad.py, fad_batch.py, utils.py): eight new processes, each with a model of its own; each file
  resampled by sox, written as a WAV, read, embedded and saved; the embeddings read again, moments joined file by
  file; sqrtm and, in addition, eigenvalues of the product. It has neither KL nor an inception score.

Where resampy, torchaudio or sox are not installed, soxr stands in: it is faster, so a ratio is then too low.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr
import torch
from numpy.typing import NDArray
from torch import Tensor

from sightsound.metrics.networks.audio.vggish import Vggish
from sightsound.metrics.networks.common.mel import triangles

Samples = NDArray[np.float64]
RATE_HZ = 16000
READERS = 8  # audio_load_worker of frechet-audio-distance; workers of fadtk
LOADERS = 6  # num_workers of audioldm_eval
SPLITS, SHUFFLE = 10, 2020  # of its inception score
EPS = 1e-6  # of its KL


def read_16_bit(path: Path) -> Samples:
    """A file as frechet-audio-distance and audioldm_eval read it: mono at 16 kHz."""
    found, rate_hz = soundfile.read(path, dtype="int16")
    samples = found / 32768.0
    if samples.ndim > 1:
        samples = np.mean(samples, axis=1)
    return resampled(samples, rate_hz)


def resampled(samples: Samples, rate_hz: int) -> Samples:
    """At 16 kHz, by resampy where it is installed."""
    if rate_hz == RATE_HZ:
        return samples
    try:
        import resampy
    except ModuleNotFoundError:
        return np.asarray(soxr.resample(samples, rate_hz, RATE_HZ), np.float64)
    return np.asarray(resampy.resample(samples, rate_hz, RATE_HZ), np.float64)


def log_mel(samples: Samples) -> Tensor:
    """`[examples, 1, 96, 64]` as torchvggish's mel_features.py makes it: a clip in float64, then framed."""
    frames = np.lib.stride_tricks.sliding_window_view(samples, 400)[::160]
    taper = 0.5 - 0.5 * np.cos(2 * np.pi / 400 * np.arange(400))
    spectrum = np.abs(np.fft.rfft(frames * taper, 512))
    mel = np.log(np.dot(spectrum, triangles(RATE_HZ, 512, 64, 125.0, 7500.0)) + 0.01)
    examples = np.stack([mel[start : start + 96] for start in range(0, len(mel) - 95, 96)])
    return torch.tensor(examples)[:, None].float()


class Fad:
    """VGGish as both packages call it: a clip at a time, the network's rows to NumPy."""

    def __init__(self, network: Vggish, device: str) -> None:
        self.network, self.device = network.to(device).eval(), device

    def embeddings(self, clips: Sequence[Samples]) -> NDArray[np.float32]:
        """`[examples, 128]` of all clips."""
        rows = []
        for clip in clips:
            with torch.inference_mode():
                rows.append(self.network(log_mel(clip)[:, 0].to(self.device)).cpu().numpy())
        return np.concatenate(rows)

    def score(self, folders: Sequence[Path], read: Callable[[Path], list[Samples]]) -> float:
        """The distance of two folders."""
        moments = [_moments(self.embeddings(read(folder))) for folder in folders]
        return frechet(*moments)


def _moments(rows: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    return np.mean(rows, axis=0), np.cov(rows, rowvar=False)


def frechet(
    one: tuple[NDArray[Any], NDArray[Any]], other: tuple[NDArray[Any], NDArray[Any]], *, eigen: bool = False
) -> float:
    """The distance by scipy's square root; with `eigen` by eigenvalues too, as fadtk has it, whose value it is."""
    from scipy import linalg

    (mean, cov), (mean_b, cov_b) = one, other
    trace = float(np.trace(linalg.sqrtm(cov.dot(cov_b))).real)
    if eigen:
        values, vectors = linalg.eig(cov.dot(cov_b))
        trace = float(np.trace((vectors * np.sqrt(values)) @ linalg.inv(vectors)).real)
    apart = mean - mean_b
    return float(apart.dot(apart) + np.trace(cov) + np.trace(cov_b) - 2 * trace)


def in_threads(folder: Path) -> list[Samples]:
    """frechet-audio-distance's reading."""
    with ThreadPoolExecutor(READERS) as pool:
        return list(pool.map(read_16_bit, sorted(folder.iterdir())))


def one_by_one(folder: Path) -> list[Samples]:
    """audioldm_eval's reading."""
    return [read_16_bit(path) for path in sorted(folder.iterdir())]


class _Waves(torch.utils.data.Dataset[Tensor]):
    """audioldm_eval's WaveDataset: the first channel without its mean, at 16 kHz, two seconds at least."""

    def __init__(self, folder: Path) -> None:
        self.paths = sorted(folder.iterdir())

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, place: int) -> Tensor:
        found, rate_hz = soundfile.read(self.paths[place], dtype="float32", always_2d=True)
        audio = torch.from_numpy(found.T.copy())[:1]
        audio = audio - audio.mean()
        try:
            from torchaudio.functional import resample
        except (ImportError, OSError):
            audio = torch.from_numpy(soxr.resample(audio[0].numpy(), rate_hz, RATE_HZ))[None]
        else:
            audio = resample(audio, orig_freq=rate_hz, new_freq=RATE_HZ)
        return torch.nn.functional.pad(audio, (0, max(0, 32000 - audio.size(-1))))


def logits(folder: Path, classify: Callable[[Tensor], Tensor], device: str, loaders: int = LOADERS) -> Tensor:
    """`[clips, classes]` as audioldm_eval's get_featuresdict makes them. `classify`: `[1, samples]` -> logits."""
    loader = torch.utils.data.DataLoader(_Waves(folder), batch_size=1, num_workers=loaders)
    out: list[Tensor] = []
    for waveform in loader:
        with torch.no_grad():
            out = [*out, classify(waveform.squeeze(1).float().to(device)).cpu()]
    return torch.cat(out)


def kl(generated: Tensor, reference: Tensor) -> float:
    """Mean KL(reference || generated) of the softmax, file by file, as calculate_kl pairs them."""
    rows = [
        torch.nn.functional.kl_div(
            (one.softmax(dim=0) + EPS).log(), other.softmax(dim=0), reduction="none", log_target=False
        ).sum()
        for one, other in zip(generated, reference, strict=True)
    ]
    return float(torch.stack(rows).mean())


def inception_score(rows: Tensor) -> float:
    """Mean over ten parts of shuffled clips, as calculate_isc has it, after torch-fidelity's metric_isc.py."""
    splits = min(SPLITS, len(rows))
    shuffled = rows[np.random.RandomState(SHUFFLE).permutation(len(rows))].double()
    p, log_p = shuffled.softmax(dim=1), shuffled.log_softmax(dim=1)
    scores = []
    for part in range(splits):
        where = slice(part * len(rows) // splits, (part + 1) * len(rows) // splits)
        q = p[where].mean(dim=0, keepdim=True)
        scores.append((p[where] * (log_p[where] - q.log())).sum(dim=1).mean().exp().item())
    return float(np.mean(scores))


def fadtk(folders: Sequence[Path], weights: Path, work: Path, device: str, workers: int = READERS) -> float:
    """The distance of two folders; `weights`: VGGish's state dict, which each process loads; `work`: an empty
    folder for what it keeps beside the files."""
    moments = []
    for place, folder in enumerate(folders):
        kept = work / str(place)
        kept.mkdir(parents=True)
        parts = np.array_split(np.array(sorted(map(str, folder.iterdir()))), max(workers, 1))
        jobs = [([str(path) for path in part], str(weights), str(kept), device) for part in parts]
        if workers:
            with multiprocessing.get_context("spawn").Pool(workers) as pool:
                pool.map(_embed_files, jobs)
        else:
            _embed_files(*jobs)
        moments.append(_joined(sorted(kept.glob("*.npy"))))
    return frechet(*moments, eigen=True)


def _embed_files(job: tuple[list[str], str, str, str]) -> None:
    """One process's share: convert, read, embed, save, file by file."""
    paths, weights, kept, device = job
    network = Vggish()
    network.load_state_dict(torch.load(weights, weights_only=True))
    fad = Fad(network, device)
    for path in map(Path, paths):
        converted = Path(kept) / f"{path.stem}.wav"
        found, rate_hz = soundfile.read(path, always_2d=True)
        soundfile.write(converted, soxr.resample(found.mean(axis=1), rate_hz, RATE_HZ), RATE_HZ, "PCM_16")
        samples = soundfile.read(converted, dtype="int16")[0] / 32768.0
        np.save(Path(kept) / f"{path.stem}.npy", fad.embeddings([samples]))


def _joined(paths: Sequence[Path]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Mean and covariance, moments of one file after the other."""
    mean, scatter, count = np.zeros(1), np.zeros((1, 1)), 0
    for path in paths:
        rows = np.load(path, allow_pickle=False)
        own, n = np.mean(rows, axis=0), len(rows)
        apart = own - mean
        mean = mean + n / (count + n) * apart
        scatter = scatter + np.cov(rows, rowvar=False) * (n - 1) + np.outer(apart, apart) * count * n / (count + n)
        count += n
    return mean, scatter / (count - 1)
