import json
import math
import socket
import subprocess
import sys

import numpy as np
import pytest
import torch

from sightsound.metrics.cards import METRICS
from sightsound.metrics.formulas.paired import divergence
from sightsound.metrics.formulas.two_sets import frechet
from sightsound.metrics.torchmetric import AsTorchMetric
from tests import pages
from tests.metrics import gloo


def clips(seed, sizes, dim=6, shift=0.0):
    rng = np.random.default_rng(seed)
    return [torch.tensor(rng.normal(size=(size, dim)) + shift, dtype=torch.float32) for size in sizes]


def as_arrays(batch):
    return [clip.numpy() for clip in batch]


def fad_of(generated, reference):
    rows, reference_rows = frechet.statistics(as_arrays(generated)), frechet.statistics(as_arrays(reference))
    return frechet.aggregate(rows, np.ones(len(rows)), reference_rows, np.ones(len(reference_rows)))


GENERATED, REFERENCE = clips(0, [1, 3, 2, 5, 1]), clips(1, [2, 2, 4], shift=1.0)


def test_two_sets_in_batches_of_any_size_equal_one_pass():
    metric = AsTorchMetric(METRICS["fad_musicnn"])
    metric.update(GENERATED[:2], REFERENCE[:1])
    metric.update(GENERATED[2:3], [])
    metric.update(GENERATED[3:], REFERENCE[1:])
    assert metric.compute().item() == pytest.approx(fad_of(GENERATED, REFERENCE), rel=1e-12)
    assert not metric.higher_is_better
    metric.reset()
    metric.update(GENERATED, GENERATED)
    assert metric.compute().item() == pytest.approx(0, abs=1e-9)


def test_merged_shards_equal_one_pass():
    left, right = AsTorchMetric(METRICS["fad_musicnn"]), AsTorchMetric(METRICS["fad_musicnn"])
    left.update(GENERATED[:2], REFERENCE)
    right.update(GENERATED[2:], [])
    left.merge_state(right)
    assert left.compute().item() == pytest.approx(fad_of(GENERATED, REFERENCE), rel=1e-12)


def test_paired_and_forward():
    metric = AsTorchMetric(METRICS["kl_musicnn"])
    generated, reference = clips(2, [2, 1, 3], dim=50), clips(3, [1, 2, 2], dim=50)
    of_batch = metric(generated[:1], reference[:1])
    metric(generated[1:], reference[1:])
    rows = divergence.statistics(as_arrays(generated), as_arrays(reference))
    assert of_batch.item() == pytest.approx(rows[0], rel=1e-9)
    assert metric.compute().item() == pytest.approx(rows.mean(), rel=1e-9)


def test_single_over_two_features_and_over_a_batch_tensor():
    metric = AsTorchMetric(METRICS["thd"])
    metric.update(torch.tensor([[[0.5], [0.1]], [[0.3], [0.9]]]), torch.tensor([[[1.0], [1.0]], [[1.0], [0.0]]]))
    assert metric.compute().item() == pytest.approx(0.3, rel=1e-6)
    score = AsTorchMetric(METRICS["inception_score_yamnet"])
    score.update(torch.eye(3))  # [clips, dim]: one frame each
    assert score.compute().item() == pytest.approx(3.0)


def test_ranked_gives_a_value_for_each_system():
    metric = AsTorchMetric(METRICS["rank_labels_tags_minilm"])
    metric.update(torch.tensor([[0.3, 0.1, 0.2]]))
    metric.update(torch.tensor([[0.1, 0.3, float("nan")]]))
    assert metric.compute().tolist() == pytest.approx([0.75, 2 / 3, 5 / 12])


def test_too_few_clips_give_nan_and_say_so():
    metric = AsTorchMetric(METRICS["fad_musicnn"])
    metric.update(GENERATED[:1], REFERENCE)
    with pytest.warns(UserWarning, match="fad_musicnn needs 2 clips, has 1"):
        assert torch.isnan(metric.compute())


def test_one_side_at_a_time_and_what_is_wrong():
    metric = AsTorchMetric(METRICS["fad_musicnn"])
    metric.update(GENERATED, real=False)
    metric.update(REFERENCE, real=True)
    assert metric.compute().item() == pytest.approx(fad_of(GENERATED, REFERENCE), rel=1e-12)
    for sides, real in (((GENERATED,), None), ((GENERATED, REFERENCE), True)):
        with pytest.raises(ValueError, match="takes two sides, generated and reference, or one with real="):
            metric.update(*sides, real=real)
    with pytest.raises(ValueError, match="give both sides together"):
        AsTorchMetric(METRICS["kl_musicnn"]).update(GENERATED, real=True)


def test_processes_with_unequal_numbers_of_clips_gather_one_value():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.metrics.gloo", str(rank), port], cwd=pages.ROOT, stdout=subprocess.PIPE
        )
        for rank in (0, 1)
    ]
    try:
        found = [json.loads(process.communicate(timeout=300)[0]) for process in running]
    finally:
        for process in running:
            process.kill()
    alone = {name: gloo.value(name, 0, 9) for name in gloo.NAMES}
    assert all(map(math.isfinite, alone.values())) and len(set(alone.values())) == len(alone)
    for of_process in found:
        for how in gloo.PARTS:
            assert of_process[how] == pytest.approx(alone, rel=1e-12), how
