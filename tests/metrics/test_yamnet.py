"""YAMNet against TensorFlow and the TensorFlow Lite interpreter; the file reader on files made here."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sightsound.bench import assets
from sightsound.metrics.cards import EXTRACTORS
from sightsound.metrics.networks.common.tflite import (
    CONV_2D,
    DEPTHWISE_CONV_2D,
    DEQUANTIZE,
    FULLY_CONNECTED,
    TfliteFile,
)
from sightsound.metrics.networks.pocket import yamnet
from tests.parity.signals import chirps

FIGURES = Path(__file__).parents[1] / "parity" / "yamnet.npz"
FLOAT, INT8 = 0, 9  # schema.fbs, TensorType


@pytest.fixture(scope="module")
def folder():
    """The only asset that no package registry carries."""
    found = assets.locate("yamnet")
    if found is None:
        pytest.skip("asset yamnet is not here: set SIGHTSOUND_MIRROR or run `bench assets fetch yamnet`")
    return found


@pytest.fixture(scope="module")
def network(folder):
    return yamnet.load({"yamnet": folder}, "cpu")


def test_equals_tensorflow_in_float32(network):
    features = network([chirps()])[0]
    assert set(features) == set(EXTRACTORS["yamnet"].outputs)
    assert features["embedding"].shape == (20, 1024) and features["scores"].shape == (20, 521)
    with np.load(FIGURES) as figures:
        for name in ("embedding", "logits"):
            wanted = figures[name]
            assert features[name].dtype == np.float32
            np.testing.assert_allclose(features[name][::2], wanted, rtol=0, atol=2e-5 * np.abs(wanted).max())
        np.testing.assert_allclose(features["scores"][::2], 1 / (1 + np.exp(-figures["logits"])), atol=1e-4)


def test_is_near_the_interpreter(network):
    """Only near: the interpreter rounds activations, and the signal under its Fourier transform, to 8 bits."""
    scores = network([chirps()])[0]["scores"]
    with np.load(FIGURES) as figures:
        assert np.abs(scores - figures["interpreter_scores"]).mean() < 3e-3


def test_front_end_equals_tf_signal():
    audio = torch.from_numpy(np.array(yamnet.windows(chirps())))
    found = yamnet.LogMel()(audio).numpy()[::5, ::8]
    with np.load(FIGURES) as figures:
        np.testing.assert_allclose(found, figures["log_mel"], atol=1e-3)


def test_a_clip_has_the_same_bits_in_any_company(network):
    clips = [chirps(0.5, seed=1), chirps(5, seed=2), chirps(2.2, seed=3)]
    for clip, features in zip(clips, network(clips), strict=True):
        alone = network([clip])[0]
        for name in features:
            np.testing.assert_array_equal(features[name], alone[name])


def test_scores_have_the_same_bits_at_every_place_of_a_batch():
    logits = 4 * torch.randn(16, yamnet.CLASSES, generator=torch.Generator().manual_seed(0))
    alone = torch.cat([yamnet.scores(row[None]) for row in logits])
    assert torch.equal(yamnet.scores(logits), alone)
    assert torch.allclose(alone, logits.sigmoid(), rtol=1e-6, atol=0)


def test_class_names(folder, tmp_path):
    names = yamnet.class_names(folder)
    assert len(names) == 521 and names[0] == "Speech" and names[132] == "Music"
    (tmp_path / yamnet.NAMES).write_text("index,mid,display_name\n0,/m/09x0r,Speech\n")
    with pytest.raises(ValueError, match="0 to 520"):
        yamnet.class_names(tmp_path)


@given(samples=st.integers(1, 100_000))
@settings(max_examples=50, deadline=None)
def test_windows_cover_the_clip_and_no_window_more(samples):
    clip = np.arange(1, samples + 1, dtype=np.float32)
    found = yamnet.windows(clip)
    covered = yamnet.WINDOW + (len(found) - 1) * yamnet.HOP
    assert covered >= samples and (len(found) == 1 or covered - yamnet.HOP < samples)
    assert found[-1].max() == samples and found[0, 0] == 1


@pytest.mark.parametrize("clip", [np.zeros(0), np.array([np.nan]), np.zeros((2, 16000))])
def test_refuses(clip):
    with pytest.raises(ValueError, match="yamnet"):
        yamnet.windows(clip)


# --- files made here -------------------------------------------------------------------------------------------


def flatbuffer(fields, identifier=b"TFL3"):
    """A FlatBuffer of nested tables: {field: (struct format, number) | array | table | list of tables}."""
    out = bytearray(8)
    out[4:8] = identifier

    def pointer(cell, node):
        place = len(out)
        if isinstance(node, dict):
            place = table(node)
        elif isinstance(node, list):
            out.extend(struct.pack("<I", len(node)) + bytes(4 * len(node)))
            for i, child in enumerate(node):
                pointer(place + 4 + 4 * i, child)
        else:
            out.extend(struct.pack("<I", len(node)) + np.asarray(node).tobytes())
        struct.pack_into("<I", out, cell, place - cell)

    def table(node):
        slots = max(node, default=-1) + 1
        offsets = [4 + 4 * sorted(node).index(i) if i in node else 0 for i in range(slots)]
        start = len(out)
        out.extend(struct.pack(f"<{2 + slots}H", 4 + 2 * slots, 4 + 4 * len(node), *offsets))
        here = len(out)
        out.extend(struct.pack("<i", here - start) + bytes(4 * len(node)))
        for field, value in node.items():
            if isinstance(value, tuple):
                struct.pack_into(value[0], out, here + offsets[field], value[1])
            else:
                pointer(here + offsets[field], value)
        return here

    pointer(0, fields)
    return bytes(out)


def tflite(tensors, operators):
    """A file of constants [(array, scales or None, zero points, axis)] and steps [(code, inputs, outputs)]."""
    codes = sorted({code for code, _, _ in operators})
    buffers: list[dict] = [{}]
    described = []
    for values, scale, zero, axis in tensors:
        kind = INT8 if values.dtype == np.int8 else FLOAT
        buffers.append({0: np.frombuffer(values.tobytes(), np.uint8)})
        tensor = {0: np.array(values.shape, "<i4"), 1: ("<b", kind), 2: ("<I", len(buffers) - 1)}
        if scale is not None:
            tensor[4] = {2: np.asarray(scale, "<f4"), 3: np.asarray(zero, "<i8"), 6: ("<i", axis)}
        described.append(tensor)
    outputs = 1 + max(max(step[2]) for step in operators)
    described += [{0: np.array([1], "<i4")} for _ in range(outputs - len(described))]
    steps = [
        {0: ("<I", codes.index(code)), 1: np.array(ins, "<i4"), 2: np.array(outs, "<i4")}
        for code, ins, outs in operators
    ]
    graph = {0: described, 3: steps}
    return flatbuffer({1: [{3: ("<i", code)} for code in codes], 2: [graph], 4: buffers})


def random_yamnet(wrong_layer=None):
    """A YAMNet file with random 8-bit pointwise and float32 other weights, and those weights in torch's layout."""
    random = np.random.default_rng(0)
    tensors, operators, weights = [], [], []
    for i, layer in enumerate([*yamnet.Yamnet().convs, yamnet.Yamnet().head]):
        shape = tuple(layer.weight.shape)
        if i == wrong_layer:
            shape = (shape[0] + 1, *shape[1:])
        bias = random.standard_normal(shape[0]).astype(np.float32)
        if len(shape) == 2:
            code, order = FULLY_CONNECTED, (0, 1)
        elif shape[1] == 1 and i:
            code, order = DEPTHWISE_CONV_2D, (1, 2, 3, 0)
        else:
            code, order = CONV_2D, (0, 2, 3, 1)
        scale = zero = None
        if shape[2:] == (1, 1):
            stored = random.integers(-127, 128, shape).astype(np.int8)
            scale, zero = random.uniform(0.001, 0.01, shape[0]).astype(np.float32), np.zeros(shape[0], int)
            weight = stored * scale[:, None, None, None]
        else:
            stored = weight = random.standard_normal(shape).astype(np.float32)
        tensors += [(np.ascontiguousarray(stored.transpose(order)), scale, zero, 0), (bias, None, None, 0)]
        operators.append((code, [-1, 2 * i, 2 * i + 1], [100 + i]))
        weights.append((weight.astype(np.float32), bias))
    return tflite(tensors, operators), weights


