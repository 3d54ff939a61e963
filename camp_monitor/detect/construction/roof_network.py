"""A small convolutional network that tells roofs from ground.

Each date goes through the same network, which looks at blocks of 2 x 2 pixels in four scales (1, 2,
4 and 8 m at half-metre pixels) and describes each block by sixteen numbers.  Two further layers
compare the two descriptions: is there a roof now where there was none?  Batch normalisation is
folded into the weights when they are saved.

`GRAPH` says which layer follows which, without weights; benchmarks/roof_graph.py draws it, and
ONNX Runtime runs it.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from camp_monitor.errors import SceneError

Floats = NDArray[np.float32]
Weights = Mapping[str, NDArray[np.float32]]

SHAPES: Mapping[str, tuple[int, ...]] = {
    "stem": (16, 12, 3, 3), "e0": (16, 16, 3, 3),
    "d1": (24, 16, 3, 3), "e1": (24, 24, 3, 3),
    "d2": (40, 24, 3, 3), "e2": (40, 40, 3, 3),
    "d3": (56, 40, 3, 3), "e3": (56, 56, 3, 3),
    "u2": (40, 96, 3, 3), "u1": (24, 64, 3, 3), "u0": (16, 40, 3, 3),
    "h0": (24, 48, 3, 3), "h1": (24, 24, 3, 3), "out": (1, 24, 1, 1), "roof": (1, 16, 1, 1),
}  # fmt: skip
"""Shape of each layer's kernels: outputs, inputs, rows, columns.  A file of weights holds
``<layer>_weight`` and ``<layer>_bias`` of each; ``roof`` is for training alone."""
LAYERS = tuple(SHAPES)
BLOCK_PX = 16
"""Rows and columns must be a multiple of this: three halvings of blocks of two."""
REACH_PX = 64
"""Pixels farther away than this have next to no influence."""
MOST_BYTES = 500_000
"""A file of weights is smaller than this."""
WEIGHTS_FOLDER = Path(__file__).parent / "weights"
GRAPH = WEIGHTS_FOLDER / "roof_network.onnx"


@lru_cache(maxsize=4)
def read_weights(path: Path) -> Weights:
    """Read a file of weights: plain arrays, nothing that could run.

    Parameters
    ----------
    path : Path
        A ``.npz`` of float16 arrays.

    Returns
    -------
    mapping of str to ndarray
        float32.

    Raises
    ------
    SceneError
        The file is missing, damaged, too large, or not of this network.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise SceneError(
                f"{path.name} has {path.stat().st_size} bytes, and weights have at most "
                f"{MOST_BYTES}: use the file that benchmarks/train_roofs.py wrote."
            )
        with np.load(path, allow_pickle=False) as stored:
            arrays = {name: stored[name].astype(np.float32) for name in stored.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise SceneError(
            f"{path.name} cannot be read as weights of the roof network ({error}): use the file "
            f"that benchmarks/train_roofs.py wrote."
        ) from error
    missing = [
        layer
        for layer, shape in SHAPES.items()
        if _shape(arrays, f"{layer}_weight") != shape
        or _shape(arrays, f"{layer}_bias") != shape[:1]
    ]
    if missing:
        raise SceneError(
            f"{path.name} lacks the layers {', '.join(missing)} of the roof network: use the file "
            f"that benchmarks/train_roofs.py wrote."
        )
    return arrays


def _shape(arrays: Weights, name: str) -> tuple[int, ...] | None:
    return arrays[name].shape if name in arrays else None


@dataclass(frozen=True, eq=False)
class RoofNetwork:
    """The network with its weights, ready to be asked from several threads at once.

    Parameters
    ----------
    session : onnxruntime.InferenceSession
        Of `GRAPH`; runs on one thread.
    """

    session: Any


@lru_cache(maxsize=4)
def open_network(path: Path) -> RoofNetwork:
    """Open the network with a file of weights, as `read_weights` reads it.

    Raises
    ------
    SceneError
        As by `read_weights`.
    """
    import onnxruntime

    onnxruntime.disable_telemetry_events()
    weights = read_weights(path)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3  # errors alone
    names = [
        f"{layer}_{part}" for layer in LAYERS if layer != "roof" for part in ("weight", "bias")
    ]
    values = [onnxruntime.OrtValue.ortvalue_from_numpy(weights[name]) for name in names]
    options.add_external_initializers(names, values)
    providers = ["CPUExecutionProvider"]
    return RoofNetwork(onnxruntime.InferenceSession(GRAPH.read_bytes(), options, providers))


def run_network(network: RoofNetwork, before: Floats, after: Floats) -> Floats:
    """Ask the network where a new roof is.

    Parameters
    ----------
    network : RoofNetwork
    before, after : ndarray
        float32, (3, row, col): red, green, blue at about half a metre, centred and scaled.  Of a
        megapixel the network needs about 250 MB while it runs: larger scenes come in tiles.

    Returns
    -------
    ndarray
        float32, (row, col): logarithm of the odds that a new roof is there.
    """
    rows, columns = before.shape[1:]
    more = (0, 0), (0, -rows % BLOCK_PX), (0, -columns % BLOCK_PX)
    dates = [_blocks(np.pad(image, more, mode="edge")) for image in (before, after)]
    (answer,) = network.session.run(["out"], {"dates": np.stack(dates)})
    return _twice_as_fine(answer[0, 0])[:rows, :columns]


def _blocks(image: Floats) -> Floats:
    """Turn each block of 2 x 2 pixels into channels: (3, row, col) to (12, row / 2, col / 2)."""
    bands, rows, columns = image.shape
    split = image.reshape(bands, rows // 2, 2, columns // 2, 2)
    return split.transpose(0, 2, 4, 1, 3).reshape(4 * bands, rows // 2, columns // 2)


def _twice_as_fine(values: Floats) -> Floats:
    """Interpolate (row, col) linearly between the middles of blocks of 2 x 2."""
    for axis in (0, 1):
        size = values.shape[axis]
        near = np.repeat(np.arange(size), 2)
        other = np.clip(near + np.tile([-1, 1], size), 0, size - 1)
        values = 0.75 * values.take(near, axis) + 0.25 * values.take(other, axis)
    return values.astype(np.float32)
