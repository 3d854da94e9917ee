"""The file that runs in other interpreters: its stand-ins are as the real ones, it needs nothing, arrays of all
kinds come back as they were."""

from __future__ import annotations

import ast
import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from sightsound.bench.core import types
from sightsound.bench.core.errors import BenchError
from sightsound.bench.elsewhere import remote, worker
from tests.bench.elsewhere_made import other_python

SOURCE = Path(worker.__file__).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["Example", "Generated", "Variant", "ModelCard"])
def test_a_stand_in_has_the_fields_of_the_real_one(name):
    def told(kind):
        return [
            (each.name, None if each.default is dataclasses.MISSING else each.default)
            for each in dataclasses.fields(kind)
        ]

    assert told(getattr(worker, name)) == told(getattr(types, name))
    assert [each.name for each in dataclasses.fields(types.Example) if "Path" in str(each.type)] == list(
        worker.PATHS
    )


def test_a_seed_is_the_same_there():
    for seed, name in ((0, "battle"), (7, "toy.003"), (2**40, "ü")):
        assert worker.example_seed(seed, name) == types.example_seed(seed, name)


def test_it_is_python_3_8_and_needs_the_standard_library_alone():
    tree = ast.parse(SOURCE, feature_version=(3, 8))
    names = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    names |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert {name.partition(".")[0] for name in names} <= sys.stdlib_module_names
    done = subprocess.run(
        [other_python(), "-S", "-c", f"import runpy; runpy.run_path({worker.__file__!r}, run_name='x')"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


WAVE = np.linspace(-1, 1, 12)
ARRAYS = [
    *(WAVE.astype(kind) for kind in ("f2", "f4", "f8", ">f4", ">f8")),
    *((100 * WAVE).astype(kind) for kind in ("i1", "i2", "i4", "i8", ">i2", "u1", "u2", "?")),
    WAVE.reshape(2, 6)[:, ::2],
    WAVE.reshape(3, 4).T,
    np.float32(0.5),
    np.zeros((2, 0)),
]


@pytest.mark.parametrize("given", ARRAYS, ids=lambda given: f"{given.dtype.str}{given.shape}")
def test_an_array_comes_back_as_it_was(tmp_path, given):
    back = there_and_back(given, tmp_path)
    assert back.dtype == given.dtype and back.shape == given.shape
    np.testing.assert_array_equal(back, given)


def there_and_back(given, folder):
    message = worker.packed(worker.Generated("a", audio=given, rate_hz=8000), str(folder), 0)
    assert "error" not in message, message
    return remote.unpacked(json.loads(json.dumps(message)), folder).audio


def test_tensors_pictures_and_lists(tmp_path):
    tensor = torch.linspace(-1, 1, 8).reshape(2, 4)
    np.testing.assert_array_equal(there_and_back(tensor.requires_grad_(), tmp_path), tensor.detach().numpy())
    half = tensor.detach().bfloat16()
    np.testing.assert_array_equal(there_and_back(half, tmp_path), half.float().numpy())
    picture = Image.new("RGB", (3, 2), (9, 8, 7))
    np.testing.assert_array_equal(there_and_back(picture, tmp_path), np.asarray(picture))
    rows = [np.array([0.5, 0.25], np.float32), (np.float32(1), 0)]
    np.testing.assert_array_equal(there_and_back(rows, tmp_path), [[0.5, 0.25], [1, 0]])


def test_torch_without_its_numpy(tmp_path, monkeypatch):
    class Tensor:
        """As a tensor of torch 1.12 is beside numpy 2."""

        def detach(self):
            return self

        cpu = float = detach

        def is_floating_point(self):
            return True

        def numpy(self):
            raise RuntimeError("Numpy is not available")

        def tolist(self):
            return [[0.5, -0.5]]

    np.testing.assert_array_equal(there_and_back(Tensor(), tmp_path), [[0.5, -0.5]])


@pytest.mark.parametrize("given", [5, "sound", np.array([1 + 1j]), np.array([None]), [0.1, [0.2]], object()])
def test_what_is_no_array_is_said(tmp_path, given):
    message = worker.packed(worker.Generated("a", audio=given), str(tmp_path), 0)
    assert "cannot be taken as audio" in message["error"]


@pytest.mark.parametrize(
    "told",
    [
        {"file": "../x.audio", "dtype": "<f4", "shape": [1]},
        {"file": "0.audio", "dtype": "O", "shape": [1]},
        {"file": "0.audio", "dtype": "<f3", "shape": [1]},
        {"file": "0.audio", "dtype": "<f4", "shape": [-1]},
        {"file": "0.audio", "dtype": "<f4", "shape": [1 << 60, 1 << 60]},
        {"file": "0.audio", "dtype": "<f4", "shape": [3]},
        {"file": "1.audio", "dtype": "<f4", "shape": [1]},
        {"file": "2.audio", "dtype": "<f4", "shape": [1]},
        {"file": None},
    ],
)
def test_an_array_that_is_not_as_the_message_says_is_refused(tmp_path, told):
    (tmp_path / "0.audio").write_bytes(b"abcd")
    (tmp_path / "2.audio").symlink_to(tmp_path / "0.audio")
    with pytest.raises(BenchError, match="its process sent"):
        remote.unpacked({"id": "a", "audio": told}, tmp_path)