def test_weights_come_out_as_they_went_in(tmp_path):
    raw, weights = random_yamnet()
    (tmp_path / yamnet.WEIGHTS).write_bytes(raw)
    network = yamnet.load({"yamnet": tmp_path}, "cpu")._network
    for layer, (weight, bias) in zip([*network.convs, network.head], weights, strict=True):
        np.testing.assert_allclose(layer.weight.detach().numpy(), weight, rtol=1e-6)
        np.testing.assert_array_equal(layer.bias.detach().numpy(), bias)


def test_another_graph_is_told(tmp_path):
    path = tmp_path / yamnet.WEIGHTS
    path.write_bytes(random_yamnet(wrong_layer=5)[0])
    with pytest.raises(ValueError, match="not its graph"):
        yamnet.load({"yamnet": tmp_path}, "cpu")
    path.write_bytes(
        tflite([(np.zeros((2, 2), np.float32), None, None, 0)] * 2, [(FULLY_CONNECTED, [-1, 0, 1], [9])])
    )
    with pytest.raises(ValueError, match="0 convolutions"):
        yamnet.load({"yamnet": tmp_path}, "cpu")


def test_what_is_no_tflite_file_is_told(tmp_path):
    path = tmp_path / yamnet.WEIGHTS
    raw, _ = random_yamnet()
    for damaged in (b"", b"TFL3", b"text" * 100, raw[:5000], raw[: len(raw) // 2]):
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match=r"yamnet\.tflite") as raised:
            yamnet.load({"yamnet": tmp_path}, "cpu")
        assert "\n" not in str(raised.value)


def test_dequantises_by_hand(tmp_path):
    """scale * (q - zero point), one for all or one a channel, and through a DEQUANTIZE step."""
    q = np.array([[1, -2], [3, 4]], np.int8)
    path = tmp_path / "x.tflite"
    path.write_bytes(
        tflite(
            [(q, [0.5], [1], 0), (q, [0.5, 2.0], [0, 1], 1), (q.astype(np.float32), None, None, 0)],
            [(DEQUANTIZE, [0], [3]), (FULLY_CONNECTED, [-1, 3, 2], [4])],
        )
    )
    file = TfliteFile(path)
    assert file.constant(0).tolist() == [[0.0, -1.5], [1.0, 1.5]]
    assert file.constant(3).tolist() == file.constant(0).tolist()
    assert file.constant(1).tolist() == [[0.5, -6.0], [1.5, 6.0]]
    assert file.constant(2).tolist() == q.tolist()
    with pytest.raises(ValueError, match="tensor 4"):
        file.constant(4)


@given(data=st.data())
@settings(max_examples=200, deadline=None)
def test_a_damaged_file_gives_a_value_error_and_nothing_else(tmp_path_factory, data):
    raw = bytearray(tflite([(np.zeros((2, 2), np.int8), [0.5], [0], 0)], [(FULLY_CONNECTED, [0], [1])]))
    at = data.draw(st.integers(0, len(raw) - 4))
    raw[at : at + 4] = data.draw(st.binary(min_size=4, max_size=4))
    path = tmp_path_factory.getbasetemp() / "damaged.tflite"
    path.write_bytes(raw)
    try:
        TfliteFile(path).constant(0)
    except ValueError as error:
        assert "damaged.tflite" in str(error)
