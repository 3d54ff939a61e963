"""A small convolutional network that tells roofs from ground, run with numpy alone.

Each date goes through the same network, which looks at blocks of 2 x 2 pixels in four scales (1, 2,
4 and 8 m at half-metre pixels) and describes each block by sixteen numbers.  Two further layers
compare the two descriptions: is there a roof now where there was none?  Batch normalisation is
folded into the weights when they are saved.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from camp_monitor.errors import SceneError

Floats = NDArray[np.float32]
Weights = Mapping[str, NDArray[np.float32]]

LAYERS = ("stem", "e0", "d1", "e1", "d2", "e2", "d3", "e3", "u2", "u1", "u0", "h0", "h1", "out",
          "roof")  # fmt: skip
"""Names of the layers; a file of weights holds ``<layer>_weight`` and ``<layer>_bias`` of each."""
BLOCK_PX = 16
"""Rows and columns must be a multiple of this: three halvings of blocks of two."""
REACH_PX = 64
"""Pixels farther away than this have next to no influence."""
TILE_PX = 384
"""Larger scenes are worked through in tiles of this side, with `REACH_PX` around each."""
MOST_BYTES = 500_000
"""A file of weights is smaller than this."""
WEIGHTS_FOLDER = Path(__file__).parent / "weights"


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
        for layer in LAYERS
        if arrays.get(f"{layer}_weight", np.zeros(0)).ndim != 4 or f"{layer}_bias" not in arrays
    ]
    if missing:
        raise SceneError(
            f"{path.name} lacks the layers {', '.join(missing)} of the roof network: use the file "
            f"that benchmarks/train_roofs.py wrote."
        )
    return arrays


def run_network(weights: Weights, before: Floats, after: Floats) -> Floats:
    """Ask the network where a new roof is.

    Parameters
    ----------
    weights : mapping
        As `read_weights` gives them.
    before, after : ndarray
        float32, (3, row, col): red, green, blue at about half a metre, centred and scaled.

    Returns
    -------
    ndarray
        float32, (row, col): logarithm of the odds that a new roof is there.
    """
    rows, columns = before.shape[1:]
    answer = np.empty((rows, columns), np.float32)
    for row in range(0, rows, TILE_PX):
        for column in range(0, columns, TILE_PX):
            window = tuple(
                slice(max(first - REACH_PX, 0), min(first + TILE_PX + REACH_PX, size))
                for first, size in ((row, rows), (column, columns))
            )
            tile = _run_tile(weights, *(image[(slice(None), *window)] for image in (before, after)))
            inner = tuple(
                slice(first - part.start, min(first + TILE_PX, part.stop) - part.start)
                for first, part in ((row, window[0]), (column, window[1]))
            )
            kept = tile[inner]
            answer[row : row + kept.shape[0], column : column + kept.shape[1]] = kept
    return answer


def _run_tile(weights: Weights, before: Floats, after: Floats) -> Floats:
    """Run the network on one tile of any size."""
    rows, columns = before.shape[1:]
    more = (0, 0), (0, -rows % BLOCK_PX), (0, -columns % BLOCK_PX)
    first, second = (
        _describe(weights, np.pad(image, more, mode="edge")) for image in (before, after)
    )
    compared = np.concatenate([first, second, second - first])
    compared = _layer(weights, "h1", _layer(weights, "h0", compared))
    return _twice_as_fine(_convolve(weights, "out", compared)[0])[:rows, :columns]


def _describe(weights: Weights, image: Floats) -> Floats:
    """Describe each block of 2 x 2 pixels of one date by what it and its surroundings look like."""
    fine = _layer(weights, "e0", _layer(weights, "stem", _blocks(image)))
    half = _layer(weights, "e1", _layer(weights, "d1", _coarser(fine)))
    quarter = _layer(weights, "e2", _layer(weights, "d2", _coarser(half)))
    eighth = _layer(weights, "e3", _layer(weights, "d3", _coarser(quarter)))
    quarter = _layer(weights, "u2", np.concatenate([_repeated(eighth), quarter]))
    half = _layer(weights, "u1", np.concatenate([_repeated(quarter), half]))
    return _layer(weights, "u0", np.concatenate([_repeated(half), fine]))


def _layer(weights: Weights, name: str, values: Floats) -> Floats:
    """Convolve, and cut off what is negative."""
    return np.maximum(_convolve(weights, name, values), 0)


def _convolve(weights: Weights, name: str, values: Floats) -> Floats:
    """Correlate (channel, row, col) with a square kernel; beyond the edge lies 0."""
    kernel, bias = weights[f"{name}_weight"], weights[f"{name}_bias"]
    reach = kernel.shape[2] // 2
    _, rows, columns = values.shape
    padded = np.pad(values, ((0, 0), (reach, reach), (reach, reach)))
    shifted = np.concatenate(
        [
            padded[:, row : row + rows, column : column + columns]
            for row in range(kernel.shape[2])
            for column in range(kernel.shape[3])
        ]
    )
    flat = kernel.transpose(0, 2, 3, 1).reshape(kernel.shape[0], -1)
    summed = flat @ shifted.reshape(flat.shape[1], -1) + bias[:, None]
    return summed.reshape(-1, rows, columns).astype(np.float32)


def _blocks(image: Floats) -> Floats:
    """Turn each block of 2 x 2 pixels into channels: (3, row, col) to (12, row / 2, col / 2)."""
    bands, rows, columns = image.shape
    split = image.reshape(bands, rows // 2, 2, columns // 2, 2)
    return split.transpose(0, 2, 4, 1, 3).reshape(4 * bands, rows // 2, columns // 2)


def _coarser(values: Floats) -> Floats:
    """Keep the largest of each block of 2 x 2."""
    channels, rows, columns = values.shape
    return values.reshape(channels, rows // 2, 2, columns // 2, 2).max(axis=(2, 4))


def _repeated(values: Floats) -> Floats:
    """Repeat each value in a block of 2 x 2."""
    return values.repeat(2, axis=1).repeat(2, axis=2)


def _twice_as_fine(values: Floats) -> Floats:
    """Interpolate (row, col) linearly between the middles of blocks of 2 x 2."""
    for axis in (0, 1):
        size = values.shape[axis]
        near = np.repeat(np.arange(size), 2)
        other = np.clip(near + np.tile([-1, 1], size), 0, size - 1)
        values = 0.75 * values.take(near, axis) + 0.25 * values.take(other, axis)
    return values.astype(np.float32)
